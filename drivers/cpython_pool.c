/*
 * cpython_pool - multiprocessing.Pool(workers).map, a unit at a time.
 */
#include "python.h"

static int open_pool(struct csw_team **ret_team, const struct csw_job *job,
                     const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "pool", .makes_processes = true};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_pool = {
    .name = "cpython-pool",
    .summary = "CPython, multiprocessing.Pool: map in input order",
    .handouts = CSW_PYTHON_POOL_HANDOUTS,
    .settings = csw_python_process_settings,
    .open = open_pool,
    CSW_PYTHON_MEMBERS,
};
