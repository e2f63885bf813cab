/*
 * plan.h - which points a sweep visits, and in which order. Pure functions: the same options, seed
 * and machine give the same plan.
 */
#ifndef CORESWEEP_PLAN_H
#define CORESWEEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/kernel.h>
#include <coresweep/record.h>

/* Limits of --rounds and --samples. */
#define CSW_MAX_ROUNDS 100000u
#define CSW_MAX_SAMPLES 1000u

/* One curve family of a sweep: a kernel with its options on a workload under a schedule, run by all
 * drivers. */
struct csw_series {
    char *kernel, *options, *tasks, *schedule; /* owned */
};

struct csw_series_list {
    size_t count;
    struct csw_series *series; /* owned */
};

/*
 * The series that the plan's --kernel, --tasks, --schedule and options of kernels ask for, tasks
 * not yet scaled: lists of options make every combination for each kernel that has them. Returns 0,
 * -EINVAL naming the bad value or the option that no kernel of them has, -ENOTSUP with what this
 * CPU lacks, or -ENOMEM. The caller releases the list.
 */
int csw_series_init(struct csw_series_list *ret_list, const struct csw_plan *, struct csw_err *);
void csw_series_release(struct csw_series_list *);

/* What a machine has room for. */
struct csw_room {
    unsigned pus;     /* usable: computing workers exceed them only when told to */
    unsigned workers; /* that `auto` goes up to: see csw_topo_workers */
};

/*
 * Fills plan->points: for every kernel, choice of its options and workload one serial base, then
 * every driver with each choice of its options x worker count of each series, and the bases that
 * their speedups are over. A driver that does not run a kernel is left out there. One worker is
 * always among the counts, as the base of S_rel. Computing kernels may exceed room->pus only with
 * plan->oversubscribe. Returns 0, -EINVAL or -ENOMEM.
 */
int csw_plan_fill(struct csw_plan *, const struct csw_series_list *, const struct csw_room *room,
                  struct csw_err *);

/*
 * Whether so many workers of the kernel may run: computing ones exceed the usable CPUs only where
 * `oversubscribe` asks for it, waiting ones always may. 0 or -EINVAL.
 */
int csw_workers_check(const struct csw_kernel *, unsigned workers, unsigned usable_pus,
                      bool oversubscribe, struct csw_err *);

/*
 * Writes the order of one round: ret_order[position] = point. Rounds follow a Williams design whose
 * labels and rows are drawn from the seed: over `count` rounds (2 x count where count is odd) every
 * point stands at every position, and follows every other point, equally often.
 * Returns 0 or -ENOMEM.
 * Source: E. J. Williams, Australian Journal of Scientific Research A 2 (1949), 149-168.
 */
int csw_plan_order(uint64_t seed, size_t count, uint64_t round, size_t *ret_order,
                   struct csw_err *);

/*
 * Reads worker counts: "1,2,4", "1-8", or both. `ret_counts` gets them ascending, each once; the
 * caller frees it. -EINVAL names the bad value.
 */
int csw_counts_parse(unsigned **ret_counts, size_t *ret_count, const char *text, struct csw_err *);

#endif
