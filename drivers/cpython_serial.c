/*
 * cpython_serial - a plain loop in CPython: what the others are compared with.
 */
#include "python.h"

static int open_serial(struct csw_team **ret_team, const struct csw_job *job,
                       const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "serial"};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_serial = {
    .name = "cpython-serial",
    .summary = "CPython, a plain loop: the base of the others' speedups",
    .flags = CSW_ONE_WORKER,
    .handouts = CSW_PYTHON_HANDOUTS,
    .settings = csw_python_settings,
    .open = open_serial,
    CSW_PYTHON_MEMBERS,
};
