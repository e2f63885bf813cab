/*
 * cpython_processes - a multiprocessing.Process per unit, as many at a time as there are workers;
 * one per worker under static.
 */
#include "python.h"

static int open_processes(struct csw_team **ret_team, const struct csw_job *job,
                          const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "processes", .makes_processes = true};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_processes = {
    .name = "cpython-processes",
    .summary = "CPython, multiprocessing.Process: a process per unit",
    .handouts = CSW_PYTHON_HANDOUTS,
    .settings = csw_python_process_settings,
    .open = open_processes,
    CSW_PYTHON_MEMBERS,
};
