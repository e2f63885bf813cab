/* stats.c - see stats.h */
#include "stats.h"

#include <math.h>
#include <stdlib.h>

/* Sums of probabilities that should meet the confidence exactly may miss it by this. */
#define ROUNDING 1e-9

const struct csw_estimate csw_estimate_none = {.value = NAN, .low = NAN, .high = NAN};

bool csw_estimate_has_interval(const struct csw_estimate *estimate)
{
    return !isnan(estimate->low) && !isnan(estimate->high);
}

double csw_coin_probability(size_t n, size_t k)
{
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) -
               (double)n * log(2));
}

size_t csw_median_rank(size_t n, double confidence)
{
    double below = 0; /* P(Bin < k + 1) */
    size_t k = 0;

    while (2 * k < n) {
        below += csw_coin_probability(n, k);
        if (below > (1 - confidence) / 2 * (1 + ROUNDING))
            break;
        k++;
    }
    return k;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

void csw_sort(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
}

/* Sorts in place; the values are all numbers. */
static struct csw_estimate median_of(double *values, size_t n, size_t rank)
{
    const bool has_interval = rank > 0 && 2 * rank <= n;

    if (n == 0)
        return csw_estimate_none;
    csw_sort(values, n);
    return (struct csw_estimate){
        .value = (values[(n - 1) / 2] + values[n / 2]) / 2,
        .low = has_interval ? values[rank - 1] : NAN,
        .high = has_interval ? values[n - rank] : NAN,
        .n = n,
    };
}

/* A copy of those values that are numbers; NULL: no memory. The caller frees it. */
static double *numbers_of(const double *values, size_t count, size_t *ret_n)
{
    double *numbers = malloc((count > 0 ? count : 1) * sizeof *numbers);
    size_t n = 0;

    for (size_t i = 0; numbers && i < count; i++)
        if (!isnan(values[i]))
            numbers[n++] = values[i];
    *ret_n = n;
    return numbers;
}

struct csw_estimate csw_median_at(const double *values, size_t count, double confidence)
{
    size_t n;
    double *numbers = numbers_of(values, count, &n);
    const struct csw_estimate estimate = median_of(numbers, n, csw_median_rank(n, confidence));

    free(numbers);
    return estimate;
}

struct csw_estimate csw_median(const double *values, size_t count)
{
    return csw_median_at(values, count, CSW_CONFIDENCE);
}

struct csw_estimate csw_median_ranked(const double *values, size_t count, size_t rank)
{
    size_t n;
    double *numbers = numbers_of(values, count, &n);
    const struct csw_estimate estimate = median_of(numbers, n, rank);

    free(numbers);
    return estimate;
}

double csw_quantile(const double *sorted, size_t n, double share)
{
    const double at = share * (double)(n - 1);
    const size_t below = (size_t)at;
    const size_t above = below + 1 < n ? below + 1 : below;

    return sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
}

void csw_log_ratios(const double *base, const double *other, size_t rounds, double *ret_logs)
{
    for (size_t r = 0; r < rounds; r++)
        ret_logs[r] = base[r] > 0 && other[r] > 0 ? log(base[r] / other[r]) : NAN;
}

struct csw_estimate csw_paired_ratio_at(const double *base, const double *other, size_t rounds,
                                        double confidence)
{
    double *logs = malloc((rounds > 0 ? rounds : 1) * sizeof *logs);

    if (!logs)
        return csw_estimate_none;
    csw_log_ratios(base, other, rounds, logs);
    const struct csw_estimate estimate = csw_median_at(logs, rounds, confidence);

    free(logs);
    return csw_estimate_exp(estimate);
}

struct csw_estimate csw_paired_ratio(const double *base, const double *other, size_t rounds)
{
    return csw_paired_ratio_at(base, other, rounds, CSW_CONFIDENCE);
}

struct csw_estimate csw_estimate_times(struct csw_estimate estimate, double factor)
{
    estimate.value *= factor;
    estimate.low *= factor;
    estimate.high *= factor;
    return estimate;
}

struct csw_estimate csw_estimate_exp(struct csw_estimate estimate)
{
    estimate.value = exp(estimate.value);
    estimate.low = exp(estimate.low);
    estimate.high = exp(estimate.high);
    return estimate;
}

struct csw_estimate csw_estimate_under(double constant, struct csw_estimate estimate)
{
    return (struct csw_estimate){.value = constant / estimate.value,
                                 .low = constant / estimate.high,
                                 .high = constant / estimate.low,
                                 .n = estimate.n};
}
