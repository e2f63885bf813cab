/* stats.h - medians and their intervals from order statistics: no distribution is assumed. */
#ifndef CSW_STATS_H
#define CSW_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* The confidence of every interval that is reported. */
#define CSW_CONFIDENCE 0.95

/* A median with its interval. low and high are NAN where n is too small for one (n < 6 at 95 %). */
struct csw_estimate {
    double value, low, high;
    size_t n; /* values that went in */
};

/* An estimate of nothing: value, low and high are NAN, n is 0. */
extern const struct csw_estimate csw_estimate_none;

/* True where the estimate has an interval. */
bool csw_estimate_has_interval(const struct csw_estimate *);

/* Sorts in place, ascending; the values are all numbers. */
void csw_sort(double *values, size_t count);

/* The probability of k <= n heads in n throws of a fair coin. */
double csw_coin_probability(size_t n, size_t k);

/*
 * The largest k for which [x_(k), x_(n + 1 - k)] of n sorted values covers the median with at least
 * the confidence: P(Bin(n, 1/2) < k) <= (1 - confidence) / 2. 0: no k does.
 * Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1.
 */
size_t csw_median_rank(size_t n, double confidence);

/* Median and interval of the values that are not NAN. The values stay as they are. */
struct csw_estimate csw_median(const double *values, size_t count);

/* The same with an interval of another confidence. */
struct csw_estimate csw_median_at(const double *values, size_t count, double confidence);

/* The same with the interval [x_(rank), x_(n + 1 - rank)]; 0 or more than n / 2: none. */
struct csw_estimate csw_median_ranked(const double *values, size_t count, size_t rank);

/* Between neighbours of n > 0 sorted values, as R's quantile() does by default; share in [0, 1]. */
double csw_quantile(const double *sorted, size_t n, double share);

/* ln(base[r] / other[r]) of each round; NAN where one of the two was not measured. */
void csw_log_ratios(const double *base, const double *other, size_t rounds, double *ret_logs);

/*
 * exp of the median of ln(base[r] / other[r]) over the rounds r in which both were measured, with
 * its interval: the speedup of `other` over `base`, paired by round. The two need no common
 * distribution, and what disturbs a whole round cancels.
 */
struct csw_estimate csw_paired_ratio(const double *base, const double *other, size_t rounds);
struct csw_estimate csw_paired_ratio_at(const double *base, const double *other, size_t rounds,
                                        double confidence);

/* The estimate times a constant > 0. */
struct csw_estimate csw_estimate_times(struct csw_estimate, double factor);

/* exp of value, low and high. */
struct csw_estimate csw_estimate_exp(struct csw_estimate);

/* constant / estimate: low and high change places. */
struct csw_estimate csw_estimate_under(double constant, struct csw_estimate);

#endif
