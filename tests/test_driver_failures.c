/*
 * test_driver_failures.c - what happens when a call fails on which a driver depends: one sentence
 * that names it, or a run that is right all the same; everything undone; and the next team works.
 *
 * The program defines pthread_create, thrd_create, fork, mmap, sched_setaffinity and the calls of
 * an event loop itself, which takes precedence over the C library's, and lets the call fail that a
 * test asked for. Calls inside the C library do not pass here: what malloc maps, and the binding
 * that a thread is born with.
 */
#include "team.h"

#include <CUnit/CUnit.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "drivers/pool.h"
#include "suite.h"

#define WORKERS 4

/* ---- calls that fail on demand -------------------------------------------------------------- */

enum call {
    PTHREAD_CREATE,
    THRD_CREATE,
    FORK,
    MMAP,
    SCHED_SETAFFINITY,
    EPOLL_CREATE1,
    EPOLL_CTL,
    EPOLL_WAIT,
    TIMERFD_CREATE,
    TIMERFD_SETTIME,
    CALLS
};

struct fault {
    const char *call, *sentence; /* what an error says that is due to it */
    int code;                    /* errno */
    _Atomic int made;            /* calls since the program began */
    _Atomic int countdown;       /* the call that brings it to 0 fails; 0: none does */
};

static struct fault faults[CALLS] = {
    [PTHREAD_CREATE] = {"pthread_create", "pthread_create failed for worker", EAGAIN, 0, 0},
    [THRD_CREATE] = {"thrd_create", "thrd_create failed for worker", EAGAIN, 0, 0},
    [FORK] = {"fork", "fork failed for worker", EAGAIN, 0, 0},
    [MMAP] = {"mmap", "no memory for a team of 4", ENOMEM, 0, 0},
    [SCHED_SETAFFINITY] = {"sched_setaffinity", "cannot bind worker", EINVAL, 0, 0},
    [EPOLL_CREATE1] = {"epoll_create1", "epoll_create1 failed for driver", EMFILE, 0, 0},
    [EPOLL_CTL] = {"epoll_ctl", "epoll_ctl failed for driver", ENOSPC, 0, 0},
    [EPOLL_WAIT] = {"epoll_wait", "epoll_wait failed for driver", EINVAL, 0, 0},
    [TIMERFD_CREATE] = {"timerfd_create", "timerfd_create failed for driver", EMFILE, 0, 0},
    [TIMERFD_SETTIME] = {"timerfd_settime", "timerfd_settime failed for driver", EINVAL, 0, 0},
};

static bool fails_now(enum call call)
{
    struct fault *fault = &faults[call];

    atomic_fetch_add(&fault->made, 1);
    if (atomic_load(&fault->countdown) == 0 || atomic_fetch_sub(&fault->countdown, 1) != 1)
        return false;
    errno = fault->code;
    return true;
}

/* The C library's functions, which the program's own ones hide. */
static struct {
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    int (*thrd_create)(thrd_t *, thrd_start_t, void *);
    pid_t (*fork)(void);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
    int (*sched_setaffinity)(pid_t, size_t, const cpu_set_t *);
    int (*epoll_create1)(int);
    int (*epoll_ctl)(int, int, int, struct epoll_event *);
    int (*epoll_wait)(int, struct epoll_event *, int, int);
    int (*timerfd_create)(clockid_t, int);
    int (*timerfd_settime)(int, int, const struct itimerspec *, struct itimerspec *);
} hidden;

static void find_hidden(void)
{
    *(void **)&hidden.pthread_create = dlsym(RTLD_NEXT, "pthread_create");
    *(void **)&hidden.thrd_create = dlsym(RTLD_NEXT, "thrd_create");
    *(void **)&hidden.fork = dlsym(RTLD_NEXT, "fork");
    *(void **)&hidden.munmap = dlsym(RTLD_NEXT, "munmap");
    *(void **)&hidden.sched_setaffinity = dlsym(RTLD_NEXT, "sched_setaffinity");
    *(void **)&hidden.epoll_create1 = dlsym(RTLD_NEXT, "epoll_create1");
    *(void **)&hidden.epoll_ctl = dlsym(RTLD_NEXT, "epoll_ctl");
    *(void **)&hidden.epoll_wait = dlsym(RTLD_NEXT, "epoll_wait");
    *(void **)&hidden.timerfd_create = dlsym(RTLD_NEXT, "timerfd_create");
    *(void **)&hidden.timerfd_settime = dlsym(RTLD_NEXT, "timerfd_settime");
    *(void **)&hidden.mmap = dlsym(RTLD_NEXT, "mmap");
}

/* Where each thread was when it began: the CPU seen by its first instructions. */
static struct birth {
    void *(*start)(void *);
    void *argument;
    _Atomic int cpu;
} births[WORKERS];
static unsigned births_awaited, births_seen; /* by the one thread that makes the others */

static void *be_born(void *argument)
{
    struct birth *birth = argument;

    atomic_store(&birth->cpu, sched_getcpu());
    return birth->start(birth->argument);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict argument)
{
    if (fails_now(PTHREAD_CREATE))
        return EAGAIN;
    if (births_seen >= births_awaited)
        return hidden.pthread_create(thread, attributes, start, argument);
    struct birth *birth = &births[births_seen++];

    *birth = (struct birth){.start = start, .argument = argument, .cpu = -1};
    return hidden.pthread_create(thread, attributes, be_born, birth);
}

int thrd_create(thrd_t *thread, thrd_start_t start, void *argument)
{
    return fails_now(THRD_CREATE) ? thrd_error : hidden.thrd_create(thread, start, argument);
}

/* What fails is a call of the process that opens and runs. */
pid_t fork(void)
{
    const pid_t pid = fails_now(FORK) ? -1 : hidden.fork();

    for (int c = 0; pid == 0 && c < CALLS; c++)
        atomic_store(&faults[c].countdown, 0);
    return pid;
}

static _Atomic int mappings; /* made here and not given back */

/* A sanitizer's runtime maps memory before main, when it is not up itself. */
__attribute__((no_sanitize("thread"))) void *mmap(void *address, size_t length, int protection,
                                                  int flags, int fd, off_t offset)
{
    if (!hidden.mmap)
        return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
    if (fails_now(MMAP))
        return MAP_FAILED;
    atomic_fetch_add(&mappings, 1);
    return hidden.mmap(address, length, protection, flags, fd, offset);
}

__attribute__((no_sanitize("thread"))) int munmap(void *address, size_t length)
{
    if (!hidden.mmap)
        return (int)syscall(SYS_munmap, address, length);
    atomic_fetch_sub(&mappings, 1);
    return hidden.munmap(address, length);
}

static int unbindable_cpu = -1;
static uint64_t binding_delay_ns;

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    const uint64_t end_ns = csw_now_ns() + binding_delay_ns;

    while (binding_delay_ns > 0 && csw_now_ns() < end_ns)
        nap();
    if (fails_now(SCHED_SETAFFINITY))
        return -1;
    if (unbindable_cpu >= 0 && CPU_COUNT_S(size, set) == 1 &&
        CPU_ISSET_S((size_t)unbindable_cpu, size, set)) {
        errno = EINVAL;
        return -1;
    }
    return hidden.sched_setaffinity(pid, size, set);
}

int epoll_create1(int flags)
{
    return fails_now(EPOLL_CREATE1) ? -1 : hidden.epoll_create1(flags);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return fails_now(EPOLL_CTL) ? -1 : hidden.epoll_ctl(epoll, operation, fd, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int size, int timeout_ms)
{
    return fails_now(EPOLL_WAIT) ? -1 : hidden.epoll_wait(epoll, events, size, timeout_ms);
}

int timerfd_create(clockid_t clock, int flags)
{
    return fails_now(TIMERFD_CREATE) ? -1 : hidden.timerfd_create(clock, flags);
}

int timerfd_settime(int timer, int flags, const struct itimerspec *end, struct itimerspec *before)
{
    return fails_now(TIMERFD_SETTIME) ? -1 : hidden.timerfd_settime(timer, flags, end, before);
}

/* ---- a kernel that knows where it runs ------------------------------------------------------ */

static const struct csw_placement *expected_places; /* NULL: anywhere */

/* Under `static` item k of one task with an item per worker is worker k's. Misplaced: a hit. */
static struct csw_tally places_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = {.items = hi - lo};

    (void)state;
    for (uint64_t item = lo; item < hi; item++) {
        tally.digest += (item + 1) * (item + 1);
        tally.hits += expected_places && sched_getcpu() != expected_places->pu[item];
    }
    return tally;
}

static struct csw_tally places_expect(const void *state, uint64_t lo, uint64_t hi)
{
    const struct csw_placement *expected = expected_places;

    expected_places = NULL;
    const struct csw_tally tally = places_scan(state, lo, hi);

    expected_places = expected;
    return tally;
}

/* With a wait, for a driver that waits itself, so that it makes all of its calls; scan has none. */
static struct csw_tally places_begin(const void *state, uint64_t lo, uint64_t hi,
                                     uint64_t *ret_wait_ns)
{
    *ret_wait_ns = (hi - lo) * 10 * CSW_NS_PER_MS;
    return places_scan(state, lo, hi);
}

static const struct csw_kernel places_kernel = {.abi = CSW_KERNEL_ABI,
                                                .name = "places",
                                                .scan = places_scan,
                                                .begin = places_begin,
                                                .expect = places_expect};

static void rig_init_places(struct rig *rig, const struct csw_driver *driver, unsigned workers,
                            const char *pin)
{
    rig_init(rig, &(struct rig_options){.driver = driver,
                                        .kernel = &places_kernel,
                                        .n = workers,
                                        .workers = workers,
                                        .schedule = "static",
                                        .pin = pin});
}

/* ---- the k-th call fails -------------------------------------------------------------------- */

/*
 * A case runs in a process of its own, because a runtime may end the process when it cannot make
 * its threads: GNU's OpenMP says "Thread creation failed" and exits with 1, LLVM's aborts. What the
 * process found out lies in memory that it shares with the test.
 */
struct verdict {
    bool finished;      /* the process came to its end */
    bool failed;        /* the call did */
    struct csw_err err; /* of open or run */
    char unusual[600];  /* what else went wrong; "" nothing */
    int made[CALLS];    /* calls that open, run and close made */
    char said[1000];    /* on stderr, by a runtime */
    int status;         /* as waitpid gives it */
};

static struct verdict *verdict;

__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

static void note_unusual(const char *when, const char *what)
{
    if (what && !verdict->unusual[0])
        snprintf(verdict->unusual, sizeof verdict->unusual, "%s: %s", when, what);
}

/* Opens, runs and closes while the k-th call fails. */
static void meet_failure(struct rig *rig, enum call call, int k)
{
    atomic_store(&faults[call].countdown, k);
    rig_open_and_run(rig);
    const bool before_close = atomic_load(&faults[call].countdown) <= 0;

    rig_close(rig);
    verdict->failed = k > 0 && atomic_load(&faults[call].countdown) <= 0;
    atomic_store(&faults[call].countdown, 0);
    verdict->err = rig->err;
    if (!before_close)
        csw_placement_unbind(&rig->placement); /* close was denied just that */
}

/*
 * A runtime may have an allocator of its own, which keeps what it has mapped for the next team; and
 * one that has failed may keep the threads that it did make.
 */
static void check_footprint(const struct rig *rig, const struct footprint *before,
                            int mappings_before, const char *when)
{
    if (rig->driver->library && verdict->err.code < 0)
        return;
    note_unusual(when, footprint_difference(before, WORKERS));
    if (!rig->driver->library && atomic_load(&mappings) != mappings_before)
        note_unusual(when, "a mapping was left");
}

static void find_out(struct rig *rig, enum call call, int k)
{
    const int mappings_before = atomic_load(&mappings);
    struct footprint before;
    int made[CALLS];

    footprint_take(&before);
    for (int c = 0; c < CALLS; c++)
        made[c] = atomic_load(&faults[c].made);
    meet_failure(rig, call, k);
    for (int c = 0; c < CALLS; c++)
        verdict->made[c] = atomic_load(&faults[c].made) - made[c];
    check_footprint(rig, &before, mappings_before, "after the failure");
    if (rig_try(rig) < 0 && !rig->driver->library) /* a runtime that has failed may be lost */
        note_unusual("the next team", rig->err.text);
    check_footprint(rig, &before, mappings_before, "after the next team");
    rig_release(rig); /* this process's copy: the leak check does not see what lies in its job */
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0)
        note_unusual("in the end", "memory was left");
    verdict->finished = true;
}

static void judge(struct rig *rig, enum call call, int k)
{
    const int said = memfd_create("said", MFD_CLOEXEC);

    CU_ASSERT_TRUE_FATAL(said >= 0);
    memset(verdict, 0, sizeof *verdict);
    fflush(NULL);
    const pid_t pid = fork();

    if (pid == 0) {
        dup2(said, STDERR_FILENO);
        find_out(rig, call, k);
        _exit(0);
    }
    CU_ASSERT_TRUE_FATAL(pid > 0);
    if (!reap_in_time(pid, &verdict->status))
        note_unusual("the process", "it hangs");
    if (pread(said, verdict->said, sizeof verdict->said - 1, 0) < 0)
        verdict->said[0] = '\0';
    close(said);
}

/*
 * The process went on. The k-th call was not always made: hwloc binds the threads it finds. The
 * words of a runtime are its own.
 */
static const char *reproach_to_survivor(const struct csw_driver *driver, const struct fault *fault)
{
    if (verdict->err.code == 0)
        return NULL;
    const bool told = strstr(verdict->err.text, fault->sentence) ||
                      (driver->library && strstr(verdict->err.text, fault->call));

    if (!told || strchr(verdict->err.text, '\n'))
        return "the sentence does not say what failed";
    return verdict->err.code == -fault->code ? NULL : "another code than the call's";
}

/* It ended, by the will of a runtime, which said why. */
static const char *reproach_to_dead(const struct csw_driver *driver)
{
    if (!driver->library)
        return "the process ended";
    if (WIFEXITED(verdict->status) && WEXITSTATUS(verdict->status) == 0)
        return "the process ended as if nothing had happened";
    return verdict->said[0] ? NULL : "the process ended without a word";
}

static void fail_call(struct rig *rig, enum call call, int k)
{
    judge(rig, call, k);
    const char *reproach = verdict->unusual[0] ? verdict->unusual
                           : verdict->finished ? reproach_to_survivor(rig->driver, &faults[call])
                                               : reproach_to_dead(rig->driver);

    if (reproach)
        fprintf(stderr, "\n    %s, %s, call %d of %s fails: %s (code %d, '%s', '%s')\n",
                rig->driver->name, rig->placement.pu[0] == CSW_PU_ANY ? "unbound" : "bound", k,
                faults[call].call, reproach, verdict->err.code, verdict->err.text, verdict->said);
    CU_ASSERT_PTR_NULL(reproach);
}

/*
 * The threads of a runtime's own making are left out: denied one, it exits, aborts or waits for
 * ever (TBB, on a busy machine). Its driver has made as many before, for which the calls counted
 * here are.
 */
static void leave_out_the_runtimes_own(const struct rig *rig, int *made)
{
    if (rig->driver->library)
        made[PTHREAD_CREATE] = (int)rig->placement.workers - 1;
}

static void fail_each_call(struct rig *rig)
{
    int made[CALLS];

    judge(rig, MMAP, 0); /* none fails: how many are made? */
    if (!verdict->finished || verdict->err.code < 0 || verdict->unusual[0])
        fprintf(stderr, "\n    %s, %s, nothing fails: '%s', '%s', '%s'\n", rig->driver->name,
                rig->placement.pu[0] == CSW_PU_ANY ? "unbound" : "bound", verdict->unusual,
                verdict->err.text, verdict->said);
    CU_ASSERT_TRUE(verdict->finished && verdict->err.code == 0);
    CU_ASSERT_STRING_EQUAL(verdict->unusual, "");
    memcpy(made, verdict->made, sizeof made);
    leave_out_the_runtimes_own(rig, made);
    for (int call = 0; call < CALLS; call++)
        for (int k = 1; k <= made[call]; k++)
            fail_call(rig, (enum call)call, k);
}

static void fail_each_call_of(const struct csw_driver *driver, unsigned workers)
{
    static const char *const pins[] = {"none", "cores"};

    for (size_t i = 0; i < COUNT(pins); i++) {
        struct rig rig;

        rig_init_places(&rig, driver, workers, pins[i]);
        if (strcmp(pins[i], "none") == 0 || rig_can_bind(&rig))
            fail_each_call(&rig);
        rig_release(&rig);
    }
}

static void a_call_that_fails_is_named_or_made_up_for_and_all_is_undone(void)
{
    each_driver(&places_kernel, WORKERS, fail_each_call_of);
}

/* Whether each call of a loop of events was made. */
static bool loops(void)
{
    bool all = true;

    for (int call = EPOLL_CREATE1; call <= TIMERFD_SETTIME; call++)
        all = all && verdict->made[call] > 0;
    return all;
}

/* The cases above are as many as the drivers make calls: here is what they must make at least. */
static void count_calls_of(const struct csw_driver *driver, unsigned workers)
{
    struct rig rig;

    rig_init_places(&rig, driver, workers, "none");
    judge(&rig, MMAP, 0);
    const int workers_made =
        verdict->made[PTHREAD_CREATE] + verdict->made[THRD_CREATE] + verdict->made[FORK];

    CU_ASSERT_TRUE(driver->flags & CSW_ONE_THREAD ? loops() : workers_made >= (int)workers - 1);
    rig_release(&rig);
}

static void every_worker_but_the_caller_is_made_by_a_call_that_can_fail_here(void)
{
    each_driver(&places_kernel, WORKERS, count_calls_of);
}

/* ---- workers that cannot be bound ----------------------------------------------------------- */

/* Open must fail, or run where workers are made in each run; nothing may be left behind. */
static void must_fail(struct rig *rig, int code, const char *sentence)
{
    struct footprint before;

    footprint_take(&before);
    CU_ASSERT_EQUAL(rig_try(rig), code);
    CU_ASSERT_EQUAL(rig->err.code, code);
    must_say(rig->err.text, sentence);
    CU_ASSERT_PTR_NULL(strchr(rig->err.text, '\n'));
    must_leave_nothing(&before, WORKERS, rig->driver->name);
}

static void bind_elsewhere(const struct csw_driver *driver, unsigned workers)
{
    struct rig rig;

    rig_init_places(&rig, driver, workers, "none");
    for (unsigned w = 0; w < workers; w++)
        rig.placement.pu[w] = (int)w;
    must_fail(&rig, -EINVAL, "cannot be bound on a described machine");
    rig_release(&rig);
}

static void a_team_is_not_bound_to_a_described_machine(void)
{
    each_driver(&places_kernel, WORKERS, bind_elsewhere);
}

static unsigned usable_cpus(void)
{
    struct csw_topo *topo = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&topo, NULL, NULL), 0);
    const unsigned usable = csw_topo_pus(topo);

    csw_topo_close(topo);
    return usable;
}

static void refuse_to_bind(struct rig *rig, unsigned worker)
{
    char sentence[64];

    snprintf(sentence, sizeof sentence, "cannot bind worker %u to CPU %d", worker,
             rig->placement.pu[worker]);
    unbindable_cpu = rig->placement.pu[worker];
    must_fail(rig, -EINVAL, sentence);
    unbindable_cpu = -1;
    rig_must_work(rig);
}

/* No more workers than CPUs: the sentence is to name the one whose CPU was refused. */
static void refuse_to_bind_each(const struct csw_driver *driver, unsigned workers)
{
    const unsigned usable = usable_cpus();
    struct rig rig;

    rig_init_places(&rig, driver, workers < usable ? workers : usable, "cores");
    const unsigned bound = driver->flags & CSW_ONE_THREAD ? 1 : rig.placement.workers;

    for (unsigned w = 0; rig_can_bind(&rig) && w < bound; w++)
        refuse_to_bind(&rig, w);
    rig_release(&rig);
}

static void a_worker_that_cannot_be_bound_is_named_and_the_team_is_undone(void)
{
    each_driver(&places_kernel, WORKERS, refuse_to_bind_each);
}

/* ---- workers are where they belong before they work ----------------------------------------- */

/* A worker that does not wait for its binding works elsewhere while the binding takes its time. */
static void bind_slowly(const struct csw_driver *driver, unsigned workers)
{
    struct rig rig;

    if (driver->flags & CSW_ALWAYS_LATE)
        return; /* who scans an item is not known before */
    rig_init_places(&rig, driver, workers, "cores");
    if (rig_can_bind(&rig)) {
        expected_places = &rig.placement;
        binding_delay_ns = 5 * CSW_NS_PER_MS;
        if (rig_try(&rig) < 0)
            fprintf(stderr, "\n    a worker of %s began elsewhere: %s\n", driver->name,
                    rig.err.text);
        CU_ASSERT_EQUAL(rig.err.code, 0);
        binding_delay_ns = 0;
        expected_places = NULL;
    }
    rig_release(&rig);
}

static void a_worker_is_bound_before_it_works_however_long_the_binding_takes(void)
{
    each_driver(&places_kernel, WORKERS, bind_slowly);
}

/* A runtime that takes back, in a child that it finds itself in, the CPUs that it knows. */
static bool takes_cpus_back;
static cpu_set_t all_cpus;

static void take_cpus_back(void)
{
    const uint64_t end_ns = csw_now_ns() + 5 * CSW_NS_PER_MS;

    while (takes_cpus_back && csw_now_ns() < end_ns)
        hidden.sched_setaffinity(0, sizeof all_cpus, &all_cpus);
}

static void bind_against_runtime(const struct csw_driver *driver, unsigned workers)
{
    struct rig rig;

    rig_init_places(&rig, driver, workers, "cores");
    if (rig_can_bind(&rig)) {
        takes_cpus_back = true;
        expected_places = driver->flags & CSW_ALWAYS_LATE ? NULL : &rig.placement;
        rig_must_work(&rig);
        expected_places = NULL;
        takes_cpus_back = false;
    }
    rig_release(&rig);
}

static void a_child_is_bound_whatever_a_runtime_does_in_it_first(void)
{
    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof all_cpus, &all_cpus), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_atfork(NULL, NULL, take_cpus_back), 0);
    each_driver(&places_kernel, WORKERS, bind_against_runtime);
}

/* Runtimes make their threads where they like, and are bound afterwards. */
static void watch_births_of(const struct csw_driver *driver, unsigned workers)
{
    struct rig rig;

    if (driver->library)
        return;
    rig_init_places(&rig, driver, workers, "cores");
    if (rig_can_bind(&rig)) {
        births_seen = 0;
        births_awaited = workers - 1;
        rig_must_work(&rig);
        births_awaited = 0;
        for (unsigned i = 0; i < births_seen; i++)
            CU_ASSERT_EQUAL(atomic_load(&births[i].cpu), rig.placement.pu[i + 1]);
    }
    rig_release(&rig);
}

static void a_thread_begins_its_life_on_its_own_cpu(void)
{
    each_driver(&places_kernel, WORKERS, watch_births_of);
}

/* ---- processes that fork after a team ------------------------------------------------------- */

static struct rig *others; /* a rig for each driver */
static unsigned rigs;

static void init_one(const struct csw_driver *driver, unsigned workers)
{
    rig_init_places(&others[rigs++], driver, workers, "none");
}

static void try_all(void)
{
    for (unsigned i = 0; i < rigs; i++)
        if (rig_try(&others[i]) < 0 && !strstr(others[i].err.text, "not in a child"))
            note_unusual(others[i].driver->name, others[i].err.text);
    verdict->finished = true;
}

static void fork_and_try_all(const char *after)
{
    int status = -1;

    memset(verdict, 0, sizeof *verdict);
    fflush(NULL);
    const pid_t pid = fork();

    if (pid == 0) {
        try_all();
        _exit(0);
    }
    CU_ASSERT_TRUE_FATAL(pid > 0);
    const bool in_time = reap_in_time(pid, &status);

    if (!in_time || !verdict->finished || verdict->unusual[0])
        fprintf(stderr, "\n    a child forked after a team of %s: %s\n", after,
                verdict->unusual[0] ? verdict->unusual : "hangs or died");
    CU_ASSERT_TRUE(in_time && status == 0 && verdict->finished && !verdict->unusual[0]);
}

/*
 * A process that is forked inherits what runtimes believe of their threads, but not the threads.
 * GNU's OpenMP hangs then, unless it was told to give them up before; TBB would do with one thread,
 * and is refused. ThreadSanitizer refuses to
 * make threads in a process that was forked where there were several; here there is one.
 */
static void every_driver_works_in_a_process_forked_after_a_team_and_in_its_parent(void)
{
    others = calloc(64, sizeof *others);
    CU_ASSERT_PTR_NOT_NULL_FATAL(others);
    rigs = 0;
    each_driver(&places_kernel, WORKERS, init_one);
    for (unsigned i = 0; i < rigs; i++) {
        rig_must_work(&others[i]);
        fork_and_try_all(others[i].driver->name);
        rig_must_work(&others[i]);
    }
    for (unsigned i = 0; i < rigs; i++)
        rig_release(&others[i]);
    free(others);
}

/* ---- lines that workers write --------------------------------------------------------------- */

#define OWNS_ITS_LINES(type)                                                                       \
    (_Alignof(type) == CSW_CACHE_LINE && sizeof(type) % CSW_CACHE_LINE == 0)
#define ON_ITS_OWN_LINE(field, next)                                                               \
    (offsetof(struct csw_pool, field) % CSW_CACHE_LINE == 0 &&                                     \
     offsetof(struct csw_pool, next) >= offsetof(struct csw_pool, field) + CSW_CACHE_LINE)

_Static_assert(OWNS_ITS_LINES(struct csw_share), "neighbours' shares lie in one array");
_Static_assert(OWNS_ITS_LINES(struct csw_range), "neighbours' ranges lie in one array");
_Static_assert(OWNS_ITS_LINES(struct csw_seat), "neighbours' seats lie in one array");
_Static_assert(OWNS_ITS_LINES(struct csw_pool), "seats follow the pool");
_Static_assert(ON_ITS_OWN_LINE(epoch, sleepers), "workers poll the epoch");
_Static_assert(ON_ITS_OWN_LINE(sleepers, entry), "workers that fall asleep write sleepers");
_Static_assert(ON_ITS_OWN_LINE(entry, awaited), "workers that come and go write the entry");

/* Their arrays begin on a line, too. */
static void what_one_worker_writes_shares_no_line_with_another(void)
{
    const struct csw_placement placement = {.workers = WORKERS};
    struct csw_pool *pool = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_pool_map(&pool, &placement, 0, NULL), 0);
    CU_ASSERT_EQUAL((uintptr_t)pool % CSW_CACHE_LINE, 0);
    CU_ASSERT_EQUAL((uintptr_t)pool->seat % CSW_CACHE_LINE, 0);
    CU_ASSERT_EQUAL((uintptr_t)pool->range % CSW_CACHE_LINE, 0);
    csw_pool_unmap(pool);
}

static const struct test tests[] = {
    TEST(a_call_that_fails_is_named_or_made_up_for_and_all_is_undone),
    TEST(every_worker_but_the_caller_is_made_by_a_call_that_can_fail_here),
    TEST(every_driver_works_in_a_process_forked_after_a_team_and_in_its_parent),
    TEST(a_team_is_not_bound_to_a_described_machine),
    TEST(a_worker_that_cannot_be_bound_is_named_and_the_team_is_undone),
    TEST(a_worker_is_bound_before_it_works_however_long_the_binding_takes),
    TEST(a_thread_begins_its_life_on_its_own_cpu),
    TEST(a_child_is_bound_whatever_a_runtime_does_in_it_first),
    TEST(what_one_worker_writes_shares_no_line_with_another),
};

int main(void)
{
    find_hidden();
    verdict =
        mmap(NULL, sizeof *verdict, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return verdict == MAP_FAILED ? 1 : RUN_TESTS("driver failures", tests);
}
