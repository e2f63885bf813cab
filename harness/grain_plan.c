/* grain_plan.c - which points a grain run visits. See grain.h. */
#include "grain.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "calibrate.h"
#include "names.h"
#include "options.h"

#define NS_PER_US 1e3

/* What is carried from series to worker counts to sizes. */
struct grain_maker {
    struct csw_plan *plan;
    const struct csw_series *series;
    const struct csw_room *room;
    const struct csw_grain_wish *wish;
    const struct csw_kernel *kernel;
    struct csw_schedule schedule;
};

/* ---- what can be cut into small tasks ------------------------------------------------------- */

static int check_kernel(const struct csw_kernel *kernel, struct csw_err *err)
{
    const char *why = NULL;

    if (kernel->flags & CSW_WAITS)
        why = "it waits, and workers that wait are never short of work";
    else if (kernel->item_bytes > 0)
        why = "its data would leave the caches as tasks grow, which is no price of handing out";
    else if (kernel->flags & (CSW_AS_GIVEN | CSW_INDIVISIBLE))
        why = "its tasks do not grow with their size, or cannot be cut";
    return why ? csw_fail(err, -EINVAL,
                          "kernel '%s' tells nothing of granularity: %s; use one that computes, "
                          "such as sqrt or spin",
                          kernel->name, why)
               : 0;
}

static int check_schedule(const char *text, const struct csw_schedule *schedule,
                          struct csw_err *err)
{
    if (schedule->handout == CSW_WHOLE || schedule->handout == CSW_GUIDED)
        return csw_fail(err, -EINVAL,
                        "schedule '%s' does not hand out tasks of one size; use dynamic, late or "
                        "static",
                        text);
    if (schedule->chunk > 0)
        return csw_fail(err, -EINVAL,
                        "schedule '%s': the chunk is what a grain run varies; leave it away", text);
    return 0;
}

/* ---- one size ------------------------------------------------------------------------------- */

static bool has_base(const struct csw_plan *plan, const struct csw_point *base)
{
    for (size_t i = 0; i < plan->count; i++)
        if (csw_is_base(&plan->points[i], base))
            return true;
    return false;
}

static bool is_wanted(const struct csw_plan *plan, const struct csw_point *point, uint64_t workers)
{
    return csw_is_base(point, point) ? !has_base(plan, point) : point->workers == workers;
}

/* Moves the points that are wanted to the end of the plan, and frees the others. */
static int take_points(struct csw_plan *plan, struct csw_plan *from, uint64_t workers,
                       struct csw_err *err)
{
    struct csw_plan rest = {.points = from->points, .count = from->count};
    struct csw_point *points =
        reallocarray(plan->points, plan->count + from->count, sizeof *points);

    if (points)
        plan->points = points;
    for (size_t i = 0; points && i < rest.count; i++)
        if (is_wanted(plan, &rest.points[i], workers)) {
            plan->points[plan->count++] = rest.points[i];
            rest.points[i] = (struct csw_point){0};
        }
    csw_plan_release(&rest);
    return points ? 0 : csw_fail(err, -ENOMEM, "no memory for %zu points", plan->count);
}

/* One worker is always among the counts of a plan, as the base of S_rel: it is not wanted here. */
static int fill_size(const struct grain_maker *maker, const char *workers,
                     const struct csw_series *series, struct csw_err *err)
{
    struct csw_plan part = *maker->plan;
    const struct csw_series_list list = {1, (struct csw_series *)series};

    part.workers = (char *)workers;
    part.points = NULL;
    part.count = 0;
    const int code = csw_plan_fill(&part, &list, maker->room, err);

    if (code == 0)
        return take_points(maker->plan, &part, strtoull(workers, NULL, 10), err);
    struct csw_plan rest = {.points = part.points, .count = part.count};

    csw_plan_release(&rest);
    return code;
}

/*
 * Tasks of `items` each, as many per worker as wished for. A static schedule cuts every task of the
 * workload into one per worker; the others cut the only one by their chunk.
 */
static int add_size(const struct grain_maker *maker, const char *workers, uint64_t items,
                    struct csw_err *err)
{
    const bool is_static = maker->schedule.handout == CSW_STATIC;
    const uint64_t repeats = is_static ? maker->wish->tasks_per_worker : 1;
    const uint64_t each = is_static ? 1 : maker->wish->tasks_per_worker;
    const uint64_t n = items * each * strtoull(workers, NULL, 10);
    const struct csw_schedule schedule = {maker->schedule.handout, is_static ? 0 : items};
    char text[CSW_SCHEDULE_TEXT_SIZE], tasks[48];

    csw_schedule_text(&schedule, text);
    const int length = snprintf(tasks, sizeof tasks, "%" PRIu64, n);

    if (repeats > 1)
        snprintf(tasks + length, sizeof tasks - (size_t)length, "x%" PRIu64, repeats);
    const struct csw_series series = {maker->series->kernel, maker->series->options, tasks, text};

    return fill_size(maker, workers, &series, err);
}

/* ---- all sizes ------------------------------------------------------------------------------ */

/* Items of the tasks that csw_calibrate has scaled: a serial run of them takes about 0.1 s. */
static int count_items(const struct csw_series *series, double *ret_items, struct csw_err *err)
{
    struct csw_workload workload;
    const int code = csw_workload_parse(&workload, series->tasks, err);

    if (code < 0)
        return code;
    *ret_items = 0;
    for (size_t i = 0; i < workload.count; i++)
        *ret_items += (double)workload.tasks[i].n;
    csw_workload_release(&workload);
    return 0;
}

/* The largest power of two of items that take no longer than wished for, and that the kernel can
 * take in one run. */
static uint64_t largest_task(const struct grain_maker *maker, double items, uint64_t tasks)
{
    const double most = maker->kernel->max_n > 0 ? (double)maker->kernel->max_n : 0x1p62;
    const double share = (double)maker->wish->largest_us * NS_PER_US / (double)CSW_CALIBRATED_NS;
    const double wanted = fmin(items * share, most / (double)tasks);

    return wanted >= 1 ? UINT64_C(1) << (unsigned)floor(log2(wanted)) : 1;
}

static int add_sizes(const struct grain_maker *maker, unsigned workers, struct csw_err *err)
{
    char text[16];
    double items;
    int code = count_items(maker->series, &items, err);

    if (code < 0)
        return code;
    snprintf(text, sizeof text, "%u", workers);
    uint64_t size = largest_task(maker, items, maker->wish->tasks_per_worker * workers);

    for (; code == 0 && size > 0; size /= 2)
        code = add_size(maker, text, size, err);
    return code;
}

static int fill_series(struct grain_maker *maker, const unsigned *counts, size_t count,
                       struct csw_err *err)
{
    int code = csw_kernel_require(&maker->kernel, maker->series->kernel, err);

    if (code == 0)
        code = check_kernel(maker->kernel, err);
    if (code == 0)
        code = csw_schedule_parse(&maker->schedule, maker->series->schedule, err);
    if (code == 0)
        code = check_schedule(maker->series->schedule, &maker->schedule, err);
    for (size_t i = 0; code == 0 && i < count; i++)
        code = add_sizes(maker, counts[i], err);
    return code;
}

static int mark_plan(struct csw_plan *plan, const struct csw_grain_wish *wish, struct csw_err *err)
{
    char number[24];

    snprintf(number, sizeof number, "%" PRIu64, wish->tasks_per_worker);
    int code = csw_options_set(&plan->grain, "tasks-per-worker", number, err);

    snprintf(number, sizeof number, "%" PRIu64, wish->largest_us);
    return code == 0 ? csw_options_set(&plan->grain, "largest-us", number, err) : code;
}

int csw_grain_fill(struct csw_plan *plan, const struct csw_series_list *list,
                   const struct csw_room *room, const struct csw_grain_wish *wish,
                   struct csw_err *err)
{
    struct grain_maker maker = {.plan = plan, .room = room, .wish = wish};
    unsigned *counts = NULL;
    size_t count = 0;
    int code = csw_counts_parse(&counts, &count, plan->workers, err);

    for (size_t i = 0; code == 0 && i < list->count; i++) {
        maker.series = &list->series[i];
        code = fill_series(&maker, counts, count, err);
    }
    free(counts);
    return code == 0 ? mark_plan(plan, wish, err) : code;
}

bool csw_is_grain(const struct csw_plan *plan)
{
    return plan->grain && *plan->grain;
}
