/*
 * dependence.h - rounds that follow each other tell less than independent ones: how much less, and
 * intervals that allow for it.
 *
 * The interval of a median takes values to be independent. Where the lag-1 autocorrelation r of
 * their ranks is beyond 2 / sqrt(n), n of them count as n (1 - r) / (1 + r), and the ranks of the
 * interval move away from the middle by the square root of what is lost. Only r > 0 is looked for:
 * values that take turns make intervals too wide, not too narrow.
 *
 * Sources: A. Wald, J. Wolfowitz, Annals of Mathematical Statistics 14 (1943), 378-388 (serial
 * correlation of ranks); M. G. Kendall, Biometrika 41 (1954), 403-404 (its bias, which is taken
 * out); G. V. Bayley, J. M. Hammersley, Supplement to the J. Royal Statistical Society 8 (1946),
 * 184-197 (effective number of observations).
 */
#ifndef CSW_DEPENDENCE_H
#define CSW_DEPENDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "stats.h"

/* Fewer rounds are not looked at: what they show by chance is as large as what they could tell. */
#define CSW_CHECKED_ROUNDS 10

struct csw_dependence {
    size_t n;         /* values that are not NAN, in their order */
    double lag1;      /* of their ranks; NAN: fewer than CSW_CHECKED_ROUNDS, or all are equal */
    double effective; /* independent values that tell as much; n where lag1 is within chance */
};

/* Whether lag1 is beyond chance. */
bool csw_dependence_found(const struct csw_dependence *);

/*
 * csw_median with an interval that allows for dependence; without one where the values count as too
 * few. `ret_dependence` gets what was found.
 */
struct csw_estimate csw_median_dependent(const double *values, size_t count,
                                         struct csw_dependence *ret_dependence);

/* The same for csw_paired_ratio: of the logarithms of the ratios. */
struct csw_estimate csw_paired_ratio_dependent(const double *base, const double *other,
                                               size_t rounds,
                                               struct csw_dependence *ret_dependence);

#endif
