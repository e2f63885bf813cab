/*
 * noise.h - what others take from a sample: counters of the system, read right before and after its
 * runs, and what its own workers tell. A difference of two readings says what happened between
 * them, whoever it happened to. Formats: proc(5), the kernel's sched-debug.rst.
 */
#ifndef CSW_NOISE_H
#define CSW_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/processes.h>
#include <coresweep/record.h>

#include "cgroup.h"
#include "cycles.h"

/* Counters at one moment; NAN: this system does not show it. */
struct csw_noise {
    uint64_t now_ns;   /* CLOCK_MONOTONIC */
    double migrations; /* of the threads of the team's processes, since they began */
    double pressure_ns;
    struct csw_throttling throttling;
    struct csw_cycles cycles; /* of the team */
    size_t cpus;
    double *steal_ns; /* owned; by the system's number of the CPU, in ticks of 10 ms as a rule */
};

/*
 * Reads all counters; `cycles_fd` is of csw_cycles_open() or negative. Where the team's processes
 * have fewer threads than workers, as with drivers that make them for each run, migrations are not
 * shown. `root` comes before /proc and /sys: "" for this machine. Returns 0 or -ENOMEM. The caller
 * releases it.
 */
int csw_noise_init(struct csw_noise *ret_noise, const char *root, const struct csw_processes *team,
                   unsigned workers, int cycles_fd, struct csw_err *);
void csw_noise_release(struct csw_noise *);

/*
 * Stores in the sample what happened between two readings, steal of the CPUs alone that its workers
 * were seen on, and its availability.
 */
void csw_noise_note(struct csw_sample *, const struct csw_noise *before,
                    const struct csw_noise *after);

/*
 * The least over the workers of CPU time / busy time, 1 where each had its CPU all the time. A
 * minimum and not a mean, because a region waits for its slowest worker; each over its own busy
 * time, because imbalance is no disturbance. NAN where no worker was busy for 1 ms: the clocks
 * themselves take a part of shorter times.
 */
double csw_availability(const struct csw_sample *);

/* CPUs that the workers were seen on; a CPU counts once. */
unsigned csw_cpus_seen(const struct csw_sample *);

#endif
