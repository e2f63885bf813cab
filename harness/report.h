/*
 * report.h - everything that is shown afterwards, computed from a result file by one code path.
 */
#ifndef CSW_REPORT_H
#define CSW_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#include "bound.h"
#include "checks.h"
#include "identity.h"
#include "stats.h"

/* What is known of one point. Times are those of a round: the median of its visit's samples. */
struct csw_cell {
    const struct csw_point *point;
    const char *unit; /* what `rate` counts, plural */

    struct csw_estimate time_ns;    /* region */
    struct csw_estimate e2e_ns;     /* create + run + join */
    struct csw_estimate process_ns; /* start of the process to its end */
    struct csw_estimate s_abs;      /* over the serial base */
    struct csw_estimate s_rel;      /* over the same driver with one worker */
    struct csw_estimate efficiency; /* s_abs / workers */
    struct csw_estimate s_cpu;      /* s_abs by CPU time: busiest worker, or mean if evened out */
    struct csw_estimate rate;       /* work per second */
    double min_ns, preempted;       /* least time; mean preemptions in a run, all workers */
    double pss_bytes, peak_bytes;   /* of the team: the most in a visit */
    struct csw_identity loss;       /* whose factors multiply to the efficiency */
    struct csw_estimate s_abs_undisturbed; /* without rounds in which either side was disturbed */
    size_t disturbed;                      /* samples that the plan's rule marked */
    struct csw_dependence rel_rounds;      /* what the intervals of s_rel and s_cpu allow for */
    struct csw_dependence cpu_rounds;
    struct csw_checks checks; /* of s_abs; of the times where there is no other base */
    bool has_base;            /* another cell, so that the checks are of s_abs */

    struct csw_bound bound; /* of s_abs */
    bool above_bound;       /* s_abs is what no run of this work on these CPUs can have */

    double *round_ns, *round_cpu_ns; /* by round, NAN: not measured */
    /* of the busiest worker, of all in the mean; wall time of the busiest, begin to end */
    double *round_busiest_ns, *round_mean_ns, *round_window_ns;
    double *round_clock_hz;
    double *round_undisturbed_ns; /* the same as round_ns, NAN where a sample was disturbed */
};

struct csw_report {
    const struct csw_results *results; /* borrowed */
    size_t count, rounds;
    const struct csw_sample **sorted; /* all samples, by point and round */
    struct csw_cell *cell;            /* one per point, in the plan's order */
};

/* Computes all cells. Returns 0 or -ENOMEM. The results must outlive the report. */
int csw_report_init(struct csw_report *ret_report, const struct csw_results *, struct csw_err *);
void csw_report_release(struct csw_report *);

/*
 * Whether times of the two may be divided by each other: kernel, options and tasks are the same,
 * those that grew with the workers apart: their speedup is scaled by the growth (see weak.h).
 */
bool csw_same_work(const struct csw_point *, const struct csw_point *);

/* Whether S_abs of the point is over the other one: its base's driver and settings, same work. */
bool csw_is_base(const struct csw_point *base, const struct csw_point *point);

/* The cell that S_abs of this one is over; NULL: the plan has none. */
const struct csw_cell *csw_report_base(const struct csw_report *, const struct csw_cell *);

/* The cell of the same driver, schedule and work with one worker; NULL: the plan has none. */
const struct csw_cell *csw_report_single(const struct csw_report *, const struct csw_cell *);

/* The named estimates of a cell, for every format that writes them all. */
struct csw_report_column {
    const char *name;
    size_t offset; /* of the struct csw_estimate in struct csw_cell */
};
extern const struct csw_report_column csw_report_columns[];
extern const size_t csw_report_column_count;

/* Writes the report. 0, or -EIO / -ENOMEM where it could not be written whole. */
int csw_report_table(const struct csw_report *, FILE *out, struct csw_err *);
int csw_report_markdown(const struct csw_report *, FILE *out, struct csw_err *);
int csw_report_csv(const struct csw_report *, FILE *out, struct csw_err *);
int csw_report_json(const struct csw_report *, FILE *out, struct csw_err *);

/*
 * Writes the report as one HTML page that loads nothing, with tables, sentences and pictures. The
 * script scripts/report_page.py makes it, under the python3 of /usr/bin (which finds the
 * distribution's matplotlib) or else of PATH. Besides the above: -EINVAL for a story or a grain
 * run, whose pictures others make, -ENOENT where there is no script, -ECHILD where there is no
 * python3 or the script failed, with its last words, -ETIMEDOUT after 10 minutes.
 */
int csw_report_html(const struct csw_report *, FILE *out, struct csw_err *);

#endif
