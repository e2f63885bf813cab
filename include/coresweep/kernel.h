/*
 * kernel.h - what work is: a pure function of a half-open range of items.
 *
 * A task of size n has the items [0, n). In the family that finds perfect squares item i stands for
 * the candidate i + 1, so that a task of size n covers the candidates 1..n and even
 * n = UINT64_MAX needs no number beyond 64 bits. A kernel is one file and one line in kernels.def.
 */
#ifndef CORESWEEP_KERNEL_H
#define CORESWEEP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/tally.h>

#define CSW_KERNEL_ABI 3u

enum csw_kernel_flags {
    CSW_INDIVISIBLE = 1u << 0, /* a task is one chunk: only the schedule `whole` fits */
    CSW_WAITS = 1u << 1,       /* workers wait, not only compute: they may exceed the CPUs */
    CSW_AS_GIVEN = 1u << 2,    /* the default tasks are not scaled up to a measurable time */
    CSW_CONTROL = 1u << 3,     /* needs nothing but a core: what it loses, the machine loses */
};

/* No kernel has more options. */
#define CSW_MAX_OPTIONS 4

/* What a kernel leaves to its user, as `--name value` of run and sweep. */
struct csw_option {
    const char *name; /* lower-case letters, digits and hyphens */
    const char *help; /* half a sentence for --help; of several kernels' the first counts */
    const char *const *values; /* what is allowed, of the same characters, since they stand in lists
                                  and in result files; NULL-ended; the first is the default */

    /* Why the value cannot be used on this CPU, "needs AVX2"; NULL where it can. NULL: all can. */
    const char *(*missing)(const char *value);
};

/* A piece of work that a user names, such as "all perfect squares in 1..5000" (n = 5000). */
struct csw_task {
    uint64_t n;
    uint8_t choice[CSW_MAX_OPTIONS]; /* which value of the kernel's k-th option; 0: the default */
};

struct csw_kernel {
    uint32_t abi; /* CSW_KERNEL_ABI */
    uint32_t flags;
    const char *name;    /* file name = symbol suffix = name on the command line */
    const char *summary; /* one line for `coresweep list` */
    const char *finds;   /* what the hits are: "perfect squares"; NULL: it finds nothing */
    const char *unit;    /* what `work` counts, plural: "comparisons" */
    const char *tasks;   /* the default workload, as --tasks would take it */
    uint64_t max_n;      /* largest task that the kernel is exact for; 0: any */
    uint64_t item_bytes; /* data that open maps for an item; 0: next to none */
    const struct csw_option *options; /* ended by a NULL name; NULL: none */

    /* NULL: runs on any CPU. Otherwise false where this CPU lacks what the kernel needs. */
    bool (*usable)(void);

    /*
     * Prepares what scan needs for one task. NULL: the state is the task itself. On success the
     * state belongs to the kernel until close. Returns 0 or a negative errno through csw_fail.
     */
    int (*open)(void **ret_state, const struct csw_task *, struct csw_err *);

    /*
     * Works through the items [lo, hi); lo >= hi is empty and gives a zero tally. Re-entrant. Like
     * list and fill it takes no lock, allocates nothing and owns nothing: a run that has lost a
     * worker leaves it midway, by a long jump.
     */
    struct csw_tally (*scan)(const void *state, uint64_t lo, uint64_t hi);

    /*
     * For kernels that wait (CSW_WAITS), find nothing and need no data, so that one thread can wait
     * for many ranges at once. Does what is to be computed of the items and stores, in nanoseconds
     * and 0 for an empty range, for how long is then to be waited; returns the tally, which is that
     * of scan: scan is begin and the wait. NULL: only scan can run the kernel.
     */
    struct csw_tally (*begin)(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_wait_ns);

    /*
     * Writes the hits of [lo, hi) in the order of the items and returns their number, which is what
     * scan gives as `hits` for the same range; `ret_hits` has room for that many.
     * NULL: the kernel finds nothing that could be listed.
     */
    size_t (*list)(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits);

    /* The tally in closed form. NULL: results are checked against one serial scan. */
    struct csw_tally (*expect)(const void *state, uint64_t lo, uint64_t hi);

    /*
     * Makes the data of the items [lo, hi), in the worker that runs them, so that memory is first
     * touched where it will be read; lo >= hi makes nothing. The data depend on the task and the
     * items alone: another visit makes the same. Returns the tally that scan must give for them,
     * found in another way than scan finds it. Called once for every item, by one untimed run
     * before all others, which is cut and handed out as they are; open makes the memory by
     * csw_data_map. NULL: the items need no data. Replaces expect.
     */
    struct csw_tally (*fill)(void *state, uint64_t lo, uint64_t hi);

    /* Gives back what open made; may be NULL where open is. */
    void (*close)(void *state);
};

/* ---- what kernels call ---------------------------------------------------------------------- */

/*
 * Maps memory for the data of items, in open: zero, shared with forked workers, on the NUMA nodes
 * and the pages that the user asked for (see memory.h). Pages come into being where they are first
 * touched, so leave that to fill. Returns 0; -ENOMEM; or why the nodes cannot be had. close gives
 * it back.
 */
int csw_data_map(void **ret_data, uint64_t bytes, struct csw_err *);
void csw_data_unmap(void *data); /* accepts NULL */

/* ---- the registry --------------------------------------------------------------------------- */

/* In the order of kernels.def; NULL past the end. */
const struct csw_kernel *csw_kernel_at(size_t index);

/* The kernel of that name; NULL if there is none. */
const struct csw_kernel *csw_kernel_find(const char *name);

/* NULL if this CPU can run the kernel, otherwise the reason for `coresweep list`. */
const char *csw_kernel_missing(const struct csw_kernel *);

#endif
