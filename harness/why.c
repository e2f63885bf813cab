/* why.c - see why.h */
#include "why.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <coresweep/kernel.h>

/* A schedule that would win less is not worth a word, nor is a cause of so small a share. */
#define WORTH 0.02
#define LEAST_SHARE 0.05

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

/* ---- what another schedule would give ------------------------------------------------------- */

/* The best one; `dynamic` where it is as good, since it needs no knowledge of the work. */
static enum csw_replay_rule best_rule(const struct csw_replay *replay)
{
    enum csw_replay_rule best = CSW_REPLAY_DYNAMIC;

    for (int rule = 0; rule < CSW_REPLAY_RULES; rule++)
        if (replay->by[rule] > (1 + WORTH / 2) * replay->by[best] || isnan(replay->by[best]))
            best = rule;
    return best;
}

static const char *piece_of(const struct csw_point *point)
{
    if (strcmp(point->schedule, "whole") == 0)
        return "task";
    return strcmp(point->schedule, "static") == 0 ? "part of a worker" : "chunk";
}

/* "the largest task is 64 % of the work; whole allows 1.50x, dynamic would allow 2.00x" */
static void print_replay(const struct csw_point *point, const struct csw_replay *replay, FILE *out)
{
    const enum csw_replay_rule best = best_rule(replay);

    if (replay->largest * (double)point->workers > 1 + WORTH)
        fprintf(out, "the largest %s is %.0f %% of the work; ", piece_of(point),
                100 * replay->largest);
    fprintf(out, "%s allows %.2fx", point->schedule, replay->own);
    if (replay->by[best] > (1 + WORTH) * replay->own)
        fprintf(out, ", %s would allow %.2fx", csw_replay_names[best], replay->by[best]);
}

/* ---- causes --------------------------------------------------------------------------------- */

enum kind { IMBALANCE, WAITING, OUTSIDE, SERIALISED, INFLATION, KINDS };

struct cause {
    enum kind kind;
    const struct csw_estimate *factor;
    double loss; /* -ln, 0 where it wins */
};

static const char *const cause_names[KINDS] = {
    [IMBALANCE] = "imbalance",
    [WAITING] = "workers that were held up",
    [OUTSIDE] = "waking up and waiting for the last",
    [SERIALISED] = "time in which no worker computed",
    [INFLATION] = "more CPU time for the same work",
};

/* Serialisation in its two parts where they are known. Returns how many causes there are. */
static size_t list_causes(const struct csw_identity *loss, struct cause ret_causes[KINDS])
{
    const bool parts = loss->availability.n > 0;
    const struct cause causes[KINDS] = {
        {IMBALANCE, &loss->load_balance, 0},
        {WAITING, parts ? &loss->availability : NULL, 0},
        {OUTSIDE, parts ? &loss->dispatch : NULL, 0},
        {SERIALISED, parts ? NULL : &loss->serialisation, 0},
        {INFLATION, &loss->work_inflation, 0},
    };
    size_t count = 0;

    for (size_t i = 0; i < KINDS; i++) {
        if (!causes[i].factor)
            continue;
        ret_causes[count] = causes[i];
        ret_causes[count++].loss = fmax(0, -log(causes[i].factor->value));
    }
    return count;
}

static double total_loss(const struct cause *causes, size_t count)
{
    double total = 0;

    for (size_t i = 0; i < count; i++)
        total += causes[i].loss;
    return total;
}

static const struct cause *main_cause(const struct cause *causes, size_t count)
{
    const struct cause *most = causes;

    for (size_t i = 1; i < count; i++)
        if (causes[i].loss > most->loss)
            most = &causes[i];
    return most;
}

static bool is_resolved(const struct cause *cause)
{
    return cause->factor->high < 1;
}

/* Whether the work by itself explains at least half of the imbalance that was measured. */
static bool is_of_the_work(const struct csw_cell *cell, const struct csw_replay *replay)
{
    const double even = csw_bound_of_cpus((unsigned)cell->point->workers, INFINITY);

    return log(replay->own / even) <= log(cell->loss.load_balance.value) / 2;
}

static void print_imbalance(const struct csw_cell *cell, const struct csw_replay *replay, FILE *out)
{
    if (isnan(replay->own))
        return;
    fprintf(out, ": ");
    if (!is_of_the_work(cell, replay)) {
        fprintf(out, "not of the work, of which %s allows %.2fx: workers were held up, or differ",
                cell->point->schedule, replay->own);
        return;
    }
    print_replay(cell->point, replay, out);
}

/* What is behind the main cause, as far as it is known. */
static void print_background(const struct csw_report *report, const struct csw_cell *cell,
                             const struct csw_replay *replay, const struct cause *cause, FILE *out)
{
    switch (cause->kind) {
    case IMBALANCE:
        print_imbalance(cell, replay, out);
        break;
    case WAITING:
        if (cell->point->oversubscribed)
            fprintf(out, ": they share %" PRIu64 " CPUs", report->results->host.usable_pus);
        else
            fprintf(out, ", by others on their CPUs or by a lock");
        break;
    case INFLATION:
        fprintf(out, ", %.2fx: clock, caches, memory or shared cores", 1 / cause->factor->value);
        break;
    default:
        break;
    }
}

/* ", 93 % of it imbalance: the largest task ...; 6 % more CPU time for the same work" */
static void print_causes(const struct csw_report *report, const struct csw_cell *cell,
                         const struct csw_replay *replay, FILE *out)
{
    struct cause causes[KINDS];
    const size_t count = list_causes(&cell->loss, causes);
    const double total = total_loss(causes, count);
    const struct cause *most = main_cause(causes, count);

    fprintf(out, ", %.0f %% of it by %s", 100 * most->loss / total, cause_names[most->kind]);
    if (is_resolved(most))
        print_background(report, cell, replay, most, out);
    else
        fprintf(out, " (not resolved)");
    for (size_t i = 0; i < count; i++)
        if (&causes[i] != most && causes[i].loss >= LEAST_SHARE * total)
            fprintf(out, "; %.0f %% by %s%s", 100 * causes[i].loss / total,
                    cause_names[causes[i].kind], is_resolved(&causes[i]) ? "" : " (not resolved)");
}

/* ---- the control ---------------------------------------------------------------------------- */

static bool is_control(const struct csw_point *point)
{
    const struct csw_kernel *kernel = csw_kernel_find(point->kernel);

    return kernel && (kernel->flags & CSW_CONTROL);
}

/* Whether the cell is the control of the point's driver at its number of workers. */
static bool is_control_of(const struct csw_cell *cell, const struct csw_point *point)
{
    const struct csw_point *control = cell->point;

    return is_control(control) && control->workers == point->workers &&
           strcmp(control->driver, point->driver) == 0 &&
           strcmp(control->settings, point->settings) == 0 && cell->s_abs.n > 0;
}

/* What this machine leaves of the ideal whatever runs on it: under the schedule that lost least. */
static void print_ceiling(const struct csw_report *report, const struct csw_point *point, FILE *out)
{
    const struct csw_cell *most = NULL;

    for (size_t i = 0; i < report->count && !is_control(point); i++) {
        const struct csw_cell *cell = &report->cell[i];

        if (is_control_of(cell, point) && (!most || cell->s_abs.value > most->s_abs.value))
            most = cell;
    }
    if (most)
        fprintf(out, "; the control, %s, reaches %.2fx", most->point->kernel, most->s_abs.value);
}

/* ---- the sentence --------------------------------------------------------------------------- */

/* Of work that waits: CPU time tells nothing, the order of its pieces may. */
static void print_waiting(const struct csw_cell *cell, const struct csw_replay *replay, FILE *out)
{
    fprintf(out, "%.2fx [%.2f, %.2f]", cell->s_abs.value, cell->s_abs.low, cell->s_abs.high);
    if (isnan(replay->own))
        return;
    fprintf(out, "; ");
    print_replay(cell->point, replay, out);
}

static void print_loss(const struct csw_report *report, const struct csw_cell *cell,
                       const struct csw_replay *replay, FILE *out)
{
    const struct csw_estimate *efficiency = &cell->efficiency;

    if (efficiency->low > 1) {
        fprintf(out, "more than the ideal: efficiency %.2f [%.2f, %.2f]", efficiency->value,
                efficiency->low, efficiency->high);
        if (cell->loss.work_inflation.low > 1)
            fprintf(out, ", since the same work took %.2fx the CPU time: caches, or the clock",
                    1 / cell->loss.work_inflation.value);
    } else if (efficiency->high >= 1) {
        fprintf(out, "no loss is resolved: efficiency %.2f [%.2f, %.2f]", efficiency->value,
                efficiency->low, efficiency->high);
    } else {
        fprintf(out, "%.0f %% [%.0f, %.0f] of the ideal speedup is lost",
                100 * (1 - efficiency->value), 100 * (1 - efficiency->high),
                100 * (1 - efficiency->low));
        if (cell->loss.load_balance.n > 0)
            print_causes(report, cell, replay, out);
        print_ceiling(report, cell->point, out);
    }
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
    else
        print_loss(report, cell, replay, out);
}
