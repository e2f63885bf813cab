/*
 * test_measure.c - a measurement holds together and is refused as a whole as soon as one run is
 * wrong; every driver lists the same hits in the same order; data are filled once, by the workers.
 */
#include <coresweep/measure.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "choices.h"
#include "suite.h"

#define MANY_WORKERS 3

/* ---- kernels -------------------------------------------------------------------------------- */

/* The hits are the multiples of 7; there is no closed form. */
static bool is_hit(uint64_t item)
{
    return item % 7 == 0;
}

static struct csw_tally sevens_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = {.items = hi - lo, .work = 2 * (hi - lo)};

    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        if (is_hit(item)) {
            tally.hits++;
            tally.digest += item;
        }
    return tally;
}

static size_t sevens_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    size_t count = 0;

    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        if (is_hit(item))
            ret_hits[count++] = item;
    return count;
}

static const struct csw_kernel sevens = {
    .abi = CSW_KERNEL_ABI, .name = "sevens", .scan = sevens_scan, .list = sevens_list};

/* Claims one hit more than scan finds. */
static struct csw_tally one_more_expect(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = sevens_scan(state, lo, hi);

    tally.hits++;
    return tally;
}

static const struct csw_kernel one_missing = {.abi = CSW_KERNEL_ABI,
                                              .name = "one_missing",
                                              .scan = sevens_scan,
                                              .list = sevens_list,
                                              .expect = one_more_expect};

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

/* Counts the hits, without a digest of them. */
static struct csw_tally counted_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = sevens_scan(state, lo, hi);

    tally.digest = 0;
    return tally;
}

/* ---- a kernel whose items are data ----------------------------------------------------------- */

/* Value i is 3 i + 1, and a hit where 7 divides it: where i is 2 mod 7. */
struct ledger {
    uint64_t n, early; /* scans of an item without data */
    struct {
        uint64_t value, fills;
        pid_t filler;
    } item[];
};

/* What the last ledger was when it was closed. */
static struct {
    bool each_once;
    uint64_t early;
    unsigned fillers;
} audit;

static size_t ledger_bytes(uint64_t n)
{
    const struct ledger *ledger = NULL;

    return sizeof *ledger + n * sizeof ledger->item[0];
}

static int ledger_open(void **ret_state, const struct csw_task *task, struct csw_err *err)
{
    struct ledger *ledger = mmap(NULL, ledger_bytes(task->n), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (ledger == MAP_FAILED)
        return csw_fail(err, -ENOMEM, "no memory for a ledger");
    ledger->n = task->n;
    *ret_state = ledger;
    return 0;
}

static unsigned count_fillers(const struct ledger *ledger)
{
    pid_t known[64];
    unsigned count = 0;

    for (uint64_t i = 0; i < ledger->n && count < COUNT(known); i++) {
        unsigned k = 0;

        while (k < count && known[k] != ledger->item[i].filler)
            k++;
        if (k == count)
            known[count++] = ledger->item[i].filler;
    }
    return count;
}

static void ledger_close(void *state)
{
    struct ledger *ledger = state;

    audit.each_once = true;
    for (uint64_t i = 0; i < ledger->n; i++)
        audit.each_once = audit.each_once && ledger->item[i].fills == 1;
    audit.early = ledger->early;
    audit.fillers = count_fillers(ledger);
    munmap(ledger, ledger_bytes(ledger->n));
}

static struct csw_tally ledger_fill(void *state, uint64_t lo, uint64_t hi)
{
    struct ledger *ledger = state;
    struct csw_tally tally = {.items = hi - lo, .work = 2 * (hi - lo)};

    for (uint64_t item = lo; item < hi; item++) {
        ledger->item[item].value = 3 * item + 1;
        ledger->item[item].fills++;
        ledger->item[item].filler = gettid();
        tally.hits += item % 7 == 2;
        tally.digest += item % 7 == 2 ? 3 * item + 1 : 0;
    }
    return tally;
}

static struct csw_tally ledger_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct ledger *ledger = (struct ledger *)state;
    struct csw_tally tally = {.items = hi - lo, .work = 2 * (hi - lo)};

    for (uint64_t item = lo; item < hi; item++) {
        if (ledger->item[item].fills == 0)
            __atomic_add_fetch(&ledger->early, 1, __ATOMIC_RELAXED);
        if (ledger->item[item].value % 7 == 0) {
            tally.hits++;
            tally.digest += ledger->item[item].value;
        }
    }
    return tally;
}

static size_t ledger_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const struct ledger *ledger = state;
    size_t count = 0;

    for (uint64_t item = lo; item < hi; item++)
        if (ledger->item[item].value % 7 == 0)
            ret_hits[count++] = ledger->item[item].value;
    return count;
}

static const struct csw_kernel ledger_kernel = {
    .abi = CSW_KERNEL_ABI,
    .name = "ledger",
    .open = ledger_open,
    .scan = ledger_scan,
    .list = ledger_list,
    .fill = ledger_fill,
    .close = ledger_close,
};

/* Misses the first hit of all, item 2. */
static struct csw_tally careless_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = ledger_scan(state, lo < 3 ? 3 : lo, hi < 3 ? 3 : hi);

    tally.items = hi - lo;
    tally.work = 2 * (hi - lo);
    return tally;
}

/* Leaves one item out, as a driver would that lost a unit; scan leaves out the same. */
static struct csw_tally partial_fill(void *state, uint64_t lo, uint64_t hi)
{
    return ledger_fill(state, lo, lo < hi ? hi - 1 : hi);
}

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

/* ---- what is measured ----------------------------------------------------------------------- */

struct rig {
    struct csw_topo *topo;
    struct csw_placement placement;
    struct csw_workload workload;
    struct csw_setup setup;
};

static void rig_init(struct rig *rig, const struct csw_kernel *kernel,
                     const struct csw_driver *driver, unsigned workers, const char *schedule,
                     const char *tasks)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(driver);
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&rig->topo, "core:8 pu:1", NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_placement_init(&rig->placement, rig->topo, "none", workers, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&rig->workload, tasks, NULL), 0);
    rig->setup = (struct csw_setup){.kernel = kernel,
                                    .driver = driver,
                                    .workload = &rig->workload,
                                    .placement = &rig->placement};
    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&rig->setup.schedule, schedule, NULL), 0);
}

static void rig_release(struct rig *rig)
{
    csw_workload_release(&rig->workload);
    csw_placement_release(&rig->placement);
    csw_topo_close(rig->topo);
}

static const struct csw_driver *serial(void)
{
    return csw_driver_find("serial")->driver;
}

/* Visits every driver of this build with a team as large as it can have, up to MANY_WORKERS. */
static void each_driver(void (*visit)(const struct csw_driver *, unsigned workers))
{
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++)
        if (entry->driver)
            visit(entry->driver, entry->driver->flags & CSW_ONE_WORKER ? 1 : MANY_WORKERS);
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
    CU_ASSERT_TRUE(sample->open_ns > 0 && sample->close_ns > 0);
    CU_ASSERT_DOUBLE_EQUAL(sample->e2e_ns,
                           (double)(sample->open_ns + sample->first_ns + sample->close_ns), 0.5);
    CU_ASSERT_TRUE(isnan(sample->process_ns));
}

/* 14 ranges of 50, 1 that is empty, 1 of one item, 160 of 50. */
#define CHUNKS (14 + 1 + 1 + 160)

static void check_workers(const struct csw_sample *sample)
{
    uint64_t items = 0, chunks = 0;

    for (uint64_t w = 0; w < sample->workers; w++) {
        const struct csw_worker *worker = &sample->worker[w];

        items += worker->items;
        chunks += worker->chunks;
        CU_ASSERT_TRUE(sample->started_ns <= worker->start_ns);
        CU_ASSERT_TRUE(worker->start_ns <= worker->end_ns);
        CU_ASSERT_EQUAL(worker->pu, CSW_PU_ANY);
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
        check_workers(&samples[i]);
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
    struct csw_lists lists;
    struct rig rig;

    must_be_refused(&sevens, serial(), 2, -EINVAL, &err);
    must_say(err.text, "'serial' has one worker, not 2");
    rig_init(&rig, &sevens, serial(), 2, "whole", "70");
    CU_ASSERT_EQUAL(csw_lists_init(&lists, &rig.setup, &err), -EINVAL);
    rig_release(&rig);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static const char *const schedules[] = {"whole",     "static", "dynamic", "dynamic:1",
                                        "dynamic:7", "guided", "guided:3"};

/* The hits of task t are first(0), first(1) ... : count[t] of them. */
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

/* A sentence of the tutorial: all perfect squares in 1..n for each of these five. */
#define TUTORIAL "1000,2000,5000,3000,100"
static const uint64_t tutorial_counts[] = {31, 44, 70, 54, 10};

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
    CU_ASSERT_EQUAL(lists->total_bytes, (start > 0 ? start : 1) * sizeof *lists->hits);
}

static void list_under_every_schedule(const struct listing *listing,
                                      const struct csw_driver *driver, unsigned workers)
{
    for (size_t s = 0; s < COUNT(schedules); s++) {
        struct csw_lists lists = {0};
        struct csw_err err = {0};
        struct rig rig;

        rig_init(&rig, listing->kernel, driver, workers, schedules[s], listing->tasks);
        const int code = csw_lists_init(&lists, &rig.setup, &err);

        if (code < 0)
            fprintf(stderr, "\n    %s, schedule %s: %s\n", driver->name, schedules[s], err.text);
        CU_ASSERT_EQUAL_FATAL(code, 0);
        CU_ASSERT_EQUAL(lists.tasks, rig.workload.count);
        check_lists(&lists, listing);
        csw_lists_release(&lists);
        rig_release(&rig);
    }
}

static void list_squares_with(const struct csw_driver *driver, unsigned workers)
{
    static const char *const kernels[] = {"trial", "sqrt", "roots", "count"};
    static const uint64_t tiny_counts[] = {0, 1, 0, 1, 2};

    for (size_t k = 0; k < COUNT(kernels); k++) {
        const struct csw_kernel *kernel = csw_kernel_find(kernels[k]);

        CU_ASSERT_PTR_NOT_NULL_FATAL(kernel);
        list_under_every_schedule(&(struct listing){kernel, TUTORIAL, tutorial_counts, square_of},
                                  driver, workers);
        list_under_every_schedule(&(struct listing){kernel, "0,1,0,3,4", tiny_counts, square_of},
                                  driver, workers);
    }
}

static void every_driver_and_schedule_lists_the_squares_of_the_tutorial(void)
{
    each_driver(list_squares_with);
}

static void list_sevens_with(const struct csw_driver *driver, unsigned workers)
{
    static const uint64_t counts[] = {10, 0, 1, 715}, no_counts[] = {0};

    list_under_every_schedule(&(struct listing){&sevens, "70,0,1,5000", counts, seven_of}, driver,
                              workers);
    list_under_every_schedule(&(struct listing){&sevens, "0", no_counts, seven_of}, driver,
                              workers);
}

static void a_kernel_without_a_closed_form_is_listed_too(void)
{
    each_driver(list_sevens_with);
}

static void a_kernel_that_lists_nothing_is_refused(void)
{
    struct csw_lists lists;
    struct csw_err err = {0};
    struct rig rig;

    rig_init(&rig, &fifth_wrong, serial(), 1, "whole", "70");
    CU_ASSERT_EQUAL(csw_lists_init(&lists, &rig.setup, &err), -ENOTSUP);
    must_say(err.text, "'fifth_wrong'");
    rig_release(&rig);
}

static void list_counted_with(const struct csw_driver *driver, unsigned workers)
{
    static const uint64_t counts[] = {10, 0, 715};
    struct csw_kernel kernel = sevens;

    kernel.scan = counted_scan;
    list_under_every_schedule(&(struct listing){&kernel, "70,0,5000", counts, seven_of}, driver,
                              workers);
}

static void a_kernel_that_only_counts_is_listed_too(void)
{
    each_driver(list_counted_with);
}

/* 10 hits in ranges of 5 items: one in each or none. */
static void must_not_be_listed(const struct csw_kernel *kernel, const struct csw_driver *driver,
                               unsigned workers)
{
    static const struct csw_lists untouched = {.tasks = 12345};
    struct csw_lists lists = untouched;
    struct csw_err err = {0};
    struct rig rig;

    rig_init(&rig, kernel, driver, workers, "dynamic:5", "70");
    const int code = csw_lists_init(&lists, &rig.setup, &err);

    if (code != CSW_EWRONG)
        fprintf(stderr, "\n    %s listed '%s'\n", driver->name, kernel->name);
    CU_ASSERT_EQUAL(code, CSW_EWRONG);
    CU_ASSERT_EQUAL(err.code, CSW_EWRONG);
    CU_ASSERT_EQUAL(memcmp(&lists, &untouched, sizeof lists), 0);
    if (code == 0)
        csw_lists_release(&lists);
    rig_release(&rig);
}

static void refuse_lists_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = sevens;

    must_not_be_listed(&one_missing, driver, workers);
    kernel.name = "forgetful";
    kernel.list = forgetful_list;
    must_not_be_listed(&kernel, driver, workers);
    kernel.scan = counted_scan; /* how many there are of a unit is known all the same */
    must_not_be_listed(&kernel, driver, workers);
    kernel.name = "inexact";
    kernel.scan = sevens_scan;
    kernel.list = inexact_list;
    must_not_be_listed(&kernel, driver, workers);
}

static void a_list_that_is_not_what_scan_found_is_refused(void)
{
    each_driver(refuse_lists_of);
}

/* One worker: a list that overruns the room of its range would race with its neighbour. */
static void refuse_early_lists_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = sevens;

    (void)workers;
    kernel.name = "early";
    kernel.list = early_list;
    must_not_be_listed(&kernel, driver, 1);
    kernel.name = "padded";
    kernel.list = padded_list;
    must_not_be_listed(&kernel, driver, 1);
}

static void a_list_with_hits_in_other_ranges_than_scan_found_them_is_refused(void)
{
    each_driver(refuse_early_lists_of);
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

static uint64_t entry_of(uint64_t index)
{
    return 21 * index + 7;
}

static void list_ledger_with(const struct csw_driver *driver, unsigned workers)
{
    static const uint64_t counts[] = {10, 0, 0, 714};

    list_under_every_schedule(&(struct listing){&ledger_kernel, "70,0,1,5000", counts, entry_of},
                              driver, workers);
    CHECK(driver->name, audit.each_once && audit.early == 0);
}

static void data_that_were_filled_once_are_listed(void)
{
    each_driver(list_ledger_with);
}

static void refuse_wrong_data_of(const struct csw_driver *driver, unsigned workers)
{
    struct csw_kernel kernel = ledger_kernel;
    struct csw_err err;

    kernel.scan = careless_scan;
    must_be_refused(&kernel, driver, workers, CSW_EWRONG, &err);
    must_say(err.text, "gave 9 hits of 70 items");
    must_say(err.text, "instead of 10 of 70");
    must_not_be_listed(&kernel, driver, workers);
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

/* One kernel with one choice of its options under one driver. */
struct registered {
    const struct csw_kernel *kernel;
    const struct csw_driver *driver;
    unsigned workers;
    const uint8_t *choice;
};

static void registered_init(struct rig *rig, const struct registered *at)
{
    char schedule[CSW_SCHEDULE_TEXT_SIZE];
    const struct csw_schedule its_own = csw_schedule_default(at->kernel);

    csw_schedule_text(&its_own, schedule);
    rig_init(rig, at->kernel, at->driver, at->workers, schedule,
             at->kernel->flags & CSW_WAITS ? "1,0,2" : "7,0,300,1");
    csw_workload_choose(&rig->workload, at->choice);
}

static void must_succeed(const struct registered *at, const struct csw_err *err, int code)
{
    if (code < 0)
        fprintf(stderr, "\n    %s, %s: %s\n", at->kernel->name, at->driver->name, err->text);
    CU_ASSERT_EQUAL_FATAL(code, 0);
}

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

static void list_registered(const struct registered *at)
{
    const struct registered base = {at->kernel, serial(), 1, at->choice};
    struct csw_lists expected, lists;
    struct csw_err err = {0};
    struct rig rig;

    registered_init(&rig, &base);
    must_succeed(&base, &err, csw_lists_init(&expected, &rig.setup, &err));
    rig_release(&rig);
    registered_init(&rig, at);
    must_succeed(at, &err, csw_lists_init(&lists, &rig.setup, &err));
    rig_release(&rig);
    CU_ASSERT_EQUAL_FATAL(lists.total_bytes, expected.total_bytes);
    CHECK(at->kernel->name,
          memcmp(lists.count, expected.count, lists.tasks * sizeof *lists.count) == 0);
    CHECK(at->kernel->name, memcmp(lists.hits, expected.hits, lists.total_bytes) == 0);
    csw_lists_release(&expected);
    csw_lists_release(&lists);
}

static int measure_choice(const uint8_t *choice, void *context, struct csw_err *err)
{
    struct registered at = *(const struct registered *)context;

    (void)err;
    at.choice = choice;
    measure_registered(&at);
    if (at.kernel->list)
        list_registered(&at);
    return 0;
}

static void measure_all_kernels_with(const struct csw_driver *driver, unsigned workers)
{
    for (size_t i = 0; csw_kernel_at(i); i++) {
        struct registered at = {csw_kernel_at(i), driver, workers, NULL};

        if (!csw_kernel_missing(at.kernel))
            each_choice(at.kernel, measure_choice, &at);
    }
}

static void every_kernel_with_every_choice_is_measured_and_listed_by_every_driver(void)
{
    each_driver(measure_all_kernels_with);
}

static void releasing_no_lists_is_fine(void)
{
    struct csw_lists lists = {0};

    csw_lists_release(NULL);
    csw_lists_release(&lists);
    csw_lists_release(&lists);
}

static const struct test tests[] = {
    TEST(every_driver_gives_samples_that_hold_together),
    TEST(a_sample_without_a_least_duration_is_one_run),
    TEST(a_wrong_result_gives_no_sample_and_a_sentence_with_both_numbers),
    TEST(a_result_that_is_wrong_once_gives_no_sample_either),
    TEST(a_run_that_fails_gives_no_sample_and_what_the_driver_said),
    TEST(a_team_that_cannot_be_opened_gives_no_sample_and_what_the_driver_said),
    TEST(a_driver_of_one_worker_is_refused_with_two),
    TEST(every_driver_and_schedule_lists_the_squares_of_the_tutorial),
    TEST(a_kernel_without_a_closed_form_is_listed_too),
    TEST(a_kernel_that_only_counts_is_listed_too),
    TEST(a_kernel_that_lists_nothing_is_refused),
    TEST(a_list_that_is_not_what_scan_found_is_refused),
    TEST(a_list_with_hits_in_other_ranges_than_scan_found_them_is_refused),
    TEST(every_item_is_filled_once_by_the_workers_before_any_is_scanned),
    TEST(data_that_were_filled_once_are_listed),
    TEST(a_scan_or_a_driver_that_misses_data_is_refused),
    TEST(filling_is_in_no_recorded_time),
    TEST(every_kernel_with_every_choice_is_measured_and_listed_by_every_driver),
    TEST(releasing_no_lists_is_fine),
};

int main(void)
{
    return RUN_TESTS("measure", tests);
}
