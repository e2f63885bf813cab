/* pthreadpool.c - the thread pool of XNNPACK and PyTorch: a range per thread, and stealing. */
#include <errno.h>
#include <pthreadpool.h>
#include <stdlib.h>

#include "peer.h"

struct pool {
    const struct bench_region *region;
    pthreadpool_t threads;
};

static int pthreadpool_open(void **ret_pool, const struct bench_peer *self,
                            const struct bench_region *region, struct csw_err *err)
{
    struct pool *pool = malloc(sizeof *pool);

    (void)self;
    if (!pool)
        return csw_fail(err, -ENOMEM, "no memory for a pool of threads");
    *pool = (struct pool){.region = region, .threads = pthreadpool_create(region->workers)};
    if (!pool->threads) {
        free(pool);
        return csw_fail(err, -EAGAIN, "pthreadpool made no pool of %u threads", region->workers);
    }
    *ret_pool = pool;
    return 0;
}

static void call_task(void *load, size_t task)
{
    bench_task(load, task);
}

static int pthreadpool_run(void *opaque, struct csw_err *err)
{
    const struct pool *pool = opaque;
    const struct bench_region *region = pool->region;

    (void)err;
    pthreadpool_parallelize_1d(pool->threads, call_task, region->load, region->tasks, 0);
    return 0;
}

static void pthreadpool_close(void *opaque)
{
    struct pool *pool = opaque;

    if (!pool)
        return;
    pthreadpool_destroy(pool->threads);
    free(pool);
}

const struct bench_peer bench_peer_pthreadpool = {
    .name = "pthreadpool",
    .open = pthreadpool_open,
    .run = pthreadpool_run,
    .close = pthreadpool_close,
};
