/*
 * fork - a persistent pool of forked processes; the caller is worker 0. They meet as threads do
 * (pool.h), in one arena of shared anonymous memory; job and placement are inherited by the fork.
 *
 * A child that dies ends the run at once, whatever the caller is doing: SIGCHLD interrupts it, and
 * where it computes, it leaves its kernel by a long jump, which is why a kernel must hold nothing
 * (kernel.h). No lock exists that the child could have held. Children die with the thread that
 * forked them. The handler goes with the last team, and passes on what is not its own.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/driver.h>

#include "child.h"
#include "pool.h"

/* While the caller sleeps it looks at its children so often, should SIGCHLD not have reached it. */
#define WATCH_NS UINT64_C(10000000)

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_pool *pool;
    struct csw_children children;
    sigjmp_buf escape; /* out of a run that lost a child */
    pthread_t caller;  /* thread of the run under way */
    sig_atomic_t seen; /* deaths, when the children were last looked at */
    bool watched;      /* the team counts among the users of the handler */
    bool broken;       /* a worker has died: the others are not asked to end, but killed */
};

/* ---- SIGCHLD -------------------------------------------------------------------------------- */

static volatile sig_atomic_t deaths;      /* SIGCHLDs so far */
static struct csw_team *volatile running; /* the team whose run the handler may end */
static struct sigaction before;           /* what SIGCHLD did before the first team */
static sigset_t mask_before;
static unsigned watchers;

static void pass_on(int number, siginfo_t *info, void *context)
{
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(number, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
}

static void on_child(int number, siginfo_t *info, void *context)
{
    const int saved = errno;
    struct csw_team *team = running;

    deaths = deaths + 1;
    if (team && !pthread_equal(team->caller, pthread_self()))
        pthread_kill(team->caller, number);
    else if (team && csw_children_find_dead(&team->children, NULL) >= 0) {
        running = NULL;
        siglongjmp(team->escape, 1);
    } else
        pass_on(number, info, context);
    errno = saved;
}

/* SA_NODEFER: the handler is left by a long jump, which would leave the signal blocked. */
static int watch(struct csw_team *team, struct csw_err *err)
{
    const struct sigaction action = {.sa_sigaction = on_child,
                                     .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (watchers == 0 && (sigaction(SIGCHLD, &action, &before) != 0 ||
                          sigprocmask(SIG_UNBLOCK, &child, &mask_before) != 0))
        return csw_fail(err, -errno, "cannot watch for SIGCHLD: %s", strerror(errno));
    watchers++;
    team->watched = true;
    return 0;
}

static void unwatch(struct csw_team *team)
{
    if (!team->watched || --watchers > 0)
        return;
    sigprocmask(SIG_SETMASK, &mask_before, NULL);
    sigaction(SIGCHLD, &before, NULL);
}

/* ---- workers -------------------------------------------------------------------------------- */

static void work(void *context, unsigned worker, struct csw_share *share)
{
    const struct csw_team *team = context;

    csw_work(team->job, worker, team->pool->range, share);
}

static void child_main(void *context, unsigned worker)
{
    struct csw_team *team = context;

    running = NULL;
    csw_pool_serve(team->pool, worker, work, team);
}

/* ---- the team ------------------------------------------------------------------------------- */

static void fork_close(struct csw_team *team)
{
    if (!team)
        return;
    if (!team->broken)
        csw_pool_stop(team->pool);
    csw_children_end(&team->children, team->broken);
    csw_placement_unbind(team->placement);
    unwatch(team);
    csw_pool_unmap(team->pool);
    free(team);
}

static int team_new(struct csw_team **ret_team, const struct csw_job *job,
                    const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = calloc(1, sizeof *team);

    if (!team)
        return csw_fail(err, -ENOMEM, "no memory for a team of %u processes", placement->workers);
    team->job = job;
    team->placement = placement;
    const unsigned late = job->schedule.handout == CSW_LATE ? CSW_POOL_LATE : 0;
    int code = csw_pool_map(&team->pool, placement, CSW_POOL_PROCESSES | late, err);

    if (code == 0)
        code = csw_children_init(&team->children, placement, "fork", err);
    if (code < 0) {
        csw_pool_unmap(team->pool);
        free(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static int await_ready(struct csw_team *team, struct csw_err *err)
{
    int code = 0;

    while (code == 0 && !csw_pool_await_ready(team->pool, team->children.count, WATCH_NS))
        code = csw_children_check(&team->children, err);
    return code;
}

/* Forks the workers before the caller is bound, or each would begin its life on worker 0's CPU. */
static int start_workers(struct csw_team *team, struct csw_err *err)
{
    int code = watch(team, err);

    for (unsigned w = 1; code == 0 && w < team->placement->workers; w++)
        code = csw_children_fork(&team->children, w, child_main, team, err);
    if (code == 0)
        code = await_ready(team, err);
    if (code == 0)
        code = csw_placement_bind(team->placement, 0, err);
    return code;
}

static int fork_open(struct csw_team **ret_team, const struct csw_job *job,
                     const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = NULL;
    int code = team_new(&team, job, placement, err);

    if (code < 0)
        return code;
    code = start_workers(team, err);
    if (code < 0) {
        team->broken = true;
        fork_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

/* ---- a run ---------------------------------------------------------------------------------- */

static int join_run(struct csw_team *team, struct csw_err *err)
{
    struct csw_pool *pool = team->pool;

    csw_pool_close_entry(pool);
    bool done = csw_pool_spin(pool);
    int code = 0;

    while (!done && code == 0) {
        done = csw_pool_sleep(pool, WATCH_NS);
        code = done ? 0 : csw_children_check(&team->children, err);
    }
    return code;
}

/* Between two runs a death only counts; it is looked into here. */
static int check_deaths(struct csw_team *team, struct csw_err *err)
{
    if (team->seen == deaths)
        return 0;
    team->seen = deaths;
    return csw_children_check(&team->children, err);
}

static int run_as_caller(struct csw_team *team, struct csw_share *own, struct csw_err *err)
{
    struct csw_pool *pool = team->pool;
    int code = check_deaths(team, err);

    if (code < 0)
        return code;
    csw_deal(team->job, pool->range);
    csw_pool_release(pool, team->job->units - 1);
    csw_work(team->job, 0, pool->range, own);
    return join_run(team, err);
}

/* On failure the shares are of those workers that were done. */
static int fork_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    int code;

    if (team->children.count == 0) {
        csw_deal(team->job, team->pool->range);
        csw_work(team->job, 0, team->pool->range, ret_shares);
        return 0;
    }
    if (sigsetjmp(team->escape, 0) == 0) {
        team->caller = pthread_self();
        running = team;
        code = run_as_caller(team, &ret_shares[0], err);
        running = NULL;
    } else {
        code = csw_children_check(&team->children, err);
        ret_shares[0] = (struct csw_share){.cpu = -1};
    }
    csw_pool_collect(team->pool, ret_shares);
    team->broken = code < 0;
    return code;
}

const struct csw_driver csw_driver_fork = {
    .name = "fork",
    .summary = "a persistent pool of forked processes that share one arena; the caller is worker 0",
    .flags = CSW_JOINS_LATE,
    .open = fork_open,
    .run = fork_run,
    .close = fork_close,
};
