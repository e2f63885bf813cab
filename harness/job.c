/* job.c - opening a kernel for every task, and cutting the tasks into units. */
#include <coresweep/job.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "machine.h"

/* Without a chunk of the user's, dynamic, guided and late cut this many units in all (more where
 * tasks are many): fine enough for 16 units per worker on 64 cores, coarse enough not to be felt.
 */
#define DEFAULT_UNITS 1024u

static void cut(struct csw_part *part, uint64_t pieces)
{
    part->pieces = pieces;
    part->quotient = part->n / pieces;
    part->remainder = part->n % pieces;
}

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

/* Items of all tasks, saturating: only the order of magnitude matters. */
static uint64_t total_items(const struct csw_workload *workload)
{
    uint64_t total = 0;

    for (size_t i = 0; i < workload->count; i++)
        if (__builtin_add_overflow(total, workload->tasks[i].n, &total))
            return UINT64_MAX;
    return total;
}

static uint64_t pieces_of(uint64_t n, const struct csw_schedule *schedule, unsigned workers,
                          uint64_t default_chunk)
{
    uint64_t pieces = 1;

    if (schedule->handout == CSW_STATIC)
        pieces = workers;
    else if (schedule->handout != CSW_WHOLE)
        pieces = ceil_div(n, schedule->chunk > 0 ? schedule->chunk : default_chunk);
    return pieces > 0 ? pieces : 1;
}

/* More would take minutes to hand out, and are surely a chunk that was meant for smaller tasks; and
 * a range of units is two numbers of 32 bits. */
#define MAX_UNITS (UINT64_C(1) << 31)

static uint64_t default_chunk(const struct csw_workload *workload)
{
    const uint64_t total = total_items(workload);

    return total > DEFAULT_UNITS ? ceil_div(total, DEFAULT_UNITS) : 1;
}

static void cut_tasks(struct csw_job *job, const struct csw_workload *workload)
{
    const uint64_t chunk = default_chunk(workload);

    for (size_t i = 0; i < job->tasks; i++) {
        struct csw_part *part = &job->parts[i];

        part->n = workload->tasks[i].n;
        part->first_unit = job->units;
        cut(part, pieces_of(part->n, &job->schedule, job->workers, chunk));
        job->units += part->pieces;
    }
}

static int check_cut(const struct csw_workload *workload, const struct csw_schedule *schedule,
                     struct csw_err *err)
{
    const uint64_t chunk = default_chunk(workload);
    uint64_t units = 0;

    for (size_t i = 0; i < workload->count; i++) {
        const uint64_t pieces = pieces_of(workload->tasks[i].n, schedule, 1, chunk);

        if (pieces > MAX_UNITS - units)
            return csw_fail(err, -EINVAL,
                            "a chunk of %" PRIu64 " cuts the tasks into more than %" PRIu64
                            " units; use a larger chunk or smaller tasks",
                            schedule->chunk, MAX_UNITS);
        units += pieces;
    }
    return 0;
}

/* Data that memory cannot hold would end in the system killing somebody. */
static int check_memory(const struct csw_kernel *kernel, const struct csw_workload *workload,
                        struct csw_err *err)
{
    char limit[CSW_LIMIT_TEXT_SIZE];

    if (kernel->item_bytes == 0 ||
        total_items(workload) <= csw_memory_limit("", limit) / 10 * 9 / kernel->item_bytes)
        return 0;
    return csw_fail(err, -EINVAL,
                    "the data of kernel '%s', %" PRIu64 " bytes for each of %" PRIu64
                    " items, do not fit into nine tenths of %s",
                    kernel->name, kernel->item_bytes, total_items(workload), limit);
}

int csw_job_check(const struct csw_kernel *kernel, const struct csw_workload *workload,
                  const struct csw_schedule *schedule, struct csw_err *err)
{
    const char *missing = csw_kernel_missing(kernel);

    if (missing)
        return csw_fail(err, -ENOTSUP, "kernel '%s' cannot run here: %s", kernel->name, missing);
    if ((kernel->flags & CSW_INDIVISIBLE) && schedule->handout != CSW_WHOLE)
        return csw_fail(err, -EINVAL,
                        "a task of kernel '%s' cannot be divided; use --schedule whole",
                        kernel->name);
    for (size_t i = 0; i < workload->count; i++)
        if (kernel->max_n > 0 && workload->tasks[i].n > kernel->max_n)
            return csw_fail(err, -EINVAL,
                            "task %" PRIu64 " is too large for kernel '%s', which takes up to "
                            "%" PRIu64,
                            workload->tasks[i].n, kernel->name, kernel->max_n);
    const int code = check_memory(kernel, workload, err);

    return code == 0 ? check_cut(workload, schedule, err) : code;
}

static int open_states(struct csw_job *job, const struct csw_workload *workload,
                       struct csw_err *err)
{
    for (size_t i = 0; i < workload->count; i++) {
        void *state = &workload->tasks[i];
        const int code =
            job->kernel->open ? job->kernel->open(&state, &workload->tasks[i], err) : 0;

        if (code < 0)
            return code;
        job->parts[i].state = state;
        job->tasks = i + 1;
    }
    return 0;
}

static void find_expectation(struct csw_job *job)
{
    for (size_t i = 0; i < job->tasks; i++) {
        const struct csw_part *part = &job->parts[i];
        struct csw_tally (*const tell)(const void *, uint64_t, uint64_t) =
            job->kernel->expect ? job->kernel->expect : job->kernel->scan;
        const struct csw_tally tally = tell(part->state, 0, part->n);

        csw_tally_add(&job->expect, &tally);
    }
}

int csw_job_cut(struct csw_job **ret_job, const struct csw_kernel *kernel,
                const struct csw_workload *workload, const struct csw_schedule *schedule,
                unsigned workers, struct csw_err *err)
{
    int code = csw_job_check(kernel, workload, schedule, err);

    if (code < 0)
        return code;
    struct csw_job *job =
        mmap(NULL, sizeof *job, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (job == MAP_FAILED)
        return csw_fail(err, -ENOMEM, "no memory for a job");
    job->kernel = kernel;
    job->schedule = *schedule;
    job->workers = workers;
    job->stamped = true;
    job->parts = calloc(workload->count, sizeof *job->parts);
    code = job->parts ? open_states(job, workload, err)
                      : csw_fail(err, -ENOMEM, "no memory for %zu tasks", workload->count);
    if (code < 0) {
        csw_job_close(job);
        return code;
    }
    cut_tasks(job, workload);
    *ret_job = job;
    return 0;
}

int csw_job_open(struct csw_job **ret_job, const struct csw_kernel *kernel,
                 const struct csw_workload *workload, const struct csw_schedule *schedule,
                 unsigned workers, struct csw_err *err)
{
    const int code = csw_job_cut(ret_job, kernel, workload, schedule, workers, err);

    if (code == 0 && !kernel->fill)
        find_expectation(*ret_job);
    return code;
}

void csw_job_close(struct csw_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; i < job->tasks; i++)
        if (job->kernel->close)
            job->kernel->close((void *)job->parts[i].state);
    free(job->parts);
    munmap(job, sizeof *job);
}
