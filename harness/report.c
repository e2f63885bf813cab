/* report.c - see report.h: the numbers. How they look is report_table.c and report_export.c. */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/driver.h>

#include "weak.h"

const struct csw_report_column csw_report_columns[] = {
    {"time_ns", offsetof(struct csw_cell, time_ns)},
    {"s_abs", offsetof(struct csw_cell, s_abs)},
    {"s_rel", offsetof(struct csw_cell, s_rel)},
    {"efficiency", offsetof(struct csw_cell, efficiency)},
    {"s_cpu", offsetof(struct csw_cell, s_cpu)},
    {"rate_per_s", offsetof(struct csw_cell, rate)},
    {"e2e_ns", offsetof(struct csw_cell, e2e_ns)},
    {"process_ns", offsetof(struct csw_cell, process_ns)},
    {"s_abs_undisturbed", offsetof(struct csw_cell, s_abs_undisturbed)},
};
const size_t csw_report_column_count = sizeof csw_report_columns / sizeof *csw_report_columns;

/* ---- from samples to rounds ----------------------------------------------------------------- */

/* A number of a sample; NAN: the sample does not tell. */
typedef double (*sample_value)(const struct csw_sample *);

static double region_ns(const struct csw_sample *sample)
{
    return sample->region_ns;
}

static double e2e_ns(const struct csw_sample *sample)
{
    return sample->e2e_ns;
}

static double process_ns(const struct csw_sample *sample)
{
    return sample->process_ns;
}

static double pss_bytes(const struct csw_sample *sample)
{
    return sample->pss_bytes;
}

static double peak_bytes(const struct csw_sample *sample)
{
    return sample->peak_bytes;
}

static double clock_hz(const struct csw_sample *sample)
{
    return sample->clock_hz;
}

/* NULL: the sample has no worker. */
static const struct csw_worker *busiest(const struct csw_sample *sample)
{
    const struct csw_worker *most = NULL;

    for (uint64_t w = 0; w < sample->workers; w++)
        if (!most || sample->worker[w].cpu_ns > most->cpu_ns)
            most = &sample->worker[w];
    return most;
}

static double busiest_cpu_ns(const struct csw_sample *sample)
{
    const struct csw_worker *worker = busiest(sample);

    return worker && worker->cpu_ns > 0 ? (double)worker->cpu_ns : NAN;
}

/* The wall time of the busiest worker, from its begin to its end. */
static double window_ns(const struct csw_sample *sample)
{
    const struct csw_worker *worker = busiest(sample);

    return worker && worker->end_ns > worker->start_ns ? (double)(worker->end_ns - worker->start_ns)
                                                       : NAN;
}

static double mean_cpu_ns(const struct csw_sample *sample)
{
    uint64_t sum = 0;

    for (uint64_t w = 0; w < sample->workers; w++)
        sum += sample->worker[w].cpu_ns;
    return sum > 0 ? (double)sum / (double)sample->workers : NAN;
}

/*
 * What a run would take if nobody else used the CPUs: the CPU time of the busiest worker. Under
 * dynamic, guided and late a worker that is held up leaves its share to the others, which makes
 * them busier than they would have been: there it is the mean.
 */
static sample_value undisturbed_ns(const struct csw_point *point)
{
    static const char *const evens_out[] = {"dynamic", "guided", "late"};

    for (size_t i = 0; i < sizeof evens_out / sizeof *evens_out; i++)
        if (strncmp(point->schedule, evens_out[i], strlen(evens_out[i])) == 0)
            return mean_cpu_ns;
    return busiest_cpu_ns;
}

static int compare_samples(const void *a, const void *b)
{
    const struct csw_sample *left = *(const struct csw_sample *const *)a;
    const struct csw_sample *right = *(const struct csw_sample *const *)b;

    if (left->point != right->point)
        return left->point < right->point ? -1 : 1;
    return (left->round > right->round) - (left->round < right->round);
}

static int sort_samples(struct csw_report *report)
{
    const struct csw_results *results = report->results;

    report->sorted = calloc(results->samples + 1, sizeof *report->sorted);
    if (!report->sorted)
        return -ENOMEM;
    for (size_t i = 0; i < results->samples; i++)
        report->sorted[i] = &results->sample[i];
    qsort(report->sorted, results->samples, sizeof *report->sorted, compare_samples);
    return 0;
}

/* The samples of one point, by round. */
struct samples {
    const struct csw_sample **sample;
    size_t count;
};

static struct samples samples_of(const struct csw_report *report, size_t point)
{
    size_t first = 0, last;

    while (first < report->results->samples && report->sorted[first]->point < point)
        first++;
    for (last = first; last < report->results->samples; last++)
        if (report->sorted[last]->point != point)
            break;
    return (struct samples){&report->sorted[first], last - first};
}

/* The medians over each round's samples: ret_rounds[r], NAN where there are none. */
static void fill_rounds(struct samples samples, sample_value value, size_t rounds, double *scratch,
                        double *ret_rounds)
{
    for (size_t r = 0; r < rounds; r++)
        ret_rounds[r] = NAN;
    for (size_t i = 0, next; i < samples.count; i = next) {
        const uint64_t round = samples.sample[i]->round;

        for (next = i; next < samples.count && samples.sample[next]->round == round; next++)
            scratch[next - i] = value(samples.sample[next]);
        ret_rounds[round] = csw_median(scratch, next - i).value;
    }
}

/* Takes the rounds out in which a sample of the point was disturbed. */
static void leave_out_disturbed(struct csw_cell *cell, struct samples samples)
{
    for (size_t i = 0; i < samples.count; i++)
        if (csw_sample_is_disturbed(samples.sample[i])) {
            cell->disturbed++;
            cell->round_undisturbed_ns[samples.sample[i]->round] = NAN;
        }
}

static double mean_preempted(struct samples samples)
{
    double sum = 0;

    for (size_t i = 0; i < samples.count; i++)
        for (uint64_t w = 0; w < samples.sample[i]->workers; w++)
            sum += (double)samples.sample[i]->worker[w].preempted;
    return samples.count > 0 ? sum / (double)samples.count : NAN;
}

static double most(struct samples samples, sample_value value)
{
    double max = NAN;

    for (size_t i = 0; i < samples.count; i++)
        max = fmax(max, value(samples.sample[i])); /* fmax ignores NAN */
    return max;
}

static double least(const double *values, size_t count)
{
    double min = NAN;

    for (size_t i = 0; i < count; i++)
        min = fmin(min, values[i]); /* fmin ignores NAN */
    return min;
}

/* Work per second: steps where the kernel counts them, otherwise items. */
static void fill_rate(struct csw_cell *cell, struct samples samples)
{
    const struct csw_sample *any = samples.count > 0 ? samples.sample[0] : NULL;
    const bool steps = any && any->work > 0;
    const double work = steps ? (double)any->work : any ? (double)any->items : NAN;

    cell->unit = any && !steps ? "items" : cell->point->unit;
    cell->rate = csw_estimate_under(work * 1e9, cell->time_ns);
}

/* ---- from rounds to cells ------------------------------------------------------------------- */

bool csw_same_work(const struct csw_point *a, const struct csw_point *b)
{
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->options, b->options) == 0 &&
           strcmp(csw_ungrown_tasks(a), csw_ungrown_tasks(b)) == 0;
}

bool csw_is_base(const struct csw_point *base, const struct csw_point *point)
{
    const char *name = point->base && *point->base ? point->base : "serial";
    const size_t length = strlen(base->driver);

    if (!csw_same_work(base, point) || strncmp(name, base->driver, length) != 0)
        return false;
    return strcmp(name[length] == ' ' ? name + length + 1 : name + length,
                  base->settings ? base->settings : "") == 0;
}

/* The point that the speedup is over; NULL: the plan has none. */
static const struct csw_cell *base_of(const struct csw_report *report, const struct csw_cell *cell)
{
    for (size_t i = 0; i < report->count; i++)
        if (csw_is_base(report->cell[i].point, cell->point))
            return &report->cell[i];
    return NULL;
}

const struct csw_cell *csw_report_base(const struct csw_report *report, const struct csw_cell *cell)
{
    return base_of(report, cell);
}

const struct csw_cell *csw_report_single(const struct csw_report *report,
                                         const struct csw_cell *cell)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct csw_point *point = report->cell[i].point;

        if (point->workers == 1 && csw_same_work(point, cell->point) &&
            strcmp(point->driver, cell->point->driver) == 0 &&
            strcmp(point->settings, cell->point->settings) == 0 &&
            strcmp(point->schedule, cell->point->schedule) == 0)
            return &report->cell[i];
    }
    return NULL;
}

/* Stamps of single chunks enclose what lies between them, too, and tell of no window. */
static bool has_windows(const struct csw_point *point)
{
    const struct csw_driver_entry *entry = csw_driver_find(point->driver);

    return !entry || !entry->driver || !(entry->driver->flags & (CSW_ALWAYS_LATE | CSW_ONE_THREAD));
}

static double no_number(const struct csw_sample *sample)
{
    (void)sample;
    return NAN;
}

/* What each round's numbers are: an array of the cell, and what of a sample it has. */
static int fill_round_arrays(struct csw_cell *cell, struct samples samples, size_t rounds,
                             double *scratch)
{
    const struct {
        double **array;
        sample_value value;
    } arrays[] = {
        {&cell->round_ns, region_ns},
        {&cell->round_undisturbed_ns, region_ns},
        {&cell->round_cpu_ns, undisturbed_ns(cell->point)},
        {&cell->round_busiest_ns, busiest_cpu_ns},
        {&cell->round_mean_ns, mean_cpu_ns},
        {&cell->round_window_ns, has_windows(cell->point) ? window_ns : no_number},
        {&cell->round_clock_hz, clock_hz},
    };

    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        double *array = calloc(rounds, sizeof *array);

        if (!array)
            return -ENOMEM;
        *arrays[i].array = array;
        fill_rounds(samples, arrays[i].value, rounds, scratch, array);
    }
    return 0;
}

static int fill_times(struct csw_report *report, size_t point, double *scratch, double *values)
{
    struct csw_cell *cell = &report->cell[point];
    const struct samples samples = samples_of(report, point);
    const size_t rounds = report->rounds;

    if (fill_round_arrays(cell, samples, rounds, scratch) < 0)
        return -ENOMEM;
    leave_out_disturbed(cell, samples);
    cell->time_ns = csw_median(cell->round_ns, rounds);
    cell->min_ns = least(cell->round_ns, rounds);
    fill_rounds(samples, e2e_ns, rounds, scratch, values);
    cell->e2e_ns = csw_median(values, rounds);
    fill_rounds(samples, process_ns, rounds, scratch, values);
    cell->process_ns = csw_median(values, rounds);
    cell->preempted = mean_preempted(samples);
    cell->pss_bytes = most(samples, pss_bytes);
    cell->peak_bytes = most(samples, peak_bytes);
    fill_rate(cell, samples);
    return 0;
}

/* How many times the work of `base` the cell has. */
static double growth_over(const struct csw_cell *base, const struct csw_cell *cell)
{
    return (double)csw_growth(cell->point) / (double)csw_growth(base->point);
}

/* How much faster the work of `cell` is done than that of `base`, whose work may be less. */
static struct csw_estimate speedup(const struct csw_cell *base, const double *base_ns,
                                   const struct csw_cell *cell, const double *cell_ns,
                                   size_t rounds, struct csw_dependence *ret_dependence)
{
    return csw_estimate_times(csw_paired_ratio_dependent(base_ns, cell_ns, rounds, ret_dependence),
                              growth_over(base, cell));
}

static void fill_speedups(const struct csw_report *report, struct csw_cell *cell)
{
    const struct csw_cell *base = base_of(report, cell), *single = csw_report_single(report, cell);
    const size_t rounds = report->rounds;
    struct csw_dependence ignored; /* the checks look at S_abs by themselves */

    cell->s_abs = cell->s_rel = cell->s_cpu = cell->s_abs_undisturbed = csw_estimate_none;
    if (base) {
        cell->s_abs = speedup(base, base->round_ns, cell, cell->round_ns, rounds, &ignored);
        cell->s_abs_undisturbed = speedup(base, base->round_undisturbed_ns, cell,
                                          cell->round_undisturbed_ns, rounds, &ignored);
    }
    if (single)
        cell->s_rel =
            speedup(single, single->round_ns, cell, cell->round_ns, rounds, &cell->rel_rounds);
    if (base && !cell->point->waits)
        cell->s_cpu =
            speedup(base, base->round_cpu_ns, cell, cell->round_cpu_ns, rounds, &cell->cpu_rounds);
    cell->efficiency = csw_estimate_times(cell->s_abs, 1 / (double)cell->point->workers);
}

static struct csw_round_times times_of(const struct csw_cell *cell)
{
    return (struct csw_round_times){.wall_ns = cell->round_ns,
                                    .busiest_ns = cell->round_busiest_ns,
                                    .mean_ns = cell->round_mean_ns,
                                    .window_ns = cell->round_window_ns,
                                    .clock_hz = cell->round_clock_hz};
}

/* Where workers wait by their nature, CPU time tells nothing of them. */
static int fill_loss(const struct csw_report *report, struct csw_cell *cell)
{
    const struct csw_cell *base = base_of(report, cell);
    const struct csw_round_times own = times_of(cell), bases = times_of(base ? base : cell);
    cell->loss = csw_identity_none;
    if (!base || cell->point->waits)
        return 0;
    const double growth = growth_over(base, cell);

    return csw_identity_of(&cell->loss, &bases, &own, (double)cell->point->workers / growth,
                           report->rounds, NULL);
}

static int fill_checks(const struct csw_report *report, struct csw_cell *cell)
{
    const struct csw_cell *base = base_of(report, cell);

    cell->has_base = base && base != cell;
    return csw_checks_of(&cell->checks, cell->has_base ? base->round_ns : NULL, cell->round_ns,
                         report->rounds, NULL);
}

static void fill_bound(const struct csw_report *report, struct csw_cell *cell)
{
    cell->bound = csw_bound_of_point(cell->point, &report->results->host);
    cell->above_bound = csw_bound_exceeded(&cell->bound, &cell->s_abs);
}

static int fill_cells(struct csw_report *report)
{
    const struct csw_results *results = report->results;
    double *scratch = calloc(results->samples + 1, sizeof *scratch);
    double *rounds = calloc(report->rounds, sizeof *rounds);
    int code = scratch && rounds ? sort_samples(report) : -ENOMEM;

    for (size_t p = 0; code == 0 && p < report->count; p++) {
        report->cell[p].point = &results->plan.points[p];
        code = fill_times(report, p, scratch, rounds);
    }
    for (size_t p = 0; code == 0 && p < report->count; p++) {
        fill_speedups(report, &report->cell[p]);
        fill_bound(report, &report->cell[p]);
        code = fill_loss(report, &report->cell[p]);
        if (code == 0)
            code = fill_checks(report, &report->cell[p]);
    }
    free(scratch);
    free(rounds);
    return code;
}

/* Rounds that the samples speak of: never less than one, so that every array has an element. */
static size_t rounds_of(const struct csw_results *results)
{
    uint64_t rounds = 1;

    for (size_t i = 0; i < results->samples; i++)
        if (results->sample[i].round >= rounds)
            rounds = results->sample[i].round + 1;
    return (size_t)rounds;
}

int csw_report_init(struct csw_report *ret_report, const struct csw_results *results,
                    struct csw_err *err)
{
    struct csw_report report = {
        .results = results, .count = results->plan.count, .rounds = rounds_of(results)};

    report.cell = calloc(report.count, sizeof *report.cell);
    if (!report.cell || fill_cells(&report) < 0) {
        csw_report_release(&report);
        return csw_fail(err, -ENOMEM, "no memory for a report of %zu points", report.count);
    }
    *ret_report = report;
    return 0;
}

void csw_report_release(struct csw_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; report->cell && i < report->count; i++) {
        free(report->cell[i].round_ns);
        free(report->cell[i].round_cpu_ns);
        free(report->cell[i].round_busiest_ns);
        free(report->cell[i].round_mean_ns);
        free(report->cell[i].round_window_ns);
        free(report->cell[i].round_clock_hz);
        free(report->cell[i].round_undisturbed_ns);
    }
    free(report->cell);
    free(report->sorted);
    *report = (struct csw_report){0};
}
