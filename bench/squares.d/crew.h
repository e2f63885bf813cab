/* crew.h - one thread per core, each bound to its core, with arrays of its own. */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <coresweep/err.h>
#include <coresweep/place.h>

#include "drivers/pool.h"
#include "memory.h"
#include "quiet.h"

struct bench_crew;

struct bench_seat {
    struct bench_crew *crew;
    unsigned number; /* 0: the caller's */
    pthread_t thread;
    struct bench_quiet quiet;
    struct bench_memory memory;
    bool calm; /* what the calibrations around a sample said */
    double calibration_ns;
    uint64_t start_ns, end_ns, cpu_ns, result; /* of the last sample */
    bool real_time;                            /* nothing else gets the core */
    int code;
    struct csw_err err;
};

typedef void bench_task(struct bench_seat *, void *argument);

struct bench_crew {
    struct csw_pool *pool;
    struct csw_placement placement;
    unsigned cores;
    struct bench_seat *seats;
    bench_task *task;
    void *argument;
    unsigned working;          /* seats that the task is for */
    _Atomic unsigned at_start; /* of a task whose seats start together */
    char unbound[160];         /* why threads are not bound; "": they are */
};

/* Takes one CPU of each core that may be used. 0 or negative errno. */
int bench_crew_open(struct bench_crew *ret_crew, const struct csw_topo *, struct csw_err *);
void bench_crew_close(struct bench_crew *);

/* Runs the task on the caller's seat, or on all at once, and waits for them. */
void bench_crew_run(struct bench_crew *, bool all, bench_task *, void *argument);

/* In a task: waits, awake, until every seat of the task is here. */
void bench_crew_meet(struct bench_crew *);

#endif
