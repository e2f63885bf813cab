/*
 * Proves that calibration finds a measurable size in few steps whatever the law of growth, and that
 * scaled tasks keep the proportions of the ones that they stand for.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>

#include "harness/calibrate.h"
#include "suite.h"

#define WANTED ((double)CSW_CALIBRATED_NS)
#define STORY "1000,2000,5000,3000,100"

/* ---- tasks ----------------------------------------------------------------------------------- */

static void tasks_are_scaled_to_three_digits(void)
{
    static const struct {
        const char *tasks;
        double factor;
        uint64_t max_n;
        const char *scaled;
    } table[] = {
        {STORY, 1, 0, STORY},
        {"123456,7", 1, 0, "123456,7"},
        {"1e6", 1, 0, "1000000"},
        {STORY, 2, 0, "2000,4000,10000,6000,200"},
        {STORY, 1.2345, 0, "1230,2470,6170,3700,123"},
        {"123456", 1.000001, 0, "123000"},
        {"999", 1.0006, 0, "1000"},
        {"9996", 1.00001, 0, "10000"},
        {"7", 1.5, 0, "11"},
        {"0,10", 3, 0, "0,30"},
        {STORY, 10, 20000, "10000,20000x3,1000"},
        {"500", 1, 100, "100"},
        {"1e19", 3, 0, "18446744073709551615"},
        {"1e19", 1e300, 5000, "5000"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        char *scaled = csw_tasks_scaled(table[i].tasks, table[i].factor, table[i].max_n, NULL);

        CU_ASSERT_PTR_NOT_NULL_FATAL(scaled);
        CU_ASSERT_STRING_EQUAL(scaled, table[i].scaled);
        free(scaled);
    }
}

static void tasks_that_are_no_list_are_refused(void)
{
    struct csw_err err = {0};

    CU_ASSERT_PTR_NULL(csw_tasks_scaled("5,x", 2, 0, &err));
    CU_ASSERT_EQUAL(err.code, -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'x'"));
}

/* Three digits are off by half a unit of the third at most: 0.5 %. */
static void scaled_tasks_keep_their_proportions(void)
{
    struct csw_workload before, after;

    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&before, STORY, NULL), 0);
    for (double factor = 10; factor < 1e12; factor *= 3.7) {
        char *scaled = csw_tasks_scaled(STORY, factor, 0, NULL);

        CU_ASSERT_PTR_NOT_NULL_FATAL(scaled);
        CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&after, scaled, NULL), 0);
        CU_ASSERT_EQUAL_FATAL(after.count, before.count);
        for (size_t i = 0; i < before.count; i++)
            CU_ASSERT_DOUBLE_EQUAL((double)after.tasks[i].n / (double)before.tasks[i].n / factor, 1,
                                   0.0051);
        csw_workload_release(&after);
        free(scaled);
    }
    csw_workload_release(&before);
}

/* ---- factors --------------------------------------------------------------------------------- */

struct search {
    double last_ns;
    int steps;
    bool leapt; /* a step was larger than allowed, or no number, or backwards */
};

/* Searches as calibration does, on time = first_ns * factor^exponent. */
static struct search search(double first_ns, double exponent, int max_steps)
{
    struct search result = {.last_ns = first_ns};
    double before = 0, before_ns = 0, factor = 1;

    while (result.last_ns < 0.85 * WANTED && result.steps < max_steps) {
        const double next = csw_next_factor(before, before_ns, factor, result.last_ns);

        result.leapt |= !(next > factor && next <= 16 * factor * (1 + 1e-12));
        before = factor;
        before_ns = result.last_ns;
        factor = next;
        result.last_ns = first_ns * pow(factor, exponent);
        result.steps++;
    }
    return result;
}

static void power_laws_are_met_in_few_steps(void)
{
    static const double exponents[] = {0.5, 1, 2};

    for (size_t e = 0; e < COUNT(exponents); e++)
        for (double first_ns = 10; first_ns < WANTED / 8; first_ns *= 3) {
            const struct search found = search(first_ns, exponents[e], 40);
            /* The first step doubles, the others grow 16 times at most, the last one aims. */
            const double leaps = log2(WANTED / first_ns) / exponents[e] / 4;

            CU_ASSERT(found.steps <= 3 + (int)leaps);
            CU_ASSERT(found.last_ns >= 0.85 * WANTED && found.last_ns <= 1.000001 * WANTED);
            CU_ASSERT_FALSE(found.leapt);
        }
}

/* Nothing is known at the first step, which doubles: the time at most quadruples. */
static void a_near_start_overshoots_little(void)
{
    CU_ASSERT(search(0.8 * WANTED, 2, 40).last_ns <= 4 * WANTED);
    CU_ASSERT_EQUAL(search(0.8 * WANTED, 2, 40).steps, 1);
}

static void no_law_makes_a_factor_leap(void)
{
    static const double exponents[] = {0, 0.01, 0.1, 0.25, 3, 8, -1};

    for (size_t e = 0; e < COUNT(exponents); e++)
        for (double first_ns = 0.001; first_ns < WANTED; first_ns *= 7) {
            const struct search found = search(first_ns, exponents[e], 40);

            CU_ASSERT_FALSE(found.leapt);
            CU_ASSERT(found.steps <= 40);
        }
}

/* Clocks too coarse, noise that made the larger size faster, a factor that did not change. */
static void odd_measurements_still_give_a_larger_factor(void)
{
    static const struct {
        double before, before_ns, last, last_ns;
    } table[] = {
        {0, 0, 1, 0}, {1, 0, 2, 0},     {1, 100, 2, 0},   {1, 0, 2, 100},
        {1, 5, 2, 4}, {2, 100, 2, 100}, {2, 100, 2, 101}, {2, 101, 2, 100},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        const double next =
            csw_next_factor(table[i].before, table[i].before_ns, table[i].last, table[i].last_ns);

        CU_ASSERT(next > table[i].last && next <= 16 * table[i].last);
    }
}

static const struct test tests[] = {
    TEST(tasks_are_scaled_to_three_digits),
    TEST(tasks_that_are_no_list_are_refused),
    TEST(scaled_tasks_keep_their_proportions),
    TEST(power_laws_are_met_in_few_steps),
    TEST(a_near_start_overshoots_little),
    TEST(no_law_makes_a_factor_leap),
    TEST(odd_measurements_still_give_a_larger_factor),
};

int main(void)
{
    return RUN_TESTS("calibrate", tests);
}
