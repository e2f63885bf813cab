/* pool.c - see pool.h. The clock is read only to bound how long a waiter stays awake. */
#include "pool.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

/* Looks before the clock is read for the first time: a hot run is over by then. */
#define HOT_LOOKS 64
/* PAUSE this long, then yield. Longer gains nothing: the other side is not in the hot case. */
#define PAUSE_NS 4000u
/* PAUSE takes 10 to 140 cycles: this many between two looks at the clock are below 1 us. */
#define PAUSES_PER_LOOK 16
/* A worker sleeps after this long; sooner where a quota would be spent on waiting. */
#define WORKER_SPIN_NS 100000u
#define FRUGAL_SPIN_NS 20000u
/* A yield that took so long gave the CPU to somebody who wanted it. */
#define LOST_NS 500000u
/* For so long after that a worker does not wait awake. */
#define CROWDED_NS 100000000u
/* A worker leaves the leader's CPU no more often than that: the system may know why it is there. */
#define LEAVE_AGAIN_NS 10000000u
/* The leader spins past the 25..60 us that waking a sleeping worker takes on a virtual CPU. */
#define LEADER_SPIN_NS 200000u

/*
 * The entry of a run that workers join late: its number in the upper half, whether it is open and
 * how many are inside in the lower. In one word, so that a worker that overslept the run it was
 * called for enters neither that one nor, by mistake, another one twice.
 */
#define OPEN (UINT64_C(1) << 31)
#define INSIDE (OPEN - 1)
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a futex is the lower half of its word");

/* `awaited`: worker w, or all that are inside. */
#define ALL_INSIDE UINT32_MAX

/* ---- waiting -------------------------------------------------------------------------------- */

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

/* EAGAIN, EINTR and ETIMEDOUT all mean: look again. `timeout_ns` 0: until woken. */
static void futex_wait(const struct csw_pool *pool, const void *word, uint32_t value,
                       uint64_t timeout_ns)
{
    const int flag = pool->between_processes ? 0 : FUTEX_PRIVATE_FLAG;
    const struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / NS_PER_S),
        .tv_nsec = (long)(timeout_ns % NS_PER_S),
    };

    syscall(SYS_futex, word, FUTEX_WAIT | flag, value, timeout_ns > 0 ? &timeout : NULL, NULL, 0);
}

static void futex_wake(const struct csw_pool *pool, const void *word, int count)
{
    const int flag = pool->between_processes ? 0 : FUTEX_PRIVATE_FLAG;

    syscall(SYS_futex, word, FUTEX_WAKE | flag, count, NULL, NULL, 0);
}

/* When a worker last did or met something; 0: never. */
struct moments {
    uint64_t left_ns; /* left the leader's CPU */
    uint64_t lost_ns; /* lost its own to somebody else */
};

/*
 * Two threads that wait for each other by turns, each awake until it yields, look to the system
 * like two that get on well on one CPU: it may leave them there for ever, beside an idle one.
 */
static void leave_leader(const struct csw_pool *pool, struct moments *moments)
{
    const int cpu = sched_getcpu();
    const uint64_t time_ns = now_ns();

    if (cpu != atomic_load_explicit(&pool->leader_cpu, memory_order_relaxed) ||
        time_ns - moments->left_ns < LEAVE_AGAIN_NS)
        return;
    moments->left_ns = time_ns;
    csw_placement_leave(pool->placement, cpu);
}

/*
 * Beside a program that wants its CPU a worker sleeps as soon as there is nothing to do: who sleeps
 * is let in at once when it wakes, with a whole slice before it. One that has waited awake is out
 * of time in the middle of its work, and the leader waits with it for the other's slice.
 */
static bool is_crowded(const struct moments *moments)
{
    return moments->lost_ns > 0 && now_ns() - moments->lost_ns < CROWDED_NS;
}

/* What a waiter waits for. */
typedef bool condition(const struct csw_pool *, uint64_t argument);

static inline bool look(const struct csw_pool *pool, condition *holds, uint64_t argument, int times)
{
    for (int i = 0; i < times; i++) {
        if (holds(pool, argument))
            return true;
        pause_cpu();
    }
    return false;
}

/* PAUSE for as long as it takes when the other side is hot. True when the condition holds. */
static inline bool spin_pausing(const struct csw_pool *pool, condition *holds, uint64_t argument)
{
    const uint64_t start_ns = now_ns();

    while (now_ns() - start_ns < PAUSE_NS)
        if (look(pool, holds, argument, PAUSES_PER_LOOK))
            return true;
    return false;
}

/*
 * Yields for about spin_ns, or until somebody else has had the CPU for long, while the condition
 * does not hold. True when it does. That somebody is no other worker where each has a CPU; it may
 * be a hypervisor, which cannot be told from a program here.
 */
static inline bool spin_yielding(const struct csw_pool *pool, condition *holds, uint64_t argument,
                                 uint64_t spin_ns, struct moments *moments)
{
    const uint64_t start_ns = now_ns();

    for (uint64_t before_ns = start_ns, after_ns; before_ns - start_ns < spin_ns;
         before_ns = after_ns) {
        if (holds(pool, argument))
            return true;
        sched_yield();
        after_ns = now_ns();
        if (pool->seats_all && after_ns - before_ns > LOST_NS) {
            moments->lost_ns = after_ns;
            break;
        }
    }
    return holds(pool, argument);
}

/* ---- the pool ------------------------------------------------------------------------------- */

int csw_pool_map(struct csw_pool **ret_pool, const struct csw_placement *placement, unsigned flags,
                 struct csw_err *err)
{
    const unsigned workers = placement->workers;
    const size_t bytes =
        sizeof(struct csw_pool) + workers * (sizeof(struct csw_seat) + sizeof(struct csw_range));
    const int sharing = flags & CSW_POOL_PROCESSES ? MAP_SHARED : MAP_PRIVATE;
    struct csw_pool *pool =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

    if (pool == MAP_FAILED)
        return csw_fail(err, -ENOMEM, "no memory for a team of %u workers", workers);
    pool->late = flags & CSW_POOL_LATE;
    pool->between_processes = flags & CSW_POOL_PROCESSES;
    pool->workers = workers;
    pool->spin_ns = placement->throttled ? FRUGAL_SPIN_NS : WORKER_SPIN_NS;
    pool->bytes = bytes;
    pool->placement = placement;
    pool->seats_all = !placement->oversubscribed;
    pool->spreads = pool->seats_all && placement->policy == CSW_PIN_NONE && placement->topo;
    pool->leader_cpu = -1;
    pool->seat = (struct csw_seat *)(pool + 1);
    pool->range = (struct csw_range *)(pool->seat + workers);
    *ret_pool = pool;
    return 0;
}

void csw_pool_unmap(struct csw_pool *pool)
{
    if (pool)
        munmap(pool, pool->bytes);
}

/* ---- workers -------------------------------------------------------------------------------- */

static bool has_other_epoch(const struct csw_pool *pool, uint64_t seen)
{
    return atomic_load_explicit(&pool->epoch, memory_order_acquire) != seen;
}

/*
 * epoch and sleepers form a Dekker pair, hence sequentially consistent: a worker that the leader
 * does not see among the sleepers will find the new epoch when it enters the futex.
 */
static uint64_t await_epoch(struct csw_pool *pool, uint64_t seen, struct moments *moments)
{
    bool other = look(pool, has_other_epoch, seen, HOT_LOOKS);

    if (!other && !is_crowded(moments)) {
        other = spin_pausing(pool, has_other_epoch, seen);
        if (!other && pool->spreads)
            leave_leader(pool, moments);
        if (!other)
            other = spin_yielding(pool, has_other_epoch, seen, pool->spin_ns, moments);
    }
    if (!other) {
        atomic_fetch_add(&pool->sleepers, 1);
        while (atomic_load(&pool->epoch) == seen)
            futex_wait(pool, &pool->epoch, (uint32_t)seen, 0);
        atomic_fetch_sub(&pool->sleepers, 1);
    }
    return atomic_load_explicit(&pool->epoch, memory_order_acquire);
}

/* False where the run is over for those who are not inside, or another one has begun. */
static bool enter(struct csw_pool *pool, uint64_t epoch)
{
    uint64_t entry = atomic_load_explicit(&pool->entry, memory_order_relaxed);

    while (entry >> 32 == (uint32_t)epoch && (entry & OPEN))
        if (atomic_compare_exchange_weak_explicit(&pool->entry, &entry, entry + 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    return false;
}

static void leave(struct csw_pool *pool)
{
    const uint64_t left = atomic_fetch_sub(&pool->entry, 1) - 1;

    if ((left & (OPEN | INSIDE)) == 0 && atomic_load(&pool->awaited) == ALL_INSIDE)
        futex_wake(pool, &pool->entry, 1);
}

/* A share that is not stamped ends with the number of chunks, on the first line of the seat. */
static void sit_down(struct csw_seat *seat, const struct csw_share *share)
{
    const bool stamped = share->cpu >= 0;

    seat->bytes = stamped ? sizeof *share : offsetof(struct csw_share, start_ns);
    memcpy(seat->share, share, seat->bytes);
}

static void take_part(struct csw_pool *pool, unsigned worker, uint64_t epoch, csw_pool_work *work,
                      void *context)
{
    struct csw_seat *seat = &pool->seat[worker];
    struct csw_share share;

    __builtin_prefetch(seat, 1); /* the leader has read it: it takes as long to come as the work */
    work(context, worker, &share);
    sit_down(seat, &share);
    atomic_store(&seat->done, epoch);
    if (pool->late)
        leave(pool);
    else if (atomic_load(&pool->awaited) == worker)
        futex_wake(pool, &seat->done, 1);
}

void csw_pool_serve(struct csw_pool *pool, unsigned worker, csw_pool_work *work, void *context)
{
    struct moments moments = {0};
    uint64_t epoch = 0;

    atomic_fetch_add(&pool->ready, 1);
    futex_wake(pool, &pool->ready, 1);
    for (;;) {
        epoch = await_epoch(pool, epoch, &moments);
        if (atomic_load_explicit(&pool->stop, memory_order_relaxed))
            return;
        if (!pool->late || enter(pool, epoch))
            take_part(pool, worker, epoch, work, context);
    }
}

/* ---- the leader ----------------------------------------------------------------------------- */

bool csw_pool_await_ready(struct csw_pool *pool, unsigned workers, uint64_t timeout_ns)
{
    const uint32_t ready = atomic_load(&pool->ready);

    if (ready < workers)
        futex_wait(pool, &pool->ready, ready, timeout_ns);
    return atomic_load(&pool->ready) >= workers;
}

/* The others are woken when a run begins, except those for whom there would be nothing to do. */
static void wake_sleepers(struct csw_pool *pool, uint64_t count)
{
    if (count > 0 && atomic_load(&pool->sleepers) > 0)
        futex_wake(pool, &pool->epoch, count < INT_MAX ? (int)count : INT_MAX);
}

/* Written only where it changed: workers read it. */
static void note_leader_cpu(struct csw_pool *pool)
{
    const int cpu = sched_getcpu();

    if (cpu != atomic_load_explicit(&pool->leader_cpu, memory_order_relaxed))
        atomic_store_explicit(&pool->leader_cpu, cpu, memory_order_relaxed);
}

void csw_pool_release(struct csw_pool *pool, uint64_t helpers)
{
    const uint64_t epoch = atomic_load_explicit(&pool->epoch, memory_order_relaxed) + 1;

    if (pool->spreads)
        note_leader_cpu(pool);
    if (pool->late)
        atomic_store_explicit(&pool->entry, epoch << 32 | OPEN, memory_order_release);
    atomic_store(&pool->epoch, epoch);
    wake_sleepers(pool, pool->late ? helpers : INT_MAX);
}

void csw_pool_close_entry(struct csw_pool *pool)
{
    if (pool->late)
        atomic_fetch_and(&pool->entry, ~OPEN);
}

static bool nobody_is_inside(const struct csw_pool *pool, uint64_t ignored)
{
    (void)ignored;
    return (atomic_load_explicit(&pool->entry, memory_order_acquire) & INSIDE) == 0;
}

static bool is_done(const struct csw_pool *pool, uint64_t worker)
{
    const uint64_t epoch = atomic_load_explicit(&pool->epoch, memory_order_relaxed);

    return atomic_load_explicit(&pool->seat[worker].done, memory_order_acquire) == epoch;
}

static inline bool spin(const struct csw_pool *pool, condition *holds, uint64_t argument)
{
    struct moments moments = {0};

    return look(pool, holds, argument, HOT_LOOKS) || spin_pausing(pool, holds, argument) ||
           spin_yielding(pool, holds, argument, LEADER_SPIN_NS, &moments);
}

bool csw_pool_spin(struct csw_pool *pool)
{
    if (pool->late)
        return spin(pool, nobody_is_inside, 0);
    for (unsigned w = 1; w < pool->workers; w++)
        if (!spin(pool, is_done, w))
            return false;
    return true;
}

/* `awaited` and the word form a Dekker pair as above. True once the condition holds. */
static bool sleep_for(struct csw_pool *pool, uint32_t awaited, _Atomic uint64_t *word,
                      condition *holds, uint64_t timeout_ns)
{
    atomic_store(&pool->awaited, awaited);
    const uint64_t value = atomic_load(word);

    if (!holds(pool, awaited))
        futex_wait(pool, word, (uint32_t)value, timeout_ns);
    atomic_store(&pool->awaited, 0);
    return holds(pool, awaited);
}

bool csw_pool_sleep(struct csw_pool *pool, uint64_t timeout_ns)
{
    if (pool->late)
        return sleep_for(pool, ALL_INSIDE, &pool->entry, nobody_is_inside, timeout_ns);
    for (unsigned w = 1; w < pool->workers; w++)
        if (!is_done(pool, w) && !sleep_for(pool, w, &pool->seat[w].done, is_done, timeout_ns))
            return false;
    return true;
}

void csw_pool_collect(const struct csw_pool *pool, struct csw_share *ret_shares)
{
    for (unsigned w = 1; w < pool->workers; w++) {
        const struct csw_seat *seat = &pool->seat[w];

        ret_shares[w] = (struct csw_share){.cpu = -1};
        if (is_done(pool, w))
            memcpy(&ret_shares[w], seat->share, seat->bytes);
    }
}

void csw_pool_stop(struct csw_pool *pool)
{
    atomic_store(&pool->stop, true);
    atomic_fetch_add(&pool->epoch, 1);
    wake_sleepers(pool, INT_MAX);
}
