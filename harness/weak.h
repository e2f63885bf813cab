/*
 * weak.h - weak scaling: with p workers there is p times the work, so that each worker keeps what
 * one had. Every task is there p times: the work is then exactly p times that of one worker, for
 * any kernel, and each task costs what it did, which larger ones would not.
 *
 * Source: J. L. Gustafson, Reevaluating Amdahl's law, Communications of the ACM 31 (1988), 532-533.
 */
#ifndef CSW_WEAK_H
#define CSW_WEAK_H

#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#include "stats.h"

/*
 * The tasks with each of them `growth` >= 1 times in place of once; the caller frees the text.
 * Returns 0, -EINVAL where they become more than a workload may have, or -ENOMEM.
 */
int csw_tasks_grown(char **ret_tasks, const char *tasks, uint64_t growth, struct csw_err *);

/* How many times the work of one worker the point has; 1 without growth. */
uint64_t csw_growth(const struct csw_point *);

/* The tasks of one worker that the point's have grown from; its own without growth. */
const char *csw_ungrown_tasks(const struct csw_point *);

/*
 * Gustafson's serial fraction of the time with `workers` >= 2, from the scaled speedup p T1 / Tp:
 * s = (p - S) / (p - 1). Below 0 where S is above p.
 */
struct csw_estimate csw_gustafson(struct csw_estimate speedup, uint64_t workers);

#endif
