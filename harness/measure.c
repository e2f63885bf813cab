/* measure.c - see measure.h */
#include <coresweep/measure.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "machine.h"
#include "options.h"

/* Stamping costs a worker about 2 us a run (its CPU clock is a system call): below this length of a
 * run that would be felt, and one more run, not timed, is stamped instead. */
#define LEAST_STAMPED_NS CSW_NS_PER_MS
#define MAX_GROWTH 10u
/* The warm-up takes at least this many min_ns at every worker count: pages, caches, frequency. */
#define WARM_SAMPLES 2

/* What is open during a visit. */
struct visit {
    const struct csw_setup *setup;
    struct csw_job *job;
    struct csw_team *team;
    struct csw_share *shares;
    uint64_t iterations;
    bool stamped;
    uint64_t open_ns, first_ns;
};

static int check_tally(const struct visit *visit, const struct csw_tally *got, struct csw_err *err)
{
    const struct csw_tally *expect = &visit->job->expect;

    if (csw_tally_equal(got, expect))
        return 0;
    return csw_fail(err, CSW_EWRONG,
                    "wrong result: kernel '%s' under driver '%s' with %u workers gave %" PRIu64
                    " hits of %" PRIu64 " items (work %" PRIu64 ", digest %" PRIu64
                    ") instead of %" PRIu64 " of %" PRIu64 " (%" PRIu64 ", %" PRIu64
                    "); nothing was recorded",
                    visit->setup->kernel->name, visit->setup->driver->name, visit->job->workers,
                    got->hits, got->items, got->work, got->digest, expect->hits, expect->items,
                    expect->work, expect->digest);
}

/* Runs the job once; adds the workers' tallies to the sum. */
static int run_tallied(const struct visit *visit, struct csw_tally *sum, struct csw_err *err)
{
    const int code = visit->setup->driver->run(visit->team, visit->shares, err);

    for (unsigned w = 0; code == 0 && w < visit->job->workers; w++)
        csw_tally_add(sum, &visit->shares[w].tally);
    return code;
}

static int run_verified(const struct visit *visit, struct csw_err *err)
{
    struct csw_tally sum = {0};
    const int code = run_tallied(visit, &sum, err);

    return code < 0 ? code : check_tally(visit, &sum, err);
}

static int check_filled(const struct visit *visit, struct csw_err *err)
{
    const struct csw_job *job = visit->job;
    uint64_t items = 0;

    for (size_t i = 0; i < job->tasks; i++)
        items += job->parts[i].n;
    if (job->expect.items == items)
        return 0;
    return csw_fail(err, CSW_EWRONG,
                    "wrong result: kernel '%s' under driver '%s' with %u workers filled %" PRIu64
                    " items instead of %" PRIu64 "; nothing was recorded",
                    visit->setup->kernel->name, visit->setup->driver->name, job->workers,
                    job->expect.items, items);
}

/*
 * One run that makes the data of a kernel that has some, and finds out what the others must give.
 * That is no closed form of the whole job: without the check of the items, a driver that always
 * forgets the same unit would agree with itself.
 */
static int fill_items(struct visit *visit, struct csw_err *err)
{
    struct csw_job *job = visit->job;

    if (!job->kernel->fill)
        return 0;
    job->stamped = false;
    job->filling = true;
    const int code = run_tallied(visit, &job->expect, err);

    job->filling = false;
    return code < 0 ? code : check_filled(visit, err);
}

/* Runs the job `iterations` times; returns 0 and the time they took together. */
static int run_timed(const struct visit *visit, uint64_t *ret_ns, struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();

    for (uint64_t i = 0; i < visit->iterations; i++) {
        const int code = run_verified(visit, err);

        if (code < 0)
            return code;
    }
    *ret_ns = csw_now_ns() - start_ns;
    return 0;
}

/* How many runs take about min_ns, judged by `iterations` runs that took `took_ns`. */
static uint64_t iterations_for(uint64_t iterations, uint64_t took_ns, uint64_t min_ns)
{
    const double wanted = (double)iterations * (double)min_ns / (double)(took_ns > 0 ? took_ns : 1);

    return wanted > 1 ? (uint64_t)wanted : 1;
}

/* Grows the number of runs until they take about min_ns; at least twice, at most tenfold. */
static uint64_t grown(uint64_t iterations, uint64_t took_ns, uint64_t min_ns)
{
    const uint64_t next = iterations_for(iterations, took_ns, min_ns);

    if (next < 2 * iterations)
        return 2 * iterations;
    return next > MAX_GROWTH * iterations ? MAX_GROWTH * iterations : next;
}

/* Finds the number of runs of a sample, and keeps running until everything is warm. */
static int warm_up(struct visit *visit, uint64_t min_ns, struct csw_err *err)
{
    uint64_t took_ns = 0, total_ns = 0;
    int code = 0;

    visit->job->stamped = false;
    visit->iterations = 1;
    while (code == 0 && (took_ns < min_ns / 2 || total_ns < WARM_SAMPLES * min_ns)) {
        if (total_ns > 0 && took_ns < min_ns / 2)
            visit->iterations = grown(visit->iterations, took_ns, min_ns);
        code = run_timed(visit, &took_ns, err);
        if (total_ns == 0)
            visit->first_ns = took_ns;
        total_ns += took_ns;
    }
    if (code < 0)
        return code;
    visit->stamped = took_ns / visit->iterations >= LEAST_STAMPED_NS;
    visit->iterations = iterations_for(visit->iterations, took_ns, min_ns);
    return 0;
}

static int fill_workers(const struct visit *visit, struct csw_sample *sample, struct csw_err *err)
{
    const unsigned workers = visit->job->workers;

    sample->worker = calloc(workers, sizeof *sample->worker);
    if (!sample->worker)
        return csw_fail(err, -ENOMEM, "no memory for %u workers", workers);
    for (unsigned w = 0; w < workers; w++) {
        const struct csw_share *share = &visit->shares[w];

        sample->worker[w] = (struct csw_worker){
            .start_ns = share->start_ns,
            .end_ns = share->end_ns,
            .cpu_ns = share->cpu_ns,
            .items = share->tally.items,
            .chunks = share->chunks,
            .preempted = share->preempted,
            .pu = visit->setup->placement->pu[w],
            .cpu = share->cpu,
        };
        sample->joined += share->cpu >= 0;
    }
    return 0;
}

static int fill_sample(const struct visit *visit, struct csw_sample *sample, struct csw_err *err)
{
    const struct csw_setup *setup = visit->setup;
    const struct csw_tally *tally = &visit->job->expect; /* what every run gave */
    char schedule[CSW_SCHEDULE_TEXT_SIZE];

    csw_schedule_text(&setup->schedule, schedule);
    sample->kernel = strdup(setup->kernel->name);
    sample->options = csw_options_text(setup->kernel, setup->workload->tasks[0].choice);
    sample->driver = strdup(setup->driver->name);
    sample->tasks = csw_workload_text(setup->workload);
    sample->schedule = strdup(schedule);
    if (!sample->kernel || !sample->options || !sample->driver || !sample->tasks ||
        !sample->schedule)
        return csw_fail(err, -ENOMEM, "no memory for a sample");
    sample->workers = visit->job->workers;
    sample->oversubscribed = setup->placement->oversubscribed;
    sample->iterations = visit->iterations;
    sample->open_ns = visit->open_ns;
    sample->first_ns = visit->first_ns;
    sample->process_ns = NAN;
    sample->items = tally->items;
    sample->work = tally->work;
    sample->hits = tally->hits;
    sample->digest = tally->digest;
    return fill_workers(visit, sample, err);
}

static int take_sample(struct visit *visit, struct csw_sample *sample, struct csw_err *err)
{
    uint64_t took_ns = 0;

    visit->job->stamped = visit->stamped;
    sample->started_ns = csw_now_ns();
    int code = run_timed(visit, &took_ns, err);

    if (code == 0 && !visit->stamped) {
        visit->job->stamped = true;
        code = run_verified(visit, err);
    }
    sample->region_ns = (double)took_ns / (double)visit->iterations;
    return code < 0 ? code : fill_sample(visit, sample, err);
}

static int take_samples(struct visit *visit, const struct csw_protocol *protocol,
                        struct csw_sample *samples, struct csw_err *err)
{
    int code = warm_up(visit, protocol->min_ns, err);

    for (uint64_t i = 0; code == 0 && i < protocol->samples; i++) {
        samples[i].repetition = i;
        code = take_sample(visit, &samples[i], err);
    }
    return code;
}

static int open_team(struct visit *visit, struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    const int code =
        visit->setup->driver->open(&visit->team, visit->job, visit->setup->placement, err);

    visit->open_ns = csw_now_ns() - start_ns;
    return code;
}

static uint64_t close_team(struct visit *visit)
{
    const uint64_t start_ns = csw_now_ns();

    if (visit->team)
        visit->setup->driver->close(visit->team);
    visit->team = NULL;
    return csw_now_ns() - start_ns;
}

static int visit_open(struct visit *visit, const struct csw_setup *setup, struct csw_err *err)
{
    const unsigned workers = setup->placement->workers;

    *visit = (struct visit){.setup = setup};
    const int code = csw_driver_check(setup->driver, &setup->schedule, workers, err);

    if (code < 0)
        return code;
    visit->shares = aligned_alloc(CSW_CACHE_LINE, workers * sizeof *visit->shares);
    if (!visit->shares)
        return csw_fail(err, -ENOMEM, "no memory for %u shares", workers);
    memset(visit->shares, 0, workers * sizeof *visit->shares);
    return csw_job_open(&visit->job, setup->kernel, setup->workload, &setup->schedule, workers,
                        err);
}

static void visit_close(struct visit *visit)
{
    close_team(visit);
    csw_job_close(visit->job);
    free(visit->shares);
}

static void samples_free(struct csw_sample *samples, uint64_t count)
{
    for (uint64_t i = 0; samples && i < count; i++)
        csw_sample_release(&samples[i]);
    free(samples);
}

int csw_measure(const struct csw_setup *setup, const struct csw_protocol *protocol,
                struct csw_sample **ret_samples, struct csw_err *err)
{
    struct visit visit;
    struct csw_sample *samples = calloc(protocol->samples, sizeof *samples);
    int code = visit_open(&visit, setup, err);

    if (code == 0 && !samples)
        code = csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " samples", protocol->samples);
    if (code == 0)
        code = open_team(&visit, err);
    if (code == 0)
        code = fill_items(&visit, err);
    if (code == 0)
        code = take_samples(&visit, protocol, samples, err);
    const uint64_t close_ns = close_team(&visit);

    visit_close(&visit);
    if (code < 0) {
        samples_free(samples, protocol->samples);
        return code;
    }
    for (uint64_t i = 0; i < protocol->samples; i++) {
        samples[i].close_ns = close_ns;
        samples[i].e2e_ns = (double)(samples[i].open_ns + samples[i].first_ns + close_ns);
    }
    *ret_samples = samples;
    return 0;
}

/* ---- lists ---------------------------------------------------------------------------------- */

/* Numbers that forked workers write and the caller reads. NULL where there is no room for them. */
static uint64_t *map_shared(uint64_t count, size_t *ret_bytes)
{
    if (__builtin_mul_overflow(count > 0 ? count : 1, sizeof(uint64_t), ret_bytes))
        return NULL;
    void *memory = mmap(NULL, *ret_bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

/* Opens a team for the visit's job as it stands, and runs it once. */
static int run_once(struct visit *visit, struct csw_tally *sum, struct csw_err *err)
{
    int code = open_team(visit, err);

    if (code == 0)
        code = run_tallied(visit, sum, err);
    close_team(visit);
    return code;
}

/* A team of its own: how much memory the lists take is known only afterwards. */
static int fill_once(struct visit *visit, struct csw_err *err)
{
    int code = 0;

    if (visit->job->kernel->fill)
        code = open_team(visit, err);
    if (code == 0)
        code = fill_items(visit, err);
    close_team(visit);
    return code;
}

static int count_units(struct visit *visit, uint64_t *unit_hits, struct csw_err *err)
{
    struct csw_tally sum = {0};

    visit->job->listing = (struct csw_listing){.unit_hits = unit_hits};
    const int code = run_once(visit, &sum, err);

    return code < 0 ? code : check_tally(visit, &sum, err);
}

static int write_units(struct visit *visit, uint64_t *hits, const uint64_t *unit_start,
                       struct csw_err *err)
{
    const struct csw_tally *expect = &visit->job->expect;
    struct csw_tally sum = {0};

    visit->job->listing = (struct csw_listing){.hits = hits, .unit_start = unit_start};
    const int code = run_once(visit, &sum, err);

    if (code < 0)
        return code;
    sum.work += expect->work; /* writing does not count the steps again */
    if (expect->digest == 0 && expect->hits > 0)
        sum.digest = 0; /* scan only counts */
    return check_tally(visit, &sum, err);
}

/* Turns every unit's count into its start, and notes where each task begins. */
static void place_units(const struct csw_job *job, uint64_t *units, struct csw_lists *lists)
{
    uint64_t start = 0;

    for (size_t task = 0; task < job->tasks; task++) {
        const struct csw_part *part = &job->parts[task];

        lists->start[task] = start;
        for (uint64_t u = part->first_unit; u < part->first_unit + part->pieces; u++) {
            const uint64_t hits = units[u];

            units[u] = start;
            start += hits;
        }
        lists->count[task] = start - lists->start[task];
    }
    units[job->units] = start;
}

static int lists_alloc(struct csw_lists *lists, const struct csw_job *job, struct csw_err *err)
{
    lists->tasks = job->tasks;
    lists->count = calloc(job->tasks, sizeof *lists->count);
    lists->start = calloc(job->tasks, sizeof *lists->start);
    lists->hits = map_shared(job->expect.hits, &lists->total_bytes);
    if (!lists->count || !lists->start || !lists->hits)
        return csw_fail(err, -ENOMEM, "no memory to list %" PRIu64 " hits", job->expect.hits);
    return 0;
}

/* A list that memory cannot hold would end in the system killing somebody. */
static int check_memory(const struct csw_job *job, struct csw_err *err)
{
    const uint64_t memory = csw_physical_memory();

    if (job->expect.hits <= memory / sizeof(uint64_t) / 2 &&
        job->units <= memory / sizeof(uint64_t) / 4)
        return 0;
    return csw_fail(err, -EINVAL,
                    "a list of %" PRIu64 " hits in %" PRIu64 " units is too long for the %" PRIu64
                    " MiB of memory here; list smaller tasks",
                    job->expect.hits, job->units, memory >> 20);
}

static int list_visit(struct visit *visit, struct csw_lists *lists, struct csw_err *err)
{
    int code = fill_once(visit, err);

    if (code == 0)
        code = check_memory(visit->job, err);
    if (code == 0)
        code = lists_alloc(lists, visit->job, err);
    size_t units_bytes;
    uint64_t *units = code == 0 ? map_shared(visit->job->units + 1, &units_bytes) : NULL;

    if (code == 0 && !units)
        code = csw_fail(err, -ENOMEM, "no memory to list the hits of %" PRIu64 " units",
                        visit->job->units);
    if (code == 0)
        code = count_units(visit, units, err);
    if (code == 0) {
        place_units(visit->job, units, lists);
        code = write_units(visit, lists->hits, units, err);
    }
    if (units)
        munmap(units, units_bytes);
    return code;
}

int csw_lists_init(struct csw_lists *ret_lists, const struct csw_setup *setup, struct csw_err *err)
{
    struct visit visit;
    struct csw_lists lists = {0};

    if (!setup->kernel->list)
        return csw_fail(err, -ENOTSUP, "kernel '%s' has no list of what it finds",
                        setup->kernel->name);
    int code = visit_open(&visit, setup, err);

    if (code == 0)
        code = list_visit(&visit, &lists, err);
    visit_close(&visit);
    if (code < 0) {
        csw_lists_release(&lists);
        return code;
    }
    *ret_lists = lists;
    return 0;
}

void csw_lists_release(struct csw_lists *lists)
{
    if (!lists)
        return;
    if (lists->hits)
        munmap(lists->hits, lists->total_bytes);
    free(lists->count);
    free(lists->start);
    *lists = (struct csw_lists){0};
}
