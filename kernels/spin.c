/*
 * spin - register-only work, the control that shows this machine's ceiling: no memory, no branch
 * that could be mispredicted, nothing that two workers could share but the clock.
 *
 *     for i in items:
 *         x = i
 *         repeat STEPS times: x = A * x + C  (mod 2^64)
 *         digest += x
 *
 * One step is a dependent multiply and add. The empty asm pins x to a register after each step, so
 * that no compiler folds several steps into one. Repeating the step k times is again a linear map,
 * which gives the closed form: digest = A_k * sum(i) + C_k * items.
 * Constants: the MMIX generator of D. E. Knuth, The Art of Computer Programming 2, 3.3.4.
 */
#include <coresweep/kernel.h>

#define STEPS 256u
#define A UINT64_C(6364136223846793005)
#define C UINT64_C(1442695040888963407)

static struct csw_tally spin_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    struct csw_tally tally = {0};

    for (uint64_t item = lo; item < hi; item++) {
        uint64_t x = item;

        for (unsigned step = 0; step < STEPS; step++) {
            x = A * x + C;
            __asm__ volatile("" : "+r"(x));
        }
        tally.items++;
        tally.work += STEPS;
        tally.digest += x;
    }
    return tally;
}

/* Sum of the numbers in [lo, hi) mod 2^64; the even factor is halved before it can overflow. */
static uint64_t sum_of_items(uint64_t lo, uint64_t hi)
{
    const unsigned __int128 count = hi - lo, ends = (unsigned __int128)lo + hi - 1;

    return count % 2 == 0 ? (uint64_t)(count / 2) * (uint64_t)ends
                          : (uint64_t)count * (uint64_t)(ends / 2);
}

static struct csw_tally spin_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    if (lo >= hi)
        return (struct csw_tally){0};
    uint64_t a = 1, c = 0;

    for (unsigned step = 0; step < STEPS; step++) {
        a *= A;
        c = A * c + C;
    }
    return (struct csw_tally){
        .items = hi - lo,
        .work = STEPS * (hi - lo),
        .digest = a * sum_of_items(lo, hi) + c * (hi - lo),
    };
}

const struct csw_kernel csw_kernel_spin = {
    .abi = CSW_KERNEL_ABI,
    .name = "spin",
    .summary = "register-only multiply-adds: the control that shows the machine's ceiling",
    .unit = "steps",
    .tasks = "1e5",
    .scan = spin_scan,
    .expect = spin_expect,
};
