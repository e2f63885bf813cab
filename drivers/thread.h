/* thread.h - making POSIX threads that are bound from their first instruction on. */
#ifndef CSW_THREAD_H
#define CSW_THREAD_H

#include <pthread.h>

#include <coresweep/err.h>
#include <coresweep/place.h>

/*
 * Makes a thread that starts on the worker's CPU: one that starts on its creator's, already taken,
 * waits milliseconds for a slice before it can bind itself. Returns 0, -ENOMEM, or what
 * pthread_create gave. The thread still calls csw_placement_bind, which reads the binding back.
 */
int csw_thread_start(pthread_t *ret_thread, const struct csw_placement *, unsigned worker,
                     void *(*start)(void *), void *argument, struct csw_err *);

#endif
