/*
 * array - the squares among n numbers in memory: counts, filters or indexes them.
 *
 *     for x in numbers: if x is a square: found(x)
 *
 * Where the other kernels make their candidates, this one reads them: its limit is the memory.
 * Every worker fills the numbers that it will read, so that they lie on its own node unless the
 * user asks for another one. What the inputs are:
 *
 *     random    any of 2^64 numbers: one in 2^32 is a square
 *     squares   squares only
 *     mixed     of every 8 numbers one is a square, at a random place among them
 *     range     1, 2, 3 ... n
 *
 * Number i is a function of i alone (splitmix64 of a counter), so that it does not matter who fills
 * it. Exact: see squares/blocks.h. The expected tally comes from how the numbers were made, and for
 * random ones from a test that knows integers only.
 */
#include <errno.h>
#include <stdlib.h>

#include "squares.h"

enum input { RANDOM, SQUARES, MIXED, RANGE };
enum operation { COUNT, FILTER, INDEX };

static const char *const inputs[] = {"random", "squares", "mixed", "range", NULL};
static const char *const operations[] = {"count", "filter", "index", NULL};

static const struct csw_option options[] = {
    {.name = "input", .help = "What the numbers are", .values = inputs},
    {.name = "operation", .help = "What is done with the squares", .values = operations},
    CSW_ISA_OPTION,
    {0},
};

struct array {
    enum input input;
    enum operation operation;
    const struct csw_isa *isa;
    uint64_t *values;
};

/* ---- the numbers ---------------------------------------------------------------------------- */

/* splitmix64: G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014, doi:10.1145/2660193.2660195. */
static inline uint64_t random_at(uint64_t i)
{
    uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t square_at(uint64_t i)
{
    const uint64_t root = random_at(i) >> 32;

    return root * root;
}

/* Among r^2 + 1 .. r^2 + 2r, where no square is; r >= 1. */
static uint64_t no_square_at(uint64_t i)
{
    const uint64_t random = random_at(i), root = (random >> 32) | 1;

    return root * root + 1 + (random & CSW_ROOT_MAX) % (2 * root);
}

/* Of the 8 numbers that i belongs to, the one that is a square in `mixed`. */
static bool is_chosen(uint64_t i)
{
    return (random_at(~(i / 8)) & 7) == (i & 7);
}

static uint64_t value_at(enum input input, uint64_t i)
{
    switch (input) {
    case RANDOM:
        return random_at(i);
    case SQUARES:
        return square_at(i);
    case MIXED:
        return is_chosen(i) ? square_at(i) : no_square_at(i);
    case RANGE:
        break;
    }
    return i + 1;
}

/* ---- what must be found --------------------------------------------------------------------- */

/* By integers only: most numbers end at a residue mod 64, 63 or 55, the others need their root. */
static bool is_square_of_integers(uint64_t x)
{
    static const uint64_t squares_mod_63 = UINT64_C(0x0402483012450293);
    static const uint64_t squares_mod_55 = UINT64_C(0x000230148611ca33);
    uint64_t root = 0;

    if (!(CSW_SQUARES_MOD_64 >> x % 64 & squares_mod_63 >> x % 63 & squares_mod_55 >> x % 55 & 1))
        return false;
    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1)
        if ((unsigned __int128)(root | bit) * (root | bit) <= x)
            root |= bit;
    return root * root == x;
}

static bool must_find(enum input input, uint64_t i, uint64_t value)
{
    switch (input) {
    case RANDOM:
        return is_square_of_integers(value);
    case SQUARES:
        return true;
    case MIXED:
        return is_chosen(i);
    case RANGE:
        break;
    }
    return is_square_of_integers(value);
}

static uint64_t digest_of(enum operation operation, uint64_t i, uint64_t value)
{
    return operation == COUNT ? 0 : operation == FILTER ? value : i;
}

static struct csw_tally array_fill(void *state, uint64_t lo, uint64_t hi)
{
    struct array *array = state;
    struct csw_tally tally = {0};

    for (uint64_t i = lo; i < hi; i++) {
        const uint64_t value = value_at(array->input, i);

        array->values[i] = value;
        if (must_find(array->input, i, value)) {
            tally.hits++;
            tally.digest += digest_of(array->operation, i, value);
        }
    }
    tally.items = tally.work = lo < hi ? hi - lo : 0;
    return tally;
}

/* ---- the kernel ----------------------------------------------------------------------------- */

static int array_open(void **ret_state, const struct csw_task *task, struct csw_err *err)
{
    struct array *array = malloc(sizeof *array);
    void *values = NULL;
    const int code = array ? csw_data_map(&values, task->n * sizeof *array->values, err)
                           : csw_fail(err, -ENOMEM, "no memory for an array");

    if (code < 0) {
        free(array);
        return code;
    }
    *array = (struct array){.input = (enum input)task->choice[0],
                            .operation = (enum operation)task->choice[1],
                            .isa = csw_isa_of_choice(task->choice[2]),
                            .values = values};
    *ret_state = array;
    return 0;
}

static void array_close(void *state)
{
    struct array *array = state;

    csw_data_unmap(array->values);
    free(array);
}

static size_t find_hits(const void *state, uint64_t first, size_t count, uint64_t *ret_hits)
{
    const struct array *array = state;
    const uint64_t *values = array->values + first;

    return array->operation == INDEX ? array->isa->index(values, count, first, ret_hits)
                                     : array->isa->filter(values, count, ret_hits);
}

static struct csw_tally array_scan(const void *state, uint64_t lo, uint64_t hi)
{
    const struct array *array = state;

    if (lo >= hi || array->operation != COUNT)
        return csw_scan_blocks(find_hits, state, lo, hi);
    return (struct csw_tally){.items = hi - lo,
                              .work = hi - lo,
                              .hits = array->isa->count(array->values + lo, (size_t)(hi - lo))};
}

static size_t array_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    return csw_list_blocks(find_hits, state, lo, hi, ret_hits);
}

const struct csw_kernel csw_kernel_array = {
    .abi = CSW_KERNEL_ABI,
    .flags = CSW_AS_GIVEN,
    .name = "array",
    .summary = "numbers in memory: counts, filters or indexes the squares",
    .finds = "squares",
    .unit = "numbers",
    .tasks = "33_554_432",
    .max_n = UINT64_C(1) << 48,
    .item_bytes = sizeof(uint64_t),
    .options = options,
    .open = array_open,
    .scan = array_scan,
    .list = array_list,
    .fill = array_fill,
    .close = array_close,
};
