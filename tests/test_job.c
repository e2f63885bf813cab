/*
 * test_job.c - however a job is cut and handed out, every item is worked on exactly once: for every
 * schedule, team size and workload, with a witness kernel that would notice a single item skipped
 * or repeated. And a job closes what it opened, whenever it fails.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/job.h>

#include "suite.h"

#define MAX_TEAM 64u

/* A job with more units than this is walked in large steps only. */
#define PATIENCE 100000u

#define THREES "3,3,3,3,3,3,3,3,3,3"
#define HUNDRED_THREES                                                                             \
    THREES "," THREES "," THREES "," THREES "," THREES "," THREES "," THREES "," THREES "," THREES \
           "," THREES

/* The last one is for kernels whose scan takes no time. */
static const char *const workloads[] = {
    "0", "1", "5", "1,0,7", "1000,2000,5000,3000,100", HUNDRED_THREES, "18446744073709551615",
};

static const char *const schedules[] = {
    "whole",        "static",       "dynamic", "dynamic:1", "dynamic:7",
    "dynamic:1000", "dynamic:1e15", "guided",  "guided:1",  "guided:7",
};

static const unsigned teams[] = {1, 2, 3, 7, MAX_TEAM};

/* ---- the witness ---------------------------------------------------------------------------- */

/* What was asked of the witness kernel since reset_witness. */
static struct {
    unsigned opened, closed, scans;
    unsigned fails_at; /* open fails when this many tasks are open already */
} witness;

static void reset_witness(unsigned fails_at)
{
    memset(&witness, 0, sizeof witness);
    witness.fails_at = fails_at;
}

/* No two items of no two tasks add the same to the digest (SplitMix64). */
static uint64_t mark(uint64_t n, uint64_t item)
{
    uint64_t z = item + n * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int witness_open(void **ret_state, const struct csw_task *task, struct csw_err *err)
{
    if (witness.opened == witness.fails_at)
        return csw_fail(err, -EIO, "the witness was told to fail");
    struct csw_task *state = malloc(sizeof *state);

    if (!state)
        return csw_fail(err, -ENOMEM, "no memory for a witness");
    *state = *task;
    *ret_state = state;
    witness.opened++;
    return 0;
}

static void witness_close(void *state)
{
    free(state);
    witness.closed++;
}

static struct csw_tally witness_expect(const void *state, uint64_t lo, uint64_t hi)
{
    const struct csw_task *task = state;
    struct csw_tally tally = {0};

    for (uint64_t item = lo; item < hi; item++) {
        tally.items++;
        tally.digest += mark(task->n, item);
    }
    return tally;
}

static struct csw_tally witness_scan(const void *state, uint64_t lo, uint64_t hi)
{
    witness.scans++;
    return witness_expect(state, lo, hi);
}

#define WITNESS                                                                                    \
    .abi = CSW_KERNEL_ABI, .name = "witness", .open = witness_open, .close = witness_close,        \
    .scan = witness_scan

static const struct csw_kernel witness_kernel = {WITNESS};
static const struct csw_kernel witness_with_closed_form = {WITNESS, .expect = witness_expect};

/* ---- jobs of every kind --------------------------------------------------------------------- */

struct given {
    struct csw_workload workload;
    struct csw_job *job;
    unsigned __int128 documented; /* units by job.h; 0 where it says "about" */
    char row[120];                /* names the job where a check fails */
};

/* Wide enough for what is refused. */
static unsigned __int128 documented_units(const struct csw_workload *workload,
                                          const struct csw_schedule *schedule, unsigned workers)
{
    unsigned __int128 units = 0;

    if (schedule->handout == CSW_WHOLE)
        return workload->count;
    if (schedule->handout == CSW_STATIC)
        return workload->count * workers;
    if (schedule->chunk == 0)
        return 0;
    for (size_t i = 0; i < workload->count; i++) {
        const unsigned __int128 n = workload->tasks[i].n;

        units += n > 0 ? (n + schedule->chunk - 1) / schedule->chunk : 1;
    }
    return units;
}

static int open_job(struct given *ret_given, const struct csw_kernel *kernel, const char *tasks,
                    const char *schedule_text, unsigned workers, struct csw_err *err)
{
    struct csw_schedule schedule = {0};

    *ret_given = (struct given){0};
    snprintf(ret_given->row, sizeof ret_given->row, "%s on %.30s, %s, %u workers", kernel->name,
             tasks, schedule_text, workers);
    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&ret_given->workload, tasks, err), 0);
    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&schedule, schedule_text, err), 0);
    ret_given->documented = documented_units(&ret_given->workload, &schedule, workers);
    return csw_job_open(&ret_given->job, kernel, &ret_given->workload, &schedule, workers, err);
}

static void close_job(struct given *given)
{
    csw_job_close(given->job);
    csw_workload_release(&given->workload);
}

typedef void job_check(const struct given *);

static void check_one_job(const struct csw_kernel *kernel, const char *tasks, const char *schedule,
                          unsigned workers, job_check *check)
{
    struct given given;
    struct csw_err err = {0};
    const int code = open_job(&given, kernel, tasks, schedule, workers, &err);
    const bool too_many = given.documented > (UINT64_C(1) << 32);

    CHECK(given.row, code == (too_many ? -EINVAL : 0));
    if (code == 0)
        check(&given);
    close_job(&given);
}

/* Calls `check` for every schedule x team x the first `count` workloads. */
static void for_each_job(const struct csw_kernel *kernel, size_t count, job_check *check)
{
    for (size_t w = 0; w < count; w++)
        for (size_t s = 0; s < COUNT(schedules); s++)
            for (size_t t = 0; t < COUNT(teams); t++)
                check_one_job(kernel, workloads[w], schedules[s], teams[t], check);
}

static void for_each_job_of_both_kernels(job_check *check)
{
    reset_witness(UINT_MAX);
    for_each_job(csw_kernel_find("count"), COUNT(workloads), check);
    for_each_job(&witness_kernel, COUNT(workloads) - 1, check);
    CU_ASSERT_EQUAL(witness.opened, witness.closed);
}

/* ---- walking -------------------------------------------------------------------------------- */

/* One share that went through all units, `step` at a time. */
static struct csw_share walk(const struct csw_job *job, uint64_t step)
{
    struct csw_share share;

    csw_share_begin(job, &share);
    for (uint64_t first = 0, last; first < job->units; first = last) {
        last = job->units - first < step ? job->units : first + step;
        csw_chunk(job, first, last, &share);
    }
    csw_share_end(job, &share);
    return share;
}

static void check_walks(const struct given *given)
{
    const struct csw_job *job = given->job;
    const uint64_t steps[] = {1, 2, 5, job->units / 2 + 1, job->units, UINT64_MAX};

    for (size_t i = 0; i < COUNT(steps); i++) {
        if (job->units / steps[i] > PATIENCE)
            continue;
        const struct csw_share share = walk(job, steps[i]);

        CHECK(given->row, csw_tally_equal(&share.tally, &job->expect));
        CHECK(given->row, steps[i] > 1 || share.chunks == job->units);
        CHECK(given->row, steps[i] < job->units || share.chunks == job->tasks);
    }
}

static void every_walk_through_the_units_gives_what_is_expected(void)
{
    for_each_job_of_both_kernels(check_walks);
}

static struct csw_share shares[MAX_TEAM];

/* All workers of the team, one after the other. */
static void work_as_a_team(const struct csw_job *job, struct csw_tally *ret_sum,
                           uint64_t *ret_chunks)
{
    static struct csw_range ranges[MAX_TEAM];

    csw_deal(job, ranges);
    *ret_sum = (struct csw_tally){0};
    *ret_chunks = 0;
    for (unsigned worker = 0; worker < job->workers; worker++) {
        csw_work(job, worker, ranges, &shares[worker]);
        csw_tally_add(ret_sum, &shares[worker].tally);
        *ret_chunks += shares[worker].chunks;
    }
}

static void check_team(const struct given *given)
{
    const struct csw_job *job = given->job;
    const enum csw_handout handout = job->schedule.handout;
    struct csw_tally sum;
    uint64_t chunks;

    if (job->units > PATIENCE && handout != CSW_GUIDED)
        return;
    for (unsigned again = 0; again < 2; again++) {
        work_as_a_team(job, &sum, &chunks);
        CHECK(given->row, csw_tally_equal(&sum, &job->expect));
        CHECK(given->row, handout == CSW_GUIDED || chunks == job->units);
    }
}

static void the_shares_of_a_team_add_up_to_what_is_expected(void)
{
    for_each_job_of_both_kernels(check_team);
}

static void guided_takes_its_share_of_what_remains(void)
{
    static const uint64_t taken_by_three[] = {334, 222, 148, 99, 66};
    struct given given;
    struct csw_err err;
    struct csw_range range = {0};

    CU_ASSERT_EQUAL_FATAL(open_job(&given, csw_kernel_find("count"), "1000", "guided:1", 3, &err),
                          0);
    csw_deal(given.job, &range);
    csw_work(given.job, 0, &range, &shares[0]);
    uint64_t left = 1000, chunks = 0;

    for (; left > 0; chunks++) {
        const uint64_t take = (left + 2) / 3;

        CU_ASSERT_TRUE(chunks >= COUNT(taken_by_three) || take == taken_by_three[chunks]);
        left -= take;
    }
    CU_ASSERT_EQUAL(shares[0].chunks, chunks);
    close_job(&given);
}

/* ---- cutting -------------------------------------------------------------------------------- */

/* "About 1024 in all": within a factor of two where there are as many items, one more per task. */
static bool about_1024(const struct csw_job *job)
{
    uint64_t items = 0;

    for (size_t i = 0; i < job->tasks; i++)
        items += job->parts[i].n;
    return job->units >= (items < 512 ? items : 512) && job->units <= 1024 + job->tasks;
}

static void check_units(const struct given *given)
{
    CHECK(given->row,
          given->documented > 0 ? given->job->units == given->documented : about_1024(given->job));
    CHECK(given->row, given->job->tasks == given->workload.count);
}

static void tasks_are_cut_into_as_many_units_as_documented(void)
{
    for_each_job_of_both_kernels(check_units);
}

static uint64_t items_of_unit(const struct csw_job *job, uint64_t unit)
{
    struct csw_share share;

    csw_share_begin(job, &share);
    csw_chunk(job, unit, unit + 1, &share);
    return share.tally.items;
}

static void check_pieces(const struct given *given)
{
    const struct csw_job *job = given->job;

    if (job->units > PATIENCE)
        return;
    for (size_t i = 0; i < job->tasks; i++) {
        const struct csw_part *part = &job->parts[i];
        uint64_t least = UINT64_MAX, most = 0;

        for (uint64_t k = 0; k < part->pieces; k++) {
            const uint64_t items = items_of_unit(job, part->first_unit + k);

            least = items < least ? items : least;
            most = items > most ? items : most;
        }
        CHECK(given->row, most - least <= 1);
        CHECK(given->row, job->schedule.chunk == 0 || most <= job->schedule.chunk);
    }
}

static void pieces_of_a_task_differ_by_one_item_at_most(void)
{
    for_each_job_of_both_kernels(check_pieces);
}

static void check_static(const struct given *given)
{
    const struct csw_job *job = given->job;
    struct csw_tally sum;
    uint64_t chunks;

    if (job->schedule.handout != CSW_STATIC)
        return;
    work_as_a_team(job, &sum, &chunks);
    for (unsigned worker = 0; worker < job->workers; worker++) {
        struct csw_share share;

        csw_share_begin(job, &share);
        for (size_t i = 0; i < job->tasks; i++) {
            const uint64_t unit = job->parts[i].first_unit + worker;

            csw_chunk(job, unit, unit + 1, &share);
        }
        CHECK(given->row, csw_tally_equal(&share.tally, &shares[worker].tally));
        CHECK(given->row, shares[worker].chunks == job->tasks);
    }
}

static void static_gives_piece_w_of_every_task_to_worker_w(void)
{
    for_each_job_of_both_kernels(check_static);
}

/* ---- what is expected, opened and closed ---------------------------------------------------- */

static struct csw_tally witnessed(const struct csw_workload *workload)
{
    struct csw_tally sum = {0};

    for (size_t i = 0; i < workload->count; i++) {
        const struct csw_task *task = &workload->tasks[i];
        const struct csw_tally tally = witness_expect(task, 0, task->n);

        csw_tally_add(&sum, &tally);
    }
    return sum;
}

static void without_a_closed_form_one_serial_scan_tells_what_to_expect(void)
{
    static const struct {
        const struct csw_kernel *kernel;
        unsigned scans;
    } rows[] = {{&witness_kernel, 3}, {&witness_with_closed_form, 0}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct given given;
        struct csw_err err;

        reset_witness(UINT_MAX);
        CU_ASSERT_EQUAL_FATAL(open_job(&given, rows[i].kernel, "9,0,500", "dynamic:4", 2, &err), 0);
        const struct csw_tally expect = witnessed(&given.workload);

        CU_ASSERT_EQUAL(witness.scans, rows[i].scans);
        CU_ASSERT_TRUE(csw_tally_equal(&given.job->expect, &expect));
        close_job(&given);
    }
}

static void a_job_that_was_only_cut_was_not_scanned_and_expects_nothing(void)
{
    static const struct csw_tally nothing = {0};
    const struct csw_schedule schedule = {.handout = CSW_DYNAMIC, .chunk = 4};
    struct given given = {0};

    reset_witness(UINT_MAX);
    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&given.workload, "9,0,500", NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        csw_job_cut(&given.job, &witness_kernel, &given.workload, &schedule, 2, NULL), 0);
    CU_ASSERT_EQUAL(witness.scans, 0);
    CU_ASSERT_TRUE(csw_tally_equal(&given.job->expect, &nothing));
    CU_ASSERT_EQUAL(given.job->units, 3 + 1 + 125);
    close_job(&given);
}

static void every_state_is_closed_once(void)
{
    struct given given;
    struct csw_err err;

    reset_witness(UINT_MAX);
    CU_ASSERT_EQUAL_FATAL(open_job(&given, &witness_kernel, "9,0,500,9", "static", 3, &err), 0);
    CU_ASSERT_EQUAL(witness.opened, 4);
    walk(given.job, 1);
    CU_ASSERT_EQUAL(witness.closed, 0);
    close_job(&given);
    CU_ASSERT_EQUAL(witness.opened, 4);
    CU_ASSERT_EQUAL(witness.closed, 4);
    csw_job_close(NULL);
}

static void a_task_that_cannot_be_opened_closes_those_before_it(void)
{
    for (unsigned fails_at = 0; fails_at < 4; fails_at++) {
        struct given given;
        struct csw_err err = {0};

        reset_witness(fails_at);
        CU_ASSERT_EQUAL(open_job(&given, &witness_kernel, "9,0,500,9", "dynamic", 3, &err), -EIO);
        CU_ASSERT_STRING_EQUAL(err.text, "the witness was told to fail");
        CU_ASSERT_PTR_NULL(given.job);
        CU_ASSERT_EQUAL(witness.opened, fails_at);
        CU_ASSERT_EQUAL(witness.closed, fails_at);
        CU_ASSERT_EQUAL(witness.scans, 0);
        close_job(&given);
    }
}

static void too_many_units_are_refused_before_anything_is_opened(void)
{
    struct given given;
    struct csw_err err = {0};

    reset_witness(UINT_MAX);
    CU_ASSERT_EQUAL(open_job(&given, &witness_kernel, "18446744073709551615,18446744073709551615",
                             "dynamic:1", 1, &err),
                    -EINVAL);
    CU_ASSERT_EQUAL(witness.opened, 0);
    CU_ASSERT_EQUAL(witness.closed, 0);
    CU_ASSERT_EQUAL(witness.scans, 0);
    close_job(&given);
}

/* ---- refusals ------------------------------------------------------------------------------- */

static bool never_usable(void)
{
    return false;
}

static const struct csw_kernel unusable_kernel = {WITNESS, .usable = never_usable};
static const struct csw_kernel small_kernel = {WITNESS, .max_n = 100};
static const struct csw_kernel large_kernel = {WITNESS, .item_bytes = UINT64_C(1) << 40};
static const struct csw_kernel undivided_kernel = {WITNESS, .flags = CSW_INDIVISIBLE};

static const struct refusal {
    const struct csw_kernel *kernel;
    const char *tasks, *schedule;
    int code;
    const char *reason;
} refusals[] = {
    {&small_kernel, "101", "static", -EINVAL, "task 101 is too large for kernel 'witness'"},
    {&small_kernel, "5,100,1e9", "whole", -EINVAL, "task 1000000000 is too large"},
    {&small_kernel, "101", "whole", -EINVAL, "up to 100"},
    {&large_kernel, "1,1,1,1e6", "whole", -EINVAL, "for each of 1000003 items, do not fit"},
    {&undivided_kernel, "5", "static", -EINVAL, "cannot be divided"},
    {&undivided_kernel, "5", "dynamic", -EINVAL, "--schedule whole"},
    {&undivided_kernel, "5", "guided:7", -EINVAL, "kernel 'witness'"},
    {&unusable_kernel, "5", "whole", -ENOTSUP, "kernel 'witness' cannot run here"},
};

static void what_does_not_fit_together_is_refused_before_anything_is_opened(void)
{
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct given given;
        struct csw_err err = {0};

        reset_witness(UINT_MAX);
        const int code = open_job(&given, row->kernel, row->tasks, row->schedule, 2, &err);

        CHECK(given.row, code == row->code && err.code == row->code);
        CHECK(given.row, strstr(err.text, row->reason) != NULL);
        CHECK(given.row, !given.job && witness.opened == 0);
        close_job(&given);
    }
}

static void kernels_of_the_registry_refuse_what_they_cannot_do_exactly(void)
{
    static const struct {
        const char *kernel, *tasks, *schedule;
        int code;
    } rows[] = {
        {"trial", "4294967296", "dynamic", 0},
        {"trial", "4294967297", "dynamic", -EINVAL},
        {"trial", "5,18446744073709551615", "whole", -EINVAL},
        {"count", "18446744073709551615", "whole", 0},
        {"sleep", "5", "whole", 0},
        {"sleep", "5", "dynamic", -EINVAL},
        {"sleep", "1e9", "whole", -EINVAL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct given given;
        struct csw_err err = {0};
        const int code = open_job(&given, csw_kernel_find(rows[i].kernel), rows[i].tasks,
                                  rows[i].schedule, 2, &err);

        CHECK(given.row, code == rows[i].code);
        CHECK(given.row, err.code == code && (code == 0 || *err.text));
        close_job(&given);
    }
}

static void up_to_2_to_31_units_are_taken(void)
{
    static const struct {
        const char *tasks, *schedule;
        uint64_t units; /* 0: refused */
    } rows[] = {
        {"4294967296", "dynamic:2", UINT64_C(1) << 31},
        {"4294967295,1", "dynamic:2", 0},
        {"1,18446744073709551615", "guided:2", 0},
        {"5,18446744073709551615", "dynamic:1", 0},
        {"2147483648", "dynamic:1", UINT64_C(1) << 31},
        {"2147483649", "dynamic:1", 0},
        {"18446744073709551615,18446744073709551615", "dynamic:1", 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct given given;
        struct csw_err err = {0};
        const int code =
            open_job(&given, csw_kernel_find("count"), rows[i].tasks, rows[i].schedule, 1, &err);

        CHECK(given.row, code == (rows[i].units ? 0 : -EINVAL));
        CHECK(given.row, code < 0 ? !given.job && strstr(err.text, "more than 2147483648 units")
                                  : given.job && given.job->units == rows[i].units);
        close_job(&given);
    }
}

/* ---- stamps --------------------------------------------------------------------------------- */

static void an_unstamped_job_notes_no_times(void)
{
    struct given given;
    struct csw_err err;
    struct csw_range range = {0};

    CU_ASSERT_EQUAL_FATAL(open_job(&given, csw_kernel_find("count"), "1000", "dynamic", 1, &err),
                          0);
    given.job->stamped = false;
    memset(&shares[0], 0xff, sizeof shares[0]);
    csw_deal(given.job, &range);
    csw_work(given.job, 0, &range, &shares[0]);
    CU_ASSERT_TRUE(csw_tally_equal(&shares[0].tally, &given.job->expect));
    CU_ASSERT_EQUAL(shares[0].start_ns, 0);
    CU_ASSERT_EQUAL(shares[0].end_ns, 0);
    CU_ASSERT_EQUAL(shares[0].cpu_ns, 0);
    CU_ASSERT_EQUAL(shares[0].preempted, 0);
    CU_ASSERT_EQUAL(shares[0].cpu, -1);
    CU_ASSERT_EQUAL(shares[0].pid, 0);
    close_job(&given);
}

static void a_stamped_job_notes_start_end_and_cpu_time(void)
{
    struct given given;
    struct csw_err err;
    struct csw_range range = {0};

    CU_ASSERT_EQUAL_FATAL(open_job(&given, csw_kernel_find("spin"), "2000", "dynamic", 1, &err), 0);
    CU_ASSERT_TRUE(given.job->stamped);
    memset(&shares[0], 0xff, sizeof shares[0]);
    csw_deal(given.job, &range);
    csw_work(given.job, 0, &range, &shares[0]);
    CU_ASSERT_TRUE(csw_tally_equal(&shares[0].tally, &given.job->expect));
    CU_ASSERT_TRUE(shares[0].start_ns > 0);
    CU_ASSERT_TRUE(shares[0].start_ns < shares[0].end_ns);
    CU_ASSERT_TRUE(shares[0].cpu_ns > 0);
    CU_ASSERT_TRUE((int64_t)shares[0].cpu_ns > 0);
    CU_ASSERT_TRUE((int64_t)shares[0].preempted >= 0);
    CU_ASSERT_TRUE(shares[0].cpu >= 0);
    CU_ASSERT_EQUAL(shares[0].pid, getpid());
    close_job(&given);
}

/* ---- listing -------------------------------------------------------------------------------- */

/* Runs the job's units in one go, first to count every unit's hits, then to write them. */
static void list_hits(struct csw_job *job, uint64_t *counts, uint64_t *starts, uint64_t *hits)
{
    uint64_t next = 0;

    job->listing = (struct csw_listing){.unit_hits = counts};
    walk(job, job->units);
    for (uint64_t unit = 0; unit < job->units; unit++) {
        starts[unit] = next;
        next += counts[unit];
    }
    starts[job->units] = next;
    job->listing = (struct csw_listing){.hits = hits, .unit_start = starts};
    const struct csw_share share = walk(job, job->units);

    CU_ASSERT_EQUAL(share.tally.items, job->expect.items);
    CU_ASSERT_EQUAL(share.tally.hits, job->expect.hits);
    CU_ASSERT_EQUAL(share.tally.digest, job->expect.digest);
    CU_ASSERT_EQUAL(share.chunks, job->units);
}

static void listed_hits_stand_in_the_order_of_tasks(void)
{
    static const uint64_t squares[] = {1, 1, 4, 1, 4, 9, 16, 25};
    struct given given;
    struct csw_err err;
    uint64_t counts[40], starts[40], hits[COUNT(squares) + 1] = {[COUNT(squares)] = 42};

    CU_ASSERT_EQUAL_FATAL(
        open_job(&given, csw_kernel_find("sqrt"), "1,0,7,26", "dynamic:3", 2, &err), 0);
    CU_ASSERT_EQUAL_FATAL(given.job->expect.hits, COUNT(squares));
    CU_ASSERT_TRUE_FATAL(given.job->units < COUNT(starts));
    list_hits(given.job, counts, starts, hits);
    CU_ASSERT_EQUAL(memcmp(hits, squares, sizeof squares), 0);
    CU_ASSERT_EQUAL(hits[COUNT(squares)], 42);
    close_job(&given);
}

static const struct test tests[] = {
    TEST(every_walk_through_the_units_gives_what_is_expected),
    TEST(the_shares_of_a_team_add_up_to_what_is_expected),
    TEST(guided_takes_its_share_of_what_remains),
    TEST(tasks_are_cut_into_as_many_units_as_documented),
    TEST(pieces_of_a_task_differ_by_one_item_at_most),
    TEST(static_gives_piece_w_of_every_task_to_worker_w),
    TEST(without_a_closed_form_one_serial_scan_tells_what_to_expect),
    TEST(a_job_that_was_only_cut_was_not_scanned_and_expects_nothing),
    TEST(every_state_is_closed_once),
    TEST(a_task_that_cannot_be_opened_closes_those_before_it),
    TEST(too_many_units_are_refused_before_anything_is_opened),
    TEST(what_does_not_fit_together_is_refused_before_anything_is_opened),
    TEST(kernels_of_the_registry_refuse_what_they_cannot_do_exactly),
    TEST(up_to_2_to_31_units_are_taken),
    TEST(an_unstamped_job_notes_no_times),
    TEST(a_stamped_job_notes_start_end_and_cpu_time),
    TEST(listed_hits_stand_in_the_order_of_tasks),
};

int main(void)
{
    return RUN_TESTS("job", tests);
}
