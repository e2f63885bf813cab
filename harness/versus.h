/*
 * versus.h - one piece of work in two ways, A and B: how much longer B takes, how sure that is, and
 * what to call it. Ratios are of times: above 1, B is slower.
 */
#ifndef CSW_VERSUS_H
#define CSW_VERSUS_H

#include <stddef.h>

#include <coresweep/err.h>

#include "stats.h"

/* The chance of any false "faster", "slower" or "small" among all that is judged at once. */
#define CSW_FALSE_ALARMS 0.05

enum csw_verdict {
    CSW_UNRESOLVED, /* the data do not tell, or do not exist */
    CSW_EQUIVALENT, /* the whole interval lies within the margin */
    CSW_SMALL,      /* there is a difference, but the ratio lies within the margin */
    CSW_FASTER,     /* there is one, and B takes less than the margin allows */
    CSW_SLOWER,     /* there is one, and B takes more */
    CSW_VERDICTS
};

const char *csw_verdict_name(enum csw_verdict);

struct csw_versus {
    struct csw_estimate a_ns, b_ns; /* medians over rounds, with their 95 % intervals */
    struct csw_estimate ratio;      /* B's time / A's, with its own 95 % interval */
    double p;                       /* that there is no difference; NAN: not known */
    double p_holm;                  /* the same, adjusted for all that was judged at once */
    enum csw_verdict verdict;
};

/*
 * Fills all but p_holm and the verdict from times by round, NAN where there are none.
 *
 * Paired: a_ns[r] and b_ns[r] are of the same round, and what disturbs both cancels: the median of
 * ln(b/a) with its interval from order statistics, and the sign test. Unpaired: Hodges and
 * Lehmann's shift of ln T and the test of Mann and Whitney. Return 0 or -ENOMEM.
 */
int csw_versus_paired(struct csw_versus *ret_versus, const double *a_ns, const double *b_ns,
                      size_t rounds, struct csw_err *);
int csw_versus_unpaired(struct csw_versus *ret_versus, const double *a_ns, size_t rounds_a,
                        const double *b_ns, size_t rounds_b, struct csw_err *);

/*
 * Fills p_holm and the verdicts of all that belong together. `margin` is what difference does not
 * matter: 0.02 stands for ratios from 1 / 1.02 to 1.02. Returns 0 or -ENOMEM.
 */
int csw_versus_judge(struct csw_versus *, size_t count, double margin, struct csw_err *);

#endif
