/*
 * results - how fast results of workers reach the caller: the workers of a driver write them into
 * memory shared with the caller, who reads them. Cold: the memory has never been touched.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#include "crew.h"
#include "harness/clock.h"
#include "measure.h"
#include "samples.h"

#define MIB (UINT64_C(1) << 20)
#define WARM_PASSES 5
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

static uint64_t *results; /* mapped, shared with forked workers */

static struct csw_tally results_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        results[item] = item * FACTOR;
    return (struct csw_tally){.items = hi - lo};
}

static struct csw_tally results_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return (struct csw_tally){.items = hi - lo};
}

static const struct csw_kernel results_kernel = {
    .abi = CSW_KERNEL_ABI,
    .name = "results",
    .summary = "64-bit numbers for the caller",
    .unit = "numbers",
    .tasks = "1",
    .scan = results_scan,
    .expect = results_expect,
};

/* The numbers 0 .. count - 1 times the factor, summed up. */
static uint64_t right_sum(uint64_t count)
{
    return (count % 2 == 0 ? count / 2 * (count - 1) : (count - 1) / 2 * count) * FACTOR;
}

/* One pass there and back. */
static int pass(struct bench_crew *crew, uint64_t count, double *ret_gb_s, struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    const int code = bench_crew_run(crew, err);
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++)
        sum += results[i];
    *ret_gb_s = (double)(count * sizeof *results) / (double)(csw_now_ns() - start_ns);
    if (code == 0 && sum != right_sum(count))
        return csw_fail(err, CSW_EWRONG, "driver '%s' brought wrong results back",
                        crew->driver->name);
    return code;
}

static int pass_all(struct bench_crew *crew, uint64_t count, struct bench_figures *figures,
                    struct csw_err *err)
{
    static struct bench_samples warm;
    double gb_s;
    int code = pass(crew, count, &gb_s, err);

    bench_figure(figures, "cold_gb_s", gb_s);
    for (unsigned i = 0; code == 0 && i < WARM_PASSES; i++) {
        code = pass(crew, count, &gb_s, err);
        bench_samples_add(&warm, gb_s);
    }
    bench_figure(figures, "warm_gb_s", bench_samples_quantile(&warm, 0.5));
    return code;
}

static int results_take(const struct bench_options *options, struct bench_figures *figures,
                        struct csw_err *err)
{
    const uint64_t bytes = options->mib * MIB, count = bytes / sizeof *results;
    struct bench_crew crew;
    char tasks[24];

    if (!options->peer || !options->peer->driver || count == 0)
        return csw_fail(err, -EINVAL, "results needs mib=N and a driver of coresweep's as peer");
    results = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (results == MAP_FAILED)
        return csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " MiB", options->mib);
    snprintf(tasks, sizeof tasks, "%" PRIu64, count);
    const struct bench_crew_setup setup = {.driver = options->peer->driver,
                                           .kernel = &results_kernel,
                                           .tasks = tasks,
                                           .schedule = "static",
                                           .pin = "none",
                                           .workers = 2};
    int code = bench_crew_open(&crew, &setup, err);

    if (code == 0) {
        code = pass_all(&crew, count, figures, err);
        bench_crew_close(&crew);
    }
    munmap(results, bytes);
    return code;
}

const struct bench_measure bench_measure_results = {
    .name = "results",
    .summary = "GB/s of results from the workers to the caller",
    .take = results_take,
};
