/* sweep.h - carrying out a plan: visits in the order of the rounds, samples appended as they come.
 */
#ifndef CSW_SWEEP_H
#define CSW_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/place.h>
#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "visit.h"

/* Visits of one point that may fail before it is given up. */
#define CSW_FAILURES_TO_GIVE_UP 2

struct csw_progress {
    uint64_t done, total;          /* visits */
    uint64_t round;                /* from 0 */
    const struct csw_point *point; /* being visited */
    double left_s;                 /* at most; NAN: not known yet */
    double precision;              /* half-width wanted; not above 0: all rounds are visited */
    double half_width;             /* of the widest interval now; NAN or INFINITY: none yet */
    const struct csw_point *widest;
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
    const struct csw_topo *topo;      /* whose CPUs warm up; NULL for plans without spin_ms */
    struct csw_visit visit;
    bool costs; /* measure the units of every work once, after the first round */
    struct csw_watch watch;
};

/*
 * Visits what is missing round by round until the plan's rule says stop (see stop.h) or its time is
 * over, appends samples and events, and at the end the end line; a file that lacks nothing stays as
 * it is. The plan's warm-up rounds come first. A visit that fails is an event; the second failure
 * of a point gives it up. Returns 0 when every visit gave its samples; -ECHILD when some failed;
 * CSW_EWRONG at once when a result was wrong; -EINTR when the user stopped it; or what writing
 * returned.
 */
int csw_sweep_run(const struct csw_sweep *, struct csw_err *);

#endif
