/* inputs.h - arrays of numbers of which it is known how many are squares. */
#ifndef BENCH_INPUTS_H
#define BENCH_INPUTS_H

#include <stddef.h>
#include <stdint.h>

enum bench_input {
    BENCH_RANGE_1E6,
    BENCH_RANGE_1E12,
    BENCH_RANGE_2_63,
    BENCH_RANDOM,
    BENCH_SQUARES,
    BENCH_MIXED,
    BENCH_PAIRS, /* the ends of ranges of any length */
    BENCH_INPUTS
};

/* Bits of a set. */
#define BENCH_IN(input) (1u << (input))
#define BENCH_RANGES                                                                               \
    (BENCH_IN(BENCH_RANGE_1E6) | BENCH_IN(BENCH_RANGE_1E12) | BENCH_IN(BENCH_RANGE_2_63))
#define BENCH_NUMBERS                                                                              \
    (BENCH_RANGES | BENCH_IN(BENCH_RANDOM) | BENCH_IN(BENCH_SQUARES) | BENCH_IN(BENCH_MIXED))

/* "random" */
const char *bench_input_name(enum bench_input);

/* An array of equal parts: in memory it matters where the numbers are, not which. */
struct bench_array {
    uint64_t *values; /* NULL: there is no such array, and no parts */
    size_t parts, part_count;
    uint64_t squares; /* in each part; of BENCH_PAIRS: in its ranges, together */
};

/* Fills the array anew; another seed gives other numbers, ranges apart. */
void bench_array_draw(struct bench_array *, enum bench_input, uint64_t seed);

#endif
