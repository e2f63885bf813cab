/*
 * spin - register-only work, the control that shows this machine's ceiling: no memory, no branch
 * that could be mispredicted, nothing that two workers could share but the clock.
 *
 *     for i in items:
 *         x = i
 *         repeat STEPS times: x = A * x + C  (mod 2^64)
 *         digest += x
 */
#include <coresweep/kernel.h>

#include "steps.h"

#define STEPS 256u

static struct csw_tally spin_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    struct csw_tally tally = {0};

    for (uint64_t item = lo; item < hi; item++) {
        tally.items++;
        tally.work += STEPS;
        tally.digest += csw_steps(item, STEPS);
    }
    return tally;
}

static struct csw_tally spin_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    if (lo >= hi)
        return (struct csw_tally){0};
    return (struct csw_tally){
        .items = hi - lo,
        .work = STEPS * (hi - lo),
        .digest = csw_sum_of_steps(lo, hi, STEPS),
    };
}

const struct csw_kernel csw_kernel_spin = {
    .abi = CSW_KERNEL_ABI,
    .flags = CSW_CONTROL,
    .name = "spin",
    .summary = "register-only multiply-adds: the control that shows the machine's ceiling",
    .unit = "steps",
    .tasks = "1e5",
    .scan = spin_scan,
    .expect = spin_expect,
};
