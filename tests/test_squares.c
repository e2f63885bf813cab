/*
 * test_squares.c - libcoresweep does what squares.h says, under every instruction set that this CPU
 * has: compared with a reference that knows no floating point, on arrays between pages that must
 * not be touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <coresweep/squares.h>

#include "reference.h"
#include "rounding.h"
#include "squares/isa.h"
#include "suite.h"

#if defined __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

static const char *const lines_of_isas_def[] = {
#define ISA(name) #name,
#include "squares/isas.def"
#undef ISA
};

/* Runs the check under every instruction set that can be used here. */
static void for_each_isa(void (*check)(void))
{
    const char *const before = csw_isa_in_use();

    for (size_t i = 0; csw_isa_name(i); i++)
        if (csw_isa_use(csw_isa_name(i)))
            check();
    CHECK(before, csw_isa_use(before));
}

/* ---- instruction sets ----------------------------------------------------------------------- */

static void every_line_of_isas_def_is_an_instruction_set_of_that_name(void)
{
    const size_t count = COUNT(lines_of_isas_def);

    for (size_t i = 0; i < count; i++) {
        const char *name = lines_of_isas_def[i];

        CHECK(name, csw_isa_at(i) && strcmp(csw_isa_at(i)->name, name) == 0);
        CHECK(name, csw_isa_name(i) && strcmp(csw_isa_name(i), name) == 0);
    }
    CHECK("end", !csw_isa_name(count) && !csw_isa_name(count + 1) && !csw_isa_name(SIZE_MAX));
    CHECK("end", !csw_isa_at(count) && !csw_isa_at(SIZE_MAX));
    CHECK("the plainest", strcmp(csw_isa_name(0), "scalar") == 0);
}

static void an_instruction_set_can_be_used_or_says_what_it_needs(void)
{
    const char *const before = csw_isa_in_use();

    for (size_t i = 0; csw_isa_name(i); i++) {
        const char *name = csw_isa_name(i), *in_use = csw_isa_in_use();
        const char *reason = csw_isa_missing(name);

        CHECK(name, csw_isa_use(name) == !reason);
        CHECK(name, strcmp(csw_isa_in_use(), reason ? in_use : name) == 0);
        CHECK(name, (csw_isa_find(name) != NULL) == !reason);
        CHECK(name, !reason || strncmp(reason, "needs ", 6) == 0);
        CHECK(name, strcmp(csw_isa_chosen()->name, csw_isa_in_use()) == 0);
    }
    CHECK("scalar", !csw_isa_missing("scalar"));
    CHECK(before, csw_isa_use(before));
}

static void an_unknown_instruction_set_is_refused_and_changes_nothing(void)
{
    static const char *const unknown[] = {"", "nosuch", "AVX2", "avx", "avx2 ", "scalar,avx2"};
    const char *const before = csw_isa_in_use();

    for (size_t i = 0; i < COUNT(unknown); i++) {
        const char *reason = csw_isa_missing(unknown[i]);

        CHECK(unknown[i], reason && strcmp(reason, "unknown") == 0);
        CHECK(unknown[i], !csw_isa_use(unknown[i]) && !csw_isa_find(unknown[i]));
        CHECK(unknown[i], strcmp(csw_isa_in_use(), before) == 0);
    }
}

/* Every set that can be used stands before the one that was chosen, unless CORESWEEP_ISA named it.
 */
static void the_best_instruction_set_is_the_one_in_use(void)
{
    const char *best = NULL;

    for (size_t i = 0; csw_isa_name(i); i++)
        if (!csw_isa_missing(csw_isa_name(i)))
            best = csw_isa_name(i);
    CHECK("best", getenv("CORESWEEP_ISA") || strcmp(csw_isa_in_use(), best) == 0);
}

/* ---- one number ----------------------------------------------------------------------------- */

/* Where conversions to double begin to round, and where products begin to overflow. */
static const uint64_t edge_roots[] = {
    0,
    1,
    2,
    3,
    1000,
    (UINT64_C(1) << 16) - 1,
    (UINT64_C(1) << 16),
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
    CSW_ROOT_MAX - 1,
    CSW_ROOT_MAX,
};

static void check_number(uint64_t number)
{
    volatile const uint64_t hidden = number; /* no folding while compiling, in another mode */
    const uint64_t x = hidden, floor = slow_isqrt(x), nearest = csw_nearest_root(x);
    const bool square = floor * floor == x;
    char row[32];

    if (csw_isqrt(x) == floor && csw_is_square(x) == square && nearest - floor <= !square)
        return;
    snprintf(row, sizeof row, "%llu", (unsigned long long)x);
    CHECK(row, csw_isqrt(x) == floor);
    CHECK(row, csw_is_square(x) == square);
    CHECK(row, nearest - floor <= !square);
}

/* r^2 and its neighbours, both ends of the numbers that have this root, and their middle. */
static void check_numbers_at(uint64_t r)
{
    const uint64_t square = r * r;

    for (int64_t off = -3; off <= 3; off++) {
        check_number(square + (uint64_t)off);
        check_number(square + r + (uint64_t)off);
        check_number(square + 2 * r + (uint64_t)off);
    }
}

static void check_numbers(void)
{
    uint64_t seed = 1;

    for (size_t i = 0; i < COUNT(edge_roots); i++)
        check_numbers_at(edge_roots[i]);
    for (unsigned i = 0; i < 3000; i++) {
        const uint64_t random = next_random(&seed);

        check_numbers_at(random >> 32 >> (random % 32));
        check_number(next_random(&seed) >> (random % 64));
    }
    for (unsigned bit = 0; bit < 64; bit++)
        for (int64_t off = -2; off <= 2; off++)
            check_number((UINT64_C(1) << bit) + (uint64_t)off);
}

static void roots_and_squares_are_exact_in_every_rounding_mode(void)
{
    for_each_mode(check_numbers);
}

static void the_residues_of_squares_are_those_of_the_constant(void)
{
    uint64_t residues = 0;

    for (unsigned r = 0; r < 64; r++)
        residues |= UINT64_C(1) << (r * r & 63);
    CHECK("mod 64", residues == CSW_SQUARES_MOD_64);
    CHECK("largest", CSW_ROOT_MAX * CSW_ROOT_MAX == CSW_SQUARE_MAX);
}

/* ---- ranges --------------------------------------------------------------------------------- */

static void counts_of_ranges_are_exact_at_their_ends(void)
{
    static const struct {
        uint64_t first, last, squares;
    } ranges[] = {
        {0, 0, 1},
        {0, 1, 2},
        {1, 1, 1},
        {1, 0, 0},
        {2, 3, 0},
        {4, 4, 1},
        {5, 4, 0},
        {4, 9, 2},
        {5, 8, 0},
        {0, UINT64_MAX, UINT64_C(1) << 32},
        {1, UINT64_MAX, CSW_ROOT_MAX},
        {UINT64_MAX, UINT64_MAX, 0},
        {UINT64_MAX, 0, 0},
        {CSW_SQUARE_MAX, CSW_SQUARE_MAX, 1},
        {CSW_SQUARE_MAX, UINT64_MAX, 1},
        {CSW_SQUARE_MAX + 1, UINT64_MAX, 0},
        {CSW_SQUARE_MAX - 1, CSW_SQUARE_MAX, 1},
        {0, CSW_SQUARE_MAX, UINT64_C(1) << 32},
        {0, CSW_SQUARE_MAX - 1, CSW_ROOT_MAX},
    };

    for (size_t i = 0; i < COUNT(ranges); i++)
        CHECK("range", csw_count_range(ranges[i].first, ranges[i].last) == ranges[i].squares);
}

static void check_random_counts(void)
{
    uint64_t seed = 2;

    for (unsigned i = 0; i < 20000; i++) {
        const uint64_t random = next_random(&seed);
        const uint64_t a = next_random(&seed) >> (random % 64);
        const uint64_t b = random & 64 ? a + (random >> 20) % 1000 : next_random(&seed);
        const uint64_t root = slow_isqrt(b);

        CHECK("random", csw_count_range(a, b) == slow_count_range(a, b));
        CHECK("to a square", csw_count_range(a, root * root) == slow_count_range(a, root * root));
        CHECK("from a square", csw_count_range(root * root, b) == 1);
    }
}

static void counts_of_random_ranges_are_exact_in_every_rounding_mode(void)
{
    for_each_mode(check_random_counts);
}

/* ---- memory between pages that must not be touched ------------------------------------------ */

#define PAGE 65536u         /* the largest that Linux has */
#define ROOM (4 * PAGE / 8) /* words */
#define MARGIN 16u          /* words around a piece that are looked after */

struct arena {
    uint64_t *words, *end;
};

static struct arena input, output;

static void open_arena(struct arena *ret_arena)
{
    const size_t bytes = ROOM * sizeof(uint64_t);
    char *pages =
        mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (pages == MAP_FAILED || mprotect(pages + PAGE, bytes, PROT_READ | PROT_WRITE)) {
        perror("no memory between guard pages");
        exit(1);
    }
    ret_arena->words = (uint64_t *)(void *)(pages + PAGE);
    ret_arena->end = ret_arena->words + ROOM;
}

enum side { FRONT, BACK };

static uint64_t *margin_before(const struct arena *arena, uint64_t *piece)
{
    return piece - arena->words > MARGIN ? piece - MARGIN : arena->words;
}

static uint64_t *margin_after(const struct arena *arena, uint64_t *piece_end)
{
    return arena->end - piece_end > MARGIN ? piece_end + MARGIN : arena->end;
}

/* Room for `count` words, `gap` words away from one of the guard pages; `filler` on both sides. */
static uint64_t *place(const struct arena *arena, enum side side, size_t gap, size_t count,
                       uint64_t filler)
{
    uint64_t *piece = side == FRONT ? arena->words + gap : arena->end - gap - count;

    for (uint64_t *word = margin_before(arena, piece); word < piece; word++)
        *word = filler;
    for (uint64_t *word = piece + count; word < margin_after(arena, piece + count); word++)
        *word = filler;
    return piece;
}

/* Where AddressSanitizer looks on, a piece is as good as one between guard pages at any gap. */
static void forbid_margins(const struct arena *arena, const uint64_t *piece, size_t count)
{
    ASAN_POISON_MEMORY_REGION(arena->words, ROOM * sizeof(uint64_t));
    ASAN_UNPOISON_MEMORY_REGION(piece, count * sizeof(uint64_t));
}

static void allow_margins(const struct arena *arena)
{
    ASAN_UNPOISON_MEMORY_REGION(arena->words, ROOM * sizeof(uint64_t));
}

static bool margins_hold(const struct arena *arena, uint64_t *piece, size_t count, uint64_t filler)
{
    bool hold = true;

    for (const uint64_t *word = margin_before(arena, piece); word < piece; word++)
        hold &= *word == filler;
    for (const uint64_t *word = piece + count; word < margin_after(arena, piece + count); word++)
        hold &= *word == filler;
    return hold;
}

/* ---- lists of ranges ------------------------------------------------------------------------ */

#define CANARY UINT64_C(0xc0ffee00c0ffee01)

/* One call against the roots [*root, end); moves *root past what was written. */
static bool check_list_call(uint64_t first, uint64_t last, uint64_t *resume, uint64_t *root,
                            uint64_t end, size_t capacity)
{
    const uint64_t expected = end - *root < capacity ? end - *root : capacity;
    uint64_t *out = place(&output, BACK, capacity % 5, capacity, CANARY);

    forbid_margins(&output, out, capacity);
    const size_t count = csw_list_range(first, last, resume, out, capacity);

    allow_margins(&output);
    bool right = count == expected && margins_hold(&output, out, capacity, CANARY);

    for (size_t i = 0; i < count && right; i++, ++*root)
        right = out[i] == *root * *root;
    return right && *resume == *root;
}

/* All of [first, last] in pieces of `capacity`, and once more when it is done. */
static void check_list_in_pieces(uint64_t first, uint64_t last, size_t capacity)
{
    const uint64_t squares = slow_count_range(first, last);
    uint64_t root = first > 0 ? slow_isqrt(first - 1) + 1 : 0, resume = 0;
    const uint64_t end = root + squares;

    while (root < end)
        if (!CHECK("piece", check_list_call(first, last, &resume, &root, end, capacity)))
            return;
    CHECK("done", check_list_call(first, last, &resume, &root, end, capacity));
    CHECK("no room", check_list_call(first, last, &resume, &root, end, 0));
}

static void check_lists_from(uint64_t root, uint64_t roots)
{
    const uint64_t first = root * root, last_root = root + roots - 1;

    for (size_t capacity = 1; capacity <= 40; capacity++) {
        check_list_in_pieces(first, last_root * last_root, capacity);
        check_list_in_pieces(first - (first > 0), last_root * last_root + last_root, capacity);
        check_list_in_pieces(first + 1, last_root * last_root - 1, capacity);
    }
    check_list_in_pieces(first, last_root * last_root, 1000);
}

static void check_lists(void)
{
    uint64_t seed = 3;

    for (size_t i = 0; i < COUNT(edge_roots); i++)
        if (edge_roots[i] < CSW_ROOT_MAX - 70)
            check_lists_from(edge_roots[i], 70);
    check_lists_from(CSW_ROOT_MAX - 69, 70);
    for (size_t capacity = 1; capacity <= 70; capacity++)
        check_list_in_pieces(CSW_SQUARE_MAX - 66 * CSW_ROOT_MAX, UINT64_MAX, capacity);
    for (unsigned i = 0; i < 200; i++) {
        const uint64_t random = next_random(&seed), root = random >> 33;

        check_list_in_pieces(root * root - random % 1000, root * root + random % (root * 3000 + 1),
                             1 + random % 300);
    }
}

static void lists_of_ranges_go_on_where_they_stopped(void)
{
    for_each_isa(check_lists);
}

static void check_edge_lists(void)
{
    check_lists_from(CSW_ROOT_MAX - 69, 70);
    check_lists_from(94906230, 70);
    check_lists_from(0, 70);
}

static void check_edge_lists_under_every_isa(void)
{
    for_each_isa(check_edge_lists);
}

static void lists_of_ranges_are_the_same_in_every_rounding_mode(void)
{
    for_each_mode(check_edge_lists_under_every_isa);
}

static void check_empty_lists(void)
{
    static const struct {
        uint64_t first, last;
    } ranges[] = {{1, 0}, {2, 3}, {UINT64_MAX, 0}, {UINT64_MAX, UINT64_MAX}, {10, 15}, {9, 4}};

    for (size_t i = 0; i < COUNT(ranges); i++) {
        uint64_t resume = 0;

        for (unsigned call = 0; call < 2; call++)
            CHECK("empty",
                  csw_list_range(ranges[i].first, ranges[i].last, &resume, NULL, 100) == 0);
    }
}

static void an_empty_range_lists_nothing_however_often_it_is_asked(void)
{
    for_each_isa(check_empty_lists);
}

static void check_unlimited_list(void)
{
    uint64_t resume = 0, squares[4];

    CHECK("capacity", csw_list_range(0, 15, &resume, squares, SIZE_MAX) == 4);
    CHECK("last", squares[3] == 9 && resume == 4);
}

#define PAST_THE_CACHES (((size_t)64 << 20) / sizeof(uint64_t) + 21)

/* From every place in a cache line on, so that vectors begin and end inside of the list. */
static void check_long_lists(void)
{
    uint64_t *out = malloc((PAST_THE_CACHES + 8) * sizeof *out);

    if (!CHECK("memory", out != NULL))
        return;
    for (size_t place = 0; place < 8; place += 3) {
        uint64_t resume = 0, differences = 0, root = CSW_ROOT_MAX - PAST_THE_CACHES + 1;

        out[place + PAST_THE_CACHES] = CANARY;
        CHECK("count", csw_list_range(root * root, UINT64_MAX, &resume, out + place,
                                      PAST_THE_CACHES) == PAST_THE_CACHES);
        for (size_t i = 0; i < PAST_THE_CACHES; i++, root++)
            differences |= out[place + i] ^ root * root;
        CHECK("squares", differences == 0);
        CHECK("nothing past them", out[place + PAST_THE_CACHES] == CANARY);
    }
    free(out);
}

static void lists_that_go_past_the_caches_are_the_same(void)
{
    for_each_isa(check_long_lists);
}

static void a_capacity_without_end_lists_the_range(void)
{
    for_each_isa(check_unlimited_list);
}

/* ---- arrays, and what is right for any piece of them ---------------------------------------- */

#define LONGEST 21000u

/* before[i] squares stand before values[i]; squares[] holds them all and where[] their indices. */
static struct sample {
    uint64_t values[LONGEST], squares[LONGEST];
    size_t where[LONGEST], before[LONGEST + 1];
} sample;

static uint64_t make_random(uint64_t *seed)
{
    const uint64_t random = next_random(seed);

    return next_random(seed) >> (random % 64);
}

static uint64_t make_square(uint64_t *seed)
{
    const uint64_t random = next_random(seed), root = random >> 32 >> (random % 16);

    return root * root;
}

static uint64_t make_large_square(uint64_t *seed)
{
    const uint64_t root = CSW_ROOT_MAX - next_random(seed) % 100000;

    return root * root;
}

static uint64_t make_neighbour(uint64_t *seed)
{
    return make_square(seed) + next_random(seed) % 5 - 2;
}

/* A residue of squares mod 64, and almost never a square: all of it reaches the arithmetic. */
static uint64_t make_lookalike(uint64_t *seed)
{
    const uint64_t random = next_random(seed), root = random & 63;

    return (random & ~UINT64_C(63)) | (root * root & 63);
}

static uint64_t make_one_mod_64(uint64_t *seed)
{
    return make_random(seed) << 6 | 1;
}

static uint64_t make_never(uint64_t *seed)
{
    return next_random(seed) << 2 | 2;
}

static uint64_t make_edge(uint64_t *seed)
{
    const uint64_t random = next_random(seed), root = edge_roots[random % COUNT(edge_roots)];

    switch (random >> 60) {
    case 0:
        return UINT64_MAX - (random >> 32) % 3;
    case 1:
        return root * root - 1;
    case 2:
        return root * root + 1;
    case 3:
        return root * root + 2 * root;
    case 4:
        return UINT64_C(1) << (random >> 32) % 64;
    default:
        return root * root;
    }
}

static uint64_t make_rare(uint64_t *seed)
{
    return next_random(seed) % 100 == 0 ? make_square(seed) : make_random(seed);
}

static uint64_t (*const makers[])(uint64_t *) = {
    make_random,    make_square,     make_large_square, make_neighbour, make_rare,
    make_lookalike, make_one_mod_64, make_never,        make_edge,
};

static uint64_t make_mixed(uint64_t *seed)
{
    return makers[next_random(seed) % COUNT(makers)](seed);
}

static void fill_sample(uint64_t (*make)(uint64_t *), uint64_t *seed)
{
    for (size_t i = 0; i < LONGEST; i++)
        sample.values[i] = make(seed);
}

/* Runs of hundreds to thousands of values of a kind: the direct test comes and goes. */
static void fill_sample_in_runs(uint64_t *seed)
{
    uint64_t (*make)(uint64_t *) = make_random;
    size_t left = 0;

    for (size_t i = 0; i < LONGEST; i++, left--) {
        if (left == 0) {
            const uint64_t random = next_random(seed);

            make = makers[random % COUNT(makers)];
            left = 1 + (random >> 32) % (random & 256 ? 6000 : 700);
        }
        sample.values[i] = make(seed);
    }
}

static void solve_sample(void)
{
    size_t count = 0;

    for (size_t i = 0; i < LONGEST; i++) {
        sample.before[i] = count;
        if (slow_is_square(sample.values[i])) {
            sample.squares[count] = sample.values[i];
            sample.where[count++] = i;
        }
    }
    sample.before[LONGEST] = count;
}

/* A piece of the sample, where it lies in memory, and how much room its results have. */
struct piece {
    size_t at, count;
    size_t capacity;
    enum side side;
    size_t gap, out_gap;
};

static size_t squares_of(const struct piece *piece)
{
    return sample.before[piece->at + piece->count] - sample.before[piece->at];
}

/* The piece as input, among squares, which would be seen in the results. */
static const uint64_t *lay_out(const struct piece *piece)
{
    uint64_t *values = place(&input, piece->side, piece->gap, piece->count, 49);

    memcpy(values, sample.values + piece->at, piece->count * sizeof *values);
    forbid_margins(&input, values, piece->count);
    return values;
}

static bool count_is_right(const struct piece *piece)
{
    const uint64_t *values = lay_out(piece);
    const size_t count = csw_count_array(values, piece->count);

    allow_margins(&input);
    return count == squares_of(piece);
}

/* What a capacity leaves of the results: how many are written, and how many values looked at. */
static size_t expected_results(const struct piece *piece, size_t *ret_consumed)
{
    const size_t before = sample.before[piece->at], all = squares_of(piece);

    *ret_consumed =
        all > piece->capacity ? sample.where[before + piece->capacity] - piece->at : piece->count;
    return all < piece->capacity ? all : piece->capacity;
}

static bool filter_is_right(const struct piece *piece)
{
    const uint64_t *values = lay_out(piece);
    uint64_t *out = place(&output, piece->side, piece->out_gap, piece->capacity, CANARY);
    size_t consumed = SIZE_MAX, expected_consumed;
    const size_t expected = expected_results(piece, &expected_consumed);

    forbid_margins(&output, out, piece->capacity);
    const size_t count = csw_filter_array(values, piece->count, out, piece->capacity, &consumed);

    allow_margins(&output);
    allow_margins(&input);
    return count == expected && consumed == expected_consumed &&
           memcmp(out, sample.squares + sample.before[piece->at], count * sizeof *out) == 0 &&
           margins_hold(&output, out, piece->capacity, CANARY);
}

static bool index_is_right(const struct piece *piece, uint64_t first)
{
    const uint64_t *values = lay_out(piece);
    uint64_t *out = place(&output, piece->side, piece->out_gap, piece->capacity, CANARY);
    size_t consumed = SIZE_MAX, expected_consumed;
    const size_t expected = expected_results(piece, &expected_consumed);

    forbid_margins(&output, out, piece->capacity);
    const size_t count =
        csw_index_array(values, piece->count, first, out, piece->capacity, &consumed);

    allow_margins(&output);
    allow_margins(&input);
    bool right = count == expected && consumed == expected_consumed &&
                 margins_hold(&output, out, piece->capacity, CANARY);

    for (size_t i = 0; i < count && right; i++)
        right = out[i] == first + sample.where[sample.before[piece->at] + i] - piece->at;
    return right;
}

static void say(const char *what, const struct piece *piece)
{
    printf("    %s: %s of values[%zu .. +%zu), capacity %zu, %zu words off its %s, results %zu\n",
           csw_isa_in_use(), what, piece->at, piece->count, piece->capacity, piece->gap,
           piece->side == FRONT ? "front" : "back", piece->out_gap);
}

/* The first wrong piece is told; a broken function would tell thousands. */
static bool check_piece(const struct piece *piece)
{
    const bool count = count_is_right(piece), filter = filter_is_right(piece);
    const bool index = index_is_right(piece, piece->at * UINT64_C(0x123456789));

    if (!count)
        say("count", piece);
    if (!filter)
        say("filter", piece);
    if (!index)
        say("index", piece);
    return CHECK(csw_isa_in_use(), count && filter && index);
}

/* With as much room as values, and with exactly the room that the results need. */
static bool check_both_rooms(struct piece piece)
{
    const size_t exact = squares_of(&piece);

    piece.capacity = piece.count;
    if (!check_piece(&piece))
        return false;
    piece.capacity = exact;
    return check_piece(&piece);
}

static unsigned sample_number;

static void for_each_sample(void (*check)(void))
{
    uint64_t seed = 4;

    for (size_t i = 0; i <= COUNT(makers); i++, sample_number++) {
        fill_sample(i < COUNT(makers) ? makers[i] : make_mixed, &seed);
        solve_sample();
        for_each_isa(check);
    }
}

static void for_a_few_samples(void (*check)(void))
{
    static uint64_t (*const few[])(uint64_t *) = {make_rare, make_square, make_mixed};
    uint64_t seed = 5;

    for (size_t i = 0; i < COUNT(few); i++) {
        fill_sample(few[i], &seed);
        solve_sample();
        for_each_isa(check);
    }
}

#define ALIGNMENTS 9u /* 0 to 64 bytes, in words */

/* A third of the alignments for each sample, so that three samples have them all. */
static void check_lengths(void)
{
    uint64_t seed = 5;

    for (size_t count = 0; count <= 600; count++)
        for (size_t gap = (count + sample_number) % 3; gap < ALIGNMENTS; gap += 3) {
            const uint64_t random = next_random(&seed);
            const struct piece piece = {
                .at = random % 6000,
                .count = count,
                .side = random >> 63 || gap == 0 ? BACK : FRONT,
                .gap = gap,
                .out_gap = (random >> 32) % ALIGNMENTS,
            };

            if (!check_both_rooms(piece))
                return;
        }
}

static void arrays_of_every_length_and_alignment_are_right(void)
{
    for_each_sample(check_lengths);
}

/* Both ends of both arrays touch a page that must not be touched. */
static void check_borders(void)
{
    for (size_t count = 0; count <= 600; count++)
        for (enum side side = FRONT; side <= BACK; side++)
            if (!check_both_rooms((struct piece){.at = 7 * count, .count = count, .side = side}))
                return;
}

static void arrays_next_to_forbidden_pages_are_right(void)
{
    for_each_sample(check_borders);
}

static void check_capacities(void)
{
    static const size_t counts[] = {1, 2, 15, 16, 17, 40, 255, 256, 257, 300, 530, 1100};

    for (size_t i = 0; i < COUNT(counts); i++)
        for (size_t capacity = 0; capacity <= counts[i] + 2; capacity++) {
            const struct piece piece = {.at = 11 * capacity,
                                        .count = counts[i],
                                        .capacity = capacity,
                                        .side = capacity % 7 == 0 ? FRONT : BACK};

            if (!check_piece(&piece))
                return;
        }
}

static void every_capacity_stops_where_it_is_full(void)
{
    for_a_few_samples(check_capacities);
}

/* ---- long arrays ---------------------------------------------------------------------------- */

/* The sample from end to end, `room` results at a time; returns the number of all results. */
static size_t resume(bool positions, size_t room, uint64_t *ret_results)
{
    const uint64_t first = UINT64_MAX - 5; /* positions wrap */
    size_t at = 0, found = 0, consumed;

    while (at < LONGEST) {
        const size_t count = LONGEST - at;
        uint64_t *out = place(&output, BACK, 0, room, CANARY);
        const size_t got =
            positions ? csw_index_array(sample.values + at, count, first + at, out, room, &consumed)
                      : csw_filter_array(sample.values + at, count, out, room, &consumed);

        if (got > room || consumed > count || !margins_hold(&output, out, room, CANARY) ||
            (consumed < count && (got < room || !slow_is_square(sample.values[at + consumed]))))
            return SIZE_MAX;
        memcpy(ret_results + found, out, got * sizeof *out);
        found += got;
        at += consumed;
    }
    return found;
}

static void check_resuming_with(size_t room)
{
    static uint64_t results[LONGEST];
    const size_t all = sample.before[LONGEST];
    const uint64_t first = UINT64_MAX - 5;
    bool right = true;

    CHECK(csw_isa_in_use(), resume(false, room, results) == all);
    CHECK(csw_isa_in_use(), memcmp(results, sample.squares, all * sizeof *results) == 0);
    CHECK(csw_isa_in_use(), resume(true, room, results) == all);
    for (size_t i = 0; i < all; i++)
        right &= results[i] == first + sample.where[i];
    CHECK(csw_isa_in_use(), right);
}

static void check_resuming(void)
{
    static const size_t rooms[] = {1, 2, 7, 16, 100, 255, 256, 257, 1000, 5000, LONGEST};

    for (size_t i = 0; i < COUNT(rooms); i++)
        if (sample.before[LONGEST] / rooms[i] < 2000) /* every call of a small room costs a block */
            check_resuming_with(rooms[i]);
}

static void an_array_is_resumed_in_pieces(void)
{
    for_each_sample(check_resuming);
}

static void check_long_pieces(void)
{
    uint64_t seed = 6;

    for (unsigned i = 0; i < 9; i++) {
        const uint64_t random = next_random(&seed);
        const struct piece piece = {
            .at = random % 2000,
            .count = LONGEST - 2000 - (i % 2 ? random >> 50 : 0),
            .side = i % 3 ? BACK : FRONT,
            .gap = i % ALIGNMENTS,
            .out_gap = (random >> 20) % ALIGNMENTS,
            .capacity = (random >> 32) % LONGEST,
        };

        if (!check_both_rooms(piece) || !check_piece(&piece))
            return;
    }
}

static void check_runs(void)
{
    check_long_pieces();
    check_resuming();
}

static void arrays_that_turn_dense_and_sparse_are_right(void)
{
    uint64_t seed = 7;

    for (unsigned i = 0; i < 8; i++) {
        fill_sample_in_runs(&seed);
        solve_sample();
        for_each_isa(check_runs);
    }
}

static void check_in_this_mode(void)
{
    static const size_t counts[] = {1, 3, 16, 31, 255, 256, 271, 300, 600, 5000, 20000};

    for (size_t i = 0; i < COUNT(counts); i++)
        for (size_t at = 0; at < 5; at++)
            if (!check_both_rooms((struct piece){.at = at, .count = counts[i], .side = BACK}))
                return;
}

static void check_under_every_isa(void)
{
    for_each_isa(check_in_this_mode);
}

static void every_rounding_mode_gives_the_same_squares(void)
{
    static uint64_t (*const edges[])(uint64_t *) = {make_edge, make_large_square, make_neighbour,
                                                    make_mixed};
    uint64_t seed = 8;

    for (size_t i = 0; i < COUNT(edges); i++) {
        fill_sample(edges[i], &seed);
        solve_sample();
        for_each_mode(check_under_every_isa);
    }
}

/* One edge in every place of an array long enough for every path through it. */
static void check_every_place_for(uint64_t value)
{
    enum { COUNT_OF_VALUES = 300 };
    static uint64_t values[COUNT_OF_VALUES];
    const bool square = slow_is_square(value);

    for (size_t i = 0; i < COUNT_OF_VALUES; i++)
        values[i] = 2;
    for (size_t i = 0; i < COUNT_OF_VALUES; i++) {
        uint64_t where = UINT64_MAX, found = 2;
        size_t consumed;

        values[i] = value;
        CHECK("count", csw_count_array(values, COUNT_OF_VALUES) == square);
        CHECK("index", csw_index_array(values, COUNT_OF_VALUES, 0, &where, 1, &consumed) == square);
        CHECK("filter", csw_filter_array(values, COUNT_OF_VALUES, &found, 1, &consumed) == square);
        CHECK("place", where == (square ? i : UINT64_MAX) && found == (square ? value : 2));
        values[i] = 2;
    }
}

static void check_every_place(void)
{
    check_every_place_for(UINT64_MAX);
    for (size_t i = 0; i < COUNT(edge_roots); i++)
        for (uint64_t off = 0; off < 3; off++)
            check_every_place_for(edge_roots[i] * edge_roots[i] + off - 1);
}

static void edges_are_told_in_every_place_of_an_array(void)
{
    for_each_isa(check_every_place);
}

static void check_no_room(void)
{
    static const uint64_t values[] = {2, 3, 4, 5};
    size_t consumed = 42;

    CHECK("filter", csw_filter_array(values, 4, NULL, 0, &consumed) == 0 && consumed == 2);
    CHECK("index", csw_index_array(values, 4, 0, NULL, 0, &consumed) == 0 && consumed == 2);
    CHECK("no square", csw_filter_array(values, 2, NULL, 0, &consumed) == 0 && consumed == 2);
    CHECK("nothing", csw_filter_array(NULL, 0, NULL, 0, &consumed) == 0 && consumed == 0);
    CHECK("nothing", csw_index_array(NULL, 0, 0, NULL, 0, &consumed) == 0 && consumed == 0);
    CHECK("nothing", csw_count_array(NULL, 0) == 0);
}

static void no_values_or_no_room_need_no_memory(void)
{
    for_each_isa(check_no_room);
}

static const struct test tests[] = {
    TEST(every_line_of_isas_def_is_an_instruction_set_of_that_name),
    TEST(an_instruction_set_can_be_used_or_says_what_it_needs),
    TEST(an_unknown_instruction_set_is_refused_and_changes_nothing),
    TEST(the_best_instruction_set_is_the_one_in_use),
    TEST(roots_and_squares_are_exact_in_every_rounding_mode),
    TEST(the_residues_of_squares_are_those_of_the_constant),
    TEST(counts_of_ranges_are_exact_at_their_ends),
    TEST(counts_of_random_ranges_are_exact_in_every_rounding_mode),
    TEST(lists_of_ranges_go_on_where_they_stopped),
    TEST(lists_of_ranges_are_the_same_in_every_rounding_mode),
    TEST(an_empty_range_lists_nothing_however_often_it_is_asked),
    TEST(lists_that_go_past_the_caches_are_the_same),
    TEST(a_capacity_without_end_lists_the_range),
    TEST(arrays_of_every_length_and_alignment_are_right),
    TEST(arrays_next_to_forbidden_pages_are_right),
    TEST(every_capacity_stops_where_it_is_full),
    TEST(an_array_is_resumed_in_pieces),
    TEST(arrays_that_turn_dense_and_sparse_are_right),
    TEST(every_rounding_mode_gives_the_same_squares),
    TEST(edges_are_told_in_every_place_of_an_array),
    TEST(no_values_or_no_room_need_no_memory),
};

int main(void)
{
    open_arena(&input);
    open_arena(&output);
    return RUN_TESTS("squares", tests);
}
