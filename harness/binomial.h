/* binomial.h - how sure a share is that was counted. */
#ifndef CSW_BINOMIAL_H
#define CSW_BINOMIAL_H

#include "stats.h"

/*
 * The share part / all, part <= all, of independent trials, with its exact interval of
 * CSW_CONFIDENCE: low is the probability at which so many or more, high that at which so many or
 * fewer happen in (1 - confidence) / 2 of all cases. No trials: an estimate of nothing.
 * Source: C. J. Clopper, E. S. Pearson, Biometrika 26 (1934), 404-413.
 */
struct csw_estimate csw_share_of(size_t part, size_t all);

#endif
