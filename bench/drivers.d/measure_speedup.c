/*
 * speedup - serial time over parallel time of a step: serial work first, where there is some, then
 * a region. Both are measured under the same conditions, beside the same other processes.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "samples.h"
#include "team.h"

#define MOST_HOGS 16
#define DEFAULT_BUDGET_MS 50
#define LEAST 3
#define SETTLE_US 20000

struct hogs {
    size_t count;
    pid_t pid[MOST_HOGS];
};

static _Noreturn void be_a_hog(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        bench_compute_us(1000);
}

static void end_hogs(const struct hogs *hogs)
{
    for (size_t i = 0; i < hogs->count; i++) {
        kill(hogs->pid[i], SIGKILL);
        while (waitpid(hogs->pid[i], NULL, 0) < 0 && errno == EINTR)
            ;
    }
}

static int start_hogs(struct hogs *ret_hogs, uint64_t count, struct csw_err *err)
{
    *ret_hogs = (struct hogs){0};
    while (ret_hogs->count < count && ret_hogs->count < MOST_HOGS) {
        const pid_t pid = fork();

        if (pid == 0)
            be_a_hog();
        if (pid < 0) {
            end_hogs(ret_hogs);
            return csw_fail(err, -errno, "cannot fork: %s", strerror(errno));
        }
        ret_hogs->pid[ret_hogs->count++] = pid;
    }
    if (count > 0)
        bench_sleep_us(SETTLE_US);
    return 0;
}

/* One step on the team, or by the caller alone. */
struct step {
    struct bench_load lead;
    struct bench_load work; /* of one task */
    size_t tasks;
    struct bench_team *team; /* NULL: the caller alone */
};

static int run_step(const struct step *step, struct csw_err *err)
{
    bench_task(&step->lead, 0);
    if (step->team)
        return bench_team_run(step->team, err);
    for (size_t task = 0; task < step->tasks; task++)
        bench_task(&step->work, task);
    return 0;
}

/* The mean, since it is the mean that a user waits for. */
static int time_steps(const struct step *step, uint64_t budget_ms, double *ret_ns,
                      struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns(), end_ns = start_ns + budget_ms * CSW_NS_PER_MS;
    uint64_t steps = 0;
    int code = 0;

    while (code == 0 && (steps < LEAST || csw_now_ns() < end_ns)) {
        code = run_step(step, err);
        steps++;
    }
    *ret_ns = (double)(csw_now_ns() - start_ns) / (double)steps;
    return code;
}

static struct step make_step(const struct bench_options *options)
{
    const double per_us = bench_iterations_per_us();
    const size_t tasks = options->tasks > 0 ? options->tasks : options->workers;
    const double task_us = (double)options->work_us / (double)tasks;

    return (struct step){
        .lead.iterations = (uint64_t)((double)options->lead_us * per_us),
        .work.iterations = (uint64_t)(task_us * per_us),
        .tasks = tasks,
    };
}

static int time_both(const struct bench_options *options, double *ret_serial_ns,
                     double *ret_team_ns, struct csw_err *err)
{
    const uint64_t budget_ms = options->budget_ms > 0 ? options->budget_ms : DEFAULT_BUDGET_MS;
    struct step step = make_step(options);
    struct bench_team team;
    struct hogs hogs;
    int code = start_hogs(&hogs, options->hogs, err);

    if (code < 0)
        return code;
    code = time_steps(&step, budget_ms, ret_serial_ns, err);
    if (code == 0)
        code = bench_team_open_warm(&team, options, err);
    if (code == 0) {
        *team.load = step.work;
        step.team = &team;
        code = time_steps(&step, budget_ms, ret_team_ns, err);
        bench_team_close(&team);
    }
    end_hogs(&hogs);
    return code;
}

static int speedup_take(const struct bench_options *options, struct bench_figures *figures,
                        struct csw_err *err)
{
    double serial_ns = NAN, team_ns = NAN;

    if (options->workers == 0 || options->work_us == 0)
        return csw_fail(err, -EINVAL, "speedup needs workers=N and work-us=N");
    const int code = time_both(options, &serial_ns, &team_ns, err);

    bench_figure(figures, "serial_ns", serial_ns);
    bench_figure(figures, "team_ns", team_ns);
    bench_figure(figures, "speedup", serial_ns / team_ns);
    bench_figure(figures, "slowdown", team_ns / serial_ns);
    return code;
}

const struct bench_measure bench_measure_speedup = {
    .name = "speedup",
    .summary = "one worker's time over the team's, of regions with work, beside hogs, after a lead",
    .take = speedup_take,
};
