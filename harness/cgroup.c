/* cgroup.c - see cgroup.h. Formats: cgroups(7), proc_pid_mountinfo(5), the kernel's cgroup-v2.rst,
 * sched-bwc.rst and psi.rst. */
#include "cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

/* ---- where the groups are -------------------------------------------------------------------- */

/* Where a hierarchy is mounted, and which of its directories is the top of the mount. */
struct mount {
    char point[PATH_MAX], top[PATH_MAX];
};

/* True where the comma-separated list holds the word. */
static bool has_word(const char *list, const char *word)
{
    const size_t length = strlen(word);

    for (const char *p = list; (p = strstr(p, word)); p += length)
        if ((p == list || p[-1] == ',') && (p[length] == ',' || p[length] == '\0'))
            return true;
    return false;
}

/* mountinfo writes blanks, line ends and backslashes, of which systemd's names are full, as \040.
 */
static void unescape(char *text)
{
    char *to = text;
    unsigned code;

    for (const char *from = text; *from; to++) {
        if (sscanf(from, "\\%3o", &code) == 1 && code > 0 && code < 256) {
            *to = (char)code;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* mountinfo: id parent major:minor TOP POINT options [tags] - TYPE source SUPER_OPTIONS */
static bool parse_mount(const char *line, bool v2, const char *controller, struct mount *ret_mount)
{
    char type[32], super[512];
    const char *tail = strstr(line, " - ");

    if (!tail || sscanf(tail, " - %31s %*s %511s", type, super) != 2)
        return false;
    if (v2 ? strcmp(type, "cgroup2") != 0
           : strcmp(type, "cgroup") != 0 || !has_word(super, controller))
        return false;
    if (sscanf(line, "%*d %*d %*s %4095s %4095s", ret_mount->top, ret_mount->point) != 2)
        return false;
    unescape(ret_mount->top);
    unescape(ret_mount->point);
    return *ret_mount->point == '/';
}

static bool leads_up(const char *path)
{
    const size_t length = strlen(path);

    return strstr(path, "/../") || (length >= 3 && strcmp(path + length - 3, "/..") == 0);
}

/* What of the path of a group lies below the mount's top, "" for the top itself; NULL: the group is
 * not in it. */
static const char *path_within(const struct mount *mount, const char *path)
{
    const size_t top = strcmp(mount->top, "/") == 0 ? 0 : strlen(mount->top);

    if (strncmp(path, mount->top, top) != 0 || leads_up(path) ||
        (path[top] != '/' && path[top] != '\0'))
        return NULL;
    return strcmp(path + top, "/") == 0 ? "" : path + top;
}

/* A container may see a hierarchy at several places, such as the host's /sys/fs/cgroup: the first
 * one that holds the group of the path, or else the first. */
static bool find_mount(const char *root, bool v2, const char *controller, const char *path,
                       struct mount *ret_mount)
{
    FILE *in = csw_file_open(root, "/proc/self/mountinfo");
    struct mount mount;
    char *line = NULL;
    size_t size = 0;
    bool found = false, holds = false;

    while (in && !holds && getline(&line, &size, in) > 0) {
        if (!parse_mount(line, v2, controller, &mount))
            continue;
        holds = path_within(&mount, path) != NULL;
        if (holds || !found)
            *ret_mount = mount;
        found = true;
    }
    free(line);
    if (in)
        fclose(in);
    return found;
}

/* /proc/self/cgroup has lines ID:CONTROLLERS:PATH; version 2 is "0::PATH". */
static bool parse_membership(char *line, bool v2, const char *controller, char ret_path[PATH_MAX])
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;

    if (!path)
        return false;
    *path++ = '\0';
    controllers++;
    if (v2 ? *controllers != '\0' : !has_word(controllers, controller))
        return false;
    snprintf(ret_path, PATH_MAX, "%s", path);
    return true;
}

static bool find_membership(const char *root, bool v2, const char *controller,
                            char ret_path[PATH_MAX])
{
    FILE *in = csw_file_open(root, "/proc/self/cgroup");
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (in && !found && getline(&line, &size, in) > 0)
        found = parse_membership(line, v2, controller, ret_path);
    free(line);
    if (in)
        fclose(in);
    return found;
}

/* ---- what a group says ---------------------------------------------------------------------- */

/* The first line of a group's file, on the heap; NULL where there is none. */
static char *read_line(const char *root, const char *directory, const char *file)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", directory, file) >= (int)sizeof path)
        return NULL;
    return csw_file_line(root, path);
}

static double read_number(const char *root, const char *directory, const char *file)
{
    char *line = read_line(root, directory, file);
    double number = NAN;

    if (line)
        sscanf(line, "%lf", &number);
    free(line);
    return number;
}

/* cpu.max holds "QUOTA PERIOD" or "max PERIOD". */
static double quota_v2(const char *root, const char *directory, const char *file)
{
    double quota = NAN, period = NAN;
    char *line = read_line(root, directory, file);
    const bool limited = line && sscanf(line, "%lf %lf", &quota, &period) == 2;

    free(line);
    return limited && quota > 0 && period > 0 ? quota / period : NAN;
}

/* A quota of -1 means none. */
static double quota_v1(const char *root, const char *directory, const char *file)
{
    const double quota = read_number(root, directory, file);
    const double period = read_number(root, directory, "cpu.cfs_period_us");

    return quota > 0 && period > 0 ? quota / period : NAN;
}

/* No limit is "max" in version 2, and in version 1 the last page below 2^63 bytes. */
static double memory_bytes(const char *root, const char *directory, const char *file)
{
    const double bytes = read_number(root, directory, file);

    return bytes >= 0 && bytes < 0x1p62 ? bytes : NAN;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234", in us: how long somebody waited for a CPU.
 */
static double pressure_ns(const char *root, const char *path)
{
    char *line = csw_file_line(root, path);
    const char *total = line && strncmp(line, "some ", 5) == 0 ? strstr(line, " total=") : NULL;
    const double ns = total ? strtod(total + strlen(" total="), NULL) * 1e3 : NAN;

    free(line);
    return ns;
}

/* Something that groups limit; both arrays: version 1, version 2. */
struct limit {
    const char *controller;
    const char *file[2];
    double (*read[2])(const char *root, const char *directory, const char *file);
};

/* ---- the tightest --------------------------------------------------------------------------- */

/* What is done with a group's directory on the way up. */
typedef void visit_group(const char *root, const char *directory, bool v2, void *context);

/* Visits the process's own group of the controller and all above it, up to the top of the mount. */
static void walk_up(const char *root, const char *controller, bool v2, visit_group *visit,
                    void *context)
{
    struct mount mount;
    char path[PATH_MAX];

    if (!find_membership(root, v2, controller, path) ||
        !find_mount(root, v2, controller, path, &mount))
        return;
    /* In a cgroup namespace the path may lie outside the mount: then only the mount is visible. */
    const char *within = path_within(&mount, path);
    char directory[2 * PATH_MAX];

    snprintf(directory, sizeof directory, "%s%s", mount.point, within ? within : "");
    while (strlen(directory) >= strlen(mount.point)) {
        visit(root, directory, v2, context);
        *strrchr(directory, '/') = '\0';
    }
}

/* The tightest limit that was found so far. */
struct tightest {
    const struct limit *limit;
    double least;
    char *source;
};

static void tighten(const char *root, const char *directory, bool v2, void *context)
{
    struct tightest *tightest = context;
    const char *file = tightest->limit->file[v2];
    const double found = tightest->limit->read[v2](root, directory, file);

    if (!(found < tightest->least || (isnan(tightest->least) && !isnan(found))))
        return;
    tightest->least = found;
    free(tightest->source);
    if (asprintf(&tightest->source, "%s/%s", directory, file) < 0)
        tightest->source = NULL;
}

static double find_tightest(const char *root, const struct limit *limit, char **ret_source)
{
    struct tightest tightest = {.limit = limit, .least = NAN};

    walk_up(root, limit->controller, false, tighten, &tightest);
    walk_up(root, limit->controller, true, tighten, &tightest);
    *ret_source = tightest.source;
    return tightest.least;
}

double csw_cgroup_quota(const char *root, char **ret_source)
{
    static const struct limit quota = {
        .controller = "cpu", .file = {"cpu.cfs_quota_us", "cpu.max"}, .read = {quota_v1, quota_v2}};

    return find_tightest(root, &quota, ret_source);
}

double csw_cgroup_memory(const char *root, char **ret_source)
{
    static const struct limit memory = {.controller = "memory",
                                        .file = {"memory.limit_in_bytes", "memory.max"},
                                        .read = {memory_bytes, memory_bytes}};

    return find_tightest(root, &memory, ret_source);
}

/* ---- what was held back --------------------------------------------------------------------- */

/* Adds what cpu.stat of one group says; a group without the CPU controller says nothing of it. */
static void add_throttling(const char *root, const char *directory, bool v2, void *context)
{
    struct csw_throttling *sum = context;
    const char *time_key = v2 ? "throttled_usec" : "throttled_time";
    const double unit_ns = v2 ? 1e3 : 1;
    char path[PATH_MAX], key[32];
    double number;

    if (snprintf(path, sizeof path, "%s/cpu.stat", directory) >= (int)sizeof path)
        return;
    FILE *in = csw_file_open(root, path);

    while (in && fscanf(in, "%31s %lf", key, &number) == 2) {
        if (strcmp(key, "nr_throttled") == 0)
            sum->times = isnan(sum->times) ? number : sum->times + number;
        else if (strcmp(key, time_key) == 0)
            sum->ns = isnan(sum->ns) ? number * unit_ns : sum->ns + number * unit_ns;
    }
    if (in)
        fclose(in);
}

struct csw_throttling csw_cgroup_throttling(const char *root)
{
    struct csw_throttling sum = {NAN, NAN};

    walk_up(root, "cpu", false, add_throttling, &sum);
    walk_up(root, "cpu", true, add_throttling, &sum);
    return sum;
}

/* Keeps the nearest group's: above it are others, too. */
static void take_pressure(const char *root, const char *directory, bool v2, void *context)
{
    double *ns = context;
    char path[PATH_MAX];

    if (v2 && isnan(*ns) &&
        snprintf(path, sizeof path, "%s/cpu.pressure", directory) < (int)sizeof path)
        *ns = pressure_ns(root, path);
}

double csw_cgroup_pressure_ns(const char *root)
{
    double ns = NAN;

    walk_up(root, "cpu", true, take_pressure, &ns);
    return isnan(ns) ? pressure_ns(root, "/proc/pressure/cpu") : ns;
}
