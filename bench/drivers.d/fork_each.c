/* fork_each.c - processes forked for every region and waited for at its end. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handout.h"

struct pool {
    const struct bench_region *region;
    _Atomic size_t *next; /* mapped, shared with the children */
    pid_t *child;         /* per worker; [0] is the caller and stays 0 */
};

static void fork_each_close(void *opaque)
{
    struct pool *pool = opaque;

    if (!pool)
        return;
    munmap(pool->next, sizeof *pool->next);
    free(pool->child);
    free(pool);
}

static int fork_each_open(void **ret_pool, const struct bench_peer *self,
                          const struct bench_region *region, struct csw_err *err)
{
    struct pool *pool = calloc(1, sizeof *pool);
    pid_t *child = calloc(region->workers, sizeof *child);
    void *next =
        mmap(NULL, sizeof(size_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)self;
    if (!pool || !child || next == MAP_FAILED) {
        if (next != MAP_FAILED)
            munmap(next, sizeof(size_t));
        free(child);
        free(pool);
        return csw_fail(err, -ENOMEM, "no memory for %u processes", region->workers);
    }
    *pool = (struct pool){.region = region, .next = next, .child = child};
    *ret_pool = pool;
    return 0;
}

static _Noreturn void child_main(const struct pool *pool, unsigned worker)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bench_handout(pool->region, worker, pool->next);
    _exit(0);
}

static int fork_each_run(void *opaque, struct csw_err *err)
{
    struct pool *pool = opaque;
    const unsigned workers = pool->region->workers;
    unsigned forked = 1;
    int code = 0;

    atomic_store_explicit(pool->next, 0, memory_order_relaxed);
    for (; forked < workers; forked++) {
        pool->child[forked] = fork();
        if (pool->child[forked] == 0)
            child_main(pool, forked);
        if (pool->child[forked] < 0) {
            code = csw_fail(err, -errno, "cannot fork process %u: %s", forked, strerror(errno));
            break;
        }
    }
    bench_handout(pool->region, 0, pool->next);
    for (unsigned i = 1; i < forked; i++)
        while (waitpid(pool->child[i], NULL, 0) < 0 && errno == EINTR)
            ;
    return code;
}

const struct bench_peer bench_peer_fork_each = {
    .name = "fork, wait",
    .open = fork_each_open,
    .run = fork_each_run,
    .close = fork_each_close,
};
