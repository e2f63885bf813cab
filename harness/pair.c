/* pair.c - see pair.h */
#include "pair.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "random.h"

struct run {
    const struct csw_pair *pair;
    size_t *order;      /* of the points in this round */
    unsigned *failures; /* of each point */
    uint64_t visits_done, start_ns;
    uint64_t samples[CSW_SIDES], failed[CSW_SIDES];
};

bool csw_pair_begins_with_b(uint64_t seed, size_t point, uint64_t round)
{
    uint64_t state = seed;

    state = csw_random_bits(&state) ^ point;
    state = csw_random_bits(&state) ^ round / 2;
    return (csw_random_bits(&state) >> 63) ^ (round & 1);
}

static uint64_t count_visits(const struct csw_plan *plan)
{
    return CSW_SIDES * plan->rounds * plan->count;
}

/* ---- telling -------------------------------------------------------------------------------- */

static double seconds_since(uint64_t start_ns)
{
    return (double)(csw_now_ns() - start_ns) / (double)CSW_NS_PER_S;
}

static void tell_progress(const struct run *run, uint64_t round, size_t point)
{
    const struct csw_pair *pair = run->pair;
    const uint64_t total = count_visits(pair->plan);
    const double each_s = seconds_since(run->start_ns) / (double)run->visits_done;
    const struct csw_progress progress = {
        .done = run->visits_done,
        .total = total,
        .round = round,
        .point = &pair->plan->points[point],
        .left_s = run->visits_done > 0 ? each_s * (double)(total - run->visits_done) : NAN};

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
    const struct csw_point *at = &pair->plan->points[point];
    const bool give_up = ++run->failures[point] >= CSW_FAILURES_TO_GIVE_UP;
    char sentence[sizeof why->text + 480];

    run->failed[side]++;
    snprintf(sentence, sizeof sentence, "%s, %.40s, %.20s, %.40s, %" PRIu64 " workers: %s%s",
             side == CSW_A ? "A" : "B", at->kernel, at->schedule, at->driver, at->workers,
             why->text, give_up ? " (given up after two failures)" : "");
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
        run->samples[side] += pair->plan->samples;
    return code;
}

static int visit_both(struct run *run, uint64_t round, uint64_t position, size_t point,
                      struct csw_err *err)
{
    const struct csw_plan *plan = run->pair->plan;
    const bool b_first = csw_pair_begins_with_b(plan->seed, point, round);
    struct csw_sample *samples[CSW_SIDES] = {NULL, NULL};
    int code = 0;

    for (uint64_t turn = 0; code == 0 && turn < CSW_SIDES; turn++) {
        const enum csw_side side = (turn == 0) == b_first ? CSW_B : CSW_A;
        const struct csw_place_in_plan place = {point, round, CSW_SIDES * position + turn};

        tell_progress(run, round, point);
        code = visit_side(run, side, &place, &samples[side], err);
    }
    if (code == 0)
        code = check_same_finds(samples[CSW_A], samples[CSW_B], err);
    for (int side = 0; side < CSW_SIDES; side++)
        csw_visit_release(samples[side], plan->samples);
    return code;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int run_round(struct run *run, uint64_t round, struct csw_err *err)
{
    const struct csw_plan *plan = run->pair->plan;
    int code = csw_plan_order(plan->seed, plan->count, round, run->order, err);

    for (size_t position = 0; code == 0 && position < plan->count; position++) {
        const size_t point = run->order[position];

        if (run->failures[point] < CSW_FAILURES_TO_GIVE_UP) {
            code = visit_both(run, round, position, point, err);
            continue;
        }
        run->visits_done += CSW_SIDES;
        run->failed[CSW_A]++;
        run->failed[CSW_B]++;
    }
    return code;
}

static int write_ends(const struct run *run, struct csw_err *err)
{
    const uint64_t failed = run->failed[CSW_A] + run->failed[CSW_B];
    int code = 0;

    for (int side = 0; code == 0 && side < CSW_SIDES; side++) {
        const struct csw_end end = {.samples = run->samples[side],
                                    .failed = run->failed[side],
                                    .seconds = seconds_since(run->start_ns)};

        code = write_line(run, (enum csw_side)side, csw_end_line(&end), err);
    }
    if (code == 0 && failed > 0)
        return csw_fail(err, -ECHILD, "%" PRIu64 " of %" PRIu64 " visits gave no sample", failed,
                        run->visits_done);
    return code;
}

int csw_pair_run(const struct csw_pair *pair, struct csw_err *err)
{
    const struct csw_plan *plan = pair->plan;
    struct run run = {.pair = pair,
                      .order = calloc(plan->count, sizeof *run.order),
                      .failures = calloc(plan->count, sizeof *run.failures),
                      .start_ns = csw_now_ns()};
    int code = run.order && run.failures
                   ? 0
                   : csw_fail(err, -ENOMEM, "no memory to compare %zu points", plan->count);

    for (uint64_t round = 0; code == 0 && round < plan->rounds; round++)
        code = run_round(&run, round, err);
    if (code == 0)
        code = write_ends(&run, err);
    free(run.order);
    free(run.failures);
    return code;
}
