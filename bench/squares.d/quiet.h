/*
 * quiet.h - is this core undisturbed right now? Independent additions, a known number of them, take
 * all that a core can execute at once; a neighbour on the same core slows them down at once.
 */
#ifndef BENCH_QUIET_H
#define BENCH_QUIET_H

#include <stdbool.h>

/* A core counts as quiet from this share of its best speed on. */
#define BENCH_QUIET 0.93

struct bench_quiet {
    double best_ns; /* of the calibrations so far; 0: none yet */
    double last_ns;
};

/* Times the additions, some 60 us, and keeps the best. */
void bench_quiet_calibrate(struct bench_quiet *);

/* Whether a calibration that took so long was as fast as a quiet core is, by what is known now. */
bool bench_quiet_is(const struct bench_quiet *, double calibration_ns);

#endif
