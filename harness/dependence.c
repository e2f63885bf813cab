/* dependence.c - see dependence.h */
#include "dependence.h"

#include <math.h>
#include <stdlib.h>

/* More than this is not believed: the bias that is taken out grows without end. */
#define MOST_LAG1 0.95

bool csw_dependence_found(const struct csw_dependence *dependence)
{
    return dependence->lag1 > 2 / sqrt((double)dependence->n);
}

struct ranked {
    double value;
    size_t at;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

/* Replaces the values by their ranks less the mean rank; equal ones share a rank. Sorts `sorted`.
 */
static void rank_values(double *values, struct ranked *sorted, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct ranked){values[i], i};
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i; next < n && sorted[next].value == sorted[i].value; next++)
            ;
        for (size_t j = i; j < next; j++)
            values[sorted[j].at] = ((double)(i + next) - (double)n) / 2;
    }
}

/* Of values whose mean is 0; NAN where all are. */
static double lag1_of(const double *values, size_t n)
{
    double products = 0, squares = values[0] * values[0];

    for (size_t i = 1; i < n; i++) {
        products += values[i - 1] * values[i];
        squares += values[i] * values[i];
    }
    return squares > 0 ? products / squares : NAN;
}

/* An estimate from n values around their own mean falls short: its bias is taken out. */
static double effective_of(size_t n, double lag1)
{
    const double lag = (lag1 + 1 / (double)n) / (1 - 3 / (double)n);
    const double correlation = lag < MOST_LAG1 ? lag : MOST_LAG1;

    return fmax(1, (double)n * (1 - correlation) / (1 + correlation));
}

/* Takes numbers alone, which it loses. */
static struct csw_dependence dependence_of(double *numbers, struct ranked *scratch, size_t n)
{
    struct csw_dependence dependence = {.n = n, .lag1 = NAN, .effective = (double)n};

    if (n < CSW_CHECKED_ROUNDS)
        return dependence;
    rank_values(numbers, scratch, n);
    dependence.lag1 = lag1_of(numbers, n);
    if (csw_dependence_found(&dependence))
        dependence.effective = effective_of(n, dependence.lag1);
    return dependence;
}

/* The interval's ranks as far from the middle as so few values would need; 0: beyond the ends. */
static size_t rank_for(const struct csw_dependence *dependence)
{
    const double middle = (double)dependence->n / 2;
    const double rank = (double)csw_median_rank(dependence->n, CSW_CONFIDENCE);
    const double moved =
        middle - (middle - rank) * sqrt((double)dependence->n / dependence->effective);

    return moved > 0 ? (size_t)moved : 0;
}

struct csw_estimate csw_median_dependent(const double *values, size_t count,
                                         struct csw_dependence *ret_dependence)
{
    double *numbers = malloc((count + 1) * sizeof *numbers);
    struct ranked *scratch = malloc((count + 1) * sizeof *scratch);
    struct csw_estimate estimate = csw_estimate_none;
    size_t n = 0;

    *ret_dependence = (struct csw_dependence){.lag1 = NAN};
    for (size_t i = 0; numbers && scratch && i < count; i++)
        if (!isnan(values[i]))
            numbers[n++] = values[i];
    if (n > 0) {
        *ret_dependence = dependence_of(numbers, scratch, n);
        estimate = csw_median_ranked(values, count, rank_for(ret_dependence));
    }
    free(numbers);
    free(scratch);
    return estimate;
}

struct csw_estimate csw_paired_ratio_dependent(const double *base, const double *other,
                                               size_t rounds, struct csw_dependence *ret_dependence)
{
    double *logs = malloc((rounds + 1) * sizeof *logs);

    if (logs)
        csw_log_ratios(base, other, rounds, logs);
    const struct csw_estimate estimate =
        csw_median_dependent(logs, logs ? rounds : 0, ret_dependence);

    free(logs);
    return csw_estimate_exp(estimate);
}
