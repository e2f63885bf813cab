/*
 * python.h - what the drivers cpython-* share: an interpreter that runs the job in one of the ways
 * that Python has (python/coresweep_modes.py), on its own clock.
 */
#ifndef CSW_PYTHON_H
#define CSW_PYTHON_H

#include <coresweep/driver.h>

/* How the interpreter makes its workers. */
struct csw_python_mode {
    const char *name;     /* as coresweep_modes.py calls it */
    bool makes_processes; /* it has a start method */
};

/* --python and --calls; those that make processes have --start-method, too. */
extern const struct csw_setting csw_python_settings[], csw_python_process_settings[];

/* 0, or -EINVAL where the kernel has no twin in Python, with those that have. */
int csw_python_accepts(const struct csw_kernel *, struct csw_err *);

/* Why there is none: "no python3 on the PATH", or NULL. */
const char *csw_python_missing(void);

/*
 * Starts the interpreter and gives it the job; the mode must outlive the team. The caller is no
 * worker and is not bound. The rest is as in driver.h.
 */
int csw_python_open(struct csw_team **ret_team, const struct csw_python_mode *,
                    const struct csw_job *, const struct csw_placement *, struct csw_err *);
int csw_python_run(struct csw_team *, struct csw_share *ret_shares, struct csw_err *);
void csw_python_told(struct csw_team *, struct csw_told *ret_told);
void csw_python_close(struct csw_team *);

/* Pools hand units to whom they like: no worker has pieces of its own. */
#define CSW_PYTHON_POOL_HANDOUTS (1u << CSW_WHOLE | 1u << CSW_DYNAMIC)
#define CSW_PYTHON_HANDOUTS (CSW_PYTHON_POOL_HANDOUTS | 1u << CSW_STATIC)

/* The members that are the same in all. */
#define CSW_PYTHON_MEMBERS                                                                         \
    .base = "cpython-serial", .accepts = csw_python_accepts, .missing = csw_python_missing,        \
    .run = csw_python_run, .told = csw_python_told, .close = csw_python_close

#endif
