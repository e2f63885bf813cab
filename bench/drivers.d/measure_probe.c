/*
 * probe - how long a cache line takes from one CPU to another and back. A hypervisor may move its
 * virtual CPUs between nearer and farther cores at any time, which changes every hot latency by
 * factors; the probe tells where they are.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "harness/clock.h"
#include "measure.h"
#include "samples.h"

#define BATCHES 30
#define ROUND_TRIPS 100

struct ball {
    _Alignas(128) _Atomic uint32_t at;
    _Alignas(128) int cpu; /* of the other thread */
};

/* The ends of the affinity mask: with two CPUs, these. */
static void choose_cpus(int ret_cpu[2])
{
    cpu_set_t usable;

    sched_getaffinity(0, sizeof usable, &usable);
    ret_cpu[0] = ret_cpu[1] = -1;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &usable)) {
            if (ret_cpu[0] < 0)
                ret_cpu[0] = cpu;
            ret_cpu[1] = cpu;
        }
}

static void bind_to(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Waits for a number and answers with the next one. */
static void *answer(void *argument)
{
    struct ball *ball = argument;

    bind_to(ball->cpu);
    for (uint32_t trip = 0; trip < BATCHES * ROUND_TRIPS; trip++) {
        while (atomic_load_explicit(&ball->at, memory_order_acquire) != 2 * trip + 1)
            ;
        atomic_store_explicit(&ball->at, 2 * trip + 2, memory_order_release);
    }
    return NULL;
}

static void play(struct ball *ball, struct bench_samples *samples)
{
    uint32_t trip = 0;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        const uint64_t start_ns = csw_now_ns();

        for (unsigned i = 0; i < ROUND_TRIPS; i++, trip++) {
            atomic_store_explicit(&ball->at, 2 * trip + 1, memory_order_release);
            while (atomic_load_explicit(&ball->at, memory_order_acquire) != 2 * trip + 2)
                ;
        }
        bench_samples_add(samples, (double)(csw_now_ns() - start_ns) / ROUND_TRIPS);
    }
}

static int probe_take(const struct bench_options *options, struct bench_figures *figures,
                      struct csw_err *err)
{
    static struct bench_samples samples;
    static struct ball ball;
    pthread_t other;
    int cpu[2];

    (void)options;
    choose_cpus(cpu);
    if (cpu[0] == cpu[1])
        return csw_fail(err, -ENOTSUP, "the round trip between two CPUs needs two CPUs");
    ball.cpu = cpu[1];
    if (pthread_create(&other, NULL, answer, &ball) != 0)
        return csw_fail(err, -EAGAIN, "cannot start a thread");
    bind_to(cpu[0]);
    play(&ball, &samples);
    pthread_join(other, NULL);
    bench_figure(figures, "round_trip_ns", bench_samples_quantile(&samples, 0.5));
    return 0;
}

const struct bench_measure bench_measure_probe = {
    .name = "probe",
    .summary = "the round trip of a cache line between the first and the last CPU",
    .take = probe_take,
};
