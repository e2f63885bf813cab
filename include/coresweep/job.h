/*
 * job.h - kernel + workload + schedule, cut once into units that every driver hands out.
 *
 * A task is cut into equal pieces (their sizes differ by one item at most); a piece is a unit, and
 * the units of all tasks are numbered through in input order. How many pieces a task gets is the
 * schedule's choice:
 *   whole    one: a task goes to one worker, as in a pool that maps over a list
 *   static   one per worker; piece w of every task goes to worker w
 *   dynamic  pieces of at most `chunk` items; every worker begins with an even range of them, and
 *            one that has done its own takes the back half of what another has left (a runtime
 *            that hands units out itself has its own way, such as the next one to whoever asks)
 *   guided   cut like dynamic; a free worker takes remaining/workers units at once, as one range
 *            (a runtime that hands units out itself, such as OpenMP's, scans them one by one)
 *   late     cut and handed out like dynamic, but workers join late: the run ends when no unit is
 *            left, without those that were still waking up. A short run may be the caller's alone
 *
 * Under all but late every worker takes part in every run, whether or not a unit is left for it,
 * unless the driver cannot promise it (CSW_ALWAYS_LATE).
 */
#ifndef CORESWEEP_JOB_H
#define CORESWEEP_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <coresweep/err.h>
#include <coresweep/kernel.h>

/* Two lines: what one worker writes must share no line with its neighbour's, prefetcher included.
 */
#define CSW_CACHE_LINE 128

/* No team is larger. */
#define CSW_MAX_WORKERS 4096u

/* ---- workload: an ordered list of tasks ----------------------------------------------------- */

struct csw_workload {
    size_t count;
    struct csw_task *tasks; /* owned */
};

/* No workload has more tasks. */
#define CSW_MAX_TASKS 1000000u

/*
 * Reads "5000", "1000,2000,5e3,3_000,100", or "1,500x1000" where 1000 tasks of 500 follow one of 1.
 * Returns 0; -EINVAL names the value that is no exact unsigned 64-bit number, that is repeated less
 * than once, or with which the tasks are more than CSW_MAX_TASKS; -ENOMEM. The caller releases the
 * workload.
 */
int csw_workload_parse(struct csw_workload *ret_workload, const char *text, struct csw_err *);
void csw_workload_release(struct csw_workload *);

/*
 * Returns the list as csw_workload_parse reads it, equal neighbours as one with their number:
 * "1,500x1000". The caller frees it. NULL: out of memory.
 */
char *csw_workload_text(const struct csw_workload *);

/* Reads one number: digits, `_` between digits, or 1e9 / 1.5e3 where that is a whole number. */
int csw_number_parse(uint64_t *ret_number, const char *text, struct csw_err *);

/* ---- schedule ------------------------------------------------------------------------------- */

enum csw_handout { CSW_WHOLE, CSW_STATIC, CSW_DYNAMIC, CSW_GUIDED, CSW_LATE };

struct csw_schedule {
    enum csw_handout handout;
    uint64_t chunk; /* items per unit of dynamic, guided, late; 0: about 1024 units in all */
};

#define CSW_SCHEDULE_TEXT_SIZE 32

/* What a kernel is run under unless told otherwise: whole where it cannot be divided, or dynamic.
 */
struct csw_schedule csw_schedule_default(const struct csw_kernel *);

/* Reads "whole", "static", "dynamic[:chunk]", "guided[:chunk]" or "late[:chunk]". */
int csw_schedule_parse(struct csw_schedule *ret_schedule, const char *text, struct csw_err *);

/* Writes the text that csw_schedule_parse reads. */
void csw_schedule_text(const struct csw_schedule *, char ret_text[CSW_SCHEDULE_TEXT_SIZE]);

/* ---- job ------------------------------------------------------------------------------------ */

/* One task of the job, cut: piece k holds quotient items, and one more where k < remainder. */
struct csw_part {
    const void *state;
    uint64_t n, pieces, quotient, remainder;
    uint64_t first_unit;
};

/* The first item of piece k; k = pieces gives n. */
static inline uint64_t csw_part_item(const struct csw_part *part, uint64_t k)
{
    return k * part->quotient + (k < part->remainder ? k : part->remainder);
}

/*
 * Where listed hits go: mapped memory shared with forked workers, made before the team opens. Units
 * are first counted (by the closed form, by fill, or by scan where there is neither), then written.
 */
struct csw_listing {
    uint64_t *unit_hits;        /* not NULL: every unit's number of hits is noted here */
    uint64_t *hits;             /* not NULL: unit u writes its hits from hits[unit_start[u]] on */
    const uint64_t *unit_start; /* one element more than units: where the last one ends */
};

/* Lives in mapped memory shared with forked workers: the two flags may change between two runs. */
struct csw_job {
    const struct csw_kernel *kernel;
    const char *settings; /* of the driver, "calls=cdll python=/usr/bin/python3"; NULL: none */
    struct csw_schedule schedule;
    unsigned workers;
    bool stamped; /* workers note when they start and end, and their CPU time (about 2 us a run) */
    bool filling; /* chunks are filled instead of scanned */
    uint64_t units;
    size_t tasks;
    struct csw_part *parts;  /* one per task */
    struct csw_tally expect; /* what a run must give; zero until the data of the items are made */
    struct csw_listing listing;
};

/*
 * Whether csw_job_open would take the three together: 0, -ENOTSUP where this CPU cannot run the
 * kernel, -EINVAL where a task exceeds its max_n, where the data of all tasks exceed nine tenths of
 * the memory (the machine's, or what the cgroups allow), or where the schedule does not fit it or
 * cuts it into more than 2^31 units.
 */
int csw_job_check(const struct csw_kernel *, const struct csw_workload *,
                  const struct csw_schedule *, struct csw_err *);

/*
 * Opens the kernel for every task and cuts the tasks. Where the kernel has no closed form, one
 * serial scan finds out what to expect; where it has data to fill, the filling run does. Returns 0;
 * what csw_job_check returned; -ENOMEM; or what the kernel's open returned. The workload must
 * outlive the job.
 */
int csw_job_open(struct csw_job **ret_job, const struct csw_kernel *, const struct csw_workload *,
                 const struct csw_schedule *, unsigned workers, struct csw_err *);

/* The same for a caller who finds out himself what to expect: it is left zero. */
int csw_job_cut(struct csw_job **ret_job, const struct csw_kernel *, const struct csw_workload *,
                const struct csw_schedule *, unsigned workers, struct csw_err *);
void csw_job_close(struct csw_job *);

/* ---- what drivers call ---------------------------------------------------------------------- */

/* What one worker did of one run, on cache lines of its own. */
struct csw_share {
    _Alignas(CSW_CACHE_LINE) struct csw_tally tally;
    uint64_t chunks; /* ranges scanned */
    /* From here on: 0 and -1 when the job is not stamped, or when the worker took no part. */
    uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC */
    uint64_t cpu_ns;           /* thread CPU time between the two */
    uint64_t preempted;        /* involuntary context switches between the two */
    int cpu;                   /* CPU seen at the end */
    pid_t pid;                 /* process that the worker is in; 0, not -1 */
};

/*
 * The units that a worker of a team still has before it: first in the lower half, past the last in
 * the upper. The worker takes from the front, and one that has nothing left takes the back half of
 * another's. Where all take from one place (whole, guided), it is the first range, as a counter.
 */
struct csw_range {
    _Alignas(CSW_CACHE_LINE) _Atomic uint64_t units;
};

/*
 * Deals the units of one run to a team's ranges, one per worker. The driver calls it in each run
 * before any worker is released.
 */
void csw_deal(const struct csw_job *, struct csw_range *ret_ranges);

/*
 * Empties the share and stamps its start; every worker calls it once, first in each run. Where the
 * driver is CSW_ALWAYS_LATE, around every chunk when the job is stamped, and not at all otherwise.
 */
void csw_share_begin(const struct csw_job *, struct csw_share *ret_share);

/* Stamps the end; every worker calls it once, when no unit is left for it. */
void csw_share_end(const struct csw_job *, struct csw_share *);

/*
 * Adds a part of what a worker did, stamped by itself, to the share of the whole, which began
 * empty: for drivers whose workers are not one thread, or not a thread's only one, from begin to
 * end.
 */
void csw_share_add(struct csw_share *share, const struct csw_share *part);

/*
 * Does what is to be computed of one unit, and returns for how many ns is to be waited until the
 * unit is done; for drivers that wait for many units at once and only accept kernels with `begin`.
 */
uint64_t csw_unit_begin(const struct csw_job *, uint64_t unit, struct csw_share *);

/*
 * Runs the units [first, last) of the job, neighbours of one task in one scan. For drivers whose
 * runtime has a scheduler of its own, between csw_share_begin and csw_share_end.
 */
void csw_chunk(const struct csw_job *, uint64_t first, uint64_t last, struct csw_share *);

/*
 * One worker's whole part of one run, by the job's schedule: begin, chunks, end. `ranges` are the
 * team's, dealt by csw_deal.
 */
void csw_work(const struct csw_job *, unsigned worker, struct csw_range *ranges,
              struct csw_share *ret_share);

#endif
