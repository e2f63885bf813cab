/* memory.c - see memory.h */
#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/files.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define HUGE_PAGE (2 * MIB)

/* A pass moves a multiple of this: no loop needs to take care of a rest. */
#define GRAIN (4 * KIB)

#define STRETCH (8 * MIB)
#define LEAST_DRAM (256 * MIB)

/* Arrays start at different offsets: a load and a store 4 KiB apart look alike to some CPUs. */
#define STAGGER (4 * KIB + 512)

const char *bench_level_name(enum bench_level level)
{
    static const char *const names[BENCH_LEVELS] = {"L1", "L2", "L3", "DRAM"};

    return names[level];
}

/* ---- sizes ---------------------------------------------------------------------------------- */

/* The C library's answers are wrong on some virtual machines, the kernel's are not. */
static char *cache_property(unsigned index, const char *property)
{
    char path[96];

    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%u/%s", index, property);
    return csw_file_line("", path);
}

static void read_cache(struct bench_sizes *sizes, unsigned index)
{
    char *level = cache_property(index, "level"), *type = cache_property(index, "type");
    char *size = cache_property(index, "size");
    const unsigned long number = level ? strtoul(level, NULL, 10) : 0;

    if (size && type && strcmp(type, "Instruction") != 0 && number >= 1 && number <= 3)
        sizes->cache_bytes[BENCH_L1 + number - 1] = strtoul(size, NULL, 10) * KIB;
    free(level);
    free(type);
    free(size);
}

static size_t whole_grains(size_t bytes)
{
    return bytes / GRAIN * GRAIN;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

void bench_sizes_read(struct bench_sizes *ret_sizes, unsigned cores)
{
    struct bench_sizes sizes = {0};
    size_t *const cache = sizes.cache_bytes, *const pass = sizes.pass_bytes;

    for (unsigned index = 0; index < 8; index++)
        read_cache(&sizes, index);
    if (cache[BENCH_L1] == 0)
        cache[BENCH_L1] = 32 * KIB;
    if (cache[BENCH_L2] == 0)
        cache[BENCH_L2] = 512 * KIB;
    pass[BENCH_L1] = whole_grains(cache[BENCH_L1] / 2);
    pass[BENCH_L2] = whole_grains(cache[BENCH_L2] * 3 / 8);
    if (cache[BENCH_L3] >= 4 * cache[BENCH_L2])
        pass[BENCH_L3] = whole_grains(most(cache[BENCH_L3] / 2 / (cores + 2), 2 * cache[BENCH_L2]));
    pass[BENCH_DRAM] = STRETCH;
    sizes.lead_parts = (most(cache[BENCH_L3], cache[BENCH_L2]) + STRETCH - 1) / STRETCH;
    sizes.dram_bytes = most(LEAST_DRAM, 8 * sizes.lead_parts * STRETCH);
    *ret_sizes = sizes;
}

/* ---- arrays --------------------------------------------------------------------------------- */

/* NULL: no memory. `number` is the array's place among all. */
static uint64_t *pages_new(size_t bytes, unsigned number)
{
    const size_t offset = number * STAGGER, wanted = bytes + offset + HUGE_PAGE;
    char *pages = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return NULL;
    pages += HUGE_PAGE - (size_t)pages % HUGE_PAGE;
    madvise(pages, wanted - HUGE_PAGE, MADV_HUGEPAGE); /* refused: small pages will do */
    return (uint64_t *)(pages + offset);
}

static int array_open(struct bench_array *ret_array, size_t bytes, size_t part_bytes,
                      unsigned number, struct csw_err *err)
{
    struct bench_array array = {
        .values = pages_new(bytes, number),
        .parts = bytes / part_bytes,
        .part_count = part_bytes / sizeof *array.values,
    };

    if (!array.values)
        return csw_fail(err, -ENOMEM, "no memory for arrays of %zu MiB", bytes / MIB);
    *ret_array = array;
    return 0;
}

static void sum_levels(struct bench_memory *memory, const struct bench_sizes *sizes)
{
    const uint64_t *values = memory->big[BENCH_RANDOM].values;

    for (unsigned level = 0; level < BENCH_LEVELS; level++)
        for (size_t i = 0; i < sizes->pass_bytes[level] / sizeof *values; i++)
            memory->sum[level] += values[i];
}

int bench_memory_open(struct bench_memory *ret_memory, const struct bench_sizes *sizes,
                      unsigned big_inputs, uint64_t seed, struct csw_err *err)
{
    const size_t small = sizes->pass_bytes[BENCH_L2], part = sizes->pass_bytes[BENCH_DRAM];
    struct bench_memory memory = {.out = pages_new(sizes->dram_bytes, 2 * BENCH_INPUTS)};

    if (!memory.out)
        return csw_fail(err, -ENOMEM, "no memory for results");
    memset(memory.out, 1, sizes->dram_bytes);
    for (unsigned input = 0; input < BENCH_INPUTS; input++) {
        struct bench_array *big = &memory.big[input];
        int code = array_open(&memory.small[input], small, small, input, err);

        if (code == 0 && big_inputs & BENCH_IN(input))
            code = array_open(big, sizes->dram_bytes, part, BENCH_INPUTS + input, err);
        if (code < 0)
            return code;
        bench_array_draw(big, (enum bench_input)input, seed);
    }
    bench_memory_redraw(&memory, seed);
    sum_levels(&memory, sizes);
    *ret_memory = memory;
    return 0;
}

void bench_memory_redraw(struct bench_memory *memory, uint64_t seed)
{
    for (unsigned input = 0; input < BENCH_INPUTS; input++)
        bench_array_draw(&memory->small[input], (enum bench_input)input, seed);
}
