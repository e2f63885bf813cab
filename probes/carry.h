/* carry.h - what carrying a list of results from a worker back to its parent costs. */
#ifndef CSW_CARRY_H
#define CSW_CARRY_H

#include <coresweep/err.h>
#include <coresweep/probe.h>

/*
 * Tells what lists of 10^2, 10^4 and 10^6 numbers of 8 bytes cost from the moment on in which the
 * parent asks a waiting worker until it holds the list, which the worker has to make first: from a
 * thread (a pointer), from a forked process through a pipe and through shared memory, and, to
 * compare, without a worker. Returns 0 or a negative errno.
 */
int csw_carry_tell(struct csw_probe_out *, struct csw_err *);

#endif
