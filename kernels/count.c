/*
 * count - perfect squares, O(1): isqrt(hi) - isqrt(lo), whatever the length of the range.
 *
 * A run does next to nothing, so what it takes is the driver's own cost. `work` stays 0: how many
 * closed forms are evaluated depends on the cut, and a tally must not.
 */
#include "squares.h"

static struct csw_tally count_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return csw_squares_expect(lo, hi);
}

static size_t count_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    (void)state;
    return csw_squares_list(lo, hi, ret_hits);
}

const struct csw_kernel csw_kernel_count = {
    .abi = CSW_KERNEL_ABI,
    .flags = CSW_AS_GIVEN,
    .name = "count",
    .summary = "O(1): the closed form; makes a driver's own cost visible",
    .finds = "perfect squares",
    .unit = "steps",
    .tasks = "1e9",
    .scan = count_scan,
    .list = count_list,
    .expect = count_scan,
};
