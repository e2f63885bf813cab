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

static double work_of_piece(const struct csw_job *job, const struct csw_part *part, uint64_t k)
{
    const uint64_t lo = csw_part_item(part, k), hi = csw_part_item(part, k + 1);

    return job->kernel->expect ? (double)job->kernel->expect(part->state, lo, hi).work
                               : (double)(hi - lo);
}

/* Under `static` what one worker does of all tasks is one piece, otherwise every unit is. */
static bool is_bundled(const struct csw_job *job)
{
    return job->schedule.handout == CSW_STATIC;
}

/* Adds the work of every unit to its piece. */
static void add_work(const struct csw_job *job, double *work)
{
    for (size_t task = 0; task < job->tasks; task++) {
        const struct csw_part *part = &job->parts[task];

        for (uint64_t k = 0; k < part->pieces; k++)
            work[is_bundled(job) ? k : part->first_unit + k] += work_of_piece(job, part, k);
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

static int fill_pieces(struct csw_pieces *pieces, const struct csw_job *job)
{
    if (job->units > MAX_PIECES)
        return 0;
    pieces->count = is_bundled(job) ? job->workers : job->units;
    pieces->work = calloc(pieces->count, sizeof *pieces->work);
    if (!pieces->work)
        return -ENOMEM;
    add_work(job, pieces->work);
    return 0;
}

int csw_pieces_init(struct csw_pieces *ret_pieces, const struct csw_point *point,
                    const char *schedule, const struct csw_host *host)
{
    const struct csw_kernel *registered = csw_kernel_find(point->kernel);
    struct csw_workload workload = {0};
    struct csw_job *job = NULL;

    if (!registered || host->usable_pus == 0 || point->workers == 0 ||
        point->workers > CSW_MAX_WORKERS)
        return -ENOENT;
    int code = csw_workload_parse(&workload, point->tasks, NULL);

    if (code < 0)
        return code;
    const struct csw_kernel kernel = closed_form_of(registered);

    code = cut_point(&job, &kernel, &workload, point, schedule);
    if (code == 0) {
        struct csw_pieces pieces = {.handout = job->schedule.handout,
                                    .ordered = is_ordered(job, point->driver),
                                    .workers = job->workers,
                                    .cpus = cpus_of(&kernel, host)};

        code = fill_pieces(&pieces, job);
        if (code == 0)
            *ret_pieces = pieces;
    }
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
