/*
 * trial - the textbook loop, O(n^2):
 *
 *     for i in 1..n:
 *         if sqrt(i) in 1..n:        # a linear scan that stops where it finds the root
 *             found(i)
 *
 * It is kept honest: one conversion and one comparison per candidate root, n of them for a number
 * that is no square, r of them for r^2. The empty asm keeps every compiler from doing several at
 * once.
 *
 * Exact: sqrt is correctly rounded, so for i < 2^52 it is a whole number only where i is a square:
 * the root of r^2 + 1 differs from r by more than 2^-27, half a unit in the last place there.
 * max_n = 2^32 keeps i far below that, and n^2 comparisons within 64 bits.
 */
#include <math.h>

#include "squares.h"

#define MAX_N (UINT64_C(1) << 32)

/* Returns the root if 1..n holds it, otherwise 0; adds the comparisons made. */
static inline int64_t find_root(double root, int64_t n, uint64_t *comparisons)
{
    for (int64_t j = 1; j <= n; j++) {
        __asm__ volatile("" : "+r"(j));
        if ((double)j == root) {
            *comparisons += (uint64_t)j;
            return j;
        }
    }
    *comparisons += (uint64_t)n;
    return 0;
}

static struct csw_tally trial_scan(const void *state, uint64_t lo, uint64_t hi)
{
    const int64_t n = (int64_t)((const struct csw_task *)state)->n;
    struct csw_tally tally = {.items = lo < hi ? hi - lo : 0};

    for (uint64_t item = lo; item < hi; item++)
        if (find_root(sqrt((double)(int64_t)(item + 1)), n, &tally.work)) {
            tally.hits++;
            tally.digest += item + 1;
        }
    return tally;
}

static size_t trial_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const int64_t n = (int64_t)((const struct csw_task *)state)->n;
    uint64_t comparisons = 0;
    size_t hits = 0;

    for (uint64_t item = lo; item < hi; item++)
        if (find_root(sqrt((double)(int64_t)(item + 1)), n, &comparisons))
            ret_hits[hits++] = item + 1;
    return hits;
}

/* n comparisons for every item that is no square, r for the square of r. */
static struct csw_tally trial_expect(const void *state, uint64_t lo, uint64_t hi)
{
    const uint64_t n = ((const struct csw_task *)state)->n;
    struct csw_tally tally = csw_squares_expect(lo, hi);

    if (lo < hi) {
        const uint64_t below = csw_isqrt(lo), last = csw_isqrt(hi);

        tally.work =
            (tally.items - tally.hits) * n + last * (last + 1) / 2 - below * (below + 1) / 2;
    }
    return tally;
}

const struct csw_kernel csw_kernel_trial = {
    .abi = CSW_KERNEL_ABI,
    .name = "trial",
    .summary = "O(n^2): a linear search for every root, as in the textbook",
    .finds = "perfect squares",
    .unit = "comparisons",
    .tasks = "1000,2000,5000,3000,100",
    .max_n = MAX_N,
    .scan = trial_scan,
    .list = trial_list,
    .expect = trial_expect,
};
