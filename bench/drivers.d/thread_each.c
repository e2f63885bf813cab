/* thread_each.c - threads made for every region and joined at its end. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "handout.h"

struct pool {
    const struct bench_region *region;
    _Atomic size_t next;
    struct seat {
        struct pool *pool;
        unsigned worker;
        pthread_t thread;
    } seat[];
};

static int thread_each_open(void **ret_pool, const struct bench_peer *self,
                            const struct bench_region *region, struct csw_err *err)
{
    struct pool *pool = calloc(1, sizeof *pool + region->workers * sizeof *pool->seat);

    (void)self;
    if (!pool)
        return csw_fail(err, -ENOMEM, "no memory for %u threads", region->workers);
    pool->region = region;
    *ret_pool = pool;
    return 0;
}

static void *seat_main(void *opaque)
{
    const struct seat *seat = opaque;

    bench_handout(seat->pool->region, seat->worker, &seat->pool->next);
    return NULL;
}

static int thread_each_run(void *opaque, struct csw_err *err)
{
    struct pool *pool = opaque;
    const unsigned workers = pool->region->workers;
    unsigned started = 1;

    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    for (; started < workers; started++) {
        struct seat *seat = &pool->seat[started];

        *seat = (struct seat){.pool = pool, .worker = started};
        if (pthread_create(&seat->thread, NULL, seat_main, seat) != 0)
            break;
    }
    bench_handout(pool->region, 0, &pool->next);
    for (unsigned i = 1; i < started; i++)
        pthread_join(pool->seat[i].thread, NULL);
    return started == workers ? 0 : csw_fail(err, -EAGAIN, "cannot start thread %u", started);
}

const struct bench_peer bench_peer_thread_each = {
    .name = "create, join",
    .open = thread_each_open,
    .run = thread_each_run,
    .close = free,
};
