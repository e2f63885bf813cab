/* sample.h - taking one sample: data where it shall be, and a machine that is quiet. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include "crew.h"
#include "rows.h"

/* What a visit works with. */
struct bench_visit {
    struct bench_crew crew;
    struct bench_sizes sizes;
    struct bench_cells cells;
    unsigned round;
    size_t part;    /* of the big arrays: the one that was used last, counted without end */
    uint64_t shift; /* state of the numbers that move the stack */
};

/* Chooses how many passes make a sample of the cell. 0 or CSW_EWRONG. */
int bench_sample_size(struct bench_visit *, struct bench_cell *, struct csw_err *);

/* One attempt. 0, or CSW_EWRONG where a pass gave a wrong result. */
int bench_sample_take(struct bench_visit *, const struct bench_cell *,
                      struct bench_sample *ret_sample, struct csw_err *);

/* The first of the seats' failures, or 0. */
int bench_crew_code(const struct bench_crew *, struct csw_err *);

#endif
