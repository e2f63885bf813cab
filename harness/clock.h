/* clock.h - the clocks that the harness reads. */
#ifndef CSW_CLOCK_H
#define CSW_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CSW_NS_PER_S UINT64_C(1000000000)
#define CSW_NS_PER_MS UINT64_C(1000000)

static inline uint64_t csw_clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * CSW_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* CLOCK_MONOTONIC: comparable between threads and processes of one machine. */
static inline uint64_t csw_now_ns(void)
{
    return csw_clock_ns(CLOCK_MONOTONIC);
}

#endif
