/*
 * wait.h - the one way in which kernels wait.
 *
 * A wait ends at an absolute time, so that a signal in between does not lengthen it, and the
 * thread's timer slack is set to its least, so that the kernel does not round the end up by 50 us.
 */
#ifndef CSW_WAIT_H
#define CSW_WAIT_H

#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <time.h>

#include <coresweep/kernel.h>

#define CSW_WAIT_NS_PER_MS UINT64_C(1000000)
#define CSW_WAIT_NS_PER_S UINT64_C(1000000000)

/* The most that a task may wait: whoever means more has mistaken the unit. */
#define CSW_WAIT_DAY_MS UINT64_C(86400000)

/* Returns no sooner than wait_ns, at most a day, from now; at once where that is 0. */
static inline void csw_wait(uint64_t wait_ns)
{
    struct timespec end;

    if (wait_ns == 0)
        return;
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const uint64_t end_ns = (uint64_t)end.tv_nsec + wait_ns;

    end.tv_sec += (time_t)(end_ns / CSW_WAIT_NS_PER_S);
    end.tv_nsec = (long)(end_ns % CSW_WAIT_NS_PER_S);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        ;
}

/* What `scan` of a kernel that waits is: `begin`, and the wait that it asks for. */
static inline struct csw_tally csw_begin_and_wait(struct csw_tally (*begin)(const void *, uint64_t,
                                                                            uint64_t, uint64_t *),
                                                  const void *state, uint64_t lo, uint64_t hi)
{
    uint64_t wait_ns;
    const struct csw_tally tally = begin(state, lo, hi, &wait_ns);

    csw_wait(wait_ns);
    return tally;
}

#endif
