/*
 * Proves that a plan holds exactly the points that were asked for, each with its base, and that the
 * order of its rounds is balanced: no point profits from its place or from what ran before it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>
#include <coresweep/kernel.h>
#include <coresweep/plan.h>

#include "choices.h"
#include "suite.h"

#define MAX_COUNT 40

/* ---- order ----------------------------------------------------------------------------------- */

struct balance {
    unsigned at[MAX_COUNT][MAX_COUNT];    /* [point][position] */
    unsigned after[MAX_COUNT][MAX_COUNT]; /* [point][the point before it in its round] */
};

static size_t cycle_of(size_t count)
{
    return count % 2 == 0 ? count : 2 * count;
}

static bool is_permutation(const size_t *order, size_t count)
{
    bool seen[MAX_COUNT] = {false};

    for (size_t k = 0; k < count; k++) {
        if (order[k] >= count || seen[order[k]])
            return false;
        seen[order[k]] = true;
    }
    return true;
}

/* Adds one round; false where it is no permutation. */
static bool add_round(struct balance *balance, uint64_t seed, size_t count, uint64_t round)
{
    size_t order[MAX_COUNT];

    if (csw_plan_order(seed, count, round, order, NULL) < 0 || !is_permutation(order, count))
        return false;
    for (size_t k = 0; k < count; k++) {
        balance->at[order[k]][k]++;
        if (k > 0)
            balance->after[order[k]][order[k - 1]]++;
    }
    return true;
}

static bool is_balanced(const struct balance *balance, size_t count)
{
    const unsigned each = (unsigned)(cycle_of(count) / count);

    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++)
            if (balance->at[a][b] != each || balance->after[a][b] != (a == b ? 0 : each))
                return false;
    return true;
}

static void every_cycle_of_rounds_is_balanced(void)
{
    static const uint64_t seeds[] = {1, 42, UINT64_MAX};

    for (size_t count = 1; count <= MAX_COUNT; count++)
        for (uint64_t i = 0; i < 2 * COUNT(seeds); i++) {
            const size_t cycle = cycle_of(count), first = i / COUNT(seeds) * cycle;
            struct balance balance = {0};

            for (size_t r = 0; r < cycle; r++)
                CU_ASSERT_FATAL(add_round(&balance, seeds[i % COUNT(seeds)], count, first + r));
            CU_ASSERT(is_balanced(&balance, count));
        }
}

static bool same_order(uint64_t seed_a, uint64_t round_a, uint64_t seed_b, uint64_t round_b)
{
    size_t a[MAX_COUNT], b[MAX_COUNT];

    csw_plan_order(seed_a, MAX_COUNT, round_a, a, NULL);
    csw_plan_order(seed_b, MAX_COUNT, round_b, b, NULL);
    return memcmp(a, b, sizeof a) == 0;
}

static void the_seed_alone_decides_the_order(void)
{
    for (uint64_t round = 0; round < 2 * MAX_COUNT; round++) {
        CU_ASSERT_TRUE(same_order(1, round, 1, round));
        CU_ASSERT_FALSE(same_order(1, round, 2, round));
        CU_ASSERT_FALSE(same_order(1, round, 1, round + 1));
    }
}

/* Where in each round the point stands that was first in round 0: the labels drop out. */
static void row_pattern(uint64_t seed, size_t ret_places[MAX_COUNT])
{
    size_t order[MAX_COUNT], first = 0;

    for (uint64_t round = 0; round < MAX_COUNT; round++) {
        csw_plan_order(seed, MAX_COUNT, round, order, NULL);
        first = round == 0 ? order[0] : first;
        for (size_t k = 0; k < MAX_COUNT; k++)
            if (order[k] == first)
                ret_places[round] = k;
    }
}

static void the_seed_draws_rows_and_labels(void)
{
    size_t a[MAX_COUNT], b[MAX_COUNT];

    row_pattern(1, a);
    row_pattern(2, b);
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof a), 0);
}

static void each_cycle_is_drawn_anew(void)
{
    for (uint64_t round = 0; round < MAX_COUNT; round++)
        for (uint64_t later = MAX_COUNT; later < 2 * MAX_COUNT; later++)
            CU_ASSERT_FALSE(same_order(1, round, 1, later));
}

static void the_last_round_of_all_has_an_order(void)
{
    struct balance balance = {0};

    CU_ASSERT_TRUE(add_round(&balance, UINT64_MAX, 7, UINT64_MAX));
}

/* ---- worker counts --------------------------------------------------------------------------- */

/* "1,2,4" from an array; compared with what a text was read as. */
static void print_counts(const unsigned *counts, size_t count, char *ret_text, size_t size)
{
    size_t used = 0;

    *ret_text = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(ret_text + used, size - used, "%s%u", i > 0 ? "," : "", counts[i]);
}

static void worker_counts_are_read_ascending_and_once(void)
{
    static const struct {
        const char *text, *counts;
    } table[] = {
        {"1", "1"},       {"1,2,4", "1,2,4"},     {"1-4,8", "1,2,3,4,8"},
        {"8,1,8", "1,8"}, {"3-5,4-6", "3,4,5,6"}, {"7-7", "7"},
        {"4096", "4096"}, {"2,1", "1,2"},         {"007", "7"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        unsigned *counts = NULL;
        size_t count = 0;
        char text[100];

        CU_ASSERT_EQUAL_FATAL(csw_counts_parse(&counts, &count, table[i].text, NULL), 0);
        print_counts(counts, count, text, sizeof text);
        CU_ASSERT_STRING_EQUAL(text, table[i].counts);
        free(counts);
    }
}

static void what_is_no_worker_count_is_named(void)
{
    static const struct {
        const char *text, *named;
    } table[] = {
        {"0", "'0'"},
        {"a", "'a'"},
        {"1-", "'1-'"},
        {"4-2", "'4-2'"},
        {"1,,2", "'1,,2'"},
        {"", "''"},
        {"1,", "'1,'"},
        {"-1", "'-1'"},
        {"5000", "'5000'"},
        {"4097", "'4097'"},
        {"1-5000", "'1-5000'"},
        {"0-3", "'0-3'"},
        {"1-2-3", "'1-2-3'"},
        {"2x", "'2x'"},
        {" 2", "' 2'"},
        {"+2", "'+2'"},
        {"2,zwei", "'zwei'"},
        {"1.5", "'1.5'"},
        {"1e1", "'1e1'"},
        {"0x4", "'0x4'"},
        {"99999999999999999999", "'99999999999999999999'"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        unsigned untouched, *counts = &untouched;
        size_t count = 77;
        struct csw_err err = {0};

        CU_ASSERT_EQUAL(csw_counts_parse(&counts, &count, table[i].text, &err), -EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, table[i].named));
        CU_ASSERT(counts == &untouched && count == 77);
    }
}

/* ---- series ---------------------------------------------------------------------------------- */

/* The kernel's own tasks, in the spelling of the records. */
static void check_own_tasks(const struct csw_series *series)
{
    struct csw_workload own;

    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&own, csw_kernel_find(series->kernel)->tasks, NULL),
                          0);
    char *text = csw_workload_text(&own);

    CU_ASSERT_STRING_EQUAL(series->tasks, text);
    free(text);
    csw_workload_release(&own);
}

/* The series as "kernel/schedule ..." after one call with these options. */
static void check_series(const char *kernel, const char *schedule, const char *expected)
{
    const struct csw_plan options = {
        .kernel = (char *)kernel, .schedule = (char *)schedule, .tasks = (char *)"auto"};
    struct csw_series_list list = {0};
    char text[300] = "";

    CU_ASSERT_EQUAL_FATAL(csw_series_init(&list, &options, NULL), 0);
    for (size_t i = 0, used = 0; i < list.count; i++) {
        const struct csw_series *series = &list.series[i];

        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s/%s", i > 0 ? " " : "",
                                 series->kernel, series->schedule);
        check_own_tasks(series);
    }
    CU_ASSERT_STRING_EQUAL(text, expected);
    csw_series_release(&list);
    CU_ASSERT_EQUAL(list.count, 0);
}

static void the_default_sweep_tells_the_story(void)
{
    check_series("", "auto", "spin/dynamic trial/whole trial/dynamic sleep/whole");
}

static void series_are_kernels_times_schedules_in_order(void)
{
    check_series("trial", "auto", "trial/dynamic");
    check_series("sqrt,trial", "whole,guided:7",
                 "sqrt/whole sqrt/guided:7 trial/whole trial/guided:7");
}

static void what_is_named_twice_is_one_series(void)
{
    check_series("trial,trial", "static", "trial/static");
    check_series("trial", "whole,whole", "trial/whole");
    check_series("trial", "auto,dynamic", "trial/dynamic");
}

static void kernels_that_cannot_be_divided_become_whole_once(void)
{
    check_series("sleep", "auto", "sleep/whole");
    check_series("sleep,trial", "static,whole,dynamic:5",
                 "sleep/whole trial/static trial/whole trial/dynamic:5");
}

static void the_tasks_of_the_user_go_to_every_series(void)
{
    const struct csw_plan options = {.kernel = (char *)"trial,sqrt",
                                     .schedule = (char *)"whole,static",
                                     .tasks = (char *)"10,5e2,7"};
    struct csw_series_list list = {0};

    CU_ASSERT_EQUAL_FATAL(csw_series_init(&list, &options, NULL), 0);
    CU_ASSERT_EQUAL(list.count, 4);
    for (size_t i = 0; i < list.count; i++)
        CU_ASSERT_STRING_EQUAL(list.series[i].tasks, "10,500,7");
    csw_series_release(&list);
}

static void bad_series_are_refused_with_a_hint(void)
{
    static const struct {
        const char *kernel, *schedule, *tasks, *hint;
    } table[] = {
        {"trail", "auto", "auto", "did you mean 'trial'?"},
        {"trial,squirt", "auto", "auto", "did you mean 'sqrt'?"},
        {"zzzzzzzzzz", "auto", "auto", "there are trial"},
        {"trial", "dynamik", "auto", "unknown schedule 'dynamik'; there are whole"},
        {"sleep", "dynamik", "auto", "unknown schedule 'dynamik'; there are whole"},
        {"trial", "static:5", "auto", "takes no chunk"},
        {"trial", "dynamic:0", "auto", "at least 1"},
        {"trial,,sqrt", "auto", "auto", "empty element"},
        {"trial", "whole,", "auto", "empty element"},
        {"trial", "whole", "5,x", "'x' is not a whole number"},
        {"trial", "whole", "", "'' is not a whole number"},
        {"trial", "whole", "5,4294967297", "4294967297 is too large for kernel 'trial'"},
        {"sleep", "whole", "86400001", "86400001 is too large for kernel 'sleep'"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        const struct csw_plan options = {.kernel = (char *)table[i].kernel,
                                         .schedule = (char *)table[i].schedule,
                                         .tasks = (char *)table[i].tasks};
        struct csw_series_list list = {.count = 77};
        struct csw_err err = {0};

        CU_ASSERT_EQUAL(csw_series_init(&list, &options, &err), -EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, table[i].hint));
        CU_ASSERT(list.count == 77 && !list.series);
        if (list.series)
            csw_series_release(&list);
    }
}

static int count_choice(const uint8_t *choice, void *context, struct csw_err *err)
{
    size_t *choices = context;

    (void)choice;
    (void)err;
    ++*choices;
    return 0;
}

static void check_all_choices(const struct csw_kernel *kernel)
{
    struct csw_plan plan = {.kernel = (char *)kernel->name,
                            .options = all_values(kernel),
                            .schedule = (char *)"whole",
                            .tasks = (char *)"auto"};
    struct csw_series_list list = {0};
    size_t choices = 0;

    each_choice(kernel, count_choice, &choices);
    CHECK(kernel->name, csw_series_init(&list, &plan, NULL) == 0);
    CHECK(kernel->name, choices > 0 && list.count == choices);
    csw_series_release(&list);
    free(plan.options);
}

static void every_combination_of_options_of_every_kernel_is_a_series(void)
{
    for (size_t i = 0; csw_kernel_at(i); i++)
        if (!csw_kernel_missing(csw_kernel_at(i)))
            check_all_choices(csw_kernel_at(i));
}

static void releasing_no_series_is_harmless(void)
{
    struct csw_series_list empty = {0};

    csw_series_release(NULL);
    csw_series_release(&empty);
    CU_ASSERT_EQUAL(empty.count, 0);
}

/* ---- points ---------------------------------------------------------------------------------- */

static struct csw_plan plan_with(const char *kernel, const char *schedule, const char *driver,
                                 const char *workers, bool oversubscribe)
{
    return (struct csw_plan){.kernel = strdup(kernel),
                             .schedule = strdup(schedule),
                             .driver = strdup(driver),
                             .workers = strdup(workers),
                             .tasks = strdup("auto"),
                             .oversubscribe = oversubscribe};
}

/* Makes the series and fills the plan, which the caller releases in any case. */
static int fill_room(struct csw_plan *plan, const struct csw_room *room, struct csw_err *err)
{
    struct csw_series_list list = {0};

    CU_ASSERT_EQUAL_FATAL(csw_series_init(&list, plan, err), 0);
    const int code = csw_plan_fill(plan, &list, room, err);

    csw_series_release(&list);
    return code;
}

static int fill(struct csw_plan *plan, unsigned usable_pus, struct csw_err *err)
{
    return fill_room(plan, &(struct csw_room){usable_pus, usable_pus}, err);
}

/* The counts of the points of one driver as "1,2,4*", `*` where one is marked oversubscribed. */
static void counts_of(const struct csw_plan *plan, const char *driver, char *ret_text, size_t size)
{
    size_t used = 0;

    *ret_text = '\0';
    for (size_t i = 0; i < plan->count && used < size; i++)
        if (strcmp(plan->points[i].driver, driver) == 0)
            used += (size_t)snprintf(ret_text + used, size - used, "%s%u%s", used > 0 ? "," : "",
                                     (unsigned)plan->points[i].workers,
                                     plan->points[i].oversubscribed ? "*" : "");
}

static void every_field_of_a_point_is_filled_in_the_order_of_the_options(void)
{
    static const struct csw_point expected[] = {
        {"trial", "", "1000,2000,5000,3000,100", "whole", "serial", "", "serial", 1, false, false,
         "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "whole", "pthread", "", "serial", 1, false, false,
         "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "whole", "pthread", "", "serial", 2, false, false,
         "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "whole", "fork", "", "serial", 1, false, false,
         "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "whole", "fork", "", "serial", 2, false, false,
         "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "dynamic", "pthread", "", "serial", 1, false,
         false, "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "dynamic", "pthread", "", "serial", 2, false,
         false, "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "dynamic", "fork", "", "serial", 1, false, false,
         "comparisons", 0, NULL, NULL, NULL},
        {"trial", "", "1000,2000,5000,3000,100", "dynamic", "fork", "", "serial", 2, false, false,
         "comparisons", 0, NULL, NULL, NULL},
        {"sqrt", "", "1000000", "whole", "serial", "", "serial", 1, false, false, "candidates", 0,
         NULL, NULL, NULL},
        {"sqrt", "", "1000000", "whole", "pthread", "", "serial", 1, false, false, "candidates", 0,
         NULL, NULL, NULL},
        {"sqrt", "", "1000000", "whole", "pthread", "", "serial", 2, false, false, "candidates", 0,
         NULL, NULL, NULL},
        {"sqrt", "", "1000000", "whole", "fork", "", "serial", 1, false, false, "candidates", 0,
         NULL, NULL, NULL},
        {"sqrt", "", "1000000", "whole", "fork", "", "serial", 2, false, false, "candidates", 0,
         NULL, NULL, NULL},
    };
    struct csw_plan plan =
        plan_with("trial,sqrt", "whole,auto", "pthread,serial,fork", "auto", false);

    CU_ASSERT_EQUAL(fill(&plan, 2, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(plan.count, COUNT(expected) + 4); /* sqrt dynamic as well */
    for (size_t i = 0; i < COUNT(expected); i++) {
        char *a, *b;
        /* All fields of a point are marked `same`. */
        const struct csw_field *field =
            csw_fields_difference(&csw_point_fields, &plan.points[i], &expected[i], &a, &b);

        CU_ASSERT_PTR_NULL(field);
        if (field) {
            printf("point %zu: %s is %s, not %s\n", i, field->name, a, b);
            free(a);
            free(b);
        }
    }
    csw_plan_release(&plan);
}

static void worker_counts_follow_the_machine(void)
{
    static const struct {
        const char *kernel, *workers;
        unsigned usable_pus;
        bool oversubscribe;
        const char *counts;
    } table[] = {
        {"trial", "auto", 1, false, "1"},
        {"trial", "auto", 2, false, "1,2"},
        {"trial", "auto", 3, false, "1,2,3"},
        {"trial", "auto", 6, false, "1,2,4,6"},
        {"trial", "auto", 64, false, "1,2,4,8,16,32,64"},
        {"sleep", "auto", 1, false, "1,2*,4*,8*"},
        {"sleep", "auto", 2, false, "1,2,4*,8*"},
        {"sleep", "auto", 3, false, "1,2,4*,8*,12*"},
        {"sleep", "auto", 6, false, "1,2,4,8*,16*,24*"},
        {"sleep", "auto", 64, false, "1,2,4,8,16,32,64,128*,256*"},
        {"trial", "2,4", 4, false, "1,2,4"},
        {"trial", "4", 4, false, "1,4"},
        {"trial", "3-4,1", 4, false, "1,3,4"},
        {"sleep", "100", 2, false, "1,100*"},
        {"trial", "2-4", 2, true, "1,2,3*,4*"},
        {"trial", "auto", 2, true, "1,2"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_plan plan =
            plan_with(table[i].kernel, "auto", "pthread", table[i].workers, table[i].oversubscribe);
        char text[100];

        CU_ASSERT_EQUAL(fill(&plan, table[i].usable_pus, NULL), 0);
        counts_of(&plan, "pthread", text, sizeof text);
        CU_ASSERT_STRING_EQUAL(text, table[i].counts);
        csw_plan_release(&plan);
    }
}

/* Under a quota of 3 of 8 CPUs: more workers only where they were named. */
static void worker_counts_by_themselves_stay_within_the_quota(void)
{
    static const struct csw_room room = {.pus = 8, .workers = 3};
    static const struct {
        const char *workers, *counts;
    } table[] = {{"auto", "1,2,3"}, {"8", "1,8"}};

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_plan plan = plan_with("trial", "auto", "pthread", table[i].workers, false);
        char counts[64];

        CU_ASSERT_EQUAL(fill_room(&plan, &room, NULL), 0);
        counts_of(&plan, "pthread", counts, sizeof counts);
        CU_ASSERT_STRING_EQUAL(counts, table[i].counts);
        csw_plan_release(&plan);
    }
}

static void a_driver_that_cannot_run_by_a_schedule_is_refused_with_the_reason(void)
{
    struct csw_plan plan = plan_with("trial", "late", "pthread,pthread-each", "auto", false);
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(fill(&plan, 2, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "driver 'pthread-each'"));
    csw_plan_release(&plan);
}

/* A visit refuses more, so that a plan must not ask for more. */
static void no_plan_asks_for_more_workers_than_a_team_may_have(void)
{
    static const char *const kernels[] = {"sleep", "trial"};

    for (size_t k = 0; k < COUNT(kernels); k++) {
        struct csw_plan plan = plan_with(kernels[k], "auto", "pthread", "auto", false);

        CU_ASSERT_EQUAL(fill(&plan, 5000, NULL), 0);
        for (size_t i = 0; i < plan.count; i++)
            CU_ASSERT(plan.points[i].workers <= CSW_MAX_WORKERS);
        csw_plan_release(&plan);
    }
}

static void computing_kernels_do_not_exceed_the_cpus_unasked(void)
{
    struct csw_plan plan = plan_with("trial", "auto", "pthread", "1,8", false);
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(fill(&plan, 2, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "8 workers of kernel 'trial' exceed the 2 usable"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--oversubscribe"));
    csw_plan_release(&plan);
}

static bool same_work(const struct csw_point *a, const struct csw_point *b)
{
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->tasks, b->tasks) == 0;
}

/* The point is the first of its work exactly where it is the serial base. */
static bool is_based(const struct csw_plan *plan, size_t index)
{
    const struct csw_point *point = &plan->points[index];
    const bool base = strcmp(point->driver, "serial") == 0;
    bool first = true;

    for (size_t i = 0; first && i < index; i++)
        first = !same_work(&plan->points[i], point);
    return base == first && (!base || (strcmp(point->schedule, "whole") == 0 &&
                                       point->workers == 1 && !point->oversubscribed));
}

static void every_work_has_one_serial_base_which_comes_first(void)
{
    static char kernels[][16] = {"trial", "trial", "sqrt"};
    static char schedules[][16] = {"whole", "dynamic", "static"};
    static char tasks[][16] = {"10,20", "10,20,30"}, options[] = "";
    struct csw_series series[2 * COUNT(kernels)];
    const struct csw_series_list list = {COUNT(series), series};
    static const char *const drivers[] = {"pthread", "serial", "fork,serial,pthread"};
    static const size_t computing[] = {1, 0, 2};

    for (size_t i = 0; i < COUNT(series); i++)
        series[i] = (struct csw_series){kernels[i / 2], options, tasks[i % 2], schedules[i / 2]};
    for (size_t d = 0; d < COUNT(drivers); d++) {
        struct csw_plan plan = plan_with("", "auto", drivers[d], "auto", false);
        size_t bases = 0;

        CU_ASSERT_EQUAL(csw_plan_fill(&plan, &list, &(struct csw_room){4, 4}, NULL), 0);
        for (size_t i = 0; i < plan.count; i++) {
            CU_ASSERT(is_based(&plan, i));
            bases += strcmp(plan.points[i].driver, "serial") == 0;
        }
        CU_ASSERT_EQUAL(bases, 4); /* two kernels on two workloads */
        CU_ASSERT_EQUAL(plan.count, 4 + COUNT(series) * 3 * computing[d]); /* 1, 2, 4 workers */
        csw_plan_release(&plan);
    }
}

static void no_point_is_planned_twice(void)
{
    struct csw_plan plan = plan_with("trial", "auto", "pthread,fork,pthread", "2,2", false);
    char text[100];

    CU_ASSERT_EQUAL(fill(&plan, 2, NULL), 0);
    counts_of(&plan, "pthread", text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "1,2");
    csw_plan_release(&plan);
}

static void bad_drivers_and_counts_are_refused_with_a_hint(void)
{
    static const struct {
        const char *driver, *workers, *hint;
    } table[] = {
        {"ptread", "auto", "did you mean 'pthread'?"},
        {"serial,frok", "auto", "did you mean 'fork'?"},
        {"pthread,", "auto", "empty element"},
        {"", "auto", "empty element"},
        {"pthread", "1,many", "'many' is not a number of workers"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_plan plan = plan_with("trial", "auto", table[i].driver, table[i].workers, false);
        struct csw_err err = {0};

        CU_ASSERT_EQUAL(fill(&plan, 4, &err), -EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, table[i].hint));
        csw_plan_release(&plan);
    }
}

static const struct test tests[] = {
    TEST(every_cycle_of_rounds_is_balanced),
    TEST(the_seed_alone_decides_the_order),
    TEST(the_seed_draws_rows_and_labels),
    TEST(each_cycle_is_drawn_anew),
    TEST(the_last_round_of_all_has_an_order),
    TEST(worker_counts_are_read_ascending_and_once),
    TEST(what_is_no_worker_count_is_named),
    TEST(the_default_sweep_tells_the_story),
    TEST(series_are_kernels_times_schedules_in_order),
    TEST(what_is_named_twice_is_one_series),
    TEST(kernels_that_cannot_be_divided_become_whole_once),
    TEST(the_tasks_of_the_user_go_to_every_series),
    TEST(bad_series_are_refused_with_a_hint),
    TEST(every_combination_of_options_of_every_kernel_is_a_series),
    TEST(releasing_no_series_is_harmless),
    TEST(every_field_of_a_point_is_filled_in_the_order_of_the_options),
    TEST(worker_counts_follow_the_machine),
    TEST(worker_counts_by_themselves_stay_within_the_quota),
    TEST(a_driver_that_cannot_run_by_a_schedule_is_refused_with_the_reason),
    TEST(no_plan_asks_for_more_workers_than_a_team_may_have),
    TEST(computing_kernels_do_not_exceed_the_cpus_unasked),
    TEST(every_work_has_one_serial_base_which_comes_first),
    TEST(no_point_is_planned_twice),
    TEST(bad_drivers_and_counts_are_refused_with_a_hint),
};

int main(void)
{
    return RUN_TESTS("plan", tests);
}
