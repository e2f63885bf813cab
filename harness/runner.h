/* runner.h - a job and the team that runs it: what measuring and listing have in common. */
#ifndef CSW_RUNNER_H
#define CSW_RUNNER_H

#include <coresweep/driver.h>
#include <coresweep/err.h>
#include <coresweep/job.h>
#include <coresweep/measure.h>

struct csw_runner {
    const struct csw_setup *setup; /* borrowed */
    struct csw_job *job;
    struct csw_team *team;    /* NULL: none is open */
    struct csw_share *shares; /* one per worker, of the last run */
};

/* csw_job_open or csw_job_cut. */
typedef int csw_job_opener(struct csw_job **ret_job, const struct csw_kernel *,
                           const struct csw_workload *, const struct csw_schedule *,
                           unsigned workers, struct csw_err *);

/*
 * Opens the setup's job, without a team. Returns 0; -EINVAL where the driver cannot have as many
 * workers; -ENOMEM; or what open_job returned. The caller releases the runner, also after a
 * failure.
 */
int csw_runner_init(struct csw_runner *ret_runner, const struct csw_setup *,
                    csw_job_opener *open_job, struct csw_err *);
void csw_runner_release(struct csw_runner *);

/* Opens a team for the job as it stands; returns what the driver's open returned. */
int csw_runner_open_team(struct csw_runner *, struct csw_err *);

/* Without a team it does nothing. */
void csw_runner_close_team(struct csw_runner *);

/* Runs the job once; adds the workers' tallies to the sum. Returns what the driver's run did. */
int csw_runner_run(const struct csw_runner *, struct csw_tally *sum, struct csw_err *);

/* CSW_EWRONG where a run gave something else than the job expects. */
int csw_runner_check(const struct csw_runner *, const struct csw_tally *got, struct csw_err *);

/*
 * One run that makes the data of a kernel that has some, and finds out what the others must give;
 * nothing where it has none. CSW_EWRONG where not every item was filled once, or what the driver's
 * run returned.
 */
int csw_runner_fill(const struct csw_runner *, struct csw_err *);

#endif
