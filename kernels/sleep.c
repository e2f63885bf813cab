/*
 * sleep - waits instead of computing, the IO baseline: a task of n is a wait of n milliseconds.
 *
 * The wait ends at an absolute time, so that a signal in between does not lengthen it, and the
 * thread's timer slack is set to its least, so that the kernel does not round the end up by 50 us.
 * The default workload is the story's waits of 1..5, eight times over and 1000 times faster.
 */
#include <sys/prctl.h>
#include <time.h>

#include <coresweep/kernel.h>

#define DAY_MS UINT64_C(86400000)
#define NS_PER_S 1000000000L
#define NS_PER_MS 1000000L

static struct csw_tally sleep_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    if (lo >= hi)
        return (struct csw_tally){0};
    const uint64_t wait_ms = hi - lo;
    struct timespec end;

    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(wait_ms / 1000);
    end.tv_nsec += (long)(wait_ms % 1000) * NS_PER_MS;
    if (end.tv_nsec >= NS_PER_S) {
        end.tv_sec++;
        end.tv_nsec -= NS_PER_S;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) != 0)
        ;
    return (struct csw_tally){.items = wait_ms, .work = wait_ms};
}

static struct csw_tally sleep_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    const uint64_t wait_ms = lo < hi ? hi - lo : 0;

    return (struct csw_tally){.items = wait_ms, .work = wait_ms};
}

const struct csw_kernel csw_kernel_sleep = {
    .abi = CSW_KERNEL_ABI,
    .flags = CSW_INDIVISIBLE | CSW_WAITS | CSW_AS_GIVEN,
    .name = "sleep",
    .summary = "waits, the IO baseline: a task is a duration in ms",
    .unit = "ms waited",
    .tasks = "1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5",
    .max_n = DAY_MS,
    .scan = sleep_scan,
    .expect = sleep_expect,
};
