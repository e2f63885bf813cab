/* why.c - see why.h */
#include "why.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "causes.h"

/* ---- which cells ---------------------------------------------------------------------------- */

static bool same_curve(const struct csw_point *a, const struct csw_point *b)
{
    return csw_same_work(a, b) && strcmp(a->schedule, b->schedule) == 0 &&
           strcmp(a->driver, b->driver) == 0 && strcmp(a->settings, b->settings) == 0;
}

/* Workers that share CPUs lose by that, which needs no explanation while others do not. */
static bool is_shared(const struct csw_cell *cell)
{
    return cell->point->oversubscribed && !cell->point->waits;
}

static bool explains_more(const struct csw_cell *a, const struct csw_cell *b)
{
    if (is_shared(a) != is_shared(b))
        return !is_shared(a);
    return a->point->workers > b->point->workers;
}

static bool is_candidate(const struct csw_cell *cell)
{
    return cell->point->workers > 1 && cell->s_abs.n > 0;
}

bool csw_why_explains(const struct csw_report *report, size_t index)
{
    const struct csw_cell *cell = &report->cell[index];

    if (!is_candidate(cell))
        return false;
    for (size_t i = 0; i < report->count; i++) {
        const struct csw_cell *other = &report->cell[i];

        if (is_candidate(other) && same_curve(other->point, cell->point) &&
            explains_more(other, cell))
            return false;
    }
    return true;
}

/* ---- the sentence --------------------------------------------------------------------------- */

/* Beyond that an interval is wide. */
#define WIDE 0.9

/* Of work that waits: CPU time tells nothing, the order of its pieces may. */
static void print_waiting(const struct csw_cell *cell, const struct csw_replay *replay, FILE *out)
{
    fprintf(out, "%.2fx [%.2f, %.2f]", cell->s_abs.value, cell->s_abs.low, cell->s_abs.high);
    if (isnan(replay->own))
        return;
    fprintf(out, "; ");
    csw_replay_print(cell->point, replay, out);
}

static void print_efficiency(const struct csw_estimate *efficiency, FILE *out)
{
    fprintf(out, "efficiency %.2f [%.2f, %.2f]", efficiency->value, efficiency->low,
            efficiency->high);
}

static void print_gain(const struct csw_cell *cell, FILE *out)
{
    const struct csw_estimate *inflation = &cell->loss.work_inflation;

    fprintf(out, "more than the ideal: ");
    print_efficiency(&cell->efficiency, out);
    if (inflation->low > 1)
        fprintf(out, ", since the same work took %.2fx the CPU time: caches, or the clock",
                1 / inflation->value);
}

static void print_nothing(const struct csw_cell *cell, FILE *out)
{
    fprintf(out, "no loss is resolved: ");
    print_efficiency(&cell->efficiency, out);
    if (cell->efficiency.low < WIDE)
        fprintf(out, "; more rounds, or a quieter machine, would tell more");
}

static void print_loss(const struct csw_report *report, const struct csw_cell *cell,
                       const struct csw_replay *replay, FILE *out)
{
    const struct csw_estimate *efficiency = &cell->efficiency;
    const struct csw_cell *control = csw_control_of(report, cell->point);

    fprintf(out, "%.2fx: %.0f %% [%.0f, %.0f] of the ideal speedup is lost", cell->s_abs.value,
            100 * (1 - efficiency->value), 100 * (1 - efficiency->high),
            100 * (1 - efficiency->low));
    csw_causes_print(report, cell, replay, out);
    if (control)
        fprintf(out, "; the control, %s, reaches %.2fx", control->point->kernel,
                control->s_abs.value);
}

void csw_why_print(const struct csw_report *report, size_t index, const struct csw_replay *replay,
                   FILE *out)
{
    const struct csw_cell *cell = &report->cell[index];

    fprintf(out, "at %" PRIu64 " workers ", cell->point->workers);
    if (!csw_estimate_has_interval(&cell->s_abs))
        fprintf(out, "not resolved: %zu rounds are too few for an interval", cell->s_abs.n);
    else if (cell->point->waits)
        print_waiting(cell, replay, out);
    else if (cell->efficiency.low > 1)
        print_gain(cell, out);
    else if (cell->efficiency.high >= 1)
        print_nothing(cell, out);
    else
        print_loss(report, cell, replay, out);
}
