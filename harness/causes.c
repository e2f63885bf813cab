/* causes.c - see causes.h */
#include "causes.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/kernel.h>

#include "exclude.h"
#include "label.h"

/* A schedule that would win less is not worth a word; nor is a cause of so small a share, and what
 * is behind it only from a larger one on. */
#define WORTH 0.02
#define LEAST_SHARE 0.05
#define SHARE_TO_EXPLAIN 0.2

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

static bool is_worth_it(const struct csw_replay *replay, enum csw_replay_rule rule)
{
    return replay->by[rule] > (1 + WORTH) * replay->own;
}

/* Tasks that are handed out whole can also be sorted, which takes no other schedule. */
void csw_replay_print(const struct csw_point *point, const struct csw_replay *replay, FILE *out)
{
    const enum csw_replay_rule best = best_rule(replay), sorted = CSW_REPLAY_LONGEST_FIRST;
    const bool sorting = strcmp(point->schedule, "whole") == 0 && is_worth_it(replay, sorted);

    if (replay->largest * (double)point->workers > 1 + WORTH)
        fprintf(out, "the largest %s is %.0f %% of the work; ", piece_of(point),
                100 * replay->largest);
    fprintf(out, "%s allows %.2fx", point->schedule, replay->own);
    if (sorting)
        fprintf(out, ", %s would allow %.2fx", csw_replay_names[sorted], replay->by[sorted]);
    if (is_worth_it(replay, best) && !(sorting && best == sorted))
        fprintf(out, ", %s %s%.2fx", csw_replay_names[best], sorting ? "" : "would allow ",
                replay->by[best]);
}

/* ---- the control ---------------------------------------------------------------------------- */

static bool is_control(const struct csw_point *point)
{
    const struct csw_kernel *kernel = csw_kernel_find(point->kernel);

    return kernel && (kernel->flags & CSW_CONTROL);
}

static bool is_control_of(const struct csw_cell *cell, const struct csw_point *point)
{
    const struct csw_point *control = cell->point;

    return is_control(control) && control->workers == point->workers &&
           strcmp(control->driver, point->driver) == 0 &&
           strcmp(control->settings, point->settings) == 0 && cell->s_abs.n > 0;
}

const struct csw_cell *csw_control_of(const struct csw_report *report,
                                      const struct csw_point *point)
{
    const struct csw_cell *most = NULL;

    for (size_t i = 0; i < report->count && !is_control(point); i++) {
        const struct csw_cell *cell = &report->cell[i];

        if (is_control_of(cell, point) && (!most || cell->s_abs.value > most->s_abs.value))
            most = cell;
    }
    return most;
}

/* ---- what the samples tell ------------------------------------------------------------------ */

/* Of all samples of a point. */
struct evidence {
    double samples, throttled; /* how many, and in how many a quota was used up */
    double stolen, missing;    /* sums of shares: by a hypervisor, and of availability */
    double joined, chunks;     /* sums of the workers that took part, and of what they took */
    bool has_data, is_foreign; /* the kernel has data in memory; another runtime ran it */
};

static struct evidence evidence_of(const struct csw_report *report, const struct csw_cell *cell)
{
    const struct csw_results *results = report->results;
    const size_t point = (size_t)(cell - report->cell);
    struct evidence evidence = {.is_foreign = *csw_point_runtime(results, point) != '\0'};

    for (size_t i = 0; i < results->samples; i++) {
        const struct csw_sample *sample = &results->sample[i];

        if (sample->point != point)
            continue;
        evidence.samples++;
        evidence.throttled += sample->throttled > 0;
        evidence.stolen += csw_steal_share(sample); /* NAN where one is: not known */
        evidence.missing += 1 - sample->availability;
        evidence.joined += (double)sample->joined;
        for (uint64_t w = 0; w < sample->workers; w++)
            evidence.chunks += (double)sample->worker[w].chunks;
        evidence.has_data |= sample->data_bytes > 0;
    }
    return evidence;
}

/* ---- one cause ------------------------------------------------------------------------------ */

/* What all that tells of causes needs. */
struct diagnosis {
    const struct csw_report *report;
    const struct csw_cell *cell;
    const struct csw_replay *replay;
    struct evidence evidence;
    FILE *out;
};

/* Whether the work by itself explains at least half of the imbalance that was measured. */
static bool is_of_the_work(const struct diagnosis *diagnosis)
{
    return log(diagnosis->replay->balance) <= log(diagnosis->cell->loss.load_balance.value) / 2;
}

/* Under `late`, or a runtime that goes on without those who do not come. */
static bool has_absent(const struct diagnosis *diagnosis)
{
    const double all = (double)diagnosis->cell->point->workers * diagnosis->evidence.samples;

    return diagnosis->evidence.joined > 0 && diagnosis->evidence.joined < 0.95 * all;
}

/* What the quota leaves limits every schedule. */
static void tell_quota_limit(const struct diagnosis *diagnosis)
{
    const double quota_cpus = diagnosis->report->results->host.quota_cpus;

    if (quota_cpus > 0 && quota_cpus < (double)diagnosis->cell->point->workers)
        fprintf(diagnosis->out, " within a quota of %.2f CPUs", quota_cpus);
}

static void tell_imbalance(const struct diagnosis *diagnosis)
{
    const struct csw_point *point = diagnosis->cell->point;
    const struct evidence *evidence = &diagnosis->evidence;

    if (isnan(diagnosis->replay->balance)) {
        fprintf(diagnosis->out, "some workers had more to do than others");
        return;
    }
    if (is_of_the_work(diagnosis)) {
        csw_replay_print(point, diagnosis->replay, diagnosis->out);
        tell_quota_limit(diagnosis);
        return;
    }
    fprintf(diagnosis->out, "not of the work, of which %s allows %.2fx: ", point->schedule,
            diagnosis->replay->own);
    if (has_absent(diagnosis))
        fprintf(diagnosis->out, "of %" PRIu64 " workers %.1f took part on average", point->workers,
                evidence->joined / evidence->samples);
    else
        fprintf(diagnosis->out, "workers were held up, or their CPUs differ");
}

static void tell_quota(const struct diagnosis *diagnosis)
{
    const double quota_cpus = diagnosis->report->results->host.quota_cpus;

    fprintf(diagnosis->out, "by a CPU quota");
    if (quota_cpus > 0)
        fprintf(diagnosis->out, " of %.2f CPUs", quota_cpus);
}

static void tell_held_up(const struct diagnosis *diagnosis)
{
    const struct evidence *evidence = &diagnosis->evidence;
    const double preempted = diagnosis->cell->preempted;
    FILE *out = diagnosis->out;

    if (evidence->throttled >= evidence->samples / 2)
        tell_quota(diagnosis);
    else if (diagnosis->cell->point->oversubscribed)
        fprintf(out, "they share %" PRIu64 " CPUs", diagnosis->report->results->host.usable_pus);
    else if (evidence->missing > 0 && evidence->stolen >= evidence->missing / 2)
        fprintf(out, "by a hypervisor that took their CPUs");
    else if (preempted >= 1)
        fprintf(out, "by others on their CPUs, or by a lock; preempted %.0f times a run",
                preempted);
    else
        fprintf(out, "by a lock or by memory, since they were hardly ever preempted");
}

/* Whether the driver's own price, which one worker pays as well, is at least half of it. */
static bool is_of_the_driver(const struct csw_estimate *factor, const struct csw_estimate *single)
{
    return single && single->high < 1 && log(single->value) <= log(factor->value) / 2;
}

/* A chunk that takes no longer is small, and handing one out does not cost more than that. */
#define SMALL_CHUNK_NS 10e3
#define MOST_PER_CHUNK_NS 1e3

/* What each chunk cost above the base's work in it; NAN where chunks are too large to tell. */
static double extra_per_chunk_ns(const struct diagnosis *diagnosis, double factor)
{
    const struct csw_cell *cell = diagnosis->cell;
    const double chunks = diagnosis->evidence.chunks / diagnosis->evidence.samples;
    const double busy_ns = csw_median(cell->round_mean_ns, diagnosis->report->rounds).value *
                           (double)cell->point->workers;
    const double chunk_ns = busy_ns * factor / chunks, extra_ns = busy_ns * (1 - factor) / chunks;

    return chunks > 0 && chunk_ns < SMALL_CHUNK_NS && extra_ns < MOST_PER_CHUNK_NS ? extra_ns : NAN;
}

/* The control computes in registers: a clock that was lower for all would have slowed it, too. */
static bool is_clock_cleared(const struct diagnosis *diagnosis)
{
    const struct csw_cell *control = csw_control_of(diagnosis->report, diagnosis->cell->point);

    return diagnosis->cell->loss.clock.n > 0 ||
           (control &&
            control->loss.work_inflation.low > diagnosis->cell->loss.work_inflation.high);
}

/* More CPU time, or where the clock is known more cycles, for the same work. */
static void tell_inflation(const struct diagnosis *diagnosis, enum csw_factor factor)
{
    const struct csw_cell *single = csw_report_single(diagnosis->report, diagnosis->cell);
    const struct csw_estimate *own = csw_factor_of(&diagnosis->cell->loss, factor);
    const struct csw_estimate *alone = single ? csw_factor_of(&single->loss, factor) : NULL;
    FILE *out = diagnosis->out;

    const double extra_ns = extra_per_chunk_ns(diagnosis, own->value);

    fprintf(out, "%.2fx: ", 1 / own->value);
    if (!isnan(extra_ns)) {
        fprintf(out, "%.0f ns more for each chunk, the price of handing it out", extra_ns);
        return;
    }
    if (is_of_the_driver(own, alone)) {
        fprintf(out, "%.2fx with one worker already, the price of the driver", 1 / alone->value);
        return;
    }
    if (!is_clock_cleared(diagnosis))
        fprintf(out, "a lower clock, or ");
    if (diagnosis->evidence.has_data || diagnosis->evidence.is_foreign)
        fprintf(out, "memory, caches or ");
    fprintf(out, "cores shared with others");
}

/* ---- all of them ---------------------------------------------------------------------------- */

struct cause {
    enum csw_factor kind;
    const struct csw_estimate *factor;
    double loss; /* -ln, 0 where it wins */
};

static const char *const cause_names[CSW_FACTORS] = {
    [CSW_LOAD_BALANCE] = "imbalance",
    [CSW_SERIALISATION] = "time in which not even the busiest worker computed",
    [CSW_WORK_INFLATION] = "more CPU time for the same work",
    [CSW_AVAILABILITY] = "workers that were held up",
    [CSW_DISPATCH] = "waking up and waiting for the last",
    [CSW_CLOCK] = "a lower clock",
    [CSW_CYCLES] = "more cycles for the same work",
};

static int compare_losses(const void *a, const void *b)
{
    const double left = ((const struct cause *)a)->loss, right = ((const struct cause *)b)->loss;

    return (left < right) - (left > right);
}

/* Those factors that divide the loss most finely, the largest loss first. Returns how many. */
static size_t list_causes(const struct csw_identity *loss, struct cause ret_causes[CSW_FACTORS])
{
    const bool parts = loss->availability.n > 0, clock = loss->clock.n > 0;
    const bool listed[CSW_FACTORS] = {
        [CSW_LOAD_BALANCE] = true,     [CSW_SERIALISATION] = !parts, [CSW_AVAILABILITY] = parts,
        [CSW_DISPATCH] = parts,        [CSW_CLOCK] = clock,          [CSW_CYCLES] = clock,
        [CSW_WORK_INFLATION] = !clock,
    };
    size_t count = 0;

    for (enum csw_factor f = 0; f < CSW_FACTORS; f++) {
        const struct csw_estimate *factor = csw_factor_of(loss, f);

        if (listed[f])
            ret_causes[count++] = (struct cause){f, factor, fmax(0, -log(factor->value))};
    }
    qsort(ret_causes, count, sizeof *ret_causes, compare_losses);
    return count;
}

static double total_loss(const struct cause *causes, size_t count)
{
    double total = 0;

    for (size_t i = 0; i < count; i++)
        total += causes[i].loss;
    return total;
}

/* What is behind it, as far as it is known. */
static void tell_background(const struct diagnosis *diagnosis, const struct cause *cause)
{
    FILE *out = diagnosis->out;

    if (cause->kind == CSW_DISPATCH || cause->kind == CSW_SERIALISATION)
        return;
    fprintf(out, " (");
    if (cause->kind == CSW_LOAD_BALANCE)
        tell_imbalance(diagnosis);
    else if (cause->kind == CSW_AVAILABILITY)
        tell_held_up(diagnosis);
    else if (cause->kind == CSW_CLOCK)
        fprintf(out, "%.2f of that of the base", cause->factor->value);
    else
        tell_inflation(diagnosis, cause->kind);
    fprintf(out, ")");
}

static void print_cause(const struct diagnosis *diagnosis, const struct cause *cause, double share)
{
    fprintf(diagnosis->out, "by %s", cause_names[cause->kind]);
    if (!(cause->factor->high < 1))
        fprintf(diagnosis->out, " (not resolved)");
    else if (share >= SHARE_TO_EXPLAIN)
        tell_background(diagnosis, cause);
}

/* Factors above 1, which the shares of the others must make up for. */
static void print_gains(const struct cause *causes, size_t count, double total, FILE *out)
{
    static const char *const gain_names[CSW_FACTORS] = {
        [CSW_WORK_INFLATION] = "less CPU time for the same work",
        [CSW_CLOCK] = "a higher clock",
        [CSW_CYCLES] = "fewer cycles for the same work",
    };

    for (size_t i = 0; i < count; i++) {
        const struct csw_estimate *factor = causes[i].factor;

        if (gain_names[causes[i].kind] && factor->low > 1 &&
            log(factor->value) >= LEAST_SHARE * total)
            fprintf(out, "; %s wins %.2fx back", gain_names[causes[i].kind], factor->value);
    }
}

void csw_causes_print(const struct csw_report *report, const struct csw_cell *cell,
                      const struct csw_replay *replay, FILE *out)
{
    const struct diagnosis diagnosis = {report, cell, replay, evidence_of(report, cell), out};
    struct cause causes[CSW_FACTORS];

    if (cell->loss.load_balance.n == 0)
        return;
    const size_t count = list_causes(&cell->loss, causes);
    const double total = total_loss(causes, count);

    for (size_t i = 0; i < count && causes[i].loss > 0; i++) {
        const double share = causes[i].loss / total;

        if (share < LEAST_SHARE)
            break;
        fprintf(out, ", %.0f %% %s", 100 * share, i == 0 ? "of it " : "");
        print_cause(&diagnosis, &causes[i], share);
    }
    print_gains(causes, count, total, out);
}
