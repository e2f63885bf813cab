/*
 * identity.h - where the speedup went: efficiency as an exact product of what lowers it.
 *
 *   efficiency      = g T_base / (p T_p)    = load balance x serialisation x work inflation
 *   load balance    = mean(busy) / max(busy)
 *   serialisation   = max(busy) / T_p, divided by the base's max(busy) / T_base
 *   work inflation  = g sum(busy) of the base / sum(busy) of the p workers
 *
 * g is how many times the base's work the p workers have: 1, but for weak scaling. busy is the CPU
 * time of a worker in its part of a run, so that one who spins or sleeps because it has nothing to
 * do does not look busy. T is the timed region, over which the product telescopes: it is exact
 * whatever busy is, also where a run of its own was stamped. Serialisation is itself a product,
 * where workers tell when they began and ended:
 *
 *   availability    = max(busy) / that worker's wall time from its begin to its end: below 1 it
 *                     waited for a CPU, a lock, or memory that was swapped
 *   dispatch        = that wall time / T_p: below 1 the run lasted when no unit was left for it, or
 *                     before it was woken up
 *
 * each divided by the base's. So is work inflation, where the CPUs' mean clock f while they
 * computed is known:
 *
 *   clock           = f_p / f_base: below 1 the CPUs ran slower
 *   cycles          = g f_base sum(busy) of the base / (f_p sum(busy)): below 1 the same work took
 *                     more cycles, for its data, for being handed out, or on a shared core
 *
 * Source: the factors of parallel efficiency of the POP project (POP Standard Metrics for Parallel
 * Performance Analysis), whose busy time is that outside of the runtime; cycles are its instruction
 * and IPC scalability in one.
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
    const double *clock_hz;   /* mean clock of the CPUs while they computed */
};

/* 1: nothing is lost; estimates of nothing where times are not known. */
struct csw_identity {
    struct csw_estimate load_balance, serialisation, work_inflation;
    struct csw_estimate availability, dispatch; /* their product is the serialisation */
    struct csw_estimate clock, cycles;          /* their product is the work inflation */
};

extern const struct csw_identity csw_identity_none;

enum csw_factor {
    CSW_LOAD_BALANCE,
    CSW_SERIALISATION,
    CSW_WORK_INFLATION,
    CSW_AVAILABILITY,
    CSW_DISPATCH,
    CSW_CLOCK,
    CSW_CYCLES,
    CSW_FACTORS
};

/* Their names in files, for every format that writes them all. */
extern const char *const csw_factor_names[CSW_FACTORS];

const struct csw_estimate *csw_factor_of(const struct csw_identity *, enum csw_factor);

/*
 * `ideal` is T_base / T_p where nothing is lost: the workers / g. Values multiply to the median
 * efficiency over the rounds, exp of the median of ln E: medians of single factors would not, so
 * each factor is the ratio of two neighbours in the chain
 *   median(1), median(load balance), median(.. x availability), median(mean(busy) / T_p),
 *   median(.. x clock), median(E).
 * Intervals are of the bootstrap over rounds (resample.h), NAN below 6 rounds. Returns 0 or
 * -ENOMEM.
 */
int csw_identity_of(struct csw_identity *ret_identity, const struct csw_round_times *base,
                    const struct csw_round_times *point, double ideal, size_t rounds,
                    struct csw_err *);

#endif
