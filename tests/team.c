/* team.c - see team.h */
#include "team.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "drivers/library.h"
#include "suite.h"

/* What a share holds before a run; nothing of it may be left afterwards. */
#define STALE 0xa5

void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = CSW_NS_PER_MS}, NULL);
}

/* ---- a team and what it needs --------------------------------------------------------------- */

void rig_init(struct rig *ret_rig, const struct rig_options *options)
{
    const char *source = strcmp(options->pin, "none") == 0 ? "core:8 pu:1" : NULL;
    const unsigned workers = options->workers;
    struct csw_schedule schedule;
    struct rig *rig = ret_rig;

    *rig = (struct rig){.driver = options->driver, .task = {.n = options->n}};
    const struct csw_workload workload = {1, &rig->task};

    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&schedule, options->schedule, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&rig->topo, source, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        csw_placement_init(&rig->placement, rig->topo, options->pin, workers, NULL), 0);
    if (rig->driver->flags & CSW_ONE_THREAD)
        csw_placement_gather(&rig->placement);
    CU_ASSERT_EQUAL_FATAL(
        csw_job_open(&rig->job, options->kernel, &workload, &schedule, workers, NULL), 0);
    rig->shares = aligned_alloc(CSW_CACHE_LINE, workers * sizeof *rig->shares);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->shares);
}

void rig_release(struct rig *rig)
{
    free(rig->shares);
    csw_job_close(rig->job);
    csw_placement_release(&rig->placement);
    csw_topo_close(rig->topo);
}

int rig_open(struct rig *rig)
{
    struct csw_team *const untouched = (struct csw_team *)rig;

    rig->err = (struct csw_err){0};
    rig->team = untouched;
    const int code = rig->driver->open(&rig->team, rig->job, &rig->placement, &rig->err);

    if (code == 0)
        return 0;
    const bool changed = rig->team != untouched;

    rig->team = NULL;
    return changed ? csw_fail(&rig->err, -EFAULT, "open failed and left a team") : code;
}

static bool is_whole(const struct rig *rig)
{
    struct csw_tally sum = {0};

    for (unsigned w = 0; w < rig->placement.workers; w++)
        csw_tally_add(&sum, &rig->shares[w].tally);
    return csw_tally_equal(&sum, &rig->job->expect);
}

int rig_run(struct rig *rig)
{
    rig->err = (struct csw_err){0};
    memset(rig->shares, STALE, rig->placement.workers * sizeof *rig->shares);
    const int code = rig->driver->run(rig->team, rig->shares, &rig->err);

    if (code == 0 && !is_whole(rig))
        return csw_fail(&rig->err, -EBADMSG, "the shares do not add up to the job");
    return code;
}

void rig_close(struct rig *rig)
{
    rig->driver->close(rig->team);
    rig->team = NULL;
}

int rig_open_and_run(struct rig *rig)
{
    const int code = rig_open(rig);

    return code < 0 ? code : rig_run(rig);
}

int rig_try(struct rig *rig)
{
    const int code = rig_open_and_run(rig);

    rig_close(rig);
    return code;
}

void rig_must_work(struct rig *rig)
{
    const int code = rig_try(rig);

    if (code < 0)
        fprintf(stderr, "\n    %s, %u workers: %s\n", rig->driver->name, rig->placement.workers,
                rig->err.text);
    CU_ASSERT_EQUAL(code, 0);
}

bool is_empty(const struct csw_share *share)
{
    return share->tally.items == 0 && share->tally.digest == 0 && share->chunks == 0 &&
           share->start_ns == 0 && share->end_ns == 0 && share->cpu_ns == 0 &&
           share->preempted == 0 && share->cpu == -1;
}

bool rig_can_bind(struct rig *rig)
{
    CU_ASSERT_EQUAL_FATAL(csw_placement_probe(&rig->placement, NULL), 0);
    if (rig->placement.cannot[0])
        fprintf(stderr, "\n    skipped: %s\n", rig->placement.cannot);
    return !rig->placement.cannot[0];
}

void each_driver(const struct csw_kernel *kernel, unsigned workers,
                 void (*visit)(const struct csw_driver *, unsigned workers))
{
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++)
        if (entry->driver && (!entry->driver->accepts || entry->driver->accepts(kernel, NULL) == 0))
            visit(entry->driver, entry->driver->flags & CSW_ONE_WORKER ? 1 : workers);
}

/* ---- what a process looks like -------------------------------------------------------------- */

/* The folder's own descriptor is one of them, in every count. */
static unsigned count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    if (!folder)
        return UINT_MAX;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* "7f01c0000000-7f01c0021000 rw-s ..." */
static unsigned count_shared_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char permissions[8], line[4096];
    unsigned count = 0;

    if (!maps)
        return UINT_MAX;
    while (fgets(line, sizeof line, maps))
        count += sscanf(line, "%*s %7s", permissions) == 1 && permissions[3] == 's';
    fclose(maps);
    return count;
}

void footprint_take(struct footprint *ret_footprint)
{
    memset(ret_footprint, 0, sizeof *ret_footprint);
    ret_footprint->threads = count_threads();
    ret_footprint->descriptors = count_descriptors();
    ret_footprint->shared_mappings = count_shared_mappings();
    sched_getaffinity(0, sizeof ret_footprint->binding, &ret_footprint->binding);
    for (int i = 0; i < 2;
         i++) { /* set once: that adds flags of the C library's and a sanitizer's */
        sigaction(SIGCHLD, NULL, &ret_footprint->on_child);
        sigaction(SIGCHLD, &ret_footprint->on_child, NULL);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &ret_footprint->blocked);
}

static bool is_same_action(const struct sigaction *a, const struct sigaction *b)
{
    return a->sa_sigaction == b->sa_sigaction && a->sa_flags == b->sa_flags &&
           memcmp(&a->sa_mask, &b->sa_mask, sizeof(long)) == 0;
}

const char *footprint_difference(const struct footprint *before, unsigned largest_team)
{
    const unsigned threads = before->threads + runtime_threads(largest_team);
    struct footprint after;

    AWAIT(count_threads() <= threads);
    footprint_take(&after);
    if (after.threads > threads)
        return "a thread was left";
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
        return "a process was left";
    if (after.shared_mappings != before->shared_mappings)
        return "a shared mapping was left";
    if (after.descriptors != before->descriptors)
        return "a descriptor was left";
    if (!CPU_EQUAL(&after.binding, &before->binding))
        return "the caller's binding changed";
    if (!is_same_action(&after.on_child, &before->on_child))
        return "what SIGCHLD does changed";
    if (memcmp(&after.blocked, &before->blocked, sizeof(long)) != 0)
        return "the blocked signals changed";
    return NULL;
}

void must_leave_nothing(const struct footprint *before, unsigned largest_team, const char *title)
{
    const char *difference = footprint_difference(before, largest_team);

    if (difference)
        fprintf(stderr, "\n    %s: %s\n", title, difference);
    CU_ASSERT_PTR_NULL(difference);
}

bool reap_in_time(pid_t pid, int *ret_status)
{
    pid_t got = 0;

    AWAIT((got = waitpid(pid, ret_status, WNOHANG)) != 0);
    if (got != pid) {
        kill(pid, SIGKILL);
        waitpid(pid, ret_status, 0);
    }
    csw_library_forget(pid);
    return got == pid;
}
