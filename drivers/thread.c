/* thread.c - see thread.h */
#include "thread.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

/* 0 or an errno. */
static int set_affinity(pthread_attr_t *attributes, int pu)
{
    const size_t bytes = CPU_ALLOC_SIZE(pu + 1);
    cpu_set_t *set = CPU_ALLOC(pu + 1);

    if (!set)
        return ENOMEM;
    CPU_ZERO_S(bytes, set);
    CPU_SET_S((size_t)pu, bytes, set);
    const int code = pthread_attr_setaffinity_np(attributes, bytes, set);

    CPU_FREE(set);
    return code;
}

int csw_thread_start(struct csw_recruit *recruit, const struct csw_placement *placement,
                     void *(*start)(void *), struct csw_err *err)
{
    const unsigned worker = recruit->worker;
    const int pu = placement->pu[worker];
    const bool bound = pu != CSW_PU_ANY && csw_topo_is_here(placement->topo);
    pthread_attr_t attributes;
    int code = pthread_attr_init(&attributes);

    if (code == 0) {
        code = bound ? set_affinity(&attributes, pu) : 0;
        if (code == 0)
            code = pthread_create(&recruit->thread, &attributes, start, recruit);
        pthread_attr_destroy(&attributes);
    }
    if (code == EINVAL && bound)
        return csw_fail(err, -code, "cannot bind worker %u to CPU %d: %s", worker, pu,
                        strerror(code));
    return code == 0 ? 0
                     : csw_fail(err, -code, "pthread_create failed for worker %u of %u: %s", worker,
                                placement->workers, strerror(code));
}
