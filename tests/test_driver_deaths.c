/*
 * test_driver_deaths.c - workers that are processes die: in every state of a team the run says so
 * at once, with a sentence that names the worker, its pid and its end; nothing is left behind; and
 * the host application's own children and handlers are not disturbed.
 *
 * The program defines fork itself, which takes precedence over the C library's: so a worker knows
 * its number, and can be made to die before its first instruction.
 */
#include "team.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define WORKERS 4

/* However thieves divide what the caller of a late run was dealt, each of the others gets some. */
#define ITEMS 8
#define NOBODY (-1)

/* How long a worker computes that nobody ends: longer than HANG_NS, and not for ever. */
#define SPIN_NS (15 * CSW_NS_PER_S)

/* ---- a kernel that does to each worker what a test asked for -------------------------------- */

enum deed { FINISH, SPIN, EXIT, RAISE };

struct fate {
    enum deed deed;
    int number; /* of EXIT: the status; of RAISE: the signal */
};

/* Shared with forked workers. */
static struct stage {
    struct fate fate[WORKERS];
    _Atomic pid_t pid[WORKERS];     /* of those that have begun */
    _Atomic bool finished[WORKERS]; /* a unit at least */
    _Atomic int doomed;             /* worker that dies at birth, or NOBODY */
    uint64_t work_ns;               /* what finishing takes */
} * stage;

static pid_t (*hidden_fork)(void);
static unsigned self;  /* worker that this process is */
static unsigned forks; /* since the last team or run began */

pid_t fork(void)
{
    forks++;
    const pid_t pid = hidden_fork();

    if (pid != 0)
        return pid;
    self = forks;
    if (atomic_load(&stage->doomed) == (int)self)
        raise(SIGKILL);
    return 0;
}

static void end_by_signal(int number)
{
    signal(number, SIG_DFL); /* a sanitizer may have a handler of its own */
    raise(number);
}

static void compute(uint64_t ns)
{
    const uint64_t end_ns = csw_now_ns() + ns;

    while (csw_now_ns() < end_ns)
        ;
}

static bool all_have_begun(void)
{
    for (unsigned w = 0; w < WORKERS; w++)
        if (atomic_load(&stage->pid[w]) == 0)
            return false;
    return true;
}

/* Only the caller's computing must be interrupted; the others leave it a CPU. */
static void stay_busy(void)
{
    if (self == 0)
        compute(SPIN_NS);
    else
        nanosleep(&(struct timespec){.tv_sec = SPIN_NS / CSW_NS_PER_S}, NULL);
}

/* Nobody goes on before all have come, also those that join late. */
static struct csw_tally stage_scan(const void *state, uint64_t lo, uint64_t hi)
{
    const struct fate fate = stage->fate[self];
    const uint64_t end_ns = csw_now_ns() + SPIN_NS;

    (void)state;
    atomic_store(&stage->pid[self], getpid());
    while (!all_have_begun() && csw_now_ns() < end_ns)
        sched_yield();
    if (fate.deed == EXIT)
        _exit(fate.number);
    if (fate.deed == RAISE)
        end_by_signal(fate.number);
    if (fate.deed == SPIN)
        stay_busy();
    compute(stage->work_ns);
    atomic_store(&stage->finished[self], true);
    return (struct csw_tally){.items = hi - lo};
}

static struct csw_tally stage_expect(const void *state, uint64_t lo, uint64_t hi)
{
    (void)state;
    return (struct csw_tally){.items = hi - lo};
}

static const struct csw_kernel stage_kernel = {
    .abi = CSW_KERNEL_ABI, .name = "stage", .scan = stage_scan, .expect = stage_expect};

/* Everybody finishes, except those of whom a test says otherwise from here on. */
static void stage_reset(void)
{
    memset(stage, 0, sizeof *stage);
    atomic_store(&stage->doomed, NOBODY);
}

/* ---- a team on the stage -------------------------------------------------------------------- */

static const char *const schedules[] = {"static", "dynamic:1", "late:1"};

struct play {
    struct rig rig;
    struct footprint before;
    const char *title; /* for failures */
};

static void play_init(struct play *play, const char *driver, const char *schedule,
                      const char *title)
{
    const struct rig_options options = {.driver = csw_driver_find(driver)->driver,
                                        .kernel = &stage_kernel,
                                        .n = ITEMS,
                                        .workers = WORKERS,
                                        .schedule = schedule,
                                        .pin = "none"};

    play->title = title;
    stage_reset();
    rig_init(&play->rig, &options);
    footprint_take(&play->before);
}

static void play_open(struct play *play)
{
    forks = 0;
    CU_ASSERT_EQUAL_FATAL(rig_open(&play->rig), 0);
}

/*
 * ThreadSanitizer puts a signal off, and calls the handler while it keeps all of them blocked,
 * which a long jump out of the handler leaves so. This is as if it had not.
 */
static void unblock_for_tsan(const sigset_t *blocked)
{
    if (dlsym(RTLD_DEFAULT, "__tsan_init"))
        pthread_sigmask(SIG_SETMASK, blocked, NULL);
}

static int run_without_meeting(struct play *play)
{
    sigset_t blocked;

    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    const int code = rig_run(&play->rig);

    unblock_for_tsan(&blocked);
    return code;
}

/* In which all workers meet before any goes on. */
static int play_run(struct play *play)
{
    for (unsigned w = 0; w < WORKERS; w++) {
        atomic_store(&stage->pid[w], 0);
        atomic_store(&stage->finished[w], false);
    }
    if (strcmp(play->rig.driver->name, "fork-each") == 0)
        forks = 0;
    return run_without_meeting(play);
}

static void play_close(struct play *play)
{
    const uint64_t start_ns = csw_now_ns();

    rig_close(&play->rig);
    CU_ASSERT_TRUE(csw_now_ns() - start_ns < HANG_NS);
    must_leave_nothing(&play->before, WORKERS, play->title);
}

/* The same job runs on a new team as if nothing had happened. */
static void play_again(struct play *play)
{
    stage_reset();
    play_open(play);
    CU_ASSERT_EQUAL(play_run(play), 0);
    play_close(play);
}

static void play_release(struct play *play)
{
    rig_release(&play->rig);
}

/* The sentence of a team that lost one of the workers from `victim` on. */
static void must_tell_the_death(const struct play *play, unsigned victim, const char *end)
{
    char worker[64], pid[32];

    snprintf(worker, sizeof worker, "worker %u of driver '%s'", victim, play->rig.driver->name);
    snprintf(pid, sizeof pid, "(pid %d)", (int)atomic_load(&stage->pid[victim]));
    CU_ASSERT_EQUAL(play->rig.err.code, -ECHILD);
    must_say(play->rig.err.text, worker);
    must_say(play->rig.err.text, pid);
    must_say(play->rig.err.text, end);
}

static void run_must_tell(struct play *play, unsigned victim, const char *end)
{
    const uint64_t start_ns = csw_now_ns();

    CU_ASSERT_EQUAL(play_run(play), -ECHILD);
    CU_ASSERT_TRUE(csw_now_ns() - start_ns < HANG_NS);
    must_tell_the_death(play, victim, end);
}

/* Whether it is that of a worker which was done, maybe without a unit left for it. */
static bool is_full(const struct csw_share *share)
{
    return share->start_ns > 0 && share->end_ns >= share->start_ns && share->cpu >= 0 &&
           share->tally.items <= ITEMS && share->chunks <= ITEMS;
}

static void must_be_full_or_empty(const struct play *play)
{
    for (unsigned w = 0; w < WORKERS; w++)
        CU_ASSERT_TRUE(is_full(&play->rig.shares[w]) || is_empty(&play->rig.shares[w]));
}

static void must_all_be_empty(const struct play *play)
{
    for (unsigned w = 0; w < WORKERS; w++)
        CU_ASSERT_TRUE(is_empty(&play->rig.shares[w]));
}

/* ---- death in a run ------------------------------------------------------------------------- */

struct scene {
    const char *title;
    enum deed caller, others, victim;
    bool asleep; /* whoever is to finish is asleep when the victim dies; otherwise, at once */
};

static const struct scene scenes[] = {
    {"all compute", SPIN, SPIN, SPIN, false},
    {"caller and victim compute, the others are awake", SPIN, FINISH, SPIN, false},
    {"caller and victim compute, the others sleep", SPIN, FINISH, SPIN, true},
    {"only the victim computes, all are awake", FINISH, FINISH, SPIN, false},
    {"only the victim computes, all others sleep", FINISH, FINISH, SPIN, true},
    {"the caller waits for all", FINISH, SPIN, SPIN, true},
    {"only the caller computes, the victim is awake", SPIN, FINISH, FINISH, false},
    {"only the caller computes, the victim sleeps", SPIN, FINISH, FINISH, true},
    {"the victim alone sleeps", SPIN, SPIN, FINISH, true},
};

/* Whether the main thread of the process sleeps in the kernel. */
static bool is_asleep(pid_t pid)
{
    char path[32], state = '?';

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "re");

    if (!stat)
        return false;
    const bool read = fscanf(stat, "%*d (%*[^)]) %c", &state) == 1;

    fclose(stat);
    return read && state == 'S';
}

struct cue {
    const struct scene *scene;
    unsigned victims; /* as bits */
    uint64_t kill_ns; /* when they were killed */
};

static bool is_victim(unsigned victims, unsigned worker)
{
    return victims >> worker & 1;
}

static void kill_all(struct cue *cue)
{
    cue->kill_ns = csw_now_ns();
    for (unsigned w = 1; w < WORKERS; w++) {
        const pid_t pid = atomic_load(&stage->pid[w]);

        if (is_victim(cue->victims, w) && pid > 0)
            kill(pid, SIGKILL);
    }
}

/* Kills the victims from outside, once everybody is where the scene wants them. */
static void *kill_on_cue(void *argument)
{
    struct cue *cue = argument;

    AWAIT(all_have_begun());
    for (unsigned w = 0; w < WORKERS; w++) {
        if (stage->fate[w].deed != FINISH)
            continue;
        AWAIT(atomic_load(&stage->finished[w]));
        if (cue->scene->asleep)
            AWAIT(is_asleep(atomic_load(&stage->pid[w])));
    }
    kill_all(cue);
    return NULL;
}

static void set_scene(const struct scene *scene, unsigned victims)
{
    stage_reset();
    stage->fate[0].deed = scene->caller;
    for (unsigned w = 1; w < WORKERS; w++)
        stage->fate[w].deed = is_victim(victims, w) ? scene->victim : scene->others;
}

/* Those who slept had left their shares; those who were awake may have been about to. */
static void check_shares(const struct play *play, const struct scene *scene)
{
    must_be_full_or_empty(play);
    for (unsigned w = 0; w < WORKERS; w++) {
        const bool was_done = stage->fate[w].deed == FINISH;

        if (!was_done || scene->asleep)
            CU_ASSERT_TRUE(was_done == is_full(&play->rig.shares[w]));
    }
}

static unsigned first_of(unsigned victims)
{
    return (unsigned)__builtin_ctz(victims);
}

static void play_scene(const struct scene *scene, const char *schedule, unsigned victims)
{
    struct cue cue = {.scene = scene, .victims = victims};
    struct play play;
    pthread_t killer;

    play_init(&play, "fork", schedule, scene->title);
    play_open(&play);
    set_scene(scene, victims);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&killer, NULL, kill_on_cue, &cue), 0);
    CU_ASSERT_EQUAL(play_run(&play), -ECHILD);
    const uint64_t end_ns = csw_now_ns();

    CU_ASSERT_EQUAL(pthread_join(killer, NULL), 0);
    CU_ASSERT_TRUE(end_ns - cue.kill_ns < HANG_NS);
    if (play.rig.err.code != -ECHILD)
        fprintf(stderr, "\n    %s, %s, victims %#x\n", scene->title, schedule, victims);
    must_say(play.rig.err.text, "killed by signal 9 (Killed)");
    if ((victims & (victims - 1)) == 0) /* of several, any may be the first to be found */
        must_tell_the_death(&play, first_of(victims), "killed");
    check_shares(&play, scene);
    play_close(&play);
    play_again(&play);
    play_release(&play);
}

static void a_process_killed_in_any_state_of_a_run_ends_it_at_once(void)
{
    for (size_t i = 0; i < COUNT(scenes); i++)
        for (size_t s = 0; s < COUNT(schedules); s++)
            for (unsigned victim = 1; victim < WORKERS; victim++)
                play_scene(&scenes[i], schedules[s], 1u << victim);
}

static void several_processes_killed_at_once_end_the_run_like_one(void)
{
    static const unsigned several[] = {0x6, 0xc, 0xa, 0xe};

    for (size_t i = 0; i < COUNT(scenes); i++)
        for (size_t v = 0; v < COUNT(several); v++)
            play_scene(&scenes[i], schedules[v % COUNT(schedules)], several[v]);
}

struct end {
    struct fate fate;
    const char *sentence;
};

static void meet_end(const struct end *end, const char *driver, unsigned victim)
{
    struct play play;

    play_init(&play, driver, "static", end->sentence);
    play_open(&play);
    stage_reset();
    stage->fate[victim] = end->fate;
    run_must_tell(&play, victim, end->sentence);
    play_close(&play);
    play_again(&play);
    play_release(&play);
}

static void the_way_in_which_a_process_ended_is_told(void)
{
    static const struct end ends[] = {
        {{EXIT, 3}, "exited with status 3"},
        {{RAISE, SIGSEGV}, "killed by signal 11 (Segmentation fault)"},
        {{RAISE, SIGABRT}, "killed by signal 6 (Aborted)"},
        {{RAISE, SIGTERM}, "killed by signal 15 (Terminated)"},
    };

    for (size_t i = 0; i < COUNT(ends); i++)
        for (unsigned victim = 1; victim < WORKERS; victim++) {
            meet_end(&ends[i], "fork", victim);
            meet_end(&ends[i], "fork-each", victim);
        }
}

/* Of fork-each exit 0 is the end of a worker that is done; it cannot be told from one that left. */
static void a_process_of_a_pool_that_exits_as_if_done_is_reported(void)
{
    meet_end(&(struct end){{EXIT, 0}, "exited with status 0"}, "fork", 1);
}

/* ---- death between runs, and before the first ----------------------------------------------- */

/* Waits until the child has ended, and leaves it to its parent. */
static void await_end(pid_t pid)
{
    siginfo_t info;

    CU_ASSERT_EQUAL_FATAL(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* Opens a team and kills one worker after a run. */
static void kill_while_parked(struct play *play, const char *schedule, unsigned victim, bool asleep)
{
    play_init(play, "fork", schedule, "parked");
    play_open(play);
    CU_ASSERT_EQUAL_FATAL(play_run(play), 0);
    const pid_t pid = atomic_load(&stage->pid[victim]);

    if (asleep)
        AWAIT(is_asleep(pid));
    kill(pid, SIGKILL);
    await_end(pid);
}

/* What the workers left of the run before is not theirs. */
static void die_while_parked(const char *schedule, unsigned victim, bool asleep)
{
    struct play play;

    kill_while_parked(&play, schedule, victim, asleep);
    const pid_t pid = atomic_load(&stage->pid[victim]);

    CU_ASSERT_EQUAL(play_run(&play), -ECHILD);
    atomic_store(&stage->pid[victim], pid);
    must_tell_the_death(&play, victim, "killed by signal 9");
    must_all_be_empty(&play);
    play_close(&play);
    play_again(&play);
    play_release(&play);
}

static void a_process_killed_between_two_runs_is_reported_by_the_next(void)
{
    for (size_t s = 0; s < COUNT(schedules); s++)
        for (unsigned victim = 1; victim < WORKERS; victim++) {
            die_while_parked(schedules[s], victim, false);
            die_while_parked(schedules[s], victim, true);
        }
}

static void a_team_that_lost_a_parked_process_can_be_closed_without_another_run(void)
{
    for (unsigned victim = 1; victim < WORKERS; victim++) {
        struct play play;

        kill_while_parked(&play, "static", victim, victim % 2);
        play_close(&play);
        play_release(&play);
    }
}

static void a_process_that_dies_before_it_is_ready_fails_the_open(void)
{
    for (unsigned victim = 1; victim < WORKERS; victim++) {
        struct play play;
        char worker[32];

        play_init(&play, "fork", "static", "at birth");
        atomic_store(&stage->doomed, (int)victim);
        forks = 0;
        CU_ASSERT_EQUAL(rig_open(&play.rig), -ECHILD);
        snprintf(worker, sizeof worker, "worker %u of driver 'fork'", victim);
        must_say(play.rig.err.text, worker);
        must_say(play.rig.err.text, "killed by signal 9");
        must_leave_nothing(&play.before, WORKERS, play.title);
        play_again(&play);
        play_release(&play);
    }
}

/* ---- death in a run of processes made for it ------------------------------------------------ */

static void a_process_made_for_one_run_is_reported_by_that_run_and_the_team_goes_on(void)
{
    for (unsigned victim = 1; victim < WORKERS; victim++) {
        struct cue cue = {.scene = &scenes[3], .victims = 1u << victim};
        struct play play;
        pthread_t killer;

        play_init(&play, "fork-each", "static", "fork-each");
        play_open(&play);
        set_scene(cue.scene, cue.victims);
        CU_ASSERT_EQUAL_FATAL(pthread_create(&killer, NULL, kill_on_cue, &cue), 0);
        run_must_tell(&play, victim, "killed by signal 9");
        CU_ASSERT_EQUAL(pthread_join(killer, NULL), 0);
        CU_ASSERT_TRUE(atomic_load(&stage->finished[0])); /* the caller's own part */
        play_close(&play);
        play_again(&play);
        play_release(&play);
    }
}

/* ---- death at any moment -------------------------------------------------------------------- */

#define KILLS 100
#define RUN_NS 100000

static uint64_t random_below(uint64_t *state, uint64_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % limit;
}

static void *kill_after_a_while(void *argument)
{
    struct cue *cue = argument;
    const uint64_t delay_ns = cue->kill_ns;

    nanosleep(&(struct timespec){.tv_nsec = (long)delay_ns}, NULL);
    kill_all(cue);
    return NULL;
}

/* Runs, now and then with a pause that sends the others to sleep, until a run fails. */
static uint64_t run_until_death(struct play *play, uint64_t *seed)
{
    const uint64_t end_ns = csw_now_ns() + HANG_NS;
    uint64_t start_ns;

    do {
        if (random_below(seed, 4) == 0)
            nap();
        start_ns = csw_now_ns();
    } while (run_without_meeting(play) == 0 && start_ns < end_ns);
    return start_ns;
}

/* From the kill, or the start of the next run, to the return of the run that says so. */
static uint64_t kill_at_random(uint64_t *seed, const char *schedule)
{
    const unsigned victim = 1 + (unsigned)random_below(seed, WORKERS - 1);
    struct cue cue = {.victims = 1u << victim, .kill_ns = random_below(seed, 5 * CSW_NS_PER_MS)};
    struct play play;
    pthread_t killer;

    play_init(&play, "fork", schedule, "at random");
    stage->work_ns = RUN_NS;
    play_open(&play);
    CU_ASSERT_EQUAL(play_run(&play), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&killer, NULL, kill_after_a_while, &cue), 0);
    const uint64_t start_ns = run_until_death(&play, seed), end_ns = csw_now_ns();

    CU_ASSERT_EQUAL(pthread_join(killer, NULL), 0);
    must_tell_the_death(&play, victim, "killed by signal 9");
    must_be_full_or_empty(&play);
    play_close(&play);
    play_release(&play);
    return end_ns - (cue.kill_ns > start_ns ? cue.kill_ns : start_ns);
}

static int by_size(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static void a_hundred_deaths_at_random_moments_are_all_reported(void)
{
    uint64_t seed = 1, took_ns[KILLS];

    for (int i = 0; i < KILLS; i++)
        took_ns[i] = kill_at_random(&seed, schedules[(size_t)i % COUNT(schedules)]);
    qsort(took_ns, KILLS, sizeof *took_ns, by_size);
    fprintf(stderr, "\n    from kill to the end of the run, us: p50 %.0f, p99 %.0f, max %.0f\n",
            (double)took_ns[KILLS / 2] / 1e3, (double)took_ns[KILLS * 99 / 100 - 1] / 1e3,
            (double)took_ns[KILLS - 1] / 1e3);
    CU_ASSERT_TRUE(took_ns[KILLS - 1] < HANG_NS);
}

/* ---- SIGCHLD and the host application ------------------------------------------------------- */

static _Atomic int notices;      /* of any child's end */
static _Atomic pid_t noticed[8]; /* whose, round robin */

static void on_host_child(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    atomic_store(&noticed[atomic_fetch_add(&notices, 1) % (int)COUNT(noticed)], info->si_pid);
}

static bool was_noticed(pid_t pid)
{
    for (size_t i = 0; i < COUNT(noticed); i++)
        if (atomic_load(&noticed[i]) == pid)
            return true;
    return false;
}

static void install(struct sigaction *ret_before, void (*handler)(int, siginfo_t *, void *))
{
    const struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};

    CU_ASSERT_EQUAL_FATAL(sigaction(SIGCHLD, &action, ret_before), 0);
}

static pid_t start_host_child(void)
{
    const pid_t pid = hidden_fork();

    if (pid == 0)
        _exit(0);
    CU_ASSERT_TRUE_FATAL(pid > 0);
    return pid;
}

static void *end_a_host_child(void *ret_pid)
{
    AWAIT(all_have_begun());
    *(pid_t *)ret_pid = start_host_child();
    await_end(*(pid_t *)ret_pid);
    return NULL;
}

/* In a run of 50 ms, so that the child ends in the middle of it. */
static void run_while_a_host_child_dies(struct play *play)
{
    pthread_t thread;
    pid_t pid = 0;

    stage->work_ns = 50 * CSW_NS_PER_MS;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, end_a_host_child, &pid), 0);
    CU_ASSERT_EQUAL(play_run(play), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    AWAIT(was_noticed(pid));
    CU_ASSERT_TRUE(was_noticed(pid));
    CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
    stage->work_ns = 0;
}

static void die_between_runs(void)
{
    const pid_t pid = start_host_child();

    AWAIT(was_noticed(pid));
    CU_ASSERT_TRUE(was_noticed(pid));
    CU_ASSERT_EQUAL(waitpid(pid, NULL, 0), pid);
}

static void the_host_hears_of_its_own_children_which_disturb_no_run(void)
{
    for (size_t s = 0; s < COUNT(schedules); s++) {
        struct sigaction before;
        struct play play;

        install(&before, on_host_child);
        play_init(&play, "fork", schedules[s], "a host's child");
        play_open(&play);
        run_while_a_host_child_dies(&play);
        die_between_runs();
        CU_ASSERT_EQUAL(play_run(&play), 0);
        play_close(&play);
        die_between_runs();
        play_release(&play);
        CU_ASSERT_EQUAL(sigaction(SIGCHLD, &before, NULL), 0);
    }
}

/* As a child's supervisor does that knows of no other children than its own. */
static void reap_all(int number, siginfo_t *info, void *context)
{
    const int saved = errno;

    on_host_child(number, info, context);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

static void a_host_that_reaps_every_child_does_not_keep_a_pool_from_ending(void)
{
    struct sigaction before;
    struct play play;

    install(&before, reap_all);
    play_init(&play, "fork", "static", "a host that reaps all");
    play_again(&play);
    play_open(&play);
    CU_ASSERT_EQUAL_FATAL(play_run(&play), 0);
    const int notices_before = atomic_load(&notices);

    kill(atomic_load(&stage->pid[2]), SIGKILL);
    AWAIT(atomic_load(&notices) > notices_before);
    CU_ASSERT_EQUAL(play_run(&play), -ECHILD);
    must_say(play.rig.err.text, "has vanished");
    play_close(&play);
    play_release(&play);
    CU_ASSERT_EQUAL(sigaction(SIGCHLD, &before, NULL), 0);
}

/* A process inherits this from a parent that ignores its children, a shell's `trap '' CHLD` say. */
static void teams_of_processes_work_where_the_host_ignores_its_children(void)
{
    static const char *const drivers[] = {"fork", "fork-each"};
    struct sigaction before;

    for (size_t i = 0; i < COUNT(drivers); i++) {
        struct play play;

        CU_ASSERT_EQUAL_FATAL(
            sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_IGN}, &before), 0);
        play_init(&play, drivers[i], "static", "SIGCHLD ignored");
        play_again(&play);
        CU_ASSERT_EQUAL(sigaction(SIGCHLD, &before, NULL), 0);
        meet_end(&(struct end){{EXIT, 3}, "exited with status 3"}, drivers[i], 1);
        play_release(&play);
    }
}

static void a_host_that_blocks_sigchld_learns_of_a_death_and_keeps_its_mask(void)
{
    sigset_t child, before;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    CU_ASSERT_EQUAL_FATAL(pthread_sigmask(SIG_BLOCK, &child, &before), 0);
    for (size_t i = 0; i < COUNT(scenes); i++)
        play_scene(&scenes[i], "static", 1u << 2);
    die_while_parked("static", 1, true);
    CU_ASSERT_EQUAL(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

/* Close puts back what open changed, and nothing that the host has changed since. */
static void what_the_host_changes_while_a_team_is_open_stays(void)
{
    struct sigaction before, after;
    sigset_t user, mask_before, mask_after;
    struct play play;

    sigemptyset(&user);
    sigaddset(&user, SIGUSR1);
    play_init(&play, "fork", "static", "a host that changes its mind");
    play_open(&play);
    CU_ASSERT_EQUAL(pthread_sigmask(SIG_BLOCK, &user, &mask_before), 0);
    install(&before, on_host_child);
    CU_ASSERT_EQUAL(play_run(&play), 0);
    rig_close(&play.rig);
    CU_ASSERT_EQUAL(pthread_sigmask(SIG_UNBLOCK, &user, &mask_after), 0);
    CU_ASSERT_TRUE(sigismember(&mask_after, SIGUSR1) == 1);
    CU_ASSERT_EQUAL(sigaction(SIGCHLD, &play.before.on_child, &after), 0);
    CU_ASSERT_TRUE(after.sa_sigaction == on_host_child);
    must_leave_nothing(&play.before, WORKERS, play.title);
    play_release(&play);
}

static void lose_one_of_two(bool close_first_first)
{
    struct play first, second;

    play_init(&first, "fork", "static", "the first of two");
    play_init(&second, "fork", "late:1", "the second of two");
    play_open(&first);
    play_open(&second);
    CU_ASSERT_EQUAL(play_run(&first), 0);
    CU_ASSERT_EQUAL(play_run(&second), 0);
    stage->fate[1] = (struct fate){RAISE, SIGKILL};
    run_must_tell(&first, 1, "killed by signal 9");
    stage_reset();
    CU_ASSERT_EQUAL(play_run(&second), 0);
    rig_close(close_first_first ? &first.rig : &second.rig);
    if (close_first_first)
        CU_ASSERT_EQUAL(play_run(&second), 0);
    rig_close(close_first_first ? &second.rig : &first.rig);
    must_leave_nothing(&second.before, WORKERS, first.title);
    play_release(&first);
    play_release(&second);
}

static void of_two_teams_the_one_that_lost_nobody_works_on(void)
{
    lose_one_of_two(true);
    lose_one_of_two(false);
}

/* ---- a team of another thread than main ----------------------------------------------------- */

/* Open, run and close in one thread; main, which gets the signals, waits for it. */
static void *play_in_a_thread(void *argument)
{
    const struct scene *scene = argument;

    play_scene(scene, "static", 1u << 1);
    return NULL;
}

/* Without those in which the caller sleeps: it is the main thread whose sleep is looked at. */
static void the_run_of_another_thread_than_main_is_ended_as_well(void)
{
    for (size_t i = 0; i < 4; i++) {
        pthread_t thread;

        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, play_in_a_thread, (void *)&scenes[i]),
                              0);
        CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    }
}

static void *run_in_a_thread(void *argument)
{
    struct play *play = argument;

    play_open(play);
    run_while_a_host_child_dies(play);
    rig_close(&play->rig);
    return NULL;
}

/* And the host's handler learns whose death it was, not who passed the signal on. */
static void the_host_hears_of_its_children_while_another_thread_runs(void)
{
    struct sigaction before;
    struct play play;
    pthread_t thread;

    install(&before, on_host_child);
    play_init(&play, "fork", "static", "a thread's team");
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run_in_a_thread, &play), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    must_leave_nothing(&play.before, WORKERS, play.title);
    play_release(&play);
    CU_ASSERT_EQUAL(sigaction(SIGCHLD, &before, NULL), 0);
}

static void *only_open(void *argument)
{
    play_open(argument);
    return NULL;
}

/* PR_SET_PDEATHSIG is about the thread that forked. It must come out as an error, not as a hang. */
static void a_team_whose_thread_has_ended_is_reported_lost(void)
{
    struct play play;
    pthread_t thread;

    play_init(&play, "fork", "static", "an orphaned team");
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, only_open, &play), 0);
    CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    const uint64_t start_ns = csw_now_ns();

    CU_ASSERT_EQUAL(play_run(&play), -ECHILD);
    CU_ASSERT_TRUE(csw_now_ns() - start_ns < HANG_NS);
    must_say(play.rig.err.text, "killed by signal 9");
    play_close(&play);
    play_release(&play);
}

/* ---- a parent that dies --------------------------------------------------------------------- */

/* What this program's drivers could have left there. LLVM's OpenMP has entries of its own. */
static unsigned count_shared_memory(void)
{
    DIR *folder = opendir("/dev/shm");
    unsigned count = 0;

    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        count += strncmp(entry->d_name, "__KMP", 5) != 0;
    closedir(folder);
    return count;
}

/* Runs the team in a process of its own and stays there until it is killed. */
static pid_t start_parent(struct play *play)
{
    const pid_t pid = hidden_fork();

    if (pid != 0)
        return pid;
    forks = 0;
    if (rig_open(&play->rig) == 0)
        play_run(play);
    compute(SPIN_NS);
    _exit(0);
}

static bool all_finished(void)
{
    for (unsigned w = 0; w < WORKERS; w++)
        if (!atomic_load(&stage->finished[w]))
            return false;
    return true;
}

static void must_have_been_killed(pid_t pid)
{
    int status = 0;

    CU_ASSERT_TRUE(pid > 0 && reap_in_time(pid, &status));
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void kill_parent(const char *driver, const char *schedule, enum deed deed)
{
    const unsigned shared_memory = count_shared_memory();
    struct play play;

    play_init(&play, driver, schedule, "a parent that dies");
    for (unsigned w = 0; w < WORKERS; w++)
        stage->fate[w].deed = deed;
    const pid_t parent = start_parent(&play);

    CU_ASSERT_TRUE_FATAL(parent > 0);
    AWAIT(all_have_begun() && (deed == SPIN || all_finished()));
    kill(parent, SIGKILL);
    must_have_been_killed(parent);
    for (unsigned w = 1; w < WORKERS; w++)
        must_have_been_killed(atomic_load(&stage->pid[w]));
    must_leave_nothing(&play.before, WORKERS, play.title);
    CU_ASSERT_EQUAL(count_shared_memory(), shared_memory);
    play_release(&play);
}

/* This process adopts the orphans, so that it can see and reap them. */
static void processes_die_with_their_parent(void)
{
    CU_ASSERT_EQUAL_FATAL(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (size_t s = 0; s < COUNT(schedules); s++) {
        kill_parent("fork", schedules[s], SPIN);
        kill_parent("fork", schedules[s], FINISH);
    }
    kill_parent("fork-each", "static", SPIN);
    CU_ASSERT_EQUAL(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static const struct test tests[] = {
    TEST(a_process_killed_in_any_state_of_a_run_ends_it_at_once),
    TEST(several_processes_killed_at_once_end_the_run_like_one),
    TEST(the_way_in_which_a_process_ended_is_told),
    TEST(a_process_of_a_pool_that_exits_as_if_done_is_reported),
    TEST(a_process_killed_between_two_runs_is_reported_by_the_next),
    TEST(a_team_that_lost_a_parked_process_can_be_closed_without_another_run),
    TEST(a_process_that_dies_before_it_is_ready_fails_the_open),
    TEST(a_process_made_for_one_run_is_reported_by_that_run_and_the_team_goes_on),
    TEST(a_hundred_deaths_at_random_moments_are_all_reported),
    TEST(the_host_hears_of_its_own_children_which_disturb_no_run),
    TEST(a_host_that_reaps_every_child_does_not_keep_a_pool_from_ending),
    TEST(teams_of_processes_work_where_the_host_ignores_its_children),
    TEST(a_host_that_blocks_sigchld_learns_of_a_death_and_keeps_its_mask),
    TEST(what_the_host_changes_while_a_team_is_open_stays),
    TEST(of_two_teams_the_one_that_lost_nobody_works_on),
    TEST(the_run_of_another_thread_than_main_is_ended_as_well),
    TEST(the_host_hears_of_its_children_while_another_thread_runs),
    TEST(a_team_whose_thread_has_ended_is_reported_lost),
    TEST(processes_die_with_their_parent),
};

int main(void)
{
    *(void **)&hidden_fork = dlsym(RTLD_NEXT, "fork");
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED || setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0)
        return 1;
    return RUN_TESTS("driver deaths", tests);
}
