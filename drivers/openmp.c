/*
 * openmp - the OpenMP runtime's own team and its own scheduler, since that is what people compare:
 * the units of the job are the iterations of a work-sharing loop. The caller is worker 0.
 *
 * The team is made before the caller is bound, because the runtime's threads inherit the caller's
 * CPUs. Close asks the runtime to give its threads up, so that a later fork in the same process
 * does not meet them parked; libgomp does, libomp keeps them and copes with the fork (its hard
 * pause, which would end them, breaks the next region).
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include <coresweep/driver.h>

#include "library.h"

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
};

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
    int code = csw_library_rehearse(placement->workers, err);

    if (code == 0)
        code = bind_team(placement, err);
    if (code < 0) {
        openmp_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

/* ---- a run: schedules that are known when this is compiled spare libgomp its own switch ------ */

static void loop_static(const struct csw_job *job, struct csw_share *share)
{
    const long units = (long)job->units;

#pragma omp for schedule(static, 1) nowait
    for (long unit = 0; unit < units; unit++)
        csw_chunk(job, (uint64_t)unit, (uint64_t)unit + 1, share);
}

static void loop_dynamic(const struct csw_job *job, struct csw_share *share)
{
    const long units = (long)job->units;

#pragma omp for schedule(dynamic, 1) nowait
    for (long unit = 0; unit < units; unit++)
        csw_chunk(job, (uint64_t)unit, (uint64_t)unit + 1, share);
}

static void loop_guided(const struct csw_job *job, struct csw_share *share)
{
    const long units = (long)job->units;

#pragma omp for schedule(guided, 1) nowait
    for (long unit = 0; unit < units; unit++)
        csw_chunk(job, (uint64_t)unit, (uint64_t)unit + 1, share);
}

static void loop(const struct csw_job *job, struct csw_share *share)
{
    switch (job->schedule.handout) {
    case CSW_STATIC:
        loop_static(job, share);
        break;
    case CSW_GUIDED:
        loop_guided(job, share);
        break;
    case CSW_WHOLE:
    case CSW_DYNAMIC:
    case CSW_LATE: /* refused by csw_driver_check */
        loop_dynamic(job, share);
        break;
    }
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
        loop(job, share);
        csw_share_end(job, share);
#pragma omp master
        got = omp_get_num_threads();
    }
    if (got != workers)
        return csw_fail(err, -EAGAIN, "OpenMP ran the job on %d of %d workers", got, workers);
    return 0;
}

/* ---- the runtime that this process got, which need not be the compiler's --------------------- */

/* What only LLVM's runtime, libomp, has; NULL in others. In ms. */
static int (*blocktime(void))(void)
{
    int (*function)(void) = NULL;

    *(void **)&function = dlsym(RTLD_DEFAULT, "kmp_get_blocktime");
    return function;
}

/* Nobody can ask libgomp what it does; its manual says what the variables make it do. */
static void print_libgomp_policy(FILE *out)
{
    const char *policy = getenv("OMP_WAIT_POLICY"), *looks = getenv("GOMP_SPINCOUNT");

    fprintf(out, "wait policy %s", policy ? policy : "default");
    if (looks)
        fprintf(out, ", GOMP_SPINCOUNT=%s", looks);
    else if (!policy)
        fprintf(out, " (300000 looks, then asleep)");
}

static void print_libomp_policy(FILE *out, int blocktime_ms)
{
    const char *policy = getenv("OMP_WAIT_POLICY");

    fprintf(out, "wait policy %s, ", policy ? policy : "default");
    if (blocktime_ms == INT_MAX)
        fprintf(out, "never asleep");
    else
        fprintf(out, "asleep after %d ms", blocktime_ms);
}

static const char *library(void)
{
    static char text[512];
    FILE *out = fmemopen(text, sizeof text, "w");

    if (!out)
        return "OpenMP";
    fprintf(out, "OpenMP (%.300s, ", csw_library_file("omp_get_num_threads"));
    if (blocktime())
        print_libomp_policy(out, blocktime()());
    else
        print_libgomp_policy(out);
    fprintf(out, ")");
    fclose(out);
    return text;
}

/*
 * The CPUs of all places. Without a binding variable libgomp has none; libomp has them in any case,
 * and binds nothing.
 */
static size_t own_cpus(int *ret_cpus, size_t size)
{
    const int places = omp_get_proc_bind() == omp_proc_bind_false ? 0 : omp_get_num_places();
    size_t count = 0;

    for (int place = 0; place < places; place++) {
        const size_t more = (size_t)omp_get_place_num_procs(place);

        if (more > size - count)
            return count;
        omp_get_place_proc_ids(place, ret_cpus + count);
        count += more;
    }
    return count;
}

const struct csw_driver csw_driver_openmp = {
    .name = "openmp",
    .summary = "OpenMP's team and its loop schedules; the caller is worker 0",
    .library = library,
    .own_cpus = own_cpus,
    .open = openmp_open,
    .run = openmp_run,
    .close = openmp_close,
};
