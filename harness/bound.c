/* bound.c - see bound.h */
#include "bound.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/driver.h>
#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "options.h"

/* ---- of pieces of work ---------------------------------------------------------------------- */

static double sum_of(const double *work, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += work[i];
    return sum;
}

/* The limit of pieces without end: each worker has at most one CPU. */
static double even_bound(unsigned workers, double cpus)
{
    return fmax(1, fmin(workers, cpus));
}

/* sum / makespan, where rounding must not lift it over the limit. */
static double ratio(double sum, double makespan, unsigned workers, double cpus)
{
    return sum > 0 ? fmin(sum / makespan, even_bound(workers, cpus)) : NAN;
}

static size_t first_to_finish(const double *finish, size_t busy)
{
    size_t first = 0;

    for (size_t i = 1; i < busy; i++)
        if (finish[i] < finish[first])
            first = i;
    return first;
}

/*
 * All busy workers go on at one rate, so that one clock, the work that a worker who was always busy
 * would have done, says when each will finish. Each of `finish` is a busy worker; on entry it has
 * begun its first piece.
 */
static double simulate(double *finish, size_t busy, const double *rest, size_t left, double cpus)
{
    double done = 0, now = 0;

    while (busy > 0) {
        const size_t first = first_to_finish(finish, busy);

        now += (finish[first] - done) / fmin(1, cpus / (double)busy);
        done = finish[first];
        if (left > 0) {
            finish[first] += *rest++;
            left--;
        } else {
            finish[first] = finish[--busy];
        }
    }
    return now;
}

double csw_bound_in_order(const double *work, size_t count, unsigned workers, double cpus)
{
    const size_t busy = count < workers ? count : workers;
    double *finish = busy > 0 ? malloc(busy * sizeof *finish) : NULL;

    if (!finish)
        return NAN;
    memcpy(finish, work, busy * sizeof *finish);
    const double makespan = simulate(finish, busy, work + busy, count - busy, fmax(1, cpus));

    free(finish);
    return ratio(sum_of(work, count), makespan, workers, cpus);
}

static int compare_falling(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left < right) - (left > right);
}

/* The caller frees it. NULL: nothing to sort, or no memory. */
static double *sorted_copy(const double *work, size_t count)
{
    double *sorted = count > 0 ? malloc(count * sizeof *sorted) : NULL;

    if (sorted) {
        memcpy(sorted, work, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_falling);
    }
    return sorted;
}

double csw_bound_longest_first(const double *work, size_t count, unsigned workers, double cpus)
{
    double *sorted = sorted_copy(work, count);

    if (!sorted)
        return NAN;
    const double bound = csw_bound_in_order(sorted, count, workers, cpus);

    free(sorted);
    return bound;
}

/* The k + 1 least of the k * workers + 1 longest pieces, for the worst k. Spends the sorted work.
 */
static double pigeonhole(double *sorted, size_t count, unsigned workers)
{
    double most = sorted[0];

    for (size_t i = 1; i < count; i++)
        sorted[i] += sorted[i - 1]; /* what the first i + 1 take together */
    for (size_t k = 1; k <= (count - 1) / workers; k++) {
        const size_t last = k * workers, before = last - k;

        most = fmax(most, sorted[last] - (before > 0 ? sorted[before - 1] : 0));
    }
    return most;
}

double csw_bound_in_any_order(const double *work, size_t count, unsigned workers, double cpus)
{
    double *sorted = workers > 0 ? sorted_copy(work, count) : NULL;

    if (!sorted)
        return NAN;
    const double sum = sum_of(work, count);
    const double makespan =
        fmax(sum / even_bound(workers, cpus), pigeonhole(sorted, count, workers));

    free(sorted);
    return ratio(sum, makespan, workers, cpus);
}

/* ---- the pieces of a point ------------------------------------------------------------------ */

static const struct csw_bound unknown = {.fair = NAN, .hard = NAN};

/* More units are not looked at one by one, which leaves the bound of workers and CPUs. */
#define MAX_PIECES (UINT64_C(1) << 16)

/*
 * The kernel as far as a bound needs it. One without a closed form is only cut, not opened: its
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
                     struct csw_workload *workload, const struct csw_point *point)
{
    struct csw_schedule schedule;
    uint8_t choice[CSW_MAX_OPTIONS];
    int code = csw_schedule_parse(&schedule, point->schedule, NULL);

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

/* Whether it is known which pieces a worker does, other than by chance. */
static bool is_ordered(const struct csw_job *job, const char *driver_name)
{
    const struct csw_driver_entry *entry = csw_driver_find(driver_name);

    if (!entry || !entry->driver || (entry->driver->flags & CSW_ALWAYS_LATE))
        return false;
    return job->schedule.handout == CSW_WHOLE || is_bundled(job);
}

/* ---- a point -------------------------------------------------------------------------------- */

static double cpus_of(const struct csw_kernel *kernel, const struct csw_host *host)
{
    const double pus = (double)host->usable_pus;

    if (kernel->flags & CSW_WAITS)
        return INFINITY;
    return host->quota_cpus > 0 ? fmin(pus, host->quota_cpus) : pus;
}

static struct csw_bound bound_of_work(const double *work, size_t count, bool ordered,
                                      unsigned workers, double cpus)
{
    if (sum_of(work, count) == 0)
        return (struct csw_bound){even_bound(workers, cpus), even_bound(workers, cpus)};
    const double in_order = csw_bound_in_order(work, count, workers, cpus);

    if (ordered && workers <= cpus)
        return (struct csw_bound){.fair = in_order, .hard = in_order};
    const double any = csw_bound_in_any_order(work, count, workers, cpus);

    return (struct csw_bound){.fair = ordered ? in_order : any, .hard = any};
}

static struct csw_bound bound_of_job(const struct csw_job *job, const char *driver, double cpus)
{
    const uint64_t pieces = is_bundled(job) ? job->workers : job->units;

    if (job->units > MAX_PIECES)
        return bound_of_work(NULL, 0, false, job->workers, cpus);
    double *work = calloc(pieces, sizeof *work);

    if (!work)
        return unknown;
    add_work(job, work);
    const struct csw_bound bound =
        bound_of_work(work, pieces, is_ordered(job, driver), job->workers, cpus);

    free(work);
    return bound;
}

struct csw_bound csw_bound_of_point(const struct csw_point *point, const struct csw_host *host)
{
    const struct csw_kernel *registered = csw_kernel_find(point->kernel);
    struct csw_workload workload = {0};
    struct csw_bound bound = unknown;
    struct csw_job *job = NULL;

    if (!registered || host->usable_pus == 0 || point->workers == 0 ||
        point->workers > CSW_MAX_WORKERS || csw_workload_parse(&workload, point->tasks, NULL) < 0)
        return unknown;
    const struct csw_kernel kernel = closed_form_of(registered);

    if (cut_point(&job, &kernel, &workload, point) == 0)
        bound = bound_of_job(job, point->driver, cpus_of(&kernel, host));
    csw_job_close(job);
    csw_workload_release(&workload);
    return bound;
}

/* Steps of the kernel stand for time, but those of a short task take a few per cent longer. */
#define MARGIN 0.05

bool csw_bound_exceeded(const struct csw_bound *bound, const struct csw_estimate *s_abs)
{
    return s_abs->low > bound->hard * (1 + MARGIN); /* false for NAN */
}
