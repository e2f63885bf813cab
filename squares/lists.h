/*
 * lists.h - the squares of consecutive roots by vectors, after blocks.h and for the same
 * instruction sets where that pays. A file that includes it has also defined
 *
 *   products(r)                 r * r in every lane
 *   add(r, n)                   r + n in every lane
 *   put(x, ret), put_past(x, ret)   x to an aligned place, and past the caches; fence() ends the
 * latter
 */
#ifndef CSW_LISTS_H
#define CSW_LISTS_H

#include "blocks.h"

/* Whole cache lines by vectors, what comes before and after them one by one. */
INLINE void list_squares(uint64_t root, size_t count, uint64_t *ret_squares, bool past_caches)
{
    size_t i = csw_values_to_line(ret_squares, count);
    vector r[VECTORS];

    csw_list_plainly(root, i, ret_squares);
#pragma GCC unroll 16
    for (unsigned v = 0; v < VECTORS; v++)
        r[v] = positions(root + i + v * LANES, csw_in_order);
    for (; count - i >= GROUP; i += GROUP)
#pragma GCC unroll 16
        for (unsigned v = 0; v < VECTORS; v++) {
            if (past_caches)
                put_past(products(r[v]), ret_squares + i + v * LANES);
            else
                put(products(r[v]), ret_squares + i + v * LANES);
            r[v] = add(r[v], GROUP);
        }
    csw_list_plainly(root + i, count - i, ret_squares + i);
}

TARGET static void list_roots(uint64_t root, size_t count, uint64_t *ret_squares)
{
    list_squares(root, count, ret_squares, false);
}

TARGET static void stream_roots(uint64_t root, size_t count, uint64_t *ret_squares)
{
    list_squares(root, count, ret_squares, true);
    fence();
}

#endif
