/* binomial.c - see binomial.h */
#include "binomial.h"

#include "fdist.h"

#define HALVINGS 50 /* of [0, 1]: to 1e-15 */

/* The probability at which `least` > 0 or more of all trials happen with that chance. */
static double probability_of(size_t least, size_t all, double chance)
{
    double low = 0, high = 1;

    for (int i = 0; i < HALVINGS; i++) {
        const double middle = (low + high) / 2;
        const double happens =
            csw_incomplete_beta(middle, (double)least, (double)(all - least + 1));

        if (happens < chance)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

struct csw_estimate csw_share_of(size_t part, size_t all)
{
    const double tail = (1 - CSW_CONFIDENCE) / 2;

    if (all == 0)
        return csw_estimate_none;
    return (struct csw_estimate){
        .value = (double)part / (double)all,
        .low = part > 0 ? probability_of(part, all, tail) : 0,
        .high = part < all ? probability_of(part + 1, all, 1 - tail) : 1,
        .n = all,
    };
}
