/*
 * checks.h - what the rounds of a cell show that its numbers should not be read without. Nothing is
 * dropped here: rounds are looked at, counted and classified.
 *
 * What is looked at are d = ln(T_base / T) of the rounds that both measured, or ln T of a cell that
 * has no other base. A check that is made for n rounds at least is silent below that.
 *
 * Sources: J. W. Tukey, Exploratory Data Analysis, 1977, chapter 2 (fences at 1.5 and 3 times the
 * distance of the quartiles); P. K. Sen, J. American Statistical Association 63 (1968), 1379-1389
 * (slope); H. B. Mann, Econometrica 13 (1945), 245-259, M. G. Kendall, Rank Correlation Methods,
 * 1975 (trend).
 */
#ifndef CSW_CHECKS_H
#define CSW_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#include "dependence.h"

struct csw_checks {
    struct csw_dependence dependence;
    double change;       /* of d from the first round to the last, by the median slope */
    bool drifts;         /* chance makes it in 1 of 100, and it is more than the interval's width */
    size_t tied;         /* times that equal another one exactly */
    bool coarse;         /* they are half of them or more */
    size_t mild, severe; /* rounds outside of the inner fences only, outside of the outer ones */
    bool first_apart;    /* the first round is a severe one */
};

/*
 * Looks at the times of a cell by round, NAN: not measured, and at those of its base; NULL: it has
 * none. 0 or -ENOMEM.
 */
int csw_checks_of(struct csw_checks *ret_checks, const double *base_ns, const double *times_ns,
                  size_t rounds, struct csw_err *);

/* Whether the plan's rule, fixed before anything was measured, marked the sample. */
bool csw_sample_is_disturbed(const struct csw_sample *);

#endif
