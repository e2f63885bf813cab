/* data.c - the memory that kernels keep their data in: see kernel.h, memory.h and data.h. */
#include "data.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <coresweep/kernel.h>
#include <coresweep/memory.h>

#include "usage.h"

struct mapping {
    void *start;
    uint64_t bytes;
    struct mapping *next;
};

static const struct csw_memory ordinary;
static const struct csw_memory *in_use = &ordinary;
static struct mapping *mappings;

void csw_memory_use(const struct csw_memory *memory)
{
    in_use = memory ? memory : &ordinary;
}

/* There are no mappings of nothing. */
static size_t mapped_bytes(uint64_t bytes)
{
    return bytes > 0 ? bytes : 1;
}

/* Shared, so that forked workers fill it for each other; without reserve, since most is filled. */
static int map_pages(void **ret_start, uint64_t bytes, struct csw_err *err)
{
    const size_t mapped = mapped_bytes(bytes);
    void *start = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (start == MAP_FAILED)
        return csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " bytes of data", bytes);
    const int code = csw_memory_apply(in_use, start, mapped, err);

    if (code < 0)
        munmap(start, mapped);
    else
        *ret_start = start;
    return code;
}

int csw_data_map(void **ret_data, uint64_t bytes, struct csw_err *err)
{
    struct mapping *mapping = malloc(sizeof *mapping);
    void *start = NULL;
    const int code =
        mapping ? map_pages(&start, bytes, err) : csw_fail(err, -ENOMEM, "no memory to map data");

    if (code < 0) {
        free(mapping);
        return code;
    }
    *mapping = (struct mapping){.start = start, .bytes = bytes, .next = mappings};
    mappings = mapping;
    *ret_data = start;
    return 0;
}

void csw_data_unmap(void *data)
{
    for (struct mapping **at = &mappings; *at; at = &(*at)->next) {
        struct mapping *mapping = *at;

        if (mapping->start != data)
            continue;
        munmap(mapping->start, mapped_bytes(mapping->bytes));
        *at = mapping->next;
        free(mapping);
        return;
    }
}

uint64_t csw_data_bytes(void)
{
    uint64_t bytes = 0;

    for (const struct mapping *mapping = mappings; mapping; mapping = mapping->next)
        bytes += mapping->bytes;
    return bytes;
}

double csw_data_huge_bytes(void)
{
    double bytes = 0;

    for (const struct mapping *mapping = mappings; mapping; mapping = mapping->next) {
        const size_t mapped = mapped_bytes(mapping->bytes);
        /* what only workers touched is not in the page tables that smaps counts; Linux 5.14 */
        const bool seen = madvise(mapping->start, mapped, MADV_POPULATE_READ) == 0;

        bytes += seen ? csw_usage_huge("", mapping->start, mapped) : NAN;
    }
    return bytes;
}
