/* processes.h - the children of a process; coresweep/processes.h has what drivers need, too. */
#ifndef CSW_PROCESSES_H
#define CSW_PROCESSES_H

#include <sys/types.h>

#include <coresweep/err.h>

/*
 * Calls `each` for every child of `parent` with its state as in /proc/PID/stat ('Z': ended, and not
 * yet waited for), until one returns an error. Returns that error, or 0, also where nothing is to
 * be seen, or -ENOMEM. `root` is "" for this machine.
 */
int csw_each_child(const char *root, pid_t parent,
                   int (*each)(pid_t pid, char state, void *context, struct csw_err *),
                   void *context, struct csw_err *);

#endif
