/*
 * mixed - computes for a part of its time and waits for the rest, as a program does that asks a
 * disk or another machine and works on the answer. --io-fraction is the part in percent that waits.
 *
 *     for i in items:                                            (1 ms each, nominally)
 *         x = i
 *         repeat 7500 * (100 - F) times: x = A * x + C           (mod 2^64)
 *         digest += x
 *     wait F * 10 us for each item
 *
 * The steps are a fixed number, so that a faster machine does the same work sooner: 750,000 take
 * 1 ms at 4 cycles a step and 3 GHz. F is thus nominal; the fraction that was waited is 1 - CPU
 * time / busy time of one worker. A range computes all of its items, then waits for all of them.
 */
#include <coresweep/kernel.h>

#include "steps.h"
#include "wait.h"

#define STEPS_PER_PERCENT 7500u
#define WAIT_NS_PER_PERCENT (CSW_WAIT_NS_PER_MS / 100)

static const char *const fractions[] = {"50", "0", "10", "25", "75", "90", "95", "99", "100", NULL};

static const struct csw_option options[] = {
    {.name = "io-fraction",
     .help = "Percent of the nominal time of an item that waits",
     .values = fractions},
    {0},
};

/* Without `open` the state is the task. */
static unsigned waiting_percent(const void *state)
{
    static const unsigned percent[] = {50, 0, 10, 25, 75, 90, 95, 99, 100};

    return percent[((const struct csw_task *)state)->choice[0]];
}

static unsigned steps_of(const void *state)
{
    return STEPS_PER_PERCENT * (100 - waiting_percent(state));
}

static struct csw_tally mixed_begin(const void *state, uint64_t lo, uint64_t hi,
                                    uint64_t *ret_wait_ns)
{
    const unsigned steps = steps_of(state);
    struct csw_tally tally = {0};

    for (uint64_t item = lo; item < hi; item++) {
        tally.items++;
        tally.work++;
        tally.digest += csw_steps(item, steps);
    }
    *ret_wait_ns = tally.items * waiting_percent(state) * WAIT_NS_PER_PERCENT;
    return tally;
}

static struct csw_tally mixed_scan(const void *state, uint64_t lo, uint64_t hi)
{
    return csw_begin_and_wait(mixed_begin, state, lo, hi);
}

static struct csw_tally mixed_expect(const void *state, uint64_t lo, uint64_t hi)
{
    if (lo >= hi)
        return (struct csw_tally){0};
    return (struct csw_tally){
        .items = hi - lo,
        .work = hi - lo,
        .digest = csw_sum_of_steps(lo, hi, steps_of(state)),
    };
}

const struct csw_kernel csw_kernel_mixed = {
    .abi = CSW_KERNEL_ABI,
    .flags = CSW_WAITS,
    .name = "mixed",
    .summary = "computes for a part of each ms and waits for the rest: --io-fraction",
    .unit = "nominal ms",
    .tasks = "100",
    .max_n = CSW_WAIT_DAY_MS,
    .options = options,
    .scan = mixed_scan,
    .begin = mixed_begin,
    .expect = mixed_expect,
};
