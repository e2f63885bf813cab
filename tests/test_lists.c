/*
 * test_lists.c - every driver, schedule and team lists the same hits in the same order, and looks
 * at every item once; a list that is not what the kernel counts is refused.
 */
#include <coresweep/lists.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "choices.h"
#include "rig.h"
#include "suite.h"
#include "toys.h"

/* ---- kernels -------------------------------------------------------------------------------- */

static size_t forgetful_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const size_t count = sevens_list(state, lo, hi, ret_hits);

    return count > 0 ? count - 1 : 0;
}

static size_t inexact_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const size_t count = sevens_list(state, lo, hi, ret_hits);

    if (count > 0)
        ret_hits[0]++;
    return count;
}

/* Finds every hit 3 items early: as many in all as scan does, but not range by range. */
static size_t early_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const uint64_t n = ((const struct csw_task *)state)->n;
    size_t count = 0;

    for (uint64_t item = lo; item < hi; item++)
        if (is_hit((item + 3) % n))
            ret_hits[count++] = (item + 3) % n;
    return count;
}

/* Lists the item 0, which adds nothing to a digest, where a range has no hit. */
static size_t padded_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const size_t count = sevens_list(state, lo, hi, ret_hits);

    if (count == 0)
        ret_hits[0] = 0;
    return count > 0 ? count : 1;
}

/* Claims one hit less where a range has some: its list takes more room than it has. */
static struct csw_tally one_fewer_expect(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = sevens_scan(state, lo, hi);

    tally.hits -= tally.hits > 0;
    return tally;
}

static struct csw_tally none_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return (struct csw_tally){.items = hi - lo, .work = 2 * (hi - lo)};
}

static size_t none_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    (void)state, (void)lo, (void)hi, (void)ret_hits;
    return 0;
}

/* Has a whole task in its last range, behind which there is no room of another. */
static size_t every_item_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const uint64_t n = ((const struct csw_task *)state)->n;

    if (hi == n)
        for (uint64_t i = 0; i < n; i++)
            ret_hits[i] = i;
    return hi == n ? (size_t)n : sevens_list(state, lo, hi, ret_hits);
}

/* More hits than any memory holds; those of 14 ranges wrap around. */
static struct csw_tally boundless_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return (struct csw_tally){.items = hi - lo, .hits = UINT64_C(1) << 63};
}

/* Counts the hits, without a digest of them. */
static struct csw_tally counted_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = sevens_scan(state, lo, hi);

    tally.digest = 0;
    return tally;
}

#define WATCHED_ITEMS 700

/* How often each item was scanned and listed; shared with forked workers. */
static struct watched {
    unsigned scans[WATCHED_ITEMS], lists[WATCHED_ITEMS];
} * watched;

static struct csw_tally watched_scan(const void *state, uint64_t lo, uint64_t hi)
{
    for (uint64_t item = lo; item < hi; item++)
        __atomic_add_fetch(&watched->scans[item], 1, __ATOMIC_RELAXED);
    return sevens_scan(state, lo, hi);
}

static size_t watched_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    for (uint64_t item = lo; item < hi; item++)
        __atomic_add_fetch(&watched->lists[item], 1, __ATOMIC_RELAXED);
    return sevens_list(state, lo, hi, ret_hits);
}

/* ---- lists ---------------------------------------------------------------------------------- */

/* The hits of task t are hit(0), hit(1) ... : count[t] of them. */
struct listing {
    const struct csw_kernel *kernel;
    const char *tasks;
    const uint64_t *count;
    uint64_t (*hit)(uint64_t index);
};

static uint64_t square_of(uint64_t index)
{
    return (index + 1) * (index + 1);
}

static uint64_t seven_of(uint64_t index)
{
    return 7 * index;
}

static uint64_t entry_of(uint64_t index)
{
    return 21 * index + 7;
}

static void check_lists(const struct csw_lists *lists, const struct listing *listing)
{
    uint64_t start = 0;
    bool same = true;

    for (size_t t = 0; t < lists->tasks; t++) {
        CU_ASSERT_EQUAL(lists->start[t], start);
        CU_ASSERT_EQUAL_FATAL(lists->count[t], listing->count[t]);
        for (uint64_t i = 0; i < lists->count[t]; i++)
            same = same && lists->hits[start + i] == listing->hit(i);
        start += lists->count[t];
    }
    CU_ASSERT_TRUE(same);
}

static void list_once(const struct listing *listing, const struct csw_driver *driver,
                      unsigned workers, const char *schedule)
{
    struct csw_lists lists = {0};
    struct csw_err err = {0};
    struct rig rig;

    rig_init(&rig, listing->kernel, driver, workers, schedule, listing->tasks);
    const int code = csw_lists_init(&lists, &rig.setup, &err);

    if (code < 0)
        fprintf(stderr, "\n    %s, %u workers, schedule %s: %s\n", driver->name, workers, schedule,
                err.text);
    CU_ASSERT_EQUAL_FATAL(code, 0);
    CU_ASSERT_EQUAL(lists.tasks, rig.workload.count);
    check_lists(&lists, listing);
    csw_lists_release(&lists);
    rig_release(&rig);
}

/* Under every schedule, by teams of 1 to most_workers. */
static void list_everyhow(const struct listing *listing, const struct csw_driver *driver,
                          unsigned most_workers)
{
    for (size_t s = 0; s < COUNT(schedules); s++)
        for (unsigned workers = 1; workers <= most_workers; workers++)
            if (can_run(driver, schedules[s], workers))
                list_once(listing, driver, workers, schedules[s]);
}

/* A sentence of the tutorial: all perfect squares in 1..n for each of these five. */
#define TUTORIAL "1000,2000,5000,3000,100"
static const uint64_t tutorial_counts[] = {31, 44, 70, 54, 10};

static void list_squares_with(const struct csw_driver *driver, unsigned workers)
{
    static const char *const kernels[] = {"trial", "sqrt", "roots", "count"};
    static const uint64_t tiny_counts[] = {0, 1, 0, 1, 2};

    for (size_t k = 0; k < COUNT(kernels); k++) {
        const struct csw_kernel *kernel = csw_kernel_find(kernels[k]);

        CU_ASSERT_PTR_NOT_NULL_FATAL(kernel);
        list_everyhow(&(struct listing){kernel, TUTORIAL, tutorial_counts, square_of}, driver,
                      workers);
        list_everyhow(&(struct listing){kernel, "0,1,0,3,4", tiny_counts, square_of}, driver,
                      workers);
    }
}

static void every_driver_schedule_and_team_lists_the_squares_of_the_tutorial(void)
{
    each_driver(list_squares_with);
}

static void list_sevens_with(const struct csw_driver *driver, unsigned workers)
{
    static const uint64_t counts[] = {10, 0, 1, 715}, no_counts[] = {0};

    list_everyhow(&(struct listing){&sevens, "70,0,1,5000", counts, seven_of}, driver, workers);
    list_everyhow(&(struct listing){&sevens, "0", no_counts, seven_of}, driver, workers);
}

static void a_kernel_without_a_closed_form_is_listed_too(void)
{
    each_driver(list_sevens_with);
}

static void list_counted_with(const struct csw_driver *driver, unsigned workers)
{
    static const uint64_t counts[] = {10, 0, 715};
    struct csw_kernel kernel = sevens;

    kernel.scan = counted_scan;
    list_everyhow(&(struct listing){&kernel, "70,0,5000", counts, seven_of}, driver, workers);
}

static void a_kernel_that_only_counts_is_listed_too(void)
{
    each_driver(list_counted_with);
}

static void list_none_with(const struct csw_driver *driver, unsigned workers)
{
    static const uint64_t counts[] = {0, 0, 0};
    struct csw_kernel kernel = {
        .abi = CSW_KERNEL_ABI, .name = "none", .scan = none_expect, .list = none_list};

    list_everyhow(&(struct listing){&kernel, "70,0,5000", counts, seven_of}, driver, workers);
    kernel.expect = none_expect;
    list_everyhow(&(struct listing){&kernel, "70,0,5000", counts, seven_of}, driver, workers);
}

static void a_kernel_that_finds_nothing_has_empty_lists(void)
{
    each_driver(list_none_with);
}

static void list_ledger_with(const struct csw_driver *driver, unsigned workers)
{
    static const uint64_t counts[] = {10, 0, 0, 714};

    list_everyhow(&(struct listing){&ledger_kernel, "70,0,1,5000", counts, entry_of}, driver,
                  workers);
    CHECK(driver->name, audit.each_once && audit.early == 0);
}

static void data_that_were_filled_once_are_listed(void)
{
    each_driver(list_ledger_with);
}

#define MANY_TASKS 300

/* Tasks of 0, 1, 2 ... items. */
static void list_many_with(const struct csw_driver *driver, unsigned workers)
{
    char tasks[MANY_TASKS * 4] = "0";
    uint64_t counts[MANY_TASKS] = {0};

    for (unsigned n = 1; n < MANY_TASKS; n++) {
        snprintf(tasks + strlen(tasks), sizeof tasks - strlen(tasks), ",%u", n);
        counts[n] = (n + 6) / 7;
    }
    list_everyhow(&(struct listing){&sevens, tasks, counts, seven_of}, driver, workers);
}

static void many_tasks_are_listed_in_their_order(void)
{
    each_driver(list_many_with);
}

/* ---- one pass ------------------------------------------------------------------------------- */

static bool each_was(const unsigned *visits, unsigned times)
{
    for (size_t item = 0; item < WATCHED_ITEMS; item++)
        if (visits[item] != times)
            return false;
    return true;
}

/* Lists all items, each of which must be listed once, and scanned so often. */
static void list_watched(const struct csw_kernel *kernel, const struct csw_driver *driver,
                         unsigned workers, unsigned scans)
{
    static const uint64_t counts[] = {WATCHED_ITEMS / 7};

    for (size_t s = 0; s < COUNT(schedules); s++) {
        if (!can_run(driver, schedules[s], workers))
            continue;
        memset(watched, 0, sizeof *watched);
        list_once(&(struct listing){kernel, "700", counts, seven_of}, driver, workers,
                  schedules[s]);
        CHECK(driver->name, each_was(watched->lists, 1));
        CHECK(driver->name, each_was(watched->scans, scans));
    }
}

static void list_watched_with(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = {.abi = CSW_KERNEL_ABI,
                                .name = "watched",
                                .scan = watched_scan,
                                .list = watched_list,
                                .expect = sevens_scan};

    list_watched(&kernel, driver, workers, 0);
    kernel.expect = NULL; /* one serial scan is the oracle */
    list_watched(&kernel, driver, workers, 1);
}

static void every_item_is_listed_once_and_scanned_only_without_a_closed_form(void)
{
    watched =
        mmap(NULL, sizeof *watched, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_NOT_EQUAL_FATAL(watched, MAP_FAILED);
    each_driver(list_watched_with);
    munmap(watched, sizeof *watched);
}

/* ---- lists that are refused ----------------------------------------------------------------- */

static void must_refuse(const struct csw_kernel *kernel, const struct csw_driver *driver,
                        unsigned workers, const char *tasks, int code, struct csw_err *ret_err)
{
    static const struct csw_lists untouched = {.tasks = 12345};
    struct csw_lists lists = untouched;
    struct rig rig;

    *ret_err = (struct csw_err){0};
    rig_init(&rig, kernel, driver, workers, "dynamic:5", tasks);
    const int got = csw_lists_init(&lists, &rig.setup, ret_err);

    if (got != code)
        fprintf(stderr, "\n    %s listed '%s': %d\n", driver->name, kernel->name, got);
    CU_ASSERT_EQUAL(got, code);
    CU_ASSERT_EQUAL(ret_err->code, code);
    CU_ASSERT_EQUAL(memcmp(&lists, &untouched, sizeof lists), 0);
    if (got == 0)
        csw_lists_release(&lists);
    rig_release(&rig);
}

/* The task 70 in ranges of 5 items, with one hit in each or none. */
static void must_be_refused(const struct csw_kernel *kernel, const struct csw_driver *driver,
                            unsigned workers, int code, struct csw_err *ret_err)
{
    must_refuse(kernel, driver, workers, "70", code, ret_err);
}

static void must_be_wrong(const struct csw_kernel *kernel, const struct csw_driver *driver,
                          unsigned workers)
{
    struct csw_err err;

    must_be_refused(kernel, driver, workers, CSW_EWRONG, &err);
    must_say(err.text, kernel->name);
    must_say(err.text, driver->name);
}

static void refuse_lists_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = sevens;

    must_be_wrong(&one_missing, driver, workers);
    kernel.name = "forgetful";
    kernel.list = forgetful_list;
    must_be_wrong(&kernel, driver, workers);
    kernel.expect = sevens_scan;
    must_be_wrong(&kernel, driver, workers);
    kernel.expect = NULL;
    kernel.scan = counted_scan; /* how many there are of a unit is known all the same */
    must_be_wrong(&kernel, driver, workers);
    kernel.name = "inexact";
    kernel.scan = sevens_scan;
    kernel.list = inexact_list;
    must_be_wrong(&kernel, driver, workers);
}

static void a_list_that_is_not_what_was_counted_is_refused(void)
{
    each_driver(refuse_lists_of);
}

/* One worker: a list that overruns the room of its range would race with its neighbour. */
static void refuse_overruns_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = sevens;

    (void)workers;
    kernel.name = "early";
    kernel.list = early_list;
    must_be_wrong(&kernel, driver, 1);
    kernel.name = "padded";
    kernel.list = padded_list;
    must_be_wrong(&kernel, driver, 1);
    kernel.name = "modest";
    kernel.list = sevens_list;
    kernel.expect = one_fewer_expect;
    must_be_wrong(&kernel, driver, 1);
    kernel.expect = none_expect;
    must_be_wrong(&kernel, driver, 1);
}

static void a_list_that_overruns_the_room_of_its_range_is_refused(void)
{
    each_driver(refuse_overruns_of);
}

static void a_list_that_runs_far_past_the_last_hit_is_refused_too(void)
{
    struct csw_kernel kernel = sevens;
    struct csw_err err;

    kernel.list = every_item_list;
    must_refuse(&kernel, serial(), 1, "1000000", CSW_EWRONG, &err);
}

static void refuse_data_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = ledger_kernel;
    struct csw_err err;

    kernel.list = none_list;
    must_be_wrong(&kernel, driver, workers);
    kernel.list = ledger_list;
    kernel.fill = partial_fill;
    must_be_refused(&kernel, driver, workers, CSW_EWRONG, &err);
    must_say(err.text, "filled 56 items instead of 70"); /* one less in each of 14 ranges */
}

static void a_list_or_a_driver_that_misses_data_is_refused(void)
{
    each_driver(refuse_data_of);
}

static void a_list_that_no_memory_holds_is_refused_before_any_is_taken(void)
{
    struct csw_kernel kernel = sevens;
    struct csw_err err;

    kernel.expect = boundless_expect;
    must_be_refused(&kernel, serial(), 1, -EINVAL, &err);
    must_say(err.text, "18446744073709551615 hits in 14 units is too long");
}

static void a_kernel_that_lists_nothing_is_refused(void)
{
    struct csw_kernel kernel = sevens;
    struct csw_err err;

    kernel.list = NULL;
    must_be_refused(&kernel, serial(), 1, -ENOTSUP, &err);
    must_say(err.text, "'sevens' has no list");
}

static void a_driver_of_one_worker_is_refused_with_two(void)
{
    struct csw_err err;

    must_be_refused(&sevens, serial(), 2, -EINVAL, &err);
    must_say(err.text, "'serial' has one worker, not 2");
}

/* `serial` that fails after so many runs; how many teams are open. */
static unsigned good_runs, open_teams;

static int losing_open(struct csw_team **ret_team, const struct csw_job *job,
                       const struct csw_placement *placement, struct csw_err *err)
{
    open_teams++;
    return serial()->open(ret_team, job, placement, err);
}

static int losing_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    if (good_runs-- > 0)
        return serial()->run(team, ret_shares, err);
    return csw_fail(err, -ECHILD, "lost a worker");
}

static void losing_close(struct csw_team *team)
{
    open_teams--;
    serial()->close(team);
}

static void a_run_that_fails_gives_no_lists_and_what_the_driver_said(void)
{
    static const struct csw_driver losing = {
        .name = "losing", .open = losing_open, .run = losing_run, .close = losing_close};
    static const struct {
        const struct csw_kernel *kernel;
        unsigned good_runs;
    } rows[] = {{&sevens, 0}, {&one_missing, 0}, {&ledger_kernel, 0}, {&ledger_kernel, 1}};
    struct csw_err err;

    for (size_t i = 0; i < COUNT(rows); i++) {
        good_runs = rows[i].good_runs;
        must_be_refused(rows[i].kernel, &losing, 1, -ECHILD, &err);
        must_say(err.text, "lost a worker");
        CU_ASSERT_EQUAL(open_teams, 0);
    }
}

static void releasing_no_lists_is_fine(void)
{
    struct csw_lists lists = {0};

    csw_lists_release(NULL);
    csw_lists_release(&lists);
    csw_lists_release(&lists);
}

/* ---- the kernels of the registry ------------------------------------------------------------ */

static void list_registered(const struct registered *at, const char *schedule,
                            struct csw_lists *ret_lists)
{
    struct csw_err err = {0};
    struct rig rig;

    registered_init(&rig, at);
    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&rig.setup.schedule, schedule, NULL), 0);
    must_succeed(at, &err, csw_lists_init(ret_lists, &rig.setup, &err));
    rig_release(&rig);
}

static bool same_lists(const struct csw_lists *a, const struct csw_lists *b)
{
    uint64_t hits = 0;

    if (a->tasks != b->tasks || memcmp(a->count, b->count, a->tasks * sizeof *a->count) != 0)
        return false;
    for (size_t t = 0; t < a->tasks; t++)
        hits += a->count[t];
    return memcmp(a->hits, b->hits, hits * sizeof *a->hits) == 0;
}

static int list_choice(const uint8_t *choice, void *context, struct csw_err *err)
{
    struct registered at = *(const struct registered *)context;
    const size_t fitting = at.kernel->flags & CSW_INDIVISIBLE ? 1 : COUNT(schedules);
    struct csw_lists expected, lists;

    (void)err;
    at.choice = choice;
    list_registered(&(struct registered){at.kernel, serial(), 1, choice}, "whole", &expected);
    for (size_t s = 0; s < fitting; s++) {
        if (!can_run(at.driver, schedules[s], at.workers))
            continue;
        list_registered(&at, schedules[s], &lists);
        CHECK(at.kernel->name, same_lists(&lists, &expected));
        csw_lists_release(&lists);
    }
    csw_lists_release(&expected);
    return 0;
}

static void list_all_kernels_with(const struct csw_driver *driver, unsigned workers)
{
    for (size_t i = 0; csw_kernel_at(i); i++) {
        struct registered at = {csw_kernel_at(i), driver, workers, NULL};

        if (at.kernel->list && !csw_kernel_missing(at.kernel))
            each_choice(at.kernel, list_choice, &at);
    }
}

static void every_kernel_with_every_choice_is_listed_by_every_driver_and_schedule(void)
{
    each_driver(list_all_kernels_with);
}

static const struct test tests[] = {
    TEST(every_driver_schedule_and_team_lists_the_squares_of_the_tutorial),
    TEST(a_kernel_without_a_closed_form_is_listed_too),
    TEST(a_kernel_that_only_counts_is_listed_too),
    TEST(a_kernel_that_finds_nothing_has_empty_lists),
    TEST(data_that_were_filled_once_are_listed),
    TEST(many_tasks_are_listed_in_their_order),
    TEST(every_item_is_listed_once_and_scanned_only_without_a_closed_form),
    TEST(a_list_that_is_not_what_was_counted_is_refused),
    TEST(a_list_that_overruns_the_room_of_its_range_is_refused),
    TEST(a_list_that_runs_far_past_the_last_hit_is_refused_too),
    TEST(a_list_or_a_driver_that_misses_data_is_refused),
    TEST(a_list_that_no_memory_holds_is_refused_before_any_is_taken),
    TEST(a_kernel_that_lists_nothing_is_refused),
    TEST(a_driver_of_one_worker_is_refused_with_two),
    TEST(a_run_that_fails_gives_no_lists_and_what_the_driver_said),
    TEST(releasing_no_lists_is_fine),
    TEST(every_kernel_with_every_choice_is_listed_by_every_driver_and_schedule),
};

int main(void)
{
    return RUN_TESTS("lists", tests);
}
