/* limits_plain.c - see limits.h; vectors of two, which every 64-bit CPU of today has. */
#include <coresweep/squares.h>

#define TARGET
typedef uint64_t vector __attribute__((vector_size(16), may_alias));

#include "limits.h"

/* Sums of their own, so that no root waits for the one before. */
static uint64_t roots(const struct bench_work *work)
{
    double x = (double)work->values[0], sums[ABREAST] = {0}, sum = 0;

    for (size_t i = 0; i < work->count; i += ABREAST)
#pragma GCC unroll 8
        for (size_t v = 0; v < ABREAST; v++) {
            __asm__ volatile("" : "+m"(x)); /* else one root would do for all */
            sums[v] += csw_sqrt(x);
        }
    for (size_t v = 0; v < ABREAST; v++)
        sum += sums[v];
    return sum >= 0 ? work->count : 0;
}

static bool usable(void)
{
    return true;
}

const struct bench_limits bench_limits_plain = {
    .usable = usable,
    .read = read_values,
    .write = write_values,
    .roots = roots,
};
