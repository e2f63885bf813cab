/*
 * test_driver_failures.c - what happens when a worker cannot be made, cannot be bound, or dies: one
 * sentence that names it, everything undone, and no process that outlives its supervisor.
 *
 * The program defines pthread_create, fork, mmap and sched_setaffinity itself, which takes
 * precedence over the C library's, and lets the call fail that a test asked for.
 */
#include <coresweep/driver.h>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/clock.h"
#include "suite.h"

#define MAX_WORKERS 5

/* No statement about speed: what takes longer hangs. */
#define HANG_NS (5 * CSW_NS_PER_S)
/* How long a worker computes that nobody ends: longer than HANG_NS, and not for ever. */
#define SPIN_NS (15 * CSW_NS_PER_S)

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* ---- calls that fail on demand -------------------------------------------------------------- */

struct fault {
    int countdown; /* the call that brings it to 0 fails; 0: none does */
    int code;      /* errno */
};

static struct fault pthread_create_fault, fork_fault, mmap_fault;
static int unbindable_cpu = -1;

static inline __attribute__((always_inline, no_sanitize("thread"))) bool
fails_now(struct fault *fault)
{
    return fault->countdown > 0 && --fault->countdown == 0;
}

/* The C library's functions, which the program's own ones hide. */
static struct {
    int (*pthread_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    pid_t (*fork)(void);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*sched_setaffinity)(pid_t, size_t, const cpu_set_t *);
} hidden;

static void find_hidden(void)
{
    *(void **)&hidden.pthread_create = dlsym(RTLD_NEXT, "pthread_create");
    *(void **)&hidden.fork = dlsym(RTLD_NEXT, "fork");
    *(void **)&hidden.mmap = dlsym(RTLD_NEXT, "mmap");
    *(void **)&hidden.sched_setaffinity = dlsym(RTLD_NEXT, "sched_setaffinity");
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict argument)
{
    if (fails_now(&pthread_create_fault))
        return pthread_create_fault.code;
    return hidden.pthread_create(thread, attributes, start, argument);
}

pid_t fork(void)
{
    if (fails_now(&fork_fault)) {
        errno = fork_fault.code;
        return -1;
    }
    return hidden.fork();
}

/* A sanitizer's runtime maps memory before main, when it is not up itself. */
__attribute__((no_sanitize("thread"))) void *mmap(void *address, size_t length, int protection,
                                                  int flags, int fd, off_t offset)
{
    if (fails_now(&mmap_fault)) {
        errno = mmap_fault.code;
        return MAP_FAILED;
    }
    if (!hidden.mmap)
        return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
    return hidden.mmap(address, length, protection, flags, fd, offset);
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    if (unbindable_cpu >= 0 && CPU_COUNT_S(size, set) == 1 &&
        CPU_ISSET_S((size_t)unbindable_cpu, size, set)) {
        errno = EINVAL;
        return -1;
    }
    return hidden.sched_setaffinity(pid, size, set);
}

/* ---- a kernel that does to each worker what a test asked for -------------------------------- */

enum fate { FATE_FINISH, FATE_SPIN, FATE_EXIT };

#define EXIT_STATUS 3

/* Shared with forked workers. */
struct stage {
    _Atomic int fate[MAX_WORKERS];
    _Atomic pid_t pid[MAX_WORKERS]; /* who scanned item k */
    _Atomic bool finished[MAX_WORKERS];
};

static struct stage *stage;

static void meet_fate(uint64_t worker)
{
    const uint64_t end_ns = csw_now_ns() + SPIN_NS;

    atomic_store(&stage->pid[worker], getpid());
    if (atomic_load(&stage->fate[worker]) == FATE_EXIT)
        _exit(EXIT_STATUS);
    while (atomic_load(&stage->fate[worker]) == FATE_SPIN && csw_now_ns() < end_ns)
        ;
    atomic_store(&stage->finished[worker], true);
}

/* The schedule `static` gives item k of a task with one item per worker to worker k. */
static struct csw_tally stage_scan(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        meet_fate(item);
    return (struct csw_tally){.items = hi - lo};
}

static struct csw_tally stage_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return (struct csw_tally){.items = hi - lo};
}

static const struct csw_kernel stage_kernel = {
    .abi = CSW_KERNEL_ABI, .name = "stage", .scan = stage_scan, .expect = stage_expect};

/* ---- one team and what it needs ------------------------------------------------------------- */

struct rig {
    const struct csw_driver *driver;
    struct csw_topo *topo;
    struct csw_placement placement;
    struct csw_task task;
    struct csw_job *job;
    struct csw_share *shares;
    struct csw_team *team;
    struct csw_err err;
};

static void rig_init(struct rig *rig, const struct csw_driver *driver, unsigned workers,
                     const char *source, const char *pin)
{
    *rig = (struct rig){.driver = driver, .task = {.n = workers}};
    const struct csw_workload workload = {1, &rig->task};
    const struct csw_schedule schedule = {.handout = CSW_STATIC};

    CU_ASSERT_PTR_NOT_NULL_FATAL(driver);
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(stage, MAP_FAILED);
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&rig->topo, source, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_placement_init(&rig->placement, rig->topo, pin, workers, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        csw_job_open(&rig->job, &stage_kernel, &workload, &schedule, workers, NULL), 0);
    rig->shares = aligned_alloc(CSW_CACHE_LINE, workers * sizeof *rig->shares);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->shares);
}

static void rig_init_unbound(struct rig *rig, const char *driver, unsigned workers)
{
    rig_init(rig, csw_driver_find(driver)->driver, workers, "core:8 pu:1", "none");
}

static int rig_open_team(struct rig *rig)
{
    rig->err = (struct csw_err){0};
    return rig->driver->open(&rig->team, rig->job, &rig->placement, &rig->err);
}

static int rig_run(struct rig *rig)
{
    rig->err = (struct csw_err){0};
    return rig->driver->run(rig->team, rig->shares, &rig->err);
}

static void rig_close_team(struct rig *rig)
{
    rig->driver->close(rig->team);
    rig->team = NULL;
}

static void rig_release(struct rig *rig)
{
    free(rig->shares);
    csw_job_close(rig->job);
    csw_placement_release(&rig->placement);
    csw_topo_close(rig->topo);
    munmap(stage, sizeof *stage);
}

static unsigned threads_at_start; /* before the first team */

/* A joined thread may still be on its way out of the kernel; a child must be reaped by now. */
static void nothing_may_be_left(void)
{
    const uint64_t end_ns = csw_now_ns() + HANG_NS;

    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
    CU_ASSERT_EQUAL(errno, ECHILD);
    while (count_threads() > threads_at_start + runtime_threads(MAX_WORKERS) &&
           csw_now_ns() < end_ns)
        nap();
    CU_ASSERT_TRUE(count_threads() <= threads_at_start + runtime_threads(MAX_WORKERS));
}

/* The same job runs as if nothing had happened. */
static void a_team_must_work(struct rig *rig)
{
    struct csw_tally sum = {0};

    CU_ASSERT_EQUAL_FATAL(rig_open_team(rig), 0);
    CU_ASSERT_EQUAL(rig_run(rig), 0);
    for (unsigned w = 0; w < rig->placement.workers; w++)
        csw_tally_add(&sum, &rig->shares[w].tally);
    CU_ASSERT_TRUE(csw_tally_equal(&sum, &rig->job->expect));
    rig_close_team(rig);
}

/* An open that must fail, leave the team alone, and leave nothing behind. */
static void open_must_fail(struct rig *rig, int code, const char *sentence)
{
    struct csw_team *const untouched = (struct csw_team *)rig;

    rig->team = untouched;
    CU_ASSERT_EQUAL(rig_open_team(rig), code);
    CU_ASSERT_EQUAL(rig->err.code, code);
    must_say(rig->err.text, sentence);
    CU_ASSERT_PTR_NULL(strchr(rig->err.text, '\n'));
    CU_ASSERT_PTR_EQUAL(rig->team, untouched);
    rig->team = NULL;
    nothing_may_be_left();
}

/* ---- workers that cannot be made ------------------------------------------------------------ */

struct refusal {
    const char *driver;
    struct fault *fault;
    int code;
    unsigned calls; /* that a team of MAX_WORKERS makes */
    int first;      /* worker that the first call makes; -1: none, the team itself */
    const char *sentence;
};

static const struct refusal refusals[] = {
    {"pthread", &pthread_create_fault, EAGAIN, MAX_WORKERS - 1, 1, "pthread_create failed"},
    {"pthread", &pthread_create_fault, EPERM, MAX_WORKERS - 1, 1, "Operation not permitted"},
    {"fork", &fork_fault, EAGAIN, MAX_WORKERS, 0, "fork failed"},
    {"fork", &fork_fault, ENOMEM, MAX_WORKERS, 0, "Cannot allocate memory"},
    {"fork", &mmap_fault, ENOMEM, 1, -1, "no memory for a team of 5 processes"},
};

static void refuse(const struct refusal *refusal, unsigned call)
{
    char worker[32] = "";
    struct rig rig;

    rig_init_unbound(&rig, refusal->driver, MAX_WORKERS);
    if (refusal->first >= 0)
        snprintf(worker, sizeof worker, "worker %d of 5", (int)call - 1 + refusal->first);
    *refusal->fault = (struct fault){.countdown = (int)call, .code = refusal->code};
    open_must_fail(&rig, -refusal->code, refusal->sentence);
    must_say(rig.err.text, worker);
    CU_ASSERT_EQUAL(refusal->fault->countdown, 0);
    a_team_must_work(&rig);
    rig_release(&rig);
}

static void a_worker_that_cannot_be_made_is_named_and_the_others_are_undone(void)
{
    for (size_t i = 0; i < COUNT(refusals); i++)
        for (unsigned call = 1; call <= refusals[i].calls; call++)
            refuse(&refusals[i], call);
}

/* ---- workers that cannot be bound ----------------------------------------------------------- */

static void each_driver(void (*visit)(const struct csw_driver *, unsigned workers))
{
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++)
        if (entry->driver)
            visit(entry->driver, entry->driver->flags & CSW_ONE_WORKER ? 1 : 3);
}

static void bind_elsewhere(const struct csw_driver *driver, unsigned workers)
{
    struct rig rig;

    rig_init(&rig, driver, workers, "core:8 pu:1", "cores");
    open_must_fail(&rig, -EINVAL, "cannot be bound on a described machine");
    rig_release(&rig);
}

static void a_team_is_not_bound_to_a_described_machine(void)
{
    each_driver(bind_elsewhere);
}

static cpu_set_t binding_at_start; /* before the first team */

static void must_be_unbound(void)
{
    cpu_set_t binding;

    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof binding, &binding), 0);
    CU_ASSERT_TRUE(CPU_EQUAL(&binding, &binding_at_start));
}

static void refuse_to_bind(struct rig *rig, unsigned worker)
{
    char sentence[64];

    snprintf(sentence, sizeof sentence, "cannot bind worker %u to CPU %d", worker,
             rig->placement.pu[worker]);
    unbindable_cpu = rig->placement.pu[worker];
    open_must_fail(rig, -EINVAL, sentence);
    unbindable_cpu = -1;
    must_be_unbound();
    a_team_must_work(rig);
    must_be_unbound();
}

static void refuse_to_bind_each(const struct csw_driver *driver, unsigned workers)
{
    struct csw_topo *topo = NULL;
    struct rig rig;

    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&topo, NULL, NULL), 0);
    if (workers > csw_topo_pus(topo))
        workers = csw_topo_pus(topo);
    csw_topo_close(topo);
    rig_init(&rig, driver, workers, NULL, "cores");
    CU_ASSERT_EQUAL_FATAL(csw_placement_probe(&rig.placement, NULL), 0);
    if (rig.placement.cannot[0])
        fprintf(stderr, "\n    skipped: %s\n", rig.placement.cannot);
    for (unsigned w = 0; w < workers && !rig.placement.cannot[0]; w++)
        refuse_to_bind(&rig, w);
    rig_release(&rig);
}

static void a_worker_that_cannot_be_bound_is_named_and_the_team_is_undone(void)
{
    each_driver(refuse_to_bind_each);
}

/* ---- workers that die ----------------------------------------------------------------------- */

#define VICTIMS 3 /* workers of the team; each of them is the victim once */

/* Waits until the child has ended, and leaves it to its supervisor. */
static void await_end(pid_t pid)
{
    siginfo_t info;

    CU_ASSERT_EQUAL_FATAL(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void run_must_report(struct rig *rig, unsigned victim, const char *end)
{
    const uint64_t start_ns = csw_now_ns();
    char worker[32], pid[32];

    CU_ASSERT_EQUAL(rig_run(rig), -ECHILD);
    CU_ASSERT_TRUE(csw_now_ns() - start_ns < HANG_NS);
    snprintf(worker, sizeof worker, "worker %u of", victim);
    snprintf(pid, sizeof pid, "(pid %d)", (int)atomic_load(&stage->pid[victim]));
    must_say(rig->err.text, worker);
    must_say(rig->err.text, pid);
    must_say(rig->err.text, end);
}

static void close_must_end_all(struct rig *rig)
{
    const uint64_t start_ns = csw_now_ns();

    rig_close_team(rig);
    CU_ASSERT_TRUE(csw_now_ns() - start_ns < HANG_NS);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
    CU_ASSERT_EQUAL(errno, ECHILD);
}

static void set_fates(unsigned victim, enum fate of_victim, enum fate of_others)
{
    for (unsigned w = 0; w < MAX_WORKERS; w++) {
        atomic_store(&stage->pid[w], 0);
        atomic_store(&stage->finished[w], false);
        atomic_store(&stage->fate[w], w == victim ? of_victim : of_others);
    }
}

/* Waits for a state of the stage that the kernel brings about; gives up rather than hang. */
#define AWAIT(condition)                                                                           \
    for (const uint64_t end_ns = csw_now_ns() + SPIN_NS; !(condition) && csw_now_ns() < end_ns;)   \
    nap()

/* Process 0 would be this program's whole group. */
static void kill_worker(unsigned worker)
{
    const pid_t pid = atomic_load(&stage->pid[worker]);

    if (pid > 0)
        kill(pid, SIGKILL);
}

/* Kills the victim from outside, once it computes and the others do what they were asked to. */
static void *kill_victim(void *argument)
{
    const unsigned victim = *(const unsigned *)argument;

    for (unsigned w = 0; w < VICTIMS; w++) {
        AWAIT(atomic_load(&stage->pid[w]) != 0);
        if (atomic_load(&stage->fate[w]) == FATE_FINISH)
            AWAIT(atomic_load(&stage->finished[w]));
    }
    /* Time for the others to arrive at the gate and for the supervisor to fall asleep. */
    for (int i = 0; i < 5; i++)
        nap();
    kill_worker(victim);
    return NULL;
}

static void kill_while_computing(unsigned victim, enum fate of_others)
{
    pthread_t killer;
    struct rig rig;

    rig_init_unbound(&rig, "fork", VICTIMS);
    CU_ASSERT_EQUAL_FATAL(rig_open_team(&rig), 0);
    set_fates(victim, FATE_SPIN, of_others);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&killer, NULL, kill_victim, &victim), 0);
    run_must_report(&rig, victim, "killed by signal 9");
    CU_ASSERT_EQUAL(pthread_join(killer, NULL), 0);
    close_must_end_all(&rig);
    set_fates(victim, FATE_FINISH, FATE_FINISH);
    a_team_must_work(&rig);
    rig_release(&rig);
}

static void a_process_killed_while_all_compute_is_reported_and_the_others_are_ended(void)
{
    for (unsigned victim = 0; victim < VICTIMS; victim++)
        kill_while_computing(victim, FATE_SPIN);
}

static void a_process_killed_when_the_others_are_done_is_reported(void)
{
    for (unsigned victim = 0; victim < VICTIMS; victim++)
        kill_while_computing(victim, FATE_FINISH);
}

/* Opens a team and kills one worker after a run. */
static void kill_while_parked(struct rig *rig, unsigned victim)
{
    rig_init_unbound(rig, "fork", VICTIMS);
    CU_ASSERT_EQUAL_FATAL(rig_open_team(rig), 0);
    CU_ASSERT_EQUAL_FATAL(rig_run(rig), 0);
    kill_worker(victim);
    await_end(atomic_load(&stage->pid[victim]));
}

static void a_process_killed_between_two_runs_is_reported_by_the_next(void)
{
    for (unsigned victim = 0; victim < VICTIMS; victim++) {
        struct rig rig;

        kill_while_parked(&rig, victim);
        run_must_report(&rig, victim, "killed by signal 9");
        close_must_end_all(&rig);
        a_team_must_work(&rig);
        rig_release(&rig);
    }
}

static void a_team_that_lost_a_parked_process_can_be_closed_without_another_run(void)
{
    for (unsigned victim = 0; victim < VICTIMS; victim++) {
        struct rig rig;

        kill_while_parked(&rig, victim);
        close_must_end_all(&rig);
        rig_release(&rig);
    }
}

static void a_process_that_exits_by_itself_is_reported_with_its_status(void)
{
    for (unsigned victim = 0; victim < VICTIMS; victim++) {
        struct rig rig;

        rig_init_unbound(&rig, "fork", VICTIMS);
        CU_ASSERT_EQUAL_FATAL(rig_open_team(&rig), 0);
        set_fates(victim, FATE_EXIT, FATE_FINISH);
        run_must_report(&rig, victim, "exited with status 3");
        close_must_end_all(&rig);
        rig_release(&rig);
    }
}

/* ---- a supervisor that dies ----------------------------------------------------------------- */

/* Runs the team in a process of its own and stays there until it is killed. */
static pid_t start_supervisor(struct rig *rig)
{
    const pid_t pid = fork();

    if (pid != 0)
        return pid;
    if (rig_open_team(rig) == 0)
        rig_run(rig);
    for (int i = 0; i < 20000; i++)
        nap();
    _exit(0);
}

/* Reaps an adopted process; false if it was still there after HANG_NS. */
static bool was_killed(pid_t pid)
{
    const uint64_t end_ns = csw_now_ns() + HANG_NS;
    int status = 0;
    pid_t got;

    while ((got = waitpid(pid, &status, WNOHANG)) != pid && csw_now_ns() < end_ns)
        nap();
    if (got != pid) {
        fprintf(stderr, "\n    worker %d outlives its supervisor\n", (int)pid);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return false;
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void kill_supervisor(enum fate fate)
{
    struct rig rig;

    rig_init_unbound(&rig, "fork", VICTIMS);
    set_fates(0, fate, fate);
    const pid_t supervisor = start_supervisor(&rig);

    CU_ASSERT_TRUE_FATAL(supervisor > 0);
    for (unsigned w = 0; w < VICTIMS; w++)
        AWAIT(fate == FATE_SPIN ? atomic_load(&stage->pid[w]) : atomic_load(&stage->finished[w]));
    kill(supervisor, SIGKILL);
    CU_ASSERT_TRUE(was_killed(supervisor));
    for (unsigned w = 0; w < VICTIMS; w++) {
        const pid_t worker = atomic_load(&stage->pid[w]);

        CU_ASSERT_TRUE(worker > 0 && was_killed(worker));
    }
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
    rig_release(&rig);
}

/* This process adopts the orphans, so that it can see and reap them. */
static void processes_end_with_their_supervisor(void)
{
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    kill_supervisor(FATE_SPIN);
    kill_supervisor(FATE_FINISH);
    CU_ASSERT_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static const struct test tests[] = {
    TEST(a_worker_that_cannot_be_made_is_named_and_the_others_are_undone),
    TEST(a_team_is_not_bound_to_a_described_machine),
    TEST(a_worker_that_cannot_be_bound_is_named_and_the_team_is_undone),
    TEST(a_process_killed_while_all_compute_is_reported_and_the_others_are_ended),
    TEST(a_process_killed_when_the_others_are_done_is_reported),
    TEST(a_process_killed_between_two_runs_is_reported_by_the_next),
    TEST(a_team_that_lost_a_parked_process_can_be_closed_without_another_run),
    TEST(a_process_that_exits_by_itself_is_reported_with_its_status),
    TEST(processes_end_with_their_supervisor),
};

int main(void)
{
    find_hidden();
    threads_at_start = count_threads();
    if (sched_getaffinity(0, sizeof binding_at_start, &binding_at_start) != 0)
        return 1;
    return RUN_TESTS("driver failures", tests);
}
