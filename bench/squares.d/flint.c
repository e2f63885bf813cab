/* flint.c - FLINT's n_is_square, through its shared library as every user calls it. */
#include <flint/flint.h>
#include <flint/ulong_extras.h>

#include "work.h"

uint64_t bench_flint(const struct bench_work *work)
{
    uint64_t found = 0;

    for (size_t i = 0; i < work->count; i++)
        found += n_is_square(work->values[i]) != 0;
    return found;
}
