/*
 * openmp_kernel.c - the compiler's OpenMP runtime in a bare loop that calls coresweep's kernel and
 * adds up its tallies: what the driver openmp cannot be faster than.
 */
#include <omp.h>

#include <coresweep/kernel.h>

#include "peer.h"

static int kernel_open(void **ret_pool, const struct bench_peer *self,
                       const struct bench_region *region, struct csw_err *err)
{
    (void)self;
    (void)err;
    omp_set_dynamic(0);
    bench_items_load = region->load;
    *ret_pool = (void *)region;
    return 0;
}

static void add_items(struct csw_tally *sum, uint64_t task)
{
    const struct csw_tally tally = bench_items.scan(NULL, task, task + 1);

    csw_tally_add(sum, &tally);
}

static int kernel_run(void *pool, struct csw_err *err)
{
    const struct bench_region *region = pool;
    const long tasks = (long)region->tasks;

    (void)err;
#pragma omp parallel num_threads(region->workers)
    {
        struct csw_tally sum = {0};

        if (region->dynamic) {
#pragma omp for schedule(dynamic, 1) nowait
            for (long task = 0; task < tasks; task++)
                add_items(&sum, (uint64_t)task);
        } else {
            add_items(&sum, (uint64_t)omp_get_thread_num());
        }
        __asm__ volatile("" : : "r"(sum.items), "r"(sum.work), "r"(sum.hits), "r"(sum.digest));
    }
    return 0;
}

static void kernel_close(void *pool)
{
    (void)pool; /* the runtime keeps its threads */
}

const struct bench_peer bench_peer_openmp_kernel = {
#ifdef __clang__
    .name = "libomp + kernel",
#else
    .name = "libgomp + kernel",
#endif
    .open = kernel_open,
    .run = kernel_run,
    .close = kernel_close,
};
