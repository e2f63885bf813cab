/* selftest.c - see selftest.h */
#include "selftest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "binomial.h"

#define ROUNDS CSW_SELFTEST_ROUNDS
#define HALF (ROUNDS / 2)

/* What all comparisons of one way gave, sweep after sweep. */
struct outcomes {
    struct csw_versus *versus; /* [sweep * cells + cell] */
    size_t count;
};

/* ---- comparing ------------------------------------------------------------------------------ */

static int compare_paired(struct csw_versus *ret_versus, const double *a, const double *b,
                          struct csw_err *err)
{
    return csw_versus_paired(ret_versus, a, b, ROUNDS, err);
}

/* Both sides' runs of the first half, against both sides' of the second. */
static int compare_blocks(struct csw_versus *ret_versus, const double *a, const double *b,
                          struct csw_err *err)
{
    double first[ROUNDS], second[ROUNDS];

    memcpy(first, a, HALF * sizeof *first);
    memcpy(first + HALF, b, HALF * sizeof *first);
    memcpy(second, a + HALF, HALF * sizeof *second);
    memcpy(second + HALF, b + HALF, HALF * sizeof *second);
    return csw_versus_unpaired(ret_versus, first, ROUNDS, second, ROUNDS, err);
}

typedef int compare_rounds(struct csw_versus *, const double *a, const double *b, struct csw_err *);

static int compare_all(struct outcomes *outcomes, const struct csw_report *a,
                       const struct csw_report *b, compare_rounds *compare, double margin,
                       struct csw_err *err)
{
    const size_t cells = a->count;
    int code = 0;

    for (size_t i = 0; code == 0 && i < outcomes->count; i++) {
        const size_t cell = i % cells, round = i / cells * ROUNDS;

        code = compare(&outcomes->versus[i], a->cell[cell].round_ns + round,
                       b->cell[cell].round_ns + round, err);
        if (code == 0 && cell == cells - 1)
            code = csw_versus_judge(&outcomes->versus[i + 1 - cells], cells, margin, err);
    }
    return code;
}

/* ---- summing up ----------------------------------------------------------------------------- */

/* What 5 % of the values exceed at most; sorts them. NAN where there are none. */
static double exceeded_in_5_percent(double *values, size_t count)
{
    if (count == 0)
        return NAN;
    csw_sort(values, count);
    return values[count - 1 - count / 20];
}

static int sum_up(struct csw_alarms *ret_alarms, const struct outcomes *outcomes,
                  struct csw_err *err)
{
    struct csw_alarms alarms = {0};
    double *widths = calloc(2 * outcomes->count + 1, sizeof *widths);
    double *distances = widths + outcomes->count;

    if (!widths)
        return csw_fail(err, -ENOMEM, "no memory for %zu comparisons", outcomes->count);
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct csw_versus *versus = &outcomes->versus[i];
        const struct csw_estimate *ratio = &versus->ratio;

        if (!csw_estimate_has_interval(ratio))
            continue;
        widths[alarms.comparisons] = (ratio->high - ratio->low) / 2 / ratio->value;
        distances[alarms.comparisons] = exp(fabs(log(ratio->value))) - 1;
        alarms.comparisons++;
        alarms.excluding += ratio->low > 1 || ratio->high < 1;
        alarms.verdicts += versus->verdict == CSW_FASTER || versus->verdict == CSW_SLOWER;
    }
    alarms.excluding_share = csw_share_of(alarms.excluding, alarms.comparisons);
    alarms.verdicts_share = csw_share_of(alarms.verdicts, alarms.comparisons);
    alarms.half_width = csw_median(widths, alarms.comparisons).value;
    alarms.exceeded = exceeded_in_5_percent(distances, alarms.comparisons);
    free(widths);
    *ret_alarms = alarms;
    return 0;
}

static int analyse_one_way(struct csw_alarms *ret_alarms, const struct csw_selftest *selftest,
                           const struct csw_report *a, const struct csw_report *b,
                           compare_rounds *compare, struct csw_err *err)
{
    struct outcomes outcomes = {.count = selftest->cells * selftest->sweeps};

    outcomes.versus = calloc(outcomes.count, sizeof *outcomes.versus);
    int code = outcomes.versus
                   ? compare_all(&outcomes, a, b, compare, selftest->margin, err)
                   : csw_fail(err, -ENOMEM, "no memory for %zu comparisons", outcomes.count);

    if (code == 0)
        code = sum_up(ret_alarms, &outcomes, err);
    free(outcomes.versus);
    return code;
}

int csw_selftest_analyse(struct csw_selftest *ret_selftest, const struct csw_report *a,
                         const struct csw_report *b, double margin, struct csw_err *err)
{
    const size_t rounds = a->rounds < b->rounds ? a->rounds : b->rounds;
    struct csw_selftest selftest = {.cells = a->count, .sweeps = rounds / ROUNDS, .margin = margin};

    if (selftest.sweeps == 0 || a->count != b->count)
        return csw_fail(err, -EINVAL, "the two sides have no %d rounds of the same cells", ROUNDS);
    int code = analyse_one_way(&selftest.paired, &selftest, a, b, compare_paired, err);

    if (code == 0)
        code = analyse_one_way(&selftest.blocks, &selftest, a, b, compare_blocks, err);
    if (code == 0)
        *ret_selftest = selftest;
    return code;
}
