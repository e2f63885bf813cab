/*
 * child.h - forked workers: made, bound by their parent, watched and ended. One that dies is told
 * by its worker, pid and signal; none is left behind, not by a parent that is killed either.
 */
#ifndef CSW_CHILD_H
#define CSW_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include <coresweep/err.h>
#include <coresweep/place.h>

struct csw_children {
    const struct csw_placement *placement; /* borrowed */
    const char *driver;                    /* whose they are, for sentences */
    unsigned count;
    pid_t *pid; /* by worker, from 1 to count */
};

/* No child yet. 0 or -ENOMEM. csw_children_end releases. */
int csw_children_init(struct csw_children *ret_children, const struct csw_placement *,
                      const char *driver, struct csw_err *);

/*
 * Forks the next worker, counted from 1, and lets it run `work`, after which it exits with 0. It
 * is bound from both sides: by its parent, or it would wait for a slice of its parent's CPU, and
 * by itself, or it could begin before its parent gets to it. It dies when the calling thread does.
 * Returns 0, or what fork or the binding gave; the child counts in the latter case, too.
 */
int csw_children_fork(struct csw_children *, unsigned worker,
                      void (*work)(void *context, unsigned worker), void *context,
                      struct csw_err *);

/*
 * The first worker that has ended by itself; it stays waitable. -1: none has. Async-signal-safe.
 * `ret_info` may be NULL.
 */
int csw_children_find_dead(const struct csw_children *, siginfo_t *ret_info);

/* 0 while none has ended; otherwise -ECHILD, and who did and how. */
int csw_children_check(const struct csw_children *, struct csw_err *);

/* Waits until all have exited with 0: 0, or -ECHILD and who ended in another way. */
int csw_children_join(struct csw_children *, struct csw_err *);

/*
 * Reaps all that are left, and releases. They are killed, or have been told to end; one that has
 * not a second later is killed then.
 */
void csw_children_end(struct csw_children *, bool kill_them);

#endif
