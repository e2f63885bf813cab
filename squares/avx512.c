/*
 * avx512 - eight values per vector; needs F and DQ only.
 *
 * First pass: the residues' bits, rotated right by x (mod 64, for free), bring the wanted one to
 * the lowest bit. Third pass: vpcompressq moves what was found to the front of a register, which is
 * then stored whole: its form that writes to memory is microcoded and 12 times slower on some CPUs.
 *
 * Second pass: an estimate of the reciprocal root and two Newton steps, which is faster than the
 * unit for square roots; then r * r == x.
 *
 * Exact for x = r^2, r < 2^32, in every rounding mode; that r * r == x is false elsewhere needs no
 * proof, since r is the low 32 bits of its lane and the product cannot wrap.
 *   - vcvtuqq2pd rounds once: off by at most 2^-52 of x, the root by less than 2^-19.
 *   - vrsqrt14pd is off by at most 2^-14 = d. With y = (1 + d) / sqrt(x), s = x y and
 *     s += (x - s^2) y / 2, the relative errors are d, then at most 1.6 d^2, then at most 1.7 d^3
 *     < 2^-41: below 2^-9 for r < 2^32, and so nearest to r. For x = 0 the bound of the estimate
 * keeps y finite and s is 0.
 *   - vcvtpd2uqq rounds to nearest as its operand says, whatever the mode. A root of 2^32, for x
 * near 2^64, reads as 0, whose product is not x.
 */
#include "isa.h"

#if defined __x86_64__

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512dq,popcnt")))
#define LANES 8u
#define INLINE_AVX512 TARGET __attribute__((always_inline)) static inline

typedef __m512i vector;

INLINE_AVX512 vector load(const uint64_t *values)
{
    return _mm512_loadu_si512(values);
}

INLINE_AVX512 void store(vector x, uint64_t *ret)
{
    _mm512_storeu_si512(ret, x);
}

INLINE_AVX512 vector gather(const uint64_t *values, const uint16_t *where)
{
    return _mm512_setr_epi64((long long)values[where[0]], (long long)values[where[1]],
                             (long long)values[where[2]], (long long)values[where[3]],
                             (long long)values[where[4]], (long long)values[where[5]],
                             (long long)values[where[6]], (long long)values[where[7]]);
}

INLINE_AVX512 vector positions(uint64_t first, const uint16_t *where)
{
    const __m128i eight = _mm_loadu_si128((const __m128i *)where);

    return _mm512_add_epi64(_mm512_set1_epi64((long long)first), _mm512_cvtepu16_epi64(eight));
}

#define OCTETS csw_octets

INLINE_AVX512 unsigned residues(const uint64_t *values)
{
    const __m512i bits = _mm512_set1_epi64((long long)CSW_SQUARES_MOD_64);

    return _mm512_test_epi64_mask(_mm512_rorv_epi64(bits, load(values)), _mm512_set1_epi64(1));
}

INLINE_AVX512 size_t keep(vector x, unsigned mask, uint64_t *ret)
{
    _mm512_storeu_si512(ret, _mm512_maskz_compress_epi64((__mmask8)mask, x));
    return (size_t)__builtin_popcount(mask);
}

INLINE_AVX512 __m512d newton_roots(__m512d x)
{
    const __m512d y = _mm512_rsqrt14_pd(_mm512_max_pd(x, _mm512_set1_pd(0x1p-60)));
    const __m512d half_y = _mm512_mul_pd(y, _mm512_set1_pd(0.5));
    __m512d s = _mm512_mul_pd(x, y);

    s = _mm512_fmadd_pd(_mm512_fnmadd_pd(s, s, x), half_y, s);
    return _mm512_fmadd_pd(_mm512_fnmadd_pd(s, s, x), half_y, s);
}

INLINE_AVX512 unsigned squares(vector x)
{
    const __m512d root = newton_roots(_mm512_cvtepu64_pd(x));
    const __m512i r = _mm512_cvt_roundpd_epu64(root, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);

    return _mm512_cmpeq_epi64_mask(_mm512_mul_epu32(r, r), x);
}

INLINE_AVX512 void group_squares(const vector *x, unsigned *ret_masks)
{
    ret_masks[0] = squares(x[0]);
    ret_masks[1] = squares(x[1]);
}

INLINE_AVX512 vector products(vector r)
{
    return _mm512_mul_epu32(r, r);
}

INLINE_AVX512 vector add(vector r, unsigned n)
{
    return _mm512_add_epi64(r, _mm512_set1_epi64(n));
}

INLINE_AVX512 void put(vector x, uint64_t *ret)
{
    _mm512_store_si512(ret, x);
}

INLINE_AVX512 void put_past(vector x, uint64_t *ret)
{
    _mm512_stream_si512((__m512i *)ret, x);
}

#define fence _mm_sfence

#include "lists.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("popcnt");
}

const struct csw_isa csw_isa_avx512 = {
    .name = "avx512",
    .needs = "needs an x86-64 CPU with AVX-512 F and DQ",
    .usable = usable,
    .count = count_values,
    .filter = filter_values,
    .index = index_values,
    .list = list_roots,
    .stream = stream_roots,
};

#else

const struct csw_isa csw_isa_avx512 = {.name = "avx512", .needs = "needs an x86-64 CPU"};

#endif
