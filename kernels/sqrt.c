/*
 * sqrt - perfect squares, O(n): one exact test per candidate.
 *
 *     for x in 1..n:
 *         r = round(sqrt(x))
 *         if r * r == x: found(x)
 *
 * Exact over 64 bits without a correction step: for x = r^2 with r < 2^32 the double
 * sqrt((double)x) is within 2^-20 of r, so adding 0.5 and truncating gives r in all four rounding
 * modes, and the integer product decides. A root of 2^32, which x near 2^64 rounds to, has the
 * product 0 mod 2^64 and no candidate is 0.
 */
#include <math.h>

#include "squares.h"

static inline bool is_square(uint64_t x)
{
    const uint64_t r = (uint64_t)(sqrt((double)x) + 0.5);

    return r * r == x;
}

static struct csw_tally sqrt_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    struct csw_tally tally = {0};

    for (uint64_t item = lo; item < hi; item++) {
        const uint64_t square = is_square(item + 1);

        tally.work++;
        tally.hits += square;
        tally.digest += square * (item + 1);
    }
    tally.items = tally.work;
    return tally;
}

static size_t sqrt_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    (void)state;
    size_t hits = 0;

    for (uint64_t item = lo; item < hi; item++)
        if (is_square(item + 1))
            ret_hits[hits++] = item + 1;
    return hits;
}

static struct csw_tally sqrt_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return csw_candidates_expect(lo, hi);
}

const struct csw_kernel csw_kernel_sqrt = {
    .abi = CSW_KERNEL_ABI,
    .name = "sqrt",
    .summary = "O(n): one exact square root per candidate",
    .finds = "perfect squares",
    .unit = "candidates",
    .tasks = "1e6",
    .scan = sqrt_scan,
    .list = sqrt_list,
    .expect = sqrt_expect,
};
