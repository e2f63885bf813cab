/* range.c - the squares of a range, enumerated by their roots. */
#include "isa.h"

size_t csw_list_range(uint64_t *next, uint64_t last, uint64_t *ret_squares, size_t capacity)
{
    if (*next > last)
        return 0;
    const uint64_t below = *next > 0 ? csw_isqrt(*next - 1) + 1 : 0; /* roots of squares before */
    const uint64_t left = csw_isqrt(last) + 1 - below;
    const size_t count = left < capacity ? (size_t)left : capacity;

    if (count == 0)
        return 0;
    csw_isa_chosen()->list(below, count, ret_squares);
    *next = ret_squares[count - 1] + 1;
    return count;
}
