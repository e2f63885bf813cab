/* scaling.c - see scaling.h; what it says in words is scaling_says.c. */
#include "scaling.h"
#include "weak.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what belongs to it --------------------------------------------------------------------- */

static bool is_same_series(const struct csw_point *a, const struct csw_point *b)
{
    return csw_same_work(a, b) && strcmp(a->schedule, b->schedule) == 0 &&
           strcmp(a->driver, b->driver) == 0 && strcmp(a->settings, b->settings) == 0;
}

static bool is_measured(const struct csw_cell *cell)
{
    return cell->time_ns.n > 0;
}

/* The laws are of work that is the same at every worker count. */
static bool is_of_one_work(const struct csw_plan *plan)
{
    return !plan->weak && !(plan->grain && *plan->grain);
}

/* Whether the point is one of the workers that share the work of one. */
static bool shares_work(const struct csw_point *point)
{
    return point->workers > 1 && csw_growth(point) == 1;
}

bool csw_scaling_leads(const struct csw_report *report, size_t cell)
{
    const struct csw_point *point = report->cell[cell].point;
    bool parallel = false;

    if (!is_of_one_work(&report->results->plan) || csw_is_base(point, point))
        return false;
    for (size_t i = 0; i < report->count; i++) {
        const struct csw_cell *other = &report->cell[i];

        if (!is_same_series(other->point, point))
            continue;
        if (i < cell)
            return false;
        parallel |= is_measured(other) && other->point->workers > 1;
    }
    return parallel;
}

static bool has_workers(const struct csw_scaling *scaling, uint64_t workers)
{
    for (size_t i = 0; i < scaling->count; i++)
        if (scaling->cell[i]->point->workers == workers)
            return true;
    return false;
}

/* Insertion: plans hold few worker counts, and mostly in order. */
static void add_cell(struct csw_scaling *scaling, const struct csw_cell *cell)
{
    size_t at = scaling->count++;

    for (; at > 0 && scaling->cell[at - 1]->point->workers > cell->point->workers; at--)
        scaling->cell[at] = scaling->cell[at - 1];
    scaling->cell[at] = cell;
}

static void collect(struct csw_scaling *scaling, const struct csw_report *report, size_t lead)
{
    for (size_t i = lead; i < report->count; i++) {
        const struct csw_cell *cell = &report->cell[i];

        if (is_same_series(cell->point, report->cell[lead].point) && is_measured(cell) &&
            !has_workers(scaling, cell->point->workers))
            add_cell(scaling, cell);
    }
    for (size_t i = 0; i < scaling->count; i++) {
        scaling->workers[i] = (double)scaling->cell[i]->point->workers;
        scaling->round_ns[i] = scaling->cell[i]->round_ns;
    }
}

/* ---- what is computed of it ----------------------------------------------------------------- */

/*
 * Source: F. McSherry, M. Isard, D. G. Murray, Scalability! But at what COST?, HotOS 2015: the
 * fewest workers that are faster than one good thread. Here their whole interval must be.
 */
static double cost_of(const struct csw_scaling *scaling)
{
    double cost = 0;

    for (size_t i = scaling->count; i-- > 0;)
        if (scaling->cell[i]->s_abs.low > 1)
            cost = scaling->workers[i];
    return cost;
}

/* Workers are placed in one order, so that those of the widest point tell where all others sat. */
static struct csw_seating seating_of(const struct csw_scaling *scaling,
                                     const struct csw_results *results)
{
    const struct csw_point *widest = scaling->cell[scaling->count - 1]->point;
    struct csw_seating seating = {.host = &results->host, .pin = results->plan.pin};

    for (size_t i = 0; i < results->samples && seating.workers == 0; i++)
        if (&results->plan.points[results->sample[i].point] == widest) {
            seating.worker = results->sample[i].worker;
            seating.workers = seating.worker ? results->sample[i].workers : 0;
        }
    return seating;
}

static int fit_series(struct csw_scaling *scaling, const struct csw_report *report,
                      struct csw_err *err)
{
    const struct csw_resampling plan = {.block = 1, .draws = CSW_DRAWS, .seed = CSW_RESAMPLE_SEED};

    const struct csw_seating seating = seating_of(scaling, report->results);

    scaling->segment = csw_segment_find(&seating, scaling->cell[0]->point->waits, scaling->workers,
                                        scaling->count, CSW_AMDAHL_COUNTS);
    const struct csw_times times = {.workers = scaling->workers + scaling->segment.first,
                                    .round_ns = scaling->round_ns + scaling->segment.first,
                                    .count = scaling->segment.count,
                                    .rounds = report->rounds};

    return csw_model_fit(&scaling->model, &times, plan, err);
}

int csw_scaling_init(struct csw_scaling *ret_scaling, const struct csw_report *report, size_t cell,
                     struct csw_err *err)
{
    struct csw_scaling scaling = {.cell = calloc(report->count, sizeof *scaling.cell),
                                  .workers = calloc(report->count, sizeof *scaling.workers),
                                  .round_ns = calloc(report->count, sizeof *scaling.round_ns)};
    int code = 0;

    if (!scaling.cell || !scaling.workers || !scaling.round_ns)
        code = csw_fail(err, -ENOMEM, "no memory for the models of %zu points", report->count);
    if (code == 0) {
        collect(&scaling, report, cell);
        scaling.cost = cost_of(&scaling);
        code = fit_series(&scaling, report, err);
    }
    if (code < 0) {
        csw_scaling_release(&scaling);
        return code;
    }
    *ret_scaling = scaling;
    return 0;
}

void csw_scaling_release(struct csw_scaling *scaling)
{
    if (!scaling)
        return;
    free(scaling->cell);
    free(scaling->workers);
    free(scaling->round_ns);
    *scaling = (struct csw_scaling){0};
}

double csw_scaling_from(const struct csw_scaling *scaling)
{
    return scaling->workers[scaling->segment.first];
}

double csw_scaling_to(const struct csw_scaling *scaling)
{
    return scaling->workers[scaling->segment.first + scaling->segment.count - 1];
}

const struct csw_cell *csw_scaling_widest(const struct csw_scaling *scaling)
{
    const size_t next = scaling->segment.first + scaling->segment.count;
    const struct csw_cell *widest = scaling->cell[next - 1];

    return widest->point->workers > 1 ? widest : scaling->cell[next];
}

struct csw_estimate csw_cell_karp_flatt(const struct csw_cell *cell)
{
    return shares_work(cell->point) ? csw_karp_flatt((double)cell->point->workers, cell->s_rel)
                                    : csw_estimate_none;
}

struct csw_estimate csw_cell_gustafson(const struct csw_cell *cell)
{
    return csw_growth(cell->point) > 1 ? csw_gustafson(cell->s_rel, cell->point->workers)
                                       : csw_estimate_none;
}

double csw_cell_resolution(const struct csw_cell *cell)
{
    return shares_work(cell->point)
               ? csw_karp_flatt_resolution((double)cell->point->workers, cell->s_rel)
               : NAN;
}

struct csw_estimate csw_scaling_peak(const struct csw_scaling *scaling)
{
    const struct csw_model *model = &scaling->model;

    return csw_model_holds(model) && model->peak.value <= 2 * csw_scaling_to(scaling)
               ? model->peak
               : csw_estimate_none;
}

struct csw_estimate csw_scaling_asymptote(const struct csw_scaling *scaling)
{
    return scaling->model.kind == CSW_MODEL_AMDAHL ? csw_estimate_under(1, scaling->model.alpha)
                                                   : csw_estimate_none;
}
