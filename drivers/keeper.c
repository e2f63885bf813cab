/* keeper.c - see keeper.h */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/processes.h>

/* What a shell says by its status of a program that it cannot execute. */
#define STATUS_NOT_EXECUTED 127

/* ---- in the keeper and the program ---------------------------------------------------------- */

static void close_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
        return;
    for (int fd = first; fd < (int)sysconf(_SC_OPEN_MAX); fd++)
        close(fd);
}

/* Without a lock or memory, as all that comes after _Fork. */
static void say_why(void)
{
    const char *why = strerrordesc_np(errno);
    struct iovec parts[] = {{(void *)why, strlen(why)}, {"\n", 1}};

    if (writev(STDERR_FILENO, parts, 2) < 0)
        return; /* nobody listens */
}

/* In the program-to-be: dies with the keeper, has its three streams and its socket, no more. */
static _Noreturn void become_program(char *const argv[], pid_t keeper, int channel, int said)
{
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != keeper || dup2(nothing, STDIN_FILENO) < 0 || dup2(said, STDOUT_FILENO) < 0 ||
        dup2(said, STDERR_FILENO) < 0 || dup2(channel, CSW_KEPT_FD) < 0)
        _exit(STATUS_NOT_EXECUTED);
    close_from(CSW_KEPT_FD + 1);
    execv(argv[0], argv);
    say_why();
    _exit(STATUS_NOT_EXECUTED);
}

static void heed_child(int signal_number)
{
    (void)signal_number;
}

/* Reaps whoever has ended; whether the program is among them. */
static bool reap(pid_t program, int *ret_status)
{
    bool ended = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == program) {
            *ret_status = status;
            ended = true;
        }
    return ended;
}

/* Until the program has ended, which is told, or the leash has. */
static void keep(pid_t program, int leash, const sigset_t *waiting_mask)
{
    struct pollfd end = {.fd = leash, .events = POLLIN};
    int status;

    for (;;) {
        if (reap(program, &status)) {
            send(leash, &status, sizeof status, MSG_NOSIGNAL);
            return;
        }
        if (ppoll(&end, 1, NULL, waiting_mask) > 0)
            return;
    }
}

/* SIGCHLD comes while the keeper waits and at no other time, so that none is missed. */
static _Noreturn void become_keeper(char *const argv[], int leash, int channel, int said)
{
    const struct sigaction heed = {.sa_handler = heed_child};
    const pid_t keeper = getpid();
    sigset_t child, waiting;

    setsid();
    prctl(PR_SET_NAME, "csw-keeper");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigemptyset(&waiting);
    sigprocmask(SIG_SETMASK, &child, NULL);
    sigaction(SIGCHLD, &heed, NULL);
    const pid_t program = _Fork();

    if (program == 0)
        become_program(argv, keeper, channel, said);
    dup2(leash, STDIN_FILENO);
    close_from(STDIN_FILENO + 1);
    if (program > 0)
        keep(program, STDIN_FILENO, &waiting);
    csw_processes_end_all();
    _exit(0);
}

/* ---- starting ------------------------------------------------------------------------------- */

/* Both ends away from the numbers that the program's streams will have. */
static int lift(int ends[2])
{
    for (int i = 0; i < 2; i++) {
        const int lifted = fcntl(ends[i], F_DUPFD_CLOEXEC, CSW_KEPT_FD + 1);

        if (lifted < 0)
            return -errno;
        close(ends[i]);
        ends[i] = lifted;
    }
    return 0;
}

static int make_ends(int leash[2], int channel[2], int said[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, leash) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0 ||
        pipe2(said, O_CLOEXEC) < 0 || fcntl(said[0], F_SETFL, O_NONBLOCK) < 0)
        return -errno;
    const int code = lift(leash) < 0 || lift(channel) < 0 ? -errno : 0;

    return code == 0 ? lift(said) : code;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int csw_kept_start(struct csw_kept *ret_kept, const char *name, char *const argv[],
                   struct csw_err *err)
{
    int leash[2] = {-1, -1}, channel[2] = {-1, -1}, said[2] = {-1, -1};
    int code = make_ends(leash, channel, said);

    *ret_kept = (struct csw_kept){.name = name, .keeper = -1};
    if (code == 0) {
        ret_kept->keeper = _Fork();
        if (ret_kept->keeper == 0)
            become_keeper(argv, leash[1], channel[1], said[1]);
        code = ret_kept->keeper < 0 ? -errno : 0;
    }
    ret_kept->leash = leash[0];
    ret_kept->channel = channel[0];
    ret_kept->said = said[0];
    close_end(&leash[1]);
    close_end(&channel[1]);
    close_end(&said[1]);
    return code == 0 ? 0 : csw_fail(err, code, "cannot start %s: %s", name, strerror(-code));
}

/* ---- listening ------------------------------------------------------------------------------ */

/* Keeps the last that the program printed. */
static void hear(struct csw_kept *kept)
{
    char bytes[1024];
    ssize_t got = 1;

    while (kept->said >= 0 && (got = read(kept->said, bytes, sizeof bytes)) > 0) {
        const size_t room = sizeof kept->words - 1, more = (size_t)got;
        const size_t over = kept->words_length + more > room ? kept->words_length + more - room : 0;

        memmove(kept->words, kept->words + over, kept->words_length - over);
        memcpy(kept->words + kept->words_length - over, bytes, more);
        kept->words_length += more - over;
        kept->words[kept->words_length] = '\0';
    }
    if (kept->said >= 0 && (got == 0 || errno != EAGAIN))
        close_end(&kept->said);
}

const char *csw_kept_last_words(struct csw_kept *kept)
{
    hear(kept);
    while (kept->words_length > 0 && strchr(" \r\n", kept->words[kept->words_length - 1]))
        kept->words[--kept->words_length] = '\0';
    const char *line = strrchr(kept->words, '\n');

    return line ? line + 1 : kept->words;
}

/* The keeper tells how the program ended, or has itself been killed. */
static void note_end(struct csw_kept *kept)
{
    if (recv(kept->leash, &kept->status, sizeof kept->status, 0) != sizeof kept->status)
        kept->status = SIGKILL;
    kept->ended = true;
}

static int fail_by_end(struct csw_kept *kept, struct csw_err *err)
{
    const char *words = csw_kept_last_words(kept);
    char how[80];

    if (WIFSIGNALED(kept->status))
        snprintf(how, sizeof how, "was killed by signal %d (%s)", WTERMSIG(kept->status),
                 strsignal(WTERMSIG(kept->status)));
    else
        snprintf(how, sizeof how, "exited with status %d", WEXITSTATUS(kept->status));
    return csw_fail(err, -ECHILD, "%.200s %s%s%.200s", kept->name, how, *words ? ": " : "", words);
}

static int hear_channel(struct csw_kept *kept, struct csw_err *err)
{
    if (kept->line_length == kept->line_size) {
        const size_t size = kept->line_size > 0 ? 2 * kept->line_size : 4096;
        char *grown = realloc(kept->line, size);

        if (!grown)
            return csw_fail(err, -ENOMEM, "no memory for an answer of %s", kept->name);
        kept->line = grown;
        kept->line_size = size;
    }
    const ssize_t got = recv(kept->channel, kept->line + kept->line_length,
                             kept->line_size - kept->line_length, MSG_DONTWAIT);

    if (got > 0)
        kept->line_length += (size_t)got;
    else if (got == 0)
        close_end(&kept->channel);
    return 0;
}

/* Waits for anything at all. 1, 0 where the time is over, or a negative errno. */
static int listen_once(struct csw_kept *kept, int timeout_ms, struct csw_err *err)
{
    struct pollfd ends[] = {{.fd = kept->channel, .events = POLLIN},
                            {.fd = kept->said, .events = POLLIN},
                            {.fd = kept->leash, .events = POLLIN}};
    const int ready = poll(ends, 3, timeout_ms);
    int code = 0;

    if (ready < 0)
        return errno == EINTR
                   ? 1
                   : csw_fail(err, -errno, "cannot wait for %s: %s", kept->name, strerror(errno));
    if (ready > 0 && ends[0].revents)
        code = hear_channel(kept, err);
    if (ready > 0 && ends[1].revents)
        hear(kept);
    if (ready > 0 && ends[2].revents && !ends[0].revents) /* its last answer comes before its end */
        note_end(kept);
    return code < 0 ? code : ready > 0;
}

/* Takes the line that ended at `newline` out of what came over the channel, next time. */
static void drop_line(struct csw_kept *kept)
{
    char *end = kept->line ? memchr(kept->line, '\0', kept->line_length) : NULL;

    if (!end)
        return;
    kept->line_length -= (size_t)(end + 1 - kept->line);
    memmove(kept->line, end + 1, kept->line_length);
}

int csw_kept_receive(struct csw_kept *kept, const char **ret_line, int timeout_ms,
                     struct csw_err *err)
{
    drop_line(kept);
    for (;;) {
        char *newline = kept->line ? memchr(kept->line, '\n', kept->line_length) : NULL;

        if (newline) {
            *newline = '\0';
            *ret_line = kept->line;
            return 1;
        }
        if (kept->ended)
            return fail_by_end(kept, err);
        const int code = listen_once(kept, timeout_ms, err);

        if (code <= 0)
            return code;
    }
}

int csw_kept_wait(struct csw_kept *kept, int timeout_ms, struct csw_err *err)
{
    while (!kept->ended) {
        const int code = listen_once(kept, timeout_ms, err);

        if (code <= 0)
            return code;
    }
    return 1;
}

/* ---- talking and ending --------------------------------------------------------------------- */

int csw_kept_send(struct csw_kept *kept, const char *line, struct csw_err *err)
{
    const size_t length = strlen(line);
    struct iovec parts[] = {{(void *)line, length}, {"\n", 1}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    if (sendmsg(kept->channel, &message, MSG_NOSIGNAL) == (ssize_t)length + 1)
        return 0;
    if (csw_kept_wait(kept, 1000, err) == 1)
        return fail_by_end(kept, err);
    return csw_fail(err, -EPIPE, "%s does not listen", kept->name);
}

void csw_kept_dismiss(struct csw_kept *kept)
{
    if (kept->channel >= 0)
        shutdown(kept->channel, SHUT_WR);
}

void csw_kept_end(struct csw_kept *kept)
{
    int status = 0;

    if (kept->keeper == 0) /* never started */
        return;
    close_end(&kept->leash);
    close_end(&kept->channel);
    close_end(&kept->said);
    while (kept->keeper > 0 && waitpid(kept->keeper, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status)) /* it could not do its last duty; all that it kept is in its session */
        csw_processes_end_session(kept->keeper);
    free(kept->line);
    *kept = (struct csw_kept){0};
}
