/* stop.c - see stop.h */
#include "stop.h"

#include <math.h>
#include <stdbool.h>

#include "stats.h"

static const char *const verdict_names[] = {
    [CSW_GO_ON] = "",        [CSW_CONVERGED] = "converged", [CSW_PLATEAU] = "plateau",
    [CSW_BUDGET] = "budget", [CSW_FIXED] = "fixed",
};

const char *csw_stop_verdict_name(enum csw_stop_verdict verdict)
{
    return verdict_names[verdict];
}

/* Of a time it is the same on the log scale, since ranks do not change there. */
static double half_width(const struct csw_stop_figure *figure, size_t rounds)
{
    const struct csw_estimate estimate =
        figure->base_ns
            ? csw_paired_ratio_at(figure->base_ns, figure->round_ns, rounds, CSW_STOP_CONFIDENCE)
            : csw_median_at(figure->round_ns, rounds, CSW_STOP_CONFIDENCE);

    return csw_estimate_has_interval(&estimate) ? sqrt(estimate.high / estimate.low) - 1 : INFINITY;
}

struct csw_stop_width csw_stop_width(const struct csw_stop_figure *figures, size_t count,
                                     size_t rounds)
{
    struct csw_stop_width width = {.half = NAN};

    for (size_t i = 0; i < count; i++) {
        const double half = half_width(&figures[i], rounds);

        if (!(half <= width.half))
            width = (struct csw_stop_width){.half = half, .widest = i};
    }
    return width;
}

struct csw_stop_rule csw_stop_rule_of(const struct csw_plan *plan)
{
    return (struct csw_stop_rule){
        .precision = plan->precision, .min_rounds = plan->min_rounds, .max_rounds = plan->rounds};
}

static bool is_look(const struct csw_stop_rule *rule, size_t rounds)
{
    return rounds >= rule->max_rounds ||
           (rounds >= rule->min_rounds && (rounds - rule->min_rounds) % CSW_STOP_STEP == 0);
}

/* Whether the rounds that are left suffice where intervals narrow with the root of the rounds. */
static bool is_in_reach(const struct csw_stop_rule *rule, size_t rounds, double half)
{
    return half * sqrt((double)rounds / (double)rule->max_rounds) <= rule->precision;
}

/* Rounds before the first look were not looked at: they show no plateau. */
static bool is_plateau(const struct csw_stop_rule *rule, const struct csw_stop_figure *figures,
                       size_t count, size_t rounds, double half)
{
    if (isnan(half))
        return true;
    if (rounds < rule->min_rounds + CSW_PLATEAU_ROUNDS || is_in_reach(rule, rounds, half))
        return false;
    const double before = csw_stop_width(figures, count, rounds - CSW_PLATEAU_ROUNDS).half;

    return half > (1 - CSW_PLATEAU_SHARE) * before;
}

enum csw_stop_verdict csw_stop_decide(const struct csw_stop_rule *rule,
                                      const struct csw_stop_figure *figures, size_t count,
                                      size_t rounds)
{
    if (!(rule->precision > 0))
        return rounds < rule->max_rounds ? CSW_GO_ON : CSW_FIXED;
    if (!is_look(rule, rounds))
        return CSW_GO_ON;
    const double half = csw_stop_width(figures, count, rounds).half;

    if (half <= rule->precision)
        return CSW_CONVERGED;
    if (rounds >= rule->max_rounds)
        return CSW_BUDGET;
    return is_plateau(rule, figures, count, rounds, half) ? CSW_PLATEAU : CSW_GO_ON;
}
