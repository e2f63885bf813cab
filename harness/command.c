/* command.c - see command.h */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/processes.h>

#include "clock.h"

/* How long the parent sleeps at most before it looks at the time and at the user's wish. */
#define LOOK_MS 200

/* One pipe a stream, and one that tells why the program could not become one. */
struct pipes {
    int stream[CSW_STREAMS][2];
    int failure[2];
};

struct child {
    pid_t pid;           /* of the program, or of its keeper */
    int fd[CSW_STREAMS]; /* -1: has ended */
    bool foreign;
};

/* ---- in the child: the program -------------------------------------------------------------- */

static _Noreturn void give_up(const struct pipes *pipes)
{
    const int code = errno;
    const ssize_t written = write(pipes->failure[1], &code, sizeof code);

    _exit(written == (ssize_t)sizeof code ? 1 : 2); /* the parent has gone: nobody is to be told */
}

/* No end that is written to has one of these numbers: the first pipe, of failure, is below them. */
static bool take_streams(const struct csw_command *command, const struct pipes *pipes)
{
    static const int places[] = {STDOUT_FILENO, STDERR_FILENO, CSW_ANSWER_FD};
    const int streams = command->foreign ? CSW_STREAMS : CSW_STREAM_ANSWER;

    for (int s = 0; s < streams; s++)
        if (dup2(pipes->stream[s][1], places[s]) < 0)
            return false;
    return true;
}

/* Dies with its parent, writes into the pipes, becomes the program. */
static _Noreturn void become_program(const struct csw_command *command, const struct pipes *pipes,
                                     pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    if (take_streams(command, pipes))
        execvp(command->program, command->arguments);
    give_up(pipes);
}

/* ---- in the child: the keeper of a foreign program ------------------------------------------ */

/* Ends as the program did, so that the parent sees no keeper. */
static _Noreturn void end_as(int status)
{
    const struct rlimit no_core = {0};
    sigset_t all;

    if (WIFSIGNALED(status)) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(WTERMSIG(status), SIG_DFL);
        sigfillset(&all);
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        raise(WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

/* Until the program has ended, or SIGTERM comes: from the parent, or because it has gone. */
static _Noreturn void watch(pid_t program, const sigset_t *signals)
{
    int status = 0, got = 0;

    while (got != SIGTERM && waitpid(program, &status, WNOHANG) == 0)
        sigwait(signals, &got);
    csw_processes_end_all();
    end_as(status);
}

static _Noreturn void become_keeper(const struct csw_command *command, const struct pipes *pipes,
                                    pid_t parent)
{
    sigset_t signals, before;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &before);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        give_up(pipes);
    if (getppid() != parent)
        _exit(1);
    const pid_t keeper = getpid(), program = _Fork();

    if (program < 0)
        give_up(pipes);
    if (program == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        become_program(command, pipes, keeper);
    }
    for (int s = 0; s < CSW_STREAMS; s++)
        close(pipes->stream[s][1]); /* they end with the program's processes */
    close(pipes->failure[1]);
    watch(program, &signals);
}

/* ---- starting ------------------------------------------------------------------------------- */

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pipes(struct pipes *pipes)
{
    for (int s = 0; s < CSW_STREAMS; s++) {
        close_one(&pipes->stream[s][0]);
        close_one(&pipes->stream[s][1]);
    }
    close_one(&pipes->failure[0]);
    close_one(&pipes->failure[1]);
}

static int open_pipes(struct pipes *ret_pipes, struct csw_err *err)
{
    struct pipes pipes = {.stream = {{-1, -1}, {-1, -1}, {-1, -1}}, .failure = {-1, -1}};
    int failed = pipe2(pipes.failure, O_CLOEXEC);

    for (int s = 0; failed == 0 && s < CSW_STREAMS; s++)
        failed = pipe2(pipes.stream[s], O_CLOEXEC);
    if (failed) {
        const int code = csw_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));

        close_pipes(&pipes);
        return code;
    }
    *ret_pipes = pipes;
    return 0;
}

/* Waits until the program is one: the pipe then closes without a word. */
static int check_started(const struct csw_command *command, const struct pipes *pipes, pid_t pid,
                         struct csw_err *err)
{
    int why = 0;
    ssize_t got;

    while ((got = read(pipes->failure[0], &why, sizeof why)) < 0 && errno == EINTR)
        ;
    if (got == 0)
        return 0;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return csw_fail(err, got < 0 ? -EIO : -why, "cannot start '%.200s': %s", command->program,
                    strerror(got < 0 ? EIO : why));
}

/* _Fork: what a runtime in this process does at a fork is not for another program. */
static int start(struct child *ret_child, const struct csw_command *command, struct csw_err *err)
{
    struct pipes pipes;
    int code = open_pipes(&pipes, err);

    if (code < 0)
        return code;
    const pid_t parent = getpid(), pid = _Fork();

    if (pid == 0 && command->foreign)
        become_keeper(command, &pipes, parent);
    if (pid == 0)
        become_program(command, &pipes, parent);
    if (pid < 0)
        code = csw_fail(err, -errno, "cannot fork %s: %s", command->name, strerror(errno));
    for (int s = 0; s < CSW_STREAMS; s++)
        close_one(&pipes.stream[s][1]);
    close_one(&pipes.failure[1]);
    if (code == 0)
        code = check_started(command, &pipes, pid, err);
    if (code == 0) {
        *ret_child = (struct child){.pid = pid, .foreign = command->foreign};
        for (int s = 0; s < CSW_STREAMS; s++) {
            ret_child->fd[s] = pipes.stream[s][0];
            pipes.stream[s][0] = -1;
        }
    }
    close_pipes(&pipes);
    return code;
}

/* ---- listening ------------------------------------------------------------------------------ */

/* Appends what is there to read; closes the stream at its end. */
static int hear(struct child *child, int s, struct csw_outcome *outcome,
                const struct csw_command *command, struct csw_err *err)
{
    char bytes[4096];
    const ssize_t got = read(child->fd[s], bytes, sizeof bytes);

    if (got < 0)
        return errno == EINTR ? 0
                              : csw_fail(err, -errno, "cannot read from %s: %s", command->name,
                                         strerror(errno));
    if (got == 0) {
        close_one(&child->fd[s]);
        return 0;
    }
    const size_t length = outcome->stream[s].length + (size_t)got;
    char *text = realloc(outcome->stream[s].text, length + 1);

    if (!text)
        return csw_fail(err, -ENOMEM, "no memory for what %s prints", command->name);
    memcpy(text + outcome->stream[s].length, bytes, (size_t)got);
    text[length] = '\0';
    outcome->stream[s].text = text;
    outcome->stream[s].length = length;
    return 0;
}

static int listen_once(struct child *child, struct csw_outcome *outcome,
                       const struct csw_command *command, struct csw_err *err)
{
    struct pollfd streams[CSW_STREAMS];
    int code = 0;

    for (int s = 0; s < CSW_STREAMS; s++)
        streams[s] = (struct pollfd){.fd = child->fd[s], .events = POLLIN};
    const int ready = poll(streams, CSW_STREAMS, LOOK_MS);

    if (ready < 0 && errno != EINTR)
        return csw_fail(err, -errno, "cannot wait for %s: %s", command->name, strerror(errno));
    for (int s = 0; ready > 0 && code == 0 && s < CSW_STREAMS; s++)
        if (streams[s].revents)
            code = hear(child, s, outcome, command, err);
    return code;
}

static bool is_open(const struct child *child)
{
    for (int s = 0; s < CSW_STREAMS; s++)
        if (child->fd[s] >= 0)
            return true;
    return false;
}

/* Until all streams have ended, which is when the program's last process has. */
static int listen_until_end(struct child *child, struct csw_outcome *outcome,
                            const struct csw_command *command, struct csw_err *err)
{
    while (is_open(child)) {
        const int code = listen_once(child, outcome, command, err);

        if (code < 0)
            return code;
        if (command->stop && *command->stop)
            return csw_fail(err, -EINTR, "stopped by the user");
        if (csw_now_ns() - outcome->start_ns > command->timeout_ns)
            return csw_fail(err, -ETIMEDOUT, "%s took longer than %g s and was killed",
                            command->name, (double)command->timeout_ns / (double)CSW_NS_PER_S);
    }
    return 0;
}

/* Kills the program if it was not heard out, and reaps it. */
static void finish(struct child *child, struct csw_outcome *outcome, bool heard_out)
{
    if (!heard_out)
        kill(child->pid, child->foreign ? SIGTERM : SIGKILL);
    while (waitpid(child->pid, &outcome->status, 0) < 0 && errno == EINTR)
        ;
    outcome->end_ns = csw_now_ns();
    for (int s = 0; s < CSW_STREAMS; s++)
        close_one(&child->fd[s]);
}

int csw_command_run(struct csw_outcome *ret_outcome, const struct csw_command *command,
                    struct csw_err *err)
{
    struct csw_outcome outcome = {.start_ns = csw_now_ns()};
    struct child child;
    int code = start(&child, command, err);

    if (code < 0)
        return code;
    code = listen_until_end(&child, &outcome, command, err);
    finish(&child, &outcome, code == 0);
    if (code == 0 && command->stop && *command->stop) /* the terminal told the program, too */
        code = csw_fail(err, -EINTR, "stopped by the user");
    if (code < 0) {
        csw_outcome_release(&outcome);
        return code;
    }
    *ret_outcome = outcome;
    return 0;
}

/* ---- the outcome ---------------------------------------------------------------------------- */

void csw_outcome_release(struct csw_outcome *outcome)
{
    if (!outcome)
        return;
    for (int s = 0; s < CSW_STREAMS; s++)
        free(outcome->stream[s].text);
    *outcome = (struct csw_outcome){0};
}

int csw_outcome_check_signal(const struct csw_outcome *outcome, const struct csw_command *command,
                             struct csw_err *err)
{
    const int status = outcome->status;

    if (!WIFSIGNALED(status))
        return 0;
    return csw_fail(err, -ECHILD, "%s was killed by signal %d (%s)", command->name,
                    WTERMSIG(status), strsignal(WTERMSIG(status)));
}

const char *csw_outcome_last_words(struct csw_outcome *outcome)
{
    static const char prefix[] = "coresweep: ";
    char *text = outcome->stream[CSW_STREAM_ERR].text;

    if (!text)
        return "it said nothing";
    char *end = text + outcome->stream[CSW_STREAM_ERR].length;

    while (end > text && end[-1] == '\n')
        *--end = '\0';
    const char *line = strrchr(text, '\n');

    line = line ? line + 1 : text;
    return strncmp(line, prefix, strlen(prefix)) == 0 ? line + strlen(prefix) : line;
}
