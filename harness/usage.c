/* usage.c - see usage.h */
#include "usage.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "processes.h"

/* ---- one process ---------------------------------------------------------------------------- */

/* "1704 kB" in bytes; NAN for NULL or another text. */
static double bytes_in(const char *value)
{
    double kilobytes;

    return value && sscanf(value, "%lf kB", &kilobytes) == 1 ? kilobytes * 1024 : NAN;
}

static double read_bytes(const char *root, pid_t pid, const char *file, const char *key)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    char *value = csw_file_value(root, path, key);
    const double bytes = bytes_in(value);

    free(value);
    return bytes;
}

/* ---- a process and its children ------------------------------------------------------------- */

struct family {
    struct csw_usages *usages;
    const char *root;
};

static int add_process(struct csw_usages *usages, const char *root, pid_t pid, struct csw_err *err)
{
    struct csw_usage *grown = reallocarray(usages->usage, usages->count + 1, sizeof *grown);

    if (!grown)
        return csw_fail(err, -ENOMEM, "no memory for %zu processes", usages->count + 1);
    usages->usage = grown;
    grown[usages->count++] =
        (struct csw_usage){.pid = pid,
                           .pss_bytes = read_bytes(root, pid, "smaps_rollup", "Pss"),
                           .peak_bytes = read_bytes(root, pid, "status", "VmHWM")};
    return 0;
}

/* What its child leaves behind until it is waited for takes no memory. */
static int add_child(pid_t pid, char state, void *context, struct csw_err *err)
{
    const struct family *family = context;

    return state == 'Z' ? 0 : add_process(family->usages, family->root, pid, err);
}

int csw_usages_init(struct csw_usages *ret_usages, const char *root, pid_t parent,
                    struct csw_err *err)
{
    struct csw_usages usages = {0};
    struct family family = {.usages = &usages, .root = root};
    int code = add_process(&usages, root, parent, err);

    if (code == 0)
        code = csw_each_child(root, parent, add_child, &family, err);
    if (code < 0) {
        csw_usages_release(&usages);
        return code;
    }
    *ret_usages = usages;
    return 0;
}

void csw_usages_release(struct csw_usages *usages)
{
    if (!usages)
        return;
    free(usages->usage);
    *usages = (struct csw_usages){0};
}

struct csw_usage csw_usages_sum(const struct csw_usages *usages)
{
    struct csw_usage sum = {.pid = usages->usage[0].pid};

    for (size_t i = 0; i < usages->count; i++) {
        sum.pss_bytes += usages->usage[i].pss_bytes;
        sum.peak_bytes += usages->usage[i].peak_bytes;
    }
    return sum;
}

double csw_usages_pss(const struct csw_usages *usages, pid_t pid)
{
    for (size_t i = 0; i < usages->count; i++)
        if (usages->usage[i].pid == pid)
            return usages->usage[i].pss_bytes;
    return NAN;
}

/* ---- huge pages ----------------------------------------------------------------------------- */

/* What a line of smaps adds; 0 for lines of other keys. */
static double huge_in(const char *line)
{
    static const char *const keys[] = {"AnonHugePages:", "ShmemPmdMapped:"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strncmp(line, keys[i], strlen(keys[i])) == 0)
            return bytes_in(line + strlen(keys[i]));
    return 0;
}

double csw_usage_huge(const char *root, const void *start, uint64_t bytes)
{
    const uint64_t lo = (uint64_t)(uintptr_t)start, hi = lo + bytes;
    FILE *in = csw_file_open(root, "/proc/self/smaps");
    uint64_t from, to;
    double huge = NAN;
    bool inside = false;
    char *line = NULL;
    size_t size = 0;

    while (in && getline(&line, &size, in) > 0) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
            inside = from < hi && lo < to;
            huge = inside && isnan(huge) ? 0 : huge;
        } else if (inside) {
            huge += huge_in(line);
        }
    }
    free(line);
    if (in)
        fclose(in);
    return huge;
}
