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
 * Kills all descendants of the calling process and waits for those that are its children, until
 * there are none. For a subreaper (PR_SET_CHILD_SUBREAPER), to which whoever is left comes when its
 * own parent dies.
 */
void csw_processes_kill_all(void);

/*
 * The memory that they have together, in bytes: the sum of their proportional set sizes. One that
 * has ended by now counts nothing; NAN where one that lives does not show it.
 */
double csw_processes_pss(const struct csw_processes *, const char *root);

#endif
