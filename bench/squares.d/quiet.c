/* quiet.c - see quiet.h */
#include "quiet.h"

#include <stdint.h>

#include "harness/clock.h"

#define TURNS 25000u

/* The compiler must take each addition for one of its own. */
#define ADD(a)                                                                                     \
    (a)++;                                                                                         \
    __asm__ volatile("" : "+r"(a));

#define ADD_EACH ADD(a) ADD(b) ADD(c) ADD(d) ADD(e) ADD(f) ADD(g) ADD(h)

static void add(void)
{
    uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;

    for (unsigned turn = 0; turn < TURNS; turn++) {
        ADD_EACH ADD_EACH ADD_EACH ADD_EACH
    }
}

void bench_quiet_calibrate(struct bench_quiet *quiet)
{
    const uint64_t start_ns = csw_now_ns();

    add();
    quiet->last_ns = (double)(csw_now_ns() - start_ns);
    if (quiet->best_ns == 0 || quiet->last_ns < quiet->best_ns)
        quiet->best_ns = quiet->last_ns;
}

bool bench_quiet_is(const struct bench_quiet *quiet, double calibration_ns)
{
    return calibration_ns * BENCH_QUIET <= quiet->best_ns;
}
