/* figures.c - see figures.h */
#include "figures.h"

#include <math.h>
#include <stdlib.h>

/* Below this number of quiet samples, all samples are taken. */
#define FEWEST_QUIET 8

double bench_cell_rejected(const struct bench_cell *cell)
{
    return cell->count > 0 ? 1 - (double)cell->quiet / (double)cell->count : NAN;
}

/* The quiet sample of each round, NAN where there is none; the caller frees it. */
static double *by_round(const struct bench_campaign *campaign, const struct bench_cell *cell)
{
    double *ns = malloc(campaign->round * sizeof *ns + 1);

    for (unsigned r = 0; ns && r < campaign->round; r++)
        ns[r] = NAN;
    for (size_t i = 0; ns && i < cell->count; i++)
        if (cell->samples[i].quiet)
            ns[cell->samples[i].round] = cell->samples[i].ns;
    return ns;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* The least disturbed quarter of a cell without quiet samples. */
static struct csw_estimate lower_quartile(const struct bench_cell *cell)
{
    struct csw_estimate estimate = csw_estimate_none;
    double *ns = malloc(cell->count * sizeof *ns + 1);

    for (size_t i = 0; ns && i < cell->count; i++)
        ns[i] = cell->samples[i].ns;
    if (ns && cell->count > 0) {
        qsort(ns, cell->count, sizeof *ns, compare);
        estimate.value = ns[cell->count / 4];
        estimate.n = cell->count;
    }
    free(ns);
    return estimate;
}

struct bench_figure bench_figure_ns(const struct bench_campaign *campaign,
                                    const struct bench_cell *cell)
{
    struct bench_figure figure = {.estimate = csw_estimate_none};

    if (!cell)
        return figure;
    double *ns = by_round(campaign, cell);

    figure.disturbed = cell->quiet < FEWEST_QUIET;
    if (figure.disturbed)
        figure.estimate = lower_quartile(cell);
    else if (ns)
        figure.estimate = csw_median(ns, campaign->round);
    free(ns);
    return figure;
}

static struct bench_figure ratio_of_figures(const struct bench_figure *other,
                                            const struct bench_figure *own)
{
    struct bench_figure ratio = {.estimate = csw_estimate_none, .disturbed = true};

    ratio.estimate.value = other->estimate.value / own->estimate.value;
    return ratio;
}

struct bench_figure bench_figure_ratio(const struct bench_campaign *campaign,
                                       const struct bench_cell *other,
                                       const struct bench_cell *cell)
{
    const struct bench_figure own = bench_figure_ns(campaign, cell);
    const struct bench_figure others = bench_figure_ns(campaign, other);
    struct bench_figure ratio = {.estimate = csw_estimate_none};

    if (!cell || !other)
        return ratio;
    if (own.disturbed || others.disturbed)
        return ratio_of_figures(&others, &own);
    double *own_ns = by_round(campaign, cell), *other_ns = by_round(campaign, other);

    if (own_ns && other_ns)
        ratio.estimate = csw_paired_ratio(other_ns, own_ns, campaign->round);
    free(own_ns);
    free(other_ns);
    return ratio;
}

struct bench_figure bench_figure_rate(const struct bench_campaign *campaign,
                                      const struct bench_cell *cell)
{
    struct bench_figure figure = bench_figure_ns(campaign, cell);

    if (cell)
        figure.estimate = csw_estimate_under(cell->row->bytes, figure.estimate);
    return figure;
}
