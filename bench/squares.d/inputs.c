/* inputs.c - see inputs.h. Counts come from how the numbers are made, or from integers alone. */
#include "inputs.h"

#include <stdbool.h>
#include <string.h>

/* One in so many of the mixed values is a square. */
#define MIXED_SQUARES 8

const char *bench_input_name(enum bench_input input)
{
    static const char *const names[BENCH_INPUTS] = {
        [BENCH_RANGE_1E6] = "range@1e6",   [BENCH_RANGE_1E12] = "range@1e12",
        [BENCH_RANGE_2_63] = "range@2^63", [BENCH_RANDOM] = "random",
        [BENCH_SQUARES] = "squares",       [BENCH_MIXED] = "mixed",
        [BENCH_PAIRS] = "ranges",
    };

    return names[input];
}

/* splitmix64: S. Vigna, after Steele, Lea, Flood, OOPSLA 2014. */
static uint64_t random_number(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The floor of the square root, bit by bit. */
static uint64_t root_of(uint64_t x)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= x)
            root += bit;
    return root;
}

/* Squares end in the hexadecimal digits 0, 1, 4 and 9 only. */
static bool is_square(uint64_t x)
{
    const uint64_t digits = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 9;

    return digits >> x % 16 & 1 && root_of(x) * root_of(x) == x;
}

static uint64_t count_up_to(uint64_t last)
{
    return root_of(last) + 1;
}

static uint64_t draw_square(uint64_t *state)
{
    const uint64_t root = random_number(state) >> 32;

    return root * root;
}

static uint64_t draw_other(uint64_t *state)
{
    uint64_t x;

    do
        x = random_number(state);
    while (is_square(x));
    return x;
}

/* Each fill returns how many squares there are. */
static uint64_t fill_range(uint64_t *values, size_t count, uint64_t first)
{
    for (size_t i = 0; i < count; i++)
        values[i] = first + i;
    return count_up_to(first + count - 1) - count_up_to(first - 1);
}

static uint64_t fill_randomly(uint64_t *values, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++)
        values[i] = draw_other(state);
    return 0;
}

static uint64_t fill_with_squares(uint64_t *values, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++)
        values[i] = draw_square(state);
    return count;
}

static uint64_t fill_mixed(uint64_t *values, size_t count, uint64_t *state)
{
    uint64_t squares = 0;

    for (size_t i = 0; i < count; i++) {
        const bool square = random_number(state) % MIXED_SQUARES == 0;

        values[i] = square ? draw_square(state) : draw_other(state);
        squares += square;
    }
    return squares;
}

/* Lengths of all magnitudes: a few bits of each end are dropped. */
static uint64_t fill_with_pairs(uint64_t *values, size_t count, uint64_t *state)
{
    uint64_t squares = 0;

    for (size_t i = 0; i < count; i += 2) {
        const uint64_t a = random_number(state) >> random_number(state) % 60;
        const uint64_t b = random_number(state) >> random_number(state) % 60;

        values[i] = a < b ? a : b;
        values[i + 1] = a < b ? b : a;
        squares += count_up_to(values[i + 1]) - (values[i] > 0 ? count_up_to(values[i] - 1) : 0);
    }
    return squares;
}

static uint64_t fill(uint64_t *values, size_t count, enum bench_input input, uint64_t *state)
{
    switch (input) {
    case BENCH_RANGE_1E6:
        return fill_range(values, count, 1000000);
    case BENCH_RANGE_1E12:
        return fill_range(values, count, UINT64_C(1000000000000));
    case BENCH_RANGE_2_63:
        return fill_range(values, count, (UINT64_C(1) << 63));
    case BENCH_SQUARES:
        return fill_with_squares(values, count, state);
    case BENCH_MIXED:
        return fill_mixed(values, count, state);
    case BENCH_PAIRS:
        return fill_with_pairs(values, count, state);
    default:
        return fill_randomly(values, count, state);
    }
}

void bench_array_draw(struct bench_array *array, enum bench_input input, uint64_t seed)
{
    uint64_t state = (seed << 8) + (uint64_t)input;

    if (array->parts == 0)
        return;
    array->squares = fill(array->values, array->part_count, input, &state);
    for (size_t p = 1; p < array->parts; p++)
        memcpy(array->values + p * array->part_count, array->values,
               array->part_count * sizeof *array->values);
}
