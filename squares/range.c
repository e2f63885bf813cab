/* range.c - the squares of a range, enumerated by their roots. */
#include "isa.h"

/* More than the cache that one core can fill: written past it, it costs no reading of old lines. */
#define STREAMED ((size_t)(64u << 20) / sizeof(uint64_t))

static void list_roots(uint64_t root, size_t count, uint64_t *ret_squares)
{
    const struct csw_isa *isa = csw_isa_chosen();

    if (count >= STREAMED && isa->stream)
        isa->stream(root, count, ret_squares);
    else
        isa->list(root, count, ret_squares);
}

/* How many of `capacity` roots from `root` on have squares up to `last`. */
static size_t roots_up_to(uint64_t root, uint64_t last, size_t capacity)
{
    if (capacity <= CSW_ROOT_MAX - root && (root + capacity) * (root + capacity) <= last)
        return capacity; /* the usual case of a long range in pieces needs no square root */
    const uint64_t end = csw_isqrt(last) + 1;
    const uint64_t left = root < end ? end - root : 0;

    return left < capacity ? (size_t)left : capacity;
}

size_t csw_list_range(uint64_t first, uint64_t last, uint64_t *resume, uint64_t *ret_squares,
                      size_t capacity)
{
    if (first > last)
        return 0;
    const uint64_t root = *resume > 0 ? *resume : first > 0 ? csw_isqrt(first - 1) + 1 : 0;
    const size_t count = root <= CSW_ROOT_MAX ? roots_up_to(root, last, capacity) : 0;

    if (count > 0)
        list_roots(root, count, ret_squares);
    *resume = root + count;
    return count;
}
