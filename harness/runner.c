/* runner.c - see runner.h */
#include "runner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int csw_runner_init(struct csw_runner *ret_runner, const struct csw_setup *setup,
                    csw_job_opener *open_job, struct csw_err *err)
{
    const unsigned workers = setup->placement->workers;
    struct csw_share *shares;

    *ret_runner = (struct csw_runner){.setup = setup};
    const int code = csw_driver_check(setup->driver, setup->kernel, &setup->schedule, workers, err);

    if (code < 0)
        return code;
    shares = aligned_alloc(CSW_CACHE_LINE, workers * sizeof *shares);
    if (!shares)
        return csw_fail(err, -ENOMEM, "no memory for %u shares", workers);
    memset(shares, 0, workers * sizeof *shares);
    ret_runner->shares = shares;
    csw_memory_use(&setup->memory);
    const int opened =
        open_job(&ret_runner->job, setup->kernel, setup->workload, &setup->schedule, workers, err);

    if (opened == 0)
        ret_runner->job->settings = setup->settings;
    return opened;
}

void csw_runner_release(struct csw_runner *runner)
{
    if (!runner)
        return;
    csw_runner_close_team(runner);
    csw_job_close(runner->job);
    csw_memory_use(NULL);
    free(runner->shares);
    *runner = (struct csw_runner){0};
}

int csw_runner_open_team(struct csw_runner *runner, struct csw_err *err)
{
    return runner->setup->driver->open(&runner->team, runner->job, runner->setup->placement, err);
}

void csw_runner_close_team(struct csw_runner *runner)
{
    if (runner->team)
        runner->setup->driver->close(runner->team);
    runner->team = NULL;
}

int csw_runner_run(const struct csw_runner *runner, struct csw_tally *sum, struct csw_err *err)
{
    const int code = runner->setup->driver->run(runner->team, runner->shares, err);

    for (unsigned w = 0; code == 0 && w < runner->job->workers; w++)
        csw_tally_add(sum, &runner->shares[w].tally);
    return code;
}

int csw_runner_check(const struct csw_runner *runner, const struct csw_tally *got,
                     struct csw_err *err)
{
    const struct csw_tally *expect = &runner->job->expect;

    if (csw_tally_equal(got, expect))
        return 0;
    return csw_fail(err, CSW_EWRONG,
                    "wrong result: kernel '%s' under driver '%s' with %u workers gave %" PRIu64
                    " hits of %" PRIu64 " items (work %" PRIu64 ", digest %" PRIu64
                    ") instead of %" PRIu64 " of %" PRIu64 " (%" PRIu64 ", %" PRIu64
                    "); nothing was recorded",
                    runner->setup->kernel->name, runner->setup->driver->name, runner->job->workers,
                    got->hits, got->items, got->work, got->digest, expect->hits, expect->items,
                    expect->work, expect->digest);
}

/*
 * What the filling run tallies is no closed form of the whole job: without this check, a driver
 * that always forgets the same unit would agree with itself.
 */
static int check_filled(const struct csw_runner *runner, struct csw_err *err)
{
    const struct csw_job *job = runner->job;
    uint64_t items = 0;

    for (size_t i = 0; i < job->tasks; i++)
        items += job->parts[i].n;
    if (job->expect.items == items)
        return 0;
    return csw_fail(err, CSW_EWRONG,
                    "wrong result: kernel '%s' under driver '%s' with %u workers filled %" PRIu64
                    " items instead of %" PRIu64 "; nothing was recorded",
                    runner->setup->kernel->name, runner->setup->driver->name, job->workers,
                    job->expect.items, items);
}

int csw_runner_fill(const struct csw_runner *runner, struct csw_err *err)
{
    struct csw_job *job = runner->job;

    if (!job->kernel->fill)
        return 0;
    job->stamped = false;
    job->filling = true;
    const int code = csw_runner_run(runner, &job->expect, err);

    job->filling = false;
    return code < 0 ? code : check_filled(runner, err);
}
