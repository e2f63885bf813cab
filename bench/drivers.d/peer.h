/*
 * peer.h - whoever can run a parallel region: a runtime that coresweep is measured against, or one
 * of coresweep's own drivers. A runtime is one file and one line in peers.def; a driver is a line
 * in ours.c.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/err.h>
#include <coresweep/kernel.h>

#include "load.h"

struct bench_region {
    unsigned workers;
    size_t tasks; /* the region calls bench_task once for each of [0, tasks) */
    bool dynamic; /* one at a time to whoever is free; otherwise `tasks` are the workers', one each
                   */
    struct bench_load *load; /* borrowed */
};

struct bench_peer {
    const char *name;
    const char *driver; /* coresweep's driver behind it; NULL: it is none of coresweep's */
    bool late;          /* of a driver: the caller waits for no worker that is still waking up */

    /*
     * Makes the workers, which are bound to no CPU; the caller is one of them where the peer works
     * that way. The region must outlive the pool. Returns 0 or a negative errno.
     */
    int (*open)(void **ret_pool, const struct bench_peer *, const struct bench_region *,
                struct csw_err *);

    /* Runs the region once: all its tasks are done on return. Returns 0 or a negative errno. */
    int (*run)(void *pool, struct csw_err *);

    /* Ends the workers. Accepts NULL. */
    void (*close)(void *pool);
};

/* All peers of this build, coresweep's drivers first; NULL past the end. */
const struct bench_peer *bench_peer_at(size_t index);

/* NULL: this build has none of that name. */
const struct bench_peer *bench_peer_find(const char *name);

/* The tasks of a region as a kernel, and the load that they have: see ours.c. */
extern const struct csw_kernel bench_items;
extern const struct bench_load *bench_items_load;

/* coresweep's drivers, by ours.c. NULL past the end. */
const struct bench_peer *bench_ours_at(size_t index);

#endif
