/* reference.h - what the tests of squares compare with: integers only, and nothing of squares/. */
#ifndef CSW_REFERENCE_H
#define CSW_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/* The floor of the square root, bit by bit. */
static inline uint64_t slow_isqrt(uint64_t x)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= x) /* both below 2^32: no wrap */
            root |= bit;
    return root;
}

static inline bool slow_is_square(uint64_t x)
{
    const uint64_t root = slow_isqrt(x);

    return root * root == x;
}

/* The squares of [first, last], 0 among them; at most 2^32. */
static inline uint64_t slow_count_range(uint64_t first, uint64_t last)
{
    if (first > last)
        return 0;
    return slow_isqrt(last) + 1 - (first == 0 ? 0 : slow_isqrt(first - 1) + 1);
}

/* SplitMix64: the same numbers in every run. */
static inline uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
