/* load.h - the work that is handed out: the same for every peer, whoever hands it out. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>

/* In memory that forked workers share, since it changes between two regions. */
struct bench_load {
    uint64_t iterations; /* of the chain in one task, about 1 ns each; 0: an empty task */
    uint8_t *marks;      /* not NULL: a task marks itself here instead, to be counted */
};

/*
 * One task: a chain of dependent integer multiplications. A worker's chain goes on where its last
 * task left it, or else the tasks of one worker would overlap in the core.
 */
void bench_task(const struct bench_load *, size_t task);

#endif
