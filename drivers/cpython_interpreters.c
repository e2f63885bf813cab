/*
 * cpython_interpreters - a thread per worker, each with an interpreter and a GIL of its own:
 * Python 3.12 or newer.
 */
#include "python.h"

static int open_interpreters(struct csw_team **ret_team, const struct csw_job *job,
                             const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "interpreters"};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_interpreters = {
    .name = "cpython-interpreters",
    .summary = "CPython 3.12, sub-interpreters, each with its own GIL",
    .handouts = CSW_PYTHON_HANDOUTS,
    .settings = csw_python_settings,
    .open = open_interpreters,
    CSW_PYTHON_MEMBERS,
};
