/*
 * cpython_futures_interpreters - concurrent.futures.InterpreterPoolExecutor(workers).map, of
 * Python 3.14.
 */
#include "python.h"

static int open_futures_interpreters(struct csw_team **ret_team, const struct csw_job *job,
                                     const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "futures-interpreters"};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_futures_interpreters = {
    .name = "cpython-futures-interpreters",
    .summary = "CPython 3.14, InterpreterPoolExecutor",
    .handouts = CSW_PYTHON_POOL_HANDOUTS,
    .settings = csw_python_settings,
    .open = open_futures_interpreters,
    CSW_PYTHON_MEMBERS,
};
