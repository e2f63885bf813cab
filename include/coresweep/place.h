/*
 * place.h - which processing unit each worker is bound to. hwloc stays behind this header.
 *
 * A binding is set, read back and compared. "Cannot here" (the system refuses bindings as such) is
 * found out once, by csw_placement_probe; after that every binding that fails is an error.
 */
#ifndef CORESWEEP_PLACE_H
#define CORESWEEP_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <coresweep/err.h>

/* ---- topology ------------------------------------------------------------------------------- */

struct csw_topo;

/*
 * Opens a topology. `source` NULL: this machine, restricted to what this process may use (affinity
 * mask AND cpuset); an XML file of `lstopo`; or a synthetic description such as
 * "pack:2 core:4 pu:2". Returns 0, -EINVAL for a source that is neither, or -ENOMEM.
 */
int csw_topo_open(struct csw_topo **ret_topo, const char *source, struct csw_err *);
void csw_topo_close(struct csw_topo *);

/*
 * Opens this machine, restricted to the given CPUs in place of the affinity mask: where a runtime
 * binds its workers to them by itself, the calling thread's mask may be one of them by now. Returns
 * 0, -EINVAL where none of them is usable, or -ENOMEM.
 */
int csw_topo_open_on(struct csw_topo **ret_topo, const int *cpus, size_t count, struct csw_err *);

/* Usable processing units, and the cores that they belong to (a core counts once). */
unsigned csw_topo_pus(const struct csw_topo *);
unsigned csw_topo_cores(const struct csw_topo *);
unsigned csw_topo_numa_nodes(const struct csw_topo *);

/* Workers that have CPU time here: one per usable PU, and no more than the CPU quota, rounded up.
 */
unsigned csw_topo_workers(const struct csw_topo *);

/* True for the machine that the program runs on, false for a described one. */
bool csw_topo_is_here(const struct csw_topo *);

/* "1 package, 1 NUMA node, 2 cores, 2 PUs, L3 32 MiB"; the caller frees it. NULL: no memory. */
char *csw_topo_summary(const struct csw_topo *);

/* The usable processing units as "0-3,8"; the caller frees it. NULL: no memory. */
char *csw_topo_usable(const struct csw_topo *);

/*
 * The usable processing units of each kind of core, the fastest kind first: "0-7 8-15" on a hybrid
 * machine; "" where all are of one kind or kinds are not told apart. The caller frees it. NULL: no
 * memory.
 */
char *csw_topo_kinds(const struct csw_topo *);

/* Where a processing unit sits: "package 0, NUMA node 1, core 4"; the caller frees it. */
char *csw_topo_where(const struct csw_topo *, unsigned pu);

/* The NUMA nodes whose memory may be used as "0-1"; the caller frees it. NULL: no memory. */
char *csw_topo_nodes(const struct csw_topo *);
bool csw_topo_has_node(const struct csw_topo *, unsigned node);

/* "hwloc API 2.8.0": the library that reads topologies, by the interface in use. */
const char *csw_topo_library(void);

/* ---- placement ------------------------------------------------------------------------------ */

enum csw_policy {
    CSW_PIN_NONE,    /* the kernel's scheduler decides */
    CSW_PIN_COMPACT, /* neighbours first: all threads of a core, then the next core */
    CSW_PIN_CORES,   /* one worker per core, the fastest kind of cores first, else in order; SMT
                        siblings only when all cores have one */
    CSW_PIN_SPREAD,  /* like cores, in turn over packages and their NUMA nodes */
    CSW_PIN_LIST,    /* the user's own list */
};

#define CSW_PU_ANY (-1)

struct csw_placement {
    const struct csw_topo *topo; /* borrowed */
    enum csw_policy policy;
    unsigned workers;
    int *pu;             /* per worker: the system's number of its PU, or CSW_PU_ANY */
    bool oversubscribed; /* more workers than usable PUs: some share one */
    bool throttled;      /* a CPU quota allows less than the usable PUs */
    char cannot[160];    /* why nothing is bound although it was asked for; "" otherwise */
};

/*
 * Places `workers` workers by `pin`: "none", "compact", "cores", "spread" or a list "0,2,4-6".
 * Workers past the end of the order wrap round. Returns 0; -EINVAL for an unknown policy, a PU
 * that is not usable, or a list shorter than the workers; -ENOMEM.
 */
int csw_placement_init(struct csw_placement *ret_placement, const struct csw_topo *,
                       const char *pin, unsigned workers, struct csw_err *);
void csw_placement_release(struct csw_placement *);

/* Places all workers where worker 0 is: for a team that is one thread. */
void csw_placement_gather(struct csw_placement *);

/*
 * Tries the first binding on the calling thread and takes it back. Where this system cannot bind
 * at all, no worker is bound from here on and `cannot` says why. Returns 0, or a negative errno
 * where the binding as such works but this one fails.
 */
int csw_placement_probe(struct csw_placement *, struct csw_err *);

/* Binds the calling thread as `worker`, reads the binding back and compares. 0 or negative errno.
 */
int csw_placement_bind(const struct csw_placement *, unsigned worker, struct csw_err *);

/* The same for another process, which has one thread: its parent can bind it before it gets far. */
int csw_placement_bind_process(const struct csw_placement *, unsigned worker, pid_t pid,
                               struct csw_err *);

/* Gives the calling thread back the processing units that the process may use. */
void csw_placement_unbind(const struct csw_placement *);

/*
 * Moves the calling thread, which is not bound, off the CPU to any other that the process may use;
 * it stays unbound. Nothing where there is no other, or where this system cannot bind.
 */
void csw_placement_leave(const struct csw_placement *, int cpu);

/* ---- memory --------------------------------------------------------------------------------- */

#define CSW_NODES_ALL (-1)

/*
 * Makes the pages of [start, start + bytes), none of which was touched yet, come from the NUMA node
 * of that number of the system's, and from no other; CSW_NODES_ALL: from all usable nodes in turn.
 * Reads it back at the first page and compares. Returns 0; -ENOTSUP where this system lets nobody
 * place memory; or a negative errno where this placement fails.
 */
int csw_topo_place_memory(const struct csw_topo *, int node, void *start, size_t bytes,
                          struct csw_err *);

#endif
