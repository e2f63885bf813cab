/* sweep.h - carrying out a plan: visits in the order of the rounds, samples appended as they come.
 */
#ifndef CSW_SWEEP_H
#define CSW_SWEEP_H

#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "visit.h"

/* Visits of one point that may fail before it is given up. */
#define CSW_FAILURES_TO_GIVE_UP 2

struct csw_progress {
    uint64_t done, total;          /* visits */
    uint64_t round;                /* from 0 */
    const struct csw_point *point; /* being visited */
    double left_s;                 /* NAN: not known yet */
};

/* What the sweep tells while it runs; each may be NULL. */
struct csw_watch {
    void (*progress)(void *context, const struct csw_progress *);
    void (*warning)(void *context, const char *sentence);
    void *context;
};

struct csw_sweep {
    const struct csw_plan *plan;
    struct csw_writer *writer;        /* plan and host lines are written */
    const struct csw_results *before; /* what a resumed file holds already; NULL: a new file */
    struct csw_visit visit;
    struct csw_watch watch;
};

/*
 * Visits what is missing, appends samples and events, and the end line when the plan is through; a
 * file that lacks nothing stays as it is. A
 * visit that fails is an event; the second failure of a point gives it up. Returns 0 when every
 * visit gave its samples; -ECHILD when some failed; CSW_EWRONG at once when a result was wrong;
 * -EINTR when the user stopped it; or what writing returned.
 */
int csw_sweep_run(const struct csw_sweep *, struct csw_err *);

#endif
