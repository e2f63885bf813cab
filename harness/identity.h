/*
 * identity.h - where the speedup went: efficiency as an exact product of what lowers it.
 *
 *   efficiency      = T_base / (p T_p)      = load balance x serialisation x work inflation
 *   load balance    = mean(busy) / max(busy)
 *   serialisation   = max(busy) / T_p, divided by the base's max(busy) / T_base
 *   work inflation  = sum(busy) of the base / sum(busy) of the p workers
 *
 * busy is the CPU time of a worker in its part of a run, so that one who spins or sleeps because it
 * has nothing to do does not look busy. T is the timed region, over which the product telescopes:
 * it is exact whatever busy is, also where a run of its own was stamped. Serialisation is itself a
 * product, where workers tell when they began and ended:
 *
 *   availability    = max(busy) / that worker's wall time from its begin to its end: below 1 it
 *                     waited for a CPU, a lock, or memory that was swapped
 *   dispatch        = that wall time / T_p: below 1 the run lasted when no unit was left for it, or
 *                     before it was woken up
 *
 * each divided by the base's. Source: the factors of parallel efficiency of the POP project (POP
 * Standard Metrics for Parallel Performance Analysis), whose busy time is that outside of the
 * runtime.
 */
#ifndef CSW_IDENTITY_H
#define CSW_IDENTITY_H

#include <stddef.h>

#include <coresweep/err.h>

#include "stats.h"

/* Times of one point by round, NAN: not known. */
struct csw_round_times {
    const double *wall_ns;    /* of the run: what the efficiency is made from */
    const double *busiest_ns; /* CPU time of the worker that took most */
    const double *mean_ns;    /* CPU time of a worker, the mean of all */
    const double *window_ns;  /* wall time of the busiest worker, from its begin to its end */
};

/* 1: nothing is lost; estimates of nothing where times are not known. */
struct csw_identity {
    struct csw_estimate load_balance, serialisation, work_inflation;
    struct csw_estimate availability, dispatch; /* their product is the serialisation */
};

/*
 * Values multiply to the median efficiency over the rounds, exp of the median of ln E: medians of
 * single factors would not, so each factor is the ratio of two neighbours in the chain
 *   median(1), median(load balance), median(.. x availability), median(mean(busy) / T_p),
 * median(E). Intervals are of the bootstrap over rounds (resample.h), NAN below 6 rounds. Returns 0
 * or -ENOMEM.
 */
int csw_identity_of(struct csw_identity *ret_identity, const struct csw_round_times *base,
                    const struct csw_round_times *point, unsigned workers, size_t rounds,
                    struct csw_err *);

#endif
