/*
 * suite.h - one CUnit program per module: a table of tests, whose names are sentences, and a main
 * that is one call. See any test_*.c.
 *
 * A test of the library must also run where only the library is built, for another CPU say, without
 * CUnit: it asserts with CHECK alone, and suite_plain.c stands in for suite.c there.
 */
#ifndef CSW_SUITE_H
#define CSW_SUITE_H

#ifndef CSW_WITHOUT_CUNIT
#include <CUnit/CUnit.h>
#endif
#include <stdbool.h>
#include <stddef.h>

struct test {
    const char *sentence;
    void (*run)(void);
};

#define TEST(function)                                                                             \
    {                                                                                              \
#function, function                                                                        \
    }

/* Runs all tests of the table; returns the exit code for main. */
int run_tests(const char *module, const struct test *tests, size_t count);

#define RUN_TESTS(module, tests) run_tests(module, tests, sizeof tests / sizeof *tests)

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Like CU_ASSERT, but a failure names the row of the table that it comes from. */
#define CHECK(row, condition) check_that((condition), __LINE__, (row), __FILE__, __func__)

/* Returns `held`. */
bool check_that(bool held, unsigned line, const char *row, const char *file, const char *function);

/* Asserts that the sentence says `part`; prints both where it does not. */
void must_say(const char *sentence, const char *part);

/* The threads of this process. */
unsigned count_threads(void);

/*
 * Threads that runtimes keep after a team of that size was closed: LLVM's OpenMP and TBB park
 * theirs for ever (GNU's OpenMP gives them up), and ThreadSanitizer has a thread of its own.
 */
unsigned runtime_threads(unsigned largest_team);

/* A file below tests/fixtures, in a static buffer. */
const char *fixture(const char *path);

#endif
