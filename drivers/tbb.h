/* tbb.h - the part of oneTBB that the driver uses, for C. */
#ifndef CSW_TBB_H
#define CSW_TBB_H

#include <stdbool.h>
#include <stdint.h>

#include <coresweep/err.h>

struct csw_tbb;

/* What TBB's threads call; `context` is csw_tbb_open's. */
struct csw_tbb_calls {
    /* A thread takes the place of `worker`, from 1 on. The same thread may come again. */
    void (*enter)(void *context, unsigned worker);
    /* The units [first, last) are to be worked on by `worker`. */
    void (*chunk)(void *context, unsigned worker, uint64_t first, uint64_t last);
};

/*
 * Makes an arena with as many places as workers, the first of which is the caller's, and has all of
 * TBB's threads come once. Returns 0; -ETIMEDOUT where some of them never came; -ENOMEM; or
 * -EAGAIN with what TBB said, and in a process forked from one that had used it.
 */
int csw_tbb_open(struct csw_tbb **ret_tbb, unsigned workers, const struct csw_tbb_calls *,
                 void *context, struct csw_err *);

/*
 * Hands out the units [0, units): one by one, or in ranges that TBB cuts as its threads run out of
 * work. Returns 0, or what csw_tbb_open returns for TBB's own errors.
 */
int csw_tbb_run(struct csw_tbb *, uint64_t units, bool one_by_one, struct csw_err *);

/* Gives the arena up; TBB keeps its threads, asleep. Accepts NULL. */
void csw_tbb_close(struct csw_tbb *);

/* "2021.8": the version of the library in use. */
const char *csw_tbb_version(void);

#endif
