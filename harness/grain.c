/* grain.c - see grain.h: from the points of a grain run to the smallest tasks that pay. */
#include "grain.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>

#include "options.h"
#include "resample.h"

/* More than this is no efficiency: Task Bench stops there, too. */
#define IMPOSSIBLE 1.5

/* Serial code is at its best where the price of beginning a run is lost in it: from this share of
 * the largest run on. */
#define SATURATED (1.0 / 16)

/* What stands for "no size reaches it" in a draw of the bootstrap: a number, since percentiles are
 * interpolated, beyond all that can be measured. */
#define NEVER_NS 1e18

const char *const csw_metg_side_names[] = {
    [CSW_METG_CROSSED] = "crossed",
    [CSW_METG_BELOW] = "below",
    [CSW_METG_ABOVE] = "above",
    [CSW_METG_UNKNOWN] = "unknown",
};

/* ---- the fit -------------------------------------------------------------------------------- */

void csw_isotonic(double *values, size_t count)
{
    size_t size[CSW_GRAIN_SIZES], blocks = 0;
    double mean[CSW_GRAIN_SIZES];

    for (size_t i = 0; i < count; i++) {
        mean[blocks] = values[i];
        size[blocks++] = 1;
        for (; blocks > 1 && mean[blocks - 2] > mean[blocks - 1]; blocks--) {
            const double left = (double)size[blocks - 2], right = (double)size[blocks - 1];

            mean[blocks - 2] =
                (left * mean[blocks - 2] + right * mean[blocks - 1]) / (left + right);
            size[blocks - 2] += size[blocks - 1];
        }
    }
    for (size_t b = 0, i = 0; b < blocks; b++)
        for (size_t end = i + size[b]; i < end; i++)
            values[i] = mean[b];
}

double csw_grain_crossing(const double *work, const double *efficiency, size_t count, double wanted)
{
    size_t above = 0;

    while (above < count && efficiency[above] < wanted)
        above++;
    if (above == 0 || above == count)
        return above == 0 && count > 0 ? 0 : INFINITY;
    const double low = work[above - 1], high = work[above];
    const double low_time = low / efficiency[above - 1], high_time = high / efficiency[above];
    const double slope = (high_time - low_time) / (high - low);

    /* wanted = w / (low_time + slope * (w - low)) */
    return wanted * (low_time - slope * low) / (1 - wanted * slope);
}

/* ---- the bootstrap -------------------------------------------------------------------------- */

static const double wanted[] = {0.5, 0.9};

#define WANTED (sizeof wanted / sizeof *wanted)

/* All that a curve's METG is computed from; the arrays are owned. */
struct curve_rounds {
    const struct csw_grain_curve *curve;
    size_t rounds;
    double *efficiency;  /* [size * rounds + round], NAN: not measured */
    double *serial_rate; /* [round], work per ns */
    double *draw;        /* room for one value per round */
};

static double median_of(const struct curve_rounds *with, const double *values, const size_t *round,
                        size_t rounds)
{
    for (size_t r = 0; r < rounds; r++)
        with->draw[r] = values[round[r]];
    return csw_median(with->draw, rounds).value;
}

/* csw_statistic: the METGs of the rounds drawn, 0 and NEVER_NS where they are not crossed. */
static void metg_of_rounds(const size_t *round, size_t rounds, void *context, double *ret_values)
{
    const struct curve_rounds *with = context;
    const double rate = median_of(with, with->serial_rate, round, rounds);
    double work[CSW_GRAIN_SIZES], efficiency[CSW_GRAIN_SIZES];
    size_t count = 0;

    for (size_t i = 0; i < with->curve->count; i++) {
        const double value = median_of(with, &with->efficiency[i * with->rounds], round, rounds);

        if (isnan(value))
            continue;
        work[count] = with->curve->size[i].task_work;
        efficiency[count++] = value;
    }
    csw_isotonic(efficiency, count);
    for (size_t w = 0; w < WANTED; w++) {
        const double crossing = csw_grain_crossing(work, efficiency, count, wanted[w]);

        ret_values[w] = count == 0 ? NAN : fmin(crossing / (rate * wanted[w]), NEVER_NS);
    }
}

/* An end of the interval that lies beyond all that was measured is open. */
static void fill_metg(struct csw_metg *metg, const struct csw_estimate *drawn, double least_ns,
                      double most_ns)
{
    metg->ns = *drawn;
    if (csw_median_rank(drawn->n, CSW_CONFIDENCE) == 0)
        metg->ns.low = metg->ns.high = NAN; /* a bootstrap of so few rounds would be too sure */
    if (metg->ns.low < least_ns)
        metg->ns.low = 0;
    if (metg->ns.high < least_ns)
        metg->ns.high = least_ns; /* all draws do: no more is known */
    if (metg->ns.low > most_ns)
        metg->ns.low = most_ns;
    if (metg->ns.high > most_ns)
        metg->ns.high = INFINITY;
    metg->side = isnan(drawn->value)        ? CSW_METG_UNKNOWN
                 : drawn->value == 0        ? CSW_METG_BELOW
                 : drawn->value >= NEVER_NS ? CSW_METG_ABOVE
                                            : CSW_METG_CROSSED;
    metg->least_ns = least_ns;
    metg->most_ns = most_ns;
    if (metg->side != CSW_METG_CROSSED)
        metg->ns.value = NAN;
}

/* The least and the largest granularity of the curve; NAN: nothing was measured. */
static void find_ends(const struct csw_grain_curve *curve, double *ret_least, double *ret_most)
{
    *ret_least = *ret_most = NAN;
    for (size_t i = 0; i < curve->count; i++) {
        *ret_least = fmin(*ret_least, curve->size[i].grain_ns.value); /* fmin ignores NAN */
        *ret_most = fmax(*ret_most, curve->size[i].grain_ns.value);
    }
}

static const struct csw_grain_size *find_impossible(const struct csw_grain_curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (curve->size[i].efficiency.value > IMPOSSIBLE)
            return &curve->size[i];
    return NULL;
}

static int fill_metgs(struct csw_grain_curve *curve, struct curve_rounds *with, struct csw_err *err)
{
    const struct csw_resampling plan = {.rounds = with->rounds,
                                        .block = 1,
                                        .draws = CSW_DRAWS,
                                        .seed = CSW_RESAMPLE_SEED,
                                        .confidence = CSW_CONFIDENCE};
    struct csw_estimate drawn[WANTED];
    double least, most;
    const int code = csw_resample(drawn, WANTED, &plan, metg_of_rounds, with, err);

    if (code < 0)
        return code;
    curve->impossible = find_impossible(curve);
    for (size_t w = 0; curve->impossible && w < WANTED; w++)
        drawn[w] = csw_estimate_none;
    find_ends(curve, &least, &most);
    fill_metg(&curve->metg50, &drawn[0], least, most);
    fill_metg(&curve->metg90, &drawn[1], least, most);
    return 0;
}

/* ---- from cells to a curve ------------------------------------------------------------------ */

/* What one run does, in the unit that the cell's rate counts; NAN: not measured. */
static double run_work(const struct csw_cell *cell)
{
    return cell->rate.value * cell->time_ns.value / 1e9;
}

/* Each round's rate of the base: the median over its saturated sizes. */
static void fill_serial_rate(const struct csw_report *report, const struct csw_grain_curve *curve,
                             struct curve_rounds *with)
{
    const double largest = run_work(curve->size[curve->count - 1].cell);

    for (size_t r = 0; r < with->rounds; r++) {
        double rates[CSW_GRAIN_SIZES];
        size_t count = 0;

        for (size_t i = 0; i < curve->count; i++) {
            const struct csw_cell *base = csw_report_base(report, curve->size[i].cell);

            if (base && run_work(base) >= SATURATED * largest)
                rates[count++] = run_work(base) / base->round_ns[r];
        }
        with->serial_rate[r] = csw_median(rates, count).value;
    }
}

/* Granularity and efficiency of one size in every round. */
static void fill_size(struct csw_grain_size *size, double tasks, const struct curve_rounds *with,
                      double *ret_efficiency)
{
    const double workers = (double)size->cell->point->workers;

    for (size_t r = 0; r < with->rounds; r++)
        with->draw[r] = size->cell->round_ns[r] * workers / tasks;
    size->grain_ns = csw_median(with->draw, with->rounds);
    for (size_t r = 0; r < with->rounds; r++)
        ret_efficiency[r] = size->task_work / (with->draw[r] * with->serial_rate[r]);
    size->efficiency = csw_median(ret_efficiency, with->rounds);
}

static int measure_curve(struct csw_grain *grain, struct csw_grain_curve *curve,
                         struct curve_rounds *with, struct csw_err *err)
{
    const double tasks = (double)(grain->tasks_per_worker * curve->point->workers);

    fill_serial_rate(&grain->report, curve, with);
    curve->serial_rate = csw_median(with->serial_rate, with->rounds).value;
    for (size_t i = 0; i < curve->count; i++) {
        curve->size[i].task_work = run_work(curve->size[i].cell) / tasks;
        fill_size(&curve->size[i], tasks, with, &with->efficiency[i * with->rounds]);
    }
    return fill_metgs(curve, with, err);
}

static int fill_curve(struct csw_grain *grain, struct csw_grain_curve *curve, struct csw_err *err)
{
    const size_t rounds = grain->report.rounds;
    struct curve_rounds with = {.curve = curve,
                                .rounds = rounds,
                                .efficiency = calloc(curve->count * rounds, sizeof(double)),
                                .serial_rate = calloc(rounds, sizeof(double)),
                                .draw = calloc(rounds, sizeof(double))};
    const int code =
        with.efficiency && with.serial_rate && with.draw
            ? measure_curve(grain, curve, &with, err)
            : csw_fail(err, -ENOMEM, "no memory for a curve of %zu sizes", curve->count);

    free(with.efficiency);
    free(with.serial_rate);
    free(with.draw);
    return code;
}

/* ---- which points make a curve -------------------------------------------------------------- */

/* Without its chunk, which is the size of a task: "dynamic". */
static size_t handout_length(const char *schedule)
{
    return strcspn(schedule, ":");
}

static bool is_of_curve(const struct csw_point *a, const struct csw_point *b)
{
    const size_t length = handout_length(a->schedule);

    return a->workers == b->workers && strcmp(a->kernel, b->kernel) == 0 &&
           strcmp(a->options, b->options) == 0 && strcmp(a->driver, b->driver) == 0 &&
           strcmp(a->settings, b->settings) == 0 && length == handout_length(b->schedule) &&
           strncmp(a->schedule, b->schedule, length) == 0;
}

/* The plan goes from the largest size down. More than there are powers of two was not planned here.
 */
static void add_to_curve(struct csw_grain_curve *curve, const struct csw_cell *cell)
{
    if (curve->count == CSW_GRAIN_SIZES)
        return;
    memmove(&curve->size[1], &curve->size[0], curve->count * sizeof curve->size[0]);
    curve->size[0] = (struct csw_grain_size){.cell = cell};
    curve->count++;
}

static void add_cell(struct csw_grain *grain, const struct csw_cell *cell)
{
    const struct csw_point *point = cell->point;
    size_t at = 0;

    if (csw_is_base(point, point))
        return;
    while (at < grain->count && !is_of_curve(grain->curve[at].point, point))
        at++;
    struct csw_grain_curve *curve = &grain->curve[at];

    if (at == grain->count) {
        grain->count++;
        curve->point = point;
        snprintf(curve->schedule, sizeof curve->schedule, "%.*s",
                 (int)handout_length(point->schedule), point->schedule);
    }
    add_to_curve(curve, cell);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int read_tasks(const struct csw_plan *plan, uint64_t *ret_tasks, struct csw_err *err)
{
    char *text = NULL;
    int code = csw_is_grain(plan)
                   ? csw_option_value(plan->grain, "tasks-per-worker", &text, err)
                   : csw_fail(err, -EINVAL,
                              "these results are of no grain run; `coresweep report` "
                              "reads them");

    if (code == 0 && (!text || csw_number_parse(ret_tasks, text, NULL) < 0 || *ret_tasks == 0))
        code = csw_fail(err, -EINVAL, "the plan's grain '%.80s' does not tell tasks-per-worker",
                        plan->grain);
    free(text);
    return code;
}

int csw_grain_init(struct csw_grain *ret_grain, const struct csw_results *results,
                   struct csw_err *err)
{
    struct csw_grain grain = {0};
    int code = read_tasks(&results->plan, &grain.tasks_per_worker, err);

    if (code == 0)
        code = csw_report_init(&grain.report, results, err);
    if (code < 0)
        return code;
    grain.curve = calloc(grain.report.count + 1, sizeof *grain.curve);
    if (!grain.curve)
        code = csw_fail(err, -ENOMEM, "no memory for %zu curves", grain.report.count);
    for (size_t i = 0; code == 0 && i < grain.report.count; i++)
        add_cell(&grain, &grain.report.cell[i]);
    for (size_t i = 0; code == 0 && i < grain.count; i++)
        code = fill_curve(&grain, &grain.curve[i], err);
    if (code < 0) {
        csw_grain_release(&grain);
        return code;
    }
    *ret_grain = grain;
    return 0;
}

void csw_grain_release(struct csw_grain *grain)
{
    if (!grain)
        return;
    csw_report_release(&grain->report);
    free(grain->curve);
    *grain = (struct csw_grain){0};
}
