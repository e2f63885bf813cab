/*
 * avx2 - four values per vector.
 *
 * First pass: the bit of x mod 64 is shifted to the top of its lane; the upper halves of eight
 * lanes go into one register, where vmovmskps reads them.
 *
 * Second pass: r = nearest(sqrt((double)x)), then r * r == x. The unit for square roots takes 9
 * cycles for four values and leaves the rest of the core idle, so one vector of four gets its roots
 * from an estimate and two Newton steps instead, on the units that wait.
 *
 * Exact for x = r^2, r < 2^32, in every rounding mode; that r * r == x is false elsewhere needs no
 * proof, since r is read from the low 32 bits of its lane and the product cannot wrap.
 *   - to_double: x = high * 2^32 + low, both placed in a mantissa, subtracted and added: one
 * rounding, so off by at most 2^-52 of x. The root is then off by less than 2^-19.
 *   - newton_roots: vrsqrtps is off by at most 1.5 * 2^-12 on every CPU; with the conversion to
 * float, d is below 3.7e-4. With y = (1 + d) / sqrt(x), s = x y and s += (x - s^2) y / 2, the
 * relative errors are d, then -1.5 d^2 - 0.5 d^3, then at most 1.6 d^3 < 8.2e-11: below 0.36 for r
 * < 2^32, rounding errors included, and so nearest to r. For x = 0 the bound of the estimate keeps
 * y finite and s is 0.
 *   - equal_squares: vroundpd rounds to nearest whatever the mode, and 2^52 more puts r into the
 *     mantissa exactly. A root of 2^32, for x near 2^64, reads as 0, whose product is not x.
 */
#include "isa.h"

#if defined __x86_64__

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma,popcnt")))
#define LANES 4u
#define INLINE_AVX2 TARGET __attribute__((always_inline)) static inline

typedef __m256i vector;

/* Row m: 32-bit elements of the lanes in m, to the front. */
#define PAIR(lane) 2 * (lane), 2 * (lane) + 1
static const _Alignas(32) uint32_t to_front[16][8] = {
    {0},
    {PAIR(0)},
    {PAIR(1)},
    {PAIR(0), PAIR(1)},
    {PAIR(2)},
    {PAIR(0), PAIR(2)},
    {PAIR(1), PAIR(2)},
    {PAIR(0), PAIR(1), PAIR(2)},
    {PAIR(3)},
    {PAIR(0), PAIR(3)},
    {PAIR(1), PAIR(3)},
    {PAIR(0), PAIR(1), PAIR(3)},
    {PAIR(2), PAIR(3)},
    {PAIR(0), PAIR(2), PAIR(3)},
    {PAIR(1), PAIR(2), PAIR(3)},
    {PAIR(0), PAIR(1), PAIR(2), PAIR(3)},
};

INLINE_AVX2 vector load(const uint64_t *values)
{
    return _mm256_loadu_si256((const __m256i *)values);
}

INLINE_AVX2 void store(vector x, uint64_t *ret)
{
    _mm256_storeu_si256((__m256i *)ret, x);
}

INLINE_AVX2 vector gather(const uint64_t *values, const uint16_t *where)
{
    return _mm256_setr_epi64x((long long)values[where[0]], (long long)values[where[1]],
                              (long long)values[where[2]], (long long)values[where[3]]);
}

INLINE_AVX2 vector positions(uint64_t first, const uint16_t *where)
{
    const __m128i four = _mm_loadl_epi64((const __m128i *)where);

    return _mm256_add_epi64(_mm256_set1_epi64x((long long)first), _mm256_cvtepu16_epi64(four));
}

/* The residues' bits in reverse, so that a shift by x mod 64 brings the wanted one to the top. */
#define REVERSED UINT64_C(0xc840c04048404040)

INLINE_AVX2 __m256i residue_on_top(vector x)
{
    return _mm256_sllv_epi64(_mm256_set1_epi64x((long long)REVERSED),
                             _mm256_and_si256(x, _mm256_set1_epi64x(63)));
}

/* The upper halves of eight lanes in one register, pairs of them in the order that vshufps gives.
 */
INLINE_AVX2 unsigned residues(const uint64_t *values)
{
    const __m256 low = _mm256_castsi256_ps(residue_on_top(load(values)));
    const __m256 high = _mm256_castsi256_ps(residue_on_top(load(values + 4)));

    return (unsigned)_mm256_movemask_ps(_mm256_shuffle_ps(low, high, 0xdd));
}

#define OCTETS csw_paired_octets

INLINE_AVX2 size_t keep(vector x, unsigned mask, uint64_t *ret)
{
    const __m256i order = _mm256_load_si256((const __m256i *)to_front[mask]);

    _mm256_storeu_si256((__m256i *)ret, _mm256_permutevar8x32_epi32(x, order));
    return (size_t)__builtin_popcount(mask);
}

#define TWO_52 0x1p52
#define TWO_84 0x1p84

INLINE_AVX2 __m256d to_double(vector x)
{
    const __m256i high =
        _mm256_or_si256(_mm256_srli_epi64(x, 32), _mm256_castpd_si256(_mm256_set1_pd(TWO_84)));
    const __m256i low = _mm256_blend_epi32(x, _mm256_castpd_si256(_mm256_set1_pd(TWO_52)), 0xaa);

    return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(TWO_84 + TWO_52)),
                         _mm256_castsi256_pd(low));
}

INLINE_AVX2 __m256d newton_roots(__m256d x)
{
    const __m128 estimated = _mm_max_ps(_mm256_cvtpd_ps(x), _mm_set1_ps(0x1p-60f));
    const __m256d y = _mm256_cvtps_pd(_mm_rsqrt_ps(estimated));
    const __m256d half_y = _mm256_mul_pd(y, _mm256_set1_pd(0.5));
    __m256d s = _mm256_mul_pd(x, y);

    s = _mm256_fmadd_pd(_mm256_fnmadd_pd(s, s, x), half_y, s);
    return _mm256_fmadd_pd(_mm256_fnmadd_pd(s, s, x), half_y, s);
}

INLINE_AVX2 unsigned equal_squares(vector x, __m256d root)
{
    const __m256d whole = _mm256_round_pd(root, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m256i r = _mm256_castpd_si256(_mm256_add_pd(whole, _mm256_set1_pd(TWO_52)));
    const __m256i equal = _mm256_cmpeq_epi64(_mm256_mul_epu32(r, r), x);

    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(equal));
}

INLINE_AVX2 unsigned squares(vector x)
{
    return equal_squares(x, _mm256_sqrt_pd(to_double(x)));
}

INLINE_AVX2 void group_squares(const vector *x, unsigned *ret_masks)
{
    const __m256d root1 = _mm256_sqrt_pd(to_double(x[1]));
    const __m256d root2 = _mm256_sqrt_pd(to_double(x[2]));
    const __m256d root3 = _mm256_sqrt_pd(to_double(x[3]));

    ret_masks[0] = equal_squares(x[0], newton_roots(to_double(x[0])));
    ret_masks[1] = equal_squares(x[1], root1);
    ret_masks[2] = equal_squares(x[2], root2);
    ret_masks[3] = equal_squares(x[3], root3);
}

INLINE_AVX2 vector products(vector r)
{
    return _mm256_mul_epu32(r, r);
}

INLINE_AVX2 vector add(vector r, unsigned n)
{
    return _mm256_add_epi64(r, _mm256_set1_epi64x(n));
}

INLINE_AVX2 void put(vector x, uint64_t *ret)
{
    _mm256_store_si256((__m256i *)ret, x);
}

INLINE_AVX2 void put_past(vector x, uint64_t *ret)
{
    _mm256_stream_si256((__m256i *)ret, x);
}

#define fence _mm_sfence

#include "lists.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("popcnt");
}

const struct csw_isa csw_isa_avx2 = {
    .name = "avx2",
    .needs = "needs an x86-64 CPU with AVX2, FMA and POPCNT",
    .usable = usable,
    .count = count_values,
    .filter = filter_values,
    .index = index_values,
    .list = list_roots,
    .stream = stream_roots,
};

#else

const struct csw_isa csw_isa_avx2 = {.name = "avx2", .needs = "needs an x86-64 CPU"};

#endif
