/* test_cycles.c - the clock rate of threads and processes; where there is no such counter, that. */
#include "suite.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/cycles.h"

#define SHARE_NS 5e6

static double cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *compute(void *context)
{
    const double start_ns = cpu_ns();

    while (cpu_ns() - start_ns < SHARE_NS)
        ;
    return context;
}

/* A software event that every system has and that counts 1 a ns: a clock of exactly 1 GHz. */
static int open_task_clock(void)
{
    return csw_cycles_open_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK);
}

/* Some containers allow no counter of any kind, as that of most virtual CPUs does for cycles. */
static bool is_refusal(int fd)
{
    return fd == -ENOENT || fd == -EACCES || fd == -EPERM || fd == -ENOSYS || fd == -EOPNOTSUPP;
}

static void run_thread(void)
{
    pthread_t thread;

    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, compute, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_join(thread, NULL), 0);
}

static void run_process(void)
{
    const pid_t pid = fork();

    CU_ASSERT_FATAL(pid >= 0);
    if (pid == 0) {
        compute(NULL);
        _exit(0);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, NULL, 0), pid);
}

static void threads_and_processes_begun_later_are_counted(void)
{
    static void (*const begin[])(void) = {run_thread, run_process};
    const int fd = open_task_clock();

    if (is_refusal(fd))
        return;
    CU_ASSERT_FATAL(fd >= 0);
    for (size_t i = 0; i < COUNT(begin); i++) {
        const struct csw_cycles before = csw_cycles_read(fd);

        begin[i]();
        const struct csw_cycles after = csw_cycles_read(fd);

        CU_ASSERT(after.running_ns - before.running_ns > .9 * SHARE_NS);
        CU_ASSERT_DOUBLE_EQUAL(csw_cycles_hz(&before, &after), 1e9, 1e8);
    }
    csw_cycles_close(fd);
}

static void cycles_give_a_clock_rate_where_they_can_be_counted(void)
{
    const int fd = csw_cycles_open();
    const struct csw_cycles before = csw_cycles_read(fd);

    compute(NULL);
    const struct csw_cycles after = csw_cycles_read(fd);
    const double hz = csw_cycles_hz(&before, &after);

    if (fd < 0) {
        CU_ASSERT(is_refusal(fd));
        CU_ASSERT(isnan(hz));
    } else {
        CU_ASSERT(hz > 1e8 && hz < 1e10);
    }
    csw_cycles_close(fd);
}

static void a_rate_is_cycles_over_the_time_on_a_cpu(void)
{
    const struct csw_cycles begin = {1000, 500}, end = {4000, 1500}, unknown = {NAN, NAN};

    CU_ASSERT_DOUBLE_EQUAL(csw_cycles_hz(&begin, &end), 3e9, 1);
    CU_ASSERT(isnan(csw_cycles_hz(&begin, &begin)));
    CU_ASSERT(isnan(csw_cycles_hz(&begin, &unknown)));
    CU_ASSERT(isnan(csw_cycles_hz(&unknown, &end)));
}

static void an_event_that_there_is_not_is_refused(void)
{
    CU_ASSERT(csw_cycles_open_event(UINT32_MAX, 0) < 0);
    CU_ASSERT(isnan(csw_cycles_read(-ENOENT).count));
    csw_cycles_close(-ENOENT);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(threads_and_processes_begun_later_are_counted),
        TEST(cycles_give_a_clock_rate_where_they_can_be_counted),
        TEST(a_rate_is_cycles_over_the_time_on_a_cpu),
        TEST(an_event_that_there_is_not_is_refused),
    };

    return RUN_TESTS("cycles", tests);
}
