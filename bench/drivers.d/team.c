/* team.c - see team.h */
#include "team.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/clock.h"
#include "spread.h"

#define WARM_NS (5 * CSW_NS_PER_MS) /* before the workers are spread, and after */
#define NS_PER_US 1000u
#define DEFAULT_WORKERS 2
#define MOST_CHILDREN 64
#define CALIBRATION_ITERATIONS 200000
#define CALIBRATIONS 5

/* ---- opening -------------------------------------------------------------------------------- */

static void *map_shared(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static int check_marks(const struct bench_team *team, struct csw_err *err)
{
    for (size_t task = 0; task < team->region.tasks; task++)
        if (team->marks[task] != 1)
            return csw_fail(err, CSW_EWRONG, "'%s' ran task %zu of %zu %u times instead of once",
                            team->peer->name, task, team->region.tasks, team->marks[task]);
    return 0;
}

static int verify(struct bench_team *team, struct csw_err *err)
{
    team->load->marks = team->marks;
    const int code = bench_team_run(team, err);

    team->load->marks = NULL;
    return code < 0 ? code : check_marks(team, err);
}

int bench_team_open(struct bench_team *ret_team, const struct bench_options *options,
                    struct csw_err *err)
{
    struct bench_team *team = ret_team;
    const uint64_t workers = options->workers > 0 ? options->workers : DEFAULT_WORKERS;
    const size_t tasks = options->tasks > 0 ? options->tasks : workers;

    if (!options->peer)
        return csw_fail(err, -EINVAL, "this measure needs a peer=NAME");
    *team = (struct bench_team){
        .peer = options->peer, .load = map_shared(sizeof *team->load), .marks = map_shared(tasks)};
    team->region = (struct bench_region){.workers = (unsigned)workers,
                                         .tasks = tasks,
                                         .dynamic = options->tasks > 0,
                                         .load = team->load};
    int code = team->load && team->marks ? 0 : csw_fail(err, -ENOMEM, "no memory for the load");

    if (code == 0)
        code = team->peer->open(&team->pool, team->peer, &team->region, err);
    if (code == 0)
        code = verify(team, err);
    if (code < 0)
        bench_team_close(team);
    return code;
}

static int warm_up(struct bench_team *team, struct csw_err *err)
{
    const uint64_t end_ns = csw_now_ns() + WARM_NS;
    int code;

    do
        code = bench_team_run(team, err);
    while (code == 0 && csw_now_ns() < end_ns);
    return code;
}

int bench_team_open_warm(struct bench_team *ret_team, const struct bench_options *options,
                         struct csw_err *err)
{
    int code = bench_team_open(ret_team, options, err);

    if (code < 0)
        return code;
    code = warm_up(ret_team, err);
    if (code == 0 && options->hogs == 0)
        bench_spread();
    if (code == 0)
        code = warm_up(ret_team, err);
    if (code < 0)
        bench_team_close(ret_team);
    return code;
}

void bench_team_close(struct bench_team *team)
{
    team->peer->close(team->pool);
    if (team->marks)
        munmap(team->marks, team->region.tasks);
    if (team->load)
        munmap(team->load, sizeof *team->load);
    *team = (struct bench_team){.peer = team->peer};
}

/* ---- time ----------------------------------------------------------------------------------- */

size_t bench_children(pid_t *ret_children, size_t room)
{
    char path[64];
    size_t count = 0;

    snprintf(path, sizeof path, "/proc/self/task/%ld/children", syscall(SYS_gettid));
    FILE *list = fopen(path, "r");

    while (list && count < room && fscanf(list, "%d", &ret_children[count]) == 1)
        count++;
    if (list)
        fclose(list);
    return count;
}

static uint64_t timeval_ns(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * CSW_NS_PER_S + (uint64_t)time->tv_usec * NS_PER_US;
}

uint64_t bench_tree_cpu_ns(void)
{
    pid_t children[MOST_CHILDREN];
    const size_t count = bench_children(children, MOST_CHILDREN);
    struct rusage ended = {0};
    uint64_t ns = csw_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (size_t i = 0; i < count; i++) {
        clockid_t clock;

        if (clock_getcpuclockid(children[i], &clock) == 0)
            ns += csw_clock_ns(clock);
    }
    getrusage(RUSAGE_CHILDREN, &ended);
    return ns + timeval_ns(&ended.ru_utime) + timeval_ns(&ended.ru_stime);
}

void bench_compute_us(uint64_t us)
{
    const uint64_t end_ns = csw_now_ns() + us * NS_PER_US;

    while (csw_now_ns() < end_ns)
        ;
}

void bench_sleep_us(uint64_t us)
{
    const uint64_t ns = us * NS_PER_US;
    const struct timespec time = {.tv_sec = (time_t)(ns / CSW_NS_PER_S),
                                  .tv_nsec = (long)(ns % CSW_NS_PER_S)};

    nanosleep(&time, NULL);
}

/* Of the fastest of some: what disturbs only slows down. */
double bench_iterations_per_us(void)
{
    const struct bench_load load = {.iterations = CALIBRATION_ITERATIONS};
    static double best_ns;

    for (unsigned i = 0; best_ns == 0 || i < CALIBRATIONS; i++) {
        const uint64_t start_ns = csw_now_ns();

        bench_task(&load, 0);
        const double ns = (double)(csw_now_ns() - start_ns);

        if (best_ns == 0 || ns < best_ns)
            best_ns = ns;
    }
    return CALIBRATION_ITERATIONS / best_ns * NS_PER_US;
}
