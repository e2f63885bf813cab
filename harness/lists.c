/*
 * lists.c - see coresweep/lists.h. Every unit's hits are counted before any is written: each unit
 * then has a place of its own in one array, in input order, and whoever runs it writes there. No
 * lock, no copy, and a unit that finds another number than was counted is noticed at once.
 */
#include <coresweep/lists.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "machine.h"
#include "runner.h"

/* Room behind the last hit, address space alone: a kernel that lists more than was counted gets a
 * sentence where it would otherwise crash. */
#define OVERRUN (UINT64_C(1) << 20)

/* Numbers that forked workers write and the caller reads. NULL where there is no room for them. */
static uint64_t *map_shared(uint64_t count, size_t *ret_bytes)
{
    const size_t bytes = (size_t)count * sizeof(uint64_t);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    *ret_bytes = bytes;
    return memory;
}

/* A list that memory cannot hold would end in the system killing somebody. */
static int check_memory(uint64_t hits, uint64_t units, struct csw_err *err)
{
    char limit[CSW_LIMIT_TEXT_SIZE];
    const uint64_t memory = csw_memory_limit("", limit);

    if (hits <= memory / sizeof(uint64_t) / 2 && units <= memory / sizeof(uint64_t) / 4)
        return 0;
    return csw_fail(err, -EINVAL,
                    "a list of %" PRIu64 " hits in %" PRIu64 " units is too long for %s; list "
                    "smaller tasks",
                    hits, units, limit);
}

/* A team of its own: how much memory the lists take is known only afterwards. */
static int fill_once(struct csw_runner *runner, struct csw_err *err)
{
    int code = csw_runner_open_team(runner, err);

    if (code == 0)
        code = csw_runner_fill(runner, err);
    csw_runner_close_team(runner);
    return code;
}

/*
 * Finds out every unit's hits, and with them what the job must give. Where items are data, the run
 * that fills them tells; otherwise the caller alone goes through the units, by the closed form or
 * by the serial scan that is the oracle of a kernel without one.
 */
static int count_units(struct csw_runner *runner, uint64_t *unit_hits, struct csw_err *err)
{
    struct csw_job *job = runner->job;
    struct csw_share share;

    job->stamped = false;
    job->listing = (struct csw_listing){.unit_hits = unit_hits};
    if (job->kernel->fill)
        return fill_once(runner, err);
    csw_share_begin(job, &share);
    csw_chunk(job, 0, job->units, &share);
    csw_share_end(job, &share);
    job->expect = share.tally;
    return 0;
}

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* Turns every unit's count into its start, and notes where each task begins. */
static void place_units(const struct csw_job *job, uint64_t *units, struct csw_lists *lists)
{
    uint64_t start = 0;

    for (size_t task = 0; task < job->tasks; task++) {
        const struct csw_part *part = &job->parts[task];

        lists->start[task] = start;
        for (uint64_t u = part->first_unit; u < part->first_unit + part->pieces; u++) {
            const uint64_t hits = units[u];

            units[u] = start;
            start = saturating_add(start, hits);
        }
        lists->count[task] = start - lists->start[task];
    }
    units[job->units] = start;
}

static int write_units(struct csw_runner *runner, uint64_t *hits, const uint64_t *unit_start,
                       struct csw_err *err)
{
    const struct csw_tally *expect = &runner->job->expect;
    struct csw_tally sum = {0};

    runner->job->listing = (struct csw_listing){.hits = hits, .unit_start = unit_start};
    int code = csw_runner_open_team(runner, err);

    if (code == 0)
        code = csw_runner_run(runner, &sum, err);
    csw_runner_close_team(runner);
    if (code < 0)
        return code;
    sum.work += expect->work; /* writing does not count the steps again */
    if (expect->digest == 0 && expect->hits > 0)
        sum.digest = 0; /* the kernel only counts */
    return csw_runner_check(runner, &sum, err);
}

static int index_alloc(struct csw_lists *lists, size_t tasks, struct csw_err *err)
{
    lists->tasks = tasks;
    lists->count = calloc(tasks, sizeof *lists->count);
    lists->start = calloc(tasks, sizeof *lists->start);
    if (!lists->count || !lists->start)
        return csw_fail(err, -ENOMEM, "no memory for the lists of %zu tasks", tasks);
    return 0;
}

static int hits_alloc(struct csw_lists *lists, uint64_t hits, uint64_t units, struct csw_err *err)
{
    const int code = check_memory(hits, units, err);

    if (code < 0)
        return code;
    lists->hits = map_shared(hits + OVERRUN, &lists->total_bytes);
    if (!lists->hits)
        return csw_fail(err, -ENOMEM, "no memory to list %" PRIu64 " hits", hits);
    return 0;
}

/* `units` has one element more than the job has units. */
static int list_units(struct csw_runner *runner, uint64_t *units, struct csw_lists *lists,
                      struct csw_err *err)
{
    const struct csw_job *job = runner->job;
    int code = count_units(runner, units, err);

    if (code == 0)
        code = index_alloc(lists, job->tasks, err);
    if (code < 0)
        return code;
    place_units(job, units, lists);
    code = hits_alloc(lists, units[job->units], job->units, err);
    return code < 0 ? code : write_units(runner, lists->hits, units, err);
}

static int list_job(struct csw_runner *runner, struct csw_lists *lists, struct csw_err *err)
{
    const uint64_t count = runner->job->units;
    int code = check_memory(0, count, err);

    if (code < 0)
        return code;
    size_t bytes;
    uint64_t *units = map_shared(count + 1, &bytes);

    if (!units)
        return csw_fail(err, -ENOMEM, "no memory to list the hits of %" PRIu64 " units", count);
    code = list_units(runner, units, lists, err);
    munmap(units, bytes);
    return code;
}

int csw_lists_init(struct csw_lists *ret_lists, const struct csw_setup *setup, struct csw_err *err)
{
    struct csw_runner runner;
    struct csw_lists lists = {0};

    if (!setup->kernel->list)
        return csw_fail(err, -ENOTSUP, "kernel '%s' has no list of what it finds",
                        setup->kernel->name);
    int code = csw_runner_init(&runner, setup, csw_job_cut, err);

    if (code == 0)
        code = list_job(&runner, &lists, err);
    csw_runner_release(&runner);
    if (code < 0) {
        csw_lists_release(&lists);
        return code;
    }
    *ret_lists = lists;
    return 0;
}

void csw_lists_release(struct csw_lists *lists)
{
    if (!lists)
        return;
    if (lists->hits)
        munmap(lists->hits, lists->total_bytes);
    free(lists->count);
    free(lists->start);
    *lists = (struct csw_lists){0};
}
