/* suite.c - see suite.h */
#include "suite.h"

#include <CUnit/Basic.h>
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

bool check_that(bool held, unsigned line, const char *row, const char *file, const char *function)
{
    CU_assertImplementation(held, line, row, file, function, CU_FALSE);
    return held;
}

void must_say(const char *sentence, const char *part)
{
    const bool said = strstr(sentence, part) != NULL;

    if (!said)
        fprintf(stderr, "\n    '%s' does not say '%s'\n", sentence, part);
    CU_ASSERT_TRUE(said);
}

unsigned count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;

    if (!tasks)
        return UINT_MAX;
    for (struct dirent *entry; (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

unsigned runtime_threads(unsigned largest_team)
{
    const bool llvm = dlsym(RTLD_DEFAULT, "kmp_get_blocktime") != NULL;
    const bool tbb = dlsym(RTLD_DEFAULT, "TBB_runtime_version") != NULL;
    const bool tsan = dlsym(RTLD_DEFAULT, "__tsan_init") != NULL;

    return ((llvm ? 1 : 0) + (tbb ? 1 : 0)) * (largest_team - 1) + (tsan ? 1 : 0);
}

const char *fixture(const char *path)
{
    static char full[4096];

    snprintf(full, sizeof full, "%s/%s", CSW_FIXTURES, path);
    return full;
}
