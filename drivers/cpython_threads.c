/*
 * cpython_threads - a threading.Thread per worker, made and joined in every run.
 */
#include "python.h"

static int open_threads(struct csw_team **ret_team, const struct csw_job *job,
                        const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_python_mode mode = {.name = "threads"};

    return csw_python_open(ret_team, &mode, job, placement, err);
}

const struct csw_driver csw_driver_cpython_threads = {
    .name = "cpython-threads",
    .summary = "CPython, threading.Thread: a thread per worker",
    .handouts = CSW_PYTHON_HANDOUTS,
    .settings = csw_python_settings,
    .open = open_threads,
    CSW_PYTHON_MEMBERS,
};
