/* crew.c - see crew.h */
#include "crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int find_driver(struct bench_crew *crew, const char *name, struct csw_err *err)
{
    const struct csw_driver_entry *entry = csw_driver_find(name);

    if (!entry || !entry->driver)
        return csw_fail(err, -ENOTSUP, "this build has no driver '%s'", name);
    crew->driver = entry->driver;
    return 0;
}

static int place(struct bench_crew *crew, const struct bench_crew_setup *setup, struct csw_err *err)
{
    int code = csw_topo_open(&crew->topo, NULL, err);

    if (code == 0)
        code = csw_placement_init(&crew->placement, crew->topo, setup->pin, setup->workers, err);
    return code == 0 ? csw_placement_probe(&crew->placement, err) : code;
}

static int open_job(struct bench_crew *crew, const struct bench_crew_setup *setup,
                    struct csw_err *err)
{
    struct csw_schedule schedule;
    int code = csw_schedule_parse(&schedule, setup->schedule, err);

    if (code == 0)
        code = csw_workload_parse(&crew->workload, setup->tasks, err);
    if (code == 0)
        code = csw_job_open(&crew->job, setup->kernel, &crew->workload, &schedule, setup->workers,
                            err);
    if (code == 0)
        crew->job->stamped = false;
    return code;
}

static int open_shares(struct bench_crew *crew, unsigned workers, struct csw_err *err)
{
    const size_t bytes = workers * sizeof *crew->shares;

    crew->shares = aligned_alloc(_Alignof(struct csw_share), bytes);
    if (!crew->shares)
        return csw_fail(err, -ENOMEM, "no memory for the shares of %u workers", workers);
    memset(crew->shares, 0, bytes);
    return 0;
}

int bench_crew_open(struct bench_crew *ret_crew, const struct bench_crew_setup *setup,
                    struct csw_err *err)
{
    struct bench_crew *crew = ret_crew;

    *crew = (struct bench_crew){0};
    int code = find_driver(crew, setup->driver, err);

    if (code == 0)
        code = place(crew, setup, err);
    if (code == 0)
        code = open_job(crew, setup, err);
    if (code == 0)
        code = open_shares(crew, setup->workers, err);
    if (code == 0)
        code = crew->driver->open(&crew->team, crew->job, &crew->placement, err);
    if (code < 0)
        bench_crew_close(crew);
    return code;
}

int bench_crew_run(struct bench_crew *crew, struct csw_err *err)
{
    struct csw_tally sum = {0};
    const int code = bench_crew_run_bare(crew, err);

    for (unsigned w = 0; code == 0 && w < crew->job->workers; w++)
        csw_tally_add(&sum, &crew->shares[w].tally);
    if (code == 0 && !csw_tally_equal(&sum, &crew->job->expect))
        return csw_fail(err, CSW_EWRONG, "driver '%s' gave a wrong result", crew->driver->name);
    return code;
}

void bench_crew_close(struct bench_crew *crew)
{
    if (crew->driver)
        crew->driver->close(crew->team);
    free(crew->shares);
    csw_job_close(crew->job);
    csw_workload_release(&crew->workload);
    csw_placement_release(&crew->placement);
    csw_topo_close(crew->topo);
    *crew = (struct bench_crew){0};
}
