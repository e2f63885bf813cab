/* session.c - see session.h */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "visit.h"

#define ROUNDS_PER_VISIT 5u
#define MOST_ROUNDS 2u /* times those that were asked for */

int bench_session_open(struct bench_session *ret_session, const struct csw_topo *topo,
                       unsigned rounds, struct csw_err *err)
{
    struct bench_session session = {
        .cores = csw_topo_cores(topo), .rounds = rounds, .real_time = true};

    bench_sizes_read(&session.sizes, session.cores);
    const int code = bench_cells_open(&session.cells, &session.sizes, session.cores, err);

    *ret_session = session;
    return code;
}

void bench_session_close(struct bench_session *session)
{
    bench_cells_close(&session->cells);
}

unsigned bench_session_rounds(const struct bench_session *session)
{
    for (size_t i = 0; i < session->cells.count; i++)
        if (2 * session->cells.cell[i].quiet < session->rounds)
            return MOST_ROUNDS * session->rounds;
    return session->rounds;
}

/* ---- a visit -------------------------------------------------------------------------------- */

/* Never returns: the visit is this program, started anew. */
static void become_visit(unsigned first_round, unsigned rounds, int to)
{
    char option[64];

    snprintf(option, sizeof option, "--visit=%u,%u,%d", first_round, rounds, to);
    execl("/proc/self/exe", "squares", option, (char *)NULL);
    _exit(CSW_EXIT_FAILED);
}

/* The visit's process; *ret_from is where its messages come from. */
static pid_t start_visit(const struct bench_session *session, unsigned rounds, FILE **ret_from)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    const pid_t process = fork();

    if (process == 0) {
        close(ends[0]);
        become_visit(session->round, rounds, ends[1]);
    }
    close(ends[1]);
    *ret_from = fdopen(ends[0], "r");
    return *ret_from ? process : -1;
}

static int take_message(struct bench_session *session, const struct bench_message *message,
                        struct csw_err *err)
{
    switch (message->event) {
    case BENCH_SAMPLE:
        return bench_cell_keep(&session->cells.cell[message->cell], &message->sample, err);
    case BENCH_ROUND:
        session->round++;
        return 0;
    case BENCH_END:
        session->calibration_ns = message->calibration_ns;
        session->real_time = session->real_time && message->real_time;
        memcpy(session->unbound, message->unbound, sizeof session->unbound);
        return 0;
    default:
        *err = message->err;
        return err->code;
    }
}

static int run_visit(struct bench_session *session, unsigned rounds,
                     void (*progress)(const struct bench_session *), struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    const double seconds = session->seconds;
    struct bench_message message = {.event = BENCH_FAILED};
    FILE *from;
    const pid_t process = start_visit(session, rounds, &from);
    int code = 0, status = 0;

    if (process < 0)
        return csw_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    while (code == 0 && fread(&message, sizeof message, 1, from) == 1) {
        code = take_message(session, &message, err);
        session->seconds = seconds + (double)(csw_now_ns() - start_ns) / (double)CSW_NS_PER_S;
        if (message.event == BENCH_ROUND)
            progress(session);
    }
    fclose(from);
    waitpid(process, &status, 0);
    if (code == 0 && message.event != BENCH_END)
        code = csw_fail(err, -ECHILD, "a measuring process ended early, with status %d", status);
    return code;
}

int bench_session_run(struct bench_session *session, void (*progress)(const struct bench_session *),
                      struct csw_err *err)
{
    int code = 0;

    while (code == 0 && session->round < bench_session_rounds(session)) {
        const unsigned left = bench_session_rounds(session) - session->round;

        code = run_visit(session, left < ROUNDS_PER_VISIT ? left : ROUNDS_PER_VISIT, progress, err);
    }
    return code;
}
