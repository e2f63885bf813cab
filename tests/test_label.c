/* test_label.c - what a driver with its settings is called in a report. */
#include "harness/label.h"

#include <CUnit/CUnit.h>

#include "suite.h"

#define PYTHON(version) "python=/opt/" version "/bin/python"

static struct csw_point points[] = {
    {.driver = (char *)"pool", .settings = (char *)PYTHON("3.11") " start=fork"},
    {.driver = (char *)"pool", .settings = (char *)PYTHON("3.11") " start=spawn"},
    {.driver = (char *)"threads", .settings = (char *)PYTHON("3.11")},
    {.driver = (char *)"threads", .settings = (char *)PYTHON("3.14")},
    {.driver = (char *)"pthread", .settings = (char *)""},
    {.driver = (char *)"serial"},
};

static struct csw_sample samples[] = {
    {.point = 2, .runtime = (char *)"CPython 3.11.2, PGO+LTO, GIL on"},
    {.point = 4},
};

static const struct csw_results results = {.plan = {.points = points, .count = COUNT(points)},
                                           .sample = samples,
                                           .samples = COUNT(samples)};

static void must_be_called(size_t point, const char *expected)
{
    char label[CSW_LABEL_SIZE];

    csw_point_label(&results, point, label);
    CU_ASSERT_STRING_EQUAL(label, expected);
}

static void a_setting_that_tells_points_apart_is_part_of_the_label(void)
{
    must_be_called(0, "pool fork");
    must_be_called(1, "pool spawn");
}

static void what_ran_a_point_stands_for_the_file_that_was_chosen(void)
{
    must_be_called(2, "threads CPython 3.11.2");
}

static void a_file_that_never_ran_is_called_by_its_last_part(void)
{
    must_be_called(3, "threads python");
}

static void a_driver_without_settings_is_its_name(void)
{
    must_be_called(4, "pthread");
    must_be_called(5, "serial");
}

static void a_point_of_this_program_or_without_samples_has_no_runtime(void)
{
    CU_ASSERT_STRING_EQUAL(csw_point_runtime(&results, 2), "CPython 3.11.2, PGO+LTO, GIL on");
    CU_ASSERT_STRING_EQUAL(csw_point_runtime(&results, 3), "");
    CU_ASSERT_STRING_EQUAL(csw_point_runtime(&results, 4), "");
}

static const struct test tests[] = {
    TEST(a_setting_that_tells_points_apart_is_part_of_the_label),
    TEST(what_ran_a_point_stands_for_the_file_that_was_chosen),
    TEST(a_file_that_never_ran_is_called_by_its_last_part),
    TEST(a_driver_without_settings_is_its_name),
    TEST(a_point_of_this_program_or_without_samples_has_no_runtime),
};

int main(void)
{
    return RUN_TESTS("labels of points", tests);
}
