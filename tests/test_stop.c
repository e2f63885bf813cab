/* test_stop.c - harness/stop.h and harness/warm.h: rounds with a known truth, from fixed seeds. */
#include "harness/stop.h"

#include <math.h>
#include <string.h>

#include "harness/clock.h"
#include "harness/dependence.h"
#include "harness/random.h"
#include "harness/warm.h"
#include "suite.h"

#define POINTS 6 /* the first is the base of the others */
#define ROUNDS 100

static const struct csw_stop_rule usual = {.precision = 0.01, .min_rounds = 10, .max_rounds = 100};

/* ---- synthetic sweeps ------------------------------------------------------------------------ */

static double normal(uint64_t *state)
{
    const double radius = sqrt(-2 * log(csw_random_uniform(state)));

    return radius * cos(2 * acos(-1) * csw_random_uniform(state));
}

struct weather {
    double shared; /* relative noise that visits share with their neighbours in time */
    double memory; /* correlation of one visit's with the next one's */
    double own;    /* noise of each visit by itself */
    double drift;  /* of the machine, over all rounds */
};

/* Point p takes 1 / (p + 1) of the base's time: its speedup is p + 1. */
struct world {
    double round_ns[POINTS][ROUNDS];
    struct csw_stop_figure figures[POINTS - 1];
};

static void world_init(struct world *ret_world, const struct weather *weather, uint64_t *state)
{
    double shared = normal(state);

    for (int r = 0; r < ROUNDS; r++)
        for (int p = 0; p < POINTS; p++) {
            const double at = (double)(r * POINTS + p) / (ROUNDS * POINTS);

            shared = weather->memory * shared +
                     sqrt(1 - weather->memory * weather->memory) * normal(state);
            ret_world->round_ns[p][r] =
                1e6 / (p + 1) *
                exp(weather->shared * shared + weather->own * normal(state) + weather->drift * at);
        }
    for (int p = 1; p < POINTS; p++)
        ret_world->figures[p - 1] = (struct csw_stop_figure){.base_ns = ret_world->round_ns[0],
                                                             .round_ns = ret_world->round_ns[p]};
}

/* Visits rounds until the rule says stop, as a sweep does; returns how many. */
static size_t carry_out(const struct csw_stop_rule *rule, const struct csw_stop_figure *figures,
                        size_t count, enum csw_stop_verdict *ret_verdict)
{
    size_t rounds = 0;

    do {
        rounds++;
        *ret_verdict = csw_stop_decide(rule, figures, count, rounds);
    } while (*ret_verdict == CSW_GO_ON && rounds < ROUNDS);
    return rounds;
}

/* ---- one figure, laid out by hand ------------------------------------------------------------ */

/* Half of the rounds take `share` longer, half of them shorter: the interval is always so wide. */
static void alternate(double values[ROUNDS], double share)
{
    for (int r = 0; r < ROUNDS; r++)
        values[r] = r % 2 == 0 ? 1000 * (1 + share) : 1000 / (1 + share);
}

static void a_width_is_half_of_the_interval_of_the_ratio(void)
{
    double base[ROUNDS], other[ROUNDS];

    for (int r = 0; r < ROUNDS; r++)
        base[r] = 4000;
    alternate(other, 0.03);
    const struct csw_stop_figure figures[] = {{base, other}, {base, base}, {NULL, other}};

    for (size_t i = 0; i < COUNT(figures); i++) {
        const struct csw_stop_width width = csw_stop_width(&figures[i], 1, 20);

        CU_ASSERT_DOUBLE_EQUAL(width.half, i == 1 ? 0 : 0.03, 1e-12);
    }
    CU_ASSERT_EQUAL(csw_stop_width(&figures[1], 2, 20).widest, 1);
    CU_ASSERT_DOUBLE_EQUAL(csw_stop_width(&figures[1], 2, 20).half, 0.03, 1e-12);
}

static void fewer_than_eight_rounds_are_never_narrow(void)
{
    double same[ROUNDS];

    alternate(same, 0);
    const struct csw_stop_figure figure = {same, same};

    for (size_t rounds = 0; rounds < CSW_STOP_LEAST_ROUNDS; rounds++)
        CU_ASSERT(isinf(csw_stop_width(&figure, 1, rounds).half));
    CU_ASSERT_EQUAL(csw_stop_width(&figure, 1, CSW_STOP_LEAST_ROUNDS).half, 0);
}

static void what_was_never_measured_is_the_widest(void)
{
    double good[ROUNDS], none[ROUNDS];

    alternate(good, 0.2);
    for (int r = 0; r < ROUNDS; r++)
        none[r] = NAN;
    const struct csw_stop_figure figures[] = {{good, good}, {good, none}, {NULL, good}};
    const struct csw_stop_width width = csw_stop_width(figures, COUNT(figures), 30);

    CU_ASSERT(isinf(width.half));
    CU_ASSERT_EQUAL(width.widest, 1);
}

static void it_looks_after_the_least_rounds_and_every_fifth_one(void)
{
    double same[ROUNDS];

    alternate(same, 0);
    const struct csw_stop_figure figure = {same, same};
    const struct csw_stop_rule rule = {.precision = 0.002, .min_rounds = 12, .max_rounds = 24};

    for (size_t rounds = 1; rounds <= 24; rounds++) {
        const bool looks = rounds == 12 || rounds == 17 || rounds == 22 || rounds == 24;

        CU_ASSERT_EQUAL(csw_stop_decide(&rule, &figure, 1, rounds),
                        looks ? CSW_CONVERGED : CSW_GO_ON);
    }
}

static void what_never_narrows_is_a_plateau_after_twenty_rounds_more(void)
{
    double base[ROUNDS], other[ROUNDS];
    enum csw_stop_verdict verdict;

    for (int r = 0; r < ROUNDS; r++)
        base[r] = 4000;
    alternate(other, 0.1);
    const struct csw_stop_figure figure = {base, other};

    CU_ASSERT_EQUAL(carry_out(&usual, &figure, 1, &verdict), 30);
    CU_ASSERT_EQUAL(verdict, CSW_PLATEAU);
}

/* Widths are random themselves: one that stands still for a while may well come down in time. */
static void a_width_in_reach_of_the_rounds_that_are_left_is_no_plateau(void)
{
    double base[ROUNDS], other[ROUNDS];
    enum csw_stop_verdict verdict;

    for (int r = 0; r < ROUNDS; r++)
        base[r] = 4000;
    alternate(other, 0.012); /* 0.012 * sqrt(65 / 100) < 0.01 < 0.012 * sqrt(70 / 100) */
    const struct csw_stop_figure figure = {base, other};

    CU_ASSERT_EQUAL(carry_out(&usual, &figure, 1, &verdict), 70);
    CU_ASSERT_EQUAL(verdict, CSW_PLATEAU);
}

static void the_budget_ends_what_is_still_narrowing(void)
{
    struct world world;
    uint64_t state = 3;
    const struct csw_stop_rule rule = {.precision = 0.002, .min_rounds = 10, .max_rounds = 25};
    enum csw_stop_verdict verdict;

    world_init(&world, &(struct weather){.own = 0.05}, &state);
    CU_ASSERT_EQUAL(carry_out(&rule, world.figures, POINTS - 1, &verdict), 25);
    CU_ASSERT_EQUAL(verdict, CSW_BUDGET);
}

static void without_a_precision_all_rounds_are_visited(void)
{
    double same[ROUNDS];
    const struct csw_stop_figure figure = {NULL, same};
    const double precisions[] = {0, NAN};
    enum csw_stop_verdict verdict;

    alternate(same, 0);
    for (size_t i = 0; i < COUNT(precisions); i++) {
        const struct csw_stop_rule rule = {.precision = precisions[i], .max_rounds = 37};

        CU_ASSERT_EQUAL(carry_out(&rule, &figure, 1, &verdict), 37);
        CU_ASSERT_EQUAL(verdict, CSW_FIXED);
    }
}

static void nothing_to_look_at_ends_at_the_first_look(void)
{
    enum csw_stop_verdict verdict;

    CU_ASSERT(isnan(csw_stop_width(NULL, 0, 20).half));
    CU_ASSERT_EQUAL(carry_out(&usual, NULL, 0, &verdict), 10);
    CU_ASSERT_EQUAL(verdict, CSW_PLATEAU);
}

/* A visit that failed once leaves a hole; its point goes on with the rounds that it has. */
static void a_round_that_is_missing_does_not_count(void)
{
    struct world world;
    uint64_t state = 5;

    world_init(&world, &(struct weather){.own = 0.003}, &state);
    const struct csw_stop_width whole = csw_stop_width(world.figures, POINTS - 1, 30);

    world.round_ns[whole.widest + 1][4] = NAN;
    CU_ASSERT(isfinite(csw_stop_width(world.figures, POINTS - 1, 30).half));
    for (int r = 0; r < 23; r++)
        world.round_ns[whole.widest + 1][r] = NAN;
    CU_ASSERT(isinf(csw_stop_width(world.figures, POINTS - 1, 30).half));
}

static void verdicts_have_the_names_of_the_file(void)
{
    CU_ASSERT_STRING_EQUAL(csw_stop_verdict_name(CSW_CONVERGED), "converged");
    CU_ASSERT_STRING_EQUAL(csw_stop_verdict_name(CSW_PLATEAU), "plateau");
    CU_ASSERT_STRING_EQUAL(csw_stop_verdict_name(CSW_BUDGET), "budget");
    CU_ASSERT_STRING_EQUAL(csw_stop_verdict_name(CSW_FIXED), "fixed");
}

/* ---- many sweeps ----------------------------------------------------------------------------- */

struct study {
    size_t intervals, covered, verdicts[CSW_FIXED + 1];
    double rounds;
};

/* How many of the intervals that the report shows cover the speedup, which is p + 1. */
static void count_covered(struct study *study, const struct world *world, size_t rounds)
{
    for (int p = 1; p < POINTS; p++) {
        struct csw_dependence ignored;
        const struct csw_estimate reported =
            csw_paired_ratio_dependent(world->round_ns[0], world->round_ns[p], rounds, &ignored);

        study->intervals += csw_estimate_has_interval(&reported);
        study->covered += reported.low <= p + 1 && p + 1 <= reported.high;
    }
}

static struct study study(const struct weather *weather, size_t trials)
{
    struct study study = {0};
    struct world world;
    uint64_t state = 11;

    for (size_t trial = 0; trial < trials; trial++) {
        enum csw_stop_verdict verdict;

        world_init(&world, weather, &state);
        const size_t rounds = carry_out(&usual, world.figures, POINTS - 1, &verdict);

        study.rounds += (double)rounds / (double)trials;
        study.verdicts[verdict]++;
        count_covered(&study, &world, rounds);
    }
    return study;
}

/* 95 % are promised; looking on and stopping early may cost 2 of them. */
static void intervals_at_the_stop_keep_their_coverage(void)
{
    static const struct {
        const char *name;
        struct weather weather;
    } rows[] = {
        {"calm", {.own = 0.003}},
        {"noisy", {.own = 0.006}},
        {"very noisy", {.own = 0.03}},
        {"drift", {.own = 0.005, .drift = 0.03}},
        {"neighbours", {.shared = 0.01, .memory = 0.5, .own = 0.003}},
        {"long-lived neighbours", {.shared = 0.03, .memory = 0.9, .own = 0.003}},
        {"both and drift", {.shared = 0.02, .memory = 0.9, .own = 0.003, .drift = 0.03}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct study found = study(&rows[i].weather, 250);

        CHECK(rows[i].name, (double)found.covered >= 0.93 * (double)found.intervals);
    }
}

static void less_noise_needs_fewer_rounds(void)
{
    const struct study calm = study(&(struct weather){.own = 0.002}, 40);
    const struct study noisy = study(&(struct weather){.own = 0.009}, 40);

    CU_ASSERT_EQUAL(calm.verdicts[CSW_CONVERGED], 40);
    CU_ASSERT_EQUAL(noisy.verdicts[CSW_CONVERGED], 40);
    CU_ASSERT(calm.rounds < 13);
    CU_ASSERT(noisy.rounds > 2 * calm.rounds && noisy.rounds < ROUNDS - 20);
}

/* ---- the warm-up ----------------------------------------------------------------------------- */

static void the_cpus_are_spun_for_as_long_as_was_declared(void)
{
    struct csw_topo *topo = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&topo, NULL, NULL), 0);
    CU_ASSERT_EQUAL(csw_warm_cpus(topo, 1, NULL), 0);
    const unsigned threads = count_threads(); /* a sanitizer's own is there from the first one on */
    const uint64_t start_ns = csw_now_ns();

    CU_ASSERT_EQUAL(csw_warm_cpus(topo, 20, NULL), 0);
    CU_ASSERT(csw_now_ns() - start_ns >= 20 * CSW_NS_PER_MS);
    CU_ASSERT_EQUAL(count_threads(), threads);
    csw_topo_close(topo);
}

static const struct test tests[] = {
    TEST(a_width_is_half_of_the_interval_of_the_ratio),
    TEST(fewer_than_eight_rounds_are_never_narrow),
    TEST(what_was_never_measured_is_the_widest),
    TEST(it_looks_after_the_least_rounds_and_every_fifth_one),
    TEST(what_never_narrows_is_a_plateau_after_twenty_rounds_more),
    TEST(a_width_in_reach_of_the_rounds_that_are_left_is_no_plateau),
    TEST(the_budget_ends_what_is_still_narrowing),
    TEST(without_a_precision_all_rounds_are_visited),
    TEST(nothing_to_look_at_ends_at_the_first_look),
    TEST(a_round_that_is_missing_does_not_count),
    TEST(verdicts_have_the_names_of_the_file),
    TEST(intervals_at_the_stop_keep_their_coverage),
    TEST(less_noise_needs_fewer_rounds),
    TEST(the_cpus_are_spun_for_as_long_as_was_declared),
};

int main(void)
{
    return RUN_TESTS("stop", tests);
}
