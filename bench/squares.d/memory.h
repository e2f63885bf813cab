/* memory.h - how large the caches are, and arrays that fit into each of them and into none. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>

#include "inputs.h"

enum bench_level { BENCH_L1, BENCH_L2, BENCH_L3, BENCH_DRAM, BENCH_LEVELS };

/* "L1" */
const char *bench_level_name(enum bench_level);

struct bench_sizes {
    size_t cache_bytes[BENCH_LEVELS]; /* 0: there is no such cache; of BENCH_DRAM: unused */

    /*
     * How much one pass moves, so that it stays in the level, with room for the rest. A pass over
     * memory takes a stretch of an array that is many times as large as all caches.
     */
    size_t pass_bytes[BENCH_LEVELS];
    size_t dram_bytes; /* of that array */
    size_t lead_parts; /* stretches that drive everything else out of the caches */
};

/* Looks at the caches of the first CPU; `cores` share the last one. */
void bench_sizes_read(struct bench_sizes *ret_sizes, unsigned cores);

/* One worker's arrays, on huge pages where there are any. */
struct bench_memory {
    struct bench_array small[BENCH_INPUTS]; /* one part each, for L2 */
    struct bench_array big[BENCH_INPUTS];   /* for memory; of many inputs there is none */
    uint64_t sum[BENCH_LEVELS];             /* of a pass from the start of the big random array */
    uint64_t *out;                          /* as large as a big array */
};

/*
 * Makes and fills the arrays, on the calling thread, so that they lie near its core; big ones of
 * the inputs in the set. 0 or -ENOMEM. They live as long as the process.
 */
int bench_memory_open(struct bench_memory *ret_memory, const struct bench_sizes *,
                      unsigned big_inputs, uint64_t seed, struct csw_err *);

/* Fills the small arrays anew. */
void bench_memory_redraw(struct bench_memory *, uint64_t seed);

#endif
