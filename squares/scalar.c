/*
 * scalar - plain C, one value at a time and without a branch, for any CPU. Exact: squares.h has the
 * proof for csw_nearest_root.
 */
#include <coresweep/squares.h>

#define TARGET
#define LANES 1u

typedef uint64_t vector;

static inline vector load(const uint64_t *values)
{
    return *values;
}

static inline vector positions(uint64_t first)
{
    return first;
}

static inline unsigned residues(vector x)
{
    return (unsigned)(CSW_SQUARES_MOD_64 >> (x & 63) & 1);
}

static inline void squares(const vector *x, unsigned *ret_masks)
{
    for (unsigned v = 0; v < 16; v++) {
        const uint64_t r = csw_nearest_root(x[v]);

        ret_masks[v] = r * r == x[v];
    }
}

static inline size_t keep(vector x, unsigned mask, uint64_t *ret)
{
    *ret = x;
    return mask;
}

#include "blocks.h"

static bool usable(void)
{
    return true;
}

static void list(uint64_t root, size_t count, uint64_t *ret_squares)
{
    for (size_t i = 0; i < count; i++)
        ret_squares[i] = (root + i) * (root + i);
}

const struct csw_isa csw_isa_scalar = {
    .name = "scalar",
    .needs = "nothing",
    .usable = usable,
    .count = count_values,
    .filter = filter_values,
    .index = index_values,
    .list = list,
};
