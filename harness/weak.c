/* weak.c - see weak.h */
#include "weak.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include <coresweep/job.h>

/* Repeats each task in its place; false: no memory. */
static bool grow(struct csw_workload *workload, uint64_t growth)
{
    const size_t count = workload->count * growth;
    struct csw_task *tasks = reallocarray(workload->tasks, count, sizeof *tasks);

    if (!tasks)
        return false;
    workload->tasks = tasks;
    workload->count = count;
    for (size_t i = count; i-- > 0;)
        tasks[i] = tasks[i / growth];
    return true;
}

int csw_tasks_grown(char **ret_tasks, const char *tasks, uint64_t growth, struct csw_err *err)
{
    struct csw_workload workload = {0};
    char *text = NULL;
    int code = csw_workload_parse(&workload, tasks, err);

    if (code < 0)
        return code;
    if (workload.count > CSW_MAX_TASKS / growth)
        code = csw_fail(err, -EINVAL,
                        "with --weak and %" PRIu64 " workers the tasks become more than %u; name "
                        "fewer tasks or fewer workers",
                        growth, CSW_MAX_TASKS);
    else if (!grow(&workload, growth) || !(text = csw_workload_text(&workload)))
        code = csw_fail(err, -ENOMEM, "no memory for a workload");
    csw_workload_release(&workload);
    if (code == 0)
        *ret_tasks = text;
    return code;
}

static bool has_grown(const struct csw_point *point)
{
    return point->grown_from && *point->grown_from;
}

uint64_t csw_growth(const struct csw_point *point)
{
    return has_grown(point) ? point->workers : 1;
}

const char *csw_ungrown_tasks(const struct csw_point *point)
{
    return has_grown(point) ? point->grown_from : point->tasks;
}

static double serial_fraction(double speedup, double workers)
{
    return (workers - speedup) / (workers - 1);
}

struct csw_estimate csw_gustafson(struct csw_estimate speedup, uint64_t workers)
{
    const double p = (double)workers;

    return (struct csw_estimate){.value = serial_fraction(speedup.value, p),
                                 .low = serial_fraction(speedup.high, p),
                                 .high = serial_fraction(speedup.low, p),
                                 .n = speedup.n};
}
