/*
 * order.c - FLINT's order of tests in a loop of our own: residues mod 64, 63 and 65 by tables of
 * int, then a root. The difference from bench_flint is the price of a function call that the
 * compiler cannot look into.
 */
#include <math.h>

#include "work.h"

static int squares_mod_64[64], squares_mod_63[63], squares_mod_65[65];

static void mark(int *squares, uint64_t modulus)
{
    for (uint64_t i = 0; i < modulus; i++)
        squares[i * i % modulus] = 1;
}

void bench_order_open(void)
{
    mark(squares_mod_64, 64);
    mark(squares_mod_63, 63);
    mark(squares_mod_65, 65);
}

static inline bool is_square(uint64_t x)
{
    if (!squares_mod_64[x % 64] || !squares_mod_63[x % 63] || !squares_mod_65[x % 65])
        return false;
    const uint64_t root = (uint64_t)(sqrt((double)x) + 0.5);

    return root * root == x;
}

uint64_t bench_order(const struct bench_work *work)
{
    uint64_t found = 0;

    for (size_t i = 0; i < work->count; i++)
        found += is_square(work->values[i]);
    return found;
}
