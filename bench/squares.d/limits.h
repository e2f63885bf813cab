/*
 * limits.h - reading and writing at the speed of the hardware, the same way on every instruction
 * set. A file that includes it has defined TARGET, the attribute that its functions are compiled
 * with; `vector`, a vector of uint64_t; and stream_vector(p, x), a store past the caches. What a
 * loop needs is copied first: its stores might change the struct, for all that the compiler knows.
 */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include "work.h"

#define LANES (sizeof(vector) / sizeof(uint64_t))
/* Vectors under way at once: enough to hide an addition's latency, and a cache line or more. */
#define ABREAST 8

TARGET static uint64_t read_values(const struct bench_work *work)
{
    const uint64_t *values = work->values;
    const size_t count = work->count;
    vector sums[ABREAST] = {{0}};
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i += ABREAST * LANES) {
        const vector *from = (const vector *)(values + i);

#pragma GCC unroll 8
        for (size_t v = 0; v < ABREAST; v++)
            sums[v] += from[v];
    }
#pragma GCC unroll 8
    for (size_t v = 1; v < ABREAST; v++)
        sums[0] += sums[v];
    for (size_t lane = 0; lane < LANES; lane++)
        sum += sums[0][lane];
    return sum;
}

TARGET static uint64_t write_values(const struct bench_work *work)
{
    uint64_t *const out = work->out;
    const size_t count = work->count;
    const vector x = (vector){0} + count;

    for (size_t i = 0; i < count; i += ABREAST * LANES) {
        vector *to = (vector *)(out + i);

#pragma GCC unroll 8
        for (size_t v = 0; v < ABREAST; v++)
            to[v] = x;
    }
    return count;
}

#ifdef stream_vector
TARGET static uint64_t stream_values(const struct bench_work *work)
{
    uint64_t *const out = work->out;
    const size_t count = work->count;
    const vector x = (vector){0} + count;

    for (size_t i = 0; i < count; i += ABREAST * LANES) {
        vector *to = (vector *)(out + i);

#pragma GCC unroll 8
        for (size_t v = 0; v < ABREAST; v++)
            stream_vector(to + v, x);
    }
    __builtin_ia32_sfence();
    return count;
}
#endif

#endif
