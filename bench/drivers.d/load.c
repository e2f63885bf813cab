/* load.c - see load.h */
#include "load.h"

/* Of the MMIX generator of D. E. Knuth, The Art of Computer Programming 2, 3.3.4. */
#define A UINT64_C(6364136223846793005)
#define C UINT64_C(1442695040888963407)

static _Thread_local uint64_t chain;

void bench_task(const struct bench_load *load, size_t task)
{
    if (load->marks) {
        load->marks[task]++;
        return;
    }
    uint64_t x = chain;

    for (uint64_t i = 0; i < load->iterations; i++) {
        x = A * x + C;
        __asm__ volatile("" : "+r"(x)); /* no compiler folds several steps into one */
    }
    chain = x;
}
