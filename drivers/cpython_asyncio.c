/*
 * cpython_asyncio - a coroutine per worker, all in one thread: waiting overlaps, computing does
 * not.
 */
#include "python.h"

static int open_asyncio(struct csw_team **ret_team, const struct csw_job *job,
                        const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "asyncio"};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_asyncio = {
    .name = "cpython-asyncio",
    .summary = "CPython, asyncio: a coroutine per worker, one thread",
    .handouts = CSW_PYTHON_HANDOUTS,
    .settings = csw_python_settings,
    .open = open_asyncio,
    CSW_PYTHON_MEMBERS,
};
