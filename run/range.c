/* range.c - a range of one task, by the calling thread: see coresweep/run.h */
#include <coresweep/run.h>

#include <errno.h>
#include <inttypes.h>

#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "harness/names.h"

/* A kernel that is open for one task. It stays where it was opened: the state may be the task. */
struct range {
    const struct csw_kernel *kernel;
    struct csw_task task;
    void *state;
    uint64_t lo, hi;
};

static int check_kernel(const struct range *range, struct csw_err *err)
{
    struct csw_task task = range->task;
    const struct csw_workload workload = {.count = 1, .tasks = &task};
    const struct csw_schedule whole = {.handout = CSW_WHOLE};

    if (range->kernel->fill)
        return csw_fail(err, -ENOTSUP,
                        "the items of kernel '%s' are data that workers fill first; run it as a "
                        "job, under a driver",
                        range->kernel->name);
    return csw_job_check(range->kernel, &workload, &whole, err);
}

static int check_bounds(const struct range *range, struct csw_err *err)
{
    const uint64_t n = range->task.n, lo = range->lo, hi = range->hi;

    if (lo >= hi)
        return 0;
    if (hi > n)
        return csw_fail(err, -EINVAL,
                        "the range %" PRIu64 " to %" PRIu64 " ends after the last of the task's "
                        "%" PRIu64 " items",
                        lo, hi, n);
    if ((range->kernel->flags & CSW_INDIVISIBLE) && (lo > 0 || hi < n))
        return csw_fail(err, -EINVAL,
                        "a task of kernel '%s' cannot be divided; its range is 0 to %" PRIu64,
                        range->kernel->name, n);
    return 0;
}

static int range_open(struct range *range, const char *kernel, struct csw_err *err)
{
    int code = csw_kernel_require(&range->kernel, kernel, err);

    if (code == 0)
        code = check_kernel(range, err);
    if (code == 0)
        code = check_bounds(range, err);
    if (code < 0)
        return code;
    range->state = &range->task;
    return range->kernel->open ? range->kernel->open(&range->state, &range->task, err) : 0;
}

static void range_close(struct range *range)
{
    if (range->kernel->close)
        range->kernel->close(range->state);
}

int csw_run_scan(const char *kernel, uint64_t n, uint64_t lo, uint64_t hi,
                 struct csw_tally *ret_tally, struct csw_err *err)
{
    struct range range = {.task.n = n, .lo = lo, .hi = hi};
    const int code = range_open(&range, kernel, err);

    if (code < 0)
        return code;
    *ret_tally = range.kernel->scan(range.state, lo, hi);
    range_close(&range);
    return 0;
}

static uint64_t count_hits(const struct range *range)
{
    struct csw_tally (*const tell)(const void *, uint64_t, uint64_t) =
        range->kernel->expect ? range->kernel->expect : range->kernel->scan;

    return tell(range->state, range->lo, range->hi).hits;
}

static int list_range(const struct range *range, uint64_t *hits, uint64_t capacity,
                      uint64_t *ret_count, struct csw_err *err)
{
    const uint64_t count = count_hits(range);

    if (count > 0 && count <= capacity) {
        const size_t listed = range->kernel->list(range->state, range->lo, range->hi, hits);

        if (listed != count)
            return csw_fail(err, CSW_EWRONG,
                            "wrong result: kernel '%s' listed %zu hits of the items %" PRIu64
                            " to %" PRIu64 ", of which it counted %" PRIu64,
                            range->kernel->name, listed, range->lo, range->hi, count);
    }
    *ret_count = count;
    return 0;
}

int csw_run_list(const char *kernel, uint64_t n, uint64_t lo, uint64_t hi, uint64_t *ret_hits,
                 uint64_t capacity, uint64_t *ret_count, struct csw_err *err)
{
    struct range range = {.task.n = n, .lo = lo, .hi = hi};
    int code = range_open(&range, kernel, err);

    if (code < 0)
        return code;
    code = range.kernel->list
               ? list_range(&range, ret_hits, capacity, ret_count, err)
               : csw_fail(err, -ENOTSUP, "kernel '%s' has no list of what it finds", kernel);
    range_close(&range);
    return code;
}
