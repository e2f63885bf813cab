/*
 * work.h - what is timed: passes over an array, by this library, by its peers, and by code that
 * does no more than the hardware allows. Peers' headers clash with much; each stays in a file.
 */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_work {
    const uint64_t *values;
    size_t count; /* of values, a multiple of 64 */
    uint64_t *out;
};

/* One pass. Returns what can be checked: most often how many squares there are. */
typedef uint64_t bench_pass(const struct bench_work *);

/* ---- libcoresweep --------------------------------------------------------------------------- */

bench_pass bench_is_square, bench_count_array, bench_filter_array, bench_index_array;

/* Fills `out` with squares. */
bench_pass bench_list_range;

/* Takes the values as pairs, the ends of ranges; returns the sum of the counts. */
bench_pass bench_count_range;

/* ---- peers ---------------------------------------------------------------------------------- */

bench_pass bench_flint, bench_gmp, bench_pari, bench_plain_sqrt;

/* FLINT's order of tests, without FLINT's function call; bench_order_open fills its tables. */
bench_pass bench_order;

void bench_order_open(void);
void bench_pari_open(void);

/* ---- limits: what the hardware can do ------------------------------------------------------- */

struct bench_limits {
    bool (*usable)(void);
    bench_pass *read;   /* returns the sum of the values */
    bench_pass *write;  /* fills `out` */
    bench_pass *stream; /* fills `out` past the caches; NULL: there are no such stores */
    bench_pass *roots;  /* independent square roots, as many as there are values */
};

extern const struct bench_limits bench_limits_plain, bench_limits_avx2, bench_limits_avx512;

/* Chooses the widest that this CPU has. False where it has no bench_stream. */
bool bench_limits_open(void);

bench_pass bench_read, bench_write, bench_stream, bench_roots;

/* memcpy from the values to `out`. */
bench_pass bench_copy;

#endif
