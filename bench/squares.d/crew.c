/* crew.c - see crew.h */
#include "crew.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_NS UINT64_C(1000000000)

/* Above every ordinary thread: an interruption of some ms would be most of a sample. */
static bool take_precedence(void)
{
    const struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};

    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &lowest) == 0;
}

static void sit_down(struct bench_seat *seat)
{
    struct bench_crew *crew = seat->crew;

    seat->code = csw_placement_bind(&crew->placement, seat->number, &seat->err);
    seat->real_time = take_precedence();
}

static void work(void *context, unsigned number, struct csw_share *share)
{
    const struct bench_crew *crew = context;

    *share = (struct csw_share){.cpu = -1};
    crew->task(&crew->seats[number], crew->argument);
}

static void *seat_main(void *argument)
{
    struct bench_seat *seat = argument;

    sit_down(seat);
    csw_pool_serve(seat->crew->pool, seat->number, work, seat->crew);
    return NULL;
}

static void wait_for_others(struct bench_crew *crew)
{
    bool done = csw_pool_spin(crew->pool);

    while (!done)
        done = csw_pool_sleep(crew->pool, JOIN_NS);
}

static int place(struct bench_crew *crew, const struct csw_topo *topo, struct csw_err *err)
{
    int code = csw_placement_init(&crew->placement, topo, "cores", crew->cores, err);

    if (code == 0)
        code = csw_placement_probe(&crew->placement, err);
    snprintf(crew->unbound, sizeof crew->unbound, "%s", crew->placement.cannot);
    return code;
}

/* The threads first, then the caller: see drivers/pthread.c. */
static int seat_all(struct bench_crew *crew, struct csw_err *err)
{
    const int code = csw_pool_map(&crew->pool, &crew->placement, 0, err);

    if (code < 0)
        return code;
    for (unsigned i = 0; i < crew->cores; i++) {
        struct bench_seat *seat = &crew->seats[i];

        *seat = (struct bench_seat){.crew = crew, .number = i};
        if (i > 0 && pthread_create(&seat->thread, NULL, seat_main, seat) != 0)
            return csw_fail(err, -EAGAIN, "cannot start thread %u", i);
    }
    sit_down(&crew->seats[0]);
    while (!csw_pool_await_ready(crew->pool, crew->cores - 1, JOIN_NS))
        ;
    for (unsigned i = 0; i < crew->cores; i++)
        if (crew->seats[i].code < 0) {
            *err = crew->seats[i].err;
            return err->code;
        }
    return 0;
}

int bench_crew_open(struct bench_crew *ret_crew, const struct csw_topo *topo, struct csw_err *err)
{
    struct bench_crew *crew = ret_crew;

    memset(crew, 0, sizeof *crew);
    crew->cores = csw_topo_cores(topo);
    crew->seats = calloc(crew->cores, sizeof *crew->seats);
    if (!crew->seats)
        return csw_fail(err, -ENOMEM, "no memory for %u threads", crew->cores);
    const int code = place(crew, topo, err);

    return code < 0 ? code : seat_all(crew, err);
}

void bench_crew_run(struct bench_crew *crew, bool all, bench_task *task, void *argument)
{
    const bool others = all && crew->cores > 1;

    crew->task = task;
    crew->argument = argument;
    crew->working = others ? crew->cores : 1;
    atomic_store(&crew->at_start, 0);
    if (others)
        csw_pool_release(crew->pool, crew->cores - 1);
    task(&crew->seats[0], argument);
    if (others)
        wait_for_others(crew);
}

void bench_crew_meet(struct bench_crew *crew)
{
    atomic_fetch_add(&crew->at_start, 1);
    while (atomic_load_explicit(&crew->at_start, memory_order_relaxed) < crew->working)
        ;
}

void bench_crew_close(struct bench_crew *crew)
{
    if (crew->pool)
        csw_pool_stop(crew->pool);
    for (unsigned i = 1; i < crew->cores; i++)
        pthread_join(crew->seats[i].thread, NULL);
    csw_pool_unmap(crew->pool);
    csw_placement_release(&crew->placement);
    free(crew->seats);
}
