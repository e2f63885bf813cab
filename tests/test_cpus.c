/* test_cpus.c - lists of CPUs as the kernel writes them are read, and as broken files have them. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "harness/cpus.h"

static void numbers_and_ranges_are_counted(void)
{
    CU_ASSERT_EQUAL(csw_cpus_count("0-3,8"), 5);
    CU_ASSERT_EQUAL(csw_cpus_count("7"), 1);
    CU_ASSERT_EQUAL(csw_cpus_count("0-65535"), 65536);
    CU_ASSERT_EQUAL(csw_cpus_count(""), 0);
    CU_ASSERT_EQUAL(csw_cpus_count(NULL), 0);
    CU_ASSERT_TRUE(csw_cpus_has("0-3,8", 8) && csw_cpus_has("0-3,8", 2));
    CU_ASSERT_FALSE(csw_cpus_has("0-3,8", 4));
}

static void what_does_not_parse_ends_the_list(void)
{
    CU_ASSERT_EQUAL(csw_cpus_count("(null)"), 0);
    CU_ASSERT_EQUAL(csw_cpus_count("-5"), 0);
    CU_ASSERT_EQUAL(csw_cpus_count("0-1 4-7"), 2);
    CU_ASSERT_EQUAL(csw_cpus_count("0-1,x,4-7"), 2);
    CU_ASSERT_EQUAL(csw_cpus_count("0,3-1,9"), 1);
    CU_ASSERT_EQUAL(csw_cpus_count("2,4-"), 1);
}

static void numbers_that_no_system_has_end_it_too(void)
{
    CU_ASSERT_EQUAL(csw_cpus_count("0,1-4294967295"), 1);
    CU_ASSERT_EQUAL(csw_cpus_count("99999999999999999999999"), 0);
    CU_ASSERT_EQUAL(csw_cpus_common("0-4294967295", "0-4294967295"), 0);
}

static void common_are(const char *a, const char *b, const char *expected, unsigned count)
{
    char *list = csw_cpus_and(a, b);

    CHECK(expected, list && strcmp(list, expected) == 0);
    CHECK(expected, csw_cpus_common(a, b) == count);
    free(list);
}

static void what_both_hold_is_a_list_again(void)
{
    common_are("0-127", "0-1", "0-1", 2);
    common_are("0-3,8-11", "2-9", "2-3,8-9", 4);
    common_are("0,1,2,5", "0-7", "0-2,5", 4);
    common_are("4", "4", "4", 1);
    common_are("0-3", "4-7", "", 0);
    common_are(NULL, "0", "", 0);
    common_are("0", NULL, "", 0);
}

static const struct test tests[] = {
    TEST(numbers_and_ranges_are_counted),
    TEST(what_does_not_parse_ends_the_list),
    TEST(numbers_that_no_system_has_end_it_too),
    TEST(what_both_hold_is_a_list_again),
};

int main(void)
{
    return RUN_TESTS("cpus", tests);
}
