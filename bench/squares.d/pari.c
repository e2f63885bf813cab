/* pari.c - PARI's uissquare. Its header defines short names of many kinds. */
#include <pari/pari.h>

#include "work.h"

#define STACK_BYTES 1000000 /* uissquare uses none of it */

void bench_pari_open(void)
{
    pari_init_opts(STACK_BYTES, 0, INIT_DFTm);
}

uint64_t bench_pari(const struct bench_work *work)
{
    uint64_t found = 0;

    for (size_t i = 0; i < work->count; i++)
        found += uissquare(work->values[i]) != 0;
    return found;
}
