/*
 * Proves that the intervals of stats.c are what they claim to be: ranks against exact binomial sums
 * in integers, coverage against simulated truth, pairing against drift that must cancel.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "harness/random.h"
#include "harness/stats.h"
#include "suite.h"

#define TRIALS 4000
#define MAX_ROUNDS 30
#define PI 3.14159265358979323846

/* ---- laws ----------------------------------------------------------------------------------- */

static double exponential(uint64_t *state)
{
    return -log(csw_random_uniform(state));
}

/* Box-Muller. */
static double normal(uint64_t *state)
{
    const double radius = sqrt(2 * exponential(state));

    return radius * cos(2 * PI * csw_random_uniform(state));
}

static double heavy_tailed(uint64_t *state)
{
    return exp(2 * normal(state));
}

/* ---- ranks ---------------------------------------------------------------------------------- */

/* The definition, in integers: P(Bin(n, 1/2) < k) <= (100 - percent) / 200. */
static size_t exact_rank(unsigned n, unsigned percent)
{
    const unsigned __int128 limit = ((unsigned __int128)1 << n) * (100 - percent);
    unsigned __int128 below = 0;
    uint64_t binomial = 1;
    size_t k = 0;

    for (unsigned i = 0; 2 * k < n; i++) {
        below += binomial;
        if (below * 200 > limit)
            break;
        k++;
        binomial = (uint64_t)((unsigned __int128)binomial * (n - i) / (i + 1));
    }
    return k;
}

static void ranks_equal_exact_binomial_sums(void)
{
    static const unsigned percents[] = {90, 95, 99};

    for (size_t p = 0; p < COUNT(percents); p++)
        for (unsigned n = 0; n <= 60; n++)
            CU_ASSERT_EQUAL(csw_median_rank(n, percents[p] / 100.0), exact_rank(n, percents[p]));
}

/* As printed in tables of the sign test's interval for the median. */
static void ranks_equal_printed_tables(void)
{
    static const struct {
        size_t n;
        double confidence;
        size_t rank;
    } table[] = {
        {0, .95, 0},   {1, .95, 0},   {5, .95, 0},   {6, .95, 1},    {8, .95, 1},      {9, .95, 2},
        {11, .95, 2},  {12, .95, 3},  {15, .95, 4},  {17, .95, 5},   {20, .95, 6},     {25, .95, 8},
        {30, .95, 10}, {50, .95, 18}, {70, .95, 27}, {100, .95, 40}, {1000, .95, 469}, {7, .99, 0},
        {8, .99, 1},   {12, .99, 2},  {20, .99, 4},  {30, .99, 8},   {100, .99, 37},   {4, .90, 0},
        {5, .90, 1},   {8, .90, 2},   {20, .90, 6},  {30, .90, 11},  {100, .90, 42},
    };

    for (size_t i = 0; i < COUNT(table); i++)
        CU_ASSERT_EQUAL(csw_median_rank(table[i].n, table[i].confidence), table[i].rank);
}

/* Confidences that a sum reaches exactly: "at least the confidence" includes them. */
static void a_rank_that_reaches_the_confidence_exactly_counts(void)
{
    for (unsigned n = 2; n <= 40; n++)
        CU_ASSERT_EQUAL(csw_median_rank(n, 1 - ldexp(1, 1 - (int)n)), 1);
}

static void ranks_grow_with_n_by_one_at_most(void)
{
    for (size_t n = 1, before = 0; n <= 5000; n++) {
        const size_t rank = csw_median_rank(n, CSW_CONFIDENCE);

        CU_ASSERT(rank == before || rank == before + 1);
        CU_ASSERT(2 * rank <= n);
        before = rank;
    }
}

/* Far out the normal approximation holds: n/2 - 1.96 * sqrt(n)/2. */
static void a_hundred_thousand_values_overflow_nothing(void)
{
    const double near = 50000 - 1.959964 * sqrt(100000) / 2;

    CU_ASSERT_DOUBLE_EQUAL((double)csw_median_rank(100000, .95), near, 2);
}

/* ---- medians -------------------------------------------------------------------------------- */

static void medians_of_even_and_odd_counts(void)
{
    static const double values[] = {7, 1, 5, 3, 9};
    const struct csw_estimate odd = csw_median(values, 5), even = csw_median(values, 4);

    CU_ASSERT_EQUAL(odd.value, 5);
    CU_ASSERT_EQUAL(odd.n, 5);
    CU_ASSERT_EQUAL(even.value, 4);
    CU_ASSERT_FALSE(csw_estimate_has_interval(&odd));
}

static void an_interval_is_two_of_the_sorted_values(void)
{
    static const double values[] = {60, 10, 50, 20, 40, 30, 90, 80, 70};
    const struct csw_estimate six = csw_median(values, 6), nine = csw_median(values, 9);

    CU_ASSERT(six.low == 10 && six.high == 60);
    CU_ASSERT(nine.low == 20 && nine.high == 80);
    CU_ASSERT(csw_estimate_has_interval(&six));
}

static void values_that_are_missing_are_left_out(void)
{
    static const double with_holes[] = {NAN, 3, NAN, 1, 2, 6, NAN, 5, 4, NAN};
    const struct csw_estimate estimate = csw_median(with_holes, COUNT(with_holes));

    CU_ASSERT_EQUAL(estimate.n, 6);
    CU_ASSERT_EQUAL(estimate.value, 3.5);
    CU_ASSERT(estimate.low == 1 && estimate.high == 6);
}

static void the_input_stays_as_it_is(void)
{
    const double values[] = {4, NAN, 2, 9, 1, 8, 5}, other[] = {1, 2, NAN, 4, 5, 0, 7};
    double copy[COUNT(values)], other_copy[COUNT(other)];

    memcpy(copy, values, sizeof values);
    memcpy(other_copy, other, sizeof other);
    csw_median(copy, COUNT(copy));
    csw_paired_ratio(copy, other_copy, COUNT(copy));
    CU_ASSERT_EQUAL(memcmp(copy, values, sizeof values), 0);
    CU_ASSERT_EQUAL(memcmp(other_copy, other, sizeof other), 0);
}

static void a_rank_of_ones_own_gives_these_two_of_the_sorted_values(void)
{
    static const double values[] = {60, 10, NAN, 50, 20, 40, 30};

    for (size_t rank = 1; rank <= 3; rank++) {
        const struct csw_estimate estimate = csw_median_ranked(values, COUNT(values), rank);

        CU_ASSERT(estimate.value == 35 && estimate.n == 6);
        CU_ASSERT_EQUAL(estimate.low, 10 * (double)rank);
        CU_ASSERT_EQUAL(estimate.high, 70 - 10 * (double)rank);
    }
    for (size_t rank = 0; rank <= 8; rank += 4) {
        const struct csw_estimate estimate = csw_median_ranked(values, COUNT(values), rank);

        CU_ASSERT(estimate.value == 35 && !csw_estimate_has_interval(&estimate));
    }
}

/* As R's quantile(c(1, 2, 4, 8, 16), ...) prints them. */
static void quantiles_lie_between_neighbours(void)
{
    static const double sorted[] = {1, 2, 4, 8, 16};

    CU_ASSERT_EQUAL(csw_quantile(sorted, 5, 0), 1);
    CU_ASSERT_EQUAL(csw_quantile(sorted, 5, 0.25), 2);
    CU_ASSERT_EQUAL(csw_quantile(sorted, 5, 0.5), 4);
    CU_ASSERT_DOUBLE_EQUAL(csw_quantile(sorted, 5, 0.1), 1.4, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_quantile(sorted, 5, 0.9), 12.8, 1e-12);
    CU_ASSERT_EQUAL(csw_quantile(sorted, 5, 1), 16);
    CU_ASSERT_EQUAL(csw_quantile(sorted, 1, 0.7), 1);
}

static bool is_none(struct csw_estimate estimate)
{
    return isnan(estimate.value) && isnan(estimate.low) && isnan(estimate.high) && estimate.n == 0;
}

static void nothing_measured_gives_no_estimate(void)
{
    static const double unknown[] = {NAN, NAN}, some[] = {1, 2};

    CU_ASSERT(is_none(csw_estimate_none));
    CU_ASSERT(is_none(csw_median(NULL, 0)));
    CU_ASSERT(is_none(csw_median(unknown, 2)));
    CU_ASSERT(is_none(csw_paired_ratio(NULL, NULL, 0)));
    CU_ASSERT(is_none(csw_paired_ratio(unknown, some, 2)));
}

/* ---- coverage ------------------------------------------------------------------------------- */

/* The probability with which the interval of n independent values covers their median. */
static double exact_coverage(size_t n)
{
    const size_t rank = exact_rank((unsigned)n, 95);
    double below = 0, binomial = 1;

    for (size_t i = 0; i < rank; i++) {
        below += ldexp(binomial, -(int)n);
        binomial = binomial * (double)(n - i) / (double)(i + 1);
    }
    return 1 - 2 * below;
}

/* Four standard errors of a share of TRIALS: chance alone exceeds them once in 16,000 times. */
static double slack(double share)
{
    return 4 * sqrt(share * (1 - share) / TRIALS);
}

static void check_coverage(unsigned covered, size_t n)
{
    const double share = (double)covered / TRIALS, exact = exact_coverage(n);

    CU_ASSERT(share >= CSW_CONFIDENCE - slack(CSW_CONFIDENCE));
    CU_ASSERT_DOUBLE_EQUAL(share, exact, slack(exact));
}

static bool covers(struct csw_estimate estimate, double truth)
{
    return estimate.low <= truth && truth <= estimate.high;
}

static void intervals_cover_the_true_median_as_often_as_their_rank_says(void)
{
    static const struct {
        double (*draw)(uint64_t *);
        double median;
    } laws[] = {{csw_random_uniform, 0.5}, {exponential, 0.69314718055994531}, {heavy_tailed, 1}};
    static const size_t sizes[] = {6, 10, 20, 30};
    uint64_t state = 20260101;

    for (size_t s = 0; s < COUNT(sizes); s++)
        for (size_t law = 0; law < COUNT(laws); law++) {
            unsigned covered = 0;

            for (int trial = 0; trial < TRIALS; trial++) {
                double values[MAX_ROUNDS];

                for (size_t i = 0; i < sizes[s]; i++)
                    values[i] = laws[law].draw(&state);
                covered += covers(csw_median(values, sizes[s]), laws[law].median);
            }
            check_coverage(covered, sizes[s]);
        }
}

/* ---- paired ratios -------------------------------------------------------------------------- */

/* Rounds of two points: what disturbs a round disturbs both, and each has noise of its own. */
static void draw_rounds(uint64_t *state, double truth, size_t rounds, double *ret_base,
                        double *ret_other)
{
    double walk = 0;

    for (size_t r = 0; r < rounds; r++) {
        const double drift = 1 + 0.03 * (double)r;

        walk += 0.1 * normal(state);
        ret_base[r] = 1e8 * drift * exp(walk + 0.01 * normal(state));
        ret_other[r] = 1e8 / truth * drift * exp(walk + 0.02 * normal(state));
    }
}

static void ratios_cover_the_truth_under_drift(void)
{
    static const size_t sizes[] = {6, 20, 30};
    uint64_t state = 7;

    for (size_t s = 0; s < COUNT(sizes); s++) {
        unsigned covered = 0;

        for (int trial = 0; trial < TRIALS; trial++) {
            double base[MAX_ROUNDS], other[MAX_ROUNDS];

            draw_rounds(&state, 3.7, sizes[s], base, other);
            covered += covers(csw_paired_ratio(base, other, sizes[s]), 3.7);
        }
        check_coverage(covered, sizes[s]);
    }
}

/* Powers of two scale without rounding, so that not a bit may differ. */
static void drift_of_whole_rounds_cancels_exactly(void)
{
    double base[MAX_ROUNDS], other[MAX_ROUNDS];
    uint64_t state = 11;

    draw_rounds(&state, 2, MAX_ROUNDS, base, other);
    const struct csw_estimate calm = csw_paired_ratio(base, other, MAX_ROUNDS);

    for (size_t r = 0; r < MAX_ROUNDS; r++) {
        base[r] = ldexp(base[r], (int)(r * 7 % 13));
        other[r] = ldexp(other[r], (int)(r * 7 % 13));
    }
    const struct csw_estimate drifting = csw_paired_ratio(base, other, MAX_ROUNDS);

    CU_ASSERT_EQUAL(calm.value, drifting.value);
    CU_ASSERT_EQUAL(calm.low, drifting.low);
    CU_ASSERT_EQUAL(calm.high, drifting.high);
}

static void check_near(double actual, double expected)
{
    CU_ASSERT_DOUBLE_EQUAL(actual / expected, 1, 1e-12);
}

static void exchanging_the_sides_inverts_the_ratio(void)
{
    double base[MAX_ROUNDS], other[MAX_ROUNDS];
    uint64_t state = 13;

    for (size_t rounds = 6; rounds <= MAX_ROUNDS; rounds++) {
        draw_rounds(&state, 1.01, rounds, base, other);
        base[rounds % 4] = rounds > 8 ? NAN : base[rounds % 4];
        const struct csw_estimate there = csw_paired_ratio(base, other, rounds);
        const struct csw_estimate back = csw_paired_ratio(other, base, rounds);

        CU_ASSERT_EQUAL(there.n, back.n);
        check_near(there.value, 1 / back.value);
        check_near(there.low, 1 / back.high);
        check_near(there.high, 1 / back.low);
    }
}

static void only_rounds_that_both_measured_count(void)
{
    static const double base[] = {NAN, 20, 0, 20, 900, 20, 20, 20, -1, 20};
    static const double other[] = {10, 10, 10, 10, NAN, 10, 10, 10, 10, 0};
    const struct csw_estimate ratio = csw_paired_ratio(base, other, COUNT(base));

    CU_ASSERT_EQUAL(ratio.n, 5);
    check_near(ratio.value, 2);
    CU_ASSERT_FALSE(csw_estimate_has_interval(&ratio));
}

/* ---- arithmetic ----------------------------------------------------------------------------- */

static const struct csw_estimate four = {.value = 4, .low = 2, .high = 8, .n = 9};

static void times_scales_all_three(void)
{
    const struct csw_estimate half = csw_estimate_times(four, 0.5);

    CU_ASSERT(half.value == 2 && half.low == 1 && half.high == 4 && half.n == 9);
}

static void under_exchanges_low_and_high(void)
{
    const struct csw_estimate under = csw_estimate_under(16, four);

    CU_ASSERT(under.value == 4 && under.low == 2 && under.high == 8 && under.n == 9);
    CU_ASSERT_EQUAL(csw_estimate_under(8, four).low, 1);
    CU_ASSERT_EQUAL(csw_estimate_under(8, four).high, 4);
}

static void arithmetic_keeps_what_is_unknown_unknown(void)
{
    const struct csw_estimate few = {.value = 4, .low = NAN, .high = NAN, .n = 3};
    const struct csw_estimate times = csw_estimate_times(few, 2);
    const struct csw_estimate under = csw_estimate_under(8, few);

    CU_ASSERT(times.value == 8 && !csw_estimate_has_interval(&times));
    CU_ASSERT(under.value == 2 && !csw_estimate_has_interval(&under));
    CU_ASSERT(is_none(csw_estimate_times(csw_estimate_none, 2)));
    CU_ASSERT(is_none(csw_estimate_under(2, csw_estimate_none)));
}

static const struct test tests[] = {
    TEST(ranks_equal_exact_binomial_sums),
    TEST(ranks_equal_printed_tables),
    TEST(a_rank_that_reaches_the_confidence_exactly_counts),
    TEST(ranks_grow_with_n_by_one_at_most),
    TEST(a_hundred_thousand_values_overflow_nothing),
    TEST(medians_of_even_and_odd_counts),
    TEST(an_interval_is_two_of_the_sorted_values),
    TEST(values_that_are_missing_are_left_out),
    TEST(a_rank_of_ones_own_gives_these_two_of_the_sorted_values),
    TEST(quantiles_lie_between_neighbours),
    TEST(the_input_stays_as_it_is),
    TEST(nothing_measured_gives_no_estimate),
    TEST(intervals_cover_the_true_median_as_often_as_their_rank_says),
    TEST(ratios_cover_the_truth_under_drift),
    TEST(drift_of_whole_rounds_cancels_exactly),
    TEST(exchanging_the_sides_inverts_the_ratio),
    TEST(only_rounds_that_both_measured_count),
    TEST(times_scales_all_three),
    TEST(under_exchanges_low_and_high),
    TEST(arithmetic_keeps_what_is_unknown_unknown),
};

int main(void)
{
    return RUN_TESTS("stats", tests);
}
