/*
 * Proves that every unit of a job is timed, once and verified, however many there are and however
 * the job is cut; how long they take is the machine's matter.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <coresweep/driver.h>

#include "harness/cost.h"
#include "harness/options.h"
#include "rig.h"
#include "toys.h"

static int measure(struct csw_cost *ret_cost, const struct csw_kernel *kernel, const char *schedule,
                   const char *tasks, struct csw_err *err)
{
    struct rig rig;

    rig_init(&rig, kernel, serial(), 1, schedule, tasks);
    const int code = csw_cost_measure(ret_cost, &rig.setup, err);

    rig_release(&rig);
    return code;
}

/* Every group has a time, and all together have some. */
static void check_cost(const struct csw_cost *cost, const char *schedule)
{
    double sum = 0;

    CHECK(schedule, strcmp(cost->schedule, schedule) == 0);
    CHECK(schedule, cost->group >= 1 && cost->count <= CSW_MAX_COSTS);
    CHECK(schedule, cost->count == (cost->units + cost->group - 1) / cost->group);
    CHECK(schedule, cost->passes >= 1 && cost->passes <= 3);
    CHECK(schedule, cost->clock_ns >= 0);
    for (size_t i = 0; i < cost->count; i++) {
        CHECK(schedule, cost->ns[i] >= 0 && isfinite(cost->ns[i]));
        sum += cost->ns[i];
    }
    CHECK(schedule, sum > 0);
}

static void every_schedule_has_its_units(void)
{
    for (size_t i = 0; i < COUNT(schedules); i++) {
        struct csw_cost cost;

        CU_ASSERT_EQUAL_FATAL(
            measure(&cost, csw_kernel_find("trial"), schedules[i], "300,100", NULL), 0);
        CHECK(schedules[i], strcmp(cost.kernel, "trial") == 0 && *cost.options == '\0');
        CHECK(schedules[i], strcmp(cost.tasks, "300,100") == 0);
        check_cost(&cost, schedules[i]);
        csw_cost_release(&cost);
    }
}

static void units_are_those_of_the_cut(void)
{
    struct csw_cost cost;

    CU_ASSERT_EQUAL_FATAL(measure(&cost, csw_kernel_find("trial"), "dynamic:7", "300,100", NULL),
                          0);
    CU_ASSERT_EQUAL(cost.units, 43 + 15);
    csw_cost_release(&cost);
}

static void units_beyond_number_are_timed_together(void)
{
    struct csw_cost cost;

    CU_ASSERT_EQUAL_FATAL(measure(&cost, csw_kernel_find("sqrt"), "dynamic:1", "200001", NULL), 0);
    CU_ASSERT(cost.units == 200001 && cost.group >= 4);
    check_cost(&cost, "dynamic:1");
    csw_cost_release(&cost);
}

static void data_are_made_before_they_are_timed(void)
{
    struct csw_cost cost;

    CU_ASSERT_EQUAL_FATAL(measure(&cost, csw_kernel_find("array"), "dynamic", "1e5", NULL), 0);
    CU_ASSERT(*cost.options != '\0');
    check_cost(&cost, "dynamic");
    csw_cost_release(&cost);
}

static void what_waits_has_no_cost(void)
{
    struct csw_cost cost = {0};
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(measure(&cost, csw_kernel_find("sleep"), "whole", "1", &err), -ENOTSUP);
    must_say(err.text, "kernel 'sleep' waits");
    CU_ASSERT_PTR_NULL(cost.ns);
}

static void a_wrong_result_has_no_cost(void)
{
    struct csw_cost cost = {0};
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(measure(&cost, &one_missing, "whole", "10", &err), CSW_EWRONG);
    must_say(err.text, "wrong result");
    CU_ASSERT_PTR_NULL(cost.ns);
}

static void a_cost_is_found_by_its_work(void)
{
    struct csw_cost costs[] = {
        {.kernel = (char *)"trial", .options = (char *)"", .tasks = (char *)"50"},
        {.kernel = (char *)"trial", .options = (char *)"", .tasks = (char *)"60"},
    };
    const struct csw_results results = {.costs = COUNT(costs), .cost = costs};
    struct csw_point point = {
        .kernel = (char *)"trial", .options = (char *)"", .tasks = (char *)"60"};

    CU_ASSERT_PTR_EQUAL(csw_cost_find(&results, &point), &costs[1]);
    point.options = (char *)"isa=auto";
    CU_ASSERT_PTR_NULL(csw_cost_find(&results, &point));
}

int main(void)
{
    static const struct test tests[] = {
        TEST(every_schedule_has_its_units),
        TEST(units_are_those_of_the_cut),
        TEST(units_beyond_number_are_timed_together),
        TEST(data_are_made_before_they_are_timed),
        TEST(what_waits_has_no_cost),
        TEST(a_wrong_result_has_no_cost),
        TEST(a_cost_is_found_by_its_work),
    };

    return RUN_TESTS("cost", tests);
}
