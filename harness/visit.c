/* visit.c - see visit.h */
#include "visit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "options.h"

/* How long the parent sleeps at most before it looks at the time and at the user's wish. */
#define LOOK_MS 200

/* What a visit prints on one of its two streams. */
struct capture {
    int fd;
    char *text; /* always ends in '\0' */
    size_t length;
};

struct child {
    pid_t pid;
    struct capture out, err;
    int status;
    uint64_t start_ns, end_ns;
};

/* ---- starting ------------------------------------------------------------------------------- */

#define MAX_ARGUMENTS 39
#define MAX_WORDS (2 * CSW_MAX_OPTIONS) /* options of the kernel, and of the driver */

struct arguments {
    char *list[MAX_ARGUMENTS];
    char numbers[3][24];
    char *options[MAX_WORDS]; /* owned */
    size_t count;
};

static void release_arguments(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++)
        free(arguments->options[i]);
}

/* "--input=random" */
static int build_option(const char *name, const char *value, void *context, struct csw_err *err)
{
    struct arguments *arguments = context;

    if (arguments->count == MAX_WORDS)
        return csw_fail(err, -EINVAL, "a point has more than %d options", MAX_WORDS);
    if (asprintf(&arguments->options[arguments->count], "--%s=%s", name, value) < 0)
        return csw_fail(err, -ENOMEM, "no memory for the options of a visit");
    arguments->count++;
    return 0;
}

static int build_arguments(struct arguments *ret, const struct csw_visit *visit,
                           const struct csw_point *point, struct csw_err *err)
{
    size_t n = 0;
    char *const fixed[] = {"coresweep",       "run",      "--json",      "--kernel",
                           point->kernel,     "--driver", point->driver, "--schedule",
                           point->schedule,   "--tasks",  point->tasks,  "--pin",
                           (char *)visit->pin};

    snprintf(ret->numbers[0], sizeof ret->numbers[0], "%" PRIu64, point->workers);
    snprintf(ret->numbers[1], sizeof ret->numbers[1], "%" PRIu64, visit->samples);
    snprintf(ret->numbers[2], sizeof ret->numbers[2], "%" PRIu64, visit->min_ms);
    char *const counted[] = {"--workers",     ret->numbers[0], "--samples",
                             ret->numbers[1], "--min-ms",      ret->numbers[2]};

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        ret->list[n++] = fixed[i];
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        ret->list[n++] = counted[i];
    if (*visit->memory) {
        ret->list[n++] = "--memory";
        ret->list[n++] = (char *)visit->memory;
    }
    if (visit->huge_pages)
        ret->list[n++] = "--huge-pages";
    if (point->oversubscribed)
        ret->list[n++] = "--oversubscribe";
    int code = csw_for_each_option(point->options, build_option, ret, err);

    if (code == 0)
        code = csw_for_each_option(point->settings ? point->settings : "", build_option, ret, err);

    for (size_t i = 0; i < ret->count; i++)
        ret->list[n++] = ret->options[i];
    ret->list[n] = NULL;
    return code;
}

/* In the child: dies with its parent, writes into the pipes, becomes coresweep run. */
static _Noreturn void become_visit(const char *program, char *const *arguments, pid_t parent,
                                   const int out[2], const int err[2])
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent && dup2(out[1], STDOUT_FILENO) >= 0 && dup2(err[1], STDERR_FILENO) >= 0)
        execv(program, arguments);
    dprintf(err[1], "cannot start %s: %s\n", program, strerror(errno));
    _exit(127);
}

static int start(struct child *child, const char *program, char *const *arguments,
                 struct csw_err *err)
{
    int out[2], errors[2];

    if (pipe2(out, O_CLOEXEC) != 0)
        return csw_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    if (pipe2(errors, O_CLOEXEC) != 0) {
        const int code = csw_fail(err, -errno, "cannot make a pipe: %s", strerror(errno));

        close(out[0]);
        close(out[1]);
        return code;
    }
    const pid_t parent = getpid();

    child->start_ns = csw_now_ns();
    child->pid = fork();
    if (child->pid == 0)
        become_visit(program, arguments, parent, out, errors);
    const int code =
        child->pid < 0 ? csw_fail(err, -errno, "cannot fork a visit: %s", strerror(errno)) : 0;

    close(out[1]);
    close(errors[1]);
    if (code < 0) {
        close(out[0]);
        close(errors[0]);
        return code;
    }
    child->out.fd = out[0];
    child->err.fd = errors[0];
    return 0;
}

static int start_visit(struct child *child, const struct csw_visit *visit,
                       const struct csw_point *point, struct csw_err *err)
{
    struct arguments arguments = {0};
    int code = build_arguments(&arguments, visit, point, err);

    if (code == 0)
        code = start(child, visit->program, arguments.list, err);
    release_arguments(&arguments);
    return code;
}

/* ---- listening ------------------------------------------------------------------------------ */

/* Appends what is there to read; closes the stream at its end. */
static int capture_more(struct capture *capture, struct csw_err *err)
{
    char bytes[4096];
    const ssize_t got = read(capture->fd, bytes, sizeof bytes);

    if (got < 0)
        return errno == EINTR
                   ? 0
                   : csw_fail(err, -errno, "cannot read from a visit: %s", strerror(errno));
    if (got == 0) {
        close(capture->fd);
        capture->fd = -1;
        return 0;
    }
    char *text = realloc(capture->text, capture->length + (size_t)got + 1);

    if (!text)
        return csw_fail(err, -ENOMEM, "no memory for what a visit prints");
    memcpy(text + capture->length, bytes, (size_t)got);
    capture->length += (size_t)got;
    text[capture->length] = '\0';
    capture->text = text;
    return 0;
}

static int listen_once(struct child *child, struct csw_err *err)
{
    struct pollfd streams[] = {{.fd = child->out.fd, .events = POLLIN},
                               {.fd = child->err.fd, .events = POLLIN}};
    struct capture *const captures[] = {&child->out, &child->err};
    const int ready = poll(streams, 2, LOOK_MS);

    if (ready < 0 && errno != EINTR)
        return csw_fail(err, -errno, "cannot wait for a visit: %s", strerror(errno));
    for (size_t i = 0; ready > 0 && i < 2; i++) {
        const int code = streams[i].revents ? capture_more(captures[i], err) : 0;

        if (code < 0)
            return code;
    }
    return 0;
}

/* Until both streams have ended, which is when the visit's last process has. */
static int listen_until_end(struct child *child, const struct csw_visit *visit, struct csw_err *err)
{
    while (child->out.fd >= 0 || child->err.fd >= 0) {
        const int code = listen_once(child, err);

        if (code < 0)
            return code;
        if (visit->stop && *visit->stop)
            return csw_fail(err, -EINTR, "stopped by the user");
        if (csw_now_ns() - child->start_ns > visit->timeout_ns)
            return csw_fail(err, -ETIMEDOUT, "the visit took longer than %.0f s and was killed",
                            (double)visit->timeout_ns / (double)CSW_NS_PER_S);
    }
    return 0;
}

/* Kills the visit if it was not heard out, and reaps it. */
static void finish(struct child *child, bool heard_out)
{
    if (!heard_out)
        kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
        ;
    child->end_ns = csw_now_ns();
    if (child->out.fd >= 0)
        close(child->out.fd);
    if (child->err.fd >= 0)
        close(child->err.fd);
}

/* ---- reading the answer --------------------------------------------------------------------- */

/* The last thing that the visit said to a person, without the program's name before it. */
static const char *last_words(const struct capture *err)
{
    static const char prefix[] = "coresweep: ";

    if (!err->text)
        return "it said nothing";
    char *end = err->text + err->length;

    while (end > err->text && end[-1] == '\n')
        *--end = '\0';
    const char *line = strrchr(err->text, '\n');

    line = line ? line + 1 : err->text;
    return strncmp(line, prefix, strlen(prefix)) == 0 ? line + strlen(prefix) : line;
}

static int check_status(const struct child *child, struct csw_err *err)
{
    if (WIFSIGNALED(child->status))
        return csw_fail(err, -ECHILD, "the visit was killed by signal %d (%s)",
                        WTERMSIG(child->status), strsignal(WTERMSIG(child->status)));
    switch (WEXITSTATUS(child->status)) {
    case CSW_EXIT_DONE:
        return 0;
    case CSW_EXIT_WRONG_TALLY:
        return csw_fail(err, CSW_EWRONG, "%.480s", last_words(&child->err));
    default:
        return csw_fail(err, -ECHILD, "%.480s", last_words(&child->err));
    }
}

static int parse_samples(const struct child *child, uint64_t count, struct csw_sample *samples,
                         struct csw_err *err)
{
    char *rest = child->out.text;

    for (uint64_t i = 0; i < count; i++) {
        char *line = rest ? strsep(&rest, "\n") : NULL;

        if (!line || *line == '\0')
            return csw_fail(err, -EPROTO, "the visit gave %" PRIu64 " of %" PRIu64 " samples", i,
                            count);
        const int code = csw_sample_parse(&samples[i], line, err);

        if (code < 0)
            return code;
        samples[i].process_ns = (double)(child->end_ns - child->start_ns);
    }
    return 0;
}

int csw_visit_run(const struct csw_visit *visit, const struct csw_point *point,
                  struct csw_sample **ret_samples, struct csw_err *err)
{
    struct child child = {.out.fd = -1, .err.fd = -1};
    struct csw_sample *samples = calloc(visit->samples, sizeof *samples);
    int code = samples
                   ? start_visit(&child, visit, point, err)
                   : csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " samples", visit->samples);

    if (code == 0) {
        code = listen_until_end(&child, visit, err);
        finish(&child, code == 0);
    }
    if (code == 0 && visit->stop && *visit->stop) /* the terminal told the visit, too */
        code = csw_fail(err, -EINTR, "stopped by the user");
    if (code == 0)
        code = check_status(&child, err);
    if (code == 0)
        code = parse_samples(&child, visit->samples, samples, err);
    free(child.out.text);
    free(child.err.text);
    if (code < 0) {
        for (uint64_t i = 0; samples && i < visit->samples; i++)
            csw_sample_release(&samples[i]);
        free(samples);
        return code;
    }
    *ret_samples = samples;
    return 0;
}
