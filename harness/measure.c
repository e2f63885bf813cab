/* measure.c - see measure.h */
#include <coresweep/measure.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/processes.h>

#include "clock.h"
#include "cycles.h"
#include "data.h"
#include "noise.h"
#include "options.h"
#include "runner.h"
#include "usage.h"

/* Stamping costs a worker about 2 us a run (its CPU clock is a system call): below this length of a
 * run that would be felt, and one more run, not timed, is stamped instead. So it is where every
 * chunk is stamped. */
#define LEAST_STAMPED_NS CSW_NS_PER_MS
#define MAX_GROWTH 10u
/* The warm-up takes at least this many min_ns at every worker count: pages, caches, frequency. */
#define WARM_SAMPLES 2

/* What is open during a visit. */
struct visit {
    struct csw_runner runner;
    struct csw_processes team; /* that run it, found once it is warm */
    int cycles_fd;             /* negative: this system counts none */
    uint64_t iterations;
    bool stamped;
    uint64_t open_ns, first_ns;
};

static int run_verified(const struct visit *visit, struct csw_err *err)
{
    struct csw_tally sum = {0};
    const int code = csw_runner_run(&visit->runner, &sum, err);

    return code < 0 ? code : csw_runner_check(&visit->runner, &sum, err);
}

/* What the team tells of its last run; zero where runs are timed by the caller's clock. */
static struct csw_told ask(const struct visit *visit)
{
    const struct csw_driver *driver = visit->runner.setup->driver;
    struct csw_told told = {0};

    if (driver->told)
        driver->told(visit->runner.team, &told);
    return told;
}

/* Runs the job `iterations` times; returns 0 and the time they took together. */
static int run_timed(const struct visit *visit, uint64_t *ret_ns, struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    uint64_t told_ns = 0;

    for (uint64_t i = 0; i < visit->iterations; i++) {
        const int code = run_verified(visit, err);

        if (code < 0)
            return code;
        told_ns += ask(visit).wall_ns;
    }
    *ret_ns = visit->runner.setup->driver->told ? told_ns : csw_now_ns() - start_ns;
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

/* Whether timed runs are stamped. */
static bool is_stamped(const struct csw_driver *driver, uint64_t run_ns)
{
    if (driver->told)
        return true;
    return run_ns >= LEAST_STAMPED_NS && !(driver->flags & CSW_ALWAYS_LATE);
}

/* Finds the number of runs of a sample, and keeps running until everything is warm. */
static int warm_up(struct visit *visit, uint64_t min_ns, struct csw_err *err)
{
    uint64_t took_ns = 0, total_ns = 0;
    int code = 0;

    visit->runner.job->stamped = false;
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
    visit->stamped = is_stamped(visit->runner.setup->driver, took_ns / visit->iterations);
    visit->iterations = iterations_for(visit->iterations, took_ns, min_ns);
    return 0;
}

static int fill_workers(const struct visit *visit, struct csw_sample *sample, struct csw_err *err)
{
    const unsigned workers = visit->runner.job->workers;

    sample->worker = calloc(workers, sizeof *sample->worker);
    if (!sample->worker)
        return csw_fail(err, -ENOMEM, "no memory for %u workers", workers);
    for (unsigned w = 0; w < workers; w++) {
        const struct csw_share *share = &visit->runner.shares[w];

        sample->worker[w] = (struct csw_worker){
            .start_ns = share->start_ns,
            .end_ns = share->end_ns,
            .cpu_ns = share->cpu_ns,
            .items = share->tally.items,
            .chunks = share->chunks,
            .preempted = share->preempted,
            .pu = visit->runner.setup->placement->pu[w],
            .cpu = share->cpu,
        };
        sample->joined += share->cpu >= 0;
    }
    return 0;
}

/* What was asked for; what the memory came to is noted after the last sample. */
static int fill_memory(const struct csw_memory *memory, struct csw_sample *sample)
{
    const char *between = *memory->cannot_place && *memory->cannot_huge ? "; " : "";
    char text[CSW_MEMORY_TEXT_SIZE];

    csw_memory_text(memory, text);
    sample->memory = strdup(text);
    sample->huge_pages = memory->huge_pages;
    if (asprintf(&sample->memory_cannot, "%s%s%s", memory->cannot_place, between,
                 memory->cannot_huge) < 0)
        sample->memory_cannot = NULL;
    return sample->memory && sample->memory_cannot ? 0 : -ENOMEM;
}

/* Of the last run, where the team tells. */
static void fill_told(const struct visit *visit, struct csw_sample *sample)
{
    const struct csw_told told = ask(visit);
    const bool tells = visit->runner.setup->driver->told;

    sample->cpu_ns = tells ? (double)told.cpu_ns : NAN;
    sample->switched = tells ? (double)told.switched : NAN;
}

static int fill_sample(const struct visit *visit, struct csw_sample *sample, struct csw_err *err)
{
    const struct csw_setup *setup = visit->runner.setup;
    const struct csw_tally *tally = &visit->runner.job->expect; /* what every run gave */
    char schedule[CSW_SCHEDULE_TEXT_SIZE];

    csw_schedule_text(&setup->schedule, schedule);
    sample->kernel = strdup(setup->kernel->name);
    sample->options = csw_options_text(setup->kernel, setup->workload->tasks[0].choice);
    sample->driver = strdup(setup->driver->name);
    sample->settings = strdup(setup->settings ? setup->settings : "");
    sample->tasks = csw_workload_text(setup->workload);
    sample->schedule = strdup(schedule);
    if (!sample->kernel || !sample->options || !sample->driver || !sample->settings ||
        !sample->tasks || !sample->schedule || fill_memory(&setup->memory, sample) < 0)
        return csw_fail(err, -ENOMEM, "no memory for a sample");
    sample->workers = visit->runner.job->workers;
    sample->oversubscribed = setup->placement->oversubscribed;
    sample->iterations = visit->iterations;
    sample->open_ns = visit->open_ns;
    sample->first_ns = visit->first_ns;
    sample->process_ns = NAN;
    sample->items = tally->items;
    sample->work = tally->work;
    sample->hits = tally->hits;
    sample->digest = tally->digest;
    fill_told(visit, sample);
    return fill_workers(visit, sample, err);
}

static int read_noise(const struct visit *visit, struct csw_noise *ret_noise, struct csw_err *err)
{
    return csw_noise_init(ret_noise, "", &visit->team, visit->runner.job->workers, visit->cycles_fd,
                          err);
}

/*
 * The workers fall asleep while the counters are read. To wake them takes some 50 us, which a run
 * that fills the sample alone hardly notices; where runs are short, one that is not timed wakes
 * them.
 */
static int wake_up(const struct visit *visit, struct csw_err *err)
{
    const bool needed = visit->iterations > 1 && !visit->runner.setup->driver->told;

    return needed ? run_verified(visit, err) : 0;
}

/* Times the runs of a sample between two readings of what others take. */
static int time_runs(struct visit *visit, struct csw_sample *sample, struct csw_noise *before,
                     struct csw_noise *after, struct csw_err *err)
{
    uint64_t took_ns = 0;
    int code = read_noise(visit, before, err);

    visit->runner.job->stamped = visit->stamped;
    if (code == 0)
        code = wake_up(visit, err);
    sample->started_ns = csw_now_ns();
    if (code == 0)
        code = run_timed(visit, &took_ns, err);
    if (code == 0)
        code = read_noise(visit, after, err);
    sample->region_ns = (double)took_ns / (double)visit->iterations;
    return code;
}

static int take_sample(struct visit *visit, struct csw_sample *sample, struct csw_err *err)
{
    struct csw_noise before = {0}, after = {0};
    int code = time_runs(visit, sample, &before, &after, err);

    if (code == 0 && !visit->stamped) {
        visit->runner.job->stamped = true;
        code = run_verified(visit, err);
    }
    if (code == 0)
        code = fill_sample(visit, sample, err);
    if (code == 0)
        csw_noise_note(sample, &before, &after);
    csw_noise_release(&before);
    csw_noise_release(&after);
    return code;
}

static int take_samples(struct visit *visit, const struct csw_protocol *protocol,
                        struct csw_sample *samples, struct csw_err *err)
{
    int code = warm_up(visit, protocol->min_ns, err);

    if (code == 0)
        code = csw_processes_init(&visit->team, "", getpid(), err);
    for (uint64_t i = 0; code == 0 && i < protocol->samples; i++) {
        samples[i].repetition = i;
        code = take_sample(visit, &samples[i], err);
    }
    return code;
}

/* Notes in every sample what memory the team takes, which is still open and parked. */
static int note_usage(const struct visit *visit, struct csw_sample *samples, uint64_t count,
                      struct csw_err *err)
{
    const pid_t here = getpid();
    struct csw_usages usages = {0};
    const int code = csw_usages_init(&usages, "", here, err);

    if (code < 0)
        return code;
    const struct csw_usage sum = csw_usages_sum(&usages);

    for (uint64_t i = 0; i < count; i++) {
        samples[i].processes = usages.count;
        samples[i].pss_bytes = sum.pss_bytes;
        samples[i].peak_bytes = sum.peak_bytes;
        for (unsigned w = 0; w < visit->runner.job->workers; w++) {
            const pid_t pid = visit->runner.shares[w].pid;

            samples[i].worker[w].pss_bytes = pid != here ? csw_usages_pss(&usages, pid) : NAN;
        }
    }
    csw_usages_release(&usages);
    return 0;
}

/* The same where the team tells, and what ran it: asked after all work is done. */
static int note_told(const struct visit *visit, struct csw_sample *samples, uint64_t count,
                     struct csw_err *err)
{
    const struct csw_told told = ask(visit);

    for (uint64_t i = 0; i < count; i++) {
        samples[i].runtime = strdup(told.runtime);
        if (!samples[i].runtime)
            return csw_fail(err, -ENOMEM, "no memory for a sample");
        samples[i].processes = told.processes;
        samples[i].pss_bytes = told.pss_bytes;
        samples[i].peak_bytes = NAN;
        for (uint64_t w = 0; w < samples[i].workers; w++)
            samples[i].worker[w].pss_bytes = NAN;
    }
    return 0;
}

static int open_team(struct visit *visit, struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    const int code = csw_runner_open_team(&visit->runner, err);

    visit->open_ns = csw_now_ns() - start_ns;
    return code;
}

static uint64_t close_team(struct visit *visit)
{
    const uint64_t start_ns = csw_now_ns();

    csw_runner_close_team(&visit->runner);
    return csw_now_ns() - start_ns;
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
    struct visit visit = {.cycles_fd = csw_cycles_open()}; /* before anybody who shall inherit it */
    struct csw_sample *samples = calloc(protocol->samples, sizeof *samples);
    int code = csw_runner_init(&visit.runner, setup, csw_job_open, err);

    if (code == 0 && !samples)
        code = csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " samples", protocol->samples);
    if (code == 0)
        code = open_team(&visit, err);
    if (code == 0)
        code = csw_runner_fill(&visit.runner, err);
    if (code == 0)
        code = take_samples(&visit, protocol, samples, err);
    if (code == 0)
        code =
            (setup->driver->told ? note_told : note_usage)(&visit, samples, protocol->samples, err);
    const uint64_t close_ns = close_team(&visit);

    csw_processes_release(&visit.team);
    csw_cycles_close(visit.cycles_fd);
    const uint64_t data_bytes = csw_data_bytes();
    const double huge_bytes = code == 0 ? csw_data_huge_bytes() : NAN; /* maps pages: at the end */

    csw_runner_release(&visit.runner);
    if (code < 0) {
        samples_free(samples, protocol->samples);
        return code;
    }
    for (uint64_t i = 0; i < protocol->samples; i++) {
        samples[i].data_bytes = data_bytes;
        samples[i].data_huge_bytes = huge_bytes;
        samples[i].close_ns = close_ns;
        samples[i].e2e_ns = (double)(samples[i].open_ns + samples[i].first_ns + close_ns);
    }
    *ret_samples = samples;
    return 0;
}
