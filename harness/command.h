/*
 * command.h - another program as a child process: started, heard out, and never left behind, nor is
 * anything that it started.
 */
#ifndef CSW_COMMAND_H
#define CSW_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>

/* Where a program that answers writes its answer: what else it prints cannot be mistaken for it. */
#define CSW_ANSWER_FD 3

enum csw_stream { CSW_STREAM_OUT, CSW_STREAM_ERR, CSW_STREAM_ANSWER, CSW_STREAMS };

struct csw_command {
    const char *program;               /* a path, or a name that is looked for in PATH */
    char *const *arguments;            /* its name first; ended by NULL */
    const char *name;                  /* in sentences: "the visit" */
    uint64_t timeout_ns;               /* one that takes longer is killed */
    const volatile sig_atomic_t *stop; /* NULL, or becomes not 0 when the user wants to stop */

    /*
     * For programs whose processes do not end with the one that was started, as those of Python do
     * not: it gets CSW_ANSWER_FD and a session of its own, and when it has ended, or this process
     * has, whatever it has started is killed. One more process keeps watch over that.
     */
    bool foreign;
};

/* How it ended, and what it wrote on each stream. */
struct csw_outcome {
    int status; /* as waitpid gives it */
    uint64_t start_ns, end_ns;
    struct {
        char *text; /* owned, ends in '\0'; NULL: nothing */
        size_t length;
    } stream[CSW_STREAMS];
};

/*
 * Starts the program and waits until it, and all that write on its streams, have ended. Returns 0,
 * whatever its exit code is; what fork or exec gave (-ENOENT: there is no such program);
 * -ETIMEDOUT; or -EINTR where the user stopped it. No process is left behind in any case. The
 * caller releases the outcome.
 */
int csw_command_run(struct csw_outcome *ret_outcome, const struct csw_command *, struct csw_err *);
void csw_outcome_release(struct csw_outcome *);

/* 0 for a program that exited; -ECHILD naming the signal that it was killed by. */
int csw_outcome_check_signal(const struct csw_outcome *, const struct csw_command *,
                             struct csw_err *);

/*
 * The last line on its standard error, without the "coresweep: " that one of ours puts before it;
 * "it said nothing" where there is none. Cuts off the newlines at the end of the text.
 */
const char *csw_outcome_last_words(struct csw_outcome *);

#endif
