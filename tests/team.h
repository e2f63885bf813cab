/*
 * team.h - for tests that do harm to drivers: a team with all that it needs, and what a process
 * looks like from outside, so that a test can ask whether anything was left behind.
 */
#ifndef CSW_TEAM_H
#define CSW_TEAM_H

#include <coresweep/driver.h>

#include <sched.h>
#include <signal.h>

#include "harness/clock.h"

/* No statement about speed: what takes longer hangs. */
#define HANG_NS (5 * CSW_NS_PER_S)

void nap(void); /* 1 ms */

/* Waits for a state that others bring about; gives up rather than hang. */
#define AWAIT(condition)                                                                           \
    for (const uint64_t await_end_ns = csw_now_ns() + HANG_NS;                                     \
         !(condition) && csw_now_ns() < await_end_ns;)                                             \
    nap()

/* ---- a team and what it needs --------------------------------------------------------------- */

struct rig {
    const struct csw_driver *driver;
    struct csw_topo *topo;
    struct csw_placement placement;
    struct csw_task task;
    struct csw_job *job;
    struct csw_share *shares;
    struct csw_team *team;
    struct csw_err err; /* of the last open or run */
};

struct rig_options {
    const struct csw_driver *driver;
    const struct csw_kernel *kernel;
    uint64_t n; /* items of the only task */
    unsigned workers;
    const char *schedule;
    const char *pin; /* "none": on a described machine, so that ours need not have the CPUs */
};

/* All but the team. Asserts. */
void rig_init(struct rig *ret_rig, const struct rig_options *);
void rig_release(struct rig *);

int rig_open(struct rig *); /* -EFAULT: a failed open did not leave its output alone */
int rig_run(struct rig *); /* over shares that hold something else; -EBADMSG: they came out wrong */
void rig_close(struct rig *);

/* Return what failed; rig->err tells. The caller closes in the first case. */
int rig_open_and_run(struct rig *);
int rig_try(struct rig *);        /* and closes */
void rig_must_work(struct rig *); /* as rig_try; says what does not */

/* Whether the share is that of a worker which took no part. */
bool is_empty(const struct csw_share *);

/* Whether the machine can bind; where it cannot, says so. Asserts. */
bool rig_can_bind(struct rig *);

/* Visits every driver of this build that runs the kernel, with `workers` workers or, if it has only
 * one, with one. */
void each_driver(const struct csw_kernel *, unsigned workers,
                 void (*visit)(const struct csw_driver *, unsigned workers));

/* ---- what a process looks like -------------------------------------------------------------- */

struct footprint {
    unsigned threads, descriptors, shared_mappings;
    cpu_set_t binding;         /* of the calling thread */
    struct sigaction on_child; /* what SIGCHLD does */
    sigset_t blocked;          /* by the calling thread */
};

void footprint_take(struct footprint *ret_footprint);

/*
 * What is no longer as it was, in half a sentence; NULL: nothing. No child may be left either.
 * Threads get time: a joined one may still be on its way out of the kernel. Those that a runtime
 * keeps after a team of that size do not count.
 */
const char *footprint_difference(const struct footprint *before, unsigned largest_team);

/* Asserts that there is none, and says of which case. */
void must_leave_nothing(const struct footprint *before, unsigned largest_team, const char *title);

/* Waits for a child to end, HANG_NS at most; one that has not by then is killed: false. */
bool reap_in_time(pid_t pid, int *ret_status);

#endif
