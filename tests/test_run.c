/*
 * test_run.c - libcoresweep-run: what its flat functions give is what kernels and drivers give, its
 * errors are sentences that leave outputs alone, and threads may call it at once.
 */
#include <coresweep/run.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/driver.h>
#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "harness/clock.h"
#include "suite.h"

static const uint64_t tutorial[] = {1000, 2000, 5000, 3000, 100};
static const uint64_t tutorial_hits[] = {31, 44, 70, 54, 10};
static const struct csw_tally untouched = {1, 2, 3, 4};

static bool finds_squares(const struct csw_run_kernel *kernel)
{
    return kernel->scans && !kernel->missing && kernel->finds &&
           strcmp(kernel->finds, "perfect squares") == 0;
}

/* ---- what there is -------------------------------------------------------------------------- */

static void the_registries_are_those_of_kernels_and_drivers(void)
{
    struct csw_run_kernel kernel;
    struct csw_run_driver driver;
    size_t k = 0, d = 0;

    for (; csw_run_kernel_at(k, &kernel); k++) {
        CHECK(kernel.name, kernel.name == csw_kernel_at(k)->name);
        CHECK(kernel.name, kernel.lists == (csw_kernel_at(k)->list != NULL));
        CHECK(kernel.name, kernel.scans == (csw_kernel_at(k)->fill == NULL));
        CHECK(kernel.name, kernel.waits == ((csw_kernel_at(k)->flags & CSW_WAITS) != 0));
    }
    for (; csw_run_driver_at(d, &driver); d++) {
        CHECK(driver.name, driver.name == csw_driver_at(d)->name);
        CHECK(driver.name, driver.summary || driver.missing);
    }
    CU_ASSERT_PTR_NULL(csw_kernel_at(k));
    CU_ASSERT_PTR_NULL(csw_driver_at(d));
    CU_ASSERT_EQUAL(csw_run_abi(), CSW_RUN_ABI);
}

/* ---- ranges --------------------------------------------------------------------------------- */

/* Asserts nothing, as CUnit is for one thread. */
static bool scans_hold(const char *kernel)
{
    struct csw_tally tally;

    for (size_t t = 0; t < COUNT(tutorial); t++) {
        const uint64_t n = tutorial[t];

        if (csw_run_scan(kernel, n, 0, n, &tally, NULL) != 0 || tally.items != n ||
            tally.hits != tutorial_hits[t])
            return false;
    }
    return true;
}

static void a_scan_gives_what_the_kernel_gives(void)
{
    struct csw_run_kernel kernel;
    size_t found = 0;

    for (size_t k = 0; csw_run_kernel_at(k, &kernel); k++)
        if (finds_squares(&kernel)) {
            CHECK(kernel.name, scans_hold(kernel.name));
            found++;
        }
    CU_ASSERT(found > 5);
}

static void an_empty_range_gives_nothing(void)
{
    struct csw_tally tally = untouched;
    uint64_t count = 7;

    CU_ASSERT_EQUAL(csw_run_scan("sqrt", 10, 8, 8, &tally, NULL), 0);
    CU_ASSERT(tally.items == 0 && tally.hits == 0);
    tally = untouched;
    CU_ASSERT_EQUAL(csw_run_scan("sleep", 10, 8, 3, &tally, NULL), 0);
    CU_ASSERT_EQUAL(tally.items, 0);
    CU_ASSERT_EQUAL(csw_run_list("sqrt", 10, 8, 3, NULL, 0, &count, NULL), 0);
    CU_ASSERT_EQUAL(count, 0);
}

static void a_list_tells_how_much_room_it_needs_and_writes_no_more(void)
{
    uint64_t hits[4] = {7, 7, 7, 7}, count = 0;

    CU_ASSERT_EQUAL(csw_run_list("sqrt", 10, 0, 10, NULL, 0, &count, NULL), 0);
    CU_ASSERT_EQUAL(count, 3);
    count = 0;
    CU_ASSERT_EQUAL(csw_run_list("sqrt", 10, 0, 10, hits, 2, &count, NULL), 0);
    CU_ASSERT(count == 3 && hits[0] == 7 && hits[1] == 7);
    CU_ASSERT_EQUAL(csw_run_list("sqrt", 10, 0, 10, hits, 3, &count, NULL), 0);
    CU_ASSERT(count == 3 && hits[0] == 1 && hits[1] == 4 && hits[2] == 9 && hits[3] == 7);
}

static void a_range_that_cannot_be_is_refused(void)
{
    static const struct {
        const char *kernel;
        uint64_t n, lo, hi;
        int code;
        const char *says;
    } cases[] = {
        {"tria", 5, 0, 5, -EINVAL, "did you mean 'trial'"},
        {"sqrt", 5, 0, 6, -EINVAL, "the range 0 to 6 ends after the last of the task's 5 items"},
        {"trial", (UINT64_C(1) << 32) + 1, 0, 1, -EINVAL, "is too large for kernel 'trial'"},
        {"sleep", 5, 0, 4, -EINVAL, "cannot be divided; its range is 0 to 5"},
        {"array", 5, 0, 5, -ENOTSUP, "data that workers fill"},
    };
    struct csw_err err;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csw_tally tally = untouched;
        uint64_t count = 7;

        CHECK(cases[i].says, csw_run_scan(cases[i].kernel, cases[i].n, cases[i].lo, cases[i].hi,
                                          &tally, &err) == cases[i].code);
        must_say(err.text, cases[i].says);
        CHECK(cases[i].says, csw_tally_equal(&tally, &untouched));
        CHECK(cases[i].says, csw_run_list(cases[i].kernel, cases[i].n, cases[i].lo, cases[i].hi,
                                          NULL, 0, &count, &err) == cases[i].code);
        CHECK(cases[i].says, count == 7);
    }
}

static void a_kernel_without_a_list_is_refused(void)
{
    struct csw_err err;
    uint64_t count = 7;

    CU_ASSERT_EQUAL(csw_run_list("spin", 5, 0, 5, NULL, 0, &count, &err), -ENOTSUP);
    must_say(err.text, "kernel 'spin' has no list");
    CU_ASSERT_EQUAL(count, 7);
}

/* ---- jobs ----------------------------------------------------------------------------------- */

static struct csw_run_request tutorial_under(const char *driver)
{
    return (struct csw_run_request){.kernel = "trial",
                                    .tasks = tutorial,
                                    .count = COUNT(tutorial),
                                    .driver = driver,
                                    .workers = strcmp(driver, "serial") == 0 ? 1 : 3};
}

static bool lists_are_right(const struct csw_run_lists *lists)
{
    for (size_t t = 0; t < COUNT(tutorial); t++) {
        uint64_t count = 0;
        const uint64_t *hits = csw_run_lists_hits(lists, t, &count);

        if (count != tutorial_hits[t])
            return false;
        for (uint64_t i = 0; i < count; i++)
            if (hits[i] != (i + 1) * (i + 1))
                return false;
    }
    return true;
}

/* Asserts nothing, like scans_hold. */
static bool jobs_hold(const char *driver)
{
    const struct csw_run_request request = tutorial_under(driver);
    struct csw_run_lists *lists = NULL;
    struct csw_tally tally;

    if (csw_run_job(&request, &tally, NULL) != 0 || tally.items != 11100 ||
        tally.work != 38383511 || tally.hits != 209)
        return false;
    if (csw_run_lists_open(&lists, &request, NULL) != 0)
        return false;
    const bool right = lists_are_right(lists);

    csw_run_lists_close(lists);
    return right;
}

static void every_driver_runs_the_job_and_lists_in_input_order(void)
{
    struct csw_run_driver driver;

    for (size_t d = 0; csw_run_driver_at(d, &driver); d++)
        if (!driver.missing && strcmp(driver.name, "event") != 0)
            CHECK(driver.name, jobs_hold(driver.name));
}

static void a_driver_for_some_kernels_refuses_others(void)
{
    static const uint64_t naps[] = {20, 30, 10};
    struct csw_run_request request = tutorial_under("event");
    struct csw_tally tally = untouched;
    struct csw_err err;

    CU_ASSERT_EQUAL(csw_run_job(&request, &tally, &err), -EINVAL);
    must_say(err.text, "kernel 'trial' computes");
    CU_ASSERT(csw_tally_equal(&tally, &untouched));
    request = (struct csw_run_request){
        .kernel = "sleep", .tasks = naps, .count = 3, .driver = "event", .workers = 3};
    CU_ASSERT_EQUAL(csw_run_job(&request, &tally, &err), 0);
    CU_ASSERT_EQUAL(tally.items, 60);
}

static void a_driver_that_is_missing_is_refused_with_its_reason(void)
{
    struct csw_run_request request = tutorial_under("serial");
    struct csw_run_driver driver;
    struct csw_tally tally;
    struct csw_err err;

    for (size_t d = 0; csw_run_driver_at(d, &driver); d++) {
        const struct csw_driver *known = csw_driver_at(d)->driver;

        CHECK(driver.name, !known || !known->told || driver.missing);
        if (!driver.missing)
            continue;
        request.driver = driver.name;
        CHECK(driver.name, csw_run_job(&request, &tally, &err) == -ENOTSUP);
        must_say(err.text, driver.missing);
    }
}

static void what_is_left_out_has_a_default(void)
{
    const struct csw_run_request request = {.kernel = "sqrt", .tasks = tutorial, .count = 1};
    const struct csw_run_request sleeps = {
        .kernel = "sleep", .tasks = &tutorial_hits[4], .count = 1};
    const struct csw_run_request data = {
        .kernel = "array", .tasks = tutorial, .count = 2, .driver = "pthread"};
    struct csw_tally tally;

    CU_ASSERT_EQUAL(csw_run_job(&request, &tally, NULL), 0);
    CU_ASSERT(tally.items == 1000 && tally.hits == 31);
    CU_ASSERT_EQUAL(csw_run_job(&sleeps, &tally, NULL), 0);
    CU_ASSERT_EQUAL(tally.items, 10);
    CU_ASSERT_EQUAL(csw_run_job(&data, &tally, NULL), 0);
    CU_ASSERT_EQUAL(tally.items, 3000);
    csw_run_lists_close(NULL);
}

static void a_job_that_cannot_be_is_refused(void)
{
    static const uint64_t huge = UINT64_MAX;
    static const struct {
        struct csw_run_request request;
        int code;
        const char *says;
    } cases[] = {
        {{.kernel = "tria", .tasks = tutorial, .count = 1}, -EINVAL, "did you mean 'trial'"},
        {{.kernel = "sqrt", .tasks = tutorial}, -EINVAL, "there are no tasks"},
        {{.kernel = "sqrt", .tasks = tutorial, .count = 1, .driver = "forks"},
         -EINVAL,
         "did you mean 'fork'"},
        {{.kernel = "sqrt", .tasks = tutorial, .count = 1, .workers = 2}, -EINVAL, "one worker"},
        {{.kernel = "sqrt", .tasks = tutorial, .count = 1, .driver = "fork", .workers = 4097},
         -EINVAL,
         "4097 workers are more than the 4096"},
        {{.kernel = "sqrt", .tasks = tutorial, .count = 1, .schedule = "fair"},
         -EINVAL,
         "unknown schedule 'fair'"},
        {{.kernel = "sqrt", .tasks = tutorial, .count = 1, .pin = "tight"},
         -EINVAL,
         "unknown placement 'tight'"},
        {{.kernel = "trial", .tasks = &huge, .count = 1}, -EINVAL, "is too large"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csw_tally tally = untouched;
        struct csw_run_lists *lists = NULL;
        struct csw_err err;

        CHECK(cases[i].says, csw_run_job(&cases[i].request, &tally, &err) == cases[i].code);
        must_say(err.text, cases[i].says);
        CHECK(cases[i].says, csw_tally_equal(&tally, &untouched));
        CHECK(cases[i].says, csw_run_lists_open(&lists, &cases[i].request, NULL) == cases[i].code);
        CHECK(cases[i].says, !lists);
    }
}

static void a_runtime_that_binds_leaves_nothing_to_bind(void)
{
    struct csw_run_request request = {
        .kernel = "sqrt", .tasks = tutorial, .count = 1, .pin = "cores"};
    struct csw_tally tally;
    struct csw_err err;

    setenv("OMP_PROC_BIND", "close", 1);
    CU_ASSERT_EQUAL(csw_run_job(&request, &tally, &err), -EINVAL);
    must_say(err.text, "OMP_PROC_BIND is set");
    request.pin = "none";
    CU_ASSERT_EQUAL(csw_run_job(&request, &tally, &err), 0);
    unsetenv("OMP_PROC_BIND");
}

/* ---- threads -------------------------------------------------------------------------------- */

#define CALLERS 4

static void *call_all(void *ret_held)
{
    *(bool *)ret_held = scans_hold("trial") && scans_hold("wheel") && jobs_hold("serial") &&
                        jobs_hold("pthread") && jobs_hold("fork");
    return NULL;
}

static void threads_may_call_at_once(void)
{
    pthread_t thread[CALLERS];
    bool held[CALLERS] = {0};

    for (size_t i = 0; i < CALLERS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, call_all, &held[i]), 0);
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT(held[i]);
    }
}

#define NAP_MS UINT64_C(100)

static void *nap(void *ret_held)
{
    static const uint64_t task = NAP_MS;
    const struct csw_run_request request = {.kernel = "sleep", .tasks = &task, .count = 1};
    struct csw_tally tally;

    *(bool *)ret_held = csw_run_job(&request, &tally, NULL) == 0 && tally.items == NAP_MS;
    return NULL;
}

/* Two naps cannot take less than both when each waits for the other: no speed is asserted. */
static void jobs_take_turns(void)
{
    pthread_t other;
    bool held[2] = {0};
    const uint64_t start_ns = csw_now_ns();

    CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, nap, &held[1]), 0);
    nap(&held[0]);
    pthread_join(other, NULL);
    CU_ASSERT(csw_now_ns() - start_ns >= 2 * NAP_MS * CSW_NS_PER_MS);
    CU_ASSERT(held[0] && held[1]);
}

static const struct test tests[] = {
    TEST(the_registries_are_those_of_kernels_and_drivers),
    TEST(a_scan_gives_what_the_kernel_gives),
    TEST(an_empty_range_gives_nothing),
    TEST(a_list_tells_how_much_room_it_needs_and_writes_no_more),
    TEST(a_range_that_cannot_be_is_refused),
    TEST(a_kernel_without_a_list_is_refused),
    TEST(every_driver_runs_the_job_and_lists_in_input_order),
    TEST(a_driver_for_some_kernels_refuses_others),
    TEST(a_driver_that_is_missing_is_refused_with_its_reason),
    TEST(what_is_left_out_has_a_default),
    TEST(a_job_that_cannot_be_is_refused),
    TEST(a_runtime_that_binds_leaves_nothing_to_bind),
    TEST(threads_may_call_at_once),
    TEST(jobs_take_turns),
};

int main(void)
{
    return RUN_TESTS("run", tests);
}
