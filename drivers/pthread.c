/*
 * pthread - a persistent pool of threads; the caller is worker 0, and one worker is the caller
 * alone.
 */
#include <errno.h>
#include <stdlib.h>

#include <coresweep/driver.h>

#include "pool.h"
#include "thread.h"

/* No thread of the team can be lost, so the leader only ever waits for work: any bound will do. */
#define JOIN_NS UINT64_C(1000000000)

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_pool *pool;
    unsigned threads;            /* running besides the caller */
    struct csw_recruit *recruit; /* per worker; the caller's is not used */
};

static void work(void *context, unsigned worker, struct csw_share *share)
{
    const struct csw_team *team = context;

    csw_work(team->job, worker, team->pool->range, share);
}

static void *thread_main(void *argument)
{
    struct csw_recruit *recruit = argument;
    struct csw_team *team = recruit->team;

    csw_placement_bind(team->placement, recruit->worker, &recruit->err);
    csw_pool_serve(team->pool, recruit->worker, work, team);
    return NULL;
}

static void pthread_team_close(struct csw_team *team)
{
    if (!team)
        return;
    csw_pool_stop(team->pool);
    for (unsigned w = 1; w <= team->threads; w++)
        pthread_join(team->recruit[w].thread, NULL);
    csw_placement_unbind(team->placement);
    csw_pool_unmap(team->pool);
    free(team->recruit);
    free(team);
}

static int team_new(struct csw_team **ret_team, const struct csw_job *job,
                    const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = calloc(1, sizeof *team);
    struct csw_recruit *recruit = calloc(placement->workers, sizeof *recruit);
    struct csw_pool *pool = NULL;
    int code = 0;

    if (!team || !recruit)
        code = csw_fail(err, -ENOMEM, "no memory for a team of %u threads", placement->workers);
    if (code == 0)
        code = csw_pool_map(&pool, placement, job->schedule.handout == CSW_LATE ? CSW_POOL_LATE : 0,
                            err);
    if (code < 0) {
        free(recruit);
        free(team);
        return code;
    }
    *team = (struct csw_team){.job = job, .placement = placement, .pool = pool, .recruit = recruit};
    *ret_team = team;
    return 0;
}

/* Makes the threads and waits until each has bound itself. */
static int start_threads(struct csw_team *team, struct csw_err *err)
{
    for (unsigned w = 1; w < team->placement->workers; w++) {
        struct csw_recruit *recruit = &team->recruit[w];

        *recruit = (struct csw_recruit){.team = team, .worker = w};
        const int code = csw_thread_start(recruit, team->placement, thread_main, err);

        if (code < 0)
            return code;
        team->threads = w;
    }
    while (!csw_pool_await_ready(team->pool, team->threads, JOIN_NS))
        ;
    return 0;
}

static int bind_team(const struct csw_team *team, struct csw_err *err)
{
    for (unsigned w = 1; w <= team->threads; w++) {
        const struct csw_err *told = &team->recruit[w].err;

        if (told->code < 0)
            return csw_fail(err, told->code, "%s", told->text);
    }
    return csw_placement_bind(team->placement, 0, err);
}

static int pthread_team_open(struct csw_team **ret_team, const struct csw_job *job,
                             const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = NULL;
    int code = team_new(&team, job, placement, err);

    if (code < 0)
        return code;
    code = start_threads(team, err);
    if (code == 0)
        code = bind_team(team, err);
    if (code < 0) {
        pthread_team_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static void join_run(struct csw_pool *pool)
{
    csw_pool_close_entry(pool);
    bool done = csw_pool_spin(pool);

    while (!done)
        done = csw_pool_sleep(pool, JOIN_NS);
}

static int pthread_team_run(struct csw_team *team, struct csw_share *ret_shares,
                            struct csw_err *err)
{
    struct csw_pool *pool = team->pool;

    (void)err;
    csw_deal(team->job, pool->range);
    if (team->threads > 0)
        csw_pool_release(pool, team->job->units - 1);
    csw_work(team->job, 0, pool->range, &ret_shares[0]);
    if (team->threads > 0) {
        join_run(pool);
        csw_pool_collect(pool, ret_shares);
    }
    return 0;
}

const struct csw_driver csw_driver_pthread = {
    .name = "pthread",
    .summary = "a persistent pool of POSIX threads; the caller is worker 0",
    .flags = CSW_JOINS_LATE,
    .open = pthread_team_open,
    .run = pthread_team_run,
    .close = pthread_team_close,
};
