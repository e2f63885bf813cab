/*
 * keeper.h - a program of somebody else's that is run, talked to, and ended with all that it has
 * started, whatever happens to it or to us.
 *
 * Between us and the program stands a process of ours, the keeper. What the program starts and
 * leaves behind becomes the keeper's child (PR_SET_CHILD_SUBREAPER); when the program has ended, or
 * when we have, by SIGKILL too, which closes the leash, it kills all that is left, and ends. The
 * program has a session of its own, so that what a terminal tells us does not reach it. Both are
 * made by _Fork: what a runtime in our process does at a fork, it would do in vain, and leave
 * (library.h).
 */
#ifndef CSW_KEEPER_H
#define CSW_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <coresweep/err.h>

#define CSW_WORDS_SIZE 4096

/* The program's number of its socket to us. */
#define CSW_KEPT_FD 3

struct csw_kept {
    const char *name; /* borrowed: what sentences call the program */
    pid_t keeper;
    int leash;   /* a socket to the keeper: it ends when we do, and tells how the program ended */
    int channel; /* a socket to the program */
    int said;    /* what it prints, on stdout and stderr */
    bool ended;
    int status;                 /* as of waitpid, once it has ended */
    char words[CSW_WORDS_SIZE]; /* the last that it printed, and '\0' */
    size_t words_length;
    char *line; /* what came over the channel and was not read yet; owned */
    size_t line_length, line_size;
};

/*
 * Starts the program of that path; `argv` ends by NULL, `name` is for sentences. Returns 0, or what
 * a pipe or fork gave; that it cannot be executed is known when it has ended. The caller ends it,
 * also after a failure.
 */
int csw_kept_start(struct csw_kept *ret_kept, const char *name, char *const argv[],
                   struct csw_err *);

/* Sends a line, to which a newline is added. 0; -EPIPE where the program has ended, and how. */
int csw_kept_send(struct csw_kept *, const char *line, struct csw_err *);

/*
 * Waits for a line, at most so many ms, -1: as long as it takes. Stores it without its newline; it
 * lasts until the next call. Returns 1; 0 where the time is over; -ECHILD where the program has
 * ended, and how, with the last line that it printed; -ENOMEM.
 */
int csw_kept_receive(struct csw_kept *, const char **ret_line, int timeout_ms, struct csw_err *);

/* Waits until the program has ended: 1, 0 where the time is over first, or a negative errno. */
int csw_kept_wait(struct csw_kept *, int timeout_ms, struct csw_err *);

/* The last line that the program printed, "" where it printed none; lasts until the next call. */
const char *csw_kept_last_words(struct csw_kept *);

/* Tells the program by the end of its channel to end. */
void csw_kept_dismiss(struct csw_kept *);

/* Ends the program and all that it has started, and releases. Accepts one that never started. */
void csw_kept_end(struct csw_kept *);

#endif
