/* test_weak.c - harness/weak.h and what is made of it: plans whose work grows, and their reports.
 */
#include "harness/weak.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>
#include <coresweep/plan.h>

#include "harness/random.h"
#include "harness/report.h"
#include "harness/report_weak.h"
#include "suite.h"

/* ---- tasks ----------------------------------------------------------------------------------- */

static void each_task_is_there_as_often_as_there_are_workers(void)
{
    static const struct {
        const char *tasks;
        uint64_t growth;
        const char *grown;
    } rows[] = {
        {"5000", 1, "5000"},      {"5000", 3, "5000x3"}, {"10,20,5", 2, "10x2,20x2,5x2"},
        {"7x3,9", 4, "7x12,9x4"}, {"0", 2, "0,0"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *grown = NULL;

        CU_ASSERT_EQUAL_FATAL(csw_tasks_grown(&grown, rows[i].tasks, rows[i].growth, NULL), 0);
        CU_ASSERT_STRING_EQUAL(grown, rows[i].grown);
        free(grown);
    }
}

static void tasks_that_become_too_many_are_refused(void)
{
    char tasks[40], *grown = NULL;
    struct csw_err err = {0};

    snprintf(tasks, sizeof tasks, "1x%u", CSW_MAX_TASKS / 2);
    CU_ASSERT_EQUAL_FATAL(csw_tasks_grown(&grown, tasks, 2, &err), 0);
    free(grown);
    grown = NULL;
    CU_ASSERT_EQUAL(csw_tasks_grown(&grown, tasks, 3, &err), -EINVAL);
    must_say(err.text, "with --weak and 3 workers the tasks become more than");
    CU_ASSERT_PTR_NULL(grown);
    CU_ASSERT_EQUAL(csw_tasks_grown(&grown, "five", 2, &err), -EINVAL);
}

/* ---- plans ----------------------------------------------------------------------------------- */

static void fill(struct csw_plan *plan)
{
    struct csw_series_list list = {0};
    const struct csw_room room = {8, 8};

    CU_ASSERT_EQUAL_FATAL(csw_series_init(&list, plan, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_plan_fill(plan, &list, &room, NULL), 0);
    csw_series_release(&list);
}

static void check_point(const struct csw_point *point, const struct csw_point *base)
{
    char *grown = NULL;

    CU_ASSERT_EQUAL(csw_growth(point), point->workers);
    CU_ASSERT_STRING_EQUAL(csw_ungrown_tasks(point), base->tasks);
    CU_ASSERT_EQUAL_FATAL(csw_tasks_grown(&grown, base->tasks, point->workers, NULL), 0);
    CU_ASSERT_STRING_EQUAL(point->tasks, grown);
    CU_ASSERT(csw_same_work(point, base) && csw_is_base(base, point));
    free(grown);
}

static void the_work_of_a_weak_plan_grows_with_the_workers(void)
{
    static const char *const kernels[] = {"trial", "array", "sleep", "count"};

    for (size_t k = 0; k < COUNT(kernels); k++) {
        struct csw_plan plan = {.kernel = strdup(kernels[k]),
                                .schedule = strdup("auto"),
                                .driver = strdup("pthread,fork,pthread"),
                                .workers = strdup("1,2,4"),
                                .tasks = strdup("300,100"),
                                .weak = true};

        fill(&plan);
        CU_ASSERT_EQUAL(plan.count, 1 + 2 * 3);
        for (size_t i = 0; i < plan.count; i++)
            check_point(&plan.points[i], &plan.points[0]);
        csw_plan_release(&plan);
    }
}

static void a_kernel_counts_p_times_the_work(void)
{
    const struct csw_point one = {.kernel = (char *)"trial", .tasks = (char *)"50,60"};
    const struct csw_host host = {.usable_pus = 4, .quota_cpus = NAN};
    char *grown = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_tasks_grown(&grown, one.tasks, 4, NULL), 0);
    const struct csw_point point = {.kernel = (char *)"trial",
                                    .options = (char *)"",
                                    .tasks = grown,
                                    .schedule = (char *)"whole",
                                    .driver = (char *)"pthread",
                                    .workers = 4,
                                    .grown_from = one.tasks};

    /* four workers share four times the list evenly: nothing is lost to the tasks' sizes */
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_of_point(&point, &host).fair, 4, 1e-9);
    free(grown);
}

/* ---- reports --------------------------------------------------------------------------------- */

#define ROUNDS 20
#define SERIAL_FRACTION 0.1

static char one_task[] = "100", three_tasks[] = "100x3";
#define POINT_OF(driver_, workers_, tasks_, grown_)                                                \
    {                                                                                              \
        .kernel = (char *)"trial", .options = (char *)"", .tasks = tasks_,                         \
        .schedule = (char *)"dynamic", .driver = (char *)driver_, .settings = (char *)"",          \
        .base = (char *)"serial", .workers = workers_, .unit = (char *)"comparisons",              \
        .grown_from = grown_                                                                       \
    }
static struct csw_point points[] = {
    POINT_OF("serial", 1, one_task, NULL),
    POINT_OF("fork", 1, one_task, (char *)""),
    POINT_OF("fork", 3, three_tasks, one_task),
};

struct world {
    struct csw_results results;
    struct csw_sample samples[COUNT(points) * ROUNDS];
    struct csw_worker workers[3];
};

/* Of the time with p workers the share s is serial: T_p = T_1 p / (s + (1 - s) p). */
static double time_ns(const struct csw_point *point)
{
    const double p = (double)point->workers;
    const double one = strcmp(point->driver, "serial") == 0 ? 1e6 : 1.25e6;

    return one * p / (SERIAL_FRACTION + (1 - SERIAL_FRACTION) * p);
}

static void world_init(struct world *ret_world)
{
    uint64_t state = 3;

    *ret_world = (struct world){
        .results = {.plan = {.rounds = ROUNDS, .count = COUNT(points), .points = points},
                    .host = {.hostname = (char *)"here", .usable_pus = 4, .quota_cpus = NAN},
                    .sample = ret_world->samples}};
    for (uint64_t r = 0; r < ROUNDS; r++) {
        const double drift = 1 + csw_random_uniform(&state);

        for (uint64_t p = 0; p < COUNT(points); p++)
            ret_world->samples[ret_world->results.samples++] =
                (struct csw_sample){.point = p,
                                    .round = r,
                                    .workers = points[p].workers,
                                    .work = 10 * points[p].workers,
                                    .region_ns = time_ns(&points[p]) * drift,
                                    .worker = ret_world->workers};
    }
}

static void check_estimate(const struct csw_estimate *estimate, double truth)
{
    CU_ASSERT_DOUBLE_EQUAL(estimate->value, truth, 1e-9);
    CU_ASSERT(estimate->low <= truth + 1e-9 && truth <= estimate->high + 1e-9);
}

static void speedups_are_scaled_by_the_growth(void)
{
    struct world world;
    struct csw_report report = {0};
    const double scaled = SERIAL_FRACTION + (1 - SERIAL_FRACTION) * 3;

    world_init(&world);
    CU_ASSERT_EQUAL_FATAL(csw_report_init(&report, &world.results, NULL), 0);
    check_estimate(&report.cell[1].s_abs, 1 / 1.25);
    check_estimate(&report.cell[2].s_abs, scaled / 1.25);
    check_estimate(&report.cell[2].s_rel, scaled);
    check_estimate(&report.cell[2].efficiency, scaled / 1.25 / 3);
    const struct csw_estimate fraction = csw_gustafson(report.cell[2].s_rel, 3);

    check_estimate(&fraction, SERIAL_FRACTION);
    CU_ASSERT(fraction.low <= fraction.high);
    csw_report_release(&report);
}

/* Every worker computes for as long as the base's only one: the work of three takes no more. */
static void losses_are_those_of_the_work_that_has_grown(void)
{
    struct world world;
    struct csw_report report = {0};

    world_init(&world);
    for (size_t w = 0; w < COUNT(world.workers); w++)
        world.workers[w].cpu_ns = 5;
    CU_ASSERT_EQUAL_FATAL(csw_report_init(&report, &world.results, NULL), 0);
    const struct csw_identity *loss = &report.cell[2].loss;

    check_estimate(&loss->work_inflation, 1);
    check_estimate(&loss->load_balance, 1);
    check_estimate(&loss->serialisation, report.cell[2].efficiency.value);
    csw_report_release(&report);
}

static void gustafsons_fraction_turns_the_interval_round(void)
{
    const struct csw_estimate speedup = {.value = 3, .low = 2, .high = 4.5, .n = 9};
    const struct csw_estimate fraction = csw_gustafson(speedup, 4);

    CU_ASSERT_DOUBLE_EQUAL(fraction.value, 1.0 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(fraction.low, -0.5 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(fraction.high, 2.0 / 3, 1e-12);
    CU_ASSERT_EQUAL(fraction.n, 9);
    CU_ASSERT(isnan(csw_gustafson(csw_estimate_none, 4).value));
}

/* What a report prints, on the heap. */
static char *printed(const struct csw_report *report,
                     int (*print)(const struct csw_report *, FILE *, struct csw_err *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(print(report, out, NULL), 0);
    fclose(out);
    return text;
}

static void the_report_tells_weak_efficiency_where_work_has_grown(void)
{
    struct world world;
    struct csw_report report = {0};

    world_init(&world);
    CU_ASSERT_EQUAL_FATAL(csw_report_init(&report, &world.results, NULL), 0);
    char *text = printed(&report, csw_report_table), *json = printed(&report, csw_report_json);
    char *markdown = printed(&report, csw_report_markdown);

    must_say(text, "T_serial/T_p [95 %]");
    must_say(text, "0.75 [0.75, 0.75] 0.93 [0.93, 0.93] 10.00 [10.00, 10.00]");
    must_say(markdown, "| 3 | 0.75 [0.75, 0.75] | 0.93 [0.93, 0.93] | 10.00 [10.00, 10.00] |");
    must_say(json, "\"gustafson\"");
    free(text);
    free(json);
    free(markdown);
    world.results.plan.count = report.count = 2; /* without the point that has grown */
    text = printed(&report, csw_report_table);
    CU_ASSERT_PTR_NULL(strstr(text, "Weak scaling"));
    free(text);
    report.count = COUNT(points);
    csw_report_release(&report);
}

static const struct test tests[] = {
    TEST(each_task_is_there_as_often_as_there_are_workers),
    TEST(tasks_that_become_too_many_are_refused),
    TEST(the_work_of_a_weak_plan_grows_with_the_workers),
    TEST(a_kernel_counts_p_times_the_work),
    TEST(speedups_are_scaled_by_the_growth),
    TEST(losses_are_those_of_the_work_that_has_grown),
    TEST(gustafsons_fraction_turns_the_interval_round),
    TEST(the_report_tells_weak_efficiency_where_work_has_grown),
};

int main(void)
{
    return RUN_TESTS("weak", tests);
}
