/* gmp.c - GMP's mpn_perfect_square_p for numbers of one limb, which must not be 0. */
#include <gmp.h>

#include "work.h"

uint64_t bench_gmp(const struct bench_work *work)
{
    uint64_t found = 0;

    for (size_t i = 0; i < work->count; i++) {
        const mp_limb_t limb = work->values[i];

        found += limb == 0 || mpn_perfect_square_p(&limb, 1) != 0;
    }
    return found;
}
