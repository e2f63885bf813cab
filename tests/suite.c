/* suite.c - see suite.h */
#include "suite.h"

#include <CUnit/Basic.h>
#include <stdio.h>

int run_tests(const char *module, const struct test *tests, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    const CU_pSuite suite = CU_add_suite(module, NULL, NULL);

    for (size_t i = 0; i < count; i++)
        if (!suite || !CU_add_test(suite, tests[i].sentence, tests[i].run)) {
            fprintf(stderr, "cannot add %s: %s\n", tests[i].sentence, CU_get_error_msg());
            return 1;
        }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    const unsigned ran = CU_get_number_of_tests_run(), failed = CU_get_number_of_tests_failed();

    CU_cleanup_registry();
    return ran == count && failed == 0 ? 0 : 1;
}

const char *fixture(const char *path)
{
    static char full[4096];

    snprintf(full, sizeof full, "%s/%s", CSW_FIXTURES, path);
    return full;
}
