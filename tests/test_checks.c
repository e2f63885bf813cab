/*
 * Proves that what is wrong with rounds is found where it was put in, and seldom where it was not.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "harness/checks.h"
#include "harness/random.h"
#include "suite.h"

#define ROUNDS 30
#define MAX_ROUNDS 1200
#define PI 3.14159265358979323846

/* Box-Muller. */
static double normal(uint64_t *state)
{
    const double radius = sqrt(-2 * log(csw_random_uniform(state)));

    return radius * cos(2 * PI * csw_random_uniform(state));
}

struct rounds {
    double base_ns[MAX_ROUNDS], other_ns[MAX_ROUNDS];
};

/* Base and another cell of twice its speed, both with 1 % of noise. */
static void draw(struct rounds *rounds, size_t count, uint64_t seed)
{
    for (size_t r = 0; r < count; r++) {
        rounds->base_ns[r] = 1e8 * exp(0.01 * normal(&seed));
        rounds->other_ns[r] = 5e7 * exp(0.01 * normal(&seed));
    }
}

static struct csw_checks checks_of(const struct rounds *rounds, size_t count)
{
    struct csw_checks checks;

    CU_ASSERT_EQUAL_FATAL(csw_checks_of(&checks, rounds->base_ns, rounds->other_ns, count, NULL),
                          0);
    return checks;
}

/* ---- false alarms ---------------------------------------------------------------------------- */

static void calm_rounds_raise_few_alarms(void)
{
    enum { TRIALS = 1000 };
    unsigned following = 0, drifting = 0, coarse = 0, severe = 0, first = 0;

    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        struct rounds rounds;

        draw(&rounds, ROUNDS, 1000 * trial);
        const struct csw_checks checks = checks_of(&rounds, ROUNDS);

        following += csw_dependence_found(&checks.dependence);
        drifting += checks.drifts;
        coarse += checks.coarse;
        severe += checks.severe > 0;
        first += checks.first_apart;
    }
    CU_ASSERT(following < TRIALS * 3 / 100);
    CU_ASSERT(drifting < TRIALS * 2 / 100); /* 1 in 100 by its limit */
    CU_ASSERT(severe < TRIALS * 2 / 100);
    CU_ASSERT(first < TRIALS / 100);
    CU_ASSERT_EQUAL(coarse, 0);
}

static void fewer_rounds_than_ten_are_not_looked_at(void)
{
    struct rounds rounds;

    for (size_t r = 0; r < ROUNDS; r++) {
        rounds.base_ns[r] = 1e8;
        rounds.other_ns[r] = 1e8 * exp(-0.1 * (double)r);
    }
    for (size_t n = 0; n < CSW_CHECKED_ROUNDS; n++) {
        const struct csw_checks checks = checks_of(&rounds, n);

        CU_ASSERT_FALSE(csw_dependence_found(&checks.dependence));
        CU_ASSERT(!checks.drifts && !checks.coarse && !checks.first_apart);
        CU_ASSERT(isnan(checks.change) && isnan(checks.dependence.lag1));
        CU_ASSERT_EQUAL(checks.dependence.n, n);
    }
    CU_ASSERT(checks_of(&rounds, CSW_CHECKED_ROUNDS).drifts);
}

/* ---- rounds that follow each other ----------------------------------------------------------- */

static void correlation_of_ranks_is_exact(void)
{
    static const double rising[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 100};
    static const double turns[] = {1, 9, 1, 9, 1, 9, 1, 9, 1, 9};
    static const double same[10] = {0};
    struct csw_dependence dependence;

    /* ranks -4.5 ... 4.5: products 57.75, squares 82.5 */
    csw_median_dependent(rising, 10, &dependence);
    CU_ASSERT_DOUBLE_EQUAL(dependence.lag1, 57.75 / 82.5, 1e-12);
    CU_ASSERT(csw_dependence_found(&dependence) && dependence.effective < 2);
    csw_median_dependent(turns, 10, &dependence);
    CU_ASSERT_DOUBLE_EQUAL(dependence.lag1, -0.9, 1e-12);
    CU_ASSERT(!csw_dependence_found(&dependence) && dependence.effective == 10);
    csw_median_dependent(same, 10, &dependence);
    CU_ASSERT(isnan(dependence.lag1) && dependence.effective == 10);
}

/* Neighbours in a calm machine's rounds are exchanged for ones that go on for four rounds. */
static void rounds_that_go_on_widen_the_interval_of_the_speedup(void)
{
    struct rounds rounds;
    struct csw_dependence dependence;
    uint64_t seed = 5;

    draw(&rounds, 60, 5);
    for (size_t r = 0; r < 60; r++) {
        static double state;

        state = r % 4 == 0 ? 0.05 * normal(&seed) : state;
        rounds.other_ns[r] *= exp(state);
    }
    const struct csw_estimate narrow = csw_paired_ratio(rounds.base_ns, rounds.other_ns, 60);
    const struct csw_estimate wide =
        csw_paired_ratio_dependent(rounds.base_ns, rounds.other_ns, 60, &dependence);

    CU_ASSERT(csw_dependence_found(&dependence));
    CU_ASSERT(dependence.effective > 5 && dependence.effective < 30);
    CU_ASSERT(wide.value == narrow.value && wide.n == narrow.n);
    CU_ASSERT(wide.low < narrow.low && wide.high > narrow.high);
}

static void rounds_that_hardly_change_have_no_interval(void)
{
    struct csw_dependence dependence;
    double values[20];

    for (size_t r = 0; r < 20; r++)
        values[r] = (double)(r / 7);
    const struct csw_estimate estimate = csw_median_dependent(values, 20, &dependence);

    CU_ASSERT(estimate.value == 1 && estimate.n == 20);
    CU_ASSERT_FALSE(csw_estimate_has_interval(&estimate));
}

static void without_dependence_nothing_changes(void)
{
    struct rounds rounds;
    struct csw_dependence dependence;

    for (size_t n = 0; n <= ROUNDS; n++) {
        draw(&rounds, n, 3);
        for (size_t r = 0; r < n; r += 9)
            rounds.base_ns[r] = NAN;
        const struct csw_estimate plain = csw_paired_ratio(rounds.base_ns, rounds.other_ns, n);
        const struct csw_estimate same =
            csw_paired_ratio_dependent(rounds.base_ns, rounds.other_ns, n, &dependence);

        CU_ASSERT(plain.n == same.n && dependence.n == plain.n);
        CU_ASSERT(plain.n == 0 || plain.value == same.value);
        CU_ASSERT_EQUAL(csw_estimate_has_interval(&plain), csw_estimate_has_interval(&same));
        CU_ASSERT(isnan(plain.low) || (plain.low == same.low && plain.high == same.high));
    }
}

/* ---- drift ----------------------------------------------------------------------------------- */

static void the_slope_is_that_of_the_rounds_whatever_some_of_them_say(void)
{
    struct rounds rounds;

    draw(&rounds, ROUNDS, 1);
    for (size_t r = 0; r < ROUNDS; r++) {
        rounds.other_ns[r] = rounds.base_ns[r] * exp(-0.01 * (double)r); /* faster and faster */
        if (r % 7 == 0)
            rounds.other_ns[r] *= 3;
        if (r % 7 == 1)
            rounds.base_ns[r] = NAN;
    }
    const struct csw_checks checks = checks_of(&rounds, ROUNDS);

    CU_ASSERT(checks.drifts);
    CU_ASSERT_DOUBLE_EQUAL(checks.change, 0.01 * (ROUNDS - 2), 0.03);
}

static void drift_of_both_is_no_drift_of_the_ratio(void)
{
    struct rounds rounds;
    struct csw_checks alone;

    draw(&rounds, ROUNDS, 2);
    for (size_t r = 0; r < ROUNDS; r++) {
        rounds.base_ns[r] *= exp(0.01 * (double)r);
        rounds.other_ns[r] *= exp(0.01 * (double)r);
    }
    CU_ASSERT_FALSE(checks_of(&rounds, ROUNDS).drifts);
    CU_ASSERT_EQUAL_FATAL(csw_checks_of(&alone, NULL, rounds.other_ns, ROUNDS, NULL), 0);
    CU_ASSERT(alone.drifts);
    CU_ASSERT_DOUBLE_EQUAL(alone.change, 0.29, 0.02); /* times rise */
}

/* More rounds than there are steps between which slopes are taken. */
static void many_rounds_are_looked_at_in_groups(void)
{
    struct rounds rounds;

    draw(&rounds, MAX_ROUNDS, 4);
    CU_ASSERT_FALSE(checks_of(&rounds, MAX_ROUNDS).drifts);
    for (size_t r = 0; r < MAX_ROUNDS; r++)
        rounds.other_ns[r] *= exp(0.1 * (double)r / (MAX_ROUNDS - 1));
    const struct csw_checks checks = checks_of(&rounds, MAX_ROUNDS);

    CU_ASSERT(checks.drifts);
    CU_ASSERT_DOUBLE_EQUAL(checks.change, -0.1, 0.01);
}

/* ---- outliers, the first round, the clock ---------------------------------------------------- */

/* Ratios 2^0 ... 2^20 but two: quartiles at 5 and 15 times ln 2, fences 15 and 30 further out. */
static void fences_are_tukeys(void)
{
    static const int exponents[] = {5,  1,  2,  3,  4,  0,  6,  7,  8,  9, 10,
                                    11, 12, 13, 14, 15, 16, 17, 18, 31, 46};
    struct rounds rounds;

    for (size_t r = 0; r < COUNT(exponents); r++) {
        rounds.base_ns[r] = ldexp(1000 + (double)r, exponents[r]);
        rounds.other_ns[r] = 1000 + (double)r;
    }
    struct csw_checks checks = checks_of(&rounds, COUNT(exponents));

    CU_ASSERT(checks.mild == 1 && checks.severe == 1);
    CU_ASSERT_FALSE(checks.first_apart);
    rounds.base_ns[19] = ldexp(1019, 29); /* below 30 */
    rounds.base_ns[20] = ldexp(1020, 44); /* below 45 */
    checks = checks_of(&rounds, COUNT(exponents));
    CU_ASSERT(checks.mild == 1 && checks.severe == 0);
}

static void a_first_round_that_is_cold_is_told(void)
{
    struct rounds rounds;

    draw(&rounds, ROUNDS, 6);
    rounds.other_ns[3] *= 1.3;
    CU_ASSERT_FALSE(checks_of(&rounds, ROUNDS).first_apart);
    rounds.other_ns[0] *= 1.3;
    const struct csw_checks checks = checks_of(&rounds, ROUNDS);

    CU_ASSERT(checks.first_apart && checks.severe == 2);
    rounds.base_ns[0] = NAN; /* then the second is the first */
    CU_ASSERT_FALSE(checks_of(&rounds, ROUNDS).first_apart);
}

static void a_coarse_clock_is_told_by_its_ties(void)
{
    struct rounds rounds;

    draw(&rounds, ROUNDS, 8);
    for (size_t r = 0; r < ROUNDS; r++)
        rounds.other_ns[r] = 4e6 * round(rounds.other_ns[r] / 4e6); /* ticks of 250 Hz */
    const struct csw_checks checks = checks_of(&rounds, ROUNDS);

    CU_ASSERT(checks.coarse && checks.tied == ROUNDS);
    CU_ASSERT_EQUAL(checks.severe, 0);
}

/* ---- disturbed samples ----------------------------------------------------------------------- */

static void a_sample_is_disturbed_where_a_reason_says_so(void)
{
    struct csw_sample sample = {0};

    CU_ASSERT_FALSE(csw_sample_is_disturbed(&sample));
    sample.disturbed = (char *)"";
    CU_ASSERT_FALSE(csw_sample_is_disturbed(&sample));
    sample.disturbed = (char *)"availability 0.61";
    CU_ASSERT(csw_sample_is_disturbed(&sample));
}

static const struct test tests[] = {
    TEST(calm_rounds_raise_few_alarms),
    TEST(fewer_rounds_than_ten_are_not_looked_at),
    TEST(correlation_of_ranks_is_exact),
    TEST(rounds_that_go_on_widen_the_interval_of_the_speedup),
    TEST(rounds_that_hardly_change_have_no_interval),
    TEST(without_dependence_nothing_changes),
    TEST(the_slope_is_that_of_the_rounds_whatever_some_of_them_say),
    TEST(drift_of_both_is_no_drift_of_the_ratio),
    TEST(many_rounds_are_looked_at_in_groups),
    TEST(fences_are_tukeys),
    TEST(a_first_round_that_is_cold_is_told),
    TEST(a_coarse_clock_is_told_by_its_ties),
    TEST(a_sample_is_disturbed_where_a_reason_says_so),
};

int main(void)
{
    return RUN_TESTS("checks", tests);
}
