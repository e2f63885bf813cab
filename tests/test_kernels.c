/*
 * test_kernels.c - every kernel of the registry, with every choice of its options, keeps what
 * kernel.h promises, and those that find squares find exactly the squares: compared with a
 * reference that knows no floating point.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "choices.h"
#include "harness/clock.h"
#include "kernels/squares.h"
#include "reference.h"
#include "rounding.h"
#include "suite.h"

/* Waiting kernels are asked for no more than this many items at once. */
#define PATIENCE UINT64_C(5)

static const char *const lines_of_kernels_def[] = {
#define KERNEL(name) #name,
#include "kernels/kernels.def"
#undef KERNEL
};

struct opened {
    const struct csw_kernel *kernel;
    struct csw_task task;
    void *state;
    struct csw_tally filled; /* what fill says of all items */
};

/* The values that for_each_kernel is at: tasks are opened with them. */
static uint8_t chosen[CSW_MAX_OPTIONS];

/* Opens the task; items that need data have none yet. */
static void open_empty(struct opened *ret_opened, const struct csw_kernel *kernel, uint64_t n)
{
    struct csw_err err;

    *ret_opened = (struct opened){.kernel = kernel, .task = {.n = n}, .state = &ret_opened->task};
    memcpy(ret_opened->task.choice, chosen, sizeof chosen);
    if (kernel->open)
        CU_ASSERT_EQUAL_FATAL(kernel->open(&ret_opened->state, &ret_opened->task, &err), 0);
}

static void open_task(struct opened *ret_opened, const struct csw_kernel *kernel, uint64_t n)
{
    open_empty(ret_opened, kernel, n);
    if (kernel->fill)
        ret_opened->filled = kernel->fill(ret_opened->state, 0, n);
}

static void close_task(struct opened *opened)
{
    if (opened->kernel->close)
        opened->kernel->close(opened->state);
}

static struct csw_tally scan(const struct opened *opened, uint64_t lo, uint64_t hi)
{
    return opened->kernel->scan(opened->state, lo, hi);
}

static bool takes(const struct csw_kernel *kernel, uint64_t n)
{
    return (kernel->max_n == 0 || n <= kernel->max_n) &&
           (!(kernel->flags & CSW_WAITS) || n <= PATIENCE);
}

struct checking {
    const struct csw_kernel *kernel;
    void (*check)(const struct csw_kernel *);
};

/* Checks the kernel with one choice of its options, under a name that tells it. */
static int check_choice(const uint8_t *choice, void *context, struct csw_err *err)
{
    const struct checking *checking = context;
    char *options = csw_options_text(checking->kernel, choice), title[CSW_TITLE_SIZE];
    struct csw_kernel kernel = *checking->kernel;

    (void)err;
    csw_kernel_title(kernel.name, options, title);
    free(options);
    kernel.name = title;
    memcpy(chosen, choice, sizeof chosen);
    checking->check(&kernel);
    memset(chosen, 0, sizeof chosen);
    return 0;
}

static void for_each_kernel(void (*check)(const struct csw_kernel *))
{
    for (size_t i = 0; csw_kernel_at(i); i++)
        if (!csw_kernel_missing(csw_kernel_at(i)))
            each_choice(csw_kernel_at(i), check_choice,
                        &(struct checking){csw_kernel_at(i), check});
}

/* Whether item i is the candidate i + 1: kernels with data look at something else. */
static bool finds_squares(const struct csw_kernel *kernel)
{
    return kernel->finds && strcmp(kernel->finds, "perfect squares") == 0 && !kernel->fill;
}

static void for_each_square_kernel(void (*check)(const struct csw_kernel *))
{
    for (size_t i = 0; csw_kernel_at(i); i++)
        if (!csw_kernel_missing(csw_kernel_at(i)) && finds_squares(csw_kernel_at(i)))
            each_choice(csw_kernel_at(i), check_choice,
                        &(struct checking){csw_kernel_at(i), check});
}

/* ---- the registry --------------------------------------------------------------------------- */

static void every_line_of_kernels_def_is_a_kernel_of_that_name(void)
{
    const size_t count = COUNT(lines_of_kernels_def);

    for (size_t i = 0; i < count; i++) {
        const struct csw_kernel *kernel = csw_kernel_at(i);

        CU_ASSERT_PTR_NOT_NULL_FATAL(kernel);
        CHECK(kernel->name, strcmp(kernel->name, lines_of_kernels_def[i]) == 0);
        CHECK(kernel->name, csw_kernel_find(kernel->name) == kernel);
    }
    CU_ASSERT_PTR_NULL(csw_kernel_at(count));
    CU_ASSERT_PTR_NULL(csw_kernel_at(count + 1));
    CU_ASSERT_PTR_NULL(csw_kernel_at(SIZE_MAX));
}

static void an_unknown_name_finds_no_kernel(void)
{
    static const char *const unknown[] = {"", "nosuch", "Trial", "tria", "trial ", "registry"};

    for (size_t i = 0; i < COUNT(unknown); i++)
        CU_ASSERT_PTR_NULL(csw_kernel_find(unknown[i]));
}

static void every_kernel_has_the_file_of_its_name(void)
{
    for (size_t i = 0; csw_kernel_at(i); i++) {
        char path[256];

        snprintf(path, sizeof path, "../../kernels/%s.c", csw_kernel_at(i)->name);
        CHECK(csw_kernel_at(i)->name, access(fixture(path), R_OK) == 0);
    }
}

static void no_kernel_file_lacks_its_line_in_kernels_def(void)
{
    DIR *folder = opendir(fixture("../../kernels"));
    const struct dirent *entry;
    size_t files = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    while ((entry = readdir(folder))) {
        char stem[sizeof entry->d_name];
        const size_t length = strlen(entry->d_name);

        if (length < 2 || strcmp(entry->d_name + length - 2, ".c") != 0 ||
            strcmp(entry->d_name, "registry.c") == 0)
            continue;
        snprintf(stem, sizeof stem, "%.*s", (int)(length - 2), entry->d_name);
        CU_assertImplementation(csw_kernel_find(stem) != NULL, __LINE__, entry->d_name, __FILE__,
                                __func__, CU_FALSE);
        files++;
    }
    closedir(folder);
    CU_ASSERT_EQUAL(files, COUNT(lines_of_kernels_def));
}

static void every_kernel_describes_itself(void)
{
    for (size_t i = 0; csw_kernel_at(i); i++) {
        const struct csw_kernel *kernel = csw_kernel_at(i);

        CHECK(kernel->name, kernel->abi == CSW_KERNEL_ABI);
        CHECK(kernel->name, kernel->summary && *kernel->summary);
        CHECK(kernel->name, kernel->unit && *kernel->unit);
        CHECK(kernel->name, kernel->scan != NULL);
        CHECK(kernel->name, kernel->close || !kernel->open);
        CHECK(kernel->name, kernel->finds ? *kernel->finds != '\0' : !kernel->list);
        CHECK(kernel->name, !kernel->fill || (kernel->open && !kernel->expect));
        CHECK(kernel->name, !kernel->begin || (kernel->flags & CSW_WAITS));
        CHECK(kernel->name, !kernel->begin || (!kernel->finds && !kernel->fill));
    }
}

/* Lists, texts of options and the command line are made of such words. */
static bool is_word(const char *text)
{
    bool word = text && *text && *text != '-';

    for (; word && *text; text++)
        word = islower((unsigned char)*text) || isdigit((unsigned char)*text) || *text == '-';
    return word;
}

static void check_option(const char *kernel, const struct csw_option *option)
{
    size_t count = 0;

    CHECK(kernel, is_word(option->name) && islower((unsigned char)*option->name));
    CHECK(kernel, option->help && *option->help);
    for (; option->values[count]; count++) {
        CHECK(kernel, is_word(option->values[count]));
        for (size_t v = 0; v < count; v++)
            CHECK(kernel, strcmp(option->values[v], option->values[count]) != 0);
    }
    CHECK(kernel, count > 0 && count < UINT8_MAX);
    CHECK(kernel, !option->missing || !option->missing(option->values[0]));
}

static void every_option_is_a_word_with_values_and_a_usable_default(void)
{
    for (size_t i = 0; csw_kernel_at(i); i++) {
        const struct csw_kernel *kernel = csw_kernel_at(i);
        size_t count = 0;

        for (; kernel->options && kernel->options[count].name; count++) {
            check_option(kernel->name, &kernel->options[count]);
            CHECK(kernel->name,
                  csw_option_of(kernel, kernel->options[count].name) == &kernel->options[count]);
        }
        CHECK(kernel->name, count <= CSW_MAX_OPTIONS);
    }
}

/* --help tells one. */
static void an_option_of_several_kernels_has_one_default(void)
{
    const struct csw_option *first;

    for (size_t o = 0; (first = csw_option_at(o)); o++)
        for (size_t i = 0; csw_kernel_at(i); i++) {
            const struct csw_option *option = csw_option_of(csw_kernel_at(i), first->name);

            CHECK(first->name, !option || strcmp(option->values[0], first->values[0]) == 0);
        }
}

static void check_default_tasks(const struct csw_kernel *kernel)
{
    const struct csw_schedule whole = {.handout = CSW_WHOLE};
    struct csw_workload workload = {0};
    struct csw_err err = {0};

    CHECK(kernel->name, csw_workload_parse(&workload, kernel->tasks, &err) == 0);
    CHECK(kernel->name, workload.count > 0);
    CHECK(kernel->name, csw_job_check(kernel, &workload, &whole, &err) == 0);
    csw_workload_release(&workload);
}

static void the_default_tasks_of_every_kernel_fit_it(void)
{
    for_each_kernel(check_default_tasks);
}

static bool never_usable(void)
{
    return false;
}

static void a_kernel_that_cannot_run_here_has_a_reason(void)
{
    const struct csw_kernel other_abi = {.abi = CSW_KERNEL_ABI + 1, .name = "other"};
    const struct csw_kernel unusable = {
        .abi = CSW_KERNEL_ABI, .name = "unusable", .usable = never_usable};

    CU_ASSERT_PTR_NOT_NULL(csw_kernel_missing(&other_abi));
    CU_ASSERT_PTR_NOT_NULL(csw_kernel_missing(&unusable));
    CU_ASSERT_PTR_NULL(csw_kernel_missing(csw_kernel_find("trial")));
}

/* ---- every kernel --------------------------------------------------------------------------- */

static void check_small_tasks(const struct csw_kernel *kernel)
{
    static const uint64_t sizes[] = {0, 1, 2, 3, 4, 5, 24, 25, 26, 99, 100, 101, 1000};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct opened opened;

        if (!takes(kernel, sizes[i]))
            continue;
        open_task(&opened, kernel, sizes[i]);
        const struct csw_tally tally = scan(&opened, 0, sizes[i]);
        const struct csw_tally expect = kernel->expect ? kernel->expect(opened.state, 0, sizes[i])
                                        : kernel->fill ? opened.filled
                                                       : tally;

        CHECK(kernel->name, csw_tally_equal(&tally, &expect));
        CHECK(kernel->name, tally.items == sizes[i]);
        close_task(&opened);
    }
}

static void small_tasks_give_what_the_closed_form_or_the_filling_says(void)
{
    for_each_kernel(check_small_tasks);
}

static struct csw_tally fill(const struct opened *opened, uint64_t lo, uint64_t hi)
{
    return opened->kernel->fill(opened->state, lo, hi);
}

/* Scans or fills [lo, hi) in pieces of random size, some of them empty. */
static struct csw_tally
in_pieces(struct csw_tally (*run)(const struct opened *, uint64_t, uint64_t),
          const struct opened *opened, uint64_t lo, uint64_t hi, uint64_t *seed)
{
    const uint64_t largest = (hi - lo) / 4 + 2;
    struct csw_tally sum = {0};

    while (lo < hi) {
        const uint64_t step = next_random(seed) % largest;
        const uint64_t end = step < hi - lo ? lo + step : hi;
        const struct csw_tally tally = run(opened, lo, end);

        csw_tally_add(&sum, &tally);
        lo = end;
    }
    return sum;
}

static void check_cuts_of(const struct csw_kernel *kernel, uint64_t lo, uint64_t hi)
{
    uint64_t seed = lo ^ hi;
    struct opened opened;

    open_task(&opened, kernel, hi);
    const struct csw_tally whole = scan(&opened, lo, hi);

    CHECK(kernel->name, whole.items == hi - lo);
    for (unsigned round = 0; round < 8; round++) {
        const struct csw_tally sum = in_pieces(scan, &opened, lo, hi, &seed);

        CHECK(kernel->name, csw_tally_equal(&sum, &whole));
    }
    if (kernel->expect) {
        const struct csw_tally expect = kernel->expect(opened.state, lo, hi);

        CHECK(kernel->name, csw_tally_equal(&expect, &whole));
    }
    close_task(&opened);
}

/* Far out only where a closed form exists: items may be costly there without one. */
static void check_cuts(const struct csw_kernel *kernel)
{
    static const struct {
        uint64_t lo, hi;
    } ranges[] = {
        {0, PATIENCE},
        {0, 1500},
        {700, 1501},
        {(UINT64_C(1) << 52) - 700, (UINT64_C(1) << 52) + 700},
        {(UINT64_C(1) << 63) - 700, (UINT64_C(1) << 63) + 701},
        {UINT64_MAX - 1500, UINT64_MAX},
    };

    for (size_t i = 0; i < COUNT(ranges); i++)
        if (takes(kernel, ranges[i].hi) && (kernel->expect || ranges[i].hi < 2000))
            check_cuts_of(kernel, ranges[i].lo, ranges[i].hi);
}

static void every_cut_of_a_range_adds_up_to_the_whole(void)
{
    for_each_kernel(check_cuts);
}

static void check_filling(const struct csw_kernel *kernel)
{
    const uint64_t n = 1500;
    uint64_t seed = n;
    struct opened whole, cut;

    if (!kernel->fill)
        return;
    open_task(&whole, kernel, n);
    open_empty(&cut, kernel, n);
    const struct csw_tally filled = in_pieces(fill, &cut, 0, n, &seed);
    const struct csw_tally scanned = scan(&cut, 0, n);

    CHECK(kernel->name, csw_tally_equal(&filled, &scanned));
    CHECK(kernel->name, csw_tally_equal(&filled, &whole.filled));
    for (uint64_t item = 0; item < n; item++) {
        const struct csw_tally here = scan(&cut, item, item + 1);
        const struct csw_tally there = scan(&whole, item, item + 1);

        CHECK(kernel->name, csw_tally_equal(&here, &there));
    }
    close_task(&whole);
    close_task(&cut);
}

static void data_are_the_same_however_they_are_filled(void)
{
    for_each_kernel(check_filling);
}

static void check_empty_ranges(const struct csw_kernel *kernel)
{
    static const struct {
        uint64_t lo, hi;
    } ranges[] = {{0, 0},          {3, 3}, {5, 3}, {UINT64_MAX, UINT64_MAX},
                  {UINT64_MAX, 0}, {1, 0}, {5, 0}, {UINT64_MAX, UINT64_MAX - 1}};
    const struct csw_tally zero = {0};
    struct opened opened;

    open_task(&opened, kernel, PATIENCE);
    for (size_t i = 0; i < COUNT(ranges); i++) {
        const uint64_t lo = ranges[i].lo, hi = ranges[i].hi;
        const struct csw_tally tally = scan(&opened, lo, hi);
        const struct csw_tally expect =
            kernel->expect ? kernel->expect(opened.state, lo, hi) : zero;
        uint64_t untouched = 42;

        CHECK(kernel->name, csw_tally_equal(&tally, &zero));
        CHECK(kernel->name, csw_tally_equal(&expect, &zero));
        if (kernel->fill) {
            const struct csw_tally filled = fill(&opened, lo, hi);

            CHECK(kernel->name, csw_tally_equal(&filled, &zero));
        }
        CHECK(kernel->name, !kernel->list || kernel->list(opened.state, lo, hi, &untouched) == 0);
        CHECK(kernel->name, untouched == 42);
    }
    close_task(&opened);
}

static void an_empty_or_reversed_range_gives_nothing(void)
{
    for_each_kernel(check_empty_ranges);
}

/* ---- kernels that wait ---------------------------------------------------------------------- */

static void check_beginning(const struct csw_kernel *kernel)
{
    struct opened opened;

    if (!kernel->begin)
        return;
    open_task(&opened, kernel, PATIENCE);
    for (uint64_t lo = 0; lo <= PATIENCE; lo++)
        for (uint64_t hi = 0; hi <= PATIENCE; hi++) {
            uint64_t wait_ns = 42;
            const struct csw_tally begun = kernel->begin(opened.state, lo, hi, &wait_ns);
            const uint64_t start_ns = csw_now_ns();
            const struct csw_tally tally = scan(&opened, lo, hi);

            CHECK(kernel->name, csw_tally_equal(&begun, &tally));
            CHECK(kernel->name, csw_now_ns() - start_ns >= wait_ns);
            CHECK(kernel->name, lo < hi || wait_ns == 0);
        }
    close_task(&opened);
}

static void scan_is_begin_and_the_wait_that_it_asks_for(void)
{
    for_each_kernel(check_beginning);
}

/* What of an item's nominal millisecond waits; "50" of mixed: the half of it. */
static void the_fraction_of_mixed_that_waits_is_the_one_that_was_chosen(void)
{
    const struct csw_kernel *mixed = csw_kernel_find("mixed");
    const char *const *values = mixed->options[0].values;

    for (uint8_t v = 0; values[v]; v++) {
        const struct csw_task task = {.n = 3, .choice = {v}};
        uint64_t wait_ns = 42;

        mixed->begin(&task, 1, 3, &wait_ns);
        CHECK(values[v], wait_ns == 2 * strtoull(values[v], NULL, 10) * CSW_NS_PER_MS / 100);
    }
}

/*
 * Lists the hits of [lo, hi): as many as scan finds, of the same digest unless it only counts, and
 * not a word more. The caller frees them.
 */
static uint64_t *read_hits(const struct opened *opened, uint64_t lo, uint64_t hi, size_t *ret_count)
{
    const struct csw_tally tally = scan(opened, lo, hi);
    uint64_t *hits = malloc((tally.hits + 1) * sizeof *hits);
    uint64_t sum = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(hits);
    hits[tally.hits] = 42;
    CHECK(opened->kernel->name, opened->kernel->list(opened->state, lo, hi, hits) == tally.hits);
    CHECK(opened->kernel->name, hits[tally.hits] == 42);
    for (size_t i = 0; i < tally.hits; i++)
        sum += hits[i];
    CHECK(opened->kernel->name, sum == tally.digest || tally.digest == 0);
    *ret_count = tally.hits;
    return hits;
}

/* The hits of [lo, hi) are those of [lo, middle) and then those of [middle, hi). */
static void check_order(const struct opened *opened, uint64_t lo, uint64_t middle, uint64_t hi)
{
    size_t count, left_count, right_count;
    uint64_t *hits = read_hits(opened, lo, hi, &count);
    uint64_t *left = read_hits(opened, lo, middle, &left_count);
    uint64_t *right = read_hits(opened, middle, hi, &right_count);
    const bool adds_up = count == left_count + right_count;

    CHECK(opened->kernel->name, adds_up);
    if (adds_up) {
        CHECK(opened->kernel->name, memcmp(hits, left, left_count * sizeof *hits) == 0);
        CHECK(opened->kernel->name,
              memcmp(hits + left_count, right, right_count * sizeof *hits) == 0);
    }
    free(hits);
    free(left);
    free(right);
}

static void check_list(const struct csw_kernel *kernel)
{
    struct opened opened;

    if (!kernel->list)
        return;
    open_task(&opened, kernel, 1000);
    for (uint64_t lo = 0; lo < 1000; lo += 111)
        for (uint64_t middle = lo; middle <= 1000 - lo / 2; middle += 97)
            check_order(&opened, lo, middle, 1000 - lo / 2);
    close_task(&opened);
}

static void what_is_listed_is_what_scan_found_in_the_order_of_the_items(void)
{
    for_each_kernel(check_list);
}

/* ---- kernels that find squares -------------------------------------------------------------- */

/* Item by item: a hit exactly where the reference sees a square. */
static void check_items(const struct opened *opened, uint64_t lo, uint64_t hi)
{
    for (uint64_t item = lo; item < hi; item++) {
        const struct csw_tally tally = scan(opened, item, item + 1);
        const bool square = slow_is_square(item + 1);

        CHECK(opened->kernel->name, tally.items == 1);
        CHECK(opened->kernel->name, tally.hits == square);
        CHECK(opened->kernel->name, tally.digest == (square ? item + 1 : 0));
    }
}

/* The list holds exactly the squares that the reference sees, ascending. */
static void check_listed_squares(const struct opened *opened, uint64_t lo, uint64_t hi)
{
    size_t count, squares = 0;
    uint64_t *hits = read_hits(opened, lo, hi, &count);

    for (uint64_t item = lo; item < hi; item++)
        squares += slow_is_square(item + 1);
    CHECK(opened->kernel->name, count == squares);
    for (size_t i = 0; i < count; i++) {
        CHECK(opened->kernel->name, slow_is_square(hits[i]));
        CHECK(opened->kernel->name, hits[i] <= hi && (i > 0 ? hits[i - 1] : lo) < hits[i]);
    }
    free(hits);
}

static void check_squares_of(const struct csw_kernel *kernel, uint64_t lo, uint64_t hi)
{
    struct opened opened;

    if (!takes(kernel, hi))
        return;
    open_task(&opened, kernel, hi);
    check_items(&opened, lo, hi);
    check_listed_squares(&opened, lo, hi);
    close_task(&opened);
}

static void the_square_finding_kernels_are_told_by_what_they_find(void)
{
    static const char *const names[] = {"trial", "sqrt", "roots", "count"};

    for (size_t i = 0; i < COUNT(names); i++)
        CU_ASSERT_TRUE(finds_squares(csw_kernel_find(names[i])));
}

static void check_first_squares(const struct csw_kernel *kernel)
{
    check_squares_of(kernel, 0, 1300);
    check_squares_of(kernel, 24, 101);
    check_squares_of(kernel, 25, 100);
}

static void the_first_squares_are_found_and_nothing_else(void)
{
    for_each_square_kernel(check_first_squares);
}

/* Where conversions to double begin to round, and where products begin to overflow. */
static const uint64_t edge_roots[] = {
    2,
    1000,
    (UINT64_C(1) << 26) - 1,
    (UINT64_C(1) << 26),
    (UINT64_C(1) << 26) + 1,
    94906265, /* its square is the last below 2^53 */
    94906266,
    (UINT64_C(1) << 31) - 1,
    (UINT64_C(1) << 31),
    (UINT64_C(1) << 31) + 1,
    3037000499, /* its square is the last below 2^63 */
    3037000500,
    (UINT64_C(1) << 32) - 2,
    (UINT64_C(1) << 32) - 1,
};

/* The candidates r * r - 2 .. r * r + 2 of every edge, and the last ones of all. */
static void check_edges(const struct csw_kernel *kernel)
{
    for (size_t i = 0; i < COUNT(edge_roots); i++) {
        const uint64_t square = edge_roots[i] * edge_roots[i];

        check_squares_of(kernel, square - 3, square + 2);
    }
    check_squares_of(kernel, UINT64_MAX - 5, UINT64_MAX);
}

static void squares_at_the_edges_of_the_arithmetic_are_exact(void)
{
    for_each_square_kernel(check_edges);
}

static void check_last_square(const struct csw_kernel *kernel)
{
    const uint64_t square = UINT64_C(18446744065119617025);
    struct opened opened;

    if (!takes(kernel, UINT64_MAX))
        return;
    open_task(&opened, kernel, UINT64_MAX);
    CHECK(kernel->name, scan(&opened, square - 1, square).digest == square);
    CHECK(kernel->name, scan(&opened, UINT64_MAX - 1, UINT64_MAX).hits == 0);
    CHECK(kernel->name, scan(&opened, UINT64_MAX - 1, UINT64_MAX).items == 1);
    close_task(&opened);
}

static void the_largest_square_of_all_is_found_and_the_last_candidate_is_not(void)
{
    for_each_square_kernel(check_last_square);
}

static void check_isqrt(void)
{
    for (size_t i = 0; i < COUNT(edge_roots); i++) {
        const uint64_t square = edge_roots[i] * edge_roots[i];

        CU_ASSERT_EQUAL(csw_isqrt(square - 1), edge_roots[i] - 1);
        CU_ASSERT_EQUAL(csw_isqrt(square), edge_roots[i]);
        CU_ASSERT_EQUAL(csw_isqrt(square + 1), edge_roots[i]);
    }
    for (uint64_t back = 0; back < 5; back++)
        CU_ASSERT_EQUAL(csw_isqrt(UINT64_MAX - back), CSW_ROOT_MAX);
    uint64_t seed = 1;

    for (unsigned i = 0; i < 20000; i++) {
        const uint64_t random = next_random(&seed), x = random >> (random % 64);

        CU_ASSERT_EQUAL(csw_isqrt(x), slow_isqrt(x));
    }
}

static void check_edges_and_first_squares(void)
{
    for_each_square_kernel(check_edges);
    for_each_square_kernel(check_first_squares);
    check_isqrt();
}

static void every_rounding_mode_gives_the_same_squares(void)
{
    for_each_mode(check_edges_and_first_squares);
}

static void the_sum_of_squares_grows_by_the_next_square(void)
{
    CU_ASSERT_EQUAL(csw_sum_of_squares(0), 0);
    for (size_t i = 0; i < COUNT(edge_roots); i++)
        for (uint64_t m = edge_roots[i]; m > 0 && m + 20 > edge_roots[i]; m--)
            CU_ASSERT_EQUAL(csw_sum_of_squares(m) - csw_sum_of_squares(m - 1), m * m);
}

static void count_takes_the_whole_range_of_64_bits(void)
{
    struct opened opened;

    open_task(&opened, csw_kernel_find("count"), UINT64_MAX);
    const struct csw_tally tally = scan(&opened, 0, UINT64_MAX);

    CU_ASSERT_EQUAL(tally.items, UINT64_MAX);
    CU_ASSERT_EQUAL(tally.hits, CSW_ROOT_MAX);
    close_task(&opened);
}

/* ---- trial ---------------------------------------------------------------------------------- */

static void trial_counts_the_comparisons_of_the_tutorial(void)
{
    static const struct {
        uint64_t n, hits;
    } tasks[] = {{1000, 31}, {2000, 44}, {5000, 70}, {3000, 54}, {100, 10}};
    uint64_t comparisons = 0;

    for (size_t i = 0; i < COUNT(tasks); i++) {
        struct opened opened;

        open_task(&opened, csw_kernel_find("trial"), tasks[i].n);
        const struct csw_tally tally = scan(&opened, 0, tasks[i].n);

        CU_ASSERT_EQUAL(tally.hits, tasks[i].hits);
        comparisons += tally.work;
        close_task(&opened);
    }
    CU_ASSERT_EQUAL(comparisons, 38383511);
}

/* Only the squares themselves: each candidate beside them costs 2^32 comparisons. */
static void trial_finds_the_last_squares_of_its_largest_task(void)
{
    const struct csw_kernel *trial = csw_kernel_find("trial");
    struct opened opened;

    open_task(&opened, trial, trial->max_n);
    for (uint64_t root = slow_isqrt(trial->max_n); root > 65530; root--) {
        const struct csw_tally tally = scan(&opened, root * root - 1, root * root);

        CU_ASSERT_EQUAL(tally.hits, 1);
        CU_ASSERT_EQUAL(tally.digest, root * root);
        CU_ASSERT_EQUAL(tally.work, root);
    }
    close_task(&opened);
}

/* Next to 5000^2 the root differs from 5000 by less than single precision could tell. */
static void trial_takes_no_neighbour_for_a_square(void)
{
    const uint64_t square = 25000000;
    struct opened opened;

    open_task(&opened, csw_kernel_find("trial"), square + 1);
    for (uint64_t item = square - 2; item <= square; item++) {
        const struct csw_tally tally = scan(&opened, item, item + 1);
        const bool hit = item + 1 == square;

        CU_ASSERT_EQUAL(tally.hits, hit);
        CU_ASSERT_EQUAL(tally.work, hit ? 5000 : square + 1);
    }
    close_task(&opened);
}

static const struct test tests[] = {
    TEST(every_line_of_kernels_def_is_a_kernel_of_that_name),
    TEST(an_unknown_name_finds_no_kernel),
    TEST(every_kernel_has_the_file_of_its_name),
    TEST(no_kernel_file_lacks_its_line_in_kernels_def),
    TEST(every_kernel_describes_itself),
    TEST(every_option_is_a_word_with_values_and_a_usable_default),
    TEST(an_option_of_several_kernels_has_one_default),
    TEST(the_default_tasks_of_every_kernel_fit_it),
    TEST(a_kernel_that_cannot_run_here_has_a_reason),
    TEST(small_tasks_give_what_the_closed_form_or_the_filling_says),
    TEST(every_cut_of_a_range_adds_up_to_the_whole),
    TEST(data_are_the_same_however_they_are_filled),
    TEST(an_empty_or_reversed_range_gives_nothing),
    TEST(scan_is_begin_and_the_wait_that_it_asks_for),
    TEST(the_fraction_of_mixed_that_waits_is_the_one_that_was_chosen),
    TEST(what_is_listed_is_what_scan_found_in_the_order_of_the_items),
    TEST(the_square_finding_kernels_are_told_by_what_they_find),
    TEST(the_first_squares_are_found_and_nothing_else),
    TEST(squares_at_the_edges_of_the_arithmetic_are_exact),
    TEST(the_largest_square_of_all_is_found_and_the_last_candidate_is_not),
    TEST(every_rounding_mode_gives_the_same_squares),
    TEST(the_sum_of_squares_grows_by_the_next_square),
    TEST(count_takes_the_whole_range_of_64_bits),
    TEST(trial_counts_the_comparisons_of_the_tutorial),
    TEST(trial_finds_the_last_squares_of_its_largest_task),
    TEST(trial_takes_no_neighbour_for_a_square),
};

int main(void)
{
    return RUN_TESTS("kernels", tests);
}
