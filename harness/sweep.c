/* sweep.c - see sweep.h */
#include "sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "options.h"

/* What is known of one point while the sweep runs. */
struct point_state {
    double took_s; /* its last visit; 0: not visited yet */
    unsigned failures;
};

struct run {
    const struct csw_sweep *sweep;
    bool *done; /* [round * points + point] */
    struct point_state *points;
    uint64_t visits_done, samples, failed, start_ns;
};

static uint64_t cell(const struct csw_plan *plan, uint64_t round, size_t point)
{
    return round * plan->count + point;
}

/* Rounds that the point takes part in. */
static uint64_t rounds_of(const struct csw_plan *plan, size_t point)
{
    const uint64_t rounds = plan->points[point].rounds;

    return rounds > 0 && rounds < plan->rounds ? rounds : plan->rounds;
}

static uint64_t count_visits(const struct csw_plan *plan)
{
    uint64_t visits = 0;

    for (size_t p = 0; p < plan->count; p++)
        visits += rounds_of(plan, p);
    return visits;
}

/* ---- what is done already ------------------------------------------------------------------- */

/* Visits of rounds that their point takes no part in; they do not count. */
static void mark_left_out(struct run *run)
{
    const struct csw_plan *plan = run->sweep->plan;

    for (size_t p = 0; p < plan->count; p++)
        for (uint64_t round = rounds_of(plan, p); round < plan->rounds; round++)
            run->done[cell(plan, round, p)] = true;
}

/* A visit counts as done when its last repetition is in the file. */
static void mark_done(struct run *run, const struct csw_results *before)
{
    const struct csw_plan *plan = run->sweep->plan;

    for (size_t i = 0; before && i < before->samples; i++) {
        const struct csw_sample *sample = &before->sample[i];
        const uint64_t at = cell(plan, sample->round, sample->point);

        run->samples++;
        if (sample->round >= plan->rounds || sample->repetition + 1 < plan->samples ||
            run->done[at])
            continue;
        run->done[at] = true;
        run->visits_done++;
        run->points[sample->point].took_s = sample->process_ns / (double)CSW_NS_PER_S;
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

/* Visits that are left, each at the time its point took last, or at the mean of those known. */
static double seconds_left(const struct run *run, uint64_t round)
{
    const struct csw_plan *plan = run->sweep->plan;
    double known = 0, left = 0;
    size_t count = 0;

    for (size_t p = 0; p < plan->count; p++)
        if (run->points[p].took_s > 0) {
            known += run->points[p].took_s;
            count++;
        }
    if (count == 0)
        return NAN;
    for (size_t p = 0; p < plan->count; p++) {
        const double took_s = run->points[p].took_s;
        const double each = took_s > 0 ? took_s : known / (double)count;

        left += run->done[cell(plan, round, p)] ? 0 : each;
        if (rounds_of(plan, p) > round + 1)
            left += each * (double)(rounds_of(plan, p) - round - 1);
    }
    return left;
}

static void tell_progress(const struct run *run, uint64_t round, const struct csw_point *point)
{
    const struct csw_sweep *sweep = run->sweep;
    const struct csw_progress progress = {.done = run->visits_done,
                                          .total = count_visits(sweep->plan),
                                          .round = round,
                                          .point = point,
                                          .left_s = seconds_left(run, round)};

    if (sweep->watch.progress)
        sweep->watch.progress(sweep->watch.context, &progress);
}

static void warn(const struct run *run, const char *sentence)
{
    if (run->sweep->watch.warning)
        run->sweep->watch.warning(run->sweep->watch.context, sentence);
}

static int write_line(const struct run *run, char *line, struct csw_err *err)
{
    const int code = csw_writer_line(run->sweep->writer, line, err);

    free(line);
    return code;
}

static int write_event(const struct run *run, const char *what, uint64_t round, size_t point,
                       const char *sentence, struct csw_err *err)
{
    const struct csw_event event = {
        .what = (char *)what, .point = point, .round = round, .text = (char *)sentence};

    return write_line(run, csw_event_line(&event), err);
}

/* ---- one visit ------------------------------------------------------------------------------ */

/* Notes a failed visit. 0: the sweep goes on. */
static int note_failure(struct run *run, const struct csw_err *why, uint64_t round, size_t point,
                        struct csw_err *err)
{
    const struct csw_point *at = &run->sweep->plan->points[point];
    struct point_state *state = &run->points[point];
    const bool give_up = ++state->failures >= CSW_FAILURES_TO_GIVE_UP;
    char title[CSW_TITLE_SIZE], sentence[sizeof why->text + 480];

    run->failed++;
    csw_kernel_title(at->kernel, at->options, title);
    snprintf(sentence, sizeof sentence, "%s, %.20s, %.40s%s%.100s, %" PRIu64 " workers: %s%s",
             title, at->schedule, at->driver, *at->settings ? " " : "", at->settings, at->workers,
             why->text, give_up ? " (given up after two failures)" : "");
    warn(run, sentence);
    return write_event(run, give_up ? "given up" : "failed", round, point, sentence, err);
}

/* Ends the sweep early; the event is a courtesy, the reason why is the error. */
static int end_early(struct run *run, const char *what, uint64_t round, size_t point, int code,
                     const struct csw_err *why, struct csw_err *err)
{
    write_event(run, what, round, point, why->text, NULL);
    return csw_fail(err, code, "%s", why->text);
}

static int visit_point(struct run *run, uint64_t round, uint64_t position, size_t point,
                       struct csw_err *err)
{
    const struct csw_sweep *sweep = run->sweep;
    struct csw_sample *samples = NULL;
    struct csw_err why = {0};

    tell_progress(run, round, &sweep->plan->points[point]);
    int code = csw_visit_run(&sweep->visit, &sweep->plan->points[point], &samples, &why);

    if (code == -EINTR)
        return end_early(run, "interrupted", round, point, code, &why, err);
    if (code == CSW_EWRONG)
        return end_early(run, "failed", round, point, code, &why, err);
    run->visits_done++;
    run->done[cell(sweep->plan, round, point)] = true;
    if (code < 0)
        return note_failure(run, &why, round, point, err);
    run->points[point].took_s = samples[0].process_ns / (double)CSW_NS_PER_S;
    code = csw_visit_write(sweep->writer, samples, sweep->plan->samples,
                           &(struct csw_place_in_plan){point, round, position}, err);
    if (code == 0)
        run->samples += sweep->plan->samples;
    csw_visit_release(samples, sweep->plan->samples);
    return code;
}

/* ---- all visits ----------------------------------------------------------------------------- */

static int run_round(struct run *run, uint64_t round, size_t *order, struct csw_err *err)
{
    const struct csw_plan *plan = run->sweep->plan;
    int code = csw_plan_order(plan->seed, plan->count, round, order, err);

    for (size_t position = 0; code == 0 && position < plan->count; position++) {
        const size_t point = order[position];

        if (run->done[cell(plan, round, point)])
            continue;
        if (run->points[point].failures >= CSW_FAILURES_TO_GIVE_UP) {
            run->done[cell(plan, round, point)] = true;
            run->visits_done++;
            run->failed++;
            continue;
        }
        code = visit_point(run, round, position, point, err);
    }
    return code;
}

static int write_end(const struct run *run, struct csw_err *err)
{
    const struct csw_end end = {.samples = run->samples,
                                .failed = run->failed,
                                .seconds =
                                    (double)(csw_now_ns() - run->start_ns) / (double)CSW_NS_PER_S};
    const int code = write_line(run, csw_end_line(&end), err);

    if (code < 0)
        return code;
    if (run->failed > 0)
        return csw_fail(err, -ECHILD, "%" PRIu64 " of %" PRIu64 " visits gave no sample",
                        run->failed, run->visits_done);
    return 0;
}

/* True for a file that was resumed although it lacks nothing. */
static bool is_complete(const struct run *run)
{
    const struct csw_sweep *sweep = run->sweep;

    return sweep->before && sweep->before->ended && run->visits_done == count_visits(sweep->plan);
}

static int run_rounds(struct run *run, size_t *order, struct csw_err *err)
{
    int code = 0;

    if (run->sweep->before)
        code = write_event(run, "resumed", 0, 0, "went on with what was missing", err);
    for (uint64_t round = 0; code == 0 && round < run->sweep->plan->rounds; round++)
        code = run_round(run, round, order, err);
    return code < 0 ? code : write_end(run, err);
}

int csw_sweep_run(const struct csw_sweep *sweep, struct csw_err *err)
{
    const struct csw_plan *plan = sweep->plan;
    struct run run = {.sweep = sweep, .start_ns = csw_now_ns()};
    size_t *order = calloc(plan->count, sizeof *order);
    int code = 0;

    run.done = calloc(plan->rounds, plan->count * sizeof *run.done);
    run.points = calloc(plan->count, sizeof *run.points);
    if (!order || !run.done || !run.points) {
        code = csw_fail(err, -ENOMEM, "no memory for a sweep of %zu points", plan->count);
    } else {
        mark_left_out(&run);
        mark_done(&run, sweep->before);
        code = is_complete(&run) ? 0 : run_rounds(&run, order, err);
    }
    free(order);
    free(run.done);
    free(run.points);
    return code;
}
