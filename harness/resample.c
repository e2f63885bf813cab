/* resample.c - see resample.h */
#include "resample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "random.h"

/* A percentile interval that lacks more of its draws would be one of the rounds that went well. */
#define MAX_MISSING (1.0 / 20)

/* Blocks begin anywhere they fit; the last one is cut. */
static void draw_rounds(const struct csw_resampling *plan, uint64_t *state, size_t *ret_round)
{
    const size_t block = plan->block < plan->rounds ? plan->block : plan->rounds;
    size_t drawn = 0;

    while (drawn < plan->rounds) {
        const size_t first = (size_t)csw_random_below(state, plan->rounds - block + 1);

        for (size_t i = 0; i < block && drawn < plan->rounds; i++)
            ret_round[drawn++] = first + i;
    }
}

/* Takes one value's draws, which it sorts. */
static void fill_interval(struct csw_estimate *estimate, const struct csw_resampling *plan,
                          double *values)
{
    const double tail = (1 - plan->confidence) / 2;
    size_t n = 0;

    for (size_t d = 0; d < plan->draws; d++)
        if (!isnan(values[d]))
            values[n++] = values[d];
    estimate->low = estimate->high = NAN;
    if (n == 0 || (double)(plan->draws - n) >= MAX_MISSING * (double)plan->draws)
        return;
    csw_sort(values, n);
    estimate->low = csw_quantile(values, n, tail);
    estimate->high = csw_quantile(values, n, 1 - tail);
}

struct draws {
    size_t *round;
    double *now, *all; /* one draw's values; all[value * draws + draw] */
};

static void draw_all(const struct csw_resampling *plan, struct draws *draws, size_t count,
                     csw_statistic *statistic, void *context)
{
    uint64_t state = plan->seed;

    for (size_t d = 0; d < plan->draws; d++) {
        draw_rounds(plan, &state, draws->round);
        statistic(draws->round, plan->rounds, context, draws->now);
        for (size_t i = 0; i < count; i++)
            draws->all[i * plan->draws + d] = draws->now[i];
    }
}

int csw_resample(struct csw_estimate *ret_estimates, size_t count,
                 const struct csw_resampling *plan, csw_statistic *statistic, void *context,
                 struct csw_err *err)
{
    struct draws draws = {.round = calloc(plan->rounds + 1, sizeof *draws.round),
                          .now = calloc(count + 1, sizeof *draws.now),
                          .all = calloc(count * plan->draws + 1, sizeof *draws.all)};
    const bool complete = draws.round && draws.now && draws.all;

    for (size_t r = 0; complete && r < plan->rounds; r++)
        draws.round[r] = r;
    if (complete) {
        statistic(draws.round, plan->rounds, context, draws.now);
        for (size_t i = 0; i < count; i++)
            ret_estimates[i] = (struct csw_estimate){.value = draws.now[i], .n = plan->rounds};
        draw_all(plan, &draws, count, statistic, context);
        for (size_t i = 0; i < count; i++)
            fill_interval(&ret_estimates[i], plan, &draws.all[i * plan->draws]);
    }
    free(draws.round);
    free(draws.now);
    free(draws.all);
    return complete ? 0 : csw_fail(err, -ENOMEM, "no memory for a bootstrap of %zu", plan->draws);
}
