/* goals.c - see goals.h */
#include "goals.h"

#include <math.h>
#include <stddef.h>

#define RANDOM BENCH_IN(BENCH_RANDOM)
#define SQUARES BENCH_IN(BENCH_SQUARES)
#define MIXED BENCH_IN(BENCH_MIXED)

#define FLINT "FLINT n_is_square"
#define GMP "GMP mpn_perfect_square_p"
#define ORDER "FLINT's order inline"

enum measure {
    SPEED_OVER,  /* times as fast as a peer, on the worst of the inputs */
    TIME,        /* ns per unit, on the worst of the inputs */
    WORST_INPUT, /* the slowest input's time over the fastest's */
    SPEEDUP,     /* all cores over one; the bound is per core */
};

struct goal {
    const char *text;
    enum measure measure;
    const char *row;
    const char *peers[2]; /* of SPEED_OVER; the faster one counts where there are two */
    unsigned inputs;
    enum bench_level level;
    bool all;
    double bound;
};

#define OVER_FLINT(of, set, least)                                                                 \
    {                                                                                              \
        .text = of " over FLINT", .row = of, .peers = {FLINT}, .inputs = set, .level = BENCH_L2,   \
        .bound = least                                                                             \
    }
#define OVER_GMP(of, set, least)                                                                   \
    {                                                                                              \
        .text = of " over GMP", .row = of, .peers = {GMP}, .inputs = set, .level = BENCH_L2,       \
        .bound = least                                                                             \
    }
#define LIST_IN(in, where)                                                                         \
    {                                                                                              \
        .text = "list_range in " where " over writing", .row = "list_range",                       \
        .peers = {"write", "write past caches"}, .inputs = RANDOM, .level = in, .bound = 0.95      \
    }
#define SCALES(of, set)                                                                            \
    {                                                                                              \
        .text = of ", all cores over one", .measure = SPEEDUP, .row = of, .inputs = set,           \
        .level = BENCH_L2, .all = true, .bound = 0.95                                              \
    }

static const struct goal goals[] = {
    OVER_FLINT("is_square inline", RANDOM, 2.6),
    OVER_FLINT("is_square inline", BENCH_RANGES, 3.2),
    OVER_FLINT("is_square inline", SQUARES, 1.7),
    {.text = "is_square inline over FLINT's order inline",
     .row = "is_square inline",
     .peers = {ORDER},
     .inputs = RANDOM,
     .level = BENCH_L2,
     .bound = 1.1},
    OVER_FLINT("count_array avx512", RANDOM, 18),
    OVER_FLINT("count_array avx512", SQUARES, 14),
    OVER_GMP("count_array avx512", RANDOM, 20),
    OVER_GMP("count_array avx512", SQUARES, 45),
    OVER_FLINT("count_array avx2", RANDOM, 12),
    OVER_FLINT("count_array avx2", SQUARES, 7),
    {.text = "count_array in DRAM over reading, one core",
     .row = "count_array",
     .peers = {"read"},
     .inputs = RANDOM,
     .level = BENCH_DRAM,
     .bound = 0.90},
    {.text = "count_array in DRAM over reading, all cores",
     .row = "count_array",
     .peers = {"read"},
     .inputs = RANDOM,
     .level = BENCH_DRAM,
     .all = true,
     .bound = 0.95},
    {.text = "filter_array, per value",
     .measure = TIME,
     .row = "filter_array",
     .inputs = MIXED,
     .level = BENCH_L2,
     .bound = 0.30},
    LIST_IN(BENCH_L1, "L1"),
    LIST_IN(BENCH_L2, "L2"),
    LIST_IN(BENCH_L3, "L3"),
    LIST_IN(BENCH_DRAM, "DRAM"),
    {.text = "count_range, per call",
     .measure = TIME,
     .row = "count_range",
     .inputs = BENCH_IN(BENCH_PAIRS),
     .level = BENCH_L2,
     .bound = 10},
    {.text = "count_array, worst input over best",
     .measure = WORST_INPUT,
     .row = "count_array",
     .inputs = BENCH_NUMBERS,
     .level = BENCH_L2,
     .bound = 1.7},
    SCALES("count_array", RANDOM | SQUARES),
    SCALES("is_square inline", RANDOM),
    SCALES("root unit", RANDOM),
};

#define GOALS (sizeof goals / sizeof *goals)

/* ---- figures -------------------------------------------------------------------------------- */

static const struct bench_cell *cell_of(const struct bench_campaign *campaign,
                                        const struct goal *goal, const char *row, unsigned input,
                                        bool all)
{
    return bench_cells_find(&campaign->cells, bench_row_find(row), (enum bench_input)input,
                            goal->level, all);
}

/* The peer that takes less time. */
static const struct bench_cell *peer_of(const struct bench_campaign *campaign,
                                        const struct goal *goal, unsigned input)
{
    const struct bench_cell *best = NULL;

    for (size_t i = 0; i < 2 && goal->peers[i]; i++) {
        const struct bench_cell *peer = cell_of(campaign, goal, goal->peers[i], input, goal->all);
        const double ns = bench_figure_ns(campaign, peer).estimate.value;

        if (!best || ns < bench_figure_ns(campaign, best).estimate.value)
            best = peer;
    }
    return best;
}

static struct bench_figure figure_on(const struct bench_campaign *campaign, const struct goal *goal,
                                     unsigned input)
{
    const struct bench_cell *cell = cell_of(campaign, goal, goal->row, input, goal->all);

    switch (goal->measure) {
    case SPEED_OVER:
        return bench_figure_ratio(campaign, peer_of(campaign, goal, input), cell);
    case SPEEDUP:
        return bench_figure_ratio(campaign, cell_of(campaign, goal, goal->row, input, false), cell);
    default:
        return bench_figure_ns(campaign, cell);
    }
}

static bool is_at_most(const struct goal *goal)
{
    return goal->measure == TIME || goal->measure == WORST_INPUT;
}

/* The input whose figure is the largest, or the smallest. */
static unsigned extreme_input(const struct bench_campaign *campaign, const struct goal *goal,
                              bool largest)
{
    unsigned extreme = BENCH_INPUTS;
    double value = NAN;

    for (unsigned input = 0; input < BENCH_INPUTS; input++) {
        if (!(goal->inputs & BENCH_IN(input)))
            continue;
        const double own = figure_on(campaign, goal, input).estimate.value;

        if (extreme == BENCH_INPUTS || (largest ? own > value : own < value)) {
            extreme = input;
            value = own;
        }
    }
    return extreme;
}

static struct bench_figure figure_of(const struct bench_campaign *campaign, const struct goal *goal,
                                     unsigned worst)
{
    const unsigned best = extreme_input(campaign, goal, false);

    if (goal->measure != WORST_INPUT)
        return figure_on(campaign, goal, worst);
    return bench_figure_ratio(campaign, cell_of(campaign, goal, goal->row, worst, goal->all),
                              cell_of(campaign, goal, goal->row, best, goal->all));
}

/* ---- outcomes ------------------------------------------------------------------------------- */

static const char *why_not(const struct bench_campaign *campaign, const struct goal *goal)
{
    const char *missing = bench_row_missing(bench_row_find(goal->row));

    if (missing)
        return missing;
    if (goal->all && campaign->cores < 2)
        return "needs two cores";
    if (campaign->sizes.pass_bytes[goal->level] == 0)
        return "needs a cache of this level";
    return "has no samples";
}

static bool is_kept(const struct bench_outcome *outcome)
{
    const double value = outcome->figure.estimate.value;

    return outcome->at_most ? value <= outcome->bound : value >= outcome->bound;
}

bool bench_goal_outcome(const struct bench_campaign *campaign, size_t index,
                        struct bench_outcome *ret_outcome)
{
    if (index >= GOALS)
        return false;
    const struct goal *goal = &goals[index];
    struct bench_outcome outcome = {
        .text = goal->text,
        .at_most = is_at_most(goal),
        .bound = goal->bound * (goal->measure == SPEEDUP ? campaign->cores : 1),
        .unit = goal->measure == TIME ? "ns" : "x",
    };
    const unsigned worst = extreme_input(campaign, goal, outcome.at_most);

    outcome.input = bench_input_name((enum bench_input)worst);
    outcome.figure = figure_of(campaign, goal, worst);
    outcome.verdict = is_kept(&outcome) ? BENCH_MET : BENCH_NOT_MET;
    if (isnan(outcome.figure.estimate.value)) {
        outcome.verdict = BENCH_CANNOT;
        outcome.reason = why_not(campaign, goal);
    }
    *ret_outcome = outcome;
    return true;
}

const char *bench_verdict_text(enum bench_verdict verdict)
{
    static const char *const texts[] = {
        [BENCH_MET] = "met",
        [BENCH_NOT_MET] = "not met",
        [BENCH_CANNOT] = "cannot be measured here",
    };

    return texts[verdict];
}
