/*
 * grain.h - how small tasks may be: the minimum effective task granularity, METG(e), is the
 * smallest granularity at which the workers still do the share e of what they could.
 *
 * A grain run is a sweep whose points give a team the same number of tasks per worker, of sizes
 * that are halved from the largest to one item. The granularity of a point is wall time x workers /
 * tasks, overhead included; its efficiency is its rate over workers x the rate of serial code.
 *
 * Source: E. Slaughter et al., Task Bench, SC 2020, doi:10.1109/SC41405.2020.00066, section 4;
 * docs/METHOD.md tells where this departs from it.
 */
#ifndef CSW_GRAIN_H
#define CSW_GRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <coresweep/err.h>
#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "report.h"
#include "stats.h"

/* No curve has more sizes: they are powers of two. */
#define CSW_GRAIN_SIZES 64

/* ---- the plan ------------------------------------------------------------------------------- */

/* Limits of a wish. */
#define CSW_GRAIN_MAX_TASKS 65536u
#define CSW_GRAIN_MAX_US 1000000u

struct csw_grain_wish {
    uint64_t tasks_per_worker;
    uint64_t largest_us; /* a task of the largest size takes about this long */
};

/*
 * Fills plan->points and plan->grain: for every series, worker count of plan->workers and size of
 * task the serial base and each driver. What a task of the series takes is known from its
 * workload, which csw_calibrate has scaled, or is guessed where it has not. Returns 0; -EINVAL for
 * a kernel whose tasks cannot be made small, a schedule that hands out no single tasks, or what
 * csw_plan_fill refuses; -ENOMEM.
 */
int csw_grain_fill(struct csw_plan *, const struct csw_series_list *, const struct csw_room *,
                   const struct csw_grain_wish *, struct csw_err *);

/* Whether the plan is of a grain run. */
bool csw_is_grain(const struct csw_plan *);

/* ---- the fit -------------------------------------------------------------------------------- */

/*
 * Makes `count` <= CSW_GRAIN_SIZES values rise nowhere less than before: the non-decreasing values
 * nearest to them in least squares, by pooling neighbours that fall.
 * Source: M. Ayer et al., Annals of Mathematical Statistics 26 (1955), 641-647.
 */
void csw_isotonic(double *values, size_t count);

/*
 * The work of a task at which the efficiency is crossed, in the unit of `work`; both ascend. The
 * time of a task, work / efficiency, is taken as linear in its work between two sizes: exact where
 * every task costs the same on top of its work. 0: all sizes reach the efficiency; INFINITY: none
 * does.
 */
double csw_grain_crossing(const double *work, const double *efficiency, size_t count,
                          double wanted);

/* ---- what was measured ---------------------------------------------------------------------- */

enum csw_metg_side {
    CSW_METG_CROSSED, /* points lie on both sides */
    CSW_METG_BELOW,   /* all points reach the efficiency: below `least_ns` */
    CSW_METG_ABOVE,   /* no point does: above `most_ns` */
    CSW_METG_UNKNOWN, /* nothing was measured, or what was measured is impossible */
};

/* "crossed", "below", "above" and "unknown". */
extern const char *const csw_metg_side_names[];

/*
 * A METG in ns. The value is NAN unless it was crossed. The interval is of a bootstrap of rounds;
 * its low is 0, or its high INFINITY, where that end lies beyond all that was measured.
 */
struct csw_metg {
    struct csw_estimate ns;
    enum csw_metg_side side;
    double least_ns, most_ns; /* of all granularities measured */
};

struct csw_grain_size {
    const struct csw_cell *cell;
    double task_work;               /* of one task, in the cell's unit */
    struct csw_estimate grain_ns;   /* granularity: wall time x workers / tasks */
    struct csw_estimate efficiency; /* against serial code at its best, paired by round */
};

/* A driver with a number of workers, from its smallest tasks to its largest. */
struct csw_grain_curve {
    const struct csw_point *point;           /* of its largest tasks */
    char schedule[16];                       /* without the chunk: "dynamic" */
    double serial_rate;                      /* work per ns; NAN: not measured */
    const struct csw_grain_size *impossible; /* efficiency above 1.5; NULL: there is none */
    struct csw_metg metg50, metg90;
    size_t count;
    struct csw_grain_size size[CSW_GRAIN_SIZES];
};

struct csw_grain {
    struct csw_report report;
    uint64_t tasks_per_worker;
    size_t count;
    struct csw_grain_curve *curve; /* owned */
};

/*
 * Computes all curves. Returns 0, -EINVAL where the results are of no grain run, or -ENOMEM. The
 * results must outlive the grain.
 */
int csw_grain_init(struct csw_grain *ret_grain, const struct csw_results *, struct csw_err *);
void csw_grain_release(struct csw_grain *);

/*
 * Write tables for people, the same in Markdown, docs/RESULTS.md's JSON, or CSV with a row per size
 * of task, in which a curve's METGs are repeated. 0, or -EIO / -ENOMEM where not written whole.
 */
int csw_grain_table(const struct csw_grain *, FILE *out, struct csw_err *);
int csw_grain_markdown(const struct csw_grain *, FILE *out, struct csw_err *);
int csw_grain_csv(const struct csw_grain *, FILE *out, struct csw_err *);
int csw_grain_json(const struct csw_grain *, FILE *out, struct csw_err *);

#endif
