/*
 * threads - a pool of C11 threads on a mutex and a condition variable, as in the textbooks: whoever
 * has nothing to do sleeps at once, so that every run wakes everybody. Beside pthread it shows what
 * staying awake for a while buys. The caller is worker 0.
 */
#include <errno.h>
#include <stdlib.h>
#include <threads.h>

#include <coresweep/driver.h>

struct recruit {
    struct csw_team *team;
    unsigned worker;
    thrd_t thread;
    struct csw_err err; /* why the worker could not be bound */
};

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_range *range;  /* per worker */
    struct recruit *recruit;  /* per worker; the caller's is not used */
    struct csw_share *shares; /* of the run under way */
    unsigned threads;         /* made besides the caller */
    mtx_t mutex;              /* of what follows */
    cnd_t begun, ended;       /* the next run, or the team; the part of the last busy worker */
    uint64_t run;             /* number of the last one that has begun */
    unsigned busy;            /* threads that still bind themselves, or work */
    bool stop;
};

/* ---- workers -------------------------------------------------------------------------------- */

/* Says that the part of one run is done and waits for the next. False when the team ends. */
static bool await_run(struct csw_team *team, uint64_t run)
{
    mtx_lock(&team->mutex);
    if (--team->busy == 0)
        cnd_signal(&team->ended);
    while (team->run == run && !team->stop)
        cnd_wait(&team->begun, &team->mutex);
    const bool goes_on = !team->stop;

    mtx_unlock(&team->mutex);
    return goes_on;
}

static int worker_main(void *argument)
{
    struct recruit *recruit = argument;
    struct csw_team *team = recruit->team;
    const unsigned worker = recruit->worker;

    csw_placement_bind(team->placement, worker, &recruit->err);
    for (uint64_t run = 0; await_run(team, run); run++)
        csw_work(team->job, worker, team->range, &team->shares[worker]);
    return 0;
}

/* ---- the leader ----------------------------------------------------------------------------- */

static void await_all(struct csw_team *team)
{
    mtx_lock(&team->mutex);
    while (team->busy > 0)
        cnd_wait(&team->ended, &team->mutex);
    mtx_unlock(&team->mutex);
}

static void begin_run(struct csw_team *team, struct csw_share *ret_shares)
{
    csw_deal(team->job, team->range);
    mtx_lock(&team->mutex);
    team->shares = ret_shares;
    team->busy = team->threads;
    team->run++;
    cnd_broadcast(&team->begun);
    mtx_unlock(&team->mutex);
}

static void join_threads(struct csw_team *team)
{
    mtx_lock(&team->mutex);
    team->stop = true;
    cnd_broadcast(&team->begun);
    mtx_unlock(&team->mutex);
    for (unsigned w = 1; w <= team->threads; w++)
        thrd_join(team->recruit[w].thread, NULL);
}

static void threads_close(struct csw_team *team)
{
    if (!team)
        return;
    join_threads(team);
    csw_placement_unbind(team->placement);
    cnd_destroy(&team->ended);
    cnd_destroy(&team->begun);
    mtx_destroy(&team->mutex);
    free(team->range);
    free(team->recruit);
    free(team);
}

/* True with all three, or none. */
static bool make_locks(struct csw_team *team)
{
    if (mtx_init(&team->mutex, mtx_plain) != thrd_success)
        return false;
    if (cnd_init(&team->begun) == thrd_success) {
        if (cnd_init(&team->ended) == thrd_success)
            return true;
        cnd_destroy(&team->begun);
    }
    mtx_destroy(&team->mutex);
    return false;
}

static int team_new(struct csw_team **ret_team, const struct csw_job *job,
                    const struct csw_placement *placement, struct csw_err *err)
{
    const unsigned workers = placement->workers;
    struct csw_team *team = calloc(1, sizeof *team);
    struct recruit *recruit = calloc(workers, sizeof *recruit);
    struct csw_range *range = aligned_alloc(CSW_CACHE_LINE, workers * sizeof *range);

    if (!team || !recruit || !range || !make_locks(team)) {
        free(range);
        free(recruit);
        free(team);
        return csw_fail(err, -ENOMEM, "no memory for a team of %u threads", workers);
    }
    team->job = job;
    team->placement = placement;
    team->range = range;
    team->recruit = recruit;
    *ret_team = team;
    return 0;
}

static int start_thread(struct csw_team *team, unsigned worker, struct csw_err *err)
{
    struct recruit *recruit = &team->recruit[worker];

    *recruit = (struct recruit){.team = team, .worker = worker};
    mtx_lock(&team->mutex);
    team->busy++;
    mtx_unlock(&team->mutex);
    const int result = thrd_create(&recruit->thread, worker_main, recruit);

    if (result == thrd_success) {
        team->threads = worker;
        return 0;
    }
    return csw_fail(err, result == thrd_nomem ? -ENOMEM : -EAGAIN,
                    "thrd_create failed for worker %u of %u: %s", worker, team->placement->workers,
                    result == thrd_nomem ? "no memory" : "the system allows no more threads");
}

/* The caller is bound last: threads inherit its CPUs until they have bound themselves. */
static int start_team(struct csw_team *team, struct csw_err *err)
{
    for (unsigned w = 1; w < team->placement->workers; w++) {
        const int code = start_thread(team, w, err);

        if (code < 0)
            return code;
    }
    await_all(team);
    for (unsigned w = 1; w <= team->threads; w++) {
        const struct csw_err *told = &team->recruit[w].err;

        if (told->code < 0)
            return csw_fail(err, told->code, "%s", told->text);
    }
    return csw_placement_bind(team->placement, 0, err);
}

static int threads_open(struct csw_team **ret_team, const struct csw_job *job,
                        const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = NULL;
    int code = team_new(&team, job, placement, err);

    if (code < 0)
        return code;
    code = start_team(team, err);
    if (code < 0) {
        threads_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static int threads_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    (void)err;
    begin_run(team, ret_shares);
    csw_work(team->job, 0, team->range, &ret_shares[0]);
    await_all(team);
    return 0;
}

const struct csw_driver csw_driver_threads = {
    .name = "threads",
    .summary = "a pool of C11 threads that sleep on a condition variable between runs",
    .open = threads_open,
    .run = threads_run,
    .close = threads_close,
};
