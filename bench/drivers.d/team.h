/* team.h - a peer's open pool and the region that it runs: opened, checked, and warm. */
#ifndef BENCH_TEAM_H
#define BENCH_TEAM_H

#include <sys/types.h>

#include "measure.h"

struct bench_team {
    const struct bench_peer *peer;
    void *pool;
    struct bench_region region;
    struct bench_load *load; /* mapped, shared with forked workers */
    uint8_t *marks;          /* mapped as well, one per task */
};

/*
 * Opens the peer of the options with their workers and tasks, and runs one region in which every
 * task must be done exactly once. Returns 0, CSW_EWRONG, -ENOMEM, or what the peer returned. On
 * failure nothing stays open.
 */
int bench_team_open(struct bench_team *ret_team, const struct bench_options *, struct csw_err *);

/*
 * Opens it, spreads its workers over the CPUs (see spread.h), and runs empty regions until all is
 * warm. Where the options ask for hogs, it is the system that must find room for the workers.
 */
int bench_team_open_warm(struct bench_team *ret_team, const struct bench_options *,
                         struct csw_err *);
void bench_team_close(struct bench_team *);

static inline int bench_team_run(struct bench_team *team, struct csw_err *err)
{
    return team->peer->run(team->pool, err);
}

/* CPU time of this process and its children so far, those that have ended included. */
uint64_t bench_tree_cpu_ns(void);

/* The living children of the calling thread; returns their number, `room` at most. */
size_t bench_children(pid_t *ret_children, size_t room);

/* Computes, or lets the caller's CPU alone, for about so long. */
void bench_compute_us(uint64_t us);
void bench_sleep_us(uint64_t us);

/* Iterations of a load's chain in one us, measured here once; the same in all of a process. */
double bench_iterations_per_us(void);

#endif
