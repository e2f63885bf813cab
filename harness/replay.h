/*
 * replay.h - the speedup that each schedule would give: the pieces of a job, by their work, handed
 * out to workers who take the same time for the same work and none for taking it.
 */
#ifndef CSW_REPLAY_H
#define CSW_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/job.h>
#include <coresweep/record.h>

#include "bound.h"

/* The ways of handing out that are tried. */
enum csw_replay_rule {
    CSW_REPLAY_WHOLE,         /* tasks, in list order */
    CSW_REPLAY_LONGEST_FIRST, /* tasks, by falling work */
    CSW_REPLAY_STATIC,
    CSW_REPLAY_DYNAMIC, /* about 1024 chunks, the next one to whoever is free */
    CSW_REPLAY_GUIDED,
    CSW_REPLAY_RULES
};

/* What the user calls it: "longest first", or a schedule's name. */
extern const char *const csw_replay_names[CSW_REPLAY_RULES];

/* Speedups over one worker; NAN where the work is not known. */
struct csw_replay {
    bool measured;  /* by the CPU time of units, not by counted work */
    double own;     /* by the point's schedule */
    double greedy;  /* the least, if its pieces go to whoever is free: csw_bound_of_greedy */
    double balance; /* load balance of `own` if every worker has a CPU: mean work / most work */
    double largest; /* of its pieces, as a share of all work */
    double by[CSW_REPLAY_RULES]; /* NAN also where kernel or driver do not have the schedule */
};

/*
 * The speedup of units handed out by the schedule. Under `dynamic` and `late` it is the next one to
 * whoever is free, also for drivers whose workers begin with ranges of their own and steal: the two
 * differ by a few units at the end. Under `static` the units are what each worker gets.
 */
double csw_replay_units(const double *work, size_t count, enum csw_handout, unsigned workers,
                        double cpus);

/* Of the point's own schedule and of all others, at its number of workers; see pieces.h. */
struct csw_replay csw_replay_of_point(const struct csw_point *, const struct csw_cost *measured,
                                      const struct csw_host *);

#endif
