/*
 * segment.h - up to which worker count one more worker is one more of the same: past it workers
 * share a core, sit in another package, run on another kind of core, or have no CPU time of their
 * own. No law of scaling holds across such a boundary.
 */
#ifndef CSW_SEGMENT_H
#define CSW_SEGMENT_H

#include <stddef.h>

#include <coresweep/record.h>

struct csw_boundary {
    double workers;   /* the last count before it; INFINITY: none is known */
    const char *what; /* what comes after it, as in "past 8 workers <what>" */
};

/* Where workers sit; all of it borrowed. */
struct csw_seating {
    const struct csw_host *host;
    const char *pin;                 /* the plan's */
    const struct csw_worker *worker; /* of a sample, in the order in which workers were placed */
    uint64_t workers;                /* how many; 0: not known */
};

/*
 * The first boundary at or past a worker count. Computed from the host's usable cores and PUs, its
 * quota and the packages in its topology, whose cores count as evenly divided; `none` is taken as
 * `spread`, since schedulers balance over packages. Of a list of CPUs only their number is known.
 * Kinds of cores are those of the CPUs that the workers were bound to: workers that were not are on
 * any. What the host does not tell is no boundary.
 */
struct csw_boundary csw_boundary_from(const struct csw_seating *, double workers);

/* Neighbouring worker counts without a boundary between them. */
struct csw_segment {
    size_t first, count;
    struct csw_boundary end;
};

/*
 * The first segment with at least `enough` of the sorted worker counts, or the very first one if
 * none has that all workers of have CPU time of their own. Kernels that wait need no CPU of their
 * own: `waits` leaves all counts in one segment.
 */
struct csw_segment csw_segment_find(const struct csw_seating *, bool waits, const double *workers,
                                    size_t count, size_t enough);

#endif
