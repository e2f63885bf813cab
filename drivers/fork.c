/*
 * fork - a persistent pool of forked processes; the caller supervises and does no work itself.
 *
 * All that crosses between the processes is one arena of shared anonymous memory: the gate, the
 * cursor, and a share per worker. Job and placement are inherited by the fork. A supervisor that
 * waits can look after its children: one that dies is noticed within WATCH_NS, whatever it was
 * doing, and no lock exists that it could have held. Children die with the supervisor.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/driver.h>

#include "gate.h"

/* How long the supervisor sleeps before it looks whether a child has died. */
#define WATCH_NS UINT64_C(10000000)
/* A child that was asked to end is killed when it has not after this long. */
#define END_MS 1000

/* One worker's corner of the arena. */
struct corner {
    struct csw_share share;
    struct csw_err err; /* why the worker could not be bound */
};

struct arena {
    struct csw_gate gate;
    struct csw_cursor cursor;
    bool stop; /* written before a release, read after it */
    struct corner corner[];
};

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct arena *arena;
    size_t arena_bytes;
    unsigned children;
    bool broken; /* a child died: the others are not asked to end but killed */
    pid_t *pid;  /* per worker */
};

static _Noreturn void child_main(const struct csw_team *team, unsigned worker, pid_t supervisor)
{
    struct arena *arena = team->arena;
    struct corner *corner = &arena->corner[worker];
    uint32_t epoch = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor) /* it died before prctl took effect */
        _exit(1);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    csw_placement_bind(team->placement, worker, &corner->err);
    for (;;) {
        csw_gate_arrive(&arena->gate);
        epoch = csw_gate_wait(&arena->gate, epoch);
        if (arena->stop)
            _exit(0);
        csw_work(team->job, worker, &arena->cursor, &corner->share);
    }
}

/* Says how the child ended; the child stays waitable for fork_close. */
static int report_death(struct csw_team *team, unsigned worker, const siginfo_t *info,
                        struct csw_err *err)
{
    team->broken = true;
    if (info->si_code == CLD_EXITED)
        return csw_fail(err, -ECHILD, "worker %u of driver 'fork' (pid %d) exited with status %d",
                        worker, (int)info->si_pid, info->si_status);
    return csw_fail(err, -ECHILD,
                    "worker %u of driver 'fork' (pid %d) was killed by signal %d (%s)", worker,
                    (int)info->si_pid, info->si_status, strsignal(info->si_status));
}

/* Looks at every child without reaping it. 0: all alive. */
static int check_children(struct csw_team *team, struct csw_err *err)
{
    for (unsigned k = 0; k < team->children; k++) {
        siginfo_t info = {0};

        if (waitid(P_PID, (id_t)team->pid[k], &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
            team->broken = true;
            return csw_fail(err, -errno, "cannot watch worker %u of driver 'fork' (pid %d): %s", k,
                            (int)team->pid[k], strerror(errno));
        }
        if (info.si_pid != 0)
            return report_death(team, k, &info, err);
    }
    return 0;
}

/* Waits until every child has arrived at the gate, or one has died. */
static int await_children(struct csw_team *team, struct csw_err *err)
{
    struct csw_gate *gate = &team->arena->gate;
    bool arrived = csw_gate_spin(gate);
    int code = 0;

    while (!arrived && code == 0) {
        arrived = csw_gate_sleep(gate, WATCH_NS);
        code = arrived ? 0 : check_children(team, err);
    }
    return code;
}

/* Waits for the end of a child that was asked to end; one that does not in time is killed. */
static void reap(pid_t pid)
{
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    int ready = 1; /* a kernel without pidfd: waitpid below waits as long as it takes */

    if (end.fd >= 0) {
        while ((ready = poll(&end, 1, END_MS)) < 0 && errno == EINTR)
            ;
        close(end.fd);
    }
    if (ready <= 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static void fork_close(struct csw_team *team)
{
    if (!team)
        return;
    if (team->children > 0 && !team->broken) {
        team->arena->stop = true;
        csw_gate_release(&team->arena->gate, team->children);
    }
    for (unsigned k = 0; k < team->children; k++) {
        if (team->broken)
            kill(team->pid[k], SIGKILL);
        reap(team->pid[k]);
    }
    if (team->arena)
        munmap(team->arena, team->arena_bytes);
    free(team->pid);
    free(team);
}

static int team_new(struct csw_team **ret_team, const struct csw_job *job,
                    const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = calloc(1, sizeof *team);
    pid_t *pid = calloc(placement->workers, sizeof *pid);
    const size_t bytes = sizeof(struct arena) + placement->workers * sizeof(struct corner);
    void *arena = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (!team || !pid || arena == MAP_FAILED) {
        if (arena != MAP_FAILED)
            munmap(arena, bytes);
        free(pid);
        free(team);
        return csw_fail(err, -ENOMEM, "no memory for a team of %u processes", placement->workers);
    }
    *team = (struct csw_team){
        .job = job, .placement = placement, .arena = arena, .arena_bytes = bytes, .pid = pid};
    csw_gate_init(&team->arena->gate, placement->workers, true);
    *ret_team = team;
    return 0;
}

static int fork_children(struct csw_team *team, struct csw_err *err)
{
    const unsigned workers = team->placement->workers;
    const pid_t supervisor = getpid();

    for (unsigned k = 0; k < workers; k++) {
        const pid_t pid = fork();

        if (pid == 0)
            child_main(team, k, supervisor);
        if (pid < 0) {
            team->broken = true;
            return csw_fail(err, -errno, "fork failed for worker %u of %u: %s", k, workers,
                            strerror(errno));
        }
        team->pid[team->children++] = pid;
    }
    return await_children(team, err);
}

static int check_bindings(const struct csw_team *team, struct csw_err *err)
{
    for (unsigned k = 0; k < team->children; k++) {
        const struct csw_err *told = &team->arena->corner[k].err;

        if (told->code < 0)
            return csw_fail(err, told->code, "%s", told->text);
    }
    return 0;
}

static int fork_open(struct csw_team **ret_team, const struct csw_job *job,
                     const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = NULL;
    int code = team_new(&team, job, placement, err);

    if (code < 0)
        return code;
    code = fork_children(team, err);
    if (code == 0)
        code = check_bindings(team, err);
    if (code < 0) {
        fork_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static int fork_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    struct arena *arena = team->arena;

    atomic_store_explicit(&arena->cursor.next, 0, memory_order_relaxed);
    csw_gate_release(&arena->gate, team->children);
    const int code = await_children(team, err);

    if (code < 0)
        return code;
    for (unsigned k = 0; k < team->children; k++)
        ret_shares[k] = arena->corner[k].share;
    return 0;
}

const struct csw_driver csw_driver_fork = {
    .name = "fork",
    .summary = "a persistent pool of forked processes that share one arena",
    .open = fork_open,
    .run = fork_run,
    .close = fork_close,
};
