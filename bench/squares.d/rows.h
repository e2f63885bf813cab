/* rows.h - what is measured: a table of rows, and the cells that it makes on this machine. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>

#include "memory.h"
#include "work.h"

/* What a pass must return. */
enum bench_result { BENCH_FINDS_SQUARES, BENCH_SUMS, BENCH_MOVES_ALL };

struct bench_row {
    const char *name;
    bench_pass *pass;
    const char *isa;          /* of libcoresweep; NULL: has none of its own */
    unsigned inputs;          /* set of inputs in L2, one core */
    unsigned all_inputs;      /* the same with all cores at once */
    unsigned dram_inputs;     /* one core, and all cores for BENCH_RANDOM */
    bool at_all_levels;       /* moves memory: L1, L2, L3, DRAM; one core and all */
    unsigned dram_parts;      /* of a big array, in one pass; 0: one */
    unsigned bytes;           /* moved per value */
    enum bench_result result; /* which a pass is checked against */
    unsigned values_per_unit; /* 0: a value is the unit of time */
    const char *unit;         /* its name where it is not "value" */
};

/* "value" */
const char *bench_row_unit(const struct bench_row *);

/* NULL past the end. */
const struct bench_row *bench_row_at(size_t index);

/* The row of that name; "count_array" is the one of the best instruction set here. */
const struct bench_row *bench_row_find(const char *name);

/* The instruction set that libcoresweep is to use for the row. */
const char *bench_row_isa(const struct bench_row *);

/* Why the row cannot be measured on this machine; NULL: it can. */
const char *bench_row_missing(const struct bench_row *);

/* One timed repetition, or an attempt at one. */
struct bench_sample {
    unsigned round;
    double ns;             /* per value or other unit; all cores share the work */
    double calibration_ns; /* the slower of those around it */
    bool quiet;            /* by both calibrations, and nothing else ran meanwhile */
};

/* A row on one input, in one level of memory, on one core or on all. */
struct bench_cell {
    const struct bench_row *row;
    enum bench_input input;
    enum bench_level level;
    bool all;
    size_t passes; /* per sample */
    size_t count, capacity;
    struct bench_sample *samples; /* owned */
    unsigned quiet;               /* of the samples */
};

struct bench_cells {
    size_t count;
    struct bench_cell *cell;
};

/* All cells that this machine can measure, in the order of a round. 0 or -ENOMEM. */
int bench_cells_open(struct bench_cells *ret_cells, const struct bench_sizes *, unsigned cores,
                     struct csw_err *);
void bench_cells_close(struct bench_cells *);

/* Adds a sample. 0 or -ENOMEM. */
int bench_cell_keep(struct bench_cell *, const struct bench_sample *, struct csw_err *);

/* NULL: it is not among them. */
const struct bench_cell *bench_cells_find(const struct bench_cells *, const struct bench_row *,
                                          enum bench_input, enum bench_level, bool all);

/* Inputs of which big arrays are needed. */
unsigned bench_cells_big_inputs(const struct bench_cells *);

#endif
