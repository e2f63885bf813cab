/* handout.h - what one worker of a region does in the peers that have no scheduler of their own. */
#ifndef BENCH_HANDOUT_H
#define BENCH_HANDOUT_H

#include <stdatomic.h>

#include "peer.h"

/* The worker's own task, or one after the other from the counter that all workers share. */
static inline void bench_handout(const struct bench_region *region, unsigned worker,
                                 _Atomic size_t *next)
{
    size_t task;

    if (!region->dynamic) {
        bench_task(region->load, worker);
        return;
    }
    while ((task = atomic_fetch_add_explicit(next, 1, memory_order_relaxed)) < region->tasks)
        bench_task(region->load, task);
}

#endif
