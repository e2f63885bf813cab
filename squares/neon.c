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

static inline vector positions(uint64_t first)
{
    return vsetq_lane_u64(first + 1, vdupq_n_u64(first), 1);
}

/* Bit 0 of each lane to a mask of two bits. */
static inline unsigned mask_of(uint64x2_t bits)
{
    return (unsigned)((vgetq_lane_u64(bits, 0) & 1) | (vgetq_lane_u64(bits, 1) & 1) << 1);
}

static inline unsigned residues(vector x)
{
    const int64x2_t right = vnegq_s64(vreinterpretq_s64_u64(vandq_u64(x, vdupq_n_u64(63))));

    return mask_of(vshlq_u64(vdupq_n_u64(CSW_SQUARES_MOD_64), right));
}

static inline size_t keep(vector x, unsigned mask, uint64_t *ret)
{
    ret[0] = vgetq_lane_u64(x, 0);
    ret[mask & 1] = vgetq_lane_u64(x, 1);
    return (mask & 1) + (mask >> 1);
}

static inline unsigned equal_squares(vector x)
{
    const uint64x2_t root = vcvtnq_u64_f64(vsqrtq_f64(vcvtq_f64_u64(x)));
    const uint32x2_t r = vmovn_u64(root);

    return mask_of(vceqq_u64(vmull_u32(r, r), x));
}

static inline void squares(const vector *x, unsigned *ret_masks)
{
    for (unsigned v = 0; v < 8; v++)
        ret_masks[v] = equal_squares(x[v]);
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
        const uint32x2_t r = vmovn_u64(positions(root + i));

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
