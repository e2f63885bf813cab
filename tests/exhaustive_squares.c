/*
 * exhaustive_squares.c - the proof by trying that goes with the proofs in squares/: every root
 * there is, and every number of 32 bits.
 *
 *     exhaustive_squares array ISA MODE [PARTS]    r^2 - 1, r^2, r^2 + 1 through csw_count_array
 *     exhaustive_squares number MODE [PARTS]       and r^2 + 2r through csw_is_square and csw_isqrt
 *     exhaustive_squares every [PARTS]             every x below 2^32, under every instruction set
 *
 * MODE is a rounding mode: nearest, upward, downward or zero. With PARTS it looks only at the first
 * and the last so many parts of 2^18, and at as many anywhere. Exits with 1 at the first wrong
 * answer, and with 77 where this CPU lacks the instruction set.
 *
 * Expectations come from integers alone: that a list holds the squares is seen from its
 * differences, and r^2 - 1 and r^2 + 1 are squares only for r = 1 and r = 0.
 */
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <coresweep/squares.h>

#include "reference.h"

#define BLOCK 8192u /* 64 KiB: what is generated is tested while it is in the cache */
#define PART (UINT64_C(1) << 18)
#define PARTS ((UINT64_C(1) << 32) / PART)
#define GROUP 16u /* squares/blocks.h tests so many values at once */
#define MOST_THREADS 256u
#define SKIPPED 77

/* How a block beginning at root or number `start` is checked; false: *ret_wrong was answered
 * wrongly.
 */
typedef bool check_block(uint64_t start, uint64_t *ret_wrong);

static struct {
    check_block *check;
    int mode;
    uint64_t few; /* of how many parts at each end, and anywhere; 0: all parts */
    atomic_uint_fast64_t next;
    atomic_bool stop;
    pthread_mutex_t lock;
    bool wrong;
    uint64_t wrong_start, wrong_x; /* of the lowest block that was wrong */
} job = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- arrays --------------------------------------------------------------------------------- */

/* The first of the values that is answered wrongly in its place of a group, otherwise the first. */
static uint64_t locate(const uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t group[GROUP];

        for (size_t lane = 0; lane < GROUP; lane++)
            group[lane] = lane == i % GROUP ? values[i] : 2;
        if (csw_count_array(group, GROUP) != slow_is_square(values[i]))
            return values[i];
    }
    return values[0];
}

static bool has_squares(const uint64_t *values, size_t count, size_t squares, uint64_t *ret_wrong)
{
    if (csw_count_array(values, count) == squares)
        return true;
    *ret_wrong = locate(values, count);
    return false;
}

/* What makes the numbers must not take longer than what tests them. */
#if defined __x86_64__
#define FAST __attribute__((target_clones("avx2", "default")))
#else
#define FAST
#endif

/* Whether the block is the squares of root, root + 1, ... */
FAST static bool is_list_of_squares(const uint64_t *block, uint64_t root)
{
    uint64_t differences = block[0] ^ root * root;

    for (uint64_t i = 0; i + 1 < BLOCK; i++)
        differences |= (block[i + 1] - block[i]) ^ (2 * (root + i) + 1);
    return differences == 0;
}

FAST static void add_to_all(uint64_t *block, uint64_t add)
{
    for (size_t i = 0; i < BLOCK; i++)
        block[i] += add;
}

/*
 * The squares four times, each time four places further on: the vectors of a group need not all go
 * through the same arithmetic, and every root must go through all of it.
 */
static bool check_roots(uint64_t root, uint64_t *ret_wrong)
{
    uint64_t block[BLOCK], resume = 0;

    *ret_wrong = root * root;
    if (csw_list_range(root * root, UINT64_MAX, &resume, block, BLOCK) != BLOCK ||
        !is_list_of_squares(block, root))
        return false;
    for (size_t shift = 0; shift < GROUP; shift += 4)
        if (!has_squares(block + shift, BLOCK - shift, BLOCK - shift, ret_wrong))
            return false;
    add_to_all(block, UINT64_MAX);
    if (!has_squares(block, BLOCK, root == 0, ret_wrong))
        return false;
    add_to_all(block, 2);
    return has_squares(block, BLOCK, root == 0, ret_wrong);
}

static bool check_every_number(uint64_t start, uint64_t *ret_wrong)
{
    uint64_t block[BLOCK];

    for (uint64_t i = 0; i < BLOCK; i++)
        block[i] = start + i;
    return has_squares(block, BLOCK, slow_count_range(start, start + BLOCK - 1), ret_wrong);
}

/* ---- single numbers ------------------------------------------------------------------------- */

/* 0 where both functions are right about x. */
static inline uint64_t errors_at(uint64_t x, uint64_t root, bool square)
{
    return (csw_isqrt(x) ^ root) | (csw_is_square(x) ^ square);
}

static bool is_right_about(uint64_t x)
{
    const uint64_t root = slow_isqrt(x);

    return errors_at(x, root, root * root == x) == 0;
}

static bool check_slowly(uint64_t root, uint64_t *ret_wrong)
{
    for (uint64_t r = root; r < root + BLOCK; r++) {
        const uint64_t near[] = {r * r - 1, r * r, r * r + 1, r * r + 2 * r};

        for (size_t i = 0; i < sizeof near / sizeof *near; i++)
            if (!is_right_about(near[i])) {
                *ret_wrong = near[i];
                return false;
            }
    }
    return true;
}

/* Roots 0 and 1, whose neighbours are squares, are left to the slow way; so is naming the culprit.
 */
static bool check_numbers(uint64_t root, uint64_t *ret_wrong)
{
    uint64_t errors = root == 0;

    for (uint64_t r = root < 2 ? 2 : root; r < root + BLOCK; r++) {
        const uint64_t square = r * r;

        errors |= errors_at(square - 1, r - 1, false) | errors_at(square, r, true) |
                  errors_at(square + 1, r, false) | errors_at(square + 2 * r, r, false);
    }
    return errors == 0 || check_slowly(root, ret_wrong);
}

/* ---- all of it, on all CPUs ----------------------------------------------------------------- */

static uint64_t part_at(uint64_t i)
{
    uint64_t seed = i;

    if (job.few == 0 || i < job.few)
        return i;
    return i < 2 * job.few ? PARTS - 1 - (i - job.few) : next_random(&seed) % PARTS;
}

static uint64_t count_parts(void)
{
    return job.few == 0 ? PARTS : 3 * job.few;
}

static void note_wrong(uint64_t start, uint64_t x)
{
    pthread_mutex_lock(&job.lock);
    if (!job.wrong || start < job.wrong_start) {
        job.wrong = true;
        job.wrong_start = start;
        job.wrong_x = x;
    }
    pthread_mutex_unlock(&job.lock);
    atomic_store(&job.stop, true);
}

static void check_part(uint64_t part)
{
    uint64_t wrong = 0;

    for (uint64_t start = part * PART; start < (part + 1) * PART; start += BLOCK)
        if (!job.check(start, &wrong)) {
            note_wrong(start, wrong);
            return;
        }
}

static void *worker_main(void *unused)
{
    uint64_t i;

    fesetround(job.mode);
    while (!atomic_load(&job.stop) && (i = atomic_fetch_add(&job.next, 1)) < count_parts())
        check_part(part_at(i));
    return unused;
}

/* On the caller's thread and one more for every further CPU, as far as they can be had. */
static unsigned work_on_all_cpus(void)
{
    pthread_t threads[MOST_THREADS];
    unsigned started = 0;
    cpu_set_t cpus;
    const unsigned wanted = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;

    while (started + 1 < wanted && started < MOST_THREADS &&
           pthread_create(&threads[started], NULL, worker_main, NULL) == 0)
        started++;
    worker_main(NULL);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started + 1;
}

static double seconds(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Returns the exit code. `values`: how many answers a root or number asks for. */
static int run_pass(const char *isa, const char *mode, check_block *check, uint64_t values)
{
    const double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

    job.check = check;
    atomic_store(&job.next, 0);
    const unsigned threads = work_on_all_cpus();
    const double wall_s = seconds(CLOCK_MONOTONIC) - wall;
    const double cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;

    fesetround(FE_TONEAREST);
    if (job.wrong) {
        printf("%s, %s: wrong about %llu, in the block that begins at %llu\n", isa, mode,
               (unsigned long long)job.wrong_x, (unsigned long long)job.wrong_start);
        return 1;
    }
    values *= count_parts() * PART;
    printf("%s, %s: %llu values, %.2f s on %u threads, %.2f s of CPU, %.3f ns a value\n", isa, mode,
           (unsigned long long)values, wall_s, threads, cpu_s, cpu_s * 1e9 / (double)values);
    return 0;
}

/* ---- command line --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int mode;
} modes[] = {
    {"nearest", FE_TONEAREST},
    {"upward", FE_UPWARD},
    {"downward", FE_DOWNWARD},
    {"zero", FE_TOWARDZERO},
};

static bool set_mode(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (name && strcmp(modes[i].name, name) == 0) {
            job.mode = modes[i].mode;
            return true;
        }
    return false;
}

static bool set_parts(const char *few)
{
    char *end = "";

    if (few)
        job.few = strtoull(few, &end, 10);
    return *end == '\0' && (!few || (job.few > 0 && job.few <= PARTS / 3));
}

static int usage(void)
{
    fputs("usage: exhaustive_squares array ISA MODE [PARTS] | number MODE [PARTS] | every [PARTS]\n"
          "MODE: nearest, upward, downward, zero\n",
          stderr);
    return 2;
}

static int pass_array(const char *isa, const char *mode)
{
    if (!csw_isa_use(isa)) {
        const char *reason = csw_isa_missing(isa);

        printf("%s: %s\n", isa, reason);
        return strcmp(reason, "unknown") == 0 ? usage() : SKIPPED;
    }
    return run_pass(isa, mode, check_roots, 3 + GROUP / 4);
}

static int pass_every(void)
{
    int code = 0;

    for (size_t i = 0; csw_isa_name(i) && code == 0; i++)
        if (csw_isa_use(csw_isa_name(i)))
            code = run_pass(csw_isa_name(i), "nearest", check_every_number, 1);
    return code;
}

int main(int argc, char **argv)
{
    const char *pass = argc > 1 ? argv[1] : "";

    job.mode = FE_TONEAREST;
    if (strcmp(pass, "array") == 0 && argc >= 4 && argc <= 5 && set_mode(argv[3]) &&
        set_parts(argv[4]))
        return pass_array(argv[2], argv[3]);
    if (strcmp(pass, "number") == 0 && argc >= 3 && argc <= 4 && set_mode(argv[2]) &&
        set_parts(argv[3]))
        return run_pass("single numbers", argv[2], check_numbers, 4);
    if (strcmp(pass, "every") == 0 && argc <= 3 && set_parts(argv[2]))
        return pass_every();
    return usage();
}
