/* thread.h - making POSIX threads that are bound from their first instruction on. */
#ifndef CSW_THREAD_H
#define CSW_THREAD_H

#include <pthread.h>

#include <coresweep/err.h>
#include <coresweep/place.h>

/* One thread of a team. */
struct csw_recruit {
    struct csw_team *team;
    unsigned worker;
    pthread_t thread;
    struct csw_err err; /* why the worker could not be bound */
};

/*
 * Makes the recruit's thread, whose argument the recruit is; team and worker are set. The thread
 * starts on the worker's CPU: one that starts on its creator's, already taken, waits milliseconds
 * for a slice before it can bind itself. Returns 0, -ENOMEM, or what pthread_create gave. The
 * thread still calls csw_placement_bind, which reads the binding back.
 */
int csw_thread_start(struct csw_recruit *, const struct csw_placement *, void *(*start)(void *),
                     struct csw_err *);

#endif
