/* ours.c - coresweep's drivers as peers: a kernel whose items are the tasks of the region. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crew.h"
#include "peer.h"

/* How tasks are handed out where the caller waits for no worker that is still waking up. */
#define LATE "late:1"

/* Of the one pool of this process; kernels see no more of the caller than a task's size. */
const struct bench_load *bench_items_load;

static struct csw_tally items_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        bench_task(bench_items_load, item);
    return (struct csw_tally){.items = hi - lo};
}

static struct csw_tally items_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return (struct csw_tally){.items = hi - lo};
}

const struct csw_kernel bench_items = {
    .abi = CSW_KERNEL_ABI,
    .name = "items",
    .summary = "the tasks of a region",
    .unit = "tasks",
    .tasks = "1",
    .scan = items_scan,
    .expect = items_expect,
};

static const char *schedule_of(const struct bench_peer *self, const struct bench_region *region)
{
    if (self->late)
        return LATE;
    return region->dynamic ? "dynamic:1" : "static";
}

static int ours_open(void **ret_pool, const struct bench_peer *self,
                     const struct bench_region *region, struct csw_err *err)
{
    struct bench_crew *crew = malloc(sizeof *crew);
    char tasks[24];

    if (!crew)
        return csw_fail(err, -ENOMEM, "no memory for a team");
    snprintf(tasks, sizeof tasks, "%zu", region->tasks);
    bench_items_load = region->load;
    const struct bench_crew_setup setup = {.driver = self->driver,
                                           .kernel = &bench_items,
                                           .tasks = tasks,
                                           .schedule = schedule_of(self, region),
                                           .pin = "none",
                                           .workers = region->workers};
    const int code = bench_crew_open(crew, &setup, err);

    if (code < 0)
        free(crew);
    else
        *ret_pool = crew;
    return code;
}

static int ours_run(void *pool, struct csw_err *err)
{
    return bench_crew_run_bare(pool, err);
}

static void ours_close(void *pool)
{
    if (pool)
        bench_crew_close(pool);
    free(pool);
}

#define OURS(text, of, is_late)                                                                    \
    {                                                                                              \
        .name = text, .driver = of, .late = is_late, .open = ours_open, .run = ours_run,           \
        .close = ours_close                                                                        \
    }

static const struct bench_peer ours[] = {
    OURS("pthread", "pthread", false), OURS("pthread late", "pthread", true),
    OURS("fork", "fork", false),       OURS("fork late", "fork", true),
    OURS("openmp", "openmp", false),
};

/* Not those that the build lacks. */
const struct bench_peer *bench_ours_at(size_t index)
{
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        const struct csw_driver_entry *entry = csw_driver_find(ours[i].driver);

        if (entry && entry->driver && index-- == 0)
            return &ours[i];
    }
    return NULL;
}
