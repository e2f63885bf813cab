/* session.h - visit after visit, and the samples of all of them. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include <coresweep/place.h>

#include "rows.h"

struct bench_session {
    unsigned cores;
    struct bench_sizes sizes;
    struct bench_cells cells;
    unsigned rounds;       /* that were asked for */
    unsigned round;        /* rounds done */
    double seconds;        /* that they took */
    double calibration_ns; /* the additions on a quiet core */
    bool real_time;        /* nothing else got the cores */
    char unbound[160];     /* why threads were not bound; "": they were */
};

/* 0 or -ENOMEM. */
int bench_session_open(struct bench_session *ret_session, const struct csw_topo *, unsigned rounds,
                       struct csw_err *);
void bench_session_close(struct bench_session *);

/* How many rounds it will be: more than asked for while a cell has few quiet samples. */
unsigned bench_session_rounds(const struct bench_session *);

/*
 * Measures every cell in every round, and calls `progress` after each. 0, a negative errno, or
 * CSW_EWRONG where a pass gave a wrong result.
 */
int bench_session_run(struct bench_session *, void (*progress)(const struct bench_session *),
                      struct csw_err *);

#endif
