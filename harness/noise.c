/* noise.c - see noise.h */
#include "noise.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"

#define LEAST_BUSY_NS CSW_NS_PER_MS

/* ---- steal ---------------------------------------------------------------------------------- */

/* "cpu3 user nice system idle iowait irq softirq steal ..."; the line of all CPUs has no number. */
static bool parse_steal(const char *line, size_t *ret_cpu, double *ret_ticks)
{
    /* %zu skips blanks, and would take the time after "cpu  " for a number */
    return isdigit((unsigned char)line[3]) &&
           sscanf(line, "cpu%zu %*u %*u %*u %*u %*u %*u %*u %lf", ret_cpu, ret_ticks) == 2;
}

static int add_steal(struct csw_noise *noise, size_t cpu, double ns)
{
    double *steal_ns = noise->steal_ns;

    if (cpu >= noise->cpus) {
        steal_ns = reallocarray(steal_ns, cpu + 1, sizeof *steal_ns);
        if (!steal_ns)
            return -ENOMEM;
        for (size_t i = noise->cpus; i < cpu; i++)
            steal_ns[i] = NAN; /* a CPU that is off line */
        noise->cpus = cpu + 1;
        noise->steal_ns = steal_ns;
    }
    steal_ns[cpu] = ns;
    return 0;
}

static int read_steal(struct csw_noise *noise, const char *root)
{
    const double tick_ns = 1e9 / (double)sysconf(_SC_CLK_TCK);
    FILE *in = csw_file_open(root, "/proc/stat");
    char *line = NULL;
    size_t size = 0, cpu;
    double ticks;
    int code = 0;

    /* The lines of CPUs come first; those of interrupts after them are long. */
    while (in && code == 0 && getline(&line, &size, in) > 0 && strncmp(line, "cpu", 3) == 0)
        if (parse_steal(line, &cpu, &ticks) && cpu < INT_MAX)
            code = add_steal(noise, cpu, ticks * tick_ns);
    free(line);
    if (in)
        fclose(in);
    return code;
}

/* ---- migrations ----------------------------------------------------------------------------- */

/* Adds those of all threads of a process; returns how many threads showed them. */
static unsigned add_migrations(const char *root, pid_t pid, double *sum)
{
    char path[PATH_MAX];
    unsigned threads = 0;

    snprintf(path, sizeof path, "%s/proc/%d/task", root, (int)pid);
    DIR *tasks = opendir(path);

    for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
        if (!isdigit((unsigned char)*entry->d_name))
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/sched", (int)pid, entry->d_name);
        char *value = csw_file_value(root, path, "se.nr_migrations");

        threads += value != NULL;
        *sum += value ? strtod(value, NULL) : 0;
        free(value);
    }
    if (tasks)
        closedir(tasks);
    return threads;
}

static double read_migrations(const char *root, const struct csw_processes *team, unsigned workers)
{
    unsigned threads = 0;
    double sum = 0;

    for (size_t i = 0; i < team->count; i++)
        threads += add_migrations(root, team->pid[i], &sum);
    return threads >= workers ? sum : NAN;
}

/* ---- a reading ------------------------------------------------------------------------------ */

int csw_noise_init(struct csw_noise *ret_noise, const char *root, const struct csw_processes *team,
                   unsigned workers, int cycles_fd, struct csw_err *err)
{
    struct csw_noise noise = {.migrations = read_migrations(root, team, workers),
                              .pressure_ns = csw_cgroup_pressure_ns(root),
                              .throttling = csw_cgroup_throttling(root),
                              .cycles = csw_cycles_read(cycles_fd)};

    if (read_steal(&noise, root) < 0) {
        csw_noise_release(&noise);
        return csw_fail(err, -ENOMEM, "no memory for the counters of %zu CPUs", noise.cpus);
    }
    noise.now_ns = csw_now_ns();
    *ret_noise = noise;
    return 0;
}

void csw_noise_release(struct csw_noise *noise)
{
    if (!noise)
        return;
    free(noise->steal_ns);
    *noise = (struct csw_noise){0};
}

/* ---- what a sample is told ------------------------------------------------------------------ */

/* Whether no worker before this one was seen on its CPU. */
static bool is_first_on(const struct csw_sample *sample, uint64_t w)
{
    if (sample->worker[w].cpu < 0)
        return false;
    for (uint64_t other = 0; other < w; other++)
        if (sample->worker[other].cpu == sample->worker[w].cpu)
            return false;
    return true;
}

unsigned csw_cpus_seen(const struct csw_sample *sample)
{
    unsigned cpus = 0;

    for (uint64_t w = 0; w < sample->workers; w++)
        cpus += is_first_on(sample, w);
    return cpus;
}

static double stolen_ns(const struct csw_sample *sample, const struct csw_noise *before,
                        const struct csw_noise *after)
{
    double sum = 0;
    bool seen = false;

    for (uint64_t w = 0; w < sample->workers; w++) {
        const size_t cpu = (size_t)sample->worker[w].cpu;

        if (!is_first_on(sample, w))
            continue;
        if (cpu >= before->cpus || cpu >= after->cpus)
            return NAN;
        sum += after->steal_ns[cpu] - before->steal_ns[cpu];
        seen = true;
    }
    return seen ? sum : NAN;
}

double csw_availability(const struct csw_sample *sample)
{
    double least = NAN;

    for (uint64_t w = 0; w < sample->workers; w++) {
        const struct csw_worker *worker = &sample->worker[w];
        const uint64_t busy_ns = worker->end_ns - worker->start_ns;

        if (worker->end_ns > worker->start_ns && busy_ns >= LEAST_BUSY_NS)
            least = fmin(least, (double)worker->cpu_ns / (double)busy_ns); /* ignores NAN */
    }
    return least;
}

void csw_noise_note(struct csw_sample *sample, const struct csw_noise *before,
                    const struct csw_noise *after)
{
    const double migrations = after->migrations - before->migrations;

    sample->availability = csw_availability(sample);
    sample->migrations = migrations < 0 ? NAN : migrations; /* a thread took its own with it */
    sample->steal_ns = stolen_ns(sample, before, after);
    sample->throttled = after->throttling.times - before->throttling.times;
    sample->throttled_ns = after->throttling.ns - before->throttling.ns;
    sample->pressure_ns = after->pressure_ns - before->pressure_ns;
    sample->clock_hz = csw_cycles_hz(&before->cycles, &after->cycles);
    sample->window_ns = (double)(after->now_ns - before->now_ns);
}
