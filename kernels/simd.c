/*
 * simd - perfect squares, O(n): the residues and the roots of several candidates at once.
 *
 *     for every 8192 candidates x in 1..n:
 *         write them to a block
 *         filter it, 2 to 8 values per instruction
 *
 * Candidates go through the same filter as the numbers of an array: squares/blocks.h tells its
 * idea, and the file of each instruction set (squares/avx2.c and so on) proves that it is exact.
 */
#include "squares.h"

static size_t find_squares(const void *state, uint64_t first, size_t count, uint64_t *ret_squares)
{
    const struct csw_isa *isa = state;
    uint64_t candidates[CSW_BLOCK];

    for (size_t i = 0; i < count; i++)
        candidates[i] = first + 1 + i;
    return isa->filter(candidates, count, ret_squares);
}

static struct csw_tally simd_scan(const void *state, uint64_t lo, uint64_t hi)
{
    return csw_scan_blocks(find_squares, state, lo, hi);
}

static size_t simd_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    return csw_list_blocks(find_squares, state, lo, hi, ret_hits);
}

static struct csw_tally simd_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return csw_candidates_expect(lo, hi);
}

static int simd_open(void **ret_state, const struct csw_task *task, struct csw_err *err)
{
    (void)err;
    *ret_state = (void *)csw_isa_of_choice(task->choice[0]);
    return 0;
}

static void simd_close(void *state)
{
    (void)state;
}

static const struct csw_option options[] = {CSW_ISA_OPTION, {0}};

const struct csw_kernel csw_kernel_simd = {
    .abi = CSW_KERNEL_ABI,
    .name = "simd",
    .summary = "O(n): several candidates per instruction",
    .finds = "perfect squares",
    .unit = "candidates",
    .tasks = "1e6",
    .options = options,
    .open = simd_open,
    .scan = simd_scan,
    .list = simd_list,
    .expect = simd_expect,
    .close = simd_close,
};
