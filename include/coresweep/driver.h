/*
 * driver.h - how work reaches workers. A driver never reads a clock, never names a kernel, never
 * prints. It is one file and one line in drivers.def.
 */
#ifndef CORESWEEP_DRIVER_H
#define CORESWEEP_DRIVER_H

#include <coresweep/err.h>
#include <coresweep/job.h>
#include <coresweep/place.h>

enum csw_driver_flags {
    CSW_ONE_WORKER = 1u << 0, /* only ever one worker: the serial baseline */
    CSW_JOINS_LATE = 1u << 1, /* runs the schedule late, too */
    /*
     * Which workers take part is the runtime's choice, under every schedule: any but the caller may
     * be left out of a run. It cannot run static. Since a worker is not told that no unit is left
     * for it, chunks are stamped one by one, and stamped runs are not timed.
     */
    CSW_ALWAYS_LATE = 1u << 2,
    CSW_ONE_THREAD = 1u << 3, /* all workers are the caller, and are placed where worker 0 is */
};

struct csw_team; /* each driver's own */

/* What a driver leaves to its user, as `--name value` of run and sweep. */
struct csw_setting {
    const char *name;     /* lower-case letters, digits and hyphens */
    const char *argument; /* what --help calls the value: "FILE" */
    const char *help;     /* half a sentence for --help; of several drivers' the first counts */
    const char *fallback; /* the value where the user gives none */

    /*
     * Checks the value that the user gave and stores what stands for it in records and in the job,
     * on the heap and without blanks and commas. Returns 0, or a negative errno with a sentence
     * that says what is allowed.
     */
    int (*resolve)(char **ret_value, const char *value, struct csw_err *);
};

/* What a team whose runs take place outside of this process tells of its last run. */
struct csw_told {
    uint64_t wall_ns;    /* by its own clock: before the first worker is made .. results are back */
    uint64_t cpu_ns;     /* of all its processes, in this time */
    uint64_t switched;   /* voluntary context switches of the workers */
    uint64_t processes;  /* the most that there were at the same time, so far */
    double pss_bytes;    /* the most memory that they had together, so far; NAN: not shown */
    const char *runtime; /* what ran it, as found after the work; the team's memory */
};

struct csw_driver {
    const char *name, *summary;
    unsigned flags;

    /* Bits 1u << CSW_WHOLE ...: the schedules that it runs; 0: all that its flags allow. */
    unsigned handouts;

    const struct csw_setting *settings; /* ended by a NULL name; NULL: none */
    const char *base; /* the driver with one worker that speedups are over; NULL: "serial" */

    /* NULL: it runs every kernel. Otherwise 0, or -EINVAL with a sentence that says why not. */
    int (*accepts)(const struct csw_kernel *, struct csw_err *);

    /* NULL: it can always be used where it is built. Otherwise NULL or why it cannot, "no python3
     * on PATH", in static memory. */
    const char *(*missing)(void);

    /* NULL: no runtime is behind it. Otherwise names the one found at run time, in static memory.
     */
    const char *(*library)(void);

    /*
     * NULL: the workers are only ever bound by their placement. Otherwise stores at most `size`
     * CPUs that the runtime binds its workers to by itself, because a variable of the environment
     * asks for it, and returns how many there are; 0: it binds none. Such a team is placed by
     * `none`.
     */
    size_t (*own_cpus)(int *ret_cpus, size_t size);

    /*
     * Makes placement->workers workers, each bound as the placement says before it touches memory,
     * and parks them. On failure everything made so far is undone, the first k - 1 workers too.
     * The job and the placement must outlive the team. Returns 0 or a negative errno.
     */
    int (*open)(struct csw_team **ret_team, const struct csw_job *, const struct csw_placement *,
                struct csw_err *);

    /*
     * Runs the whole job once. Every worker takes part, unless the schedule is late or the driver
     * CSW_ALWAYS_LATE: then the share of one that did not is empty. On return all are parked, or
     * still on their way to it. `ret_shares` has one share per worker, on cache lines of its own;
     * what it held before does not matter. Returns 0, or a negative errno after which the team can
     * only be closed.
     */
    int (*run)(struct csw_team *, struct csw_share *ret_shares, struct csw_err *);

    /*
     * NULL: runs are timed by the caller's clock. Otherwise tells of the last run, which is timed
     * so and whose shares are always stamped.
     */
    void (*told)(struct csw_team *, struct csw_told *ret_told);

    /* Ends the workers, frees the team, unbinds the caller (see place.h). Accepts NULL. */
    void (*close)(struct csw_team *);
};

struct csw_driver_entry {
    const char *name;
    const char *missing;             /* "" or why it is not in this build: "needs TBB::tbb" */
    const struct csw_driver *driver; /* NULL: not in this build */
};

/* 0, or -EINVAL where the driver has no such team, or none that runs the kernel or the schedule. */
int csw_driver_check(const struct csw_driver *, const struct csw_kernel *,
                     const struct csw_schedule *, unsigned workers, struct csw_err *);

/*
 * The value that the job has for a setting of its driver, on the heap, which the caller frees; NULL
 * where it has none. 0 or -ENOMEM.
 */
int csw_setting_value(const struct csw_job *, const char *name, char **ret_value, struct csw_err *);

/* The registry, in the order of drivers.def; NULL past the end. */
const struct csw_driver_entry *csw_driver_at(size_t index);

/* The entry of that name; NULL if there is none. Its driver may still be NULL. */
const struct csw_driver_entry *csw_driver_find(const char *name);

#endif
