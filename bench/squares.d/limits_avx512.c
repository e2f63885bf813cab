/* limits_avx512.c - see limits.h */
#include "work.h"

#if defined __x86_64__

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))
typedef uint64_t vector __attribute__((vector_size(64), may_alias));
#define stream_vector(p, x) _mm512_stream_si512((__m512i *)(p), (__m512i)(x))

#include "limits.h"

/* Nothing waits for a root, so that only the unit for square roots limits. */
TARGET static uint64_t roots(const struct bench_work *work)
{
    const __m512d x = _mm512_set1_pd((double)work->values[0]);
    __m512d root;

    for (size_t i = 0; i < work->count; i += ABREAST * LANES)
#pragma GCC unroll 8
        for (size_t v = 0; v < ABREAST; v++)
            __asm__ volatile("vsqrtpd %1, %0" : "=v"(root) : "v"(x));
    return work->count;
}

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f");
}

const struct bench_limits bench_limits_avx512 = {
    .usable = usable,
    .read = read_values,
    .write = write_values,
    .stream = stream_values,
    .roots = roots,
};

#else

const struct bench_limits bench_limits_avx512 = {0};

#endif
