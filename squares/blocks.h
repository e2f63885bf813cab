/*
 * blocks.h - counting, filtering and indexing an array, the same way on every instruction set. A
 * file that includes it has defined
 *
 *   TARGET                             the attribute that its functions are compiled with
 *   LANES, vector                      values per vector: 1, 2, 4 or 8
 *   load(p)                            the vector at p
 *   positions(first)                   {first, first + 1, ...}
 *   residues(x)                        mask of the lanes that are squares mod 64
 *   squares(x, ret_masks)              masks of the squares in GROUP values
 *   keep(x, mask, ret)                 writes the lanes of the mask to ret, and rubbish after them
 *                                      up to LANES; returns their number
 *
 * The idea: 52 of 64 residues cannot be squares, so a first pass keeps what passes that test, and
 * only this goes through the arithmetic. The first pass is wasted where nearly everything passes:
 * after a block of which more than half did, the next ones are tested directly, so that no input,
 * however chosen, costs much more than the direct test. Blocks are small, so that the arithmetic on
 * one hides the memory's latency of the next; what does not fill a group waits for the next block.
 *
 * Nothing is written past what the results need: before a vector is kept, at most as many values
 * have been kept as were read, and reading it comes first.
 */
#ifndef CSW_BLOCKS_H
#define CSW_BLOCKS_H

#include <string.h>

#include "isa.h"

#define GROUP 16u
#define VECTORS (GROUP / LANES)
#define BLOCK 256u
#define DIRECT_BLOCKS 16u
#define NO_SQUARE 2u

#define INLINE TARGET __attribute__((always_inline)) static inline

enum want { COUNT, VALUES, POSITIONS };

/* Values that passed the first pass and wait for the second. */
struct stage {
    size_t held;
    uint64_t values[BLOCK + 2 * GROUP];
    uint64_t positions[BLOCK + 2 * GROUP];
};

struct results {
    size_t found;
    uint64_t *out; /* NULL for COUNT */
};

/* Tests GROUP values and takes the squares, or their positions. */
INLINE void take_group(enum want want, const uint64_t *values, const uint64_t *where,
                       uint64_t first, struct results *results)
{
    unsigned masks[VECTORS];
    vector x[VECTORS];

#pragma GCC unroll 16
    for (unsigned v = 0; v < VECTORS; v++)
        x[v] = load(values + v * LANES);
    squares(x, masks);
#pragma GCC unroll 16
    for (unsigned v = 0; v < VECTORS; v++) {
        const unsigned lane = v * LANES;

        if (want == COUNT)
            results->found += (size_t)__builtin_popcount(masks[v]);
        else if (want == VALUES)
            results->found += keep(x[v], masks[v], results->out + results->found);
        else
            results->found += keep(where ? load(where + lane) : positions(first + lane), masks[v],
                                   results->out + results->found);
    }
}

/* First pass over a block. Returns how many values passed. */
INLINE size_t pass_block(enum want want, const uint64_t *values, uint64_t first,
                         struct stage *stage)
{
    size_t held = stage->held;

    for (size_t i = 0; i < BLOCK; i += GROUP)
#pragma GCC unroll 16
        for (unsigned v = 0; v < VECTORS; v++) {
            const vector x = load(values + i + v * LANES);
            const unsigned mask = residues(x);

            if (want == POSITIONS)
                keep(positions(first + i + v * LANES), mask, stage->positions + held);
            held += keep(x, mask, stage->values + held);
        }
    const size_t passed = held - stage->held;

    stage->held = held;
    return passed;
}

/* Second pass over all full groups of the stage; the rest moves to its front. */
INLINE void test_stage(enum want want, struct stage *stage, struct results *results)
{
    const size_t full = stage->held / GROUP * GROUP;

    for (size_t i = 0; i < full; i += GROUP)
        take_group(want, stage->values + i, stage->positions + i, 0, results);
    memcpy(stage->values, stage->values + full, GROUP * sizeof *stage->values);
    if (want == POSITIONS)
        memcpy(stage->positions, stage->positions + full, GROUP * sizeof *stage->positions);
    stage->held -= full;
}

/* Takes what is left when no block follows directly: at most GROUP values. */
INLINE void take_rest(enum want want, const uint64_t *values, const uint64_t *where, uint64_t first,
                      size_t count, struct results *results)
{
    uint64_t rest[GROUP], rest_where[GROUP], out[GROUP];
    struct results few = {.out = out};

    for (size_t i = 0; i < GROUP; i++) {
        rest[i] = i < count ? values[i] : NO_SQUARE;
        rest_where[i] = where && i < count ? where[i] : first + i;
    }
    take_group(want, rest, rest_where, 0, &few);
    if (want != COUNT)
        memcpy(results->out + results->found, out, few.found * sizeof *out);
    results->found += few.found;
}

INLINE void flush_stage(enum want want, struct stage *stage, struct results *results)
{
    if (stage->held > 0)
        take_rest(want, stage->values, stage->positions, 0, stage->held, results);
    stage->held = 0;
}

/* All of an array; `first` is the position of its first value. */
INLINE size_t scan_array(enum want want, const uint64_t *values, size_t count, uint64_t first,
                         uint64_t *ret)
{
    struct results results = {.out = ret};
    struct stage stage;
    unsigned direct = 0;
    size_t i = 0;

    stage.held = 0;
    for (; count - i >= BLOCK; i += BLOCK) {
        if (direct > 0) {
            for (size_t g = i; g < i + BLOCK; g += GROUP)
                take_group(want, values + g, NULL, first + g, &results);
            direct--;
            continue;
        }
        const size_t passed = pass_block(want, values + i, first + i, &stage);

        test_stage(want, &stage, &results);
        if (passed > BLOCK / 2) {
            flush_stage(want, &stage, &results);
            direct = DIRECT_BLOCKS;
        }
    }
    flush_stage(want, &stage, &results);
    for (; count - i >= GROUP; i += GROUP)
        take_group(want, values + i, NULL, first + i, &results);
    if (i < count)
        take_rest(want, values + i, NULL, first + i, count - i, &results);
    return results.found;
}

TARGET static size_t count_values(const uint64_t *values, size_t count)
{
    return scan_array(COUNT, values, count, 0, NULL);
}

TARGET static size_t filter_values(const uint64_t *values, size_t count, uint64_t *ret_squares)
{
    return scan_array(VALUES, values, count, 0, ret_squares);
}

TARGET static size_t index_values(const uint64_t *values, size_t count, uint64_t first,
                                  uint64_t *ret_positions)
{
    return scan_array(POSITIONS, values, count, first, ret_positions);
}

#endif
