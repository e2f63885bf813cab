/*
 * squares.h - perfect squares over the full 64-bit range: the public header of libcoresweep.
 *
 * Exact for every uint64_t, in every floating-point rounding mode; 0 counts as a square (0 * 0).
 * No function allocates, keeps state between calls, or fails. All may be called from any number of
 * threads at once; csw_isa_use alone must not run beside others. Arrays need no alignment beyond
 * that of uint64_t and may have any length. Link with -lcoresweep (and -lm on CPUs other than
 * x86-64 and AArch64); do not compile with -ffast-math, which would make the inline functions
 * inexact.
 *
 * Costs are given for one 3.2 GHz core with AVX2; docs/KERNELS.md has the measurements.
 */
#ifndef CORESWEEP_SQUARES_H
#define CORESWEEP_SQUARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined __SSE2__
#include <emmintrin.h>
#elif defined __ARM_NEON && defined __aarch64__
#include <arm_neon.h>
#else
#include <math.h>
#endif

#ifdef __FAST_MATH__
#error "-ffast-math reorders the arithmetic that makes these functions exact"
#endif

#if defined __GNUC__
#define CSW_PUBLIC __attribute__((visibility("default")))
#else
#define CSW_PUBLIC
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The largest root and the largest square of 64 bits. */
#define CSW_ROOT_MAX UINT64_C(0xffffffff)
#define CSW_SQUARE_MAX UINT64_C(0xfffffffe00000001)

/* Bit i is set where i is a square mod 64: 12 of 64 are, so 13 of 16 other numbers end here. */
#define CSW_SQUARES_MOD_64 UINT64_C(0x0202021202030213)

/* ---- one number ----------------------------------------------------------------------------- */

/* The correctly rounded square root, as one instruction where the CPU has it: sqrt() may branch. */
static inline double csw_sqrt(double x)
{
#if defined __SSE2__
    const __m128d value = _mm_set_sd(x);

    return _mm_cvtsd_f64(_mm_sqrt_sd(value, value));
#elif defined __ARM_NEON && defined __aarch64__
    return vget_lane_f64(vsqrt_f64(vdup_n_f64(x)), 0);
#else
    return sqrt(x);
#endif
}

/*
 * The square root of x rounded to the nearest whole number, from 0 to 2^32; for the square of r it
 * is r, and otherwise floor(sqrt(x)) or the number above. 3 ns, without a branch.
 *
 * Proof: both halves of x are exact doubles, so their sum is off by at most 2^-52 of x, whatever
 * the rounding mode, and the root, its own rounding included, by less than 2^-51 of itself, below
 * 2^-19. Hence half added, the truncated sum is r for x = r^2, and lies in {r, r + 1} for r^2 < x <
 * (r + 1)^2. The detour through int64_t saves the branch that a conversion from or to uint64_t
 * would need.
 */
static inline uint64_t csw_nearest_root(uint64_t x)
{
    const double high = (double)(int64_t)(x >> 32), low = (double)(int64_t)(x & CSW_ROOT_MAX);

    return (uint64_t)(int64_t)(csw_sqrt(high * 4294967296.0 + low) + 0.5);
}

/*
 * Whether x is a perfect square. 1 ns where the residue mod 64 decides, 3 ns otherwise.
 *
 * Exact: if x = r^2, the nearest root is r and r * r == x. If r * r == x mod 2^64 for an r below
 * 2^32, the product did not wrap and x is a square; r = 2^32 gives 0, which the residue lets
 * through, but the nearest root of 0 is 0.
 */
static inline bool csw_is_square(uint64_t x)
{
    if (!(CSW_SQUARES_MOD_64 >> (x & 63) & 1))
        return false;
    const uint64_t r = csw_nearest_root(x);

    return r * r == x;
}

/*
 * The floor of the square root of x, 0 to 2^32 - 1. 3 ns, without a branch. Exact: the nearest root
 * is the floor or one above, where its square exceeds x; the clamp keeps r * r below 2^64.
 */
static inline uint64_t csw_isqrt(uint64_t x)
{
    const uint64_t nearest = csw_nearest_root(x);
    const uint64_t r = nearest < CSW_ROOT_MAX ? nearest : CSW_ROOT_MAX;

    return r - (r * r > x);
}

/* ---- ranges --------------------------------------------------------------------------------- */

/*
 * How many squares lie in [first, last], both ends included; 0 where first > last. The whole range
 * of uint64_t has 2^32. O(1): 6 ns for any length.
 */
static inline uint64_t csw_count_range(uint64_t first, uint64_t last)
{
    if (first > last)
        return 0;
    const uint64_t up_to_last = csw_isqrt(last) + 1;

    return first == 0 ? up_to_last : up_to_last - csw_isqrt(first - 1) - 1;
}

/*
 * Writes the squares of [first, last] in ascending order, at most `capacity` of them, and returns
 * how many. *resume is 0 for the first call, and afterwards where the next one goes on; fewer than
 * `capacity` mean that the range is done. At the speed of the memory behind `ret_squares`; outputs
 * of 64 MiB and more go past the caches.
 *
 *     uint64_t resume = 0, squares[4096];
 *     size_t count;
 *
 *     while ((count = csw_list_range(0, UINT64_MAX, &resume, squares, 4096)) > 0)
 *         use(squares, count);
 */
CSW_PUBLIC size_t csw_list_range(uint64_t first, uint64_t last, uint64_t *resume,
                                 uint64_t *ret_squares, size_t capacity);

/* ---- arrays --------------------------------------------------------------------------------- */

/* How many of values[0 .. count) are squares. 0.35 to 0.6 ns a value in cache, memory speed beyond.
 */
CSW_PUBLIC size_t csw_count_array(const uint64_t *values, size_t count);

/*
 * Copies the squares among values[0 .. count) in their order, and returns how many. It never writes
 * past ret_squares[0 .. capacity), of which the rest may hold rubbish: when that many are written
 * it stops. `ret_consumed` gets how many values were looked at; where it is below `count`, values +
 * *ret_consumed is what to go on with, and its first value is a square. The arrays must not
 * overlap.
 */
CSW_PUBLIC size_t csw_filter_array(const uint64_t *values, size_t count, uint64_t *ret_squares,
                                   size_t capacity, size_t *ret_consumed);

/*
 * The same for positions: where values[i] is a square, first + i is written. To go on with the rest
 * of an array, pass first + *ret_consumed.
 */
CSW_PUBLIC size_t csw_index_array(const uint64_t *values, size_t count, uint64_t first,
                                  uint64_t *ret_positions, size_t capacity, size_t *ret_consumed);

/* ---- instruction sets ----------------------------------------------------------------------- */

/*
 * The functions above exist once per instruction set (scalar, neon, avx2, avx512), and the best one
 * that this CPU has is chosen when the library is loaded. The environment variable CORESWEEP_ISA
 * chooses another one, for tests and comparisons; where it names one that cannot be used here, the
 * best one stays chosen.
 */

/* The names, from the plainest to the best; NULL past the end. */
CSW_PUBLIC const char *csw_isa_name(size_t index);

/* Why that instruction set cannot be used here; NULL where it can. Unknown names: "unknown". */
CSW_PUBLIC const char *csw_isa_missing(const char *name);

/* The name of the one in use. */
CSW_PUBLIC const char *csw_isa_in_use(void);

/* Chooses one by name. False, and nothing changes, where csw_isa_missing has a reason. */
CSW_PUBLIC bool csw_isa_use(const char *name);

#ifdef __cplusplus
}
#endif

#endif
