/*
 * Proves the tests by ranks: against all orders counted one by one, against printed tables, and by
 * how often intervals cover a truth that is known.
 */
#include <math.h>
#include <stdint.h>

#include "harness/random.h"
#include "harness/rank.h"
#include "harness/versus.h"
#include "suite.h"

#define TRIALS 2000
#define MAX_VALUES 40

static double exponential(uint64_t *state)
{
    return -log(csw_random_uniform(state));
}

static struct csw_ranks ranks_of(const double *a, size_t count_a, const double *b, size_t count_b)
{
    struct csw_ranks ranks = {0};

    CU_ASSERT_EQUAL_FATAL(csw_ranks_compare(&ranks, a, count_a, b, count_b, 0.95, NULL), 0);
    return ranks;
}

/* ---- brute force ---------------------------------------------------------------------------- */

/* Pairs in which the value of the set bit is the larger: bit i is the value i. */
static unsigned u_of(unsigned set, unsigned n)
{
    unsigned u = 0, clear = 0;

    for (unsigned i = 0; i < n; i++)
        if (set >> i & 1)
            u += clear;
        else
            clear++;
    return u;
}

/* The share of all orders of n values, of which b are of B, that are as far out as this one. */
static double share_as_far(unsigned n, unsigned b, unsigned u)
{
    const unsigned pairs = b * (n - b), least = u < pairs - u ? u : pairs - u;
    unsigned orders = 0, far = 0;

    for (unsigned set = 0; set < 1u << n; set++)
        if ((unsigned)__builtin_popcount(set) == b) {
            orders++;
            far += u_of(set, n) <= least;
        }
    return fmin(1, 2.0 * far / orders);
}

static void p_is_the_share_of_all_orders_that_are_as_far_out(void)
{
    static const unsigned sizes[][2] = {{1, 1}, {2, 3}, {3, 3}, {4, 5}, {1, 8}, {6, 4}, {5, 6}};

    for (size_t s = 0; s < COUNT(sizes); s++) {
        const unsigned n = sizes[s][0] + sizes[s][1], count_b = sizes[s][1];

        for (unsigned set = 0; set < 1u << n; set += 1 + set / 7) {
            double a[16], b[16];
            size_t in_a = 0, in_b = 0;

            if ((unsigned)__builtin_popcount(set) != count_b)
                continue;
            for (unsigned i = 0; i < n; i++)
                *(set >> i & 1 ? &b[in_b++] : &a[in_a++]) = i;
            const struct csw_ranks ranks = ranks_of(a, in_a, b, in_b);

            CU_ASSERT_EQUAL(ranks.u, u_of(set, n));
            CU_ASSERT_DOUBLE_EQUAL(ranks.p, share_as_far(n, count_b, u_of(set, n)), 1e-12);
        }
    }
}

static void the_shift_and_its_interval_are_differences_of_pairs(void)
{
    uint64_t state = 3;

    for (int trial = 0; trial < 200; trial++) {
        double a[MAX_VALUES], b[MAX_VALUES], differences[MAX_VALUES * MAX_VALUES];
        const size_t n = 2 + csw_random_below(&state, 12), m = 2 + csw_random_below(&state, 12);

        for (size_t i = 0; i < n; i++)
            a[i] = 20 * csw_random_uniform(&state);
        for (size_t j = 0; j < m; j++)
            b[j] = csw_random_uniform(&state) - 3;
        for (size_t i = 0; i < n * m; i++)
            differences[i] = b[i % m] - a[i / m];
        csw_sort(differences, n * m);
        const struct csw_ranks ranks = ranks_of(a, n, b, m);

        CU_ASSERT_EQUAL(ranks.shift.value,
                        (differences[(n * m - 1) / 2] + differences[n * m / 2]) / 2);
        CU_ASSERT_EQUAL(ranks.shift.n, n < m ? n : m);
        if (!csw_estimate_has_interval(&ranks.shift))
            continue;
        size_t k = 0;

        while (differences[k] < ranks.shift.low)
            k++;
        CU_ASSERT_EQUAL(differences[k], ranks.shift.low);
        CU_ASSERT_EQUAL(differences[n * m - 1 - k], ranks.shift.high);
    }
}

/* ---- printed tables ------------------------------------------------------------------------- */

/* Critical values of U, two-sided at 5 %, as printed in textbooks: the interval's rank less one. */
static void intervals_have_the_ranks_of_printed_tables(void)
{
    static const struct {
        size_t n, m;
        int critical; /* -1: none */
    } table[] = {{3, 4, -1},   {3, 5, 0},    {4, 4, 0},    {5, 5, 2},    {5, 8, 6},    {6, 6, 5},
                 {7, 7, 8},    {8, 8, 13},   {8, 10, 17},  {9, 9, 17},   {10, 10, 23}, {10, 15, 39},
                 {12, 12, 37}, {15, 15, 64}, {18, 18, 99}, {20, 20, 127}};

    for (size_t t = 0; t < COUNT(table); t++) {
        double a[MAX_VALUES], b[MAX_VALUES];

        /* b[j] - a[i] is a number of its own for each pair, in steps of 1 */
        for (size_t i = 0; i < table[t].n; i++)
            a[i] = -(double)(i * table[t].m);
        for (size_t j = 0; j < table[t].m; j++)
            b[j] = (double)j;
        const struct csw_ranks ranks = ranks_of(a, table[t].n, b, table[t].m);

        CU_ASSERT_EQUAL(csw_estimate_has_interval(&ranks.shift), table[t].critical >= 0);
        CU_ASSERT(table[t].critical < 0 || ranks.shift.low == table[t].critical);
    }
}

/*
 * Permeability of the human chorioamnion at term and between 12 and 26 weeks, from M. Hollander,
 * D. A. Wolfe, Nonparametric Statistical Methods, 1973, p. 69: their U, P(U >= 35), and shift.
 */
static void a_textbook_example_comes_out_as_printed(void)
{
    static const double term[] = {.80, .83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, .73, 1.46};
    static const double weeks[] = {1.15, .88, .90, .74, 1.21};
    const struct csw_ranks ranks = ranks_of(weeks, COUNT(weeks), term, COUNT(term));

    CU_ASSERT_EQUAL(ranks.u, 35);
    CU_ASSERT_DOUBLE_EQUAL(ranks.p / 2, 0.1272, 5e-5);
    CU_ASSERT_DOUBLE_EQUAL(ranks.shift.value, 0.305, 1e-9);
}

/* ---- ties, many values, few values ---------------------------------------------------------- */

/* Pairs in which b's value is the larger one, ties half, doubled. */
static unsigned u_twice(const int *value, unsigned set, unsigned n)
{
    unsigned u = 0;

    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n; j++)
            if ((set >> i & 1) && !(set >> j & 1))
                u += 2 * (value[i] > value[j]) + (value[i] == value[j]);
    return u;
}

/* Twice the smaller share of all choices of b's values that are as far out on one side. */
static double share_of_choices(const int *value, unsigned n, unsigned set)
{
    const unsigned u = u_twice(value, set, n);
    unsigned choices = 0, below = 0, above = 0;

    for (unsigned other = 0; other < 1u << n; other++)
        if (__builtin_popcount(other) == __builtin_popcount(set)) {
            choices++;
            below += u_twice(value, other, n) <= u;
            above += u_twice(value, other, n) >= u;
        }
    return fmin(1, 2.0 * (below < above ? below : above) / choices);
}

static void p_of_ties_is_the_share_of_all_choices_that_are_as_far_out(void)
{
    enum { N = 9 };
    uint64_t state = 13;

    for (int trial = 0; trial < 60; trial++) {
        const unsigned n = 2 + (unsigned)csw_random_below(&state, N - 1);
        const unsigned set = 1 + (unsigned)csw_random_below(&state, (1u << n) - 2);
        double a[N], b[N];
        size_t in_a = 0, in_b = 0;
        int value[N];

        for (unsigned i = 0; i < n; i++) {
            value[i] = (int)csw_random_below(&state, 4);
            *(set >> i & 1 ? &b[in_b++] : &a[in_a++]) = value[i];
        }
        const struct csw_ranks ranks = ranks_of(a, in_a, b, in_b);

        CU_ASSERT_EQUAL(2 * ranks.u, u_twice(value, set, n));
        CU_ASSERT_DOUBLE_EQUAL(ranks.p, share_of_choices(value, n, set), 1e-12);
    }
}

/* All of one sample equal, and all of the other: the normal law would say 0.013 and 0.047. */
static void coarse_clocks_do_not_make_small_samples_certain(void)
{
    static const double a[] = {1, 1, 1, 1}, b[] = {2, 2, 2, 2};

    CU_ASSERT_DOUBLE_EQUAL(ranks_of(a, 4, b, 4).p, 2.0 / 70, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(ranks_of(a, 3, b, 3).p, 2.0 / 20, 1e-12);
}

static void ties_shrink_the_variance_of_the_approximation(void)
{
    double a[31], b[31];

    /* 31 values each in two groups of 31 + 1: U = 31^2 / 2 + 31 / 2 */
    for (int i = 0; i < 31; i++) {
        a[i] = 1 + (i >= 16);
        b[i] = 1 + (i >= 15);
    }
    const double ties = 2 * (31.0 * 31 * 31 - 31), pairs = 31 * 31;
    const double sigma = sqrt(pairs / 12 * (63 - ties / (62.0 * 61)));
    const struct csw_ranks ranks = ranks_of(a, 31, b, 31);

    CU_ASSERT_EQUAL(ranks.u, pairs / 2 + 15.5);
    CU_ASSERT_DOUBLE_EQUAL(ranks.p, erfc((15.5 - 0.5) / sigma / sqrt(2)), 1e-12);
}

static void equal_values_show_no_difference(void)
{
    static const double same[] = {5, 5, 5, 5, 5, 5};
    const struct csw_ranks ranks = ranks_of(same, 6, same, 6);

    CU_ASSERT_EQUAL(ranks.p, 1);
    CU_ASSERT(ranks.shift.value == 0 && ranks.shift.low == 0 && ranks.shift.high == 0);
}

/* Of 31 against 30 values p is of the approximation, of 30 against 30 exact. */
static void the_approximation_goes_on_where_the_exact_law_ends(void)
{
    double a[MAX_VALUES], b[MAX_VALUES];

    for (double gap = 0; gap < 10; gap += 0.75) {
        for (int i = 0; i < 31; i++) {
            a[i] = i;
            b[i] = i + gap + 0.01 * i;
        }
        const struct csw_ranks exact = ranks_of(a, 30, b, 30), normal = ranks_of(a, 31, b, 31);

        CU_ASSERT_DOUBLE_EQUAL(log(exact.p), log(normal.p), 0.03 + 0.07 * fabs(log(exact.p)));
        CU_ASSERT_DOUBLE_EQUAL(exact.shift.low, normal.shift.low, 0.5);
        CU_ASSERT_DOUBLE_EQUAL(exact.shift.high, normal.shift.high, 0.5);
    }
}

static void values_that_are_missing_are_left_out(void)
{
    static const double a[] = {NAN, 3, 1, NAN, 2, 4}, b[] = {8, NAN, 6, 5, 7, NAN};
    static const double none[] = {NAN};
    const struct csw_ranks ranks = ranks_of(a, 6, b, 6), nothing = ranks_of(a, 6, none, 1);

    CU_ASSERT_EQUAL(ranks.u, 16);
    CU_ASSERT_DOUBLE_EQUAL(ranks.p, 2.0 / 70, 1e-12);
    CU_ASSERT_EQUAL(ranks.shift.n, 4);
    CU_ASSERT(isnan(nothing.p) && isnan(nothing.shift.value) && nothing.shift.n == 0);
}

static void exchanging_the_sides_turns_the_shift_round(void)
{
    uint64_t state = 5;
    double a[MAX_VALUES], b[MAX_VALUES];

    for (size_t n = 5; n <= MAX_VALUES; n += 7) {
        for (size_t i = 0; i < n; i++) {
            a[i] = exponential(&state);
            b[i] = exponential(&state) + 0.5;
        }
        const struct csw_ranks there = ranks_of(a, n, b, n - 2), back = ranks_of(b, n - 2, a, n);

        CU_ASSERT_DOUBLE_EQUAL(there.p, back.p, 1e-12);
        CU_ASSERT_EQUAL(there.shift.value, -back.shift.value);
        CU_ASSERT_EQUAL(there.shift.low, -back.shift.high);
        CU_ASSERT_EQUAL(there.shift.high, -back.shift.low);
    }
}

/* ---- coverage ------------------------------------------------------------------------------- */

/* Four standard errors of a share of TRIALS. */
static double slack(double share)
{
    return 4 * sqrt(share * (1 - share) / TRIALS);
}

/* The interval excludes the truth, and the test rejects it, in 5 % of all trials at most. */
static void shifts_are_covered_and_false_alarms_rare(void)
{
    static const size_t sizes[][2] = {{4, 4}, {6, 9}, {10, 10}, {20, 15}, {40, 40}};
    const double truth = -0.25;
    uint64_t state = 20260202;

    for (size_t s = 0; s < COUNT(sizes); s++) {
        unsigned covered = 0, rejected = 0;

        for (int trial = 0; trial < TRIALS; trial++) {
            double a[MAX_VALUES], b[MAX_VALUES], shifted[MAX_VALUES];

            for (size_t i = 0; i < sizes[s][0]; i++)
                a[i] = exponential(&state);
            for (size_t i = 0; i < sizes[s][1]; i++) {
                b[i] = exponential(&state);
                shifted[i] = b[i] + truth;
            }
            const struct csw_ranks ranks = ranks_of(a, sizes[s][0], shifted, sizes[s][1]);

            covered += ranks.shift.low <= truth && truth <= ranks.shift.high;
            rejected += ranks_of(a, sizes[s][0], b, sizes[s][1]).p <= 0.05;
        }
        CU_ASSERT(covered >= (0.95 - slack(0.95)) * TRIALS);
        CU_ASSERT(covered <= (0.985 + slack(0.985)) * TRIALS);
        CU_ASSERT_EQUAL(covered + rejected, TRIALS); /* the interval is the test turned round */
    }
}

/* ---- signs ---------------------------------------------------------------------------------- */

static void the_sign_test_counts_sides_alone(void)
{
    static const double nine[] = {1, 2, 3, 4, 5, 6, 7, 8, -1, 0, NAN, 0};
    static const double zeros[] = {0, 0, NAN}, nothing[] = {NAN};

    CU_ASSERT_DOUBLE_EQUAL(csw_sign_test(nine, COUNT(nine)), 2 * 10.0 / 512, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_sign_test(nine, 6), 2.0 / 64, 1e-12);
    CU_ASSERT_EQUAL(csw_sign_test(nine + 7, 2), 1);
    CU_ASSERT_EQUAL(csw_sign_test(zeros, 3), 1);
    CU_ASSERT(isnan(csw_sign_test(nothing, 1)));
}

static void the_sign_test_rejects_where_the_interval_excludes_zero(void)
{
    uint64_t state = 9;

    for (int trial = 0; trial < 2000; trial++) {
        const size_t n = 1 + csw_random_below(&state, MAX_VALUES);
        double values[MAX_VALUES];

        for (size_t i = 0; i < n; i++)
            values[i] = csw_random_uniform(&state) - 0.3;
        const struct csw_estimate median = csw_median(values, n);

        CU_ASSERT_EQUAL(csw_sign_test(values, n) <= 0.05, median.low > 0 || median.high < 0);
    }
}

/* ---- many tests ----------------------------------------------------------------------------- */

/* S. Holm's rule by hand: .005 x 4, .01 x 3, .03 x 2, and .04 may not be less than that. */
static void holm_multiplies_by_the_tests_that_are_left(void)
{
    static const double p[] = {.01, NAN, .04, .03, .005};
    double adjusted[COUNT(p)];

    CU_ASSERT_EQUAL(csw_holm(p, COUNT(p), adjusted, NULL), 0);
    CU_ASSERT_DOUBLE_EQUAL(adjusted[0], .03, 1e-12);
    CU_ASSERT(isnan(adjusted[1]));
    CU_ASSERT_DOUBLE_EQUAL(adjusted[2], .06, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(adjusted[3], .06, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(adjusted[4], .02, 1e-12);
}

static void holm_never_goes_beyond_one_and_takes_none(void)
{
    static const double p[] = {.9, .6};
    double adjusted[COUNT(p)] = {7, 7};

    CU_ASSERT_EQUAL(csw_holm(p, 0, adjusted, NULL), 0);
    CU_ASSERT_EQUAL(adjusted[0], 7);
    CU_ASSERT_EQUAL(csw_holm(p, 2, adjusted, NULL), 0);
    CU_ASSERT(adjusted[0] == 1 && adjusted[1] == 1);
}

static void holm_keeps_any_false_alarm_among_many_below_5_percent(void)
{
    enum { TESTS = 20 };
    uint64_t state = 31;
    unsigned families = 0;

    for (int trial = 0; trial < TRIALS; trial++) {
        double p[TESTS], adjusted[TESTS];
        bool alarm = false;

        for (int i = 0; i < TESTS; i++)
            p[i] = csw_random_uniform(&state);
        CU_ASSERT_EQUAL_FATAL(csw_holm(p, TESTS, adjusted, NULL), 0);
        for (int i = 0; i < TESTS; i++)
            alarm = alarm || adjusted[i] <= 0.05;
        families += alarm;
    }
    CU_ASSERT_DOUBLE_EQUAL(families / (double)TRIALS, 0.049, slack(0.049));
}

/* ---- verdicts ------------------------------------------------------------------------------- */

static void verdicts_by_interval_margin_and_p(void)
{
    static const struct {
        const char *row;
        double value, low, high, p;
        enum csw_verdict verdict;
    } table[] = {
        {"far above", 1.10, 1.08, 1.12, .001, CSW_SLOWER},
        {"far below", 0.90, 0.88, 0.92, .001, CSW_FASTER},
        {"above, its interval into the margin", 1.05, 1.01, 1.09, .001, CSW_SLOWER},
        {"different, in the margin by its value", 1.015, 1.005, 1.03, .001, CSW_SMALL},
        {"different, but all within", 1.01, 1.005, 1.015, .001, CSW_EQUIVALENT},
        {"no difference, all within", 1.001, 0.99, 1.01, .8, CSW_EQUIVALENT},
        {"no difference, too wide", 1.001, 0.95, 1.05, .8, CSW_UNRESOLVED},
        {"above, but p is not small", 1.10, 1.08, 1.12, .06, CSW_UNRESOLVED},
        {"p of exactly 5 %", 1.10, 1.08, 1.12, .05, CSW_SLOWER},
        {"p is small, but the interval holds 1", 1.10, 1, 1.12, .001, CSW_UNRESOLVED},
        {"no interval", 1.10, NAN, NAN, .001, CSW_UNRESOLVED},
        {"at the margin's ends", 1, 1 / 1.02, 1.02, 1, CSW_EQUIVALENT},
        {"nothing", NAN, NAN, NAN, NAN, CSW_UNRESOLVED},
    };

    for (size_t t = 0; t < COUNT(table); t++) {
        struct csw_versus versus = {
            .ratio = {.value = table[t].value, .low = table[t].low, .high = table[t].high, .n = 9},
            .p = table[t].p};

        CU_ASSERT_EQUAL(csw_versus_judge(&versus, 1, 0.02, NULL), 0);
        CHECK(table[t].row, versus.verdict == table[t].verdict);
    }
}

static void verdicts_are_adjusted_for_all_that_is_judged_at_once(void)
{
    struct csw_versus all[3];

    for (size_t i = 0; i < COUNT(all); i++)
        all[i] = (struct csw_versus){.ratio = {1.1, 1.05, 1.15, 9}, .p = 0.02};
    CU_ASSERT_EQUAL(csw_versus_judge(all, 2, 0.02, NULL), 0);
    CU_ASSERT_EQUAL(all[0].verdict, CSW_SLOWER);
    CU_ASSERT_EQUAL(csw_versus_judge(all, 3, 0.02, NULL), 0);
    CU_ASSERT_EQUAL(all[0].verdict, CSW_UNRESOLVED);
    CU_ASSERT_DOUBLE_EQUAL(all[0].p_holm, 0.06, 1e-12);
}

/* ---- paired and unpaired -------------------------------------------------------------------- */

/* Rounds that drift by half from the first to the last, with 1 % of noise; B takes 3 % longer. */
static void draw_drifting(uint64_t *state, size_t rounds, double *ret_a, double *ret_b)
{
    for (size_t r = 0; r < rounds; r++) {
        const double drift = 1e6 * (1 + 0.5 * (double)r / (double)rounds);

        ret_a[r] = drift * (1 + 0.01 * exponential(state));
        ret_b[r] = drift * 1.03 * (1 + 0.01 * exponential(state));
    }
}

static void pairs_see_through_drift_that_hides_a_difference_from_ranks(void)
{
    double a[20], b[20];
    struct csw_versus paired, unpaired;
    uint64_t state = 77;

    draw_drifting(&state, 20, a, b);
    CU_ASSERT_EQUAL(csw_versus_paired(&paired, a, b, 20, NULL), 0);
    CU_ASSERT_EQUAL(csw_versus_unpaired(&unpaired, a, 20, b, 20, NULL), 0);
    CU_ASSERT(paired.ratio.low > 1.015 && paired.ratio.high < 1.045 && paired.p < 1e-4);
    CU_ASSERT(unpaired.ratio.low < 1 && unpaired.ratio.high > 1.05 && unpaired.p > 0.2);
    CU_ASSERT_EQUAL(paired.a_ns.value, unpaired.a_ns.value);
    CU_ASSERT_EQUAL(paired.b_ns.value, unpaired.b_ns.value);
}

static void what_is_no_time_pairs_with_nothing(void)
{
    static const double a[] = {10, NAN, 10, 0, 10, 10, 10, 10},
                        b[] = {20, 20, -1, 20, 20, 20, 20, 20};
    struct csw_versus paired, unpaired;

    CU_ASSERT_EQUAL(csw_versus_paired(&paired, a, b, 8, NULL), 0);
    CU_ASSERT_EQUAL(csw_versus_unpaired(&unpaired, a, 8, b, 8, NULL), 0);
    CU_ASSERT_EQUAL(paired.ratio.n, 5);
    CU_ASSERT_DOUBLE_EQUAL(paired.ratio.value, 2, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(paired.p, 2.0 / 32, 1e-12);
    CU_ASSERT_EQUAL(unpaired.ratio.n, 6);
    CU_ASSERT_DOUBLE_EQUAL(unpaired.ratio.value, 2, 1e-12);
}

static const struct test tests[] = {
    TEST(p_is_the_share_of_all_orders_that_are_as_far_out),
    TEST(the_shift_and_its_interval_are_differences_of_pairs),
    TEST(intervals_have_the_ranks_of_printed_tables),
    TEST(a_textbook_example_comes_out_as_printed),
    TEST(p_of_ties_is_the_share_of_all_choices_that_are_as_far_out),
    TEST(coarse_clocks_do_not_make_small_samples_certain),
    TEST(ties_shrink_the_variance_of_the_approximation),
    TEST(equal_values_show_no_difference),
    TEST(the_approximation_goes_on_where_the_exact_law_ends),
    TEST(values_that_are_missing_are_left_out),
    TEST(exchanging_the_sides_turns_the_shift_round),
    TEST(shifts_are_covered_and_false_alarms_rare),
    TEST(the_sign_test_counts_sides_alone),
    TEST(the_sign_test_rejects_where_the_interval_excludes_zero),
    TEST(holm_multiplies_by_the_tests_that_are_left),
    TEST(holm_never_goes_beyond_one_and_takes_none),
    TEST(holm_keeps_any_false_alarm_among_many_below_5_percent),
    TEST(verdicts_by_interval_margin_and_p),
    TEST(verdicts_are_adjusted_for_all_that_is_judged_at_once),
    TEST(pairs_see_through_drift_that_hides_a_difference_from_ranks),
    TEST(what_is_no_time_pairs_with_nothing),
};

int main(void)
{
    return RUN_TESTS("rank", tests);
}
