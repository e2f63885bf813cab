/* checks.c - see checks.h */
#include "checks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Slopes are between all pairs: of more rounds, groups of neighbours are looked at. */
#define MAX_STEPS 500

/* What a normal variate exceeds, on either side, once in 100. */
#define BEYOND_CHANCE 2.576

/* What logarithms of equal ratios may differ by. */
#define ROUNDING 1e-12

#define INNER_FENCE 1.5
#define OUTER_FENCE 3

bool csw_sample_is_disturbed(const struct csw_sample *sample)
{
    return sample->disturbed && *sample->disturbed;
}

/* The rounds that tell, in their order. */
struct series {
    size_t n;
    size_t *round;
    double *value, *scratch;
};

static void series_release(struct series *series)
{
    free(series->round);
    free(series->value);
    free(series->scratch);
}

static int series_init(struct series *ret_series, const double *base_ns, const double *times_ns,
                       size_t rounds)
{
    struct series series = {.round = calloc(rounds + 1, sizeof *series.round),
                            .value = calloc(rounds + 1, sizeof *series.value),
                            .scratch = calloc(rounds + 1, sizeof *series.scratch)};

    if (!series.round || !series.value || !series.scratch) {
        series_release(&series);
        return -ENOMEM;
    }
    for (size_t r = 0; r < rounds; r++) {
        const double base = base_ns ? base_ns[r] : 1;

        if (!(times_ns[r] > 0 && base > 0))
            continue;
        series.round[series.n] = r;
        series.value[series.n++] = base_ns ? log(base / times_ns[r]) : log(times_ns[r]);
    }
    *ret_series = series;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* ---- drift ---------------------------------------------------------------------------------- */

/* The medians of groups of neighbours, at their first rounds: the same series in fewer steps. */
static size_t thin_out(const struct series *series, double *ret_at, double *ret_value)
{
    const size_t group = (series->n + MAX_STEPS - 1) / MAX_STEPS;
    size_t steps = 0;

    for (size_t first = 0; first + group <= series->n; first += group) {
        ret_at[steps] = (double)series->round[first];
        ret_value[steps++] = csw_median(&series->value[first], group).value;
    }
    return steps;
}

/* Fills in all slopes; returns Kendall's S, the pairs that rise less those that fall. */
static double slopes_of(const double *at, const double *value, size_t steps, double *ret_slopes)
{
    double rising = 0;

    for (size_t i = 0; i < steps; i++)
        for (size_t j = i + 1; j < steps; j++) {
            rising += (value[j] > value[i]) - (value[j] < value[i]);
            *ret_slopes++ = (value[j] - value[i]) / (at[j] - at[i]);
        }
    return rising;
}

/* Mann and Kendall: S over its standard deviation where there is no trend, less 1 for its steps. */
static bool is_beyond_chance(double rising, size_t steps)
{
    const double n = (double)steps;

    return fabs(rising) - 1 > BEYOND_CHANCE * sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

static int check_drift(struct csw_checks *checks, const struct series *series,
                       const struct csw_estimate *estimate)
{
    const double width = estimate->high - estimate->low;
    double at[MAX_STEPS], value[MAX_STEPS];
    const size_t steps = thin_out(series, at, value), pairs = steps * (steps - 1) / 2;
    double *slopes = malloc(pairs * sizeof *slopes);

    if (!slopes)
        return -ENOMEM;
    const double rising = slopes_of(at, value, steps, slopes);
    const double span = (double)(series->round[series->n - 1] - series->round[0]);

    checks->change = csw_median_ranked(slopes, pairs, 0).value * span;
    checks->drifts = is_beyond_chance(rising, steps) && !(fabs(checks->change) <= width);
    free(slopes);
    return 0;
}

/* ---- outliers, ties ------------------------------------------------------------------------- */

static void check_outliers(struct csw_checks *checks, const struct series *series)
{
    memcpy(series->scratch, series->value, series->n * sizeof *series->scratch);
    qsort(series->scratch, series->n, sizeof *series->scratch, compare);
    const double lower = csw_quantile(series->scratch, series->n, 0.25);
    const double upper = csw_quantile(series->scratch, series->n, 0.75);
    const double box = fmax(upper - lower, ROUNDING);

    for (size_t i = 0; i < series->n; i++) {
        const double beyond = fmax(lower - series->value[i], series->value[i] - upper);
        const bool severe = beyond > OUTER_FENCE * box;

        checks->severe += severe;
        checks->mild += !severe && beyond > INNER_FENCE * box;
        checks->first_apart |= severe && i == 0;
    }
}

/* Of the times themselves, in those rounds: a ratio has the digits of both. */
static void check_ties(struct csw_checks *checks, const struct series *series,
                       const double *times_ns)
{
    double *sorted = series->scratch;

    for (size_t i = 0; i < series->n; i++)
        sorted[i] = times_ns[series->round[i]];
    qsort(sorted, series->n, sizeof *sorted, compare);
    for (size_t i = 0; i < series->n; i++)
        checks->tied += (i > 0 && sorted[i] == sorted[i - 1]) ||
                        (i + 1 < series->n && sorted[i] == sorted[i + 1]);
    checks->coarse = 2 * checks->tied >= series->n;
}

int csw_checks_of(struct csw_checks *ret_checks, const double *base_ns, const double *times_ns,
                  size_t rounds, struct csw_err *err)
{
    struct csw_checks checks = {.change = NAN};
    struct series series = {0};
    int code = series_init(&series, base_ns, times_ns, rounds);

    if (code == 0) {
        const struct csw_estimate estimate =
            csw_median_dependent(series.value, series.n, &checks.dependence);

        if (series.n >= CSW_CHECKED_ROUNDS) {
            check_outliers(&checks, &series);
            check_ties(&checks, &series, times_ns);
            code = check_drift(&checks, &series, &estimate);
        }
        series_release(&series);
    }
    if (code < 0)
        return csw_fail(err, code, "no memory to check %zu rounds", rounds);
    *ret_checks = checks;
    return 0;
}
