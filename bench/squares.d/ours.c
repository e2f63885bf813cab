/* ours.c - the functions of libcoresweep, as a user would call them. */
#include "work.h"

#include <coresweep/squares.h>

uint64_t bench_is_square(const struct bench_work *work)
{
    uint64_t found = 0;

    for (size_t i = 0; i < work->count; i++)
        found += csw_is_square(work->values[i]);
    return found;
}

uint64_t bench_count_array(const struct bench_work *work)
{
    return csw_count_array(work->values, work->count);
}

uint64_t bench_filter_array(const struct bench_work *work)
{
    size_t consumed;

    return csw_filter_array(work->values, work->count, work->out, work->count, &consumed);
}

uint64_t bench_index_array(const struct bench_work *work)
{
    size_t consumed;

    return csw_index_array(work->values, work->count, 0, work->out, work->count, &consumed);
}

/* Piece after piece of all squares, and then again. */
uint64_t bench_list_range(const struct bench_work *work)
{
    static _Thread_local uint64_t resume;
    size_t found = csw_list_range(0, UINT64_MAX, &resume, work->out, work->count);

    if (found < work->count) {
        resume = 0;
        found += csw_list_range(0, UINT64_MAX, &resume, work->out + found, work->count - found);
    }
    return found;
}

uint64_t bench_count_range(const struct bench_work *work)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < work->count; i += 2)
        sum += csw_count_range(work->values[i], work->values[i + 1]);
    return sum;
}
