/*
 * test_processes.c - families and sessions are read from a tree of /proc (fixtures/processes): one
 * whose name looks like the end of a name, whose number is below its parent's, one that has ended,
 * and one that has left its parent. That all are ended is tried on real processes.
 */
#include <coresweep/processes.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

/* ---- reading -------------------------------------------------------------------------------- */

static bool has(const struct csw_processes *processes, pid_t pid)
{
    for (size_t i = 0; i < processes->count; i++)
        if (processes->pid[i] == pid)
            return true;
    return false;
}

static void a_family_is_all_who_live_below_one(void)
{
    struct csw_processes family;

    CU_ASSERT_EQUAL_FATAL(csw_processes_init(&family, fixture("processes"), 40, NULL), 0);
    CU_ASSERT_EQUAL(family.count, 3);
    CU_ASSERT_EQUAL(family.pid[0], 40);
    CU_ASSERT(has(&family, 41) && has(&family, 7));
    csw_processes_release(&family);
}

static void a_session_keeps_those_who_left_their_parent(void)
{
    struct csw_processes session;

    CU_ASSERT_EQUAL_FATAL(csw_processes_of_session(&session, fixture("processes"), 41, NULL), 0);
    CU_ASSERT_EQUAL(session.count, 3);
    CU_ASSERT(has(&session, 41) && has(&session, 7) && has(&session, 44));
    csw_processes_release(&session);
}

/* ---- ending --------------------------------------------------------------------------------- */

/* Waits, at most 20 s, for all who hold the other end to let go, and counts what they wrote. */
static int count_written(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLIN};
    int written = 0;
    char byte;

    while (poll(&end, 1, 20000) > 0)
        if (read(fd, &byte, 1) == 1)
            written++;
        else
            return written;
    return -1;
}

static _Noreturn void wait_for_signals(void)
{
    alarm(60); /* nobody outlives a test that fails */
    for (;;)
        pause();
}

static pid_t start_process(void (*run)(int fd), int fd)
{
    const pid_t pid = fork();

    if (pid == 0) {
        run(fd);
        wait_for_signals();
    }
    return pid;
}

static void do_nothing(int fd)
{
    (void)fd;
}

static void ignore_sigterm(int fd)
{
    (void)fd;
    signal(SIGTERM, SIG_IGN);
}

static void leave_two(int fd)
{
    start_process(do_nothing, fd);
    start_process(do_nothing, fd);
    setsid();
}

static int tracked[2]; /* a pipe that who is tracked holds the end of */

/* As Python's resource tracker: ends when all others have, and tidies up, here by a byte. */
static void track(int fd)
{
    char byte;

    signal(SIGTERM, SIG_IGN);
    while (read(tracked[0], &byte, 1) < 0 && errno == EINTR)
        ;
    _exit(write(fd, "", 1) == 1 ? 0 : 1);
}

static void leave_two_and_a_tracker(int fd)
{
    if (pipe(tracked) < 0)
        _exit(1);
    start_process(do_nothing, fd);
    if (fork() > 0) {
        start_process(do_nothing, fd);
        return;
    }
    close(tracked[1]);
    track(fd);
}

/* Nothing can be had any more, as where a thread that is not here holds the heap for ever. */
static void exhaust_memory(void)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ /* they need some themselves */
    static void *volatile held; /* or a compiler would take nothing */
    const struct rlimit none = {0};

    setrlimit(RLIMIT_AS, &none);
    for (size_t bytes = 1 << 20; bytes >= 16; bytes /= 2)
        while ((held = malloc(bytes)))
            ;
#endif
}

/* One who starts `run`, ends all, and says so by a byte if nobody is left to wait for. */
static _Noreturn void end_below(void (*run)(int fd), int fd)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    start_process(run, fd);
    poll(NULL, 0, 200); /* until they are what they will be */
    exhaust_memory();
    alarm(20);
    csw_processes_end_all();
    _exit(wait(NULL) < 0 && errno == ECHILD && write(fd, "", 1) == 1 ? 0 : 1);
}

static int end_all_below(void (*run)(int fd))
{
    int ends[2], status = -1;

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    const pid_t pid = fork();

    if (pid == 0)
        end_below(run, ends[1]);
    close(ends[1]);
    const int written = count_written(ends[0]);

    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    close(ends[0]);
    return written;
}

static void all_are_ended_without_memory(void)
{
    CU_ASSERT_EQUAL(end_all_below(do_nothing), 1);
    CU_ASSERT_EQUAL(end_all_below(leave_two), 1);
}

static void who_ignores_being_told_is_killed(void)
{
    CU_ASSERT_EQUAL(end_all_below(ignore_sigterm), 1);
}

static void who_tidies_up_after_the_others_is_given_the_time(void)
{
    CU_ASSERT_EQUAL(end_all_below(leave_two_and_a_tracker), 2);
}

static void a_session_is_ended_from_outside(void)
{
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    const pid_t leader = fork();

    if (leader == 0) {
        setsid();
        start_process(ignore_sigterm, ends[1]);
        start_process(do_nothing, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    waitpid(leader, NULL, 0);
    csw_processes_end_session(leader);
    CU_ASSERT_EQUAL(count_written(ends[0]), 0);
    close(ends[0]);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(a_family_is_all_who_live_below_one),
        TEST(a_session_keeps_those_who_left_their_parent),
        TEST(all_are_ended_without_memory),
        TEST(who_ignores_being_told_is_killed),
        TEST(who_tidies_up_after_the_others_is_given_the_time),
        TEST(a_session_is_ended_from_outside),
    };

    return RUN_TESTS("processes", tests);
}
