/* limits.c - the widest limits that this CPU has, and memcpy. */
#include <string.h>

#include "work.h"

static const struct bench_limits *chosen = &bench_limits_plain;

bool bench_limits_open(void)
{
    static const struct bench_limits *const known[] = {&bench_limits_avx512, &bench_limits_avx2,
                                                       &bench_limits_plain};
    size_t i = 0;

    while (!known[i]->usable || !known[i]->usable())
        i++;
    chosen = known[i];
    return chosen->stream != NULL;
}

uint64_t bench_read(const struct bench_work *work)
{
    return chosen->read(work);
}

uint64_t bench_write(const struct bench_work *work)
{
    return chosen->write(work);
}

uint64_t bench_stream(const struct bench_work *work)
{
    return chosen->stream(work);
}

uint64_t bench_copy(const struct bench_work *work)
{
    memcpy(work->out, work->values, work->count * sizeof *work->out);
    return work->count;
}

uint64_t bench_roots(const struct bench_work *work)
{
    return chosen->roots(work);
}
