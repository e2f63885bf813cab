/*
 * work.c - what a worker does in a run. Kernels are called and workers are stamped here and nowhere
 * else, so that all drivers do, and are charged for, exactly the same.
 */
#include <coresweep/job.h>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

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
    ret_share->pid = getpid();
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

void csw_share_add(struct csw_share *share, const struct csw_share *part)
{
    csw_tally_add(&share->tally, &part->tally);
    share->chunks += part->chunks;
    if (share->start_ns == 0)
        share->start_ns = part->start_ns;
    share->end_ns = part->end_ns;
    share->cpu_ns += part->cpu_ns;
    share->preempted += part->preempted;
    share->cpu = part->cpu;
    share->pid = part->pid;
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

static bool is_listing(const struct csw_job *job)
{
    return job->listing.unit_hits || job->listing.hits;
}

/* Scans the items, or fills them where that is what the run is for. */
static struct csw_tally scan_items(const struct csw_job *job, const struct csw_part *part,
                                   uint64_t lo, uint64_t hi)
{
    return job->filling ? job->kernel->fill((void *)part->state, lo, hi)
                        : job->kernel->scan(part->state, lo, hi);
}

static inline void scan_units(const struct csw_job *job, const struct csw_part *part,
                              uint64_t first, uint64_t last, struct csw_share *share)
{
    const uint64_t lo = csw_part_item(part, first - part->first_unit);
    const uint64_t hi = csw_part_item(part, last - part->first_unit);
    const struct csw_tally tally = scan_items(job, part, lo, hi);

    csw_tally_add(&share->tally, &tally);
    share->chunks++;
}

/* Notes how many hits the unit has; a closed form knows without a scan. */
static struct csw_tally count_unit(const struct csw_job *job, const struct csw_part *part,
                                   uint64_t unit)
{
    const uint64_t lo = csw_part_item(part, unit - part->first_unit);
    const uint64_t hi = csw_part_item(part, unit - part->first_unit + 1);
    const struct csw_tally tally = job->kernel->expect ? job->kernel->expect(part->state, lo, hi)
                                                       : scan_items(job, part, lo, hi);

    job->listing.unit_hits[unit] = tally.hits;
    return tally;
}

/*
 * Writes one unit's hits to their place, and tallies what was written. A unit that wrote another
 * number than was counted adds a step of work, which no right listing has.
 */
static struct csw_tally list_unit(const struct csw_job *job, const struct csw_part *part,
                                  uint64_t unit)
{
    const uint64_t *start = &job->listing.unit_start[unit];
    uint64_t *hits = job->listing.hits + start[0];
    const uint64_t lo = csw_part_item(part, unit - part->first_unit);
    const uint64_t hi = csw_part_item(part, unit - part->first_unit + 1);
    const size_t count = job->kernel->list(part->state, lo, hi, hits);
    struct csw_tally tally = {
        .items = hi - lo, .work = count != start[1] - start[0], .hits = count};

    for (size_t i = 0; i < count; i++)
        tally.digest += hits[i];
    return tally;
}

/* Counts or writes the hits of the units, one by one: each has a place of its own. */
static void list_units(const struct csw_job *job, const struct csw_part *part, uint64_t first,
                       uint64_t last, struct csw_share *share)
{
    for (uint64_t unit = first; unit < last; unit++) {
        const struct csw_tally tally =
            job->listing.unit_hits ? count_unit(job, part, unit) : list_unit(job, part, unit);

        csw_tally_add(&share->tally, &tally);
        share->chunks++;
    }
}

/* What is done with units of one task. */
typedef void units_work(const struct csw_job *, const struct csw_part *, uint64_t first,
                        uint64_t last, struct csw_share *);

static inline void for_each_task(const struct csw_job *job, uint64_t first, uint64_t last,
                                 struct csw_share *share, units_work *work)
{
    for (size_t task = task_of(job, first); first < last; task++) {
        const struct csw_part *part = &job->parts[task];
        const uint64_t part_end = part->first_unit + part->pieces;
        const uint64_t end = last < part_end ? last : part_end;

        work(job, part, first, end, share);
        first = end;
    }
}

static __attribute__((noinline)) void chunk_of_any_job(const struct csw_job *job, uint64_t first,
                                                       uint64_t last, struct csw_share *share)
{
    for_each_task(job, first, last, share, is_listing(job) ? list_units : scan_units);
}

/* The loops of runtimes come here for every unit: what most jobs are has a short way. */
void csw_chunk(const struct csw_job *job, uint64_t first, uint64_t last, struct csw_share *share)
{
    if (job->tasks == 1 && !is_listing(job) && first < last)
        scan_units(job, job->parts, first, last, share);
    else
        chunk_of_any_job(job, first, last, share);
}

uint64_t csw_unit_begin(const struct csw_job *job, uint64_t unit, struct csw_share *share)
{
    const struct csw_part *part = &job->parts[task_of(job, unit)];
    const uint64_t piece = unit - part->first_unit;
    uint64_t wait_ns;
    const struct csw_tally tally = job->kernel->begin(part->state, csw_part_item(part, piece),
                                                      csw_part_item(part, piece + 1), &wait_ns);

    csw_tally_add(&share->tally, &tally);
    share->chunks++;
    return wait_ns;
}

/* Piece `worker` of every task, in input order. */
static void work_static(const struct csw_job *job, unsigned worker, struct csw_share *share)
{
    for (uint64_t unit = worker; unit < job->units; unit += job->workers)
        csw_chunk(job, unit, unit + 1, share);
}

static void work_in_order(const struct csw_job *job, struct csw_range *all, struct csw_share *share)
{
    for (;;) {
        const uint64_t unit = atomic_fetch_add_explicit(&all->units, 1, memory_order_relaxed);

        if (unit >= job->units)
            return;
        csw_chunk(job, unit, unit + 1, share);
    }
}

static void work_guided(const struct csw_job *job, struct csw_range *all, struct csw_share *share)
{
    uint64_t unit = atomic_load_explicit(&all->units, memory_order_relaxed);

    while (unit < job->units) {
        const uint64_t left = job->units - unit;
        const uint64_t take = left / job->workers + (left % job->workers != 0);

        if (!atomic_compare_exchange_weak_explicit(&all->units, &unit, unit + take,
                                                   memory_order_relaxed, memory_order_relaxed))
            continue;
        csw_chunk(job, unit, unit + take, share);
        unit = atomic_load_explicit(&all->units, memory_order_relaxed);
    }
}

/* ---- ranges of the workers' own ------------------------------------------------------------- */

/* A worker takes at most one in so many of the units left in its range at once, and at most that.
 */
#define LEFT_PER_TAKEN 8
#define MAX_TAKEN 16

static uint64_t packed(uint64_t first, uint64_t end)
{
    return end << 32 | first;
}

static uint32_t first_of(uint64_t units)
{
    return (uint32_t)units;
}

static uint32_t end_of(uint64_t units)
{
    return (uint32_t)(units >> 32);
}

/*
 * Takes units from the front of one's own range, and returns how many. While many are left it is
 * several, for one atomic operation; never so many that those who have nothing left would miss
 * them.
 */
static uint64_t take_front(struct csw_range *own, uint64_t *ret_unit)
{
    uint64_t units = atomic_load_explicit(&own->units, memory_order_relaxed);

    while (first_of(units) < end_of(units)) {
        const uint64_t first = first_of(units), end = end_of(units);
        const uint64_t share = (end - first) / LEFT_PER_TAKEN;
        const uint64_t count = share < 1 ? 1 : share < MAX_TAKEN ? share : MAX_TAKEN;

        if (atomic_compare_exchange_weak_explicit(&own->units, &units, packed(first + count, end),
                                                  memory_order_relaxed, memory_order_relaxed)) {
            *ret_unit = first;
            return count;
        }
    }
    return 0;
}

/*
 * Takes the back half of another's range, at least one unit, as one's own, which is empty and which
 * only its owner refills. No unit comes back, so a range that looks the same is the same.
 */
static bool steal(struct csw_range *victim, struct csw_range *own)
{
    uint64_t units = atomic_load_explicit(&victim->units, memory_order_relaxed);

    while (first_of(units) < end_of(units)) {
        const uint64_t first = first_of(units), end = end_of(units);
        const uint64_t cut = first + (end - first) / 2;

        if (atomic_compare_exchange_weak_explicit(&victim->units, &units, packed(first, cut),
                                                  memory_order_relaxed, memory_order_relaxed)) {
            atomic_store_explicit(&own->units, packed(cut, end), memory_order_relaxed);
            return true;
        }
    }
    return false;
}

/* The neighbours in turn, from the next one on, so that not all begin with the same victim. */
static bool steal_from_any(const struct csw_job *job, unsigned worker, struct csw_range *ranges)
{
    for (unsigned i = 1; i < job->workers; i++)
        if (steal(&ranges[(worker + i) % job->workers], &ranges[worker]))
            return true;
    return false;
}

/* Each of the units, which are of one task, as a chunk of its own. */
static void scan_each(const struct csw_job *job, const struct csw_part *part, uint64_t first,
                      uint64_t last, struct csw_share *share)
{
    struct csw_tally (*const scan)(const void *, uint64_t, uint64_t) = job->kernel->scan;
    uint64_t lo = csw_part_item(part, first - part->first_unit);

    for (uint64_t k = first - part->first_unit; k < last - part->first_unit; k++) {
        const uint64_t hi = lo + part->quotient + (k < part->remainder);
        const struct csw_tally tally = scan(part->state, lo, hi);

        csw_tally_add(&share->tally, &tally);
        lo = hi;
    }
    share->chunks += last - first;
}

static void work_own_then_steal(const struct csw_job *job, unsigned worker,
                                struct csw_range *ranges, struct csw_share *share)
{
    const bool plain = !job->filling && !is_listing(job);
    uint64_t unit, count;

    do {
        while ((count = take_front(&ranges[worker], &unit)) > 0)
            if (plain)
                for_each_task(job, unit, unit + count, share, scan_each);
            else
                csw_chunk(job, unit, unit + count, share);
    } while (steal_from_any(job, worker, ranges));
}

/* ---- a run ---------------------------------------------------------------------------------- */

/* Even parts; under late all to the caller, since nobody knows yet who else will come. */
void csw_deal(const struct csw_job *job, struct csw_range *ret_ranges)
{
    const enum csw_handout handout = job->schedule.handout;
    const unsigned dealt = handout == CSW_LATE ? 1 : job->workers;

    if (handout == CSW_STATIC)
        return;
    if (handout != CSW_DYNAMIC && handout != CSW_LATE) {
        atomic_store_explicit(&ret_ranges->units, 0, memory_order_relaxed);
        return;
    }
    for (uint64_t w = 0; w < dealt; w++)
        atomic_store_explicit(&ret_ranges[w].units,
                              packed(job->units * w / dealt, job->units * (w + 1) / dealt),
                              memory_order_relaxed);
}

void csw_work(const struct csw_job *job, unsigned worker, struct csw_range *ranges,
              struct csw_share *ret_share)
{
    csw_share_begin(job, ret_share);
    switch (job->schedule.handout) {
    case CSW_WHOLE:
        work_in_order(job, ranges, ret_share);
        break;
    case CSW_STATIC:
        work_static(job, worker, ret_share);
        break;
    case CSW_GUIDED:
        work_guided(job, ranges, ret_share);
        break;
    case CSW_DYNAMIC:
    case CSW_LATE:
        work_own_then_steal(job, worker, ranges, ret_share);
        break;
    }
    csw_share_end(job, ret_share);
}
