/*
 * roots - perfect squares, O(sqrt n): enumerates the roots instead of testing candidates.
 *
 *     for r in 1..isqrt(n): found(r * r)
 *
 * Exact: r < 2^32, so r * r fits 64 bits; csw_isqrt is the exact floor. The empty asm makes the
 * compiler compute every square, where it would otherwise put the closed form in the loop's place.
 */
#include "squares.h"

static struct csw_tally roots_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    if (lo >= hi)
        return (struct csw_tally){0};
    const uint64_t first = csw_isqrt(lo) + 1, last = csw_isqrt(hi);
    struct csw_tally tally = {.items = hi - lo};

    for (uint64_t r = first; r <= last; r++) {
        uint64_t square = r * r;

        __asm__ volatile("" : "+r"(square));
        tally.work++;
        tally.digest += square;
    }
    tally.hits = tally.work;
    return tally;
}

static size_t roots_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    (void)state;
    return csw_squares_list(lo, hi, ret_hits);
}

static struct csw_tally roots_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    struct csw_tally tally = csw_squares_expect(lo, hi);

    tally.work = tally.hits;
    return tally;
}

const struct csw_kernel csw_kernel_roots = {
    .abi = CSW_KERNEL_ABI,
    .name = "roots",
    .summary = "O(sqrt n): enumerates the roots",
    .finds = "perfect squares",
    .unit = "roots",
    .tasks = "1e12",
    .scan = roots_scan,
    .list = roots_list,
    .expect = roots_expect,
};
