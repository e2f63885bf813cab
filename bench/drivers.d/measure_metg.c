/*
 * metg - the minimum effective task granularity: tasks shrink until overhead eats half, or a tenth,
 * of the workers' time. Granularity is wall time x workers / tasks, overhead included; efficiency
 * is the rate against that of the task alone on one core. Source: E. Slaughter et al., Task Bench,
 * SC20, section 4.
 */
#include <math.h>

#include "harness/clock.h"
#include "samples.h"
#include "team.h"

#define LARGEST_REGION_US 4000
#define SHRINK 1.5
#define LAST_EFFICIENCY 0.3
#define MAX_LEVELS 64
#define BATCHES 5
#define BATCH_NS 200000.0

struct level {
    double granularity_ns, efficiency;
};

/* The median time of a region, ns; tasks and their size are in the team. */
static int time_region(struct bench_team *team, double *ret_ns, struct csw_err *err)
{
    static struct bench_samples samples;
    uint64_t batch = 1;
    int code = 0;

    samples = (struct bench_samples){0};
    while (code == 0 && samples.count < BATCHES) {
        const uint64_t start_ns = csw_now_ns();

        for (uint64_t i = 0; code == 0 && i < batch; i++)
            code = bench_team_run(team, err);
        const double took_ns = (double)(csw_now_ns() - start_ns);

        if (batch == 1 && took_ns < BATCH_NS / 2)
            batch = (uint64_t)(BATCH_NS / (took_ns + 1)) + 1;
        else
            bench_samples_add(&samples, took_ns / (double)batch);
    }
    *ret_ns = bench_samples_quantile(&samples, 0.5);
    return code;
}

static int measure_level(struct bench_team *team, struct level *ret_level, struct csw_err *err)
{
    const double workers = team->region.workers, tasks = (double)team->region.tasks;
    const double task_ns = (double)team->load->iterations / bench_iterations_per_us() * 1e3;
    double region_ns;
    const int code = time_region(team, &region_ns, err);

    *ret_level = (struct level){.granularity_ns = region_ns * workers / tasks,
                                .efficiency = task_ns * tasks / (region_ns * workers)};
    return code;
}

/* Two sizes in a row, since one may have been disturbed. */
static bool is_at_end(const struct level *levels, size_t count)
{
    return count >= 2 && levels[count - 1].efficiency < LAST_EFFICIENCY &&
           levels[count - 2].efficiency < LAST_EFFICIENCY;
}

/* From large tasks to small ones, until they are surely below half; returns how many sizes. */
static int descend(struct bench_team *team, struct level levels[MAX_LEVELS], size_t *ret_count,
                   struct csw_err *err)
{
    const double workers = team->region.workers, tasks = (double)team->region.tasks;
    double iterations = LARGEST_REGION_US * bench_iterations_per_us() * workers / tasks;
    size_t count = 0;
    int code = 0;

    while (code == 0 && count < MAX_LEVELS && iterations >= 1 && !is_at_end(levels, count)) {
        team->load->iterations = (uint64_t)iterations;
        code = measure_level(team, &levels[count++], err);
        iterations /= SHRINK;
    }
    *ret_count = count;
    return code;
}

/* The smallest granularity that still reaches the efficiency, by a line to the one below. NAN: none
 * does. */
static double crossing(const struct level *levels, size_t count, double efficiency)
{
    size_t last = count;

    for (size_t i = 0; i < count; i++)
        if (levels[i].efficiency >= efficiency)
            last = i;
    if (last == count)
        return NAN;
    if (last + 1 == count)
        return levels[last].granularity_ns;
    const struct level *above = &levels[last], *below = above + 1;
    const double share = (above->efficiency - efficiency) / (above->efficiency - below->efficiency);

    return above->granularity_ns + share * (below->granularity_ns - above->granularity_ns);
}

static int metg_take(const struct bench_options *options, struct bench_figures *figures,
                     struct csw_err *err)
{
    struct level levels[MAX_LEVELS];
    struct bench_team team;
    size_t count;

    bench_iterations_per_us(); /* before there are workers that spin */
    int code = bench_team_open_warm(&team, options, err);

    if (code < 0)
        return code;
    code = descend(&team, levels, &count, err);
    bench_team_close(&team);
    bench_figure(figures, "metg50_ns", crossing(levels, count, 0.5));
    bench_figure(figures, "metg90_ns", crossing(levels, count, 0.9));
    bench_figure(figures, "best_efficiency", levels[0].efficiency);
    return code;
}

const struct bench_measure bench_measure_metg = {
    .name = "metg",
    .summary = "the smallest tasks that still reach an efficiency of 50 % and 90 %",
    .take = metg_take,
};
