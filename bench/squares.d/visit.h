/*
 * visit.h - one fresh process that measures some rounds. Where code, stack and buffers lie in
 * memory decides on a tenth of some functions' time; it is drawn anew for every process, so that a
 * run of many visits gives medians that the next run gives too.
 */
#ifndef BENCH_VISIT_H
#define BENCH_VISIT_H

#include "rows.h"

enum bench_event { BENCH_SAMPLE, BENCH_ROUND, BENCH_END, BENCH_FAILED };

/* What a visit writes, in binary, to whoever started it: a round as it ends, samples at its end. */
struct bench_message {
    enum bench_event event;
    size_t cell; /* of BENCH_SAMPLE: its index */
    struct bench_sample sample;
    double calibration_ns; /* of BENCH_END: the additions on a quiet core */
    bool real_time;        /* nothing else got the cores */
    char unbound[160];     /* why threads were not bound; "": they were */
    struct csw_err err;    /* of BENCH_FAILED */
};

/* Measures rounds and writes messages to the descriptor. Returns the process's exit code. */
int bench_visit(unsigned first_round, unsigned rounds, int to);

#endif
