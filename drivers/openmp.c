/*
 * openmp - the OpenMP runtime's own team and its own scheduler, since that is what people compare:
 * the units of the job are the iterations of a work-sharing loop. The caller is worker 0.
 *
 * The team is made before the caller is bound, because the runtime's threads inherit the caller's
 * CPUs. Close asks the runtime to give its threads up, so that a later fork in the same process
 * does not meet them parked; libgomp does, libomp keeps them and copes with the fork (its hard
 * pause, which would end them, breaks the next region).
 */
#include <errno.h>
#include <omp.h>
#include <stdlib.h>

#include <coresweep/driver.h>

#define TEXT(x) #x
#define VALUE_TEXT(x) TEXT(x)

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
};

/* `schedule(runtime)` reads this: one unit is one iteration, so the chunk is always 1. */
static void choose_schedule(enum csw_handout handout)
{
    switch (handout) {
    case CSW_STATIC:
        omp_set_schedule(omp_sched_static, 1);
        break;
    case CSW_GUIDED:
        omp_set_schedule(omp_sched_guided, 1);
        break;
    case CSW_WHOLE:
    case CSW_DYNAMIC:
    case CSW_LATE: /* refused by csw_driver_check */
        omp_set_schedule(omp_sched_dynamic, 1);
        break;
    }
}

static int bind_team(const struct csw_placement *placement, struct csw_err *err)
{
    const int workers = (int)placement->workers;
    int got = 0, code = 0;

    omp_set_dynamic(0);
#pragma omp parallel num_threads(workers)
    {
        struct csw_err own = {0};
        const int bound = csw_placement_bind(placement, (unsigned)omp_get_thread_num(), &own);

#pragma omp critical
        {
            got++;
            if (bound < 0 && code == 0)
                code = csw_fail(err, bound, "%s", own.text);
        }
    }
    if (got != workers)
        return csw_fail(err, -EAGAIN,
                        "OpenMP gave %d of %d workers; is OMP_THREAD_LIMIT set to less?", got,
                        workers);
    return code;
}

static void openmp_close(struct csw_team *team)
{
    if (!team)
        return;
    csw_placement_unbind(team->placement);
    omp_pause_resource_all(omp_pause_soft);
    free(team);
}

static int openmp_open(struct csw_team **ret_team, const struct csw_job *job,
                       const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = malloc(sizeof *team);

    if (!team)
        return csw_fail(err, -ENOMEM, "no memory for the OpenMP team");
    *team = (struct csw_team){.job = job, .placement = placement};
    const int code = bind_team(placement, err);

    if (code < 0) {
        openmp_close(team);
        return code;
    }
    choose_schedule(job->schedule.handout);
    *ret_team = team;
    return 0;
}

static int openmp_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    const struct csw_job *job = team->job;
    const int workers = (int)team->placement->workers;
    int got = 0;

#pragma omp parallel num_threads(workers)
    {
        struct csw_share *share = &ret_shares[omp_get_thread_num()];

        csw_share_begin(job, share);
#pragma omp for schedule(runtime) nowait
        for (uint64_t unit = 0; unit < job->units; unit++)
            csw_chunk(job, unit, unit + 1, share);
        csw_share_end(job, share);
#pragma omp master
        got = omp_get_num_threads();
    }
    if (got != workers)
        return csw_fail(err, -EAGAIN, "OpenMP ran the job on %d of %d workers", got, workers);
    return 0;
}

const struct csw_driver csw_driver_openmp = {
    .name = "openmp",
    .summary = "OpenMP's team and its loop schedules; the caller is worker 0",
    .library = "OpenMP " VALUE_TEXT(_OPENMP),
    .open = openmp_open,
    .run = openmp_run,
    .close = openmp_close,
};
