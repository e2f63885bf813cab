/*
 * segment.h - up to which worker count one more worker is one more of the same: past it workers
 * share a core, sit in another package, or have no CPU time of their own. No law of scaling holds
 * across such a boundary.
 */
#ifndef CSW_SEGMENT_H
#define CSW_SEGMENT_H

#include <stddef.h>

#include <coresweep/record.h>

struct csw_boundary {
    double workers;   /* the last count before it; INFINITY: none is known */
    const char *what; /* what comes after it, as in "past 8 workers <what>" */
};

/*
 * The first boundary at or past a worker count, for workers placed by `pin` on that host. Computed
 * from the host's usable cores and PUs, its quota and the packages in its topology, whose cores
 * count as evenly divided; `none` is taken as `spread`, since schedulers balance over packages. Of
 * a list of CPUs only their number is known. What the host does not tell is no boundary.
 */
struct csw_boundary csw_boundary_from(const struct csw_host *, const char *pin, double workers);

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
struct csw_segment csw_segment_find(const struct csw_host *, const char *pin, bool waits,
                                    const double *workers, size_t count, size_t enough);

#endif
