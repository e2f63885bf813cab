/*
 * neon - two values per vector, on AArch64, which always has it.
 *
 * First pass: the residues' bits, shifted right by x mod 64. Second pass: r =
 * nearest(sqrt((double)x)), then r * r == x.
 *
 * Exact for x = r^2, r < 2^32, in every rounding mode: ucvtf rounds once, so that the root is off
 * by less than 2^-19, and fcvtnu rounds to nearest whatever the mode. That r * r == x is false
 * elsewhere needs no proof, since r is narrowed to 32 bits and the product cannot wrap; a root of
 * 2^32, for x near 2^64, becomes 0, whose product is not x.
 */
#include "isa.h"

#if defined __aarch64__

#include <arm_neon.h>

#define TARGET
#define LANES 2u

typedef uint64x2_t vector;

static inline vector load(const uint64_t *values)
{
    return vld1q_u64(values);
}

static inline void store(vector x, uint64_t *ret)
{
    vst1q_u64(ret, x);
}

static inline vector pair(uint64_t first, uint64_t second)
{
    return vcombine_u64(vcreate_u64(first), vcreate_u64(second));
}

static inline vector gather(const uint64_t *values, const uint16_t *where)
{
    return pair(values[where[0]], values[where[1]]);
}

static inline vector positions(uint64_t first, const uint16_t *where)
{
    return pair(first + where[0], first + where[1]);
}

#define OCTETS csw_octets

static inline unsigned residues(const uint64_t *values)
{
    return csw_octet_residues(values);
}

static inline size_t keep(vector x, unsigned mask, uint64_t *ret)
{
    ret[0] = vgetq_lane_u64(x, 0);
    ret[mask & 1] = vgetq_lane_u64(x, 1);
    return (mask & 1) + (mask >> 1);
}

static inline unsigned squares(vector x)
{
    const uint64x2_t root = vcvtnq_u64_f64(vsqrtq_f64(vcvtq_f64_u64(x)));
    const uint32x2_t r = vmovn_u64(root);
    const uint64x2_t equal = vceqq_u64(vmull_u32(r, r), x);

    return (unsigned)((vgetq_lane_u64(equal, 0) & 1) | (vgetq_lane_u64(equal, 1) & 2));
}

static inline void group_squares(const vector *x, unsigned *ret_masks)
{
    for (unsigned v = 0; v < 8; v++)
        ret_masks[v] = squares(x[v]);
}

#include "blocks.h"

static bool usable(void)
{
    return true;
}

static void list(uint64_t root, size_t count, uint64_t *ret_squares)
{
    size_t i = 0;

    for (; count - i >= 2; i += 2) {
        const uint32x2_t r = vmovn_u64(pair(root + i, root + i + 1));

        vst1q_u64(ret_squares + i, vmull_u32(r, r));
    }
    if (i < count)
        ret_squares[i] = (root + i) * (root + i);
}

const struct csw_isa csw_isa_neon = {
    .name = "neon",
    .needs = "needs an AArch64 CPU",
    .usable = usable,
    .count = count_values,
    .filter = filter_values,
    .index = index_values,
    .list = list,
};

#else

const struct csw_isa csw_isa_neon = {.name = "neon", .needs = "needs an AArch64 CPU"};

#endif
