/*
 * work.c - what a worker does in a run. Kernels are called and workers are stamped here and nowhere
 * else, so that all drivers do, and are charged for, exactly the same.
 */
#include <coresweep/job.h>

#include <sched.h>
#include <sys/resource.h>

#include "clock.h"

static uint64_t preemptions(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}

void csw_share_begin(const struct csw_job *job, struct csw_share *ret_share)
{
    *ret_share = (struct csw_share){.cpu = -1};
    if (!job->stamped)
        return;
    ret_share->preempted = preemptions();
    ret_share->cpu_ns = csw_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    ret_share->start_ns = csw_now_ns();
}

void csw_share_end(const struct csw_job *job, struct csw_share *share)
{
    if (!job->stamped)
        return;
    share->end_ns = csw_now_ns();
    share->cpu_ns = csw_clock_ns(CLOCK_THREAD_CPUTIME_ID) - share->cpu_ns;
    share->preempted = preemptions() - share->preempted;
    share->cpu = sched_getcpu();
}

/* The first item of piece k; k = pieces gives n. */
static uint64_t item_of(const struct csw_part *part, uint64_t k)
{
    return k * part->quotient + (k < part->remainder ? k : part->remainder);
}

/* The task that the unit belongs to: the last one whose first unit is not past it. */
static size_t task_of(const struct csw_job *job, uint64_t unit)
{
    size_t low = 0, high = job->tasks;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (job->parts[middle].first_unit <= unit)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Scans the units, or fills them where that is what the run is for. */
static void scan_units(const struct csw_job *job, const struct csw_part *part, uint64_t first,
                       uint64_t last, struct csw_share *share)
{
    const uint64_t lo = item_of(part, first - part->first_unit);
    const uint64_t hi = item_of(part, last - part->first_unit);
    const struct csw_tally tally = job->filling ? job->kernel->fill((void *)part->state, lo, hi)
                                                : job->kernel->scan(part->state, lo, hi);

    csw_tally_add(&share->tally, &tally);
    share->chunks++;
    if (job->listing.unit_hits)
        job->listing.unit_hits[first] = tally.hits;
}

/*
 * Writes one unit's hits to their place, and tallies what was written. A unit that wrote another
 * number than was counted adds a step of work, which no right listing has.
 */
static void list_unit(const struct csw_job *job, const struct csw_part *part, uint64_t unit,
                      struct csw_share *share)
{
    const uint64_t *start = &job->listing.unit_start[unit];
    uint64_t *hits = job->listing.hits + start[0];
    const uint64_t lo = item_of(part, unit - part->first_unit);
    const uint64_t hi = item_of(part, unit - part->first_unit + 1);
    const size_t count = job->kernel->list(part->state, lo, hi, hits);

    share->tally.items += hi - lo;
    share->tally.work += count != start[1] - start[0];
    share->tally.hits += count;
    for (size_t i = 0; i < count; i++)
        share->tally.digest += hits[i];
    share->chunks++;
}

void csw_chunk(const struct csw_job *job, uint64_t first, uint64_t last, struct csw_share *share)
{
    const bool one_by_one = job->listing.unit_hits || job->listing.hits;

    for (size_t task = task_of(job, first); first < last; task++) {
        const struct csw_part *part = &job->parts[task];
        const uint64_t part_end = part->first_unit + part->pieces;
        const uint64_t end = last < part_end ? last : part_end;

        while (first < end) {
            const uint64_t next = one_by_one ? first + 1 : end;

            if (job->listing.hits)
                list_unit(job, part, first, share);
            else
                scan_units(job, part, first, next, share);
            first = next;
        }
    }
}

/* Piece `worker` of every task, in input order. */
static void work_static(const struct csw_job *job, unsigned worker, struct csw_share *share)
{
    for (uint64_t unit = worker; unit < job->units; unit += job->workers)
        csw_chunk(job, unit, unit + 1, share);
}

static void work_dynamic(const struct csw_job *job, struct csw_cursor *cursor,
                         struct csw_share *share)
{
    for (;;) {
        const uint64_t unit = atomic_fetch_add_explicit(&cursor->next, 1, memory_order_relaxed);

        if (unit >= job->units)
            return;
        csw_chunk(job, unit, unit + 1, share);
    }
}

static void work_guided(const struct csw_job *job, struct csw_cursor *cursor,
                        struct csw_share *share)
{
    uint64_t unit = atomic_load_explicit(&cursor->next, memory_order_relaxed);

    while (unit < job->units) {
        const uint64_t left = job->units - unit;
        const uint64_t take = left / job->workers + (left % job->workers != 0);

        if (!atomic_compare_exchange_weak_explicit(&cursor->next, &unit, unit + take,
                                                   memory_order_relaxed, memory_order_relaxed))
            continue;
        csw_chunk(job, unit, unit + take, share);
        unit = atomic_load_explicit(&cursor->next, memory_order_relaxed);
    }
}

void csw_work(const struct csw_job *job, unsigned worker, struct csw_cursor *cursor,
              struct csw_share *ret_share)
{
    csw_share_begin(job, ret_share);
    switch (job->schedule.handout) {
    case CSW_STATIC:
        work_static(job, worker, ret_share);
        break;
    case CSW_GUIDED:
        work_guided(job, cursor, ret_share);
        break;
    case CSW_WHOLE:
    case CSW_DYNAMIC:
        work_dynamic(job, cursor, ret_share);
        break;
    }
    csw_share_end(job, ret_share);
}
