/*
 * squares.h - what the kernels that find perfect squares share: exact roots and closed forms.
 *
 * The items [lo, hi) stand for the candidates lo + 1 .. hi, so their squares have the roots
 * isqrt(lo) + 1 .. isqrt(hi).
 */
#ifndef CSW_SQUARES_H
#define CSW_SQUARES_H

#include <math.h>

#include <coresweep/kernel.h>

#ifdef __FAST_MATH__
#error "-ffast-math reorders the arithmetic that makes these kernels exact"
#endif

#define CSW_ROOT_MAX UINT64_C(0xffffffff)

/*
 * Floor of the square root, exact for every x and in every rounding mode: the double is within
 * 2^-19 of the true root, so its floor is off by one at most, and the two loops settle that. The
 * clamp keeps r * r below 2^64.
 */
static inline uint64_t csw_isqrt(uint64_t x)
{
    const double guess = sqrt((double)x);
    uint64_t r = guess < 4294967295.0 ? (uint64_t)guess : CSW_ROOT_MAX;

    while (r * r > x)
        r--;
    while (r < CSW_ROOT_MAX && (r + 1) * (r + 1) <= x)
        r++;
    return r;
}

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
    if (lo >= hi)
        return 0;
    const uint64_t first = csw_isqrt(lo) + 1, last = csw_isqrt(hi);

    for (uint64_t r = first; r <= last; r++)
        ret_hits[r - first] = r * r;
    return last - first + 1;
}

#endif
