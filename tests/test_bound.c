/*
 * Proves the bounds on the tutorial's five tasks, whose truth was worked out by hand, on small
 * lists whose best schedule is found by trying all, and by what must hold of any work: a bound lies
 * between 1 and what workers and CPUs allow, and more CPUs never lower it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <coresweep/driver.h>
#include <coresweep/kernel.h>

#include "harness/bound.h"
#include "suite.h"

/* The comparisons of `trial` on 1000, 2000, 5000, 3000 and 100: 38,383,511 in all. */
static const double story[] = {969496, 3912990, 24652485, 8839485, 9055};

#define STORY story, COUNT(story)

static bool near(double value, double expected, double tolerance)
{
    return fabs(value - expected) <= tolerance;
}

/* ---- the tutorial ---------------------------------------------------------------------------- */

static void five_workers_that_share_the_cpus_fairly_have_these_bounds(void)
{
    static const double expected[] = {1.000, 1.416, 1.537, 1.557, 1.557};

    for (size_t i = 0; i < COUNT(expected); i++)
        CU_ASSERT(near(csw_bound_in_order(STORY, 5, (double)(i + 1)), expected[i], 5e-4));
    CU_ASSERT(near(csw_bound_in_order(STORY, 5, 64), 38383511.0 / 24652485, 1e-12));
}

static void two_workers_gain_more_when_the_longest_task_comes_first(void)
{
    /* in order: 1000 and 5000 on one, the rest on the other */
    CU_ASSERT(near(csw_bound_in_order(STORY, 2, 2), 38383511.0 / (969496 + 24652485), 1e-12));
    CU_ASSERT(near(csw_bound_in_order(STORY, 2, 2), 1.498, 5e-4));
    CU_ASSERT(near(csw_bound_longest_first(STORY, 2, 2), 1.557, 5e-4));
    CU_ASSERT(near(csw_bound_in_order(STORY, 3, 3), 1.557, 5e-4));
}

static void no_number_of_cpus_and_no_order_exceeds_the_longest_task(void)
{
    for (unsigned workers = 2; workers <= 4096; workers *= 2)
        CU_ASSERT(near(csw_bound_in_any_order(STORY, workers, workers), 1.557, 5e-4));
}

static void even_chunks_are_bound_by_workers_and_cpus_alone(void)
{
    static double chunks[1200];

    for (size_t i = 0; i < COUNT(chunks); i++)
        chunks[i] = 7;
    for (unsigned workers = 1; workers <= 4; workers++) {
        CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(chunks, COUNT(chunks), workers, 8), workers,
                               1e-9);
        CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_order(chunks, COUNT(chunks), 8, workers), workers,
                               1e-9);
    }
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(chunks, COUNT(chunks), 4, 1.5), 1.5, 1e-9);
}

/* ---- small lists ----------------------------------------------------------------------------- */

/* Graham's own example of LPT at its worst on two machines, 7/6 of the best. */
static void longest_first_is_no_bound_of_all_orders(void)
{
    static const double work[] = {3, 3, 2, 2, 2};

    CU_ASSERT_DOUBLE_EQUAL(csw_bound_longest_first(work, 5, 2, 2), 12.0 / 7, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(work, 5, 2, 2), 2, 1e-12);
}

static void few_large_units_cannot_be_shared_evenly(void)
{
    static const double units[] = {5, 5, 5, 5, 5};

    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(units, 5, 2, 2), 5.0 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(units, 5, 3, 3), 5.0 / 2, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(units, 5, 4, 4), 5.0 / 2, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(units, 5, 5, 5), 5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_order(units, 5, 2, 2), 5.0 / 3, 1e-12);
}

/* Two workers for three pieces on one and a half CPUs: 3/4 each until one ends, then one CPU. */
static void a_part_of_a_cpu_is_shared_too(void)
{
    static const double work[] = {3, 6};

    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_order(work, 2, 2, 1.5), 9.0 / (4 + 3), 1e-12);
}

/* The serial run has no more CPU than that either. */
static void less_than_one_cpu_bounds_like_one(void)
{
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_order(STORY, 5, 0.25), 1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(STORY, 5, 0.25), 1, 1e-12);
}

static void nothing_to_do_and_nobody_to_do_it_have_no_bound(void)
{
    static const double zeros[] = {0, 0};

    CU_ASSERT(isnan(csw_bound_in_order(STORY, 0, 2)));
    CU_ASSERT(isnan(csw_bound_in_order(NULL, 0, 2, 2)));
    CU_ASSERT(isnan(csw_bound_in_order(zeros, 2, 2, 2)));
    CU_ASSERT(isnan(csw_bound_longest_first(NULL, 0, 2, 2)));
    CU_ASSERT(isnan(csw_bound_in_any_order(STORY, 0, 2)));
    CU_ASSERT(isnan(csw_bound_in_any_order(NULL, 0, 2, 2)));
    CU_ASSERT(isnan(csw_bound_in_any_order(zeros, 2, 2, 2)));
}

/* ---- any work -------------------------------------------------------------------------------- */

#define MOST_PIECES 8

/* Work of very different sizes, with zeros among them, the same on every machine. */
static size_t draw_work(unsigned seed, double ret_work[MOST_PIECES])
{
    const size_t count = 1 + seed % MOST_PIECES;
    unsigned state = seed * 2654435761u + 1;

    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        ret_work[i] = state >> 24 < 32 ? 0 : exp((double)(state >> 16) / 8192);
    }
    ret_work[seed % count] = 1000;
    return count;
}

typedef double (*bound_function)(const double *, size_t, unsigned, double);

static const bound_function functions[] = {csw_bound_in_order, csw_bound_longest_first,
                                           csw_bound_in_any_order};

static const double cpu_counts[] = {0.5, 1, 1.25, 2, 2.5, 3, 4, 7, 64, INFINITY};

static void check_limits(bound_function bound, const double *work, size_t count, unsigned workers)
{
    double before = 1;

    for (size_t c = 0; c < COUNT(cpu_counts); c++) {
        const double value = bound(work, count, workers, cpu_counts[c]);

        CU_ASSERT(value >= before * (1 - 1e-9)); /* more CPUs never lower it */
        CU_ASSERT(value <= fmax(1, fmin(workers, cpu_counts[c])));
        before = value;
    }
}

static void bounds_lie_between_one_and_workers_and_cpus_and_rise_with_cpus(void)
{
    double work[MOST_PIECES];

    for (unsigned seed = 0; seed < 500; seed++) {
        const size_t count = draw_work(seed, work);

        for (unsigned workers = 1; workers <= MOST_PIECES + 1; workers++)
            for (size_t f = 0; f < COUNT(functions); f++)
                check_limits(functions[f], work, count, workers);
    }
}

static void swap(double *a, double *b)
{
    const double kept = *a;

    *a = *b;
    *b = kept;
}

static void the_order_of_the_list_counts_only_where_it_should(void)
{
    double work[MOST_PIECES];

    for (unsigned seed = 0; seed < 500; seed++) {
        const size_t count = draw_work(seed, work);
        const double longest = csw_bound_longest_first(work, count, 3, 3);
        const double any = csw_bound_in_any_order(work, count, 3, 3);
        const double shared = csw_bound_in_order(work, count, (unsigned)count, 2);

        swap(&work[0], &work[count - 1]);
        swap(&work[count / 2], &work[count / 3]);
        CU_ASSERT_DOUBLE_EQUAL(csw_bound_longest_first(work, count, 3, 3), longest, 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_any_order(work, count, 3, 3), any, 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(csw_bound_in_order(work, count, (unsigned)count, 2), shared, 1e-9);
    }
}

/* The shortest makespan of all assignments to the workers, by trying them. */
static double best_makespan(const double *work, size_t count, double *load, unsigned workers)
{
    double best = INFINITY, longest = 0;

    for (unsigned w = 0; count == 0 && w < workers; w++)
        longest = fmax(longest, load[w]);
    if (count == 0)
        return longest;
    for (unsigned w = 0; w < workers; w++) {
        load[w] += work[0];
        best = fmin(best, best_makespan(work + 1, count - 1, load, workers));
        load[w] -= work[0];
    }
    return best;
}

static void no_assignment_to_workers_exceeds_the_bound_of_any_order(void)
{
    double work[MOST_PIECES];
    unsigned met = 0, beside_order = 0;

    for (unsigned seed = 0; seed < 200; seed++) {
        const size_t count = draw_work(seed, work);
        double sum = 0, load[3] = {0};

        for (size_t i = 0; i < count; i++)
            sum += work[i];
        const double best = sum / best_makespan(work, count, load, 3);
        const double bound = csw_bound_in_any_order(work, count, 3, 3);
        const double in_order = csw_bound_in_order(work, count, 3, 3);

        CU_ASSERT(bound >= best * (1 - 1e-9));
        CU_ASSERT(best >= in_order * (1 - 1e-9));
        CU_ASSERT(best >= csw_bound_longest_first(work, count, 3, 3) * (1 - 1e-9));
        met += bound <= best * (1 + 1e-9);
        beside_order += in_order < best * (1 - 1e-9);
    }
    CU_ASSERT(met > 100);         /* so it is not just any large number */
    CU_ASSERT(beside_order > 20); /* nor is list order always the best */
}

/* ---- points ---------------------------------------------------------------------------------- */

static struct csw_bound bound_of(const char *kernel, const char *tasks, const char *schedule,
                                 const char *driver, unsigned workers, double quota_cpus)
{
    const struct csw_point point = {.kernel = (char *)kernel,
                                    .options = (char *)"",
                                    .tasks = (char *)tasks,
                                    .schedule = (char *)schedule,
                                    .driver = (char *)driver,
                                    .workers = workers};
    const struct csw_host host = {.usable_pus = 4, .quota_cpus = quota_cpus};

    return csw_bound_of_point(&point, &host);
}

#define TASKS "1000,2000,5000,3000,100"

static void whole_tasks_of_a_point_are_handed_out_in_list_order(void)
{
    const struct csw_bound two = bound_of("trial", TASKS, "whole", "pthread", 2, NAN);

    CU_ASSERT_DOUBLE_EQUAL(two.fair, csw_bound_in_order(STORY, 2, 2), 1e-12);
    CU_ASSERT_EQUAL(two.hard, two.fair);
    CU_ASSERT_EQUAL(bound_of("trial", TASKS, "whole", "serial", 1, NAN).fair, 1);
}

/* Whom the system lets run is its choice: only what no choice exceeds is hard. */
static void more_workers_than_cpus_are_thought_to_share_them_fairly(void)
{
    const struct csw_bound quota = bound_of("trial", TASKS, "whole", "fork-each", 5, 2);
    const struct csw_bound four = bound_of("trial", TASKS, "whole", "fork-each", 5, NAN);

    CU_ASSERT_DOUBLE_EQUAL(quota.fair, csw_bound_in_order(STORY, 5, 2), 1e-12);
    CU_ASSERT(near(quota.fair, 1.416, 5e-4) && near(quota.hard, 1.557, 5e-4));
    CU_ASSERT(near(four.fair, 1.557, 5e-4) && near(four.hard, 1.557, 5e-4));
}

static void small_chunks_lift_the_bound_to_workers_and_cpus(void)
{
    static const char *const schedules[] = {"dynamic", "guided", "late", "static", "dynamic:1"};

    for (size_t i = 0; i < COUNT(schedules); i++)
        for (unsigned workers = 1; workers <= 4; workers++) {
            const struct csw_bound bound =
                bound_of("trial", TASKS, schedules[i], "pthread", workers, NAN);

            CHECK(schedules[i], near(bound.fair, workers, 0.01 * workers));
            CHECK(schedules[i], bound.hard == bound.fair && bound.fair <= workers);
        }
    CU_ASSERT_DOUBLE_EQUAL(bound_of("trial", TASKS, "dynamic", "pthread", 4, 2).fair, 2, 1e-3);
}

static void chunks_as_large_as_tasks_are_whole_tasks_in_any_order(void)
{
    const struct csw_bound bound = bound_of("trial", TASKS, "dynamic:5000", "pthread", 2, NAN);

    CU_ASSERT(near(bound.fair, 1.557, 5e-4));
    CU_ASSERT_EQUAL(bound.hard, bound.fair);
}

/* 1e6 units are more than are looked at one by one. */
static void units_beyond_number_are_even(void)
{
    const struct csw_bound bound = bound_of("sqrt", "1e6", "dynamic:1", "pthread", 3, NAN);

    CU_ASSERT_EQUAL(bound.fair, 3);
    CU_ASSERT_EQUAL(bound.hard, 3);
}

/* A quarter of the numbers has half of the roots, and static gives one worker all first quarters.
 */
static void under_static_the_worker_with_most_work_sets_the_bound(void)
{
    const struct csw_bound one = bound_of("roots", "1e12", "static", "pthread", 4, NAN);
    const struct csw_bound two = bound_of("roots", "1e12,1e12", "static", "pthread", 4, NAN);

    CU_ASSERT_DOUBLE_EQUAL(one.fair, 2, 1e-3);
    CU_ASSERT_DOUBLE_EQUAL(two.fair, 2, 1e-3);
    CU_ASSERT_EQUAL(two.hard, two.fair);
}

static void waiting_is_not_limited_by_cpus(void)
{
    const struct csw_bound all = bound_of("sleep", "1,2,3,4,5", "whole", "pthread", 5, 1);
    const struct csw_bound two = bound_of("sleep", "1,2,3,4,5", "whole", "pthread", 2, 1);

    CU_ASSERT_DOUBLE_EQUAL(all.fair, 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(all.hard, 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(two.fair, 15.0 / 9, 1e-12);
}

static void data_count_by_items_and_are_not_made(void)
{
    const struct csw_bound bound = bound_of("array", "2e14,1e14", "whole", "pthread", 2, NAN);

    CU_ASSERT_DOUBLE_EQUAL(bound.fair, 1.5, 1e-12);
}

static void a_kernel_without_steps_is_bound_by_workers_alone(void)
{
    CU_ASSERT_EQUAL(bound_of("count", "1e9", "dynamic", "pthread", 3, NAN).fair, 3);
    CU_ASSERT_EQUAL(bound_of("count", "1e9", "dynamic", "pthread", 3, 2).hard, 2);
}

static void a_runtime_that_chooses_by_itself_is_bound_by_any_order(void)
{
    CU_ASSERT(near(bound_of("trial", TASKS, "whole", "tbb", 2, NAN).fair, 1.557, 5e-4));
    CU_ASSERT(near(bound_of("trial", TASKS, "whole", "of-tomorrow", 2, NAN).fair, 1.557, 5e-4));
}

static void what_is_not_known_has_no_bound(void)
{
    static const struct csw_host no_cpus = {.quota_cpus = NAN}, some = {.usable_pus = 2};
    struct csw_point point = {.kernel = (char *)"trial",
                              .tasks = (char *)"100",
                              .schedule = (char *)"whole",
                              .driver = (char *)"pthread",
                              .workers = 2};

    CU_ASSERT_EQUAL(csw_bound_of_point(&point, &some).fair, 1);
    CU_ASSERT(isnan(csw_bound_of_point(&point, &no_cpus).fair));
    point.options = (char *)"depth=7";
    CU_ASSERT(isnan(csw_bound_of_point(&point, &some).fair));
    CU_ASSERT(isnan(bound_of("of-tomorrow", "100", "whole", "pthread", 2, NAN).hard));
    CU_ASSERT(isnan(bound_of("trial", "1e2x", "whole", "pthread", 2, NAN).hard));
    CU_ASSERT(isnan(bound_of("trial", "100", "by-luck", "pthread", 2, NAN).hard));
    CU_ASSERT(isnan(bound_of("sleep", "100", "dynamic", "pthread", 2, NAN).hard));
    CU_ASSERT(isnan(bound_of("trial", "100", "whole", "pthread", 0, NAN).hard));
    CU_ASSERT(isnan(bound_of("trial", "100", "static", "pthread", CSW_MAX_WORKERS + 1, NAN).hard));
}

/* Every kernel and every driver of this build, under its default schedule. */
static void every_point_of_this_build_has_a_bound(void)
{
    for (size_t k = 0; csw_kernel_at(k); k++)
        for (size_t d = 0; csw_driver_at(d); d++) {
            const struct csw_kernel *kernel = csw_kernel_at(k);
            const struct csw_bound bound = bound_of(
                kernel->name, kernel->tasks, kernel->flags & CSW_INDIVISIBLE ? "whole" : "dynamic",
                csw_driver_at(d)->name, 3, NAN);

            CHECK(kernel->name, csw_kernel_missing(kernel) || bound.fair >= 1);
            CHECK(kernel->name, csw_kernel_missing(kernel) || bound.fair <= bound.hard);
            CHECK(kernel->name, csw_kernel_missing(kernel) || bound.hard <= 3);
        }
}

/* ---- the mark -------------------------------------------------------------------------------- */

static void only_an_interval_above_the_hard_bound_exceeds_it(void)
{
    static const struct {
        const char *name;
        struct csw_estimate s_abs;
        bool exceeds;
    } table[] = {
        {"the tutorial's", {.value = 2.60, .low = 2.5, .high = 2.7, .n = 9}, true},
        {"just above", {.value = 1.7, .low = 1.64, .high = 1.8, .n = 9}, true},
        {"within the margin", {.value = 1.7, .low = 1.63, .high = 1.8, .n = 9}, false},
        {"above the fair one", {.value = 1.5, .low = 1.49, .high = 1.51, .n = 9}, false},
        {"around it", {.value = 2.60, .low = 1.2, .high = 2.7, .n = 9}, false},
        {"too few rounds", {.value = 2.60, .low = NAN, .high = NAN, .n = 5}, false},
    };
    const struct csw_bound bound = {.fair = 1.416, .hard = 1.557}, none = {NAN, NAN};

    for (size_t i = 0; i < COUNT(table); i++) {
        CHECK(table[i].name, csw_bound_exceeded(&bound, &table[i].s_abs) == table[i].exceeds);
        CHECK(table[i].name, !csw_bound_exceeded(&none, &table[i].s_abs));
    }
}

int main(void)
{
    static const struct test tests[] = {
        TEST(five_workers_that_share_the_cpus_fairly_have_these_bounds),
        TEST(two_workers_gain_more_when_the_longest_task_comes_first),
        TEST(no_number_of_cpus_and_no_order_exceeds_the_longest_task),
        TEST(even_chunks_are_bound_by_workers_and_cpus_alone),
        TEST(longest_first_is_no_bound_of_all_orders),
        TEST(few_large_units_cannot_be_shared_evenly),
        TEST(a_part_of_a_cpu_is_shared_too),
        TEST(less_than_one_cpu_bounds_like_one),
        TEST(nothing_to_do_and_nobody_to_do_it_have_no_bound),
        TEST(bounds_lie_between_one_and_workers_and_cpus_and_rise_with_cpus),
        TEST(the_order_of_the_list_counts_only_where_it_should),
        TEST(no_assignment_to_workers_exceeds_the_bound_of_any_order),
        TEST(whole_tasks_of_a_point_are_handed_out_in_list_order),
        TEST(more_workers_than_cpus_are_thought_to_share_them_fairly),
        TEST(small_chunks_lift_the_bound_to_workers_and_cpus),
        TEST(chunks_as_large_as_tasks_are_whole_tasks_in_any_order),
        TEST(units_beyond_number_are_even),
        TEST(under_static_the_worker_with_most_work_sets_the_bound),
        TEST(waiting_is_not_limited_by_cpus),
        TEST(data_count_by_items_and_are_not_made),
        TEST(a_kernel_without_steps_is_bound_by_workers_alone),
        TEST(a_runtime_that_chooses_by_itself_is_bound_by_any_order),
        TEST(what_is_not_known_has_no_bound),
        TEST(every_point_of_this_build_has_a_bound),
        TEST(only_an_interval_above_the_hard_bound_exceeds_it),
    };

    return RUN_TESTS("bound", tests);
}
