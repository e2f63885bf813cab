/*
 * fuzz_squares.c - a libFuzzer target: kernels that find squares, arrays and ranges, in any
 * rounding mode and under every instruction set that this CPU has, against a reference of integers
 * only.
 *
 * Memory is allocated to the word, so that AddressSanitizer sees any access beside it.
 */
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/kernel.h>
#include <coresweep/squares.h>

#include "reference.h"

#define MOST_VALUES 12000u /* enough for the direct test of arrays to begin and to end */
#define MOST_WORK 1000u    /* steps of a kernel, and hits, in one scan */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held, const char *who, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "%s: %s\n", who, what);
    abort();
}

/* ---- input ---------------------------------------------------------------------------------- */

struct input {
    const uint8_t *data;
    size_t left;
};

/* The next number of so many bytes; zeros follow the input. */
static uint64_t take(struct input *input, size_t bytes)
{
    const size_t count = bytes < input->left ? bytes : input->left;
    uint64_t number = 0;

    memcpy(&number, input->data, count);
    input->data += count;
    input->left -= count;
    return number;
}

/* Of any magnitude, and a square or next to one now and then. */
static uint64_t take_number(struct input *input)
{
    const uint64_t how = take(input, 1), number = take(input, 8) >> (how % 64);
    const uint64_t root = number & CSW_ROOT_MAX;

    if (how < 128)
        return number;
    return root * root + how % 5 - 2;
}

/* `gap` words and `count` more, whose end is the end of the allocation. */
static uint64_t *allocate(size_t gap, size_t count)
{
    void *memory;

    must(posix_memalign(&memory, 64, (gap + count) * sizeof(uint64_t)) == 0, "fuzz", "no memory");
    return (uint64_t *)memory + gap;
}

static void for_each_isa(void (*check)(const void *), const void *what)
{
    for (size_t i = 0; csw_isa_name(i); i++)
        if (csw_isa_use(csw_isa_name(i)))
            check(what);
}

/* ---- arrays --------------------------------------------------------------------------------- */

struct array {
    uint64_t *values;
    size_t count;
    uint64_t first;
    size_t capacity, out_gap;
    uint64_t squares[MOST_VALUES]; /* what is right */
    size_t where[MOST_VALUES];
    size_t found;
};

/* Value i of a run. */
static uint64_t make_value(unsigned kind, uint64_t base, uint64_t i)
{
    const uint64_t root = (base + i) & CSW_ROOT_MAX;
    uint64_t seed = base + i;
    const uint64_t random = next_random(&seed);

    switch (kind % 10) {
    case 0:
        return base;
    case 1:
        return base + i;
    case 2:
        return root * root;
    case 3:
        return root * root - 1;
    case 4:
        return root * root + 1;
    case 5:
        return root * root + (random % 17 == 0);
    case 6:
        return (random >> 32) * (random >> 32);
    case 7: /* squares mod 64 */
        return (random & ~UINT64_C(63)) | (random * random & 63);
    case 8:
        return random << 2 | 2;
    default:
        return random >> (random & 63);
    }
}

/* Runs of a kind, a length and a base. */
static size_t take_values(struct input *input, uint64_t *values)
{
    size_t count = 0;

    while (input->left > 0 && count < MOST_VALUES) {
        const unsigned kind = (unsigned)take(input, 1);
        const uint64_t length = 1 + take(input, 2) % (kind & 128 ? 3000 : 40);
        const uint64_t base = take(input, 8);

        for (uint64_t i = 0; i < length && count < MOST_VALUES; i++)
            values[count++] = make_value(kind & 127, base, i);
    }
    return count;
}

static void solve(struct array *array)
{
    array->found = 0;
    for (size_t i = 0; i < array->count; i++)
        if (slow_is_square(array->values[i])) {
            array->squares[array->found] = array->values[i];
            array->where[array->found++] = i;
        }
}

/* One call from `at` on, where `done` squares were found before; returns what it consumed. */
static size_t check_call(const struct array *array, bool positions, size_t at, size_t done)
{
    const char *isa = csw_isa_in_use();
    const size_t left = array->found - done;
    const size_t expected = left < array->capacity ? left : array->capacity;
    const size_t end = left > array->capacity ? array->where[done + expected] : array->count;
    uint64_t *out = allocate(array->out_gap, array->capacity);
    size_t consumed = SIZE_MAX;
    const size_t found = positions
                             ? csw_index_array(array->values + at, array->count - at,
                                               array->first + at, out, array->capacity, &consumed)
                             : csw_filter_array(array->values + at, array->count - at, out,
                                                array->capacity, &consumed);

    must(found == expected, isa, positions ? "indexes another number" : "filters another number");
    must(consumed == end - at, isa, "consumes another number");
    for (size_t i = 0; i < found; i++)
        must(out[i] ==
                 (positions ? array->first + array->where[done + i] : array->squares[done + i]),
             isa, positions ? "a wrong position" : "a wrong square");
    free(out - array->out_gap);
    return consumed;
}

/* In a few pieces: as many as find their end, or a look at the beginning of many. */
static void check_pieces(const struct array *array, bool positions)
{
    size_t at = 0, done = 0;

    for (unsigned piece = 0; piece < 6 && (at < array->count || piece == 0); piece++) {
        at += check_call(array, positions, at, done);
        done += array->found - done < array->capacity ? array->found - done : array->capacity;
    }
}

static void check_array(const void *what)
{
    const struct array *array = what;

    must(csw_count_array(array->values, array->count) == array->found, csw_isa_in_use(),
         "counts another number");
    check_pieces(array, false);
    check_pieces(array, true);
}

static void fuzz_array(struct input *input)
{
    static uint64_t values[MOST_VALUES];
    static struct array array;
    const size_t gap = take(input, 1) % 8;
    const uint64_t capacity = take(input, 2);

    array.out_gap = take(input, 1) % 8;
    array.first = take(input, 8);
    array.count = take_values(input, values);
    array.capacity = capacity % (array.count + 2);
    array.values = allocate(gap, array.count);
    memcpy(array.values, values, array.count * sizeof *values);
    solve(&array);
    for_each_isa(check_array, &array);
    free(array.values - gap);
}

/* ---- ranges --------------------------------------------------------------------------------- */

struct range {
    uint64_t first, last;
    size_t capacity;
};

static void check_list(const void *what)
{
    const struct range *range = what;
    uint64_t root = range->first > 0 ? slow_isqrt(range->first - 1) + 1 : 0, resume = 0;
    uint64_t left = slow_count_range(range->first, range->last);

    for (unsigned piece = 0; piece < 4; piece++) {
        uint64_t *out = allocate(0, range->capacity);
        const size_t count =
            csw_list_range(range->first, range->last, &resume, out, range->capacity);

        must(count == (left < range->capacity ? left : range->capacity), csw_isa_in_use(),
             "lists another number");
        for (size_t i = 0; i < count; i++, root++)
            must(out[i] == root * root, csw_isa_in_use(), "lists a wrong square");
        must(count == 0 || resume == root, csw_isa_in_use(), "goes on at a wrong root");
        left -= count;
        free(out);
    }
}

static void check_number(uint64_t x)
{
    const uint64_t root = slow_isqrt(x), nearest = csw_nearest_root(x);
    const bool square = root * root == x;

    must(csw_is_square(x) == square, "number", "is_square");
    must(csw_isqrt(x) == root, "number", "isqrt");
    must(nearest - root <= !square, "number", "nearest_root");
}

static void fuzz_range(struct input *input)
{
    struct range range = {.capacity = take(input, 1)};

    range.first = take_number(input);
    range.last = take(input, 1) % 2 ? range.first + take_number(input) : take_number(input);
    check_number(range.first);
    check_number(range.last);
    must(csw_count_range(range.first, range.last) == slow_count_range(range.first, range.last),
         "range", "counts another number");
    for_each_isa(check_list, &range);
}

/* ---- kernels -------------------------------------------------------------------------------- */

/* The items [lo, hi) of a task of size n. */
struct items {
    uint64_t lo, hi;
    struct csw_task task;
    void *state;
};

static void open_items(const struct csw_kernel *kernel, struct items *items)
{
    struct csw_err err;

    items->state = &items->task;
    if (kernel->open)
        must(kernel->open(&items->state, &items->task, &err) == 0, kernel->name, "does not open");
}

static void close_items(const struct csw_kernel *kernel, struct items *items)
{
    if (kernel->close)
        kernel->close(items->state);
}

/* Item i is the candidate i + 1: the hits are the squares of (isqrt(lo), isqrt(hi)]. */
static struct csw_tally expect(const struct items *items)
{
    const uint64_t below = slow_isqrt(items->lo), last = slow_isqrt(items->hi);
    struct csw_tally tally = {.items = items->hi - items->lo, .hits = last - below};

    for (uint64_t root = below + 1; root <= last; root++)
        tally.digest += root * root;
    return tally;
}

static bool is_affordable(const struct csw_kernel *kernel, struct items *items)
{
    struct csw_tally tally = {0};

    if (slow_isqrt(items->hi) - slow_isqrt(items->lo) > MOST_WORK)
        return false;
    open_items(kernel, items);
    if (kernel->expect)
        tally = kernel->expect(items->state, items->lo, items->hi);
    close_items(kernel, items);
    return tally.work <= MOST_WORK;
}

/* Makes the task smaller, then the range, then its items, until one scan is short. */
static void make_affordable(const struct csw_kernel *kernel, struct items *items)
{
    while (!is_affordable(kernel, items)) {
        if (items->task.n > items->hi) {
            items->task.n = items->hi + (items->task.n - items->hi) / 2;
            continue;
        }
        if (items->hi - items->lo < 2)
            items->lo /= 2;
        items->hi = items->lo + (items->hi - items->lo) / 16 + (items->hi > items->lo);
        items->task.n = items->hi;
    }
}

static void check_hits(const struct csw_kernel *kernel, const struct items *items, uint64_t hits)
{
    uint64_t *out = allocate(0, hits), root = slow_isqrt(items->lo);
    const size_t count = kernel->list(items->state, items->lo, items->hi, out);

    must(count == hits, kernel->name, "lists another number");
    for (size_t i = 0; i < count; i++) {
        root++;
        must(out[i] == root * root, kernel->name, "lists a wrong square");
    }
    free(out);
}

static void check_kernel(const struct csw_kernel *kernel, struct items items, uint64_t cut)
{
    const uint64_t most = kernel->max_n ? kernel->max_n : UINT64_MAX;

    items.task.n = items.task.n < most ? items.task.n : most;
    items.hi = items.hi < items.task.n ? items.hi : items.task.n;
    items.lo = items.lo < items.hi ? items.lo : items.hi;
    make_affordable(kernel, &items);
    open_items(kernel, &items);
    const uint64_t middle = items.lo + (items.hi > items.lo ? cut % (items.hi - items.lo) : 0);
    const struct csw_tally right = expect(&items);
    const struct csw_tally whole = kernel->scan(items.state, items.lo, items.hi);
    struct csw_tally sum = kernel->scan(items.state, items.lo, middle);
    const struct csw_tally rest = kernel->scan(items.state, middle, items.hi);

    csw_tally_add(&sum, &rest);
    must(whole.items == right.items, kernel->name, "another number of items");
    must(whole.hits == right.hits, kernel->name, "another number of hits");
    must(whole.digest == right.digest, kernel->name, "another digest");
    must(csw_tally_equal(&sum, &whole), kernel->name, "two ranges differ from one");
    if (kernel->expect) {
        const struct csw_tally expected = kernel->expect(items.state, items.lo, items.hi);

        must(csw_tally_equal(&expected, &whole), kernel->name, "expects another tally");
    }
    if (kernel->list)
        check_hits(kernel, &items, right.hits);
    close_items(kernel, &items);
}

static bool finds_squares(const struct csw_kernel *kernel)
{
    return kernel->finds && strcmp(kernel->finds, "perfect squares") == 0 &&
           !csw_kernel_missing(kernel);
}

/* The sums saturate: UINT64_MAX is the largest task of all. */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

/* The kernel that the input chooses among those that find squares. */
static const struct csw_kernel *take_kernel(struct input *input)
{
    const struct csw_kernel *found[64];
    size_t count = 0;

    for (size_t i = 0; csw_kernel_at(i) && count < 64; i++)
        if (finds_squares(csw_kernel_at(i)))
            found[count++] = csw_kernel_at(i);
    return found[take(input, 1) % count];
}

static void fuzz_kernel(struct input *input)
{
    const struct csw_kernel *kernel = take_kernel(input);
    const uint64_t lo = take_number(input), hi = add(lo, take_number(input));
    const uint64_t n = add(hi, take_number(input)), cut = take(input, 8);

    check_kernel(kernel, (struct items){.lo = lo, .hi = hi, .task.n = n}, cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static void (*const targets[])(struct input *) = {fuzz_array, fuzz_range, fuzz_kernel};
    struct input input = {data, size};
    const uint64_t head = take(&input, 1);

    fesetround(modes[head % 4]);
    targets[head / 4 % 3](&input);
    fesetround(FE_TONEAREST);
    return 0;
}
