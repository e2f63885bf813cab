/* calibrate.c - see calibrate.h */
#include "calibrate.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/driver.h>
#include <coresweep/job.h>
#include <coresweep/kernel.h>

#define MAX_STEPS 40
#define SAMPLES 3
#define MAX_GROWTH 16.0
#define NEAR_ENOUGH 0.85 /* of the time that is wanted */

/* To three digits: a number that people can read and repeat. */
static uint64_t round_size(double size)
{
    if (size < 1000)
        return (uint64_t)llround(size);
    const double unit = pow(10, floor(log10(size)) - 2);
    const double rounded = round(size / unit) * unit;

    return rounded < 18.4e18 ? (uint64_t)rounded : UINT64_MAX;
}

char *csw_tasks_scaled(const char *tasks, double factor, uint64_t max_n, struct csw_err *err)
{
    struct csw_workload workload;

    if (csw_workload_parse(&workload, tasks, err) < 0)
        return NULL;
    for (size_t i = 0; i < workload.count; i++) {
        uint64_t *n = &workload.tasks[i].n;

        *n = factor == 1 ? *n : round_size((double)*n * factor);
        if (max_n > 0 && *n > max_n)
            *n = max_n;
    }
    char *text = csw_workload_text(&workload);

    csw_workload_release(&workload);
    if (!text)
        csw_fail(err, -ENOMEM, "no memory for a workload");
    return text;
}

double csw_next_factor(double before, double before_ns, double last, double last_ns)
{
    const double wanted = (double)CSW_CALIBRATED_NS / fmax(last_ns, 1);
    double growth = 2; /* the exponent is not known yet */

    if (before > 0) {
        const double exponent = log(last_ns / before_ns) / log(last / before);

        growth = pow(wanted, 1 / fmin(fmax(exponent, 0.25), 4));
    }
    return last * fmin(growth, MAX_GROWTH);
}

/* How serial runs are timed. */
struct stopwatch {
    const struct csw_visit *visit;
    const struct csw_point *base; /* the slowest base of the series; NULL: serial */
};

/* The least time of a few runs: a disturbed one would make the tasks too small. */
static int time_serially(const struct csw_series *series, char *tasks, const struct stopwatch *with,
                         double *ret_ns, struct csw_err *err)
{
    struct csw_visit once = *with->visit;
    struct csw_point point = {.kernel = series->kernel,
                              .options = series->options,
                              .tasks = tasks,
                              .schedule = "whole",
                              .driver = with->base ? with->base->driver : "serial",
                              .settings = with->base ? with->base->settings : "",
                              .workers = 1};
    struct csw_sample *samples;

    once.samples = SAMPLES;
    once.min_ms = 1;
    const int code = csw_visit_run(&once, &point, &samples, err);

    if (code < 0)
        return code;
    *ret_ns = samples[0].region_ns;
    for (int i = 0; i < SAMPLES; i++) {
        *ret_ns = fmin(*ret_ns, samples[i].region_ns);
        csw_sample_release(&samples[i]);
    }
    free(samples);
    return 0;
}

/* Grows the factor until a serial run takes nearly as long as wanted; replaces series->tasks. */
static int calibrate_series(struct csw_series *series, const struct csw_kernel *kernel,
                            const struct stopwatch *with, struct csw_err *err)
{
    double factor = 1, before = 0, took_ns = 0, before_ns = 0;
    char *tasks = csw_tasks_scaled(series->tasks, factor, kernel->max_n, err);

    for (int step = 0; tasks && step < MAX_STEPS; step++) {
        const int code = time_serially(series, tasks, with, &took_ns, err);

        if (code < 0) {
            free(tasks);
            return code;
        }
        if (took_ns >= NEAR_ENOUGH * (double)CSW_CALIBRATED_NS)
            break;
        const double next = csw_next_factor(before, before_ns, factor, took_ns);

        before = factor;
        before_ns = took_ns;
        factor = next;
        free(tasks);
        tasks = csw_tasks_scaled(series->tasks, factor, kernel->max_n, err);
    }
    if (!tasks)
        return -ENOMEM;
    free(series->tasks);
    series->tasks = tasks;
    return 0;
}

/* Another schedule of the same kernel was calibrated already: its work size holds here too. */
static const struct csw_series *calibrated_before(const struct csw_series_list *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(list->series[i].kernel, list->series[index].kernel) == 0 &&
            strcmp(list->series[i].options, list->series[index].options) == 0)
            return &list->series[i];
    return NULL;
}

static int copy_tasks(struct csw_series *series, const struct csw_series *from, struct csw_err *err)
{
    char *tasks = strdup(from->tasks);

    if (!tasks)
        return csw_fail(err, -ENOMEM, "no memory for a workload");
    free(series->tasks);
    series->tasks = tasks;
    return 0;
}

/* A chunk of the user's may be tiny for tasks of the size that they have now. */
static int check_cut(const struct csw_series *series, const struct csw_kernel *kernel,
                     struct csw_err *err)
{
    struct csw_workload workload = {0};
    struct csw_schedule schedule;
    int code = csw_workload_parse(&workload, series->tasks, err);

    if (code == 0)
        code = csw_schedule_parse(&schedule, series->schedule, err);
    if (code == 0)
        code = csw_job_check(kernel, &workload, &schedule, err);
    csw_workload_release(&workload);
    return code;
}

/* A base in another language is slower than this program; NULL: there is none of the kernel. */
static const struct csw_point *slowest_base(const struct csw_plan *plan,
                                            const struct csw_series *series)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct csw_point *point = &plan->points[i];
        const struct csw_driver *driver = csw_driver_find(point->driver)->driver;

        if (strcmp(point->kernel, series->kernel) == 0 && driver->told && driver->base &&
            strcmp(driver->base, driver->name) == 0)
            return point;
    }
    return NULL;
}

int csw_calibrate(const struct csw_series_list *list, const struct csw_plan *plan,
                  const struct csw_visit *visit, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < list->count; i++) {
        struct csw_series *series = &list->series[i];
        const struct csw_kernel *kernel = csw_kernel_find(series->kernel);
        const struct csw_series *same = calibrated_before(list, i);
        const struct stopwatch with = {visit, slowest_base(plan, series)};

        if (kernel->flags & CSW_AS_GIVEN)
            continue;
        code = same ? copy_tasks(series, same, err) : calibrate_series(series, kernel, &with, err);
        if (code == 0)
            code = check_cut(series, kernel, err);
    }
    return code;
}
