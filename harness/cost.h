/* cost.h - what the units of a job cost one worker: the measured weights of replays. */
#ifndef CSW_COST_H
#define CSW_COST_H

#include <coresweep/err.h>
#include <coresweep/measure.h>
#include <coresweep/record.h>

/*
 * Runs the job a few times by the caller, bound as the setup's one worker is, and takes the thread
 * CPU time of every unit; the least of all passes counts, since what disturbs only adds to it.
 * Units that are shorter than 20 readings of the clock, or more than CSW_MAX_COSTS, are taken
 * together; what reading it costs is subtracted. Data are made first, and every pass is verified.
 * Returns 0; -ENOTSUP where the kernel waits, of which CPU time tells nothing; CSW_EWRONG; or why
 * the job cannot be opened or run. The caller releases the cost.
 */
int csw_cost_measure(struct csw_cost *ret_cost, const struct csw_setup *, struct csw_err *);

/* The cost of that work in the file; NULL: it was not measured. */
const struct csw_cost *csw_cost_find(const struct csw_results *, const struct csw_point *);

#endif
