/* gate.c - see gate.h. The clock is read only to bound how long a waiter spins. */
#include "gate.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

/* PAUSE this long, then yield. Longer gains nothing: the other side is not in the hot case. */
#define PAUSE_NS 4000u
/* A worker sleeps after this long. */
#define WORKER_SPIN_NS 100000u
/* The leader spins past the 25..60 us that waking a sleeping worker takes on a virtual CPU. */
#define LEADER_SPIN_NS 200000u
/* PAUSE takes 10 to 140 cycles: this many between two looks at the clock are below 1 us. */
#define PAUSES_PER_LOOK 16

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static inline void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb"); /* yield does nothing on most cores */
#endif
}

static void futex_wait(const struct csw_gate *gate, _Atomic uint32_t *word, uint32_t value,
                       const struct timespec *timeout)
{
    const int flag = gate->between_processes ? 0 : FUTEX_PRIVATE_FLAG;

    /* EAGAIN, EINTR and ETIMEDOUT all mean: look again. */
    syscall(SYS_futex, word, FUTEX_WAIT | flag, value, timeout, NULL, 0);
}

static void futex_wake_all(const struct csw_gate *gate, _Atomic uint32_t *word)
{
    const int flag = gate->between_processes ? 0 : FUTEX_PRIVATE_FLAG;

    syscall(SYS_futex, word, FUTEX_WAKE | flag, INT_MAX, NULL, NULL, 0);
}

static inline bool is(_Atomic uint32_t *word, uint32_t value)
{
    return atomic_load_explicit(word, memory_order_acquire) == value;
}

/* PAUSE a few times, looking at the word each time. True once (*word == value) is `wanted`. */
static bool pause_until(_Atomic uint32_t *word, uint32_t value, bool wanted)
{
    for (int i = 0; i < PAUSES_PER_LOOK; i++) {
        if (is(word, value) == wanted)
            return true;
        pause_cpu();
    }
    return false;
}

/* Spins until (*word == value) is `wanted`, for spin_ns at most. True when it was in time. */
static bool spin_until(_Atomic uint32_t *word, uint32_t value, bool wanted, uint64_t spin_ns)
{
    const uint64_t start_ns = now_ns();
    uint64_t spun_ns = 0;

    while (spun_ns < spin_ns) {
        if (spun_ns < PAUSE_NS ? pause_until(word, value, wanted) : is(word, value) == wanted)
            return true;
        if (spun_ns >= PAUSE_NS)
            sched_yield();
        spun_ns = now_ns() - start_ns;
    }
    return is(word, value) == wanted;
}

void csw_gate_init(struct csw_gate *ret_gate, uint32_t arrivals, bool between_processes)
{
    atomic_init(&ret_gate->epoch, 0);
    atomic_init(&ret_gate->sleepers, 0);
    atomic_init(&ret_gate->running, arrivals);
    atomic_init(&ret_gate->leader_sleeps, 0);
    ret_gate->between_processes = between_processes;
}

/*
 * epoch and sleepers form a Dekker pair, hence sequentially consistent: a worker that this leader
 * does not see among the sleepers will find the new epoch when it enters the futex.
 */
void csw_gate_release(struct csw_gate *gate, uint32_t arrivals)
{
    atomic_store_explicit(&gate->running, arrivals, memory_order_relaxed);
    atomic_fetch_add(&gate->epoch, 1);
    if (atomic_load(&gate->sleepers) > 0)
        futex_wake_all(gate, &gate->epoch);
}

uint32_t csw_gate_wait(struct csw_gate *gate, uint32_t seen)
{
    if (!spin_until(&gate->epoch, seen, false, WORKER_SPIN_NS)) {
        atomic_fetch_add(&gate->sleepers, 1);
        while (atomic_load(&gate->epoch) == seen)
            futex_wait(gate, &gate->epoch, seen, NULL);
        atomic_fetch_sub(&gate->sleepers, 1);
    }
    return atomic_load_explicit(&gate->epoch, memory_order_acquire);
}

void csw_gate_arrive(struct csw_gate *gate)
{
    if (atomic_fetch_sub(&gate->running, 1) == 1 && atomic_load(&gate->leader_sleeps))
        futex_wake_all(gate, &gate->running);
}

bool csw_gate_spin(struct csw_gate *gate)
{
    return spin_until(&gate->running, 0, true, LEADER_SPIN_NS);
}

bool csw_gate_sleep(struct csw_gate *gate, uint64_t timeout_ns)
{
    const struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / NS_PER_S),
        .tv_nsec = (long)(timeout_ns % NS_PER_S),
    };

    atomic_store(&gate->leader_sleeps, 1);
    const uint32_t running = atomic_load(&gate->running);

    if (running > 0)
        futex_wait(gate, &gate->running, running, &timeout);
    atomic_store(&gate->leader_sleeps, 0);
    return is(&gate->running, 0);
}
