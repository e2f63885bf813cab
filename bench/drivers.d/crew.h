/* crew.h - an open team of one of coresweep's drivers, with all that it needs to run a kernel. */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include <coresweep/driver.h>

struct bench_crew {
    const struct csw_driver *driver;
    struct csw_topo *topo;
    struct csw_placement placement;
    struct csw_workload workload;
    struct csw_job *job;
    struct csw_team *team;
    struct csw_share *shares; /* owned, one per worker */
};

/* What a crew is opened for. */
struct bench_crew_setup {
    const char *driver;
    const struct csw_kernel *kernel;
    const char *tasks;    /* as --tasks takes them */
    const char *schedule; /* as --schedule takes it */
    const char *pin;      /* as --pin takes it */
    unsigned workers;
};

/*
 * Opens the driver's team for the job, unstamped: nobody reads what workers did. On failure nothing
 * stays open. Returns 0, -ENOTSUP where this build has no such driver, or what the driver returned.
 */
int bench_crew_open(struct bench_crew *ret_crew, const struct bench_crew_setup *, struct csw_err *);

/* Runs the job once. Returns 0, CSW_EWRONG for a wrong tally, or what the driver returned. */
int bench_crew_run(struct bench_crew *, struct csw_err *);

/* The same without a look at the tally: nothing but the driver's own run. */
static inline int bench_crew_run_bare(struct bench_crew *crew, struct csw_err *err)
{
    return crew->driver->run(crew->team, crew->shares, err);
}

void bench_crew_close(struct bench_crew *);

#endif
