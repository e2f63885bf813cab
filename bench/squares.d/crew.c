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

static void *seat_main(void *argument)
{
    struct bench_seat *seat = argument;
    struct bench_crew *crew = seat->crew;
    uint32_t epoch = 0;

    sit_down(seat);
    for (;;) {
        csw_gate_arrive(&crew->gate);
        epoch = csw_gate_wait(&crew->gate, epoch);
        if (!crew->task)
            return NULL;
        crew->task(seat, crew->argument);
    }
}

static void wait_for_others(struct bench_crew *crew)
{
    bool arrived = csw_gate_spin(&crew->gate);

    while (!arrived)
        arrived = csw_gate_sleep(&crew->gate, JOIN_NS);
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
    csw_gate_init(&crew->gate, crew->cores - 1, false);
    for (unsigned i = 0; i < crew->cores; i++) {
        struct bench_seat *seat = &crew->seats[i];

        *seat = (struct bench_seat){.crew = crew, .number = i};
        if (i > 0 && pthread_create(&seat->thread, NULL, seat_main, seat) != 0)
            return csw_fail(err, -EAGAIN, "cannot start thread %u", i);
    }
    sit_down(&crew->seats[0]);
    if (crew->cores > 1)
        wait_for_others(crew);
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
        csw_gate_release(&crew->gate, crew->cores - 1);
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
    crew->task = NULL;
    if (crew->cores > 1) {
        csw_gate_release(&crew->gate, crew->cores - 1);
        for (unsigned i = 1; i < crew->cores; i++)
            pthread_join(crew->seats[i].thread, NULL);
    }
    csw_placement_release(&crew->placement);
    free(crew->seats);
}
