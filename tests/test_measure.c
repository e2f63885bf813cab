/*
 * test_measure.c - a measurement holds together and is refused as a whole as soon as one run is
 * wrong; data are filled once, by the workers.
 */
#include <coresweep/measure.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "choices.h"
#include "rig.h"
#include "suite.h"
#include "toys.h"

/* ---- kernels -------------------------------------------------------------------------------- */

/* Right four times: under `serial`, with one task that is one chunk, a scan is a run. */
static unsigned scans;

static struct csw_tally fifth_wrong_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = sevens_scan(state, lo, hi);

    if (++scans == 5)
        tally.digest++;
    return tally;
}

static const struct csw_kernel fifth_wrong = {
    .abi = CSW_KERNEL_ABI, .name = "fifth_wrong", .scan = fifth_wrong_scan, .expect = sevens_scan};

/* Misses the first hit of all, item 2. */
static struct csw_tally careless_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = ledger_scan(state, lo < 3 ? 3 : lo, hi < 3 ? 3 : hi);

    tally.items = hi - lo;
    tally.work = 2 * (hi - lo);
    return tally;
}

/* Leaves out the same as partial_fill. */
static struct csw_tally partial_scan(const void *state, uint64_t lo, uint64_t hi)
{
    return ledger_scan(state, lo, lo < hi ? hi - 1 : hi);
}

#define SLOW_NS 200000000L

static struct csw_tally slow_fill(void *state, uint64_t lo, uint64_t hi)
{
    nanosleep(&(struct timespec){.tv_nsec = SLOW_NS}, NULL);
    return ledger_fill(state, lo, hi);
}

static void samples_free(struct csw_sample *samples, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        csw_sample_release(&samples[i]);
    free(samples);
}

/* ---- samples -------------------------------------------------------------------------------- */

#define TASKS "700,0,1,8000"
#define ITEMS (700 + 0 + 1 + 8000)
#define HITS (100 + 0 + 1 + 1143)

static void check_names(const struct csw_sample *sample, const struct csw_driver *driver)
{
    CU_ASSERT_STRING_EQUAL(sample->kernel, "sevens");
    CU_ASSERT_STRING_EQUAL(sample->driver, driver->name);
    CU_ASSERT_STRING_EQUAL(sample->tasks, TASKS);
    CU_ASSERT_STRING_EQUAL(sample->schedule, "dynamic:50");
    CU_ASSERT_EQUAL(sample->point, 0);
    CU_ASSERT_EQUAL(sample->round, 0);
    CU_ASSERT_EQUAL(sample->position, 0);
    CU_ASSERT_FALSE(sample->oversubscribed);
}

static void check_tally(const struct csw_sample *sample)
{
    CU_ASSERT_EQUAL(sample->items, ITEMS);
    CU_ASSERT_EQUAL(sample->work, 2 * ITEMS);
    CU_ASSERT_EQUAL(sample->hits, HITS);
    /* 7 (0 + ... + 99) and 7 (0 + ... + 1142) */
    CU_ASSERT_EQUAL(sample->digest, 7 * 99 * 100 / 2 + 7 * 1142 * 1143 / 2);
}

static void check_times(const struct csw_sample *sample)
{
    CU_ASSERT_TRUE(sample->iterations >= 1);
    CU_ASSERT_TRUE(sample->region_ns > 0);
    CU_ASSERT_TRUE(sample->window_ns >= sample->region_ns * (double)sample->iterations);
    CU_ASSERT_TRUE(sample->open_ns > 0 && sample->close_ns > 0);
    CU_ASSERT_DOUBLE_EQUAL(sample->e2e_ns,
                           (double)(sample->open_ns + sample->first_ns + sample->close_ns), 0.5);
    CU_ASSERT_TRUE(isnan(sample->process_ns));
}

/* 14 ranges of 50, 1 that is empty, 1 of one item, 160 of 50. */
#define CHUNKS (14 + 1 + 1 + 160)

/* Whether the worker took no part in the run that was stamped, as its driver lets it. */
static bool was_absent(const struct csw_driver *driver, const struct csw_worker *worker)
{
    return (driver->flags & CSW_ALWAYS_LATE) && worker->items == 0 && worker->cpu == -1;
}

static void check_workers(const struct csw_sample *sample, const struct csw_driver *driver)
{
    uint64_t items = 0, chunks = 0;

    for (uint64_t w = 0; w < sample->workers; w++) {
        const struct csw_worker *worker = &sample->worker[w];

        items += worker->items;
        chunks += worker->chunks;
        CU_ASSERT_EQUAL(worker->pu, CSW_PU_ANY);
        if (was_absent(driver, worker))
            continue;
        CU_ASSERT_TRUE(sample->started_ns <= worker->start_ns);
        CU_ASSERT_TRUE(worker->start_ns <= worker->end_ns);
        CU_ASSERT_TRUE(worker->cpu >= 0);
    }
    CU_ASSERT_EQUAL(items, ITEMS);
    CU_ASSERT_EQUAL(chunks, CHUNKS);
}

static void measure_with(const struct csw_driver *driver, unsigned workers)
{
    const struct csw_protocol protocol = {.samples = 4, .min_ns = 500000};
    struct csw_sample *samples = NULL;
    struct csw_err err = {0};
    struct rig rig;

    rig_init(&rig, &sevens, driver, workers, "dynamic:50", TASKS);
    CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, &err), 0);
    for (uint64_t i = 0; i < protocol.samples; i++) {
        CU_ASSERT_EQUAL(samples[i].repetition, i);
        CU_ASSERT_EQUAL(samples[i].workers, workers);
        CU_ASSERT_TRUE(i == 0 || samples[i - 1].started_ns < samples[i].started_ns);
        check_names(&samples[i], driver);
        check_tally(&samples[i]);
        check_times(&samples[i]);
        check_workers(&samples[i], driver);
    }
    samples_free(samples, protocol.samples);
    rig_release(&rig);
}

static void every_driver_gives_samples_that_hold_together(void)
{
    each_driver(measure_with);
}

static void a_sample_without_a_least_duration_is_one_run(void)
{
    const struct csw_protocol protocol = {.samples = 2};
    struct csw_sample *samples = NULL;
    struct rig rig;

    rig_init(&rig, &sevens, serial(), 1, "whole", "10");
    CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, NULL), 0);
    CU_ASSERT_EQUAL(samples[0].iterations, 1);
    CU_ASSERT_EQUAL(samples[1].iterations, 1);
    samples_free(samples, protocol.samples);
    rig_release(&rig);
}

/* ---- memory --------------------------------------------------------------------------------- */

#define LEDGER_ITEMS 20000

/* Workers are processes of their own, or in the one that measures, as the caller is. */
static void check_processes(const char *driver, const struct csw_sample *sample)
{
    uint64_t processes = 1;
    double own_bytes = 0;

    for (uint64_t w = 0; w < sample->workers; w++)
        if (!isnan(sample->worker[w].pss_bytes)) {
            processes++;
            own_bytes += sample->worker[w].pss_bytes;
        }
    CHECK(driver, sample->processes == processes);
    CHECK(driver, processes == 1 || (own_bytes > 0 && own_bytes < sample->pss_bytes));
}

static void check_usage(const char *driver, const struct csw_sample *sample)
{
    const double data_bytes = (double)ledger_bytes(LEDGER_ITEMS);

    CHECK(driver, strcmp(sample->memory, "first-touch") == 0 && !sample->huge_pages &&
                      strcmp(sample->memory_cannot, "") == 0);
    CHECK(driver, (double)sample->data_bytes == data_bytes);
    CHECK(driver, isnan(sample->data_huge_bytes) || sample->data_huge_bytes >= 0);
    CHECK(driver, sample->pss_bytes > data_bytes); /* the data count, once at least */
    CHECK(driver, sample->peak_bytes > sample->pss_bytes);
    check_processes(driver, sample);
}

static void measure_usage(const struct csw_driver *driver, unsigned workers)
{
    const struct csw_protocol protocol = {.samples = 2};
    struct csw_sample *samples = NULL;
    struct rig rig;

    rig_init(&rig, &ledger_kernel, driver, workers, "dynamic", "20000");
    CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, NULL), 0);
    for (uint64_t i = 0; i < protocol.samples; i++)
        check_usage(driver->name, &samples[i]);
    if (strcmp(driver->name, "fork") == 0)
        CU_ASSERT_EQUAL(samples[0].processes, workers);
    samples_free(samples, protocol.samples);
    rig_release(&rig);
}

static void every_driver_tells_what_memory_its_team_takes(void)
{
    each_driver(measure_usage);
}

static void what_was_asked_for_and_cannot_be_stands_in_the_sample(void)
{
    const struct csw_protocol protocol = {.samples = 1};
    struct csw_sample *samples = NULL;
    struct rig rig;

    rig_init(&rig, &sevens, serial(), 1, "whole", "10");
    rig.setup.memory = (struct csw_memory){.policy = CSW_MEMORY_NODE,
                                           .node = 7,
                                           .huge_pages = true,
                                           .cannot_place = "no nodes",
                                           .cannot_huge = "no huge pages"};
    CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, NULL), 0);
    CU_ASSERT_STRING_EQUAL(samples[0].memory, "node:7");
    CU_ASSERT_TRUE(samples[0].huge_pages);
    CU_ASSERT_STRING_EQUAL(samples[0].memory_cannot, "no nodes; no huge pages");
    CU_ASSERT_EQUAL(samples[0].data_bytes, 0);
    samples_free(samples, protocol.samples);
    rig_release(&rig);
}

/* On a described machine nothing can be placed, which is no reason to measure something else. */
static void data_that_cannot_be_placed_are_not_measured(void)
{
    const struct csw_protocol protocol = {.samples = 1};
    struct csw_sample *samples = NULL;
    struct csw_err err = {0};
    void *data = NULL;
    struct rig rig;

    rig_init(&rig, &ledger_kernel, serial(), 1, "whole", "10");
    rig.setup.memory = (struct csw_memory){.topo = rig.topo, .policy = CSW_MEMORY_INTERLEAVE};
    CU_ASSERT_EQUAL(csw_measure(&rig.setup, &protocol, &samples, &err), -EINVAL);
    must_say(err.text, "memory cannot be placed on a described machine");
    CU_ASSERT_EQUAL(csw_data_map(&data, 1, NULL), 0); /* the policy is in use no longer */
    csw_data_unmap(data);
    rig.setup.memory = (struct csw_memory){0};
    CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, &err), 0);
    samples_free(samples, protocol.samples);
    rig_release(&rig);
}

/* ---- measurements that are refused ---------------------------------------------------------- */

/* `serial`, watched: how often it ran, what is open, and whether run number `fail_at` fails. */
static struct {
    unsigned runs, open, fail_at;
    bool fail_open;
} watch;

static int watched_open(struct csw_team **ret_team, const struct csw_job *job,
                        const struct csw_placement *placement, struct csw_err *err)
{
    if (watch.fail_open)
        return csw_fail(err, -EAGAIN, "no team today");
    const int code = serial()->open(ret_team, job, placement, err);

    watch.open += code == 0;
    return code;
}

static int watched_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    if (++watch.runs == watch.fail_at)
        return csw_fail(err, -ECHILD, "lost a worker");
    return serial()->run(team, ret_shares, err);
}

static void watched_close(struct csw_team *team)
{
    watch.open -= team != NULL;
    serial()->close(team);
}

static const struct csw_driver watched = {
    .name = "watched", .open = watched_open, .run = watched_run, .close = watched_close};

/* Measures eight samples of the task 70 under `driver`, which must fail and give nothing. */
static void must_be_refused(const struct csw_kernel *kernel, const struct csw_driver *driver,
                            unsigned workers, int code, struct csw_err *ret_err)
{
    const struct csw_protocol protocol = {.samples = 8};
    struct csw_sample untouched, *samples = &untouched;
    struct rig rig;

    *ret_err = (struct csw_err){0};
    rig_init(&rig, kernel, driver, workers, "whole", "70");
    CU_ASSERT_EQUAL(csw_measure(&rig.setup, &protocol, &samples, ret_err), code);
    CU_ASSERT_PTR_EQUAL(samples, &untouched);
    CU_ASSERT_EQUAL(ret_err->code, code);
    rig_release(&rig);
}

static void refuse_wrong_result_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_err err;

    must_be_refused(&one_missing, driver, workers, CSW_EWRONG, &err);
    must_say(err.text, "'one_missing'");
    must_say(err.text, driver->name);
    must_say(err.text, "gave 10 hits of 70 items");
    must_say(err.text, "instead of 11 of 70");
}

static void a_wrong_result_gives_no_sample_and_a_sentence_with_both_numbers(void)
{
    each_driver(refuse_wrong_result_of);
}

static void a_result_that_is_wrong_once_gives_no_sample_either(void)
{
    struct csw_err err;

    watch.runs = watch.fail_at = scans = 0;
    must_be_refused(&fifth_wrong, &watched, 1, CSW_EWRONG, &err);
    must_say(err.text, "digest 316");
    must_say(err.text, "315)");
    CU_ASSERT_EQUAL(watch.runs, 5);
    CU_ASSERT_EQUAL(watch.open, 0);
}

static void a_run_that_fails_gives_no_sample_and_what_the_driver_said(void)
{
    struct csw_err err;

    for (unsigned run = 1; run <= 9; run++) {
        watch.runs = 0;
        watch.fail_at = run;
        must_be_refused(&sevens, &watched, 1, -ECHILD, &err);
        must_say(err.text, "lost a worker");
        CU_ASSERT_EQUAL(watch.runs, run);
        CU_ASSERT_EQUAL(watch.open, 0);
    }
    watch.runs = 0;
    watch.fail_at = 1; /* the run that fills */
    must_be_refused(&ledger_kernel, &watched, 1, -ECHILD, &err);
    CU_ASSERT_EQUAL(watch.runs, 1);
    watch.fail_at = 0;
}

static void a_team_that_cannot_be_opened_gives_no_sample_and_what_the_driver_said(void)
{
    struct csw_err err;

    watch.runs = 0;
    watch.fail_open = true;
    must_be_refused(&sevens, &watched, 1, -EAGAIN, &err);
    must_say(err.text, "no team today");
    CU_ASSERT_EQUAL(watch.runs, 0);
    watch.fail_open = false;
}

static void a_driver_of_one_worker_is_refused_with_two(void)
{
    struct csw_err err;

    must_be_refused(&sevens, serial(), 2, -EINVAL, &err);
    must_say(err.text, "'serial' has one worker, not 2");
}

/* ---- data ----------------------------------------------------------------------------------- */

/* Under static every worker has a piece of its own, which nobody else may fill. */
static void measure_ledger_with(const struct csw_driver *driver, unsigned workers)
{
    const struct csw_protocol protocol = {.samples = 2};

    for (size_t s = 0; s < COUNT(schedules); s++) {
        struct csw_sample *samples = NULL;
        struct csw_err err = {0};
        struct rig rig;

        if (!can_run(driver, schedules[s], workers))
            continue;
        rig_init(&rig, &ledger_kernel, driver, workers, schedules[s], "0,700");
        CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, &err), 0);
        CU_ASSERT_EQUAL(samples[0].items, 700);
        CU_ASSERT_EQUAL(samples[0].work, 1400);
        CU_ASSERT_EQUAL(samples[0].hits, 100);
        CU_ASSERT_EQUAL(samples[0].digest, 21 * 99 * 100 / 2 + 7 * 100);
        CHECK(driver->name, audit.each_once && audit.early == 0);
        CHECK(driver->name, audit.fillers >= 1 && audit.fillers <= workers);
        if (strcmp(schedules[s], "static") == 0)
            CHECK(driver->name, audit.fillers == workers);
        samples_free(samples, protocol.samples);
        rig_release(&rig);
    }
}

static void every_item_is_filled_once_by_the_workers_before_any_is_scanned(void)
{
    each_driver(measure_ledger_with);
}

static void refuse_wrong_data_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = ledger_kernel;
    struct csw_err err;

    kernel.scan = careless_scan;
    must_be_refused(&kernel, driver, workers, CSW_EWRONG, &err);
    must_say(err.text, "gave 9 hits of 70 items");
    must_say(err.text, "instead of 10 of 70");
    kernel.scan = partial_scan;
    kernel.fill = partial_fill;
    must_be_refused(&kernel, driver, workers, CSW_EWRONG, &err);
    must_say(err.text, "filled 69 items instead of 70");
}

static void a_scan_or_a_driver_that_misses_data_is_refused(void)
{
    each_driver(refuse_wrong_data_of);
}

static void filling_is_in_no_recorded_time(void)
{
    const struct csw_protocol protocol = {.samples = 1};
    struct csw_kernel kernel = ledger_kernel;
    struct csw_sample *samples = NULL;
    struct rig rig;

    kernel.fill = slow_fill;
    rig_init(&rig, &kernel, serial(), 1, "whole", "70");
    CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, NULL), 0);
    CU_ASSERT_TRUE(samples[0].e2e_ns < SLOW_NS);
    CU_ASSERT_TRUE(samples[0].region_ns < SLOW_NS);
    samples_free(samples, protocol.samples);
    rig_release(&rig);
}

/* ---- the kernels of the registry ------------------------------------------------------------- */

static void measure_registered(const struct registered *at)
{
    const struct csw_protocol protocol = {.samples = 1};
    char *options = csw_options_text(at->kernel, at->choice);
    struct csw_sample *samples = NULL;
    struct csw_err err = {0};
    struct rig rig;

    registered_init(&rig, at);
    must_succeed(at, &err, csw_measure(&rig.setup, &protocol, &samples, &err));
    CHECK(at->kernel->name, strcmp(samples[0].options, options) == 0);
    samples_free(samples, protocol.samples);
    rig_release(&rig);
    free(options);
}

static int measure_choice(const uint8_t *choice, void *context, struct csw_err *err)
{
    struct registered at = *(const struct registered *)context;

    (void)err;
    at.choice = choice;
    measure_registered(&at);
    return 0;
}

static void measure_all_kernels_with(const struct csw_driver *driver, unsigned workers)
{
    for (size_t i = 0; csw_kernel_at(i); i++) {
        struct registered at = {csw_kernel_at(i), driver, workers, NULL};

        if (!csw_kernel_missing(at.kernel) &&
            (!driver->accepts || driver->accepts(at.kernel, NULL) == 0))
            each_choice(at.kernel, measure_choice, &at);
    }
}

/* Those included that take certain kernels, as long as they run them in this process. */
static void every_kernel_with_every_choice_is_measured_by_every_driver(void)
{
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++)
        if (entry->driver && !entry->driver->told)
            measure_all_kernels_with(entry->driver,
                                     entry->driver->flags & CSW_ONE_WORKER ? 1 : MANY_WORKERS);
}

/* ---- a team with a clock of its own ---------------------------------------------------------- */

#define TOLD_NS UINT64_C(7000000)

/* Every run takes 7 ms by it, whatever it takes. */
static void tell(struct csw_team *team, struct csw_told *ret_told)
{
    (void)team;
    *ret_told = (struct csw_told){.wall_ns = TOLD_NS,
                                  .cpu_ns = 2 * TOLD_NS,
                                  .switched = 3,
                                  .processes = 4,
                                  .pss_bytes = 5e6,
                                  .runtime = "Toy 1.0"};
}

static void check_told(const struct csw_sample *sample)
{
    CU_ASSERT_EQUAL(sample->region_ns, (double)TOLD_NS);
    CU_ASSERT_EQUAL(sample->first_ns, TOLD_NS);
    CU_ASSERT_EQUAL(sample->iterations, 3); /* of 7 ms in 21 */
    CU_ASSERT_EQUAL(sample->cpu_ns, 2.0 * (double)TOLD_NS);
    CU_ASSERT_EQUAL(sample->switched, 3);
    CU_ASSERT_EQUAL(sample->processes, 4);
    CU_ASSERT_EQUAL(sample->pss_bytes, 5e6);
    CU_ASSERT_STRING_EQUAL(sample->runtime, "Toy 1.0");
    CU_ASSERT_STRING_EQUAL(sample->settings, "file=toy");
    CU_ASSERT_TRUE(sample->worker[0].end_ns >= sample->worker[0].start_ns);
}

static void a_team_with_a_clock_of_its_own_is_timed_by_it(void)
{
    const struct csw_protocol protocol = {.samples = 2, .min_ns = UINT64_C(21000000)};
    struct csw_driver driver = *serial();
    struct csw_sample *samples = NULL;
    struct rig rig;

    driver.told = tell;
    rig_init(&rig, &sevens, &driver, 1, "dynamic:1", TASKS);
    rig.setup.settings = "file=toy";
    CU_ASSERT_EQUAL_FATAL(csw_measure(&rig.setup, &protocol, &samples, NULL), 0);
    for (uint64_t i = 0; i < protocol.samples; i++)
        check_told(&samples[i]);
    samples_free(samples, protocol.samples);
    rig_release(&rig);
}

static const struct test tests[] = {
    TEST(every_driver_gives_samples_that_hold_together),
    TEST(a_sample_without_a_least_duration_is_one_run),
    TEST(every_driver_tells_what_memory_its_team_takes),
    TEST(what_was_asked_for_and_cannot_be_stands_in_the_sample),
    TEST(data_that_cannot_be_placed_are_not_measured),
    TEST(a_wrong_result_gives_no_sample_and_a_sentence_with_both_numbers),
    TEST(a_result_that_is_wrong_once_gives_no_sample_either),
    TEST(a_run_that_fails_gives_no_sample_and_what_the_driver_said),
    TEST(a_team_that_cannot_be_opened_gives_no_sample_and_what_the_driver_said),
    TEST(a_driver_of_one_worker_is_refused_with_two),
    TEST(every_item_is_filled_once_by_the_workers_before_any_is_scanned),
    TEST(a_scan_or_a_driver_that_misses_data_is_refused),
    TEST(filling_is_in_no_recorded_time),
    TEST(every_kernel_with_every_choice_is_measured_by_every_driver),
    TEST(a_team_with_a_clock_of_its_own_is_timed_by_it),
};

int main(void)
{
    return RUN_TESTS("measure", tests);
}
