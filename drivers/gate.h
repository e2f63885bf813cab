/*
 * gate.h - where a persistent team meets: the leader releases the workers, they run, and the last
 * one to arrive lets the leader go on. One protocol for threads and for forked processes.
 *
 * Everyone waits in three steps: a few us of PAUSE (the hot case: nobody enters the kernel), then
 * sched_yield up to a bound in time (so that a waiter never holds a CPU that a worker needs), then
 * a futex. Wakes are only issued when somebody is known to sleep.
 */
#ifndef CSW_GATE_H
#define CSW_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <coresweep/job.h>

/* Every word is on cache lines of its own: workers poll `epoch` while others count down. */
struct csw_gate {
    _Alignas(CSW_CACHE_LINE) _Atomic uint32_t epoch; /* one up per release; workers sleep on it */
    _Alignas(CSW_CACHE_LINE) _Atomic uint32_t sleepers;
    _Alignas(
        CSW_CACHE_LINE) _Atomic uint32_t running; /* not arrived yet; the leader sleeps on it */
    _Alignas(CSW_CACHE_LINE) _Atomic uint32_t leader_sleeps;
    _Alignas(CSW_CACHE_LINE) bool between_processes; /* else futexes are private to the process */
};

/* A gate in memory that all its users share; the team counts as running until `arrivals` arrive. */
void csw_gate_init(struct csw_gate *ret_gate, uint32_t arrivals, bool between_processes);

/* Leader: lets `arrivals` workers run once more. All of them must have arrived before. */
void csw_gate_release(struct csw_gate *, uint32_t arrivals);

/* Worker: waits until the epoch is no longer `seen`; returns the new one. */
uint32_t csw_gate_wait(struct csw_gate *, uint32_t seen);

/* Worker: done with this epoch. */
void csw_gate_arrive(struct csw_gate *);

/* Leader: waits awake for the arrivals, some 200 us at most. True once all have arrived. */
bool csw_gate_spin(struct csw_gate *);

/* Leader: waits asleep for the arrivals, `timeout_ns` at most. True once all have arrived. */
bool csw_gate_sleep(struct csw_gate *, uint64_t timeout_ns);

#endif
