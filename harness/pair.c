/* pair.c - see pair.h */
#include "pair.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "random.h"
#include "stop.h"
#include "warm.h"

struct run {
    const struct csw_pair *pair;
    size_t *order;               /* of the points in this round */
    unsigned *failures;          /* of each point */
    double *took_s;              /* of each point: the last visits of both; 0: none yet */
    double *round_ns[CSW_SIDES]; /* [point * rounds + round]: the visit's value, NAN: none */
    uint64_t visits_done, start_ns;
    uint64_t rounds_before; /* that resumed files have samples of */
    uint64_t samples[CSW_SIDES], failed[CSW_SIDES];

    struct csw_stop_figure *figures; /* the ratios that the rule looks at, and their points */
    const struct csw_point **figure_point;
    size_t figure_count;
    struct csw_stop_width width;
};

bool csw_pair_begins_with_b(uint64_t seed, size_t point, uint64_t round)
{
    uint64_t state = seed;

    state = csw_random_bits(&state) ^ point;
    state = csw_random_bits(&state) ^ round / 2;
    return (csw_random_bits(&state) >> 63) ^ (round & 1);
}

static double *times_of(const struct run *run, enum csw_side side, size_t point)
{
    return &run->round_ns[side][point * run->pair->plan->rounds];
}

static bool is_measured(const struct run *run, enum csw_side side, size_t point, uint64_t round)
{
    return !isnan(times_of(run, side, point)[round]);
}

/* A point that was not given up. */
static bool is_live(const struct run *run, size_t point)
{
    return run->failures[point] < CSW_FAILURES_TO_GIVE_UP;
}

/* ---- what is in the files already ----------------------------------------------------------- */

/* The samples of one visit, which stand in a row in the file. */
static void keep_visit(struct run *run, enum csw_side side, const struct csw_sample *samples)
{
    const uint64_t count = run->pair->plan->samples;

    times_of(run, side, samples->point)[samples->round] = csw_visit_ns(samples, count);
    run->samples[side] += count;
}

/* A visit counts when its last repetition is in the file. */
static void read_before(struct run *run, enum csw_side side)
{
    const struct csw_results *before = run->pair->before[side];
    const uint64_t repetitions = run->pair->plan->samples;

    for (size_t i = 0; before && i < before->samples; i++) {
        const struct csw_sample *sample = &before->sample[i];

        if (sample->round >= run->rounds_before)
            run->rounds_before = sample->round + 1;
        if (sample->repetition + 1 != repetitions || i + 1 < repetitions ||
            is_measured(run, side, sample->point, sample->round))
            continue;
        keep_visit(run, side, sample - sample->repetition);
        run->visits_done++;
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

static double elapsed_seconds(const struct run *run)
{
    return (double)(csw_now_ns() - run->start_ns) / (double)CSW_NS_PER_S;
}

/* What a round takes: the last visits of all points; NAN where one was not visited yet. */
static double round_seconds(const struct run *run)
{
    double seconds = 0;

    for (size_t p = 0; p < run->pair->plan->count; p++)
        if (is_live(run, p))
            seconds += run->took_s[p] > 0 ? run->took_s[p] : NAN;
    return seconds;
}

/* Of all rounds that are left, or of the time, whichever ends first. */
static double seconds_left(const struct run *run, uint64_t round)
{
    const struct csw_plan *plan = run->pair->plan;
    const double left = round_seconds(run) * (double)(plan->rounds - round);

    return plan->max_seconds > 0 && !isnan(left)
               ? fmin(left, fmax(0, plan->max_seconds - elapsed_seconds(run)))
               : left;
}

static const struct csw_point *widest_point(const struct run *run)
{
    return run->figure_count > 0 ? run->figure_point[run->width.widest] : NULL;
}

static void tell_progress(const struct run *run, uint64_t round, size_t point)
{
    const struct csw_pair *pair = run->pair;
    const struct csw_progress progress = {.done = run->visits_done,
                                          .total =
                                              CSW_SIDES * pair->plan->rounds * pair->plan->count,
                                          .round = round,
                                          .point = &pair->plan->points[point],
                                          .left_s = seconds_left(run, round),
                                          .precision = pair->plan->precision,
                                          .half_width = run->width.half,
                                          .widest = widest_point(run)};

    if (pair->watch.progress)
        pair->watch.progress(pair->watch.context, &progress);
}

static int write_line(const struct run *run, enum csw_side side, char *line, struct csw_err *err)
{
    const int code = csw_writer_line(run->pair->writer[side], line, err);

    free(line);
    return code;
}

static int write_event(const struct run *run, enum csw_side side, const char *what, uint64_t round,
                       size_t point, const char *sentence, struct csw_err *err)
{
    const struct csw_event event = {
        .what = (char *)what, .point = point, .round = round, .text = (char *)sentence};

    return write_line(run, side, csw_event_line(&event), err);
}

/* ---- one point, by both --------------------------------------------------------------------- */

/* Notes a failed visit. 0: the comparison goes on. */
static int note_failure(struct run *run, enum csw_side side, const struct csw_err *why,
                        uint64_t round, size_t point, struct csw_err *err)
{
    const struct csw_pair *pair = run->pair;
    const bool give_up = ++run->failures[point] >= CSW_FAILURES_TO_GIVE_UP;
    char name[CSW_POINT_TEXT_SIZE], sentence[sizeof why->text + sizeof name + 40];

    run->failed[side]++;
    csw_point_text(&pair->plan->points[point], name);
    snprintf(sentence, sizeof sentence, "%s, %s: %s%s", side == CSW_A ? "A" : "B", name, why->text,
             give_up ? " (given up after two failures)" : "");
    if (pair->watch.warning)
        pair->watch.warning(pair->watch.context, sentence);
    return write_event(run, side, give_up ? "given up" : "failed", round, point, sentence, err);
}

/* Steps may differ between two builds, what is found may not. */
static int check_same_finds(const struct csw_sample *a, const struct csw_sample *b,
                            struct csw_err *err)
{
    if (!a || !b || (a->items == b->items && a->hits == b->hits && a->digest == b->digest))
        return 0;
    return csw_fail(err, CSW_EWRONG,
                    "A and B do not do the same work: %s of %.60s has %" PRIu64
                    " items and %" PRIu64 " hits in A, %" PRIu64 " and %" PRIu64
                    " in B, or other hits",
                    a->kernel, a->tasks, a->items, a->hits, b->items, b->hits);
}

/* Visits the point and writes its samples, which the caller releases; NULL where it gave none. */
static int visit_side(struct run *run, enum csw_side side, const struct csw_place_in_plan *place,
                      struct csw_sample **ret_samples, struct csw_err *err)
{
    const struct csw_pair *pair = run->pair;
    const struct csw_point *point = &pair->plan->points[place->point];
    struct csw_err why = {0};
    int code = csw_visit_run(&pair->visit[side], point, ret_samples, &why);

    if (code == -EINTR || code == CSW_EWRONG) {
        write_event(run, side, code == -EINTR ? "interrupted" : "failed", place->round,
                    place->point, why.text, NULL);
        return csw_fail(err, code, "%s", why.text);
    }
    run->visits_done++;
    if (code < 0)
        return note_failure(run, side, &why, place->round, place->point, err);
    code = csw_visit_write(pair->writer[side], *ret_samples, pair->plan->samples, place, err);
    if (code == 0)
        keep_visit(run, side, *ret_samples);
    return code;
}

static int visit_both(struct run *run, uint64_t round, uint64_t position, size_t point,
                      struct csw_err *err)
{
    const struct csw_plan *plan = run->pair->plan;
    const bool b_first = csw_pair_begins_with_b(plan->seed, point, round);
    struct csw_sample *samples[CSW_SIDES] = {NULL, NULL};
    double took_ns = 0;
    int code = 0;

    for (uint64_t turn = 0; code == 0 && turn < CSW_SIDES; turn++) {
        const enum csw_side side = (turn == 0) == b_first ? CSW_B : CSW_A;
        const struct csw_place_in_plan place = {point, round, CSW_SIDES * position + turn};

        if (is_measured(run, side, point, round))
            continue;
        tell_progress(run, round, point);
        code = visit_side(run, side, &place, &samples[side], err);
        took_ns += samples[side] ? samples[side]->process_ns : 0;
    }
    if (code == 0)
        code = check_same_finds(samples[CSW_A], samples[CSW_B], err);
    if (took_ns > 0)
        run->took_s[point] = took_ns / (double)CSW_NS_PER_S;
    for (int side = 0; side < CSW_SIDES; side++)
        csw_visit_release(samples[side], plan->samples);
    return code;
}

/* ---- one round ------------------------------------------------------------------------------ */

static int run_round(struct run *run, uint64_t round, struct csw_err *err)
{
    const struct csw_plan *plan = run->pair->plan;
    int code = csw_plan_order(plan->seed, plan->count, round, run->order, err);

    for (size_t position = 0; code == 0 && position < plan->count; position++) {
        const size_t point = run->order[position];

        if (is_live(run, point)) {
            code = visit_both(run, round, position, point, err);
            continue;
        }
        run->visits_done += CSW_SIDES;
        run->failed[CSW_A]++;
        run->failed[CSW_B]++;
    }
    return code;
}

/* A visit of the warm-up: what it measured is not kept, and what failed fails again in round 0. */
static int warm_side(const struct run *run, enum csw_side side, size_t point, struct csw_err *err)
{
    const struct csw_pair *pair = run->pair;
    struct csw_sample *samples = NULL;
    struct csw_err why = {0};
    const int code = csw_visit_run(&pair->visit[side], &pair->plan->points[point], &samples, &why);

    csw_visit_release(samples, pair->plan->samples);
    return code == -EINTR || code == CSW_EWRONG ? csw_fail(err, code, "%s", why.text) : 0;
}

static int run_warm_round(struct run *run, uint64_t round, struct csw_err *err)
{
    const struct csw_plan *plan = run->pair->plan;
    int code = csw_plan_order(plan->seed, plan->count, round, run->order, err);

    for (size_t i = 0; code == 0 && i < CSW_SIDES * plan->count; i++) {
        const size_t point = run->order[i / CSW_SIDES];

        tell_progress(run, 0, point);
        code = warm_side(run, (enum csw_side)(i % CSW_SIDES), point, err);
    }
    return code;
}

/* A machine that rested since its files were cut off is warmed up again. */
static int warm_up(struct run *run, struct csw_err *err)
{
    const struct csw_plan *plan = run->pair->plan;
    int code = plan->spin_ms > 0 ? csw_warm_cpus(run->pair->topo, plan->spin_ms, err) : 0;

    for (uint64_t round = 0; code == 0 && round < plan->warm_rounds; round++)
        code = run_warm_round(run, round, err);
    return code;
}

/* ---- when to stop --------------------------------------------------------------------------- */

static void find_figures(struct run *run)
{
    const struct csw_plan *plan = run->pair->plan;

    run->figure_count = 0;
    for (size_t p = 0; p < plan->count; p++) {
        if (!is_live(run, p))
            continue;
        run->figures[run->figure_count] =
            (struct csw_stop_figure){times_of(run, CSW_A, p), times_of(run, CSW_B, p)};
        run->figure_point[run->figure_count++] = &plan->points[p];
    }
}

/* What there was to look at when the files were written was looked at then. */
static enum csw_stop_verdict look(struct run *run, uint64_t rounds)
{
    const struct csw_stop_rule rule = csw_stop_rule_of(run->pair->plan);

    if (rounds < run->rounds_before)
        return CSW_GO_ON;
    find_figures(run);
    run->width = csw_stop_width(run->figures, run->figure_count, rounds);
    return csw_stop_decide(&rule, run->figures, run->figure_count, rounds);
}

/* Whether the round would end after the time there is; each start makes one round at least. */
static bool is_out_of_time(const struct run *run, uint64_t round)
{
    const double max_s = run->pair->plan->max_seconds;

    return max_s > 0 && round > run->rounds_before &&
           elapsed_seconds(run) + round_seconds(run) > max_s;
}

/* ---- all rounds ----------------------------------------------------------------------------- */

static int write_ends(const struct run *run, enum csw_stop_verdict verdict, struct csw_err *err)
{
    const uint64_t failed = run->failed[CSW_A] + run->failed[CSW_B];
    char name[CSW_POINT_TEXT_SIZE] = "";
    int code = 0;

    if (widest_point(run))
        csw_point_text(widest_point(run), name);
    for (int side = 0; code == 0 && side < CSW_SIDES; side++) {
        const struct csw_end end = {.samples = run->samples[side],
                                    .failed = run->failed[side],
                                    .seconds = elapsed_seconds(run),
                                    .verdict = (char *)csw_stop_verdict_name(verdict),
                                    .half_width = run->width.half,
                                    .confidence = CSW_STOP_CONFIDENCE,
                                    .widest = name};

        code = write_line(run, (enum csw_side)side, csw_end_line(&end), err);
    }
    if (code == 0 && failed > 0)
        return csw_fail(err, -ECHILD, "%" PRIu64 " of %" PRIu64 " visits gave no sample", failed,
                        run->visits_done);
    return code;
}

/* True for files that were resumed although they lack nothing. */
static bool is_complete(struct run *run)
{
    const struct csw_pair *pair = run->pair;

    for (int side = 0; side < CSW_SIDES; side++) {
        if (!pair->before[side] || !pair->before[side]->ended)
            return false;
        for (size_t p = 0; p < pair->plan->count; p++)
            for (uint64_t round = 0; round < run->rounds_before; round++)
                if (!is_measured(run, (enum csw_side)side, p, round))
                    return false;
    }
    return look(run, run->rounds_before) != CSW_GO_ON;
}

static int note_resumed(const struct run *run, struct csw_err *err)
{
    int code = 0;

    for (int side = 0; code == 0 && side < CSW_SIDES; side++)
        if (run->pair->before[side])
            code = write_event(run, (enum csw_side)side, "resumed", 0, 0,
                               "went on with what was missing", err);
    return code;
}

static int run_rounds(struct run *run, struct csw_err *err)
{
    enum csw_stop_verdict verdict = CSW_GO_ON;
    int code = note_resumed(run, err);

    if (code == 0)
        code = warm_up(run, err);
    for (uint64_t round = 0; code == 0 && verdict == CSW_GO_ON; round++) {
        if (is_out_of_time(run, round)) {
            verdict = CSW_BUDGET;
        } else {
            code = run_round(run, round, err);
            verdict = look(run, round + 1);
        }
    }
    return code < 0 ? code : write_ends(run, verdict, err);
}

/* Makes room for what is known; returns -ENOMEM with a sentence where there is none. */
static int run_init(struct run *ret_run, const struct csw_pair *pair, struct csw_err *err)
{
    const size_t count = pair->plan->count, rounds = pair->plan->rounds;
    struct run run = {.pair = pair,
                      .start_ns = csw_now_ns(),
                      .order = calloc(count, sizeof *run.order),
                      .failures = calloc(count, sizeof *run.failures),
                      .took_s = calloc(count, sizeof *run.took_s),
                      .figures = calloc(count, sizeof *run.figures),
                      .figure_point = calloc(count, sizeof *run.figure_point),
                      .width = {.half = NAN}};
    bool complete = run.order && run.failures && run.took_s && run.figures && run.figure_point;

    for (int side = 0; side < CSW_SIDES; side++) {
        run.round_ns[side] = calloc(rounds, count * sizeof *run.round_ns[side]);
        for (size_t i = 0; run.round_ns[side] && i < rounds * count; i++)
            run.round_ns[side][i] = NAN;
        complete = complete && run.round_ns[side];
    }
    *ret_run = run;
    if (!complete)
        return csw_fail(err, -ENOMEM, "no memory to compare %zu points", count);
    read_before(ret_run, CSW_A);
    read_before(ret_run, CSW_B);
    return 0;
}

static void run_release(struct run *run)
{
    for (int side = 0; side < CSW_SIDES; side++)
        free(run->round_ns[side]);
    free(run->order);
    free(run->failures);
    free(run->took_s);
    free(run->figures);
    free(run->figure_point);
}

int csw_pair_run(const struct csw_pair *pair, struct csw_err *err)
{
    struct run run;
    int code = run_init(&run, pair, err);

    if (code == 0 && !is_complete(&run))
        code = run_rounds(&run, err);
    run_release(&run);
    return code;
}
