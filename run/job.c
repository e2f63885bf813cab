/* job.c - a whole job by a driver: see coresweep/run.h */
#include <coresweep/run.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>
#include <coresweep/lists.h>
#include <coresweep/measure.h>
#include <coresweep/place.h>

#include "harness/machine.h"
#include "harness/names.h"
#include "harness/runner.h"
#include "harness/settings.h"
#include "registry.h"

/* ---- one at a time -------------------------------------------------------------------------- */

/* The memory policy, the mappings of data and the handler of SIGCHLD are the process's. */
static pthread_mutex_t one_job = PTHREAD_MUTEX_INITIALIZER;

/* A process that was forked while a thread ran a job has neither the thread nor the job. */
static void forget_job(void)
{
    pthread_mutex_init(&one_job, NULL);
}

__attribute__((constructor)) static void forget_jobs_in_children(void)
{
    pthread_atfork(NULL, NULL, forget_job);
}

/* ---- from a request to a setup -------------------------------------------------------------- */

/* What the setup points into. */
struct point {
    struct csw_setup setup;
    struct csw_workload workload;
    struct csw_topo *topo;
    struct csw_placement placement;
    char *settings; /* of the driver: its defaults */
};

static int copy_tasks(struct csw_workload *workload, const struct csw_run_request *request,
                      struct csw_err *err)
{
    if (request->count == 0)
        return csw_fail(err, -EINVAL, "there are no tasks; a job has at least one");
    workload->tasks = calloc(request->count, sizeof *workload->tasks);
    if (!workload->tasks)
        return csw_fail(err, -ENOMEM, "no memory for %zu tasks", request->count);
    workload->count = request->count;
    for (size_t i = 0; i < request->count; i++)
        workload->tasks[i].n = request->tasks[i];
    return 0;
}

static int choose_driver(struct point *point, const char *name, struct csw_err *err)
{
    const struct csw_driver **driver = &point->setup.driver;
    const int code = csw_driver_require(driver, name, err);

    if (code < 0)
        return code;
    const char *missing = csw_run_driver_missing(csw_driver_find(name));

    if (missing)
        return csw_fail(err, -ENOTSUP, "driver '%s' cannot be called: %s", name, missing);
    return csw_settings_choose(&point->settings, *driver, "", err);
}

static int choose_work(struct point *point, const struct csw_run_request *request,
                       struct csw_err *err)
{
    struct csw_setup *setup = &point->setup;
    int code = csw_kernel_require(&setup->kernel, request->kernel, err);

    if (code == 0)
        code = choose_driver(point, request->driver ? request->driver : "serial", err);
    if (code == 0)
        code = copy_tasks(&point->workload, request, err);
    if (code == 0)
        setup->schedule = csw_schedule_default(setup->kernel);
    if (code == 0 && request->schedule)
        code = csw_schedule_parse(&setup->schedule, request->schedule, err);
    return code;
}

/* A runtime that binds its threads itself leaves nothing to bind. */
static int check_pin(const char *pin, struct csw_err *err)
{
    const char *variable = csw_foreign_binding();

    if (!variable || strcmp(pin, "none") == 0)
        return 0;
    return csw_fail(err, -EINVAL,
                    "%s is set, so that the OpenMP runtime binds threads itself, and pin '%.40s' "
                    "cannot bind them, too; leave one of the two away",
                    variable, pin);
}

/* Nobody is there to be warned: a binding that was asked for and cannot be is an error. */
static int probe_binding(struct csw_placement *placement, struct csw_err *err)
{
    const int code = csw_placement_probe(placement, err);

    if (code == 0 && *placement->cannot)
        return csw_fail(err, -ENOTSUP, "workers cannot be bound: %s", placement->cannot);
    return code;
}

static unsigned default_workers(const struct point *point)
{
    return point->setup.driver->flags & CSW_ONE_WORKER ? 1 : csw_topo_workers(point->topo);
}

static int place_workers(struct point *point, const struct csw_run_request *request,
                         struct csw_err *err)
{
    const char *pin = request->pin ? request->pin : "none";
    int code = check_pin(pin, err);

    if (code == 0)
        code = csw_topo_open(&point->topo, NULL, err);
    if (code < 0)
        return code;
    const unsigned workers = request->workers > 0 ? request->workers : default_workers(point);

    if (workers > CSW_MAX_WORKERS)
        return csw_fail(err, -EINVAL, "%u workers are more than the %u that a team can have",
                        workers, CSW_MAX_WORKERS);
    code = csw_placement_init(&point->placement, point->topo, pin, workers, err);
    if (code == 0 && (point->setup.driver->flags & CSW_ONE_THREAD))
        csw_placement_gather(&point->placement);
    return code == 0 ? probe_binding(&point->placement, err) : code;
}

static int point_init(struct point *point, const struct csw_run_request *request,
                      struct csw_err *err)
{
    *point = (struct point){0};
    point->setup.workload = &point->workload;
    point->setup.placement = &point->placement;
    const int code = choose_work(point, request, err);

    point->setup.settings = point->settings;
    return code == 0 ? place_workers(point, request, err) : code;
}

static void point_release(struct point *point)
{
    csw_placement_release(&point->placement);
    csw_topo_close(point->topo);
    csw_workload_release(&point->workload);
    free(point->settings);
}

/* Calls `work` with the request's setup, alone in this process. Returns what it did. */
static int run_alone(const struct csw_run_request *request,
                     int (*work)(const struct csw_setup *, void *ret_result, struct csw_err *),
                     void *ret_result, struct csw_err *err)
{
    struct point point;

    pthread_mutex_lock(&one_job);
    int code = point_init(&point, request, err);

    if (code == 0)
        code = work(&point.setup, ret_result, err);
    point_release(&point);
    pthread_mutex_unlock(&one_job);
    return code;
}

/* ---- the job -------------------------------------------------------------------------------- */

static int run_checked(const struct csw_runner *runner, struct csw_tally *ret_tally,
                       struct csw_err *err)
{
    struct csw_tally sum = {0};
    int code = csw_runner_fill(runner, err);

    runner->job->stamped = false;
    if (code == 0)
        code = csw_runner_run(runner, &sum, err);
    if (code == 0)
        code = csw_runner_check(runner, &sum, err);
    if (code == 0)
        *ret_tally = sum;
    return code;
}

static int run_once(const struct csw_setup *setup, void *ret_tally, struct csw_err *err)
{
    struct csw_runner runner;
    int code = csw_runner_init(&runner, setup, csw_job_open, err);

    if (code == 0)
        code = csw_runner_open_team(&runner, err);
    if (code == 0)
        code = run_checked(&runner, ret_tally, err);
    csw_runner_release(&runner);
    return code;
}

int csw_run_job(const struct csw_run_request *request, struct csw_tally *ret_tally,
                struct csw_err *err)
{
    return run_alone(request, run_once, ret_tally, err);
}

/* ---- its lists ------------------------------------------------------------------------------ */

struct csw_run_lists {
    struct csw_lists lists;
};

static int list_once(const struct csw_setup *setup, void *ret_lists, struct csw_err *err)
{
    return csw_lists_init(ret_lists, setup, err);
}

int csw_run_lists_open(struct csw_run_lists **ret_lists, const struct csw_run_request *request,
                       struct csw_err *err)
{
    struct csw_run_lists *lists = calloc(1, sizeof *lists);

    if (!lists)
        return csw_fail(err, -ENOMEM, "no memory for lists");
    const int code = run_alone(request, list_once, &lists->lists, err);

    if (code < 0)
        free(lists);
    else
        *ret_lists = lists;
    return code;
}

const uint64_t *csw_run_lists_hits(const struct csw_run_lists *lists, size_t task,
                                   uint64_t *ret_count)
{
    *ret_count = lists->lists.count[task];
    return lists->lists.hits + lists->lists.start[task];
}

void csw_run_lists_close(struct csw_run_lists *lists)
{
    if (lists)
        csw_lists_release(&lists->lists);
    free(lists);
}
