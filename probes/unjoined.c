/*
 * unjoined - what a program prints that does not wait for its threads, and when the work is done:
 *
 *     start = now()
 *     for i in 1..5: start a thread that waits i seconds
 *     join them, or do not
 *     print("Finished in", now() - start)
 *
 * Each row is a process of its own, so that its end is a real one: main that leaves by pthread_exit
 * lets its threads finish, as Python does; one that returns takes them with it. What was not done
 * then has no time at which it was.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/probe.h>

#include "harness/clock.h"

#define WORKERS 5

enum ending { JOINED, NOT_JOINED, DETACHED, ENDINGS };

static const char *const rows[ENDINGS] = {
    [JOINED] = "thread, joined",
    [NOT_JOINED] = "thread, not joined",
    [DETACHED] = "thread, detached and exit",
};

struct worker {
    struct program *program;
    uint64_t wait_ns, done_ns;
};

/* Lies in memory that it shares with who looks on: the workers' memory, too, outlives main. */
struct program {
    struct worker worker[WORKERS];
    uint64_t start_ns, printed_ns;
    _Atomic unsigned done;
    _Atomic unsigned gone; /* threads that are at their end, main among them */
    int failure;           /* errno of the thread that could not be made */
};

/* ---- the program ---------------------------------------------------------------------------- */

static void wait_for(uint64_t ns)
{
    struct timespec left = {.tv_sec = (time_t)(ns / CSW_NS_PER_S),
                            .tv_nsec = (long)(ns % CSW_NS_PER_S)};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
}

/*
 * The last thread of a process ends it: the C library sees to that, but for ThreadSanitizer, which
 * keeps a thread of its own.
 */
static void end_thread(struct program *program)
{
    if (++program->gone == WORKERS + 1)
        exit(0);
}

static void *work(void *argument)
{
    struct worker *worker = argument;

    wait_for(worker->wait_ns);
    worker->done_ns = csw_now_ns();
    worker->program->done++;
    end_thread(worker->program);
    return NULL;
}

/* Registered last, it runs first: nothing of what the parent wants done at its exit is done here.
 */
static void leave(void)
{
    _exit(0);
}

static void start_threads(struct program *program, pthread_t *ret_threads)
{
    for (unsigned w = 0; w < WORKERS; w++) {
        program->failure = pthread_create(&ret_threads[w], NULL, work, &program->worker[w]);
        if (program->failure != 0)
            _exit(1);
    }
}

static _Noreturn void run_program(struct program *program, enum ending ending)
{
    pthread_t threads[WORKERS];

    atexit(leave);
    program->start_ns = csw_now_ns();
    start_threads(program, threads);
    for (unsigned w = 0; w < WORKERS; w++)
        if (ending == JOINED)
            pthread_join(threads[w], NULL);
        else
            pthread_detach(threads[w]);
    program->printed_ns = csw_now_ns();
    if (ending != NOT_JOINED)
        exit(0);
    end_thread(program);
    pthread_exit(NULL);
}

/* ---- looking on ----------------------------------------------------------------------------- */

static int check_end(const struct program *program, enum ending ending, int status,
                     struct csw_err *err)
{
    if (program->failure != 0)
        return csw_fail(err, -program->failure, "pthread_create failed for '%s': %s", rows[ending],
                        strerror(program->failure));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return csw_fail(err, -ECHILD, "the program of '%s' ended with status %d", rows[ending],
                        status);
    return 0;
}

static void tell(struct csw_probe_out *out, const struct program *program, const char *row,
                 uint64_t ended_ns)
{
    const uint64_t start_ns = program->start_ns;
    uint64_t last_ns = start_ns;

    for (unsigned w = 0; w < WORKERS; w++)
        if (program->worker[w].done_ns > last_ns)
            last_ns = program->worker[w].done_ns;
    csw_probe_tell(out, row, "printed_ns", "ns", (double)(program->printed_ns - start_ns));
    if (program->done > 0)
        csw_probe_tell(out, row, "done_ns", "ns", (double)(last_ns - start_ns));
    csw_probe_tell(out, row, "ended_ns", "ns", (double)(ended_ns - start_ns));
    csw_probe_tell(out, row, "done", "1", program->done);
}

static int watch(struct csw_probe_out *out, struct program *program, enum ending ending,
                 struct csw_err *err)
{
    const pid_t parent = getpid(), pid = fork();
    int status;

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        run_program(program, ending);
    }
    if (pid < 0)
        return csw_fail(err, -errno, "cannot fork the program of '%s': %s", rows[ending],
                        strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    const uint64_t ended_ns = csw_now_ns();
    const int code = check_end(program, ending, status, err);

    if (code == 0)
        tell(out, program, rows[ending], ended_ns);
    return code;
}

static int unjoined_run(struct csw_probe_out *out, const struct csw_probe_options *options,
                        struct csw_err *err)
{
    struct program *program =
        mmap(NULL, sizeof *program, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int code = 0;

    if (program == MAP_FAILED)
        return csw_fail(err, -errno, "cannot map memory: %s", strerror(errno));
    for (int ending = 0; code == 0 && ending < ENDINGS; ending++) {
        memset(program, 0, sizeof *program);
        for (unsigned w = 0; w < WORKERS; w++)
            program->worker[w] = (struct worker){
                .program = program,
                .wait_ns = (uint64_t)(options->scale * (w + 1) * (double)CSW_NS_PER_S)};
        code = watch(out, program, (enum ending)ending, err);
    }
    munmap(program, sizeof *program);
    return code;
}

const struct csw_probe csw_probe_unjoined = {
    .name = "unjoined",
    .summary = "five waiting threads: what is printed, and when the work is done",
    .run = unjoined_run,
};
