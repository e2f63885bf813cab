/*
 * squares.h - what the kernels that find perfect squares share: their tallies in closed form.
 *
 * The items [lo, hi) stand for the candidates lo + 1 .. hi, so their squares have the roots
 * isqrt(lo) + 1 .. isqrt(hi).
 */
#ifndef CSW_SQUARES_H
#define CSW_SQUARES_H

#include <coresweep/kernel.h>
#include <coresweep/squares.h>

/* Sum of the squares of 1..m mod 2^64: m (m + 1) (2m + 1) / 6, below 2^98 for m < 2^32. */
static inline uint64_t csw_sum_of_squares(uint64_t m)
{
    const unsigned __int128 product = (unsigned __int128)(m * (m + 1)) * (2 * m + 1);

    return (uint64_t)(product / 6);
}

/* The tally of the items [lo, hi) in closed form, with `work` left 0. */
static inline struct csw_tally csw_squares_expect(uint64_t lo, uint64_t hi)
{
    if (lo >= hi)
        return (struct csw_tally){0};
    const uint64_t below = csw_isqrt(lo), last = csw_isqrt(hi);

    return (struct csw_tally){
        .items = hi - lo,
        .hits = last - below,
        .digest = csw_sum_of_squares(last) - csw_sum_of_squares(below),
    };
}

/* Writes the squares of the items [lo, hi) in ascending order; returns their number. */
static inline size_t csw_squares_list(uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    uint64_t next = lo + 1;

    return lo < hi ? csw_list_range(&next, hi, ret_hits, SIZE_MAX) : 0;
}

#endif
