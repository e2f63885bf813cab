/*
 * test_cpython.c - jobs that CPython runs come to what the C kernels come to; whoever dies on the
 * way is named; nothing is left running. Skipped where there is no python3.
 */
#include <coresweep/interpreter.h>
#include <coresweep/lists.h>
#include <coresweep/processes.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"
#include "team.h"

/* ---- what there is -------------------------------------------------------------------------- */

static char python[PATH_MAX + 8]; /* the setting of all drivers: "python=/usr/bin/python3" */

static const struct {
    const char *kernel;
    uint64_t n;
} twins[] = {{"sqrt", 20}, {"roots", 20}, {"sleep", 20}, {"mixed", 1}}; /* besides `trial` */

static bool is_cpython(const struct csw_driver *driver)
{
    return driver && driver->base && strcmp(driver->base, "cpython-serial") == 0;
}

/* Whether this interpreter has what the driver needs: sub-interpreters came with 3.12 and 3.14. */
static bool works_here(const struct csw_driver *driver)
{
    const struct rig_options options = {driver, csw_kernel_find("roots"), 10, 1, "whole", "none"};
    struct rig rig;

    rig_init(&rig, &options);
    rig.job->settings = python;
    const int code = rig_try(&rig);

    if (code < 0)
        must_say(rig.err.text, "or newer");
    rig_release(&rig);
    return code == 0;
}

/* The drivers that work here; NULL past the end. */
static const struct csw_driver *drivers[32];

static void what_works_with_this_interpreter_is_found_out(void)
{
    const struct csw_driver_entry *entry;
    size_t count = 0;

    for (size_t i = 0; (entry = csw_driver_at(i)) && count + 1 < COUNT(drivers); i++)
        if (is_cpython(entry->driver) && works_here(entry->driver))
            drivers[count++] = entry->driver;
    CU_ASSERT_TRUE_FATAL(count > 1);
}

static const struct csw_driver *driver_named(const char *name)
{
    return csw_driver_find(name)->driver;
}

static bool can_run(const struct rig_options *options)
{
    struct csw_schedule schedule;

    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&schedule, options->schedule, NULL), 0);
    return csw_driver_check(options->driver, options->kernel, &schedule, options->workers, NULL) ==
               0 &&
           csw_job_check(options->kernel, &(struct csw_workload){0}, &schedule, NULL) == 0;
}

static size_t count_descendants(void)
{
    struct csw_processes family;

    CU_ASSERT_EQUAL_FATAL(csw_processes_init(&family, "", getpid(), NULL), 0);
    const size_t count = family.count - 1;

    csw_processes_release(&family);
    return count;
}

/* ---- work ----------------------------------------------------------------------------------- */

static void must_tell(struct rig *rig)
{
    struct csw_told told;

    rig->driver->told(rig->team, &told);
    CU_ASSERT_TRUE(told.wall_ns > 0);
    CU_ASSERT_TRUE(told.processes >= 1);
    CU_ASSERT_TRUE(isnan(told.pss_bytes) || told.pss_bytes > 1e6);
    must_say(told.runtime, "Python 3.");
    must_say(told.runtime, ", GIL o");
}

static void must_be_stamped(const struct rig *rig)
{
    for (unsigned w = 0; w < rig->placement.workers; w++) {
        const struct csw_share *share = &rig->shares[w];

        CU_ASSERT_TRUE(is_empty(share) ||
                       (share->cpu >= 0 && share->pid > 0 && share->start_ns > 0 &&
                        share->end_ns >= share->start_ns));
        CU_ASSERT_TRUE(!is_empty(share) || w > 0);
    }
}

/* Twice: the first run is another way through the driver than all that follow. */
static void run_twice(const struct rig_options *options, const char *settings)
{
    struct rig rig;

    if (!can_run(options))
        return;
    rig_init(&rig, options);
    rig.job->settings = settings;
    int code = rig_open_and_run(&rig);

    if (code == 0)
        code = rig_run(&rig);
    if (!check_that(code == 0, __LINE__, options->driver->name, __FILE__, __func__))
        fprintf(stderr, "\n    %s, %s, %u workers, %s: %s\n", options->driver->name,
                options->kernel->name, options->workers, options->schedule, rig.err.text);
    if (code == 0) {
        must_tell(&rig);
        must_be_stamped(&rig);
    }
    rig_close(&rig);
    CU_ASSERT_EQUAL(count_descendants(), 0);
    rig_release(&rig);
}

/* A team costs two starts of an interpreter: not every schedule with every size. */
static void every_schedule_and_team_gives_what_the_job_must_give(void)
{
    static const struct {
        const char *schedule;
        unsigned workers;
    } teams[] = {{"whole", 1},     {"whole", 5},  {"static", 2}, {"static", 5},
                 {"dynamic:7", 2}, {"guided", 2}, {"late", 2}};

    for (size_t d = 0; drivers[d]; d++)
        for (size_t t = 0; t < COUNT(teams); t++)
            run_twice(&(struct rig_options){drivers[d], csw_kernel_find("trial"), 100,
                                            teams[t].workers, teams[t].schedule, "none"},
                      python);
}

static void every_kernel_with_a_twin_gives_what_it_gives_in_c(void)
{
    for (size_t d = 0; drivers[d]; d++)
        for (size_t k = 0; k < COUNT(twins); k++) {
            const unsigned workers = drivers[d]->flags & CSW_ONE_WORKER ? 1 : 2;

            run_twice(&(struct rig_options){drivers[d], csw_kernel_find(twins[k].kernel),
                                            twins[k].n, workers, "whole", "none"},
                      python);
        }
}

static void every_start_method_works(void)
{
    static const char *const methods[] = {"spawn", "forkserver"};
    char settings[PATH_MAX + 40];

    for (size_t m = 0; m < COUNT(methods); m++) {
        snprintf(settings, sizeof settings, "%s start-method=%s", python, methods[m]);
        run_twice(&(struct rig_options){driver_named("cpython-pool"), csw_kernel_find("roots"), 50,
                                        2, "whole", "none"},
                  settings);
        run_twice(&(struct rig_options){driver_named("cpython-processes"), csw_kernel_find("roots"),
                                        50, 2, "static", "none"},
                  settings);
    }
}

static void list_tasks(const struct csw_driver *driver)
{
    static const size_t squares[] = {31, 44, 70, 54, 10};
    const struct rig_options options = {driver,  csw_kernel_find("sqrt"),
                                        1,       driver->flags & CSW_ONE_WORKER ? 1 : 2,
                                        "whole", "none"};
    struct csw_workload workload;
    struct csw_lists lists = {0};
    struct csw_err err = {.text = ""};
    struct rig rig;

    rig_init(&rig, &options);
    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&workload, "1000,2000,5000,3000,100", NULL), 0);
    const struct csw_setup setup = {.kernel = options.kernel,
                                    .driver = driver,
                                    .settings = python,
                                    .workload = &workload,
                                    .schedule = {.handout = CSW_WHOLE},
                                    .placement = &rig.placement};
    const int code = csw_lists_init(&lists, &setup, &err);

    CHECK(driver->name, code == 0);
    for (size_t t = 0; code == 0 && t < COUNT(squares); t++) {
        CHECK(driver->name, lists.count[t] == squares[t]);
        CHECK(driver->name, lists.hits[lists.start[t]] == 1 && lists.hits[lists.start[t] + 1] == 4);
    }
    csw_lists_release(&lists);
    csw_workload_release(&workload);
    rig_release(&rig);
}

static void lists_come_back_in_input_order(void)
{
    for (size_t d = 0; drivers[d]; d++)
        list_tasks(drivers[d]);
}

static void workers_run_on_the_cpus_of_their_placement(void)
{
    for (size_t d = 0; drivers[d]; d++) {
        const struct rig_options options = {drivers[d], csw_kernel_find("roots"), 100, 1, "whole",
                                            "cores"};
        struct rig rig;

        rig_init(&rig, &options);
        rig.job->settings = python;
        if (rig_can_bind(&rig)) {
            CHECK(drivers[d]->name, rig_open_and_run(&rig) == 0);
            CHECK(drivers[d]->name, rig.shares[0].cpu == rig.placement.pu[0]);
        }
        rig_close(&rig);
        rig_release(&rig);
    }
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void a_kernel_without_a_twin_is_refused(void)
{
    const struct csw_kernel *spin = csw_kernel_find("spin");
    struct csw_err err;

    for (size_t d = 0; drivers[d]; d++)
        CU_ASSERT_EQUAL(drivers[d]->accepts(spin, &err), -EINVAL);
    must_say(err.text, "kernel 'spin' has no twin in Python");
    must_say(err.text, "there are: trial, sqrt, roots, sleep, mixed");
}

static void too_many_units_are_refused(void)
{
    const struct rig_options options = {
        driver_named("cpython-serial"), csw_kernel_find("sqrt"), 3000000, 1, "dynamic:1", "none"};
    struct rig rig;

    rig_init(&rig, &options);
    CU_ASSERT_EQUAL(rig_try(&rig), -EINVAL);
    must_say(rig.err.text, "at most 1048576 units, not 3000000");
    rig_release(&rig);
}

struct fake {
    const char *file, *sentence;
};

static const char *fake_path(const char *file)
{
    char path[64];

    snprintf(path, sizeof path, "python/%s", file);
    return fixture(path);
}

static void what_is_no_python_of_today_is_refused_with_what_it_answered(void)
{
    static const struct fake fakes[] = {
        {"rubbish", "rubbish' is no Python: it answered 'hello world'"},
        {"silent", "silent' is no Python: it answered nothing"},
        {"old", "old' is CPython 2.7.18, no PGO: too old, 3.8 or newer is needed"},
        {"no-such-file", "no-such-file': No such file or directory"},
        {"../python", "is no program that may be executed"},
    };

    for (size_t i = 0; i < COUNT(fakes); i++) {
        struct csw_interpreter found;
        struct csw_err err = {.text = ""};

        CHECK(fakes[i].file,
              csw_interpreter_ask(&found, fake_path(fakes[i].file), &err) == -EINVAL);
        must_say(err.text, fakes[i].sentence);
        CU_ASSERT_EQUAL(count_descendants(), 0);
    }
}

static void an_interpreter_that_stops_to_talk_is_named_with_how_it_ended(void)
{
    static const struct fake fakes[] = {
        {"greets-rubbish", "greets-rubbish gave an answer that cannot be read: 'hello world'"},
        {"greets-and-dies",
         "greets-and-dies exited with status 3: Fatal Python error: no job wanted"},
        {"dies-in-the-run", "dies-in-the-run was killed by signal 11 (Segmentation fault)"},
        {"forgets-workers", "forgets-workers gave an answer that lacks something"},
    };

    for (size_t i = 0; i < COUNT(fakes); i++) {
        const struct rig_options options = {
            driver_named("cpython-threads"), csw_kernel_find("roots"), 10, 2, "whole", "none"};
        char settings[PATH_MAX + 8];
        struct rig rig;

        snprintf(settings, sizeof settings, "python=%s", fake_path(fakes[i].file));
        rig_init(&rig, &options);
        rig.job->settings = settings;
        CHECK(fakes[i].file, rig_try(&rig) < 0);
        must_say(rig.err.text, fakes[i].sentence);
        CU_ASSERT_EQUAL(count_descendants(), 0);
        rig_release(&rig);
    }
}

/* ---- deaths --------------------------------------------------------------------------------- */

/*
 * Who is killed, by how many processes are below it in the chain of coresweep, keeper, interpreter
 * and workers.
 */
enum role { WORKER, INTERPRETER, KEEPER };

struct killing {
    enum role role;
    size_t workers;     /* processes below the interpreter when it is time */
    pid_t pid;          /* who was killed; 0: nobody yet */
    char semaphore[80]; /* the file of one of its; "": none */
};

static size_t count_below(pid_t pid)
{
    struct csw_processes below;

    if (csw_processes_init(&below, "", pid, NULL) < 0)
        return 0;
    const size_t count = below.count - 1;

    csw_processes_release(&below);
    return count;
}

static pid_t find_victim(const struct killing *killing)
{
    const size_t below[] = {
        [WORKER] = 0, [INTERPRETER] = killing->workers, [KEEPER] = killing->workers + 1};
    struct csw_processes family;
    pid_t victim = 0;

    if (csw_processes_init(&family, "", getpid(), NULL) < 0)
        return 0;
    for (size_t i = 1; family.count == killing->workers + 3 && i < family.count; i++)
        if (count_below(family.pid[i]) == below[killing->role])
            victim = family.pid[i];
    csw_processes_release(&family);
    return victim;
}

/* The inode of a semaphore's file that a process has mapped, by a name that it had at first; 0. */
static ino_t mapped_semaphore(pid_t pid)
{
    char path[40], line[PATH_MAX + 100];
    unsigned long inode = 0;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");

    while (maps && inode == 0 && fgets(line, sizeof line, maps))
        if (strstr(line, "/dev/shm/"))
            sscanf(line, "%*s %*s %*s %*s %lu", &inode);
    if (maps)
        fclose(maps);
    return inode;
}

/* Python's semaphores have names where not all processes are forked. */
static void note_semaphore(struct killing *killing)
{
    const ino_t inode = mapped_semaphore(killing->pid);
    DIR *folder = opendir("/dev/shm");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder)))
        if (entry->d_ino == inode)
            snprintf(killing->semaphore, sizeof killing->semaphore, "/dev/shm/%.60s",
                     entry->d_name);
    if (folder)
        closedir(folder);
}

/* Kills the victim once all are there and have had a while to begin. */
static void *kill_somebody(void *context)
{
    struct killing *killing = context;
    pid_t victim = 0;

    AWAIT((victim = find_victim(killing)) > 0);
    for (int i = 0; i < 100; i++)
        nap();
    killing->pid = victim;
    note_semaphore(killing);
    if (victim > 0)
        kill(victim, SIGKILL);
    return NULL;
}

static void kill_and_look(const char *driver, const char *settings, struct killing killing)
{
    const struct rig_options options = {
        driver_named(driver), csw_kernel_find("sleep"), 60000, 2, "whole", "none"};
    char who[32];
    pthread_t killer;
    struct rig rig;

    rig_init(&rig, &options);
    rig.job->settings = settings;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&killer, NULL, kill_somebody, &killing), 0);
    CHECK(driver, rig_open_and_run(&rig) == -ECHILD);
    pthread_join(killer, NULL);
    must_say(rig.err.text, "was killed by signal 9 (Killed)");
    snprintf(who, sizeof who, "(pid %d)", (int)killing.pid);
    if (killing.role == WORKER)
        must_say(rig.err.text, who);
    rig_close(&rig);
    CHECK(driver, count_descendants() == 0);
    CHECK(settings, access(killing.semaphore, F_OK) < 0);
    rig_release(&rig);
    if (strcmp(settings, python) != 0)
        CHECK(settings, *killing.semaphore != '\0');
}

static void a_killed_worker_ends_the_run_and_is_named(void)
{
    kill_and_look("cpython-pool", python, (struct killing){.role = WORKER, .workers = 2});
    kill_and_look("cpython-processes", python, (struct killing){.role = WORKER, .workers = 1});
    kill_and_look("cpython-futures-processes", python,
                  (struct killing){.role = WORKER, .workers = 2});
}

static void a_killed_interpreter_leaves_no_worker(void)
{
    kill_and_look("cpython-threads", python, (struct killing){.role = INTERPRETER, .workers = 0});
    kill_and_look("cpython-pool", python, (struct killing){.role = INTERPRETER, .workers = 2});
}

static void a_killed_keeper_leaves_no_interpreter_and_no_worker(void)
{
    kill_and_look("cpython-threads", python, (struct killing){.role = KEEPER, .workers = 0});
    kill_and_look("cpython-pool", python, (struct killing){.role = KEEPER, .workers = 2});
}

/* Besides its workers it has started a tracker of what is to be removed, and a server of forks. */
static void a_killed_interpreter_leaves_no_semaphore(void)
{
    static const struct {
        const char *method;
        size_t processes;
    } rows[] = {{"spawn", 3}, {"forkserver", 4}};
    char settings[PATH_MAX + 40];

    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(settings, sizeof settings, "%s start-method=%s", python, rows[i].method);
        kill_and_look("cpython-pool", settings,
                      (struct killing){.role = INTERPRETER, .workers = rows[i].processes});
    }
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct test tests[] = {
    TEST(what_works_with_this_interpreter_is_found_out), /* first: the others need it */
    TEST(every_schedule_and_team_gives_what_the_job_must_give),
    TEST(every_kernel_with_a_twin_gives_what_it_gives_in_c),
    TEST(every_start_method_works),
    TEST(lists_come_back_in_input_order),
    TEST(workers_run_on_the_cpus_of_their_placement),
    TEST(a_kernel_without_a_twin_is_refused),
    TEST(too_many_units_are_refused),
    TEST(what_is_no_python_of_today_is_refused_with_what_it_answered),
    TEST(an_interpreter_that_stops_to_talk_is_named_with_how_it_ended),
    TEST(a_killed_worker_ends_the_run_and_is_named),
    TEST(a_killed_interpreter_leaves_no_worker),
    TEST(a_killed_keeper_leaves_no_interpreter_and_no_worker),
    TEST(a_killed_interpreter_leaves_no_semaphore),
};

static int skip(const char *why)
{
    fprintf(stderr, "skipped: %s\n", why);
    return 0;
}

int main(void)
{
    struct csw_interpreter interpreter;
    struct csw_err err;

    if (csw_interpreter_ask(&interpreter, "python3", &err) < 0)
        return skip(err.text);
    snprintf(python, sizeof python, "python=%s", interpreter.file);
    return RUN_TESTS("cpython", tests);
}
