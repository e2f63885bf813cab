/* suite_plain.c - what suite.h promises to the tests of the library, where there is no CUnit. */
#include "suite.h"

#include <stdio.h>

/* A broken loop fails a million times; the first failures say enough. */
#define SHOWN 20u

static unsigned failures;

bool check_that(bool held, unsigned line, const char *row, const char *file, const char *function)
{
    if (!held && ++failures <= SHOWN)
        printf("    %s:%u: %s: %s\n", file, line, function, row);
    return held;
}

int run_tests(const char *module, const struct test *tests, size_t count)
{
    size_t failed = 0;

    printf("%s\n", module);
    for (size_t i = 0; i < count; i++) {
        failures = 0;
        tests[i].run();
        printf("  %s: %s\n", tests[i].sentence, failures == 0 ? "passed" : "FAILED");
        failed += failures > 0;
    }
    printf("%zu tests, %zu failed\n", count, failed);
    return failed > 0;
}
