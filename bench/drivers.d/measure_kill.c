/*
 * kill - a worker of the fork driver is killed at a random moment: how long until the caller is
 * told, and does anything stay behind?
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "samples.h"
#include "team.h"

#define NS_PER_US 1000u
#define GIVE_UP_NS CSW_NS_PER_S /* the caller was not told although it went on running regions */
#define HANG_S 10               /* a run did not return at all */
#define MOST_CHILDREN 64

/* What goes on when the worker is killed. */
enum state { PARKED, IDLE, BETWEEN, RUNNING, LONG, STATES };

static const struct {
    const char *name;
    uint64_t task_us;   /* work of one task */
    uint64_t before_us; /* how long workers are left alone before; past 100 us they sleep */
    uint64_t within_us; /* the kill comes at a random moment within so long */
    bool first;         /* the kill comes first, the next run after it */
} states[STATES] = {
    [PARKED] = {"parked", 0, 2000, 500, true}, /* asleep */
    [IDLE] = {"idle", 0, 0, 50, true},         /* all wait awake */
    [BETWEEN] = {"empty regions", 0, 0, 2000, false},
    [RUNNING] = {"running", 500, 0, 5000, false},
    [LONG] = {"long chunks", 10000, 0, 20000, false}, /* the caller's own chunk is as long */
};

/* ---- the killer: a process that waits for orders -------------------------------------------- */

struct order {
    pid_t victim;
    uint64_t delay_ns;
};

struct killer {
    pid_t pid;
    int orders;                  /* the end of a pipe */
    _Atomic uint64_t *killed_ns; /* mapped, shared with the killer; 0: not yet */
};

static _Noreturn void killer_main(int orders, _Atomic uint64_t *killed_ns)
{
    struct order order;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(orders, &order, sizeof order) == sizeof order) {
        bench_sleep_us(order.delay_ns / NS_PER_US);
        const uint64_t now_ns = csw_now_ns();

        kill(order.victim, SIGKILL);
        atomic_store(killed_ns, now_ns);
    }
    _exit(0);
}

static int killer_open(struct killer *ret_killer, struct csw_err *err)
{
    void *killed_ns = mmap(NULL, sizeof *ret_killer->killed_ns, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ends[2];

    if (killed_ns == MAP_FAILED || pipe(ends) != 0)
        return csw_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    *ret_killer = (struct killer){.orders = ends[1], .killed_ns = killed_ns, .pid = fork()};
    if (ret_killer->pid == 0) {
        close(ends[1]);
        killer_main(ends[0], killed_ns);
    }
    close(ends[0]);
    if (ret_killer->pid < 0)
        return csw_fail(err, -errno, "cannot fork: %s", strerror(errno));
    return 0;
}

static void killer_close(struct killer *killer)
{
    close(killer->orders);
    kill(killer->pid, SIGKILL);
    while (waitpid(killer->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    munmap(killer->killed_ns, sizeof *killer->killed_ns);
}

/* ---- a trial -------------------------------------------------------------------------------- */

struct trials {
    struct killer killer;
    uint64_t random;
    size_t shm_entries; /* of /dev/shm, before the first */
    uint64_t unnoticed, left_behind;
    struct bench_samples all, of[STATES]; /* ms */
};

/* splitmix64. Source: G. Steele, D. Lea, C. Flood, OOPSLA 2014, section 6. */
static uint64_t draw(struct trials *trials, uint64_t below)
{
    uint64_t z = trials->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

/* Any child but the killer; 0: there is none. */
static pid_t choose_victim(struct trials *trials)
{
    pid_t children[MOST_CHILDREN], victims[MOST_CHILDREN];
    const size_t count = bench_children(children, MOST_CHILDREN);
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        if (children[i] != trials->killer.pid)
            victims[found++] = children[i];
    return found > 0 ? victims[draw(trials, found)] : 0;
}

static uint64_t await_kill(const struct killer *killer)
{
    uint64_t killed_ns;

    while ((killed_ns = atomic_load(killer->killed_ns)) == 0)
        bench_sleep_us(1);
    return killed_ns;
}

static int send_order(struct trials *trials, enum state state, struct csw_err *err)
{
    const struct order order = {
        .victim = choose_victim(trials),
        .delay_ns = draw(trials, states[state].within_us * NS_PER_US),
    };

    if (order.victim == 0)
        return csw_fail(err, -ESRCH, "the driver has no child that could be killed");
    atomic_store(trials->killer.killed_ns, 0);
    if (write(trials->killer.orders, &order, sizeof order) != sizeof order)
        return csw_fail(err, -errno, "cannot write to a pipe: %s", strerror(errno));
    return 0;
}

/* Runs until the driver reports the death; the time since the kill, or since the first run after
 * it, in ms. NAN-free: 0 where it was never told. */
static double run_to_error(struct trials *trials, struct bench_team *team, enum state state)
{
    if (states[state].first)
        await_kill(&trials->killer);
    const uint64_t start_ns = csw_now_ns();
    struct csw_err death;
    uint64_t now_ns = start_ns;

    while (bench_team_run(team, &death) == 0)
        if (csw_now_ns() > start_ns + GIVE_UP_NS)
            return 0;
    now_ns = csw_now_ns();
    const uint64_t killed_ns = await_kill(&trials->killer);

    return (double)(now_ns - (killed_ns > start_ns ? killed_ns : start_ns)) / CSW_NS_PER_MS;
}

static size_t shm_entries(void)
{
    DIR *folder = opendir("/dev/shm");
    size_t count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* Children besides the killer, dead or alive, and names in /dev/shm. */
static uint64_t count_left_behind(const struct trials *trials)
{
    pid_t children[MOST_CHILDREN];
    const size_t entries = shm_entries();

    return bench_children(children, MOST_CHILDREN) - 1 +
           (entries > trials->shm_entries ? entries - trials->shm_entries : 0);
}

static int run_trial(struct trials *trials, const struct bench_options *options, enum state state,
                     struct csw_err *err)
{
    struct bench_team team;
    int code = bench_team_open(&team, options, err);

    if (code < 0)
        return code;
    alarm(HANG_S);
    team.load->iterations = (uint64_t)((double)states[state].task_us * bench_iterations_per_us());
    if (states[state].before_us > 0)
        bench_sleep_us(states[state].before_us);
    code = send_order(trials, state, err);
    const double ms = code == 0 ? run_to_error(trials, &team, state) : 0;

    bench_team_close(&team);
    alarm(0);
    trials->left_behind += count_left_behind(trials);
    trials->unnoticed += ms == 0;
    if (ms > 0) {
        bench_samples_add(&trials->all, ms);
        bench_samples_add(&trials->of[state], ms);
    }
    return code;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void report_hang(int signal_number)
{
    static const char text[] = "{\"hung\": 1}\n";

    (void)signal_number;
    _exit(write(STDOUT_FILENO, text, sizeof text - 1) < 0); /* children die with this process */
}

static void tell(struct trials *trials, struct bench_figures *figures)
{
    bench_figure(figures, "hung", 0);
    bench_figure(figures, "unnoticed", (double)trials->unnoticed);
    bench_figure(figures, "left_behind", (double)trials->left_behind);
    bench_figure(figures, "p50_ms", bench_samples_quantile(&trials->all, 0.5));
    bench_figure(figures, "p99_ms", bench_samples_quantile(&trials->all, 0.99));
    bench_figure(figures, "max_ms", bench_samples_quantile(&trials->all, 1));
    for (int state = 0; state < STATES; state++) {
        char name[24];

        snprintf(name, sizeof name, "%s p99", states[state].name);
        bench_figure(figures, name, bench_samples_quantile(&trials->of[state], 0.99));
    }
}

static int kill_take(const struct bench_options *options, struct bench_figures *figures,
                     struct csw_err *err)
{
    static struct trials trials;
    int code = killer_open(&trials.killer, err);

    if (code < 0)
        return code;
    signal(SIGALRM, report_hang);
    trials.random = options->seed;
    trials.shm_entries = shm_entries();
    bench_iterations_per_us();
    for (uint64_t i = 0; code == 0 && i < options->count; i++)
        code = run_trial(&trials, options, (enum state)draw(&trials, STATES), err);
    killer_close(&trials.killer);
    tell(&trials, figures);
    return code;
}

const struct bench_measure bench_measure_kill = {
    .name = "kill",
    .summary = "a worker process is killed: how long until the caller is told, and what is left",
    .take = kill_take,
};
