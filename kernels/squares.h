/*
 * squares.h - what the kernels that find perfect squares share: their tallies in closed form.
 *
 * The items [lo, hi) stand for the candidates lo + 1 .. hi, so their squares have the roots
 * isqrt(lo) + 1 .. isqrt(hi).
 */
#ifndef CSW_SQUARES_H
#define CSW_SQUARES_H

#include <string.h>

#include <coresweep/kernel.h>
#include <coresweep/squares.h>

#include "squares/isa.h"

/* The option of the kernels that have their code once per instruction set. */
#define CSW_ISA_OPTION                                                                             \
    {                                                                                              \
        .name = "isa", .help = "Instruction set; auto is the best one here",                       \
        .values = csw_isa_choices, .missing = csw_isa_choice_missing                               \
    }

/* Sum of the squares of 1..m mod 2^64: m (m + 1) (2m + 1) / 6, below 2^98 for m < 2^32. */
static inline uint64_t csw_sum_of_squares(uint64_t m)
{
    const unsigned __int128 product = (unsigned __int128)(m * (m + 1)) * (2 * m + 1);

    return (uint64_t)(product / 6);
}

/* The tally of the items [lo, hi) in closed form, with `work` left 0. */
static inline struct csw_tally csw_squares_expect(uint64_t lo, uint64_t hi)
{
    if (lo >= hi)
        return (struct csw_tally){0};
    const uint64_t below = csw_isqrt(lo), last = csw_isqrt(hi);

    return (struct csw_tally){
        .items = hi - lo,
        .hits = last - below,
        .digest = csw_sum_of_squares(last) - csw_sum_of_squares(below),
    };
}

/* The same for kernels whose work is one test per candidate. */
static inline struct csw_tally csw_candidates_expect(uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = csw_squares_expect(lo, hi);

    tally.work = tally.items;
    return tally;
}

/* Counts `items` candidates tested, of which these were hits. */
static inline void csw_tally_take(struct csw_tally *tally, size_t items, const uint64_t *hits,
                                  size_t count)
{
    tally->items += items;
    tally->work += items;
    tally->hits += count;
    for (size_t i = 0; i < count; i++)
        tally->digest += hits[i];
}

/* Candidates that are tested together; enough for the filter to find out that most are squares. */
#define CSW_BLOCK 8192u

/* Tests `count` candidates from `first` on, at most CSW_BLOCK; writes the hits, returns how many.
 */
typedef size_t csw_find_hits(const void *state, uint64_t first, size_t count, uint64_t *ret_hits);

static inline size_t csw_block_size(uint64_t left)
{
    return left < CSW_BLOCK ? (size_t)left : CSW_BLOCK;
}

/* The tally of the candidates [lo, hi), block by block. */
static inline struct csw_tally csw_scan_blocks(csw_find_hits *find, const void *state, uint64_t lo,
                                               uint64_t hi)
{
    struct csw_tally tally = {0};
    uint64_t hits[CSW_BLOCK];

    for (size_t n; lo < hi; lo += n) {
        n = csw_block_size(hi - lo);
        csw_tally_take(&tally, n, hits, find(state, lo, n, hits));
    }
    return tally;
}

/* Writes the hits of the candidates [lo, hi), block by block; returns their number. */
static inline size_t csw_list_blocks(csw_find_hits *find, const void *state, uint64_t lo,
                                     uint64_t hi, uint64_t *ret_hits)
{
    uint64_t hits[CSW_BLOCK];
    size_t count = 0;

    for (size_t n; lo < hi; lo += n) {
        n = csw_block_size(hi - lo);
        const size_t found = find(state, lo, n, hits);

        memcpy(ret_hits + count, hits, found * sizeof *hits);
        count += found;
    }
    return count;
}

/* Writes the squares of the items [lo, hi) in ascending order; returns their number. */
static inline size_t csw_squares_list(uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    uint64_t resume = 0;

    return lo < hi ? csw_list_range(lo + 1, hi, &resume, ret_hits, SIZE_MAX) : 0;
}

#endif
