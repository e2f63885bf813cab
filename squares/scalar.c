/*
 * scalar - plain C, one value at a time and without a branch, for any CPU. Exact: squares.h has the
 * proof for csw_nearest_root.
 */
#include "isa.h"

#define TARGET
#define LANES 1u

typedef uint64_t vector;

static inline vector load(const uint64_t *values)
{
    return *values;
}

static inline void store(vector x, uint64_t *ret)
{
    *ret = x;
}

static inline vector gather(const uint64_t *values, const uint16_t *where)
{
    return values[*where];
}

static inline vector positions(uint64_t first, const uint16_t *where)
{
    return first + *where;
}

#define OCTETS csw_octets

static inline unsigned residues(const uint64_t *values)
{
    return csw_octet_residues(values);
}

static inline unsigned squares(vector x)
{
    const uint64_t r = csw_nearest_root(x);

    return r * r == x;
}

static inline void group_squares(const vector *x, unsigned *ret_masks)
{
    for (unsigned v = 0; v < 16; v++)
        ret_masks[v] = squares(x[v]);
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

const struct csw_isa csw_isa_scalar = {
    .name = "scalar",
    .needs = "nothing",
    .usable = usable,
    .count = count_values,
    .filter = filter_values,
    .index = index_values,
    .list = csw_list_plainly,
};
