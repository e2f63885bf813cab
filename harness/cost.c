/* cost.c - see cost.h */
#include "cost.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"
#include "runner.h"
#include "stats.h"

#define LEAST_READINGS 20 /* of the clock, that a group of units takes */
#define CLOCK_READINGS 101
#define MAX_PASSES 3
#define ENOUGH_NS CSW_NS_PER_S /* no further pass after that */

static uint64_t cpu_now_ns(void)
{
    return csw_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* What passes between two readings with nothing between them. */
static double clock_cost_ns(void)
{
    double took_ns[CLOCK_READINGS];

    for (int i = 0; i < CLOCK_READINGS; i++) {
        const uint64_t before_ns = cpu_now_ns();

        took_ns[i] = (double)(cpu_now_ns() - before_ns);
    }
    return csw_median(took_ns, CLOCK_READINGS).value;
}

/* Lowers ns[i] to what group i took in this pass. */
static int run_pass(const struct csw_runner *runner, const struct csw_cost *cost,
                    struct csw_err *err)
{
    const struct csw_job *job = runner->job;
    struct csw_share share = {0};

    for (size_t i = 0; i < cost->count; i++) {
        const uint64_t first = i * cost->group, left = job->units - first;
        const uint64_t before_ns = cpu_now_ns();

        csw_chunk(job, first, first + (left < cost->group ? left : cost->group), &share);
        const double took_ns = (double)(cpu_now_ns() - before_ns) - cost->clock_ns;

        cost->ns[i] = fmin(cost->ns[i], fmax(0, took_ns));
    }
    return csw_runner_check(runner, &share.tally, err);
}

static double sum_of(const struct csw_cost *cost)
{
    double sum = 0;

    for (size_t i = 0; i < cost->count; i++)
        sum += cost->ns[i];
    return sum;
}

static void set_group(struct csw_cost *cost, uint64_t group)
{
    cost->group = group;
    cost->count = cost->units / group + (cost->units % group != 0);
    for (size_t i = 0; i < cost->count; i++)
        cost->ns[i] = INFINITY;
}

/*
 * One pass that warms up and finds out how many units are long enough to be timed together. Where
 * it took long, and they are, it counts itself.
 */
static int choose_group(const struct csw_runner *runner, struct csw_cost *cost, struct csw_err *err)
{
    const double least_ns = LEAST_READINGS * cost->clock_ns;

    set_group(cost, (cost->units - 1) / CSW_MAX_COSTS + 1);
    const int code = run_pass(runner, cost, err);
    const double sum_ns = sum_of(cost), mean_ns = fmax(1, sum_ns / (double)cost->count);

    if (sum_ns >= ENOUGH_NS && mean_ns >= least_ns)
        cost->passes = 1;
    else
        set_group(cost, cost->group * (uint64_t)fmax(1, ceil(least_ns / mean_ns)));
    return code;
}

static int run_passes(const struct csw_runner *runner, struct csw_cost *cost, struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    int code = choose_group(runner, cost, err);

    while (code == 0 && cost->passes < MAX_PASSES &&
           (cost->passes == 0 || csw_now_ns() - start_ns < ENOUGH_NS)) {
        code = run_pass(runner, cost, err);
        cost->passes++;
    }
    return code;
}

static int fill_cost(struct csw_cost *cost, const struct csw_runner *runner, struct csw_err *err)
{
    const struct csw_setup *setup = runner->setup;
    const uint64_t units = runner->job->units;
    char schedule[CSW_SCHEDULE_TEXT_SIZE];

    csw_schedule_text(&setup->schedule, schedule);
    *cost = (struct csw_cost){
        .kernel = strdup(setup->kernel->name),
        .options = csw_options_text(setup->kernel, setup->workload->tasks[0].choice),
        .tasks = csw_workload_text(setup->workload),
        .schedule = strdup(schedule),
        .units = units,
        .clock_ns = clock_cost_ns(),
        .ns = calloc(units < CSW_MAX_COSTS ? units : CSW_MAX_COSTS, sizeof *cost->ns)};
    if (!cost->kernel || !cost->options || !cost->tasks || !cost->schedule || !cost->ns)
        return csw_fail(err, -ENOMEM, "no memory for the costs of units");
    return run_passes(runner, cost, err);
}

int csw_cost_measure(struct csw_cost *ret_cost, const struct csw_setup *setup, struct csw_err *err)
{
    struct csw_runner runner = {0};
    struct csw_cost cost = {0};

    if (setup->kernel->flags & CSW_WAITS)
        return csw_fail(err, -ENOTSUP,
                        "kernel '%s' waits, so that the CPU time of its units tells nothing",
                        setup->kernel->name);
    int code = csw_runner_init(&runner, setup, csw_job_open, err);

    if (code == 0)
        code = csw_runner_open_team(&runner, err);
    if (code == 0)
        code = csw_runner_fill(&runner, err);
    if (code == 0)
        code = fill_cost(&cost, &runner, err);
    csw_runner_release(&runner);
    if (code < 0) {
        csw_cost_release(&cost);
        return code;
    }
    *ret_cost = cost;
    return 0;
}

const struct csw_cost *csw_cost_find(const struct csw_results *results,
                                     const struct csw_point *point)
{
    for (size_t i = 0; i < results->costs; i++) {
        const struct csw_cost *cost = &results->cost[i];

        if (strcmp(cost->kernel, point->kernel) == 0 &&
            strcmp(cost->options, point->options) == 0 && strcmp(cost->tasks, point->tasks) == 0)
            return cost;
    }
    return NULL;
}
