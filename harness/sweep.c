/* sweep.c - see sweep.h */
#include "sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "clock.h"
#include "cost.h"
#include "options.h"
#include "report.h"
#include "stats.h"
#include "stop.h"
#include "warm.h"

/* What is known of one point while the sweep runs. */
struct point_state {
    double took_s; /* its last visit; 0: not visited yet */
    unsigned failures;
};

struct run {
    const struct csw_sweep *sweep;
    bool *done;       /* [round * points + point] */
    double *round_ns; /* [point * rounds + round]: median of the visit's samples, NAN: none */
    struct point_state *points;
    uint64_t visits_done, samples, failed, start_ns;
    uint64_t rounds_before; /* that a resumed file has samples of */

    struct csw_stop_figure *figures; /* what the rule looks at, and the points that have them */
    const struct csw_point **figure_point;
    size_t figure_count;
    struct csw_stop_width width;
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

static void keep_time(struct run *run, const struct csw_sample *samples)
{
    const struct csw_plan *plan = run->sweep->plan;

    run->round_ns[samples->point * plan->rounds + samples->round] =
        csw_visit_ns(samples, plan->samples);
}

/* The samples of one visit, which stand in a row in the file. */
static void mark_visit(struct run *run, const struct csw_sample *samples)
{
    const struct csw_plan *plan = run->sweep->plan;
    const uint64_t at = cell(plan, samples->round, samples->point);

    if (run->done[at])
        return;
    run->done[at] = true;
    run->visits_done++;
    run->points[samples->point].took_s = samples->process_ns / (double)CSW_NS_PER_S;
    keep_time(run, samples);
}

/* A visit counts as done when its last repetition is in the file. */
static void mark_done(struct run *run, const struct csw_results *before)
{
    const struct csw_plan *plan = run->sweep->plan;

    for (size_t i = 0; before && i < before->samples; i++) {
        const struct csw_sample *sample = &before->sample[i];

        run->samples++;
        if (sample->round >= run->rounds_before)
            run->rounds_before = sample->round + 1;
        if (sample->repetition + 1 == plan->samples && i + 1 >= plan->samples)
            mark_visit(run, sample - sample->repetition);
    }
}

/* ---- telling -------------------------------------------------------------------------------- */

/* The time that the point's next visit takes: that of its last, or the mean of those known. */
static double visit_seconds(const struct run *run, size_t point)
{
    double known = 0;
    size_t count = 0;

    if (run->points[point].took_s > 0)
        return run->points[point].took_s;
    for (size_t p = 0; p < run->sweep->plan->count; p++)
        if (run->points[p].took_s > 0) {
            known += run->points[p].took_s;
            count++;
        }
    return count > 0 ? known / (double)count : NAN;
}

static double elapsed_seconds(const struct run *run)
{
    return (double)(csw_now_ns() - run->start_ns) / (double)CSW_NS_PER_S;
}

/* Of all visits that are left, or of the time, whichever ends first. */
static double seconds_left(const struct run *run, uint64_t round)
{
    const struct csw_plan *plan = run->sweep->plan;
    double left = 0;

    for (size_t p = 0; p < plan->count; p++) {
        const double each = visit_seconds(run, p);

        left += run->done[cell(plan, round, p)] ? 0 : each;
        if (rounds_of(plan, p) > round + 1)
            left += each * (double)(rounds_of(plan, p) - round - 1);
    }
    if (plan->max_seconds > 0)
        left = fmin(left, fmax(0, plan->max_seconds - elapsed_seconds(run)));
    return left;
}

/* NULL: nothing has an interval to speak of. */
static const struct csw_point *widest_point(const struct run *run)
{
    return run->figure_count > 0 ? run->figure_point[run->width.widest] : NULL;
}

static void tell_progress(const struct run *run, uint64_t round, const struct csw_point *point)
{
    const struct csw_sweep *sweep = run->sweep;
    const struct csw_progress progress = {.done = run->visits_done,
                                          .total = count_visits(sweep->plan),
                                          .round = round,
                                          .point = point,
                                          .left_s = seconds_left(run, round),
                                          .precision = sweep->plan->precision,
                                          .half_width = run->width.half,
                                          .widest = widest_point(run)};

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
    char name[CSW_POINT_TEXT_SIZE], sentence[sizeof why->text + sizeof name + 40];

    run->failed++;
    csw_point_text(at, name);
    snprintf(sentence, sizeof sentence, "%s: %s%s", name, why->text,
             give_up ? " (given up after two failures)" : "");
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
    keep_time(run, samples);
    csw_visit_release(samples, sweep->plan->samples);
    return code;
}

/* ---- costs of units ------------------------------------------------------------------------- */

/* The first point of its work, where that is not in the file yet and does not wait. */
static bool lacks_cost(const struct run *run, size_t point)
{
    const struct csw_results *before = run->sweep->before;
    const struct csw_point *points = run->sweep->plan->points;

    if (points[point].waits || !csw_kernel_find(points[point].kernel) ||
        (before && csw_cost_find(before, &points[point])))
        return false;
    for (size_t i = 0; i < point; i++)
        if (csw_same_work(&points[i], &points[point]))
            return false;
    return true;
}

/* The work by one worker, cut as finely as it is by default. */
static struct csw_point serial_point(const struct csw_point *work, char *schedule_text)
{
    const struct csw_kernel *kernel = csw_kernel_find(work->kernel);
    const struct csw_schedule schedule = csw_schedule_default(kernel);
    struct csw_point point = *work;

    csw_schedule_text(&schedule, schedule_text);
    point.schedule = schedule_text;
    point.driver = "serial";
    point.settings = "";
    point.workers = 1;
    point.oversubscribed = false;
    return point;
}

/* A work whose units cannot be measured is an event; the sweep goes on without. */
static int measure_cost(struct run *run, size_t point, struct csw_err *err)
{
    const struct csw_sweep *sweep = run->sweep;
    char schedule[CSW_SCHEDULE_TEXT_SIZE];
    const struct csw_point work = serial_point(&sweep->plan->points[point], schedule);
    struct csw_err why = {0};
    struct csw_cost cost;
    int code = csw_visit_cost(&sweep->visit, &work, &cost, &why);

    if (code == -EINTR || code == CSW_EWRONG)
        return end_early(run, code == -EINTR ? "interrupted" : "failed", 0, point, code, &why, err);
    if (code < 0)
        return write_event(run, "left out", 0, point, why.text, err);
    code = write_line(run, csw_cost_line(&cost), err);
    csw_cost_release(&cost);
    return code;
}

static int measure_costs(struct run *run, struct csw_err *err)
{
    const struct csw_sweep *sweep = run->sweep;
    int code = 0;

    for (size_t p = 0; code == 0 && sweep->costs && p < sweep->plan->count; p++)
        if (lacks_cost(run, p))
            code = measure_cost(run, p, err);
    return code;
}

/* ---- one round ------------------------------------------------------------------------------ */

/* A visit of the warm-up: what it measured is not kept, and what failed fails again in round 0. */
static int warm_point(struct run *run, uint64_t round, size_t point, struct csw_err *err)
{
    const struct csw_sweep *sweep = run->sweep;
    struct csw_sample *samples = NULL;
    struct csw_err why = {0};

    tell_progress(run, 0, &sweep->plan->points[point]);
    const int code = csw_visit_run(&sweep->visit, &sweep->plan->points[point], &samples, &why);

    if (code == -EINTR || code == CSW_EWRONG)
        return end_early(run, code == -EINTR ? "interrupted" : "failed", round, point, code, &why,
                         err);
    csw_visit_release(samples, sweep->plan->samples);
    return 0;
}

static int run_warm_round(struct run *run, uint64_t round, size_t *order, struct csw_err *err)
{
    const struct csw_plan *plan = run->sweep->plan;
    int code = csw_plan_order(plan->seed, plan->count, round, order, err);

    for (size_t position = 0; code == 0 && position < plan->count; position++)
        code = warm_point(run, round, order[position], err);
    return code;
}

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

/* ---- when to stop --------------------------------------------------------------------------- */

/* Such a point can become certain: it takes part in all rounds, and was not given up. */
static bool is_live(const struct run *run, size_t point)
{
    const struct csw_plan *plan = run->sweep->plan;

    return rounds_of(plan, point) == plan->rounds &&
           run->points[point].failures < CSW_FAILURES_TO_GIVE_UP;
}

static const double *times_of(const struct run *run, size_t point)
{
    return &run->round_ns[point * run->sweep->plan->rounds];
}

/* The times that the point's S_abs is over; NULL: it is the base itself, or the base gave up. */
static const double *base_times(const struct run *run, size_t point)
{
    const struct csw_plan *plan = run->sweep->plan;

    for (size_t p = 0; p < plan->count; p++)
        if (csw_is_base(&plan->points[p], &plan->points[point]))
            return p != point && is_live(run, p) ? times_of(run, p) : NULL;
    return NULL;
}

static void add_figure(struct run *run, size_t point, const double *base_ns)
{
    run->figures[run->figure_count] = (struct csw_stop_figure){base_ns, times_of(run, point)};
    run->figure_point[run->figure_count++] = &run->sweep->plan->points[point];
}

/* The speedups of computing points, or of waiting ones too. */
static void add_speedups(struct run *run, bool waiting)
{
    const struct csw_plan *plan = run->sweep->plan;

    for (size_t p = 0; p < plan->count; p++) {
        const double *base_ns = base_times(run, p);

        if (base_ns && is_live(run, p) && (waiting || !plan->points[p].waits))
            add_figure(run, p, base_ns);
    }
}

/*
 * What the rule looks at: the speedups. Waiting kernels are a control, and count where there is
 * nothing else; times do where there is no speedup.
 */
static void find_figures(struct run *run)
{
    run->figure_count = 0;
    add_speedups(run, false);
    if (run->figure_count == 0)
        add_speedups(run, true);
    for (size_t p = 0; run->figure_count == 0 && p < run->sweep->plan->count; p++)
        if (is_live(run, p))
            add_figure(run, p, NULL);
}

/* What there was to look at when the file was written was looked at then. */
static enum csw_stop_verdict look(struct run *run, uint64_t rounds)
{
    const struct csw_stop_rule rule = csw_stop_rule_of(run->sweep->plan);

    if (rounds < run->rounds_before)
        return CSW_GO_ON;
    find_figures(run);
    run->width = csw_stop_width(run->figures, run->figure_count, rounds);
    return csw_stop_decide(&rule, run->figures, run->figure_count, rounds);
}

/* Whether the round would end after the time there is; each start of a sweep begins one at least.
 */
static bool is_out_of_time(const struct run *run, uint64_t round)
{
    const struct csw_plan *plan = run->sweep->plan;
    double needed_s = elapsed_seconds(run);

    if (!(plan->max_seconds > 0) || round <= run->rounds_before)
        return false;
    for (size_t p = 0; p < plan->count; p++)
        needed_s += is_live(run, p) ? visit_seconds(run, p) : 0;
    return needed_s > plan->max_seconds;
}

/* ---- all rounds ----------------------------------------------------------------------------- */

static int write_end(const struct run *run, enum csw_stop_verdict verdict, struct csw_err *err)
{
    const struct csw_point *widest = widest_point(run);
    char name[CSW_POINT_TEXT_SIZE] = "";

    if (widest)
        csw_point_text(widest, name);
    const struct csw_end end = {.samples = run->samples,
                                .failed = run->failed,
                                .seconds = elapsed_seconds(run),
                                .verdict = (char *)csw_stop_verdict_name(verdict),
                                .half_width = run->width.half,
                                .confidence = CSW_STOP_CONFIDENCE,
                                .widest = name};
    const int code = write_line(run, csw_end_line(&end), err);

    if (code < 0)
        return code;
    if (run->failed > 0)
        return csw_fail(err, -ECHILD, "%" PRIu64 " of %" PRIu64 " visits gave no sample",
                        run->failed, run->visits_done);
    return 0;
}

/* True for a file that was resumed although it lacks nothing. */
static bool is_complete(struct run *run)
{
    const struct csw_sweep *sweep = run->sweep;

    if (!sweep->before || !sweep->before->ended)
        return false;
    for (uint64_t round = 0; round < run->rounds_before; round++)
        for (size_t p = 0; p < sweep->plan->count; p++)
            if (!run->done[cell(sweep->plan, round, p)])
                return false;
    return look(run, run->rounds_before) != CSW_GO_ON;
}

/* A machine that rested since its file was cut off is warmed up again. */
static int warm_up(struct run *run, size_t *order, struct csw_err *err)
{
    const struct csw_plan *plan = run->sweep->plan;
    int code = plan->spin_ms > 0 ? csw_warm_cpus(run->sweep->topo, plan->spin_ms, err) : 0;

    for (uint64_t round = 0; code == 0 && round < plan->warm_rounds; round++)
        code = run_warm_round(run, round, order, err);
    return code;
}

static int run_rounds(struct run *run, size_t *order, struct csw_err *err)
{
    enum csw_stop_verdict verdict = CSW_GO_ON;
    int code = 0;

    if (run->sweep->before)
        code = write_event(run, "resumed", 0, 0, "went on with what was missing", err);
    if (code == 0)
        code = warm_up(run, order, err);
    for (uint64_t round = 0; code == 0 && verdict == CSW_GO_ON; round++) {
        if (is_out_of_time(run, round)) {
            verdict = CSW_BUDGET;
        } else {
            code = run_round(run, round, order, err);
            if (code == 0 && round == 0)
                code = measure_costs(run, err);
            verdict = look(run, round + 1);
        }
    }
    return code < 0 ? code : write_end(run, verdict, err);
}

/* Makes room for what is known; returns -ENOMEM with a sentence where there is none. */
static int run_init(struct run *ret_run, const struct csw_sweep *sweep, struct csw_err *err)
{
    const size_t count = sweep->plan->count, rounds = sweep->plan->rounds;
    struct run run = {.sweep = sweep,
                      .start_ns = csw_now_ns(),
                      .done = calloc(rounds, count * sizeof *run.done),
                      .round_ns = calloc(rounds, count * sizeof *run.round_ns),
                      .points = calloc(count, sizeof *run.points),
                      .figures = calloc(count, sizeof *run.figures),
                      .figure_point = calloc(count, sizeof *run.figure_point),
                      .width = {.half = NAN}};

    *ret_run = run;
    if (!run.done || !run.round_ns || !run.points || !run.figures || !run.figure_point)
        return csw_fail(err, -ENOMEM, "no memory for a sweep of %zu points", count);
    for (size_t i = 0; i < rounds * count; i++)
        run.round_ns[i] = NAN;
    mark_left_out(ret_run);
    mark_done(ret_run, sweep->before);
    return 0;
}

static void run_release(struct run *run)
{
    free(run->done);
    free(run->round_ns);
    free(run->points);
    free(run->figures);
    free(run->figure_point);
}

int csw_sweep_run(const struct csw_sweep *sweep, struct csw_err *err)
{
    struct run run;
    size_t *order = calloc(sweep->plan->count, sizeof *order);
    int code = run_init(&run, sweep, err);

    if (code == 0 && !order)
        code = csw_fail(err, -ENOMEM, "no memory for an order of %zu points", sweep->plan->count);
    if (code == 0 && !is_complete(&run))
        code = run_rounds(&run, order, err);
    free(order);
    run_release(&run);
    return code;
}
