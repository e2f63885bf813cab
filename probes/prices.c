/*
 * prices - what starting a worker costs, what a round trip to one that waits, and what carrying its
 * results back. Each is a median (see price.h); one that the system or the build does not have is
 * not told.
 */
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/driver.h>
#include <coresweep/probe.h>

#include "carry.h"
#include "price.h"

/* ---- starting ------------------------------------------------------------------------------- */

static void *do_nothing(void *argument)
{
    return argument;
}

static int start_thread(void *context, struct csw_err *err)
{
    pthread_t thread;
    const int failure = pthread_create(&thread, NULL, do_nothing, context);

    if (failure != 0)
        return csw_fail(err, -failure, "pthread_create failed: %s", strerror(failure));
    pthread_join(thread, NULL);
    return 0;
}

static int wait_for(pid_t pid, const char *what, struct csw_err *err)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return csw_fail(err, -errno, "cannot wait for %s: %s", what, strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return csw_fail(err, -ECHILD, "%s ended with status %d", what, status);
    return 0;
}

static int start_fork(void *context, struct csw_err *err)
{
    const pid_t pid = fork();

    (void)context;
    if (pid == 0)
        _exit(0);
    if (pid < 0)
        return csw_fail(err, -errno, "fork failed: %s", strerror(errno));
    return wait_for(pid, "a forked process", err);
}

static int start_program(void *context, struct csw_err *err)
{
    char *arguments[] = {(char *)"true", NULL};
    pid_t pid;
    const int failure = posix_spawnp(&pid, "true", NULL, NULL, arguments, environ);

    (void)context;
    if (failure != 0)
        return csw_fail(err, -failure, "cannot start the program 'true': %s", strerror(failure));
    return wait_for(pid, "the program 'true'", err);
}

static int tell_starts(struct csw_probe_out *out, struct csw_err *err)
{
    static const struct csw_priced starts[] = {
        {.row = "thread", .quantity = "start_ns", .once = start_thread},
        {.row = "process, fork", .quantity = "start_ns", .once = start_fork},
        {.row = "program, posix_spawn", .quantity = "start_ns", .once = start_program},
    };
    int code = 0;

    for (size_t i = 0; code == 0 && i < sizeof starts / sizeof *starts; i++)
        code = csw_price(out, &starts[i], NULL, err);
    return code;
}

/* ---- a round trip --------------------------------------------------------------------------- */

#define WORKERS 2

/* A team of the caller and one worker, and a job that is next to nothing. */
struct pool {
    const struct csw_driver *driver;
    struct csw_topo *topo;
    struct csw_placement placement;
    struct csw_workload workload;
    struct csw_job *job;
    struct csw_team *team;
    struct csw_share shares[WORKERS];
};

static int pool_init(struct pool *pool, struct csw_err *err)
{
    const struct csw_schedule schedule = {.handout = CSW_STATIC};
    int code = csw_topo_open(&pool->topo, NULL, err);

    if (code == 0)
        code = csw_placement_init(&pool->placement, pool->topo, "none", WORKERS, err);
    if (code == 0)
        code = csw_workload_parse(&pool->workload, "2", err);
    if (code == 0)
        code = csw_job_open(&pool->job, csw_kernel_find("count"), &pool->workload, &schedule,
                            WORKERS, err);
    if (code == 0)
        code = pool->driver->open(&pool->team, pool->job, &pool->placement, err);
    return code;
}

static void pool_release(struct pool *pool)
{
    pool->driver->close(pool->team);
    csw_job_close(pool->job);
    csw_workload_release(&pool->workload);
    csw_placement_release(&pool->placement);
    csw_topo_close(pool->topo);
}

static int run_pool(void *context, struct csw_err *err)
{
    struct pool *pool = context;

    return pool->driver->run(pool->team, pool->shares, err);
}

static int check_pool(void *context, struct csw_err *err)
{
    const struct pool *pool = context;
    struct csw_tally total = {0};

    for (unsigned w = 0; w < WORKERS; w++)
        csw_tally_add(&total, &pool->shares[w].tally);
    if (!csw_tally_equal(&total, &pool->job->expect))
        return csw_fail(err, CSW_EWRONG, "a round trip of driver '%s' gave a wrong result",
                        pool->driver->name);
    return 0;
}

static int tell_round_trip(struct csw_probe_out *out, const char *row, const char *driver,
                           struct csw_err *err)
{
    const struct csw_driver_entry *entry = csw_driver_find(driver);
    const struct csw_priced priced = {
        .row = row, .quantity = "round_trip_ns", .once = run_pool, .after = check_pool};

    if (!entry || !entry->driver)
        return 0;
    struct pool pool = {.driver = entry->driver};
    int code = pool_init(&pool, err);

    if (code == 0)
        code = csw_price(out, &priced, &pool, err);
    pool_release(&pool);
    return code;
}

static int prices_run(struct csw_probe_out *out, const struct csw_probe_options *options,
                      struct csw_err *err)
{
    int code = tell_starts(out, err);

    (void)options;
    if (code == 0)
        code = tell_round_trip(out, "pool of threads", "pthread", err);
    if (code == 0)
        code = tell_round_trip(out, "pool of processes", "fork", err);
    if (code == 0)
        code = csw_carry_tell(out, err);
    return code;
}

const struct csw_probe csw_probe_prices = {
    .name = "prices",
    .summary = "what starting a worker costs, a round trip to one, and carrying results back",
    .run = prices_run,
};
