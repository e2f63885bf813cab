/*
 * cycles.h - the processor cycles that a process, its threads and its children take, by which the
 * clock rate that they had is known. From perf_event_open(2): one counter that all threads and
 * processes begun later by the opening thread inherit, so that workers need not do anything. Hidden
 * in most virtual machines; elsewhere kernel.perf_event_paranoid must be 2 or less.
 */
#ifndef CSW_CYCLES_H
#define CSW_CYCLES_H

#include <stdint.h>

/* Both sum over everybody counted, and never fall; NAN where there is no counter. */
struct csw_cycles {
    double count;
    double running_ns; /* time on a CPU with the counter at work */
};

/*
 * Starts counting for the calling thread and all that it begins from here on. Returns a file
 * descriptor, closed on exec, or a negative errno where the system has no counter to give. Cycles
 * in the kernel count, too, if the system lets them be seen.
 */
int csw_cycles_open(void);

/* The same with any other event of perf_event_open(2): its `type` and `config`. */
int csw_cycles_open_event(uint32_t type, uint64_t config);

/* `fd` of the above, or negative: no counter. Counts of threads that still run are in it. */
struct csw_cycles csw_cycles_read(int fd);
void csw_cycles_close(int fd);

/* Mean cycles per second between two readings; NAN: nobody ran in between, or not known. */
double csw_cycles_hz(const struct csw_cycles *before, const struct csw_cycles *after);

#endif
