/* usage.c - see usage.h */
#include "usage.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/processes.h>

#include "files.h"

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

double csw_usage_pss(const char *root, pid_t pid)
{
    return read_bytes(root, pid, "smaps_rollup", "Pss");
}

/* ---- a process and its descendants ---------------------------------------------------------- */

int csw_usages_init(struct csw_usages *ret_usages, const char *root, pid_t parent,
                    struct csw_err *err)
{
    struct csw_processes processes;
    const int code = csw_processes_init(&processes, root, parent, err);

    if (code < 0)
        return code;
    struct csw_usages usages = {.count = processes.count,
                                .usage = calloc(processes.count, sizeof *usages.usage)};

    for (size_t i = 0; usages.usage && i < usages.count; i++) {
        const pid_t pid = processes.pid[i];

        usages.usage[i] =
            (struct csw_usage){.pid = pid,
                               .pss_bytes = csw_usage_pss(root, pid),
                               .peak_bytes = read_bytes(root, pid, "status", "VmHWM")};
    }
    csw_processes_release(&processes);
    if (!usages.usage)
        return csw_fail(err, -ENOMEM, "no memory for %zu processes", usages.count);
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
