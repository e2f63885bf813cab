/* pieces.c - see pieces.h */
#include "pieces.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <coresweep/driver.h>
#include <coresweep/kernel.h>

#include "options.h"

#define MAX_PIECES (UINT64_C(1) << 16)

/*
 * The kernel as far as its work is counted. One without a closed form is only cut, not opened: its
 * data may be larger than the memory here.
 */
static struct csw_kernel closed_form_of(const struct csw_kernel *kernel)
{
    struct csw_kernel copy = *kernel;

    if (!kernel->expect) {
        copy.open = NULL;
        copy.close = NULL;
        copy.item_bytes = 0;
    }
    return copy;
}

/* The caller closes the job, which borrows kernel and workload. */
static int cut_point(struct csw_job **ret_job, const struct csw_kernel *kernel,
                     struct csw_workload *workload, const struct csw_point *point,
                     const char *schedule_text)
{
    struct csw_schedule schedule;
    uint8_t choice[CSW_MAX_OPTIONS];
    int code = csw_schedule_parse(&schedule, schedule_text, NULL);

    if (code == 0)
        code = csw_options_choose(choice, kernel, point->options ? point->options : "", NULL);
    if (code < 0)
        return code;
    csw_workload_choose(workload, choice);
    return csw_job_cut(ret_job, kernel, workload, &schedule, (unsigned)point->workers, NULL);
}

/* ---- measured work -------------------------------------------------------------------------- */

/*
 * The items of all tasks in a row, cut where a group of measured units begins: the cost of a range
 * of items is the difference of two sums. Positions are doubles: items beyond 2^53 are not told
 * apart one by one.
 */
struct scale {
    size_t count;        /* of groups */
    double *item, *cost; /* count + 1 of each: where group i begins, and all costs before it */
};

static void scale_release(struct scale *scale)
{
    free(scale->item);
    free(scale->cost);
}

/* Where units are among the items, asked for in rising order. */
struct cursor {
    const struct csw_job *job;
    size_t task;
    double items; /* of the tasks before it */
};

static double items_before(struct cursor *cursor, uint64_t unit)
{
    const struct csw_job *job = cursor->job;
    const struct csw_part *part = &job->parts[cursor->task];

    while (unit >= part->first_unit + part->pieces && cursor->task + 1 < job->tasks) {
        cursor->items += (double)part->n;
        part = &job->parts[++cursor->task];
    }
    return cursor->items + (double)csw_part_item(part, unit - part->first_unit);
}

static int scale_init(struct scale *ret_scale, const struct csw_job *job,
                      const struct csw_cost *cost)
{
    struct scale scale = {.count = cost->count,
                          .item = calloc(cost->count + 1, sizeof *scale.item),
                          .cost = calloc(cost->count + 1, sizeof *scale.cost)};

    if (!scale.item || !scale.cost || job->units != cost->units) {
        const int code = scale.item && scale.cost ? -EINVAL : -ENOMEM;

        scale_release(&scale);
        return code;
    }
    struct cursor cursor = {.job = job};

    for (size_t i = 0; i < cost->count; i++) {
        const uint64_t end = (i + 1) * cost->group;

        scale.item[i + 1] = items_before(&cursor, end < job->units ? end : job->units);
        scale.cost[i + 1] = scale.cost[i] + cost->ns[i];
    }
    *ret_scale = scale;
    return 0;
}

/* The cost of all items before this one. */
static double cost_before(const struct scale *scale, double item)
{
    size_t low = 0, high = scale->count;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (scale->item[middle] <= item)
            low = middle;
        else
            high = middle;
    }
    const double items = scale->item[low + 1] - scale->item[low];
    const double share = items > 0 ? (item - scale->item[low]) / items : 1;

    return scale->cost[low] + share * (scale->cost[low + 1] - scale->cost[low]);
}

/* ---- the work of a piece -------------------------------------------------------------------- */

/* Of one task: `items` are those of the tasks before it. No scale: counted. */
static double work_of_piece(const struct csw_job *job, const struct csw_part *part, uint64_t k,
                            const struct scale *scale, double items)
{
    const uint64_t lo = csw_part_item(part, k), hi = csw_part_item(part, k + 1);

    if (scale)
        return cost_before(scale, items + (double)hi) - cost_before(scale, items + (double)lo);
    return job->kernel->expect ? (double)job->kernel->expect(part->state, lo, hi).work
                               : (double)(hi - lo);
}

/* Under `static` what one worker does of all tasks is one piece, otherwise every unit is. */
static bool is_bundled(const struct csw_job *job)
{
    return job->schedule.handout == CSW_STATIC;
}

/* Adds the work of every unit to its piece. */
static void add_work(const struct csw_job *job, const struct scale *scale, double *work)
{
    double items = 0;

    for (size_t task = 0; task < job->tasks; task++) {
        const struct csw_part *part = &job->parts[task];

        for (uint64_t k = 0; k < part->pieces; k++)
            work[is_bundled(job) ? k : part->first_unit + k] +=
                work_of_piece(job, part, k, scale, items);
        items += (double)part->n;
    }
}

static bool is_ordered(const struct csw_job *job, const char *driver_name)
{
    const struct csw_driver_entry *entry = csw_driver_find(driver_name);

    if (!entry || !entry->driver || (entry->driver->flags & CSW_ALWAYS_LATE))
        return false;
    return job->schedule.handout == CSW_WHOLE || is_bundled(job);
}

static double cpus_of(const struct csw_kernel *kernel, const struct csw_host *host)
{
    const double pus = (double)host->usable_pus;

    if (kernel->flags & CSW_WAITS)
        return INFINITY;
    return host->quota_cpus > 0 ? fmin(pus, host->quota_cpus) : pus;
}

static int fill_pieces(struct csw_pieces *pieces, const struct csw_job *job,
                       const struct scale *scale)
{
    if (job->units > MAX_PIECES)
        return 0;
    pieces->count = is_bundled(job) ? job->workers : job->units;
    pieces->work = calloc(pieces->count, sizeof *pieces->work);
    if (!pieces->work)
        return -ENOMEM;
    add_work(job, scale, pieces->work);
    return 0;
}

/* The measured job, cut again as it was; only its units' borders are needed. */
static int open_scale(struct scale *ret_scale, const struct csw_kernel *kernel,
                      struct csw_workload *workload, const struct csw_point *point,
                      const struct csw_cost *cost)
{
    struct csw_job *job = NULL;
    int code = cut_point(&job, kernel, workload, point, cost->schedule);

    if (code == 0)
        code = scale_init(ret_scale, job, cost);
    csw_job_close(job);
    return code;
}

static int cut_pieces(struct csw_pieces *ret_pieces, const struct csw_kernel *kernel,
                      const struct csw_job *job, const struct scale *scale,
                      const struct csw_point *point, const struct csw_host *host)
{
    struct csw_pieces pieces = {.handout = job->schedule.handout,
                                .ordered = is_ordered(job, point->driver),
                                .workers = job->workers,
                                .cpus = cpus_of(kernel, host)};
    const int code = fill_pieces(&pieces, job, scale);

    if (code == 0)
        *ret_pieces = pieces;
    return code;
}

int csw_pieces_init(struct csw_pieces *ret_pieces, const struct csw_point *point,
                    const char *schedule, const struct csw_cost *measured,
                    const struct csw_host *host)
{
    const struct csw_kernel *registered = csw_kernel_find(point->kernel);
    struct csw_workload workload = {0};
    struct csw_job *job = NULL;
    struct scale scale = {0};

    if (!registered || host->usable_pus == 0 || point->workers == 0 ||
        point->workers > CSW_MAX_WORKERS)
        return -ENOENT;
    int code = csw_workload_parse(&workload, point->tasks, NULL);

    if (code < 0)
        return code;
    const struct csw_kernel kernel = closed_form_of(registered);

    code = cut_point(&job, &kernel, &workload, point, schedule);
    if (code == 0 && measured)
        code = open_scale(&scale, &kernel, &workload, point, measured);
    if (code == 0)
        code = cut_pieces(ret_pieces, &kernel, job, measured ? &scale : NULL, point, host);
    scale_release(&scale);
    csw_job_close(job);
    csw_workload_release(&workload);
    return code;
}

void csw_pieces_release(struct csw_pieces *pieces)
{
    if (!pieces)
        return;
    free(pieces->work);
    *pieces = (struct csw_pieces){0};
}
