/* openmp_runtime.c - the OpenMP runtime of the compiler, bare: libgomp of gcc, libomp of clang. */
#include <errno.h>
#include <omp.h>

#include "peer.h"

static int openmp_open(void **ret_pool, const struct bench_peer *self,
                       const struct bench_region *region, struct csw_err *err)
{
    (void)self;
    (void)err;
    omp_set_dynamic(0);
    *ret_pool = (void *)region;
    return 0;
}

static void run_each(const struct bench_region *region)
{
#pragma omp parallel num_threads(region->workers)
    bench_task(region->load, (size_t)omp_get_thread_num());
}

static void run_dynamic(const struct bench_region *region)
{
#pragma omp parallel for num_threads(region->workers) schedule(dynamic, 1)
    for (size_t task = 0; task < region->tasks; task++)
        bench_task(region->load, task);
}

static int openmp_run(void *pool, struct csw_err *err)
{
    const struct bench_region *region = pool;

    (void)err;
    if (region->dynamic)
        run_dynamic(region);
    else
        run_each(region);
    return 0;
}

static void openmp_close(void *pool)
{
    (void)pool; /* the runtime keeps its threads */
}

const struct bench_peer bench_peer_openmp_runtime = {
#ifdef __clang__
    .name = "libomp",
#else
    .name = "libgomp",
#endif
    .open = openmp_open,
    .run = openmp_run,
    .close = openmp_close,
};
