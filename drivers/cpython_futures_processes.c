/*
 * cpython_futures_processes - concurrent.futures.ProcessPoolExecutor(workers).map.
 */
#include "python.h"

static int open_futures_processes(struct csw_team **ret_team, const struct csw_job *job,
                                  const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "futures-processes",
                                                .makes_processes = true};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_futures_processes = {
    .name = "cpython-futures-processes",
    .summary = "CPython, concurrent.futures.ProcessPoolExecutor",
    .handouts = CSW_PYTHON_POOL_HANDOUTS,
    .settings = csw_python_process_settings,
    .open = open_futures_processes,
    CSW_PYTHON_MEMBERS,
};
