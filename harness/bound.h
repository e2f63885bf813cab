/*
 * bound.h - the most that a speedup over serial can be, computed from the work of every piece, the
 * number of workers and the CPUs that they may use.
 *
 * All functions take the work in any unit, as long as a piece of twice the work takes twice as long
 * on a CPU of its own. `cpus` is CPUs' worth of time: the usable ones or the quota, whichever is
 * less, and INFINITY where workers wait instead of computing. Less than one CPU counts as one,
 * since the serial run has no more of it. They return NAN where there is no work, no worker or no
 * memory.
 */
#ifndef CSW_BOUND_H
#define CSW_BOUND_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/record.h>

#include "stats.h"

/* ---- of pieces of work ---------------------------------------------------------------------- */

/* Of pieces without end: each worker has at most one CPU. */
double csw_bound_of_cpus(unsigned workers, double cpus);

/*
 * Every worker takes the next piece of the list when it has done its own. No more than `cpus`
 * workers: list scheduling. More: all busy ones share the CPUs fairly at every moment, none with
 * more than one; with a worker for every piece that is processor sharing.
 * Sources: R. L. Graham, SIAM J. Appl. Math. 17 (1969), 416-429; L. Kleinrock, J. ACM 14 (1967),
 * 242-261.
 */
double csw_bound_in_order(const double *work, size_t count, unsigned workers, double cpus);

/* The same for the list sorted by falling work: Graham's LPT rule. */
double csw_bound_longest_first(const double *work, size_t count, unsigned workers, double cpus);

/*
 * What no order of the pieces, no way of handing them out and no sharing of the CPUs exceeds. The
 * run takes at least the longest piece, all work divided by the CPUs (or by the workers), and, for
 * every k, the k + 1 least of the k * workers + 1 longest pieces: one worker has to do k + 1 of
 * those (pigeonhole).
 */
double csw_bound_in_any_order(const double *work, size_t count, unsigned workers, double cpus);

/*
 * The least speedup of workers with a CPU each of whom none is idle while a piece is left, whatever
 * the order: they take at most sum / workers + (1 - 1 / workers) x the longest piece. What stays
 * below it loses by something else than imbalance. Source: Graham, as above.
 */
double csw_bound_of_greedy(const double *work, size_t count, unsigned workers);

/* ---- of a point of a result file ------------------------------------------------------------ */

struct csw_bound {
    double fair; /* by the schedule, if CPUs are shared fairly; NAN: unknown */
    double hard; /* at least `fair`: what no sharing and no order exceeds; NAN: unknown */
};

/*
 * The work is what the kernel's closed form counts. `whole` hands out tasks in list order, `static`
 * gives every worker its piece of every task; under the other schedules, and where a runtime
 * chooses by itself, any order counts. Kernels that wait are not limited by CPUs. Data in memory
 * count one step an item; a kernel that counts no steps is only limited by workers and CPUs.
 * Unknown: a kernel or an option that this build or CPU lacks, a host without its number of CPUs.
 */
struct csw_bound csw_bound_of_point(const struct csw_point *, const struct csw_host *);

/*
 * Whether the whole interval of the speedup lies above the hard bound, by more than 5 %: the work
 * is counted in steps, whose time is not exactly the same in every task. False where either is
 * unknown.
 */
bool csw_bound_exceeded(const struct csw_bound *, const struct csw_estimate *s_abs);

#endif
