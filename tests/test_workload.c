/*
 * test_workload.c - numbers, task lists and schedules as a user writes them: what is read, what is
 * refused and how the sentence names it, and that printing gives back what was read.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>

#include "suite.h"

/* One refusal: the code, in the sentence too, and a sentence that quotes the text. */
static bool refused(int code, const struct csw_err *err, const char *text)
{
    char quoted[100];

    snprintf(quoted, sizeof quoted, "'%s'", text);
    return code == -EINVAL && err->code == -EINVAL && strstr(err->text, quoted) != NULL;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void exact_numbers_are_read(void)
{
    static const struct {
        const char *text;
        uint64_t number;
    } good[] = {
        {"0", 0},
        {"1", 1},
        {"5000", 5000},
        {"5_000_000", 5000000},
        {"1_2_3", 123},
        {"1e9", 1000000000},
        {"1E3", 1000},
        {"1e+3", 1000},
        {"1e0", 1},
        {"0e5", 0},
        {"1.5e3", 1500},
        {"1.50e1", 15},
        {"10.0", 10},
        {"1_000.5e1", 10005},
        {"1e19", UINT64_C(10000000000000000000)},
        {"18446744073709551615", UINT64_MAX},
        {"18_446_744_073_709_551_615", UINT64_MAX},
        {"1.8446744073709551615e19", UINT64_MAX},
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        struct csw_err err = {0};
        uint64_t number = 42;

        CHECK(good[i].text, csw_number_parse(&number, good[i].text, &err) == 0);
        CHECK(good[i].text, number == good[i].number);
    }
}

static const char *const bad_numbers[] = {
    "",
    "-1",
    "-0",
    "+5",
    " 5",
    "5 ",
    "5\n",
    "5,",
    "1__0",
    "_1",
    "1_",
    "1_e3",
    "1e_3",
    "1._5e1",
    "1.5",
    "1.55e1",
    "1.",
    "1.e1",
    ".5e1",
    ".",
    "1.5.0e3",
    "1e",
    "1e+",
    "e3",
    "1e3e3",
    "1e-3",
    "1000e-3",
    "1e3.0",
    "0x10",
    "5k",
    "nan",
    "inf",
    "18446744073709551616",
    "18446744073709551620",
    "99999999999999999999999999",
    "1.8446744073709551616e19",
    "2e19",
    "1e20",
    "1e21",
    "1e99999999999",
    "1e4294967296",
    "10e4294967295",
    "1e18446744073709551617",
};

static void a_number_that_is_not_exact_is_refused_by_name(void)
{
    for (size_t i = 0; i < COUNT(bad_numbers); i++) {
        struct csw_err err = {0};
        uint64_t number = 42;
        const int code = csw_number_parse(&number, bad_numbers[i], &err);

        CHECK(bad_numbers[i], refused(code, &err, bad_numbers[i]));
        CHECK(bad_numbers[i], number == 42);
    }
}

static void a_refused_text_of_any_length_fits_the_sentence(void)
{
    char text[5000];
    struct csw_err err = {0};
    uint64_t number = 42;

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    CU_ASSERT_EQUAL(csw_number_parse(&number, text, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'xxxxxxxxxx"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "18446744073709551615"));
    CU_ASSERT_EQUAL(csw_number_parse(&number, text, NULL), -EINVAL);
}

/* ---- workloads ------------------------------------------------------------------------------ */

static void a_list_of_tasks_is_read_in_order_and_printed_plainly(void)
{
    static const struct {
        const char *text, *printed;
        size_t count;
    } lists[] = {
        {"5000", "5000", 1},
        {"0", "0", 1},
        {"1000,2000,5e3,3_000,100", "1000,2000,5000,3000,100", 5},
        {"1.5e1,1E3,7", "15,1000,7", 3},
        {"5,5,5", "5x3", 3},
        {"500x1000", "500x1000", 1000},
        {"1,2x3,5", "1,2x3,5", 5},
        {"2,2x3,2,1", "2x5,1", 6},
        {"7x1", "7", 1},
        {"1e3x1_0,1.5e1x2", "1000x10,15x2", 12},
        {"0,0,1,1", "0,0,1x2", 4},
        {"18446744073709551615x2", "18446744073709551615x2", 2},
        {"3x1e6", "3x1000000", 1000000},
        {"1,3x999999", "1,3x999999", 1000000},
        {"18446744073709551615,0,1", "18446744073709551615,0,1", 3},
    };

    for (size_t i = 0; i < COUNT(lists); i++) {
        struct csw_workload workload = {0};
        struct csw_err err = {0};

        CHECK(lists[i].text, csw_workload_parse(&workload, lists[i].text, &err) == 0);
        CHECK(lists[i].text, workload.count == lists[i].count);
        char *text = csw_workload_text(&workload);

        CHECK(lists[i].text, text && strcmp(text, lists[i].printed) == 0);
        free(text);
        csw_workload_release(&workload);
    }
}

static void a_list_with_a_bad_element_is_refused_by_that_element(void)
{
    static const struct {
        const char *text, *element;
    } lists[] = {
        {"", ""},
        {",", ""},
        {",1", ""},
        {"1,", ""},
        {"1,,2", ""},
        {"1,2,,", ""},
        {"1, 2", " 2"},
        {"1,x5,2", "x5"},
        {"1;2", "1;2"},
        {"1,2 ,3", "2 "},
        {"5,-1", "-1"},
        {"1.5,2", "1.5"},
        {"1,1e20", "1e20"},
        {"0x10", "0x10"},
        {"1,5x0", "5x0"},
        {"5x,1", "5x"},
        {"1,x5", "x5"},
        {"5x2x2", "5x2x2"},
        {"5X2", "5X2"},
        {"5x-1", "5x-1"},
        {"5x1.5", "5x1.5"},
        {"5 x2", "5 x2"},
        {"5x 2", "5x 2"},
        {"1.5x2", "1.5x2"},
        {"5x18446744073709551616", "5x18446744073709551616"},
        {"1e20x2", "1e20x2"},
    };

    for (size_t i = 0; i < COUNT(lists); i++) {
        struct csw_task kept = {.n = 42};
        struct csw_workload workload = {.count = 1, .tasks = &kept};
        struct csw_err err = {0};
        const int code = csw_workload_parse(&workload, lists[i].text, &err);

        CHECK(lists[i].text, refused(code, &err, lists[i].element));
        CHECK(lists[i].text, workload.count == 1 && workload.tasks == &kept && kept.n == 42);
    }
}

static void more_tasks_than_a_workload_may_have_are_refused_unmade(void)
{
    static const struct {
        const char *text, *element;
    } lists[] = {
        {"5x1000001", "5x1000001"},   {"5x1000000,1", "1"},
        {"1,5x1000000", "5x1000000"}, {"1,5x18446744073709551615", "5x18446744073709551615"},
        {"5x1e19", "5x1e19"},
    };

    for (size_t i = 0; i < COUNT(lists); i++) {
        struct csw_workload workload = {.count = 42};
        struct csw_err err = {0};
        const int code = csw_workload_parse(&workload, lists[i].text, &err);

        CHECK(lists[i].text, refused(code, &err, lists[i].element));
        CHECK(lists[i].text, strstr(err.text, "more than 1000000") != NULL);
        CHECK(lists[i].text, workload.count == 42 && !workload.tasks);
    }
}

#define MANY 10000u

/* "1,2,...,10000"; the caller frees it. */
static char *many_tasks(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    for (unsigned n = 1; n <= MANY; n++)
        fprintf(out, "%s%u", n > 1 ? "," : "", n);
    fclose(out);
    return text;
}

static void ten_thousand_tasks_come_back_as_they_were_written(void)
{
    char *text = many_tasks();
    struct csw_workload workload = {0};
    struct csw_err err = {0};

    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&workload, text, &err), 0);
    CU_ASSERT_EQUAL_FATAL(workload.count, MANY);
    for (unsigned i = 0; i < MANY; i++)
        CU_ASSERT_EQUAL(workload.tasks[i].n, i + 1);
    char *printed = csw_workload_text(&workload);

    CU_ASSERT_STRING_EQUAL(printed, text);
    free(printed);
    free(text);
    csw_workload_release(&workload);
}

static void a_workload_may_be_released_twice_or_never_made(void)
{
    struct csw_workload workload = {0};

    csw_workload_release(NULL);
    csw_workload_release(&workload);
    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&workload, "1,2", NULL), 0);
    csw_workload_release(&workload);
    CU_ASSERT_EQUAL(workload.count, 0);
    CU_ASSERT_PTR_NULL(workload.tasks);
    csw_workload_release(&workload);
}

/* ---- schedules ------------------------------------------------------------------------------ */

static void a_schedule_is_printed_as_it_can_be_read(void)
{
    static const struct {
        const char *text, *printed;
        struct csw_schedule schedule;
    } schedules[] = {
        {"whole", "whole", {CSW_WHOLE, 0}},
        {"static", "static", {CSW_STATIC, 0}},
        {"dynamic", "dynamic", {CSW_DYNAMIC, 0}},
        {"guided", "guided", {CSW_GUIDED, 0}},
        {"dynamic:1", "dynamic:1", {CSW_DYNAMIC, 1}},
        {"dynamic:1e3", "dynamic:1000", {CSW_DYNAMIC, 1000}},
        {"guided:5_000", "guided:5000", {CSW_GUIDED, 5000}},
        {"dynamic:18446744073709551615", "dynamic:18446744073709551615", {CSW_DYNAMIC, UINT64_MAX}},
    };

    for (size_t i = 0; i < COUNT(schedules); i++) {
        const struct csw_schedule *expect = &schedules[i].schedule;
        struct csw_schedule schedule = {CSW_STATIC, 42};
        char printed[CSW_SCHEDULE_TEXT_SIZE];

        CHECK(schedules[i].text, csw_schedule_parse(&schedule, schedules[i].text, NULL) == 0);
        CHECK(schedules[i].text, schedule.handout == expect->handout);
        CHECK(schedules[i].text, schedule.chunk == expect->chunk);
        csw_schedule_text(&schedule, printed);
        CHECK(schedules[i].text, strcmp(printed, schedules[i].printed) == 0);
    }
}

static void a_bad_schedule_is_refused_by_name(void)
{
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"", "unknown schedule"},
        {"dynamc", "unknown schedule"},
        {"dynamics", "unknown schedule"},
        {"dyn", "unknown schedule"},
        {"Dynamic", "unknown schedule"},
        {" dynamic", "unknown schedule"},
        {"dynamic ", "unknown schedule"},
        {"dynamic,4", "unknown schedule"},
        {":", "unknown schedule"},
        {":4", "unknown schedule"},
        {"static:4", "takes no chunk"},
        {"whole:2", "takes no chunk"},
        {"whole:", "takes no chunk"},
        {"dynamic:", "at least 1"},
        {"guided:", "at least 1"},
        {"dynamic:0", "at least 1"},
        {"guided:0e3", "at least 1"},
        {"dynamic:-1", "at least 1"},
        {"dynamic: 4", "at least 1"},
        {"dynamic:1.5", "at least 1"},
        {"dynamic:1:2", "at least 1"},
        {"guided:4x", "at least 1"},
        {"dynamic:18446744073709551616", "at least 1"},
        {"dynamic:1e20", "at least 1"},
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        struct csw_schedule schedule = {CSW_GUIDED, 42};
        struct csw_err err = {0};
        const int code = csw_schedule_parse(&schedule, bad[i].text, &err);

        CHECK(bad[i].text, refused(code, &err, bad[i].text));
        CHECK(bad[i].text, strstr(err.text, bad[i].reason) != NULL);
        CHECK(bad[i].text, schedule.handout == CSW_GUIDED && schedule.chunk == 42);
    }
}

static const struct test tests[] = {
    TEST(exact_numbers_are_read),
    TEST(a_number_that_is_not_exact_is_refused_by_name),
    TEST(a_refused_text_of_any_length_fits_the_sentence),
    TEST(a_list_of_tasks_is_read_in_order_and_printed_plainly),
    TEST(a_list_with_a_bad_element_is_refused_by_that_element),
    TEST(more_tasks_than_a_workload_may_have_are_refused_unmade),
    TEST(ten_thousand_tasks_come_back_as_they_were_written),
    TEST(a_workload_may_be_released_twice_or_never_made),
    TEST(a_schedule_is_printed_as_it_can_be_read),
    TEST(a_bad_schedule_is_refused_by_name),
};

int main(void)
{
    return RUN_TESTS("workload", tests);
}
