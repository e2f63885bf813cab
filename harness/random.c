/* random.c - see random.h */
#include "random.h"

uint64_t csw_random_bits(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t csw_random_below(uint64_t *state, uint64_t limit)
{
    return csw_random_bits(state) % limit;
}

double csw_random_uniform(uint64_t *state)
{
    return ((double)(csw_random_bits(state) >> 11) + 0.5) * 0x1p-53;
}
