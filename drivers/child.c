/* child.c - see child.h */
#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "library.h"

/* A child that was asked to end is killed when it has not after this long. */
#define END_MS 1000

/* A child that is not where it was bound to is bound again so often, after 1 ms each. */
#define BIND_ATTEMPTS 100

int csw_children_init(struct csw_children *ret_children, const struct csw_placement *placement,
                      const char *driver, struct csw_err *err)
{
    pid_t *pid = calloc(placement->workers, sizeof *pid);

    if (!pid)
        return csw_fail(err, -ENOMEM, "no memory for a team of %u processes", placement->workers);
    *ret_children = (struct csw_children){.placement = placement, .driver = driver, .pid = pid};
    return 0;
}

/* What a child must not inherit: handlers of its parent's, and a life longer than its parent's. */
static void settle_in(pid_t parent)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGCHLD};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before prctl took effect */
        _exit(1);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_DFL);
}

/* Where this fails, the parent's attempt does, too: it tells why, and kills the child. */
static void bind_self(const struct csw_placement *placement, unsigned worker)
{
    if (csw_placement_bind(placement, worker, NULL) == 0)
        return;
    sleep(1);
    _exit(1);
}

/* It is elsewhere, or one of its threads came or went while it was looked at. */
static bool may_change(int code)
{
    return code == -EXDEV || code == -EAGAIN;
}

/*
 * What a runtime does in a child before fork returns there may undo the binding meanwhile (LLVM's
 * OpenMP takes the CPUs that it found at its start); the child binds itself after that.
 */
static int bind_child(const struct csw_children *children, unsigned worker, pid_t pid,
                      struct csw_err *err)
{
    int code = -EXDEV;

    for (int attempt = 0; may_change(code) && attempt < BIND_ATTEMPTS; attempt++) {
        if (attempt > 0)
            poll(NULL, 0, 1);
        code = csw_placement_bind_process(children->placement, worker, pid, err);
    }
    return code;
}

int csw_children_fork(struct csw_children *children, unsigned worker,
                      void (*work)(void *context, unsigned worker), void *context,
                      struct csw_err *err)
{
    const pid_t parent = getpid(), pid = fork();

    if (pid == 0) {
        settle_in(parent);
        bind_self(children->placement, worker);
        work(context, worker);
        _exit(0);
    }
    if (pid < 0)
        return csw_fail(err, -errno, "fork failed for worker %u of %u: %s", worker,
                        children->placement->workers, strerror(errno));
    children->pid[worker] = pid;
    children->count++;
    return bind_child(children, worker, pid, err);
}

/* Looks without reaping. True once it has ended. */
static bool has_ended(pid_t pid, siginfo_t *ret_info)
{
    *ret_info = (siginfo_t){0};
    return waitid(P_PID, (id_t)pid, ret_info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           ret_info->si_pid != 0;
}

int csw_children_find_dead(const struct csw_children *children, siginfo_t *ret_info)
{
    siginfo_t info;

    for (unsigned w = 1; w <= children->count; w++)
        if (has_ended(children->pid[w], ret_info ? ret_info : &info))
            return (int)w;
    return -1;
}

static int fail_by_end(const struct csw_children *children, unsigned worker, const siginfo_t *info,
                       struct csw_err *err)
{
    const char *driver = children->driver;
    const int pid = (int)children->pid[worker];

    if (info->si_pid == 0) /* somebody else has reaped it */
        return csw_fail(err, -ECHILD, "worker %u of driver '%s' (pid %d) has vanished", worker,
                        driver, pid);
    if (info->si_code == CLD_EXITED)
        return csw_fail(err, -ECHILD, "worker %u of driver '%s' (pid %d) exited with status %d",
                        worker, driver, pid, info->si_status);
    return csw_fail(err, -ECHILD, "worker %u of driver '%s' (pid %d) was killed by signal %d (%s)",
                    worker, driver, pid, info->si_status, strsignal(info->si_status));
}

int csw_children_check(const struct csw_children *children, struct csw_err *err)
{
    siginfo_t info;
    const int worker = csw_children_find_dead(children, &info);

    return worker < 0 ? 0 : fail_by_end(children, (unsigned)worker, &info, err);
}

int csw_children_join(struct csw_children *children, struct csw_err *err)
{
    for (unsigned w = 1; w <= children->count; w++) {
        siginfo_t info = {0};

        while (waitid(P_PID, (id_t)children->pid[w], &info, WEXITED | WNOWAIT) != 0 &&
               errno == EINTR)
            ;
        if (info.si_code != CLD_EXITED || info.si_status != 0)
            return fail_by_end(children, w, &info, err);
    }
    return 0;
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
    csw_library_forget(pid);
}

void csw_children_end(struct csw_children *children, bool kill_them)
{
    for (unsigned w = 1; w <= children->count; w++) {
        if (kill_them)
            kill(children->pid[w], SIGKILL);
        reap(children->pid[w]);
    }
    free(children->pid);
    *children = (struct csw_children){0};
}
