/*
 * measure.h - what bench_drivers can measure. A measure is one file and one line in measures.def; a
 * process takes one measure of one peer, once, so that no runtime meets another one's threads.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>

#include <coresweep/err.h>

#include "peer.h"

/* What the command line chose; 0 or NULL where it did not. */
struct bench_options {
    const struct bench_peer *peer;
    const char *driver;   /* coresweep's, where a measure is for these alone */
    const char *kernel;   /* coresweep's */
    const char *items;    /* the kernel's tasks */
    const char *memory;   /* private, shared, or dontfork */
    uint64_t workers;     /* default: 2 */
    uint64_t tasks;       /* per region, handed out; 0: one for each worker */
    uint64_t gap_us;      /* between two regions, in which the caller computes */
    uint64_t sleep_us;    /* between two regions, in which the caller sleeps */
    uint64_t work_us;     /* of one worker, in a region */
    uint64_t lead_us;     /* of serial work before each region */
    uint64_t hogs;        /* other processes that compute without end */
    uint64_t mib;         /* of memory */
    uint64_t budget_ms;   /* how long to measure, about; default: 50 */
    uint64_t count, seed; /* of random trials */
};

#define BENCH_MAX_FIGURES 24

struct bench_figures {
    size_t count;
    struct {
        char name[24];
        double value;
    } figure[BENCH_MAX_FIGURES];
};

void bench_figure(struct bench_figures *, const char *name, double value);

struct bench_measure {
    const char *name;
    const char *summary;

    /* Adds its figures. Returns 0 or a negative errno. */
    int (*take)(const struct bench_options *, struct bench_figures *, struct csw_err *);
};

/* NULL past the end. */
const struct bench_measure *bench_measure_at(size_t index);

#endif
