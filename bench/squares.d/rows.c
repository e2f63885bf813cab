/* rows.c - see rows.h */
#include "rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/squares.h>

#define RANDOM BENCH_IN(BENCH_RANDOM)
#define SQUARES BENCH_IN(BENCH_SQUARES)
#define MIXED BENCH_IN(BENCH_MIXED)

/* 64 MiB, from which on list_range writes past the caches. */
#define LONG_PARTS 8

/* Bytes per value: 0 where a pass is not about memory. */
static const struct bench_row rows[] = {
    {.name = "is_square inline",
     .pass = bench_is_square,
     .inputs = BENCH_NUMBERS,
     .all_inputs = RANDOM,
     .bytes = 8},
#define ISA(set)                                                                                   \
    {.name = "count_array " #set,                                                                  \
     .pass = bench_count_array,                                                                    \
     .isa = #set,                                                                                  \
     .inputs = BENCH_NUMBERS,                                                                      \
     .all_inputs = RANDOM | SQUARES,                                                               \
     .dram_inputs = RANDOM | SQUARES,                                                              \
     .bytes = 8},
#include "squares/isas.def"
#undef ISA
    {.name = "filter_array",
     .pass = bench_filter_array,
     .inputs = BENCH_NUMBERS,
     .dram_inputs = MIXED,
     .bytes = 8},
    {.name = "index_array", .pass = bench_index_array, .inputs = BENCH_NUMBERS, .bytes = 8},
    {.name = "FLINT n_is_square", .pass = bench_flint, .inputs = BENCH_NUMBERS, .bytes = 8},
    {.name = "FLINT's order inline", .pass = bench_order, .inputs = BENCH_NUMBERS, .bytes = 8},
    {.name = "GMP mpn_perfect_square_p", .pass = bench_gmp, .inputs = BENCH_NUMBERS, .bytes = 8},
    {.name = "PARI uissquare", .pass = bench_pari, .inputs = BENCH_NUMBERS, .bytes = 8},
    {.name = "sqrt(), squared", .pass = bench_plain_sqrt, .inputs = BENCH_NUMBERS, .bytes = 8},
    {.name = "root unit",
     .pass = bench_roots,
     .inputs = RANDOM,
     .all_inputs = RANDOM,
     .result = BENCH_MOVES_ALL,
     .unit = "root"},
    {.name = "count_range",
     .pass = bench_count_range,
     .inputs = BENCH_IN(BENCH_PAIRS),
     .values_per_unit = 2,
     .unit = "call"},
    {.name = "read", .pass = bench_read, .at_all_levels = true, .bytes = 8, .result = BENCH_SUMS},
    {.name = "write",
     .pass = bench_write,
     .at_all_levels = true,
     .dram_parts = LONG_PARTS,
     .bytes = 8,
     .result = BENCH_MOVES_ALL},
    {.name = "write past caches",
     .pass = bench_stream,
     .at_all_levels = true,
     .dram_parts = LONG_PARTS,
     .bytes = 8,
     .result = BENCH_MOVES_ALL},
    {.name = "list_range",
     .pass = bench_list_range,
     .at_all_levels = true,
     .dram_parts = LONG_PARTS,
     .bytes = 8,
     .result = BENCH_MOVES_ALL},
    {.name = "memcpy",
     .pass = bench_copy,
     .at_all_levels = true,
     .bytes = 16,
     .result = BENCH_MOVES_ALL},
};

#define ROWS (sizeof rows / sizeof *rows)

const struct bench_row *bench_row_at(size_t index)
{
    return index < ROWS ? &rows[index] : NULL;
}

/* The instruction sets stand in order, so that the last one usable is the best. */
static const struct bench_row *best_count_array(void)
{
    const struct bench_row *best = NULL;

    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].isa && !csw_isa_missing(rows[i].isa))
            best = &rows[i];
    return best;
}

const struct bench_row *bench_row_find(const char *name)
{
    if (strcmp(name, "count_array") == 0)
        return best_count_array();
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const char *bench_row_unit(const struct bench_row *row)
{
    return row->unit ? row->unit : "value";
}

const char *bench_row_isa(const struct bench_row *row)
{
    return row->isa ? row->isa : best_count_array()->isa;
}

const char *bench_row_missing(const struct bench_row *row)
{
    if (row->pass == bench_stream && !bench_limits_open())
        return "has no stores past the caches";
    return row->isa ? csw_isa_missing(row->isa) : NULL;
}

/* ---- cells ---------------------------------------------------------------------------------- */

static int add(struct bench_cells *cells, struct bench_cell cell, struct csw_err *err)
{
    struct bench_cell *grown = realloc(cells->cell, (cells->count + 1) * sizeof *grown);

    if (!grown)
        return csw_fail(err, -ENOMEM, "no memory for the list of what to measure");
    grown[cells->count++] = cell;
    cells->cell = grown;
    return 0;
}

/* The set of inputs of a row in a level. Only the best instruction set leaves the first table. */
static unsigned inputs_of(const struct bench_row *row, enum bench_level level, bool all)
{
    const bool only_compared = row->isa && row != best_count_array();

    if (row->at_all_levels)
        return RANDOM;
    if (only_compared && (all || level != BENCH_L2))
        return 0;
    if (level == BENCH_DRAM)
        return all ? row->dram_inputs & RANDOM : row->dram_inputs;
    if (level == BENCH_L2)
        return all ? row->all_inputs : row->inputs;
    return 0;
}

/* Rows on the same input follow each other, so that a disturbance meets both sides of a ratio. */
static int add_level(struct bench_cells *cells, enum bench_level level, bool all,
                     struct csw_err *err)
{
    int code = 0;

    for (unsigned input = 0; input < BENCH_INPUTS; input++)
        for (size_t i = 0; code == 0 && i < ROWS; i++)
            if (inputs_of(&rows[i], level, all) & BENCH_IN(input) && !bench_row_missing(&rows[i]))
                code = add(cells,
                           (struct bench_cell){.row = &rows[i],
                                               .input = (enum bench_input)input,
                                               .level = level,
                                               .all = all},
                           err);
    return code;
}

int bench_cells_open(struct bench_cells *ret_cells, const struct bench_sizes *sizes, unsigned cores,
                     struct csw_err *err)
{
    struct bench_cells cells = {0};
    int code = 0;

    for (int all = 0; all <= (cores > 1 ? 1 : 0); all++)
        for (unsigned level = 0; level < BENCH_LEVELS; level++)
            if (code == 0 && sizes->pass_bytes[level] > 0)
                code = add_level(&cells, (enum bench_level)level, all == 1, err);
    *ret_cells = cells;
    return code;
}

void bench_cells_close(struct bench_cells *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        free(cells->cell[i].samples);
    free(cells->cell);
}

int bench_cell_keep(struct bench_cell *cell, const struct bench_sample *sample, struct csw_err *err)
{
    if (cell->count == cell->capacity) {
        const size_t capacity = 2 * cell->capacity + 64;
        struct bench_sample *grown = realloc(cell->samples, capacity * sizeof *grown);

        if (!grown)
            return csw_fail(err, -ENOMEM, "no memory for samples");
        cell->samples = grown;
        cell->capacity = capacity;
    }
    cell->samples[cell->count++] = *sample;
    cell->quiet += sample->quiet;
    return 0;
}

const struct bench_cell *bench_cells_find(const struct bench_cells *cells,
                                          const struct bench_row *row, enum bench_input input,
                                          enum bench_level level, bool all)
{
    for (size_t i = 0; i < cells->count; i++) {
        const struct bench_cell *cell = &cells->cell[i];

        if (cell->row == row && cell->input == input && cell->level == level && cell->all == all)
            return cell;
    }
    return NULL;
}

unsigned bench_cells_big_inputs(const struct bench_cells *cells)
{
    unsigned inputs = RANDOM; /* what is read and copied */

    for (size_t i = 0; i < cells->count; i++)
        if (cells->cell[i].level == BENCH_DRAM)
            inputs |= BENCH_IN(cells->cell[i].input);
    return inputs;
}
