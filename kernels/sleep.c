/*
 * sleep - waits instead of computing, the IO baseline: a task of n is a wait of n milliseconds.
 *
 * The default workload is the story's waits of 1..5, eight times over and 1000 times faster.
 */
#include <coresweep/kernel.h>

#include "wait.h"

static struct csw_tally sleep_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    const uint64_t wait_ms = lo < hi ? hi - lo : 0;

    return (struct csw_tally){.items = wait_ms, .work = wait_ms};
}

static struct csw_tally sleep_begin(const void *state, uint64_t lo, uint64_t hi,
                                    uint64_t *ret_wait_ns)
{
    const struct csw_tally tally = sleep_expect(state, lo, hi);

    *ret_wait_ns = tally.items * CSW_WAIT_NS_PER_MS;
    return tally;
}

static struct csw_tally sleep_scan(const void *state, uint64_t lo, uint64_t hi)
{
    return csw_begin_and_wait(sleep_begin, state, lo, hi);
}

const struct csw_kernel csw_kernel_sleep = {
    .abi = CSW_KERNEL_ABI,
    .flags = CSW_INDIVISIBLE | CSW_WAITS | CSW_AS_GIVEN,
    .name = "sleep",
    .summary = "waits, the IO baseline: a task is a duration in ms",
    .unit = "ms waited",
    .tasks = "1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5",
    .max_n = CSW_WAIT_DAY_MS,
    .scan = sleep_scan,
    .begin = sleep_begin,
    .expect = sleep_expect,
};
