/*
 * region - how long a region takes whose tasks are next to nothing, back to back or after a gap in
 * which the caller computes or sleeps; and how many CPUs the process keeps busy meanwhile.
 */
#include "harness/clock.h"
#include "samples.h"
#include "team.h"

#define DEFAULT_BUDGET_MS 50
#define BATCH_NS 200000.0 /* back to back, the clock is read once in so long */
#define LEAST 5

struct stretch {
    struct bench_team *team;
    const struct bench_options *options;
    uint64_t batch; /* regions between two looks at the clock */
};

static void pass_gap(const struct bench_options *options)
{
    if (options->gap_us > 0)
        bench_compute_us(options->gap_us);
    if (options->sleep_us > 0)
        bench_sleep_us(options->sleep_us);
}

/* One sample: the gap, then the batch. */
static int run_batch(const struct stretch *stretch, double *ret_ns, struct csw_err *err)
{
    int code = 0;

    pass_gap(stretch->options);
    const uint64_t start_ns = csw_now_ns();

    for (uint64_t i = 0; code == 0 && i < stretch->batch; i++)
        code = bench_team_run(stretch->team, err);
    *ret_ns = (double)(csw_now_ns() - start_ns) / (double)stretch->batch;
    return code;
}

/* After a gap every region is a sample. */
static int choose_batch(struct stretch *stretch, struct csw_err *err)
{
    double ns;

    stretch->batch = 1;
    if (stretch->options->gap_us > 0 || stretch->options->sleep_us > 0)
        return 0;
    const int code = run_batch(stretch, &ns, err);

    if (ns < BATCH_NS)
        stretch->batch = (uint64_t)(BATCH_NS / (ns > 1 ? ns : 1));
    return code;
}

static int run_all(struct stretch *stretch, struct bench_samples *samples, struct csw_err *err)
{
    const uint64_t budget_ms =
        stretch->options->budget_ms > 0 ? stretch->options->budget_ms : DEFAULT_BUDGET_MS;
    int code = choose_batch(stretch, err);
    const uint64_t end_ns = csw_now_ns() + budget_ms * CSW_NS_PER_MS;

    while (code == 0 && bench_samples_wanted(samples, LEAST, end_ns)) {
        double ns;

        code = run_batch(stretch, &ns, err);
        bench_samples_add(samples, ns);
    }
    return code;
}

static int region_take(const struct bench_options *options, struct bench_figures *figures,
                       struct csw_err *err)
{
    static struct bench_samples samples;
    struct bench_team team;
    struct stretch stretch = {.team = &team, .options = options};
    int code = bench_team_open_warm(&team, options, err);

    if (code < 0)
        return code;
    const uint64_t start_ns = csw_now_ns(), start_cpu_ns = bench_tree_cpu_ns();

    code = run_all(&stretch, &samples, err);
    const double cpu_ns = (double)(bench_tree_cpu_ns() - start_cpu_ns);
    const double wall_ns = (double)(csw_now_ns() - start_ns);

    bench_team_close(&team);
    bench_figure(figures, "mean_ns", bench_samples_mean(&samples));
    bench_figure(figures, "median_ns", bench_samples_quantile(&samples, 0.5));
    bench_figure(figures, "p90_ns", bench_samples_quantile(&samples, 0.9));
    bench_figure(figures, "cpus", cpu_ns / wall_ns);
    return code;
}

const struct bench_measure bench_measure_region = {
    .name = "region",
    .summary = "an empty region, back to back or after a gap, and the CPUs kept busy",
    .take = region_take,
};
