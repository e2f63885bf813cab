/* calibrate.h - scaling a kernel's own workload up until one serial run takes a measurable time. */
#ifndef CSW_CALIBRATE_H
#define CSW_CALIBRATE_H

#include <coresweep/err.h>
#include <coresweep/plan.h>

#include "visit.h"

/* How long one serial run of a calibrated workload takes, about. */
#define CSW_CALIBRATED_NS UINT64_C(100000000)

/*
 * Scales the tasks of every series whose kernel allows it, one factor for all tasks of a kernel
 * with the same options, so that all its drivers and worker counts do the same work. The serial
 * run is that of the slowest base that the plan, filled with the tasks as they are, has for the
 * kernel: an interpreter's where one takes part. Returns 0 or what a visit returned.
 */
int csw_calibrate(const struct csw_series_list *, const struct csw_plan *, const struct csw_visit *,
                  struct csw_err *);

/* The tasks times `factor`, to three digits, `max_n` (0: none) at most. The caller frees it. */
char *csw_tasks_scaled(const char *tasks, double factor, uint64_t max_n, struct csw_err *);

/*
 * The next factor to try, from the last two measured ones: time grows as a power of the factor.
 * `before` may be 0 (nothing measured before). Never more than 16 times the last factor.
 */
double csw_next_factor(double before, double before_ns, double last, double last_ns);

#endif
