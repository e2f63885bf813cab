/*
 * residue - perfect squares, O(n): most candidates are turned away by their last six bits.
 *
 *     for x in 1..n:
 *         if x mod 64 is a square mod 64:        # one mask of 64 bits; 12 of 64 are
 *             r = round(sqrt(x))                 # without a branch
 *             if r * r == x: found(x)
 *
 * Exact: x = r^2 has the residue (r mod 64)^2 mod 64, so no square is turned away; for the rest see
 * csw_is_square.
 */
#include "squares.h"

static struct csw_tally residue_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    struct csw_tally tally = {0};

    for (uint64_t item = lo; item < hi; item++) {
        tally.work++;
        if (csw_is_square(item + 1)) {
            tally.hits++;
            tally.digest += item + 1;
        }
    }
    tally.items = tally.work;
    return tally;
}

static size_t residue_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    (void)state;
    size_t hits = 0;

    for (uint64_t item = lo; item < hi; item++)
        if (csw_is_square(item + 1))
            ret_hits[hits++] = item + 1;
    return hits;
}

static struct csw_tally residue_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return csw_candidates_expect(lo, hi);
}

const struct csw_kernel csw_kernel_residue = {
    .abi = CSW_KERNEL_ABI,
    .name = "residue",
    .summary = "O(n): a residue mod 64 first, a root for what it lets through",
    .finds = "perfect squares",
    .unit = "candidates",
    .tasks = "1e6",
    .scan = residue_scan,
    .list = residue_list,
    .expect = residue_expect,
};
