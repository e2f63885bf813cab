/* plain.c - what one writes in C without further thought. */
#include <math.h>

#include "work.h"

uint64_t bench_plain_sqrt(const struct bench_work *work)
{
    uint64_t found = 0;

    for (size_t i = 0; i < work->count; i++) {
        const uint64_t x = work->values[i], root = (uint64_t)sqrt((double)x);

        found += root * root == x;
    }
    return found;
}
