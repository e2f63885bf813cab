/*
 * wheel - perfect squares, O(n): walks from residue to residue and never looks at the others.
 *
 *     W = 64 * 63 * 65 * 11
 *     for every multiple w of W, for every square s mod W:      # 24192 of 2882880
 *         test x = w + s if it is in 1..n
 *
 * One candidate in 119 is tested, by the square roots of `simd`: the residues mod 64 would turn
 * none of them away.
 *
 * Exact: x = r^2 is congruent to (r mod W)^2, so no square is left out; the test of what remains is
 * that of squares/blocks.h. Candidates are numbered through: number k is the residue k mod 24192 in
 * turn k / 24192, so that a range of items is a range of numbers, and no sum exceeds the last
 * item's x.
 */
#include <errno.h>
#include <stdlib.h>

#include "squares.h"

#define WHEEL (64u * 63 * 65 * 11)
#define RESIDUES (12u * 16 * 21 * 6)

struct wheel {
    const struct csw_isa *isa;
    uint32_t residue[RESIDUES]; /* the squares mod WHEEL, ascending */
};

static bool is_square_mod(unsigned x, unsigned modulus)
{
    for (unsigned r = 0; r <= modulus / 2; r++)
        if (r * r % modulus == x % modulus)
            return true;
    return false;
}

/* Marks in `ret_squares` which residues of the modulus are squares. */
static void mark_squares(bool *ret_squares, unsigned modulus)
{
    for (unsigned x = 0; x < modulus; x++)
        ret_squares[x] = is_square_mod(x, modulus);
}

#define INNER (64u * 63)
#define INNER_RESIDUES (12u * 16)

/* Ascending: the squares mod INNER, turn after turn, and of these the squares mod 65 and mod 11. */
static void find_residues(uint32_t *ret_residues)
{
    bool square_64[64], square_63[63], square_65[65], square_11[11];
    uint32_t inner[INNER_RESIDUES];
    size_t found = 0;

    mark_squares(square_64, 64);
    mark_squares(square_63, 63);
    mark_squares(square_65, 65);
    mark_squares(square_11, 11);
    for (uint32_t x = 0; x < INNER; x++)
        if (square_64[x % 64] && square_63[x % 63])
            inner[found++] = x;
    found = 0;
    for (uint32_t turn = 0; turn < WHEEL; turn += INNER)
        for (size_t i = 0; i < INNER_RESIDUES; i++)
            if (square_65[(turn + inner[i]) % 65] && square_11[(turn + inner[i]) % 11])
                ret_residues[found++] = turn + inner[i];
}

static int wheel_open(void **ret_state, const struct csw_task *task, struct csw_err *err)
{
    struct wheel *wheel = malloc(sizeof *wheel);

    if (!wheel)
        return csw_fail(err, -ENOMEM, "no memory for a wheel of %u residues", RESIDUES);
    wheel->isa = csw_isa_of_choice(task->choice[0]);
    find_residues(wheel->residue);
    *ret_state = wheel;
    return 0;
}

/* How many candidates there are in 0..x. */
static uint64_t candidates_up_to(const struct wheel *wheel, uint64_t x)
{
    const uint32_t rest = (uint32_t)(x % WHEEL);
    size_t low = 0, high = RESIDUES; /* those before low are at most rest, from high on more */

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (wheel->residue[middle] <= rest)
            low = middle + 1;
        else
            high = middle;
    }
    return x / WHEEL * RESIDUES + low;
}

/* The squares among the candidates from number `first` on, through one turn after the other. */
static size_t find_squares(const void *state, uint64_t first, size_t count, uint64_t *ret_squares)
{
    const struct wheel *wheel = state;
    uint64_t candidates[CSW_BLOCK], start = first / RESIDUES * WHEEL;
    size_t next = (size_t)(first % RESIDUES);

    for (size_t i = 0, n; i < count; i += n, next = 0, start += WHEEL) {
        n = count - i < RESIDUES - next ? count - i : RESIDUES - next;
        for (size_t j = 0; j < n; j++)
            candidates[i + j] = start + wheel->residue[next + j];
    }
    return wheel->isa->filter(candidates, count, ret_squares);
}

static struct csw_tally wheel_scan(const void *state, uint64_t lo, uint64_t hi)
{
    if (lo >= hi)
        return (struct csw_tally){0};
    struct csw_tally tally = csw_scan_blocks(find_squares, state, candidates_up_to(state, lo),
                                             candidates_up_to(state, hi));

    tally.items = hi - lo;
    return tally;
}

static size_t wheel_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    return csw_list_blocks(find_squares, state, candidates_up_to(state, lo),
                           candidates_up_to(state, hi), ret_hits);
}

static struct csw_tally wheel_expect(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = csw_squares_expect(lo, hi);

    if (lo < hi)
        tally.work = candidates_up_to(state, hi) - candidates_up_to(state, lo);
    return tally;
}

static const struct csw_option options[] = {CSW_ISA_OPTION, {0}};

const struct csw_kernel csw_kernel_wheel = {
    .abi = CSW_KERNEL_ABI,
    .name = "wheel",
    .summary = "O(n), but tests one candidate in 119: the squares mod 2882880",
    .finds = "perfect squares",
    .unit = "tests",
    .tasks = "1e9",
    .options = options,
    .open = wheel_open,
    .scan = wheel_scan,
    .list = wheel_list,
    .expect = wheel_expect,
    .close = free,
};
