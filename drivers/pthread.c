/*
 * pthread - a persistent pool of threads; the caller is worker 0.
 *
 * The threads are made before the caller is bound: a thread starts on its creator's CPUs, and one
 * that starts on a CPU already taken waits milliseconds for a slice before it can move away.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/driver.h>

#include "gate.h"

/* No thread of the team can be lost, so the leader only ever waits for work: any bound will do. */
#define JOIN_NS UINT64_C(1000000000)

struct seat {
    struct csw_team *team;
    unsigned worker;
    pthread_t thread;
    struct csw_err err; /* why the worker could not be bound */
};

struct csw_team {
    struct csw_gate gate;
    struct csw_cursor cursor;
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_share *shares; /* of the run under way */
    bool stop;                /* written before a release, read after it */
    unsigned threads;         /* running besides the caller */
    struct seat *seats;       /* seats[0] is the caller's */
};

static void *worker_main(void *argument)
{
    struct seat *seat = argument;
    struct csw_team *team = seat->team;
    uint32_t epoch = 0;

    csw_placement_bind(team->placement, seat->worker, &seat->err);
    for (;;) {
        csw_gate_arrive(&team->gate);
        epoch = csw_gate_wait(&team->gate, epoch);
        if (team->stop)
            return NULL;
        csw_work(team->job, seat->worker, &team->cursor, &team->shares[seat->worker]);
    }
}

static void join_gate(struct csw_team *team)
{
    bool arrived = csw_gate_spin(&team->gate);

    while (!arrived)
        arrived = csw_gate_sleep(&team->gate, JOIN_NS);
}

static void pthread_team_close(struct csw_team *team)
{
    if (!team)
        return;
    team->stop = true;
    csw_gate_release(&team->gate, team->threads);
    for (unsigned k = 1; k <= team->threads; k++)
        pthread_join(team->seats[k].thread, NULL);
    csw_placement_unbind(team->placement);
    free(team->seats);
    free(team);
}

static struct csw_team *team_new(const struct csw_job *job, const struct csw_placement *placement)
{
    struct csw_team *team = aligned_alloc(CSW_CACHE_LINE, sizeof *team);

    if (!team)
        return NULL;
    memset(team, 0, sizeof *team);
    team->job = job;
    team->placement = placement;
    team->seats = calloc(placement->workers, sizeof *team->seats);
    if (!team->seats) {
        free(team);
        return NULL;
    }
    return team;
}

/* Makes the threads one by one; the gate counts each as running until it has bound itself. */
static int start_threads(struct csw_team *team, struct csw_err *err)
{
    const unsigned workers = team->placement->workers;

    csw_gate_init(&team->gate, workers - 1, false);
    for (unsigned k = 1; k < workers; k++) {
        struct seat *seat = &team->seats[k];

        *seat = (struct seat){.team = team, .worker = k};
        const int code = pthread_create(&seat->thread, NULL, worker_main, seat);

        if (code != 0) {
            for (unsigned rest = k; rest < workers; rest++)
                csw_gate_arrive(&team->gate);
            join_gate(team);
            return csw_fail(err, -code, "pthread_create failed for worker %u of %u: %s", k, workers,
                            strerror(code));
        }
        team->threads = k;
    }
    join_gate(team);
    return 0;
}

static int bind_team(struct csw_team *team, struct csw_err *err)
{
    for (unsigned k = 1; k <= team->threads; k++)
        if (team->seats[k].err.code < 0)
            return csw_fail(err, team->seats[k].err.code, "%s", team->seats[k].err.text);
    return csw_placement_bind(team->placement, 0, err);
}

static int pthread_team_open(struct csw_team **ret_team, const struct csw_job *job,
                             const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = team_new(job, placement);

    if (!team)
        return csw_fail(err, -ENOMEM, "no memory for a team of %u threads", placement->workers);
    int code = start_threads(team, err);

    if (code == 0)
        code = bind_team(team, err);
    if (code < 0) {
        pthread_team_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static int pthread_team_run(struct csw_team *team, struct csw_share *ret_shares,
                            struct csw_err *err)
{
    (void)err;
    team->shares = ret_shares;
    atomic_store_explicit(&team->cursor.next, 0, memory_order_relaxed);
    if (team->threads > 0)
        csw_gate_release(&team->gate, team->threads);
    csw_work(team->job, 0, &team->cursor, &ret_shares[0]);
    if (team->threads > 0)
        join_gate(team);
    return 0;
}

const struct csw_driver csw_driver_pthread = {
    .name = "pthread",
    .summary = "a persistent pool of POSIX threads; the caller is worker 0",
    .open = pthread_team_open,
    .run = pthread_team_run,
    .close = pthread_team_close,
};
