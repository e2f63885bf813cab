/* processes.c - see coresweep/processes.h */
#include <coresweep/processes.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "usage.h"

/* One process of the machine. */
struct entry {
    pid_t pid, parent, session;
    char state; /* as in stat: 'Z' has ended, and was not waited for yet */
    bool is_found;
};

struct entries {
    size_t count;
    struct entry *entry;
};

/* The state, the parent, the group and the session follow the name, which may hold anything, and
 * its bracket. */
static bool read_entry(struct entry *ret_entry, const char *root, pid_t pid)
{
    char path[64], state;
    int parent, session;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    char *line = csw_file_line(root, path);
    const char *name_end = line ? strrchr(line, ')') : NULL;
    const bool exists = name_end &&
                        sscanf(name_end, ") %c %d %*d %d", &state, &parent, &session) == 3 &&
                        state != 'Z';

    free(line);
    if (exists)
        *ret_entry = (struct entry){
            .pid = pid, .parent = (pid_t)parent, .session = (pid_t)session, .state = state};
    return exists;
}

static int add_entry(struct entries *entries, const struct entry *entry, struct csw_err *err)
{
    struct entry *grown = reallocarray(entries->entry, entries->count + 1, sizeof *grown);

    if (!grown)
        return csw_fail(err, -ENOMEM, "no memory for %zu processes", entries->count + 1);
    entries->entry = grown;
    grown[entries->count++] = *entry;
    return 0;
}

/* Over all processes: the list of a task's children exists where CONFIG_PROC_CHILDREN does. */
static int read_all(struct entries *entries, const char *root, struct csw_err *err)
{
    char path[PATH_MAX];
    DIR *proc =
        snprintf(path, sizeof path, "%s/proc", root) < (int)sizeof path ? opendir(path) : NULL;
    const struct dirent *name;
    int code = 0;

    while (proc && code == 0 && (name = readdir(proc))) {
        struct entry entry;

        if (isdigit((unsigned char)*name->d_name) &&
            read_entry(&entry, root, (pid_t)strtol(name->d_name, NULL, 10)))
            code = add_entry(entries, &entry, err);
    }
    if (proc)
        closedir(proc);
    return code;
}

static bool has_parent_below(const struct entries *entries, const struct entry *child)
{
    for (size_t i = 0; i < entries->count; i++)
        if (entries->entry[i].pid == child->parent)
            return entries->entry[i].is_found;
    return false;
}

/* Numbers wrap round, so that a child may have a smaller one than its parent: until none is new. */
static size_t mark_descendants(struct entries *entries, pid_t ancestor)
{
    size_t marked = 0, before;

    do {
        before = marked;
        for (size_t i = 0; i < entries->count; i++) {
            struct entry *entry = &entries->entry[i];

            if (entry->is_found || entry->state == 'Z' || entry->pid == ancestor ||
                !(entry->parent == ancestor || has_parent_below(entries, entry)))
                continue;
            entry->is_found = true;
            marked++;
        }
    } while (marked > before);
    return marked;
}

static size_t mark_session(struct entries *entries, pid_t session)
{
    size_t marked = 0;

    for (size_t i = 0; i < entries->count; i++) {
        struct entry *entry = &entries->entry[i];

        entry->is_found = entry->session == session && entry->state != 'Z';
        marked += entry->is_found;
    }
    return marked;
}

/* Those that are marked, after `first` if that is not 0. */
static int collect(struct csw_processes *ret_processes, const struct entries *entries,
                   size_t marked, pid_t first, struct csw_err *err)
{
    struct csw_processes found = {.pid = calloc(marked + 1, sizeof *found.pid)};

    if (!found.pid)
        return csw_fail(err, -ENOMEM, "no memory for %zu processes", marked + 1);
    if (first > 0)
        found.pid[found.count++] = first;
    for (size_t i = 0; i < entries->count; i++)
        if (entries->entry[i].is_found)
            found.pid[found.count++] = entries->entry[i].pid;
    *ret_processes = found;
    return 0;
}

int csw_processes_init(struct csw_processes *ret_processes, const char *root, pid_t ancestor,
                       struct csw_err *err)
{
    struct entries entries = {0};
    int code = read_all(&entries, root, err);

    if (code == 0)
        code =
            collect(ret_processes, &entries, mark_descendants(&entries, ancestor), ancestor, err);
    free(entries.entry);
    return code;
}

int csw_processes_of_session(struct csw_processes *ret_processes, const char *root, pid_t session,
                             struct csw_err *err)
{
    struct entries entries = {0};
    int code = read_all(&entries, root, err);

    if (code == 0)
        code = collect(ret_processes, &entries, mark_session(&entries, session), 0, err);
    free(entries.entry);
    return code;
}

void csw_processes_release(struct csw_processes *processes)
{
    if (!processes)
        return;
    free(processes->pid);
    *processes = (struct csw_processes){0};
}

double csw_processes_pss(const struct csw_processes *processes, const char *root)
{
    struct entry entry;
    double sum = 0;

    for (size_t i = 0; i < processes->count; i++) {
        const double bytes = csw_usage_pss(root, processes->pid[i]);

        if (!isnan(bytes))
            sum += bytes;
        else if (read_entry(&entry, root, processes->pid[i]) && entry.state != 'Z')
            return NAN;
    }
    return sum;
}

/* ---- ending --------------------------------------------------------------------------------- */

/* How long those that are told to end may take until they are killed. */
#define GRACE_MS 500

/* What to tell those that are left after so long. */
static int next_signal(int ms)
{
    return ms < GRACE_MS ? SIGTERM : SIGKILL;
}

void csw_processes_end_session(pid_t session)
{
    struct csw_processes left;
    bool any = true;

    for (int ms = 0; any && csw_processes_of_session(&left, "", session, NULL) == 0; ms++) {
        any = left.count > 0;
        for (size_t i = 0; i < left.count; i++)
            kill(left.pid[i], next_signal(ms));
        csw_processes_release(&left);
        poll(NULL, 0, any);
    }
}

/* ---- ending in a child of _Fork: what takes no lock and no memory, which may be held for ever -
 */

/* 0 where it has ended. */
static pid_t parent_of(int proc, const char *pid)
{
    char path[32], line[512];

    stpcpy(stpcpy(path, pid), "/stat");
    const int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd < 0 ? 0 : read(fd, line, sizeof line - 1);

    if (fd >= 0)
        close(fd);
    line[got > 0 ? got : 0] = '\0';
    const char *name_end = strrchr(line, ')');

    return name_end && strlen(name_end) > 4 ? (pid_t)strtol(name_end + 4, NULL, 10) : 0;
}

static void signal_children(int signal_number)
{
    alignas(struct dirent64) char entries[4096];
    const int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const pid_t parent = getpid();
    ssize_t got;

    while (proc >= 0 && (got = getdents64(proc, entries, sizeof entries)) > 0)
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);

            if (isdigit((unsigned char)*entry->d_name) && parent_of(proc, entry->d_name) == parent)
                kill((pid_t)strtol(entry->d_name, NULL, 10), signal_number);
            at += entry->d_reclen;
        }
    if (proc >= 0)
        close(proc);
}

/* Whether there are children still. */
static bool reap(void)
{
    pid_t pid;

    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0 || (pid < 0 && errno == EINTR));
    return pid == 0;
}

/* What a child leaves behind becomes a child: generation after generation ends. */
void csw_processes_end_all(void)
{
    for (int ms = 0; reap(); ms++) {
        signal_children(next_signal(ms));
        poll(NULL, 0, 1);
    }
}
