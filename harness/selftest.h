/*
 * selftest.h - one program compared with itself: every difference that is found is a false alarm.
 * Paired, as compare --live does it, and beside it the same samples as if one block of runs had
 * been measured after the other.
 */
#ifndef CSW_SELFTEST_H
#define CSW_SELFTEST_H

#include <stddef.h>
#include <stdio.h>

#include <coresweep/err.h>

#include "compare.h"

/*
 * Rounds of one comparison, an even number. The interval of 10 rounds is [x_(2), x_(9)], which
 * independent rounds leave in 2.1 % of all cases; that of 10 values against 10 in 4.3 %.
 */
#define CSW_SELFTEST_ROUNDS 10

/* What one way of comparing said of equal things. */
struct csw_alarms {
    size_t comparisons; /* those with an interval */
    size_t excluding;   /* whose 95 % interval excludes 1 */
    size_t verdicts; /* that were called faster or slower, after Holm over the cells of a sweep */
    struct csw_estimate excluding_share, verdicts_share; /* of the comparisons, see binomial.h */
    double half_width; /* median of half the interval's width, as a share of the ratio */
    double exceeded;   /* what the distance of the ratio from 1 exceeds in 5 % of all */
};

struct csw_selftest {
    size_t cells, sweeps; /* a comparison is one cell of one sweep of CSW_SELFTEST_ROUNDS rounds */
    double margin;
    struct csw_alarms paired, blocks;
};

/*
 * Cuts the rounds of two reports of the same plan into sweeps of CSW_SELFTEST_ROUNDS, and compares
 * the two sides in each: round by round; and, since both sides are the same program, all runs of
 * the first half of its rounds with all runs of the second half, unpaired, which is what two files
 * measured one after the other are. Returns 0, -EINVAL where there is not one sweep, or -ENOMEM.
 */
int csw_selftest_analyse(struct csw_selftest *ret_selftest, const struct csw_report *a,
                         const struct csw_report *b, double margin, struct csw_err *);

/* Writes the result. 0, or -EIO / -ENOMEM where it could not be written whole. */
int csw_selftest_table(const struct csw_selftest *, FILE *out, struct csw_err *);
int csw_selftest_json(const struct csw_selftest *, FILE *out, struct csw_err *);

#endif
