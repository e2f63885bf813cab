/* chunk - the price of one task of next to no work, handed out one at a time. */
#include "harness/clock.h"
#include "samples.h"
#include "team.h"

#define TASKS 1000000
#define BUDGET_NS (30 * CSW_NS_PER_MS)
#define LEAST 2

static int chunk_take(const struct bench_options *options, struct bench_figures *figures,
                      struct csw_err *err)
{
    static struct bench_samples samples;
    struct bench_options dynamic = *options;
    struct bench_team team;

    dynamic.tasks = TASKS;
    int code = bench_team_open_warm(&team, &dynamic, err);

    if (code < 0)
        return code;
    const uint64_t end_ns = csw_now_ns() + BUDGET_NS;

    while (code == 0 && bench_samples_wanted(&samples, LEAST, end_ns)) {
        const uint64_t start_ns = csw_now_ns();

        code = bench_team_run(&team, err);
        bench_samples_add(&samples, (double)(csw_now_ns() - start_ns) / TASKS);
    }
    bench_team_close(&team);
    bench_figure(figures, "median_ns", bench_samples_quantile(&samples, 0.5));
    return code;
}

const struct bench_measure bench_measure_chunk = {
    .name = "chunk",
    .summary = "ns for each of 1e6 tasks that are handed out one at a time",
    .take = chunk_take,
};
