/*
 * processes.h - a process and all that it has started, directly or not, as /proc says (proc(5)).
 */
#ifndef CORESWEEP_PROCESSES_H
#define CORESWEEP_PROCESSES_H

#include <stddef.h>
#include <sys/types.h>

#include <coresweep/err.h>

struct csw_processes {
    size_t count;
    pid_t *pid; /* owned */
};

/*
 * Finds the process `ancestor`, which comes first, and its descendants that live. `root` comes
 * before /proc: "" for this machine. Returns 0 or -ENOMEM. The caller releases it.
 */
int csw_processes_init(struct csw_processes *ret_processes, const char *root, pid_t ancestor,
                       struct csw_err *);

/* The same for the processes of a session, which keep its number whatever becomes of their parents;
 * none of them stands first. */
int csw_processes_of_session(struct csw_processes *ret_processes, const char *root, pid_t session,
                             struct csw_err *);
void csw_processes_release(struct csw_processes *);

/*
 * Ends all descendants of the calling process, a generation at a time, and reaps those that are its
 * children, until there are none: by SIGTERM, and half a second later by SIGKILL. So what ignores
 * SIGTERM and ends when all others have, as Python's resource tracker does to remove their
 * semaphores, is given the time. For a subreaper (PR_SET_CHILD_SUBREAPER), to which whoever is left
 * comes when its own parent dies. Takes no lock and no memory: it may be called after _Fork in a
 * process with threads.
 */
void csw_processes_end_all(void);

/* Ends all processes of a session in the same way, from outside it; init reaps them. */
void csw_processes_end_session(pid_t session);

/*
 * The memory that they have together, in bytes: the sum of their proportional set sizes. One that
 * has ended by now counts nothing; NAN where one that lives does not show it.
 */
double csw_processes_pss(const struct csw_processes *, const char *root);

#endif
