/*
 * blocks.h - counting, filtering and indexing an array, the same way on every instruction set. A
 * file that includes it has defined
 *
 *   TARGET                      the attribute that its functions are compiled with
 *   LANES, vector               values per vector: 1, 2, 4 or 8
 *   load(values)                the vector at values
 *   store(x, ret)               its lanes to ret
 *   gather(values, where)       {values[where[0]], values[where[1]], ...}
 *   positions(first, where)     {first + where[0], first + where[1], ...}
 *   keep(x, mask, ret)          writes the lanes of the mask to ret, and rubbish after them up to
 *                               LANES; returns their number
 *   residues(values), OCTETS    mask of those among 8 values that are squares mod 64, and the table
 *                               of isa.h that turns it into positions
 *   squares(x)                  mask of the lanes that are squares
 *   group_squares(x, ret)       the same for the vectors of a group
 *
 * The idea: 52 of 64 residues cannot be squares. A first pass over a block notes where the other
 * values are, one table lookup for 8 of them; a second pass gathers these and does the arithmetic;
 * a third one writes what was found. They are apart because the arithmetic has a long latency:
 * whatever waits for it in the same loop fills the core's queues, and the next values cannot start.
 * The first two ask for the next block meanwhile, which keeps the memory busy. A block is large
 * because a change of pass costs a mispredicted branch, and no larger so that it stays in the first
 * cache.
 *
 * The first pass is wasted where nearly everything passes: after a block of which more than half
 * did, the next ones are tested directly, so that no input, however chosen, costs much more than
 * that.
 *
 * Nothing is written past the room for all values, although rubbish may follow the last result:
 * when a vector is kept, at most as many values have been kept as came before it, so that there is
 * room for all its lanes.
 */
#ifndef CSW_BLOCKS_H
#define CSW_BLOCKS_H

#include "isa.h"

#define GROUP 16u
#define VECTORS (GROUP / LANES)
#define OCTET 8u
#define BLOCK 512u
#define DIRECT_BLOCKS 16u
#define LINE_BYTES 64u
#define LINES (BLOCK / OCTET) /* cache lines of a block */
#define LINES_PER_GROUP 6u    /* about what is left of them, over the groups of random numbers */

_Static_assert(BLOCK <= sizeof csw_in_order / sizeof *csw_in_order, "positions of a block");

#define INLINE TARGET __attribute__((always_inline)) static inline

enum want { COUNT, VALUES, POSITIONS };

struct results {
    size_t found;
    uint64_t *out; /* where the next one goes; unused for COUNT */
};

/* What the second pass leaves for the third; COUNT needs neither. */
struct tested {
    uint8_t masks[BLOCK / LANES + 1];
    uint64_t values[BLOCK + LANES];
};

/* Third pass over `count` values: writes those of the masks, or first + where[] of each. */
INLINE void write_found(enum want want, const uint64_t *values, uint64_t first,
                        const uint16_t *where, const uint8_t *masks, size_t count,
                        struct results *results)
{
    uint64_t *out = results->out;

#pragma GCC unroll 4
    for (size_t i = 0; i < count; i += LANES)
        out += keep(want == VALUES ? load(values + i) : positions(first, where + i),
                    masks[i / LANES], out);
    results->found += (size_t)(out - results->out);
    results->out = out;
}

/* Counts the lanes of a vector's mask, or leaves both for the third pass. */
INLINE void note(enum want want, vector x, unsigned mask, size_t i, struct tested *tested,
                 struct results *results)
{
    if (want == COUNT)
        results->found += (size_t)__builtin_popcount(mask);
    else
        tested->masks[i / LANES] = (uint8_t)mask;
    if (want == VALUES)
        store(x, tested->values + i);
}

/*
 * Asks for lines of the next block while this one is worked on: the processor's own prefetching is
 * not far enough ahead to bridge the second pass. May point past the array's end.
 */
INLINE void call_lines(const uint64_t *values, unsigned first, unsigned count)
{
#pragma GCC unroll 16
    for (unsigned line = first; line < first + count; line++)
        __builtin_prefetch((const void *)((uintptr_t)values + (LINES + line) * LINE_BYTES));
}

/* Second pass over the values at `where`, whose numbers up to a full vector can be looked up. */
INLINE void test_candidates(enum want want, const uint64_t *values, const uint16_t *where,
                            size_t count, struct tested *tested, struct results *results)
{
    unsigned masks[VECTORS];
    vector x[VECTORS];
    size_t i = 0;

    for (; count - i >= GROUP; i += GROUP) {
        if (i < LINES / 2 / LINES_PER_GROUP * GROUP + GROUP)
            call_lines(values, LINES / 2 + (unsigned)i / GROUP * LINES_PER_GROUP, LINES_PER_GROUP);
#pragma GCC unroll 16
        for (unsigned v = 0; v < VECTORS; v++)
            x[v] = gather(values, where + i + v * LANES);
        group_squares(x, masks);
#pragma GCC unroll 16
        for (unsigned v = 0; v < VECTORS; v++)
            note(want, x[v], masks[v], i + v * LANES, tested, results);
    }
    for (; i < count; i += LANES) {
        const unsigned used = count - i < LANES ? (1u << (count - i)) - 1 : (1u << LANES) - 1;

        x[0] = gather(values, where + i);
        note(want, x[0], squares(x[0]) & used, i, tested, results);
    }
}

typedef uint16_t octet __attribute__((vector_size(16), aligned(2), may_alias));

/* First pass: notes which of `count` values, a multiple of 8, may be squares; returns how many. */
INLINE size_t find_candidates(const uint64_t *values, size_t count, uint16_t *ret_where)
{
    octet place = {0};
    size_t found = 0;

#pragma GCC unroll 2
    for (size_t i = 0; i < count; i += OCTET) {
        const unsigned mask = residues(values + i);

        if (i / OCTET % 2 == 0)
            call_lines(values, (unsigned)i / OCTET / 2, 1);
        *(octet *)(ret_where + found) = *(const octet *)OCTETS[mask] + place;
        found += (size_t)__builtin_popcount(mask);
        place += OCTET;
    }
    *(octet *)(ret_where + found) = (octet){0};
    return found;
}

/* All passes over at most BLOCK values, a multiple of 8. Returns how many passed the first. */
INLINE size_t scan_block(enum want want, const uint64_t *values, size_t count, uint64_t first,
                         struct results *results)
{
    uint16_t where[BLOCK + OCTET];
    struct tested tested;
    const size_t passed = find_candidates(values, count, where);

    test_candidates(want, values, where, passed, &tested, results);
    if (want != COUNT)
        write_found(want, tested.values, first, where, tested.masks, passed, results);
    return passed;
}

/* The second and third pass over all of at most BLOCK values, a multiple of GROUP. */
INLINE void scan_directly(enum want want, const uint64_t *values, size_t count, uint64_t first,
                          struct results *results)
{
    unsigned masks[VECTORS];
    vector x[VECTORS];
    struct tested tested;

    for (size_t i = 0; i < count; i += GROUP) {
#pragma GCC unroll 16
        for (unsigned v = 0; v < VECTORS; v++)
            x[v] = load(values + i + v * LANES);
        group_squares(x, masks);
#pragma GCC unroll 16
        for (unsigned v = 0; v < VECTORS; v++)
            note(want == COUNT ? COUNT : POSITIONS, x[v], masks[v], i + v * LANES, &tested,
                 results);
    }
    if (want != COUNT)
        write_found(want, values, first, csw_in_order, tested.masks, count, results);
}

/* What makes no octet. */
INLINE void scan_rest(enum want want, const uint64_t *values, size_t count, uint64_t first,
                      struct results *results)
{
    for (size_t i = 0; i < count; i++)
        if (csw_is_square(values[i])) {
            if (want != COUNT)
                *results->out++ = want == VALUES ? values[i] : first + i;
            results->found++;
        }
}

/* All of an array; `first` is the position of its first value. */
INLINE size_t scan_array(enum want want, const uint64_t *values, size_t count, uint64_t first,
                         uint64_t *ret)
{
    struct results results = {.out = ret};
    size_t i = 0, direct_until = 0;

    for (size_t n; (n = count - i < BLOCK ? (count - i) / OCTET * OCTET : BLOCK) > 0; i += n)
        if (i < direct_until && n == BLOCK)
            scan_directly(want, values + i, n, first + i, &results);
        else if (scan_block(want, values + i, n, first + i, &results) > n / 2)
            direct_until = i + n + DIRECT_BLOCKS * BLOCK;
    scan_rest(want, values + i, count - i, first + i, &results);
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
