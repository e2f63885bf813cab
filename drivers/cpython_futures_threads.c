/*
 * cpython_futures_threads - concurrent.futures.ThreadPoolExecutor(workers).map.
 */
#include "python.h"

static int open_futures_threads(struct csw_team **ret_team, const struct csw_job *job,
                                const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "futures-threads"};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_futures_threads = {
    .name = "cpython-futures-threads",
    .summary = "CPython, concurrent.futures.ThreadPoolExecutor",
    .handouts = CSW_PYTHON_POOL_HANDOUTS,
    .settings = csw_python_settings,
    .open = open_futures_threads,
    CSW_PYTHON_MEMBERS,
};
