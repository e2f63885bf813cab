/*
 * rank.h - are two sets of numbers of one law? Tests and intervals by ranks: no distribution is
 * assumed, and no two values belong together except where a function says so.
 *
 * Sources: H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics 18 (1947), 50-60 (the test
 * and the recurrence of its exact law); E. L. Lehmann, Nonparametrics: Statistical Methods Based on
 * Ranks, 1975, chapters 1 and 2 (ties, continuity, the interval of the shift); S. Holm,
 * Scandinavian Journal of Statistics 6 (1979), 65-70.
 */
#ifndef CSW_RANK_H
#define CSW_RANK_H

#include <stddef.h>

#include <coresweep/err.h>

#include "stats.h"

/* What ranks say of two independent samples. */
struct csw_ranks {
    double u; /* Mann and Whitney's: pairs in which b's value is the larger one; a tie is a half */
    double p; /* two-sided, that both are of one law; NAN: one of them is empty */

    /*
     * Hodges and Lehmann's: how much larger b's values are, the median of all differences b - a.
     * Its n is the smaller of the two counts; no interval where they are too few.
     */
    struct csw_estimate shift;
};

/*
 * Compares the values that are not NAN. Up to 900 pairs p is exact, given the ties that there are,
 * and so is the interval where there are none, which ties make wider than need be, never narrower;
 * beyond, both are of the normal approximation with corrections for continuity and, for p, ties.
 * Returns 0 or -ENOMEM.
 */
int csw_ranks_compare(struct csw_ranks *ret_ranks, const double *a, size_t count_a, const double *b,
                      size_t count_b, double confidence, struct csw_err *);

/*
 * The sign test: the two-sided probability, for values whose median is 0, of so many on one side.
 * Zeros and NANs are left out; 1 where only zeros are left, NAN where there is nothing. It rejects
 * at 5 % where the interval of csw_median excludes 0; where there are zeros, elsewhere, too.
 */
double csw_sign_test(const double *values, size_t count);

/*
 * Holm's adjustment of `count` p-values: ret_adjusted[i] <= x tells which tests to reject so that
 * the chance of any false rejection among all of them is x at most. NAN stays NAN and is not a
 * test. Returns 0 or -ENOMEM.
 */
int csw_holm(const double *p, size_t count, double *ret_adjusted, struct csw_err *);

#endif
