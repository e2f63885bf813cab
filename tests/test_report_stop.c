/* test_report_stop.c - harness/report_stop.h: what a report says of why its sweep ended. */
#include "harness/report_stop.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* A sweep that may have had 100 rounds, had 40, and ended so. */
struct world {
    struct csw_results results;
    struct csw_report report;
};

static void world_init(struct world *ret_world, const char *verdict, double half_width)
{
    *ret_world = (struct world){
        .results = {.plan = {.rounds = 100, .precision = 0.01},
                    .ended = true,
                    .end = {.samples = 80,
                            .verdict = (char *)verdict,
                            .half_width = half_width,
                            .confidence = 0.99,
                            .widest = (char *)"trial fork 2"}},
        .report = {.results = &ret_world->results, .rounds = 40},
    };
}

/* What is printed, in a static buffer. */
static const char *printed(const struct world *world, const char *line_end)
{
    static char text[1024];
    FILE *out = fmemopen(text, sizeof text, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    text[0] = '\0';
    csw_report_stop_print(&world->report, line_end, out);
    fclose(out);
    return text;
}

static void each_verdict_is_told_with_its_width_and_what_to_do(void)
{
    static const struct {
        const char *verdict, *first;
    } rows[] = {
        {"converged", "verdict: converged after 40 rounds\n"},
        {"plateau", "verdict: plateau after 40 rounds; more rounds hardly narrow it\n"},
        {"budget",
         "verdict: budget after 40 rounds; --resume goes on, --max-time gives it longer\n"},
        {"fixed", "verdict: fixed after 40 rounds\n"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;

        world_init(&world, rows[i].verdict, 0.0123);
        must_say(printed(&world, ""), rows[i].first);
        must_say(printed(&world, ""), "\nwidest 99 % interval: +-1.23 %, wanted +-1 % "
                                      "(trial fork 2)\n");
    }
}

/* Where the rounds, not the time, ran out, more time would not help. */
static void a_sweep_of_all_its_rounds_is_advised_to_allow_more(void)
{
    struct world world;

    world_init(&world, "budget", 0.02);
    world.report.rounds = 100;
    must_say(printed(&world, ""), "after 100 rounds; --max-rounds allows more\n");
}

static void without_a_wanted_precision_none_is_named(void)
{
    struct world world;

    world_init(&world, "fixed", 0.02);
    world.results.plan.precision = 0;
    world.report.rounds = 1;
    CU_ASSERT_STRING_EQUAL(printed(&world, "  "),
                           "verdict: fixed after 1 round  \n"
                           "widest 99 % interval: +-2.00 % (trial fork 2)  \n");
}

static void no_interval_is_explained_by_the_rounds_that_it_takes(void)
{
    struct world world;

    world_init(&world, "fixed", NAN);
    world.report.rounds = 5;
    must_say(printed(&world, ""), "interval: none, it takes at least 8 rounds\n");
}

/* With rounds enough it is not for want of rounds. */
static void no_interval_of_many_rounds_is_explained_by_what_is_missing(void)
{
    struct world world;

    world_init(&world, "plateau", NAN);
    must_say(printed(&world, ""), "interval: none");
    CU_ASSERT_PTR_NULL(strstr(printed(&world, ""), "it takes at least"));
    world_init(&world, "budget", INFINITY);
    must_say(printed(&world, ""), "interval: none");
    CU_ASSERT_PTR_NULL(strstr(printed(&world, ""), "inf"));
}

static void a_file_that_does_not_tell_has_no_verdict(void)
{
    struct world cut_off, older;

    world_init(&cut_off, "converged", 0.01);
    cut_off.results.ended = false;
    world_init(&older, "", 0.01);
    CU_ASSERT_STRING_EQUAL(printed(&cut_off, ""), "");
    CU_ASSERT_STRING_EQUAL(printed(&older, ""), "");
    CU_ASSERT(json_is_null(csw_report_stop_json(&cut_off.report)));
    CU_ASSERT(json_is_null(csw_report_stop_json(&older.report)));
}

static void json_has_the_fields_of_the_end_and_the_rounds(void)
{
    struct world world;

    world_init(&world, "converged", 0.009);
    json_t *json = csw_report_stop_json(&world.report);

    CU_ASSERT_EQUAL(json_object_size(json), csw_end_fields.count + 1);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json, "rounds")), 40);
    CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_object_get(json, "half_width")), 0.009, 1e-12);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "verdict")), "converged");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "widest")), "trial fork 2");
    json_decref(json);
}

static const struct test tests[] = {
    TEST(each_verdict_is_told_with_its_width_and_what_to_do),
    TEST(a_sweep_of_all_its_rounds_is_advised_to_allow_more),
    TEST(without_a_wanted_precision_none_is_named),
    TEST(no_interval_is_explained_by_the_rounds_that_it_takes),
    TEST(no_interval_of_many_rounds_is_explained_by_what_is_missing),
    TEST(a_file_that_does_not_tell_has_no_verdict),
    TEST(json_has_the_fields_of_the_end_and_the_rounds),
};

int main(void)
{
    return RUN_TESTS("report_stop", tests);
}
