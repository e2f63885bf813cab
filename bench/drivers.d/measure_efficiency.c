/*
 * efficiency - of a driver on all CPUs, by one of coresweep's kernels with long chunks. Whatever
 * disturbs only slows down, so that the fast end of the runs stands for the undisturbed machine.
 */
#include <errno.h>

#include "crew.h"
#include "harness/clock.h"
#include "measure.h"
#include "samples.h"

#define RUNS 20
#define QUIET 0.05

/* The quiet time of a run, ns. */
static int time_runs(const struct bench_crew_setup *setup, double *ret_ns, struct csw_err *err)
{
    static struct bench_samples samples;
    struct bench_crew crew;
    int code = bench_crew_open(&crew, setup, err);

    if (code < 0)
        return code;
    samples = (struct bench_samples){0};
    code = bench_crew_run(&crew, err);
    while (code == 0 && samples.count < RUNS) {
        const uint64_t start_ns = csw_now_ns();

        code = bench_crew_run(&crew, err);
        bench_samples_add(&samples, (double)(csw_now_ns() - start_ns));
    }
    bench_crew_close(&crew);
    *ret_ns = bench_samples_quantile(&samples, QUIET);
    return code;
}

static int efficiency_take(const struct bench_options *options, struct bench_figures *figures,
                           struct csw_err *err)
{
    struct bench_crew_setup setup = {.driver = "serial",
                                     .kernel = csw_kernel_find(options->kernel),
                                     .tasks = options->items,
                                     .schedule = "dynamic",
                                     .pin = "cores",
                                     .workers = 1};
    double serial_ns, team_ns;

    if (!options->peer || !options->peer->driver || !setup.kernel || !setup.tasks)
        return csw_fail(err, -EINVAL,
                        "efficiency needs kernel=NAME, items=N, and a driver as peer");
    int code = time_runs(&setup, &serial_ns, err);

    if (code < 0)
        return code;
    setup.driver = options->peer->driver;
    setup.workers = (unsigned)options->workers;
    code = time_runs(&setup, &team_ns, err);
    bench_figure(figures, "efficiency", serial_ns / team_ns / setup.workers);
    return code;
}

const struct bench_measure bench_measure_efficiency = {
    .name = "efficiency",
    .summary = "one worker's time over all workers' CPU time, of a kernel of coresweep's",
    .take = efficiency_take,
};
