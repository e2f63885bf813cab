/* warm.c - see warm.h */
#include "warm.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* ---- spinning ------------------------------------------------------------------------------- */

struct spinner {
    pthread_t thread;
    const struct csw_placement *placement;
    unsigned worker;
    uint64_t end_ns;
};

/* One that could not be bound warms whatever CPU it is given. */
static void *spin(void *argument)
{
    const struct spinner *spinner = argument;
    volatile uint64_t sink = 1;

    csw_placement_bind(spinner->placement, spinner->worker, NULL);
    while (csw_now_ns() < spinner->end_ns)
        for (int i = 0; i < 1000; i++)
            sink = sink * 3 + 1;
    return NULL;
}

static int spin_all(struct spinner *spinners, const struct csw_placement *placement, uint64_t ms,
                    struct csw_err *err)
{
    const uint64_t end_ns = csw_now_ns() + ms * CSW_NS_PER_MS;
    unsigned started = 0;
    int failed = 0;

    for (; failed == 0 && started < placement->workers; started += failed == 0) {
        spinners[started] =
            (struct spinner){.placement = placement, .worker = started, .end_ns = end_ns};
        failed = pthread_create(&spinners[started].thread, NULL, spin, &spinners[started]);
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(spinners[i].thread, NULL);
    return failed == 0 ? 0
                       : csw_fail(err, -failed, "cannot start %u threads to warm up: %s",
                                  placement->workers, strerror(failed));
}

int csw_warm_cpus(const struct csw_topo *topo, uint64_t ms, struct csw_err *err)
{
    struct csw_placement placement;
    int code = csw_placement_init(&placement, topo, "compact", csw_topo_pus(topo), err);

    if (code < 0)
        return code;
    struct spinner *spinners = calloc(placement.workers, sizeof *spinners);

    code = spinners ? spin_all(spinners, &placement, ms, err)
                    : csw_fail(err, -ENOMEM, "no memory for %u threads", placement.workers);
    free(spinners);
    csw_placement_release(&placement);
    return code;
}
