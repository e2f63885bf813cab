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
#include <sched.h>
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
    unsigned seen;     /* deaths, when the children were last looked at */
    bool watched;      /* the team counts among the users of the handler */
    bool broken;       /* a worker has died: the others are not asked to end, but killed */
    volatile sig_atomic_t own_done; /* the caller's part of the run under way */
};

/* ---- SIGCHLD -------------------------------------------------------------------------------- */

static _Atomic unsigned deaths;          /* SIGCHLDs so far, of all threads */
static struct csw_team *_Atomic running; /* the team whose run the handler may end */
static _Atomic pthread_t runner;         /* the thread that runs it */
static _Atomic unsigned onlookers;       /* handlers of other threads that look at it */
static struct sigaction before;          /* what SIGCHLD did before the first team */
static bool was_blocked;                 /* and whether the thread that opened it blocked it */
static unsigned watchers;

static void pass_on(int number, siginfo_t *info, void *context)
{
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(number, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(number);
}

/* Release: whoever sees the team sees its runner. Nothing of the run may move before it. */
static void set_running(struct csw_team *team)
{
    atomic_store_explicit(&running, team, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
}

/* In the thread of the run. */
static void leave_run_if_lost(void)
{
    struct csw_team *team = atomic_load_explicit(&running, memory_order_relaxed);

    if (team && csw_children_find_dead(&team->children, NULL) >= 0) {
        set_running(NULL);
        siglongjmp(team->escape, 1);
    }
}

/* In another thread, whose run it is not to leave. True if the signal is for the one that runs. */
static bool tell_runner_if_lost(int number)
{
    atomic_fetch_add(&onlookers, 1);
    const struct csw_team *team = atomic_load(&running);
    const bool lost = team && csw_children_find_dead(&team->children, NULL) >= 0;

    if (lost)
        pthread_kill(atomic_load(&runner), number);
    atomic_fetch_sub(&onlookers, 1);
    return lost;
}

/* A team is freed when no handler looks at it. Written, not read: who comes later sees no team. */
static void await_onlookers(void)
{
    while (atomic_fetch_add(&onlookers, 0) > 0)
        sched_yield();
}

static void on_child(int number, siginfo_t *info, void *context)
{
    const int saved = errno;
    bool told = false;

    atomic_fetch_add(&deaths, 1);
    if (pthread_equal(atomic_load(&runner), pthread_self()))
        leave_run_if_lost();
    else
        told = tell_runner_if_lost(number);
    if (!told)
        pass_on(number, info, context);
    errno = saved;
}

/* SIG_BLOCK or SIG_UNBLOCK. Returns whether it was blocked before. */
static bool block_sigchld(int how)
{
    sigset_t child, mask_before;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(how, &child, &mask_before);
    return sigismember(&mask_before, SIGCHLD) == 1;
}

/* SA_NODEFER: the handler is left by a long jump, which would leave the signal blocked. */
static int watch(struct csw_team *team, struct csw_err *err)
{
    const struct sigaction action = {.sa_sigaction = on_child,
                                     .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};

    if (watchers == 0) {
        if (sigaction(SIGCHLD, &action, &before) != 0)
            return csw_fail(err, -errno, "cannot watch for SIGCHLD: %s", strerror(errno));
        was_blocked = block_sigchld(SIG_UNBLOCK);
    }
    watchers++;
    team->watched = true;
    return 0;
}

/* What the host has changed since is left as it is. */
static void unwatch(struct csw_team *team)
{
    struct sigaction now;

    if (!team->watched || --watchers > 0)
        return;
    if (was_blocked)
        block_sigchld(SIG_BLOCK);
    if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_sigaction == on_child)
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

    csw_pool_serve(team->pool, worker, work, team);
}

/* ---- the team ------------------------------------------------------------------------------- */

static void fork_close(struct csw_team *team)
{
    if (!team)
        return;
    await_onlookers();
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
    const unsigned now = atomic_load_explicit(&deaths, memory_order_relaxed);

    if (team->seen == now)
        return 0;
    team->seen = now;
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
    team->own_done = true;
    return join_run(team, err);
}

static uint64_t epoch_of(const struct csw_pool *pool)
{
    return atomic_load_explicit(&pool->epoch, memory_order_relaxed);
}

/* The shares of those who were done; before the run began, nobody was. */
static void collect_rest(const struct csw_team *team, bool began, struct csw_share *ret_shares)
{
    if (!team->own_done)
        ret_shares[0] = (struct csw_share){.cpu = -1};
    if (began)
        csw_pool_collect(team->pool, ret_shares);
    for (unsigned w = 1; !began && w < team->placement->workers; w++)
        ret_shares[w] = (struct csw_share){.cpu = -1};
}

/* On failure the shares are of those workers that were done. */
static int fork_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    const uint64_t epoch_before = epoch_of(team->pool);
    int code;

    if (team->children.count == 0) {
        csw_deal(team->job, team->pool->range);
        csw_work(team->job, 0, team->pool->range, ret_shares);
        return 0;
    }
    team->own_done = false;
    if (sigsetjmp(team->escape, 0) == 0) {
        atomic_store_explicit(&runner, pthread_self(), memory_order_relaxed);
        set_running(team);
        code = run_as_caller(team, &ret_shares[0], err);
        set_running(NULL);
    } else
        code = csw_children_check(&team->children, err);
    if (code == 0)
        csw_pool_collect(team->pool, ret_shares);
    else
        collect_rest(team, epoch_of(team->pool) != epoch_before, ret_shares);
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
