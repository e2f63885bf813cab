/* scaling.h - one driver of a report over its worker counts: what it scales like. */
#ifndef CSW_SCALING_H
#define CSW_SCALING_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/err.h>

#include "model.h"
#include "report.h"
#include "segment.h"

struct csw_scaling {
    size_t count;                 /* worker counts, at least 1 */
    const struct csw_cell **cell; /* by rising workers, those that were measured; the cells are
                                     borrowed */
    double *workers;
    const double **round_ns; /* borrowed from the cells */
    struct csw_segment segment;
    struct csw_model model; /* of the segment */
    double cost;            /* fewest workers that beat the base (COST); 0: none */
};

/*
 * Whether the cell is the first of a series of its own: kernel, options, tasks, schedule, driver
 * and settings are new, it was measured with more than one worker, and it is not the base of
 * others.
 */
bool csw_scaling_leads(const struct csw_report *, size_t cell);

/* Collects the series that the cell leads, and fits its model. Returns 0 or -ENOMEM. */
int csw_scaling_init(struct csw_scaling *ret_scaling, const struct csw_report *, size_t cell,
                     struct csw_err *);
void csw_scaling_release(struct csw_scaling *);

/* The least and the most workers that the model speaks of. */
double csw_scaling_from(const struct csw_scaling *);
double csw_scaling_to(const struct csw_scaling *);

/* Karp-Flatt's serial fraction of a cell, of S_rel; csw_estimate_none with one worker. */
struct csw_estimate csw_cell_karp_flatt(const struct csw_cell *);

/* Gustafson's of a cell whose work has grown with its workers; csw_estimate_none elsewhere. */
struct csw_estimate csw_cell_gustafson(const struct csw_cell *);

/* Karp-Flatt's least one that can be told from 0 there; NAN with one worker or without an interval.
 */
double csw_cell_resolution(const struct csw_cell *);

/*
 * The peak of the USL, where the law holds and the peak is at most twice as far as was measured;
 * csw_estimate_none otherwise.
 */
struct csw_estimate csw_scaling_peak(const struct csw_scaling *);

/* 1 / serial fraction, the speedup that Amdahl's law never exceeds; csw_estimate_none elsewhere. */
struct csw_estimate csw_scaling_asymptote(const struct csw_scaling *);

/* The cell with the most workers of the segment, or past it where that is one worker alone. */
const struct csw_cell *csw_scaling_widest(const struct csw_scaling *);

/* What the serial fraction with the most workers of the segment is, and whether it can be told from
 * 0, on the heap. NULL: no memory. */
char *csw_scaling_says_fraction(const struct csw_scaling *);

/* What the law says or why there is none, and where it ends, on the heap. NULL: no memory. */
char *csw_scaling_says_law(const struct csw_scaling *);

#endif
