/*
 * steps.h - work in registers alone: dependent multiply-adds, x = A * x + C (mod 2^64), and what
 * they come to in closed form. For the kernels whose items are a number of such steps.
 *
 * Constants: the MMIX generator of D. E. Knuth, The Art of Computer Programming 2, 3.3.4.
 */
#ifndef CSW_STEPS_H
#define CSW_STEPS_H

#include <stdint.h>

#define CSW_STEP_A UINT64_C(6364136223846793005)
#define CSW_STEP_C UINT64_C(1442695040888963407)

/*
 * x after so many steps: about 4 cycles each, the latency of a multiplication and an addition. The
 * empty asm pins x to a register after each step, so that no compiler folds several into one.
 */
static inline uint64_t csw_steps(uint64_t x, unsigned steps)
{
    for (unsigned step = 0; step < steps; step++) {
        x = CSW_STEP_A * x + CSW_STEP_C;
        __asm__ volatile("" : "+r"(x));
    }
    return x;
}

/* Sum of the numbers in [lo, hi) mod 2^64; the even factor is halved before it can overflow. */
static inline uint64_t csw_sum_of_items(uint64_t lo, uint64_t hi)
{
    const unsigned __int128 count = hi - lo, ends = (unsigned __int128)lo + hi - 1;

    return count % 2 == 0 ? (uint64_t)(count / 2) * (uint64_t)ends
                          : (uint64_t)count * (uint64_t)(ends / 2);
}

/*
 * The sum of csw_steps(item, steps) over the items [lo, hi), lo < hi. Steps in a row are a linear
 * map again, x -> a * x + c, hence a * sum(items) + c * count; it is composed of the maps of 1, 2,
 * 4, 8 ... steps, which commute.
 */
static inline uint64_t csw_sum_of_steps(uint64_t lo, uint64_t hi, unsigned steps)
{
    uint64_t a = 1, c = 0, power_a = CSW_STEP_A, power_c = CSW_STEP_C;

    for (; steps > 0; steps /= 2) {
        if (steps % 2 == 1) {
            a *= power_a;
            c = power_a * c + power_c;
        }
        power_c *= power_a + 1;
        power_a *= power_a;
    }
    return a * csw_sum_of_items(lo, hi) + c * (hi - lo);
}

#endif
