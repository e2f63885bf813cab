/*
 * test_drivers.c - every driver of this build, with every schedule, workload and team size, works
 * on every item exactly once, wakes every worker, stamps what it was asked to stamp, and leaves
 * nothing behind: no process, no thread, no mapping, no changed binding.
 */
#include <coresweep/driver.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drivers/pool.h"
#include "harness/clock.h"
#include "suite.h"

/* What a share holds before a run; nothing of it may be left afterwards. */
#define STALE 0xa5

/* ---- the witness ---------------------------------------------------------------------------- */

/* The finaliser of splitmix64: sums of its values do not meet by accident. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Tasks of one size differ by their place in memory, which is the same in a forked worker. */
static struct csw_tally witness_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = {.items = hi - lo};

    for (uint64_t item = lo; item < hi; item++) {
        const uint64_t hash = mix(mix((uintptr_t)state) + item);

        tally.work += hash >> 56;
        tally.hits += hash & 1;
        tally.digest += hash;
    }
    return tally;
}

/* Waits too short to be seen, and none, in an order of their own; scan leaves them out. */
static struct csw_tally witness_begin(const void *state, uint64_t lo, uint64_t hi,
                                      uint64_t *ret_wait_ns)
{
    *ret_wait_ns = lo < hi ? mix(lo) % 3 * 1000 : 0;
    return witness_scan(state, lo, hi);
}

static const struct csw_kernel witness = {
    .abi = CSW_KERNEL_ABI, .name = "witness", .scan = witness_scan, .begin = witness_begin};

/* ---- one team and what it needs ------------------------------------------------------------- */

struct setting {
    const struct csw_driver *driver;
    unsigned workers;
    const char *schedule, *tasks, *pin;
};

struct rig {
    struct setting setting;
    struct csw_topo *topo;
    struct csw_placement placement;
    struct csw_workload workload;
    struct csw_job *job;
    struct csw_share *shares;
    struct csw_team *team;
};

/* Asserts, and says of which setting: a line number alone would name all of them. */
static void must(bool holds, const struct setting *setting, const char *what)
{
    if (!holds)
        fprintf(stderr, "\n    %s, %u workers, schedule %s, tasks %s, pin %s: %s\n",
                setting->driver->name, setting->workers, setting->schedule, setting->tasks,
                setting->pin, what);
    CU_ASSERT_TRUE(holds);
}

/* Opens all but the team. Nothing is bound on a described machine, so `none` does without ours. */
static void rig_init(struct rig *rig, const struct setting *setting)
{
    const char *source = strcmp(setting->pin, "none") == 0 ? "core:4 pu:2" : NULL;
    struct csw_schedule schedule;

    *rig = (struct rig){.setting = *setting};
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&rig->topo, source, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        csw_placement_init(&rig->placement, rig->topo, setting->pin, setting->workers, NULL), 0);
    if (setting->driver->flags & CSW_ONE_THREAD)
        csw_placement_gather(&rig->placement);
    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&rig->workload, setting->tasks, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&schedule, setting->schedule, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        csw_job_open(&rig->job, &witness, &rig->workload, &schedule, setting->workers, NULL), 0);
    rig->shares = aligned_alloc(CSW_CACHE_LINE, setting->workers * sizeof *rig->shares);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->shares);
}

static void rig_release(struct rig *rig)
{
    free(rig->shares);
    csw_job_close(rig->job);
    csw_workload_release(&rig->workload);
    csw_placement_release(&rig->placement);
    csw_topo_close(rig->topo);
}

static bool rig_open_team(struct rig *rig)
{
    struct csw_err err = {0};
    const int code = rig->setting.driver->open(&rig->team, rig->job, &rig->placement, &err);

    must(code == 0, &rig->setting, code == 0 ? "" : err.text);
    return code == 0;
}

static void rig_close_team(struct rig *rig)
{
    rig->setting.driver->close(rig->team);
    rig->team = NULL;
}

/* Runs the job once, over shares that hold something else, and checks what it came to. */
static void rig_run(struct rig *rig)
{
    struct csw_tally sum = {0};
    struct csw_err err = {0};
    uint64_t chunks = 0;

    memset(rig->shares, STALE, rig->setting.workers * sizeof *rig->shares);
    const int code = rig->setting.driver->run(rig->team, rig->shares, &err);

    must(code == 0, &rig->setting, code == 0 ? "" : err.text);
    for (unsigned w = 0; w < rig->setting.workers; w++) {
        csw_tally_add(&sum, &rig->shares[w].tally);
        chunks += rig->shares[w].chunks;
    }
    must(csw_tally_equal(&sum, &rig->job->expect), &rig->setting, "wrong tally");
    must(chunks > 0 && chunks <= rig->job->units, &rig->setting, "impossible number of chunks");
}

/* As that of a worker is which took no part. */
static bool is_empty(const struct csw_share *share)
{
    return share->tally.items == 0 && share->chunks == 0 && share->start_ns == 0 &&
           share->end_ns == 0 && share->cpu_ns == 0 && share->preempted == 0 && share->cpu == -1;
}

/* Whether a run may go without the worker. */
static bool may_be_absent(const struct rig *rig, unsigned worker)
{
    return worker > 0 && (rig->job->schedule.handout == CSW_LATE ||
                          (rig->setting.driver->flags & CSW_ALWAYS_LATE));
}

static void must_be_stamped(const struct rig *rig, uint64_t before_ns, uint64_t after_ns)
{
    for (unsigned w = 0; w < rig->setting.workers; w++) {
        const struct csw_share *share = &rig->shares[w];

        if (may_be_absent(rig, w) && is_empty(share))
            continue;
        must(before_ns <= share->start_ns && share->start_ns <= share->end_ns &&
                 share->end_ns <= after_ns,
             &rig->setting, "a worker did not take part in this run");
        must(share->cpu >= 0 && share->cpu < CPU_SETSIZE, &rig->setting, "no CPU seen");
    }
}

static void must_not_be_stamped(const struct rig *rig)
{
    for (unsigned w = 0; w < rig->setting.workers; w++) {
        const struct csw_share *share = &rig->shares[w];

        must(share->start_ns == 0 && share->end_ns == 0 && share->cpu_ns == 0 &&
                 share->preempted == 0 && share->cpu == -1,
             &rig->setting, "an unstamped run was stamped");
    }
}

static void run_and_check_stamps(struct rig *rig, bool stamped)
{
    rig->job->stamped = stamped;
    const uint64_t before_ns = csw_now_ns();

    rig_run(rig);
    if (stamped)
        must_be_stamped(rig, before_ns, csw_now_ns());
    else
        must_not_be_stamped(rig);
}

/* ---- all drivers and team sizes ------------------------------------------------------------- */

#define TEN_TASKS "3,3,3,3,3,3,3,3,3,3"

#define LARGEST_TEAM 8
static const unsigned team_sizes[] = {1, 2, 3, 5, LARGEST_TEAM};
static const char *const schedules[] = {"whole",  "static",   "dynamic", "dynamic:1", "dynamic:7",
                                        "guided", "guided:3", "late",    "late:1"};
static const char *const workloads[] = {
    "0",
    "1",
    "2",
    "5",
    "1,0,7",
    "100,200,500,300,10",
    TEN_TASKS "," TEN_TASKS "," TEN_TASKS "," TEN_TASKS "," TEN_TASKS,
};

static bool takes(const struct setting *setting)
{
    struct csw_schedule schedule;

    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&schedule, setting->schedule, NULL), 0);
    return csw_driver_check(setting->driver, &witness, &schedule, setting->workers, NULL) == 0;
}

static bool accepts_witness(const struct csw_driver *driver)
{
    return !driver->accepts || driver->accepts(&witness, NULL) == 0;
}

/* Visits every driver of this build that runs the witness. */
static void each_driver(void (*visit)(const struct csw_driver *))
{
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++)
        if (entry->driver && accepts_witness(entry->driver))
            visit(entry->driver);
}

/* Visits the driver with every team size that it can have, on nothing and with one plain job. */
static void each_size(const struct csw_driver *driver, void (*visit)(const struct setting *))
{
    for (size_t i = 0; i < COUNT(team_sizes); i++) {
        const struct setting setting = {driver, team_sizes[i], "dynamic:1", "5,9", "none"};

        if (setting.workers == 1 || !(driver->flags & CSW_ONE_WORKER))
            visit(&setting);
    }
}

/* A schedule that gives every worker something to do, as far as the driver has one. */
static const char *even_handout(const struct csw_driver *driver)
{
    return driver->flags & CSW_ALWAYS_LATE ? "dynamic:1" : "static";
}

/* ---- work ----------------------------------------------------------------------------------- */

static void run_three_times(const struct setting *setting)
{
    struct rig rig;

    rig_init(&rig, setting);
    if (rig_open_team(&rig))
        for (int run = 0; run < 3; run++)
            run_and_check_stamps(&rig, true);
    rig_close_team(&rig);
    rig_release(&rig);
}

static void run_all_jobs(const struct setting *team)
{
    struct setting setting = *team;

    for (size_t s = 0; s < COUNT(schedules); s++)
        for (size_t t = 0; t < COUNT(workloads); t++) {
            setting.schedule = schedules[s];
            setting.tasks = workloads[t];
            if (takes(&setting))
                run_three_times(&setting);
        }
}

static void run_all_jobs_of(const struct csw_driver *driver)
{
    each_size(driver, run_all_jobs);
}

static void every_item_is_worked_on_exactly_once_and_every_worker_takes_part(void)
{
    each_driver(run_all_jobs_of);
}

static void toggle_stamps(const struct setting *setting)
{
    static const bool stamped[] = {false, true, false, false, true, true, false};
    struct rig rig;

    rig_init(&rig, setting);
    if (rig_open_team(&rig))
        for (size_t i = 0; i < COUNT(stamped); i++)
            run_and_check_stamps(&rig, stamped[i]);
    rig_close_team(&rig);
    rig_release(&rig);
}

static void toggle_stamps_of(const struct csw_driver *driver)
{
    each_size(driver, toggle_stamps);
}

static void all_workers_see_that_stamping_was_switched_between_runs(void)
{
    each_driver(toggle_stamps_of);
}

/* ---- placement ------------------------------------------------------------------------------ */

static bool can_bind(struct rig *rig)
{
    CU_ASSERT_EQUAL_FATAL(csw_placement_probe(&rig->placement, NULL), 0);
    if (rig->placement.cannot[0])
        fprintf(stderr, "\n    skipped: %s\n", rig->placement.cannot);
    return !rig->placement.cannot[0];
}

/* Before the first team: each test would compare with what the one before it left. */
static cpu_set_t binding_at_start;

static void must_be_unbound(const struct setting *setting)
{
    cpu_set_t binding;

    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof binding, &binding), 0);
    must(CPU_EQUAL(&binding, &binding_at_start), setting, "the caller's binding changed");
}

static void run_bound(const struct setting *setting)
{
    struct rig rig;

    rig_init(&rig, setting);
    if (can_bind(&rig) && rig_open_team(&rig)) {
        run_and_check_stamps(&rig, true);
        for (unsigned w = 0; w < setting->workers; w++)
            must(rig.shares[w].cpu == rig.placement.pu[w] ||
                     (may_be_absent(&rig, w) && is_empty(&rig.shares[w])),
                 setting, "a worker ran elsewhere");
    }
    rig_close_team(&rig);
    must_be_unbound(setting);
    rig_release(&rig);
}

/* Four workers at most: enough for an order to be wrong, on a machine of any size. */
static void run_bound_teams_of(const struct csw_driver *driver)
{
    struct csw_topo *topo = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&topo, NULL, NULL), 0);
    const unsigned usable = csw_topo_pus(topo);

    csw_topo_close(topo);
    for (unsigned workers = 1; workers <= usable && workers <= 4; workers++)
        if (workers == 1 || !(driver->flags & CSW_ONE_WORKER))
            run_bound(&(struct setting){driver, workers, even_handout(driver), "400", "cores"});
}

static void workers_run_on_the_cpus_of_their_placement(void)
{
    each_driver(run_bound_teams_of);
}

static void open_and_close_bound(const struct csw_driver *driver)
{
    static const char *const pins[] = {"none", "compact", "cores", "spread"};
    const unsigned workers = driver->flags & CSW_ONE_WORKER ? 1 : 2;

    for (size_t i = 0; i < COUNT(pins); i++) {
        const struct setting setting = {driver, workers, even_handout(driver), "9", pins[i]};
        struct rig rig;

        rig_init(&rig, &setting);
        if (can_bind(&rig) && rig_open_team(&rig))
            rig_close_team(&rig);
        must_be_unbound(&setting);
        rig_release(&rig);
    }
}

static void the_caller_gets_its_binding_back(void)
{
    each_driver(open_and_close_bound);
}

/* ---- what is left --------------------------------------------------------------------------- */

static unsigned threads_at_start; /* before the first team */

/* A joined thread, and one that OpenMP gave up, may still be on its way out of the kernel. */
static bool threads_are_gone(void)
{
    for (int i = 0; i < 200 && count_threads() > threads_at_start + runtime_threads(LARGEST_TEAM);
         i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return count_threads() <= threads_at_start + runtime_threads(LARGEST_TEAM);
}

static void close_and_look_around(const struct setting *setting)
{
    struct rig rig;

    rig_init(&rig, setting);
    if (rig_open_team(&rig))
        rig_run(&rig);
    rig_close_team(&rig);
    must(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, setting, "a process was left");
    must(threads_are_gone(), setting, "a thread was left");
    rig_release(&rig);
}

static void close_and_look_around_of(const struct csw_driver *driver)
{
    each_size(driver, close_and_look_around);
}

static void a_closed_team_leaves_no_process_and_no_thread(void)
{
    each_driver(close_and_look_around_of);
}

static unsigned count_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    unsigned lines = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
    for (int c; (c = getc(maps)) != EOF;)
        lines += c == '\n';
    fclose(maps);
    return lines;
}

static void open_and_close(struct rig *rig, int cycles)
{
    for (int i = 0; i < cycles; i++) {
        if (rig_open_team(rig))
            rig_run(rig);
        rig_close_team(rig);
    }
}

/* The first cycles may fill caches, of thread stacks for example; 20 more must not need more. */
static void count_mappings_of(const struct csw_driver *driver)
{
    const struct setting setting = {driver, driver->flags & CSW_ONE_WORKER ? 1 : 3, "dynamic:1",
                                    "20", "none"};
    struct rig rig;

    rig_init(&rig, &setting);
    open_and_close(&rig, 5);
    const unsigned before = count_mappings();

    open_and_close(&rig, 20);
    must(count_mappings() < before + 10, &setting, "mappings were left");
    rig_release(&rig);
}

static void opening_and_closing_again_and_again_leaves_no_mapping(void)
{
    each_driver(count_mappings_of);
}

static void close_nothing(const struct csw_driver *driver)
{
    driver->close(NULL);
}

static void closing_no_team_is_fine(void)
{
    each_driver(close_nothing);
}

/* ---- wakeups: one that is lost hangs the program, and the runner's time limit ends it ------- */

/* Both sides of every bound up to which a waiter spins. */
static void sleep_at_random(uint64_t *seed)
{
    static const long pause_ns[] = {0, 50000, 150000, 300000};
    const long ns = pause_ns[mix(++*seed) % COUNT(pause_ns)];

    if (ns > 0)
        nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* Enough for a thousand runs of a pool, not of a driver that makes its workers anew. */
#define PATIENCE_NS CSW_NS_PER_S

static void run_with_pauses(const struct setting *setting)
{
    const uint64_t end_ns = csw_now_ns() + PATIENCE_NS;
    uint64_t seed = 1;
    struct rig rig;

    rig_init(&rig, setting);
    if (rig_open_team(&rig))
        for (int run = 0; run < 1000 && csw_now_ns() < end_ns; run++) {
            sleep_at_random(&seed);
            rig_run(&rig);
        }
    rig_close_team(&rig);
    rig_release(&rig);
}

static void run_teams_with_pauses(const struct csw_driver *driver)
{
    static const unsigned workers[] = {2, 3, 5};
    static const char *const handouts[] = {"dynamic:1", "late:1"};

    for (size_t i = 0; i < COUNT(workers); i++)
        for (size_t k = 0; k < COUNT(handouts); k++) {
            const struct setting setting = {driver, workers[i], handouts[k], "3", "none"};

            if (takes(&setting))
                run_with_pauses(&setting);
        }
}

static void workers_that_fell_asleep_between_runs_are_woken(void)
{
    each_driver(run_teams_with_pauses);
}

/* Longer than the runner's time limit: only a wakeup ends the leader's sleep in time. */
#define FOREVER_NS (1000 * CSW_NS_PER_S)
#define POOL_WORKERS 4

struct crowd {
    struct csw_pool *pool;
    _Atomic uint64_t seeds, parts;
};

static void dawdle(void *context, unsigned worker, struct csw_share *share)
{
    struct crowd *crowd = context;
    uint64_t seed = atomic_fetch_add(&crowd->seeds, 1) << 32;

    sleep_at_random(&seed);
    atomic_fetch_add(&crowd->parts, 1);
    *share = (struct csw_share){.chunks = worker, .cpu = -1};
}

static void *serve(void *argument)
{
    struct crowd *crowd = argument;

    csw_pool_serve(crowd->pool, (unsigned)atomic_fetch_add(&crowd->seeds, 1), dawdle, crowd);
    return NULL;
}

/* Asleep at once: the leader never spins. */
static void lead(struct crowd *crowd, uint64_t rounds)
{
    struct csw_share shares[POOL_WORKERS];
    uint64_t seed = 0;

    for (uint64_t round = 1; round <= rounds; round++) {
        uint64_t took_part = 0;

        sleep_at_random(&seed);
        atomic_store(&crowd->parts, 0);
        csw_pool_release(crowd->pool, POOL_WORKERS);
        if (round % 2)
            sleep_at_random(&seed);
        csw_pool_close_entry(crowd->pool);
        while (!csw_pool_sleep(crowd->pool, FOREVER_NS))
            ;
        csw_pool_collect(crowd->pool, shares);
        for (unsigned w = 1; w < POOL_WORKERS; w++) {
            CU_ASSERT_TRUE(shares[w].chunks == 0 || shares[w].chunks == w);
            took_part += shares[w].chunks > 0;
        }
        CU_ASSERT_EQUAL(took_part, atomic_load(&crowd->parts));
        CU_ASSERT_TRUE(crowd->pool->late || took_part == POOL_WORKERS - 1);
    }
}

static void lead_a_pool(unsigned flags)
{
    const struct csw_placement placement = {.workers = POOL_WORKERS};
    struct crowd crowd = {.seeds = 1};
    pthread_t threads[POOL_WORKERS];

    CU_ASSERT_EQUAL_FATAL(csw_pool_map(&crowd.pool, &placement, flags, NULL), 0);
    for (int w = 1; w < POOL_WORKERS; w++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[w], NULL, serve, &crowd), 0);
    while (!csw_pool_await_ready(crowd.pool, POOL_WORKERS - 1, FOREVER_NS))
        ;
    lead(&crowd, 1000);
    csw_pool_stop(crowd.pool);
    for (int w = 1; w < POOL_WORKERS; w++)
        CU_ASSERT_EQUAL(pthread_join(threads[w], NULL), 0);
    csw_pool_unmap(crowd.pool);
}

static void a_leader_that_fell_asleep_is_woken_when_all_are_done(void)
{
    lead_a_pool(0);
    lead_a_pool(CSW_POOL_PROCESSES);
    lead_a_pool(CSW_POOL_LATE);
    lead_a_pool(CSW_POOL_LATE | CSW_POOL_PROCESSES);
}

static void a_pool_that_nobody_serves_gives_the_leader_back_in_time(void)
{
    const struct csw_placement placement = {.workers = 2};
    struct csw_pool *pool = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_pool_map(&pool, &placement, CSW_POOL_PROCESSES, NULL), 0);
    CU_ASSERT_FALSE(csw_pool_await_ready(pool, 1, 1000));
    csw_pool_release(pool, 1);
    CU_ASSERT_FALSE(csw_pool_spin(pool));
    CU_ASSERT_FALSE(csw_pool_sleep(pool, 1000));
    csw_pool_unmap(pool);
}

static void a_run_that_nobody_joined_late_is_over_at_once(void)
{
    const struct csw_placement placement = {.workers = 2};
    struct csw_share shares[2];
    struct csw_pool *pool = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_pool_map(&pool, &placement, CSW_POOL_LATE, NULL), 0);
    csw_pool_release(pool, 1);
    csw_pool_close_entry(pool);
    CU_ASSERT_TRUE(csw_pool_spin(pool));
    csw_pool_collect(pool, shares);
    CU_ASSERT_EQUAL(shares[1].chunks, 0);
    CU_ASSERT_EQUAL(shares[1].cpu, -1);
    csw_pool_unmap(pool);
}

/* ---- registry ------------------------------------------------------------------------------- */

static const char *source_path(const char *file)
{
    static char path[8192];

    snprintf(path, sizeof path, "%s/../../drivers/%s", fixture(""), file);
    return path;
}

static void every_entry_is_found_by_its_name_and_says_what_it_is(void)
{
    const struct csw_driver_entry *entry;
    size_t count = 0;

    for (; (entry = csw_driver_at(count)); count++) {
        CU_ASSERT_PTR_EQUAL(csw_driver_find(entry->name), entry);
        CU_ASSERT_TRUE(entry->driver ? !entry->missing[0] : entry->missing[0]);
        if (!entry->driver)
            continue;
        CU_ASSERT_STRING_EQUAL(entry->driver->name, entry->name);
        CU_ASSERT_TRUE(entry->driver->summary && entry->driver->summary[0]);
        CU_ASSERT_TRUE(entry->driver->open && entry->driver->run && entry->driver->close);
    }
    CU_ASSERT_TRUE(count > 0);
    CU_ASSERT_PTR_NULL(csw_driver_at(count + 1));
    CU_ASSERT_PTR_NULL(csw_driver_find("no such driver"));
    CU_ASSERT_PTR_NULL(csw_driver_find(""));
}

/* Names have dashes where files have underscores. */
static void swap(char *name, char from, char to)
{
    for (; *name; name++)
        if (*name == from)
            *name = to;
}

static void check_driver(const struct csw_driver *driver)
{
    static const struct csw_schedule fixed = {.handout = CSW_STATIC}, late = {.handout = CSW_LATE};
    const bool picks = driver->flags & CSW_ALWAYS_LATE, joins = driver->flags & CSW_JOINS_LATE;
    struct csw_err err = {0};

    if (driver->handouts != 0)
        return; /* those that it names, and no other */
    CU_ASSERT_EQUAL(csw_driver_check(driver, &witness, &fixed, 1, &err), picks ? -EINVAL : 0);
    must_say(err.text, picks ? "hands no piece to a given worker; use schedule dynamic" : "");
    CU_ASSERT_EQUAL(csw_driver_check(driver, &witness, &late, 1, &err), joins ? 0 : -EINVAL);
    must_say(err.text, joins ? "" : "take part in every run; use schedule dynamic");
    CU_ASSERT_TRUE(joins || !picks);
}

static void a_schedule_is_refused_that_a_driver_cannot_run(void)
{
    each_driver(check_driver);
}

static void check_handouts(const struct csw_driver *driver)
{
    for (size_t s = 0; s < COUNT(schedules); s++) {
        struct csw_schedule schedule;
        struct csw_err err = {0};

        CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&schedule, schedules[s], NULL), 0);
        if (driver->handouts == 0 || (driver->handouts & 1u << schedule.handout))
            continue;
        CU_ASSERT_EQUAL(csw_driver_check(driver, &witness, &schedule, 1, &err), -EINVAL);
        must_say(err.text, "runs the schedules ");
    }
}

static void a_schedule_that_a_driver_does_not_name_is_refused_with_those_it_does(void)
{
    each_driver(check_handouts);
}

static void name_library(const struct csw_driver *driver)
{
    if (!driver->library)
        return;
    CU_ASSERT_STRING_NOT_EQUAL(driver->library(), "");
    CU_ASSERT_PTR_NULL(strchr(driver->library(), '\n'));
}

static void a_runtime_is_named_with_what_was_found(void)
{
    each_driver(name_library);
}

static void every_entry_has_a_file_of_its_name(void)
{
    const struct csw_driver_entry *entry;
    char file[64];

    for (size_t i = 0; (entry = csw_driver_at(i)); i++) {
        snprintf(file, sizeof file, "%s.c", entry->name);
        swap(file, '-', '_');
        CU_ASSERT_EQUAL(access(source_path(file), R_OK), 0);
    }
}

/* True for a file that must have a line in drivers.def; its name for people goes to `ret_name`.
 */
static bool is_driver_file(const char *file, char ret_name[64])
{
    static const char *const shared[] = {"registry", "pool",   "child",       "thread",
                                         "library",  "keeper", "interpreter", "python"};
    const size_t length = strlen(file);

    if (length < 3 || length > 60 || strcmp(file + length - 2, ".c") != 0)
        return false;
    snprintf(ret_name, 64, "%.*s", (int)length - 2, file);
    for (size_t i = 0; i < COUNT(shared); i++)
        if (strcmp(ret_name, shared[i]) == 0)
            return false;
    swap(ret_name, '_', '-');
    return true;
}

static void every_file_of_a_driver_has_an_entry(void)
{
    DIR *folder = opendir(source_path(""));
    char name[64];

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    for (struct dirent *file; (file = readdir(folder));)
        if (is_driver_file(file->d_name, name) && !csw_driver_find(name)) {
            fprintf(stderr, "\n    drivers.def lacks %s\n", name);
            CU_FAIL("a file without a line");
        }
    closedir(folder);
}

static const struct test tests[] = {
    TEST(every_item_is_worked_on_exactly_once_and_every_worker_takes_part),
    TEST(all_workers_see_that_stamping_was_switched_between_runs),
    TEST(workers_run_on_the_cpus_of_their_placement),
    TEST(the_caller_gets_its_binding_back),
    TEST(a_closed_team_leaves_no_process_and_no_thread),
    TEST(opening_and_closing_again_and_again_leaves_no_mapping),
    TEST(closing_no_team_is_fine),
    TEST(workers_that_fell_asleep_between_runs_are_woken),
    TEST(a_leader_that_fell_asleep_is_woken_when_all_are_done),
    TEST(a_pool_that_nobody_serves_gives_the_leader_back_in_time),
    TEST(a_run_that_nobody_joined_late_is_over_at_once),
    TEST(every_entry_is_found_by_its_name_and_says_what_it_is),
    TEST(a_schedule_is_refused_that_a_driver_cannot_run),
    TEST(a_schedule_that_a_driver_does_not_name_is_refused_with_those_it_does),
    TEST(a_runtime_is_named_with_what_was_found),
    TEST(every_entry_has_a_file_of_its_name),
    TEST(every_file_of_a_driver_has_an_entry),
};

int main(void)
{
    threads_at_start = count_threads();
    if (sched_getaffinity(0, sizeof binding_at_start, &binding_at_start) != 0)
        return 1;
    return RUN_TESTS("drivers", tests);
}
