/*
 * pool.h - how a persistent team meets: one protocol for threads and for forked processes.
 *
 * The leader, worker 0, releases the others into a run, works itself, and joins them. A word that
 * one side writes and the other polls has cache lines of its own, and a hot run moves two of them
 * per worker: `epoch` to the worker, and back its seat, where the end of the run and what was done
 * lie side by side.
 *
 * A waiter looks on with PAUSE for a few us (the hot case: nobody enters the kernel), then yields
 * up to a bound in time (so that it never holds a CPU that another worker needs), then sleeps on
 * a futex. Sleepers are known, so that nobody is woken who does not sleep.
 *
 * Workers join a run in one of two ways, chosen once for a pool:
 *   all   every worker takes part in every run, and the leader waits for all of them
 *   late  a worker takes part if it comes while the run is open. The leader closes the run when
 *         there is nothing left to take, and waits only for those inside: never for one that is
 *         still waking up, or that the system has not given a CPU.
 */
#ifndef CSW_POOL_H
#define CSW_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/job.h>
#include <coresweep/place.h>

/* Does the worker's part of a run; `share` starts empty. */
typedef void csw_pool_work(void *context, unsigned worker, struct csw_share *share);

/* Where a worker leaves what it did. */
struct csw_seat {
    _Alignas(CSW_CACHE_LINE) _Atomic uint64_t done; /* the last run that the worker took part in */
    size_t bytes;                                   /* of the share that were left here */
    unsigned char share[sizeof(struct csw_share)];
};

struct csw_pool {
    _Alignas(CSW_CACHE_LINE) _Atomic uint64_t epoch;    /* number of the run; workers sleep on it */
    _Alignas(CSW_CACHE_LINE) _Atomic uint32_t sleepers; /* workers that sleep, or are about to */
    _Alignas(CSW_CACHE_LINE) _Atomic uint64_t entry;    /* late: see pool.c */
    _Alignas(CSW_CACHE_LINE) _Atomic uint32_t awaited;  /* whom the leader sleeps for; 0: nobody */
    _Alignas(CSW_CACHE_LINE) _Atomic uint32_t ready; /* workers that have come for the first time */
    _Alignas(CSW_CACHE_LINE) _Atomic int leader_cpu; /* where the leader was seen last */
    _Alignas(CSW_CACHE_LINE) _Atomic bool stop;
    bool seats_all; /* there is a CPU for each worker */
    bool spreads;   /* workers that the system leaves on the leader's CPU move away by themselves */
    bool late, between_processes;
    unsigned workers;                      /* the leader included */
    uint64_t spin_ns;                      /* how long a worker waits awake */
    size_t bytes;                          /* of the mapping that all of this lies in */
    const struct csw_placement *placement; /* borrowed */
    struct csw_seat *seat;                 /* per worker */
    struct csw_range *range;               /* per worker: for csw_deal and csw_work */
};

enum csw_pool_flags {
    CSW_POOL_LATE = 1u << 0,      /* workers join late; otherwise all take part in every run */
    CSW_POOL_PROCESSES = 1u << 1, /* shared with processes forked from here on */
};

/* Maps a pool for the placement's workers. 0 or -ENOMEM. The caller unmaps it. */
int csw_pool_map(struct csw_pool **ret_pool, const struct csw_placement *, unsigned flags,
                 struct csw_err *);
void csw_pool_unmap(struct csw_pool *);

/* ---- workers -------------------------------------------------------------------------------- */

/* Reports ready, and works run after run until the pool is stopped. */
void csw_pool_serve(struct csw_pool *, unsigned worker, csw_pool_work *, void *context);

/* ---- the leader ----------------------------------------------------------------------------- */

/* Waits until so many workers are ready, `timeout_ns` at most. True once they are. */
bool csw_pool_await_ready(struct csw_pool *, unsigned workers, uint64_t timeout_ns);

/* Begins a run; of the workers that sleep, at most `helpers` are woken if they may join late. */
void csw_pool_release(struct csw_pool *, uint64_t helpers);

/* Late: lets nobody in any more. Nothing otherwise. To be called when no unit is left. */
void csw_pool_close_entry(struct csw_pool *);

/* Waits awake for all that take part in the run, some 200 us at most. True once all are done. */
bool csw_pool_spin(struct csw_pool *);

/* Waits asleep for them, `timeout_ns` at most. True once all are done. */
bool csw_pool_sleep(struct csw_pool *, uint64_t timeout_ns);

/* Copies what the other workers left in this run; the share of one that took no part is empty. */
void csw_pool_collect(const struct csw_pool *, struct csw_share *ret_shares);

/* Makes csw_pool_serve return in every worker, also in those that are asleep. */
void csw_pool_stop(struct csw_pool *);

#endif
