/* figures.h - what the samples say: medians over quiet rounds, and ratios paired by round. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>

#include "campaign.h"
#include "harness/stats.h"

struct bench_figure {
    struct csw_estimate estimate; /* NAN: not measured */
    bool disturbed; /* too few quiet samples: from the lower quartile of all samples instead */
};

/* ns per unit. */
struct bench_figure bench_figure_ns(const struct bench_campaign *, const struct bench_cell *);

/* How many times as fast `cell` is as `other`. */
struct bench_figure bench_figure_ratio(const struct bench_campaign *,
                                       const struct bench_cell *other,
                                       const struct bench_cell *cell);

/* The figure as GB/s, by what a value moves. */
struct bench_figure bench_figure_rate(const struct bench_campaign *, const struct bench_cell *);

/* The share of the cell's samples that are not quiet. */
double bench_cell_rejected(const struct bench_cell *);

#endif
