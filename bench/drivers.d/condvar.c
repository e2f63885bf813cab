/* condvar.c - the pool of the textbooks: a mutex, a condition to start and one to end. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "handout.h"

struct pool {
    const struct bench_region *region;
    _Alignas(128) _Atomic size_t next;
    _Alignas(128) pthread_mutex_t lock;
    pthread_cond_t start, end;
    unsigned long epoch; /* regions started */
    unsigned running, seated, threads;
    bool stop;
    pthread_t thread[];
};

static void leave(struct pool *pool)
{
    if (--pool->running == 0)
        pthread_cond_signal(&pool->end);
}

static void *worker_main(void *opaque)
{
    struct pool *pool = opaque;
    unsigned long seen = 0;

    pthread_mutex_lock(&pool->lock);
    const unsigned worker = ++pool->seated;

    for (;;) {
        while (pool->epoch == seen && !pool->stop)
            pthread_cond_wait(&pool->start, &pool->lock);
        if (pool->stop)
            break;
        seen = pool->epoch;
        pthread_mutex_unlock(&pool->lock);
        bench_handout(pool->region, worker, &pool->next);
        pthread_mutex_lock(&pool->lock);
        leave(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static int condvar_run(void *opaque, struct csw_err *err)
{
    struct pool *pool = opaque;

    (void)err;
    pthread_mutex_lock(&pool->lock);
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pool->running = pool->threads;
    pool->epoch++;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    bench_handout(pool->region, 0, &pool->next);
    pthread_mutex_lock(&pool->lock);
    while (pool->running > 0)
        pthread_cond_wait(&pool->end, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return 0;
}

static void condvar_close(void *opaque)
{
    struct pool *pool = opaque;

    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->start);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++)
        pthread_join(pool->thread[i], NULL);
    pthread_cond_destroy(&pool->end);
    pthread_cond_destroy(&pool->start);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static struct pool *pool_new(const struct bench_region *region)
{
    const size_t bytes = sizeof(struct pool) + region->workers * sizeof(pthread_t);
    struct pool *pool = aligned_alloc(_Alignof(struct pool), (bytes + 127) / 128 * 128);

    if (!pool)
        return NULL;
    *pool = (struct pool){.region = region};
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->start, NULL);
    pthread_cond_init(&pool->end, NULL);
    return pool;
}

static int condvar_open(void **ret_pool, const struct bench_peer *self,
                        const struct bench_region *region, struct csw_err *err)
{
    struct pool *pool = pool_new(region);

    (void)self;
    if (!pool)
        return csw_fail(err, -ENOMEM, "no memory for a pool of threads");
    while (pool->threads + 1 < region->workers) {
        if (pthread_create(&pool->thread[pool->threads], NULL, worker_main, pool) != 0) {
            condvar_close(pool);
            return csw_fail(err, -EAGAIN, "cannot start thread %u", pool->threads + 1);
        }
        pool->threads++;
    }
    *ret_pool = pool;
    return 0;
}

const struct bench_peer bench_peer_condvar = {
    .name = "condvar pool",
    .open = condvar_open,
    .run = condvar_run,
    .close = condvar_close,
};
