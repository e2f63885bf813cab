/*
 * run.h - kernels and drivers for other programs and other languages: the public header of
 * libcoresweep-run, which has all of squares.h, too.
 *
 * Flat, for those who call C from elsewhere (ctypes, cffi, JNI): names are strings, numbers have 64
 * bits, and nothing but what is declared here and in squares.h is exported. Options of kernels have
 * their defaults.
 *
 * Functions that return int return 0, or a negative errno and in `err`, which may be NULL, one
 * complete sentence; outputs are then untouched. -EINVAL: a bad argument, which the sentence names,
 * with what is allowed. -ENOTSUP: not in this build, not on this CPU, or not with this kernel.
 * -ENOMEM. CSW_EWRONG: a result was wrong, so that the library, its compiler or the machine is.
 *
 * All may be called from any number of threads at once. What runs workers (csw_run_job and
 * csw_run_lists_open) runs one job at a time in a process: others wait for it.
 */
#ifndef CORESWEEP_RUN_H
#define CORESWEEP_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/squares.h>
#include <coresweep/tally.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows with every change of what is declared here: callers who cannot include it compare. */
#define CSW_RUN_ABI 1u

CSW_PUBLIC unsigned csw_run_abi(void);

/* ---- what there is -------------------------------------------------------------------------- */

/* All strings are static. */
struct csw_run_kernel {
    const char *name, *summary;
    const char *finds;   /* what the hits are: "perfect squares"; NULL: it finds nothing */
    const char *unit;    /* what `work` counts: "comparisons" */
    const char *missing; /* why this CPU cannot run it; NULL: it can */
    uint64_t max_n;      /* largest task; 0: any */
    bool scans;          /* csw_run_scan takes it; false: only a job does */
    bool lists;          /* csw_run_list and csw_run_lists_open take it */
    bool waits;          /* it waits instead of computing */
};

struct csw_run_driver {
    const char *name;
    const char *summary; /* NULL where it is not in this build */
    const char *missing; /* why csw_run_job cannot use it; NULL: it can */
};

/* Stores the kernel, or driver, of that index; false, and nothing stored, past the end. */
CSW_PUBLIC bool csw_run_kernel_at(size_t index, struct csw_run_kernel *ret_kernel);
CSW_PUBLIC bool csw_run_driver_at(size_t index, struct csw_run_driver *ret_driver);

/* ---- a range, by the calling thread alone --------------------------------------------------- */

/*
 * Scans the items [lo, hi) of a task of size n (in the family that finds squares, item i stands for
 * the number i + 1, so [0, n) for 1..n): opens the kernel, scans, closes. lo >= hi is empty. What
 * it costs besides the scan is 0.1 us, and for kernels with tables making them (`wheel`: 2 ms).
 * The tally is not compared with anything; csw_run_job's is. -EINVAL for an unknown kernel, an n
 * above its max_n, a hi above n, or a part of a task that cannot be divided (`sleep`); -ENOTSUP for
 * a kernel whose items are data that workers fill (`array`).
 */
CSW_PUBLIC int csw_run_scan(const char *kernel, uint64_t n, uint64_t lo, uint64_t hi,
                            struct csw_tally *ret_tally, struct csw_err *err);

/*
 * Counts the hits of [lo, hi), in closed form or by a scan, and stores how many there are; if they
 * are no more than `capacity`, writes them to ret_hits in the order of the items, otherwise leaves
 * ret_hits, which may then be NULL, alone. So a call with capacity 0 tells how much room the next
 * one needs. Fails like csw_run_scan; with -ENOTSUP where the kernel lists nothing; and with
 * CSW_EWRONG where it listed another number than it counted.
 */
CSW_PUBLIC int csw_run_list(const char *kernel, uint64_t n, uint64_t lo, uint64_t hi,
                            uint64_t *ret_hits, uint64_t capacity, uint64_t *ret_count,
                            struct csw_err *err);

/* ---- a whole job, by a driver and its workers ----------------------------------------------- */

/* All pointers are borrowed for the call. */
struct csw_run_request {
    const char *kernel;
    const uint64_t *tasks; /* the size n of each */
    size_t count;          /* of the tasks, at least 1 */
    const char *driver;    /* NULL: serial */
    const char *schedule;  /* "static", "dynamic:1000" (see job.h); NULL: dynamic, or whole where a
                              task cannot be divided */
    const char *pin;       /* "none", "compact", "cores", "spread" or a list of CPUs "0,2,4-6", as
                              in place.h; NULL: none. The calling thread is worker 0: it is bound
                              for the run, and may use all CPUs of its own again afterwards */
    unsigned workers;      /* up to 4096, more than CPUs too; 0: as many as have CPU time here */
};

/*
 * Makes the workers, runs the job once, ends them, and stores the sum of all tasks' tallies, which
 * was checked against the closed form (where a kernel has none, against a serial scan). Fails with
 * what the kernel, driver, schedule, binding or system gives; -ECHILD: a worker process has died.
 */
CSW_PUBLIC int csw_run_job(const struct csw_run_request *, struct csw_tally *ret_tally,
                           struct csw_err *err);

struct csw_run_lists; /* what a job found */

/*
 * The same, but finds the hits of every task, in input order, whoever found them. -ENOTSUP where
 * the kernel lists nothing, -EINVAL where the lists would not fit into half of the memory. The
 * caller closes them.
 */
CSW_PUBLIC int csw_run_lists_open(struct csw_run_lists **ret_lists, const struct csw_run_request *,
                                  struct csw_err *err);

/* The hits of task number `task`, which live until the close; stores how many there are. */
CSW_PUBLIC const uint64_t *csw_run_lists_hits(const struct csw_run_lists *, size_t task,
                                              uint64_t *ret_count);

/* Accepts NULL. */
CSW_PUBLIC void csw_run_lists_close(struct csw_run_lists *);

#ifdef __cplusplus
}
#endif

#endif
