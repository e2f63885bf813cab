/*
 * fork_each - processes forked and waited for in every run, as a program does that starts one for
 * each piece of work: the price of not keeping a pool. The caller is worker 0.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <coresweep/driver.h>

#include "child.h"

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_share *shares; /* per worker, in memory that children share */
    struct csw_range *range;  /* per worker, likewise */
    size_t bytes;             /* of both */
};

static void work(void *context, unsigned worker)
{
    const struct csw_team *team = context;

    csw_work(team->job, worker, team->range, &team->shares[worker]);
}

static void fork_each_close(struct csw_team *team)
{
    if (!team)
        return;
    csw_placement_unbind(team->placement);
    munmap(team->shares, team->bytes);
    free(team);
}

static int fork_each_open(struct csw_team **ret_team, const struct csw_job *job,
                          const struct csw_placement *placement, struct csw_err *err)
{
    const unsigned workers = placement->workers;
    const size_t bytes =
        workers * (sizeof(struct csw_share) + sizeof(struct csw_range)) + sizeof(_Atomic unsigned);
    struct csw_team *team = malloc(sizeof *team);
    void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int code = 0;

    if (!team || shared == MAP_FAILED)
        code = csw_fail(err, -ENOMEM, "no memory for a team of %u processes", workers);
    else
        code = csw_placement_bind(placement, 0, err);
    if (code < 0) {
        if (shared != MAP_FAILED)
            munmap(shared, bytes);
        free(team);
        return code;
    }
    *team = (struct csw_team){.job = job, .placement = placement, .shares = shared, .bytes = bytes};
    team->range = (struct csw_range *)(team->shares + workers);
    *ret_team = team;
    return 0;
}

static int run_with(struct csw_team *team, struct csw_children *children, struct csw_err *err)
{
    for (unsigned w = 1; w < team->placement->workers; w++) {
        const int code = csw_children_fork(children, w, work, team, err);

        if (code < 0)
            return code;
    }
    csw_work(team->job, 0, team->range, &team->shares[0]);
    return csw_children_join(children, err);
}

/* Where the host ignores SIGCHLD, a child that ends leaves nothing to be waited for. */
static void heed_children(struct sigaction *ret_before)
{
    sigaction(SIGCHLD, NULL, ret_before);
    struct sigaction action = *ret_before;

    if (!(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN)
        action.sa_handler = SIG_DFL;
    action.sa_flags &= ~SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
}

static int fork_each_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    struct csw_children children;
    struct sigaction before;
    int code = csw_children_init(&children, team->placement, "fork-each", err);

    if (code < 0)
        return code;
    csw_deal(team->job, team->range);
    heed_children(&before);
    code = run_with(team, &children, err);
    csw_children_end(&children, code < 0);
    sigaction(SIGCHLD, &before, NULL);
    for (unsigned w = 0; code == 0 && w < team->placement->workers; w++)
        ret_shares[w] = team->shares[w];
    return code;
}

const struct csw_driver csw_driver_fork_each = {
    .name = "fork-each",
    .summary = "processes forked and waited for in every run: the price of no pool",
    .open = fork_each_open,
    .run = fork_each_run,
    .close = fork_each_close,
};
