/*
 * resample.h - intervals of whatever is computed from rounds: the bootstrap draws whole rounds with
 * repetition, computes everything anew from them, and takes percentiles. What one round disturbs in
 * several cells so stays together.
 *
 * Sources: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13
 * (percentile intervals); H. R. Kuensch, Annals of Statistics 17 (1989), 1217-1241 (moving blocks).
 */
#ifndef CSW_RESAMPLE_H
#define CSW_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>

#include "stats.h"

/* Draws of every bootstrap of the program, and what they begin with. */
#define CSW_DRAWS 2000
#define CSW_RESAMPLE_SEED 1

struct csw_resampling {
    size_t rounds; /* there are */
    size_t block;  /* of neighbouring rounds that are drawn together; 1: each by itself */
    size_t draws;
    uint64_t seed;
    double confidence;
};

/*
 * Computes `count` values from the rounds whose numbers are in round[0 .. rounds-1], some of them
 * several times; NAN: they do not tell. It must not depend on their order.
 */
typedef void csw_statistic(const size_t *round, size_t rounds, void *context, double *ret_values);

/*
 * ret_estimates[i].value is value i of all rounds as they are; low and high are percentiles of the
 * draws, NAN where a draw in twenty or more did not tell; n is the number of rounds. Returns 0 or
 * -ENOMEM.
 */
int csw_resample(struct csw_estimate *ret_estimates, size_t count, const struct csw_resampling *,
                 csw_statistic *, void *context, struct csw_err *);

#endif
