/*
 * pthread_each - threads made and joined in every run: the price of not keeping a pool. The caller
 * is worker 0.
 */
#include <errno.h>
#include <stdlib.h>

#include <coresweep/driver.h>

#include "thread.h"

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_share *shares;    /* of the run under way */
    struct csw_range *range;     /* per worker */
    struct csw_recruit *recruit; /* per worker; the caller's is not used */
};

static void *thread_main(void *argument)
{
    struct csw_recruit *recruit = argument;
    const struct csw_team *team = recruit->team;
    const unsigned worker = recruit->worker;

    if (csw_placement_bind(team->placement, worker, &recruit->err) == 0)
        csw_work(team->job, worker, team->range, &team->shares[worker]);
    return NULL;
}

static void pthread_each_close(struct csw_team *team)
{
    if (!team)
        return;
    csw_placement_unbind(team->placement);
    free(team->range);
    free(team->recruit);
    free(team);
}

static int pthread_each_open(struct csw_team **ret_team, const struct csw_job *job,
                             const struct csw_placement *placement, struct csw_err *err)
{
    const unsigned workers = placement->workers;
    struct csw_team *team = malloc(sizeof *team);
    struct csw_recruit *recruit = calloc(workers, sizeof *recruit);
    struct csw_range *range = aligned_alloc(CSW_CACHE_LINE, workers * sizeof *range);
    int code = 0;

    if (!team || !recruit || !range)
        code = csw_fail(err, -ENOMEM, "no memory for a team of %u threads", workers);
    else
        code = csw_placement_bind(placement, 0, err);
    if (code < 0) {
        free(range);
        free(recruit);
        free(team);
        return code;
    }
    *team =
        (struct csw_team){.job = job, .placement = placement, .range = range, .recruit = recruit};
    *ret_team = team;
    return 0;
}

/* Joins the workers from 1 to `last`; the first that could not be bound becomes the run's error. */
static int join(const struct csw_team *team, unsigned last, struct csw_err *err)
{
    int code = 0;

    for (unsigned w = 1; w <= last; w++) {
        const struct csw_err *told = &team->recruit[w].err;

        pthread_join(team->recruit[w].thread, NULL);
        if (told->code < 0 && code == 0)
            code = csw_fail(err, told->code, "%s", told->text);
    }
    return code;
}

static int pthread_each_run(struct csw_team *team, struct csw_share *ret_shares,
                            struct csw_err *err)
{
    team->shares = ret_shares;
    csw_deal(team->job, team->range);
    for (unsigned w = 1; w < team->placement->workers; w++) {
        struct csw_recruit *recruit = &team->recruit[w];

        *recruit = (struct csw_recruit){.team = team, .worker = w};
        const int code = csw_thread_start(recruit, team->placement, thread_main, err);

        if (code < 0) {
            join(team, w - 1, NULL);
            return code;
        }
    }
    csw_work(team->job, 0, team->range, &ret_shares[0]);
    return join(team, team->placement->workers - 1, err);
}

const struct csw_driver csw_driver_pthread_each = {
    .name = "pthread-each",
    .summary = "POSIX threads made and joined in every run: the price of no pool",
    .open = pthread_each_open,
    .run = pthread_each_run,
    .close = pthread_each_close,
};
