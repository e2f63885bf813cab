/* doctor.c - see doctor.h: what each file of the system means for a sweep. Formats: proc(5), the
 * kernel's admin-guide (pm/cpufreq, pm/intel_pstate, mm/transhuge) and sysfs-devices-system-cpu. */
#include "doctor.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "machine.h"

#define CPU_DIR "/sys/devices/system/cpu"

/* Load per CPU of the machine from which it is worth a note, and from which it takes CPUs away. */
#define NOTED_LOAD 0.1
#define BAD_LOAD 0.5

struct examination {
    const char *root;
    const struct csw_host *host;
    struct csw_doctor *doctor;
    char *usable; /* CPUs as a list; NULL: not shown */
};

__attribute__((format(printf, 6, 7))) static void find(struct csw_doctor *doctor,
                                                       enum csw_grade grade, const char *what,
                                                       const char *means, const char *remedy,
                                                       const char *format, ...)
{
    struct csw_finding *finding = &doctor->finding[doctor->count++];
    va_list arguments;

    *finding = (struct csw_finding){.grade = grade, .what = what, .means = means, .remedy = remedy};
    va_start(arguments, format);
    vsnprintf(finding->value, sizeof finding->value, format, arguments);
    va_end(arguments);
}

/* ---- lists of CPUs -------------------------------------------------------------------------- */

/* Takes the next range of "0-3,8"; false at the end. */
static bool next_range(const char **list, unsigned *ret_first, unsigned *ret_last)
{
    int length = 0;

    if (sscanf(*list, "%u%n", ret_first, &length) != 1)
        return false;
    *list += length;
    *ret_last = *ret_first;
    if (sscanf(*list, "-%u%n", ret_last, &length) == 1)
        *list += length;
    *list += **list == ',';
    return *ret_last >= *ret_first;
}

static unsigned count_cpus(const char *list)
{
    unsigned count = 0, first, last;

    while (list && next_range(&list, &first, &last))
        count += last - first + 1;
    return count;
}

static bool contains(const char *list, unsigned cpu)
{
    unsigned first, last;

    while (list && next_range(&list, &first, &last))
        if (first <= cpu && cpu <= last)
            return true;
    return false;
}

/* CPUs that both lists hold. */
static unsigned count_common(const char *a, const char *b)
{
    unsigned count = 0, first, last;

    while (a && next_range(&a, &first, &last))
        for (unsigned cpu = first; cpu <= last; cpu++)
            count += contains(b, cpu);
    return count;
}

/* ---- which CPUs ----------------------------------------------------------------------------- */

static void examine_usable(const struct examination *at)
{
    char *online = csw_file_line(at->root, CPU_DIR "/online");
    const unsigned usable = count_cpus(at->usable), all = count_cpus(online);

    if (usable == 1)
        find(
            at->doctor, CSW_BAD, "usable CPUs",
            "One CPU: nothing can scale, and every second worker takes turns with the first.",
            "Give it more by taskset, the cpuset of its control group, or the container's options.",
            "%s of %s", at->usable, online ? online : "?");
    else if (usable > 0 && usable < all)
        find(at->doctor, CSW_NOTE, "usable CPUs",
             "The affinity mask or a cpuset leaves only these: a sweep ends at their number.", "",
             "%s: %u of %u", at->usable, usable, all);
    else if (usable > 0)
        find(at->doctor, CSW_OK, "usable CPUs", "", "", "%s: all %u", at->usable, usable);
    free(online);
}

static void examine_quota(const struct examination *at)
{
    const double quota = at->host->quota_cpus;
    const char *source = at->host->quota_source ? at->host->quota_source : "?";

    if (isnan(quota))
        find(at->doctor, CSW_OK, "CPU quota", "", "", "none");
    else if (quota < count_cpus(at->usable))
        find(at->doctor, CSW_BAD, "CPU quota",
             "More workers than that are stopped for a part of every period, as a rule 100 ms: the "
             "speedup is that of the quota, not of the cores.",
             "Raise or remove it (docker --cpus, limits.cpu, CPUQuota=), or sweep --workers within "
             "it.",
             "%.2f CPUs by %.150s", quota, source);
    else
        find(at->doctor, CSW_OK, "CPU quota", "", "", "%.2f CPUs, no less than there are", quota);
}

/* A part of the usable CPUs that the system treats differently from the others. */
static void examine_apart(const struct examination *at, const char *what, const char *file,
                          const char *means, const char *remedy)
{
    char *list = csw_file_line(at->root, file);
    const unsigned common = count_common(at->usable, list), usable = count_cpus(at->usable);

    if (common > 0 && common < usable)
        find(at->doctor, CSW_NOTE, what, means, remedy, "%.150s", list);
    else
        find(at->doctor, CSW_OK, what, "", "", common > 0 ? "all that are usable" : "none");
    free(list);
}

static void examine_isolated(const struct examination *at)
{
    examine_apart(at, "isolated CPUs", CPU_DIR "/isolated",
                  "The system moves no thread on or off these: some workers are quiet, others not.",
                  "Make all workers alike: --pin LIST of one kind; never --pin none.");
}

static void examine_tickless(const struct examination *at)
{
    examine_apart(
        at, "tickless CPUs", CPU_DIR "/nohz_full",
        "The timer leaves a lone thread on these alone: some workers are interrupted less.",
        "Make all workers alike: --pin LIST of one kind.");
}

/* ---- what a CPU is -------------------------------------------------------------------------- */

static void examine_smt(const struct examination *at)
{
    const char *smt = at->host->smt;

    if (smt && strcmp(smt, "on") == 0)
        find(at->doctor, CSW_NOTE, "SMT",
             "Two CPUs are one core: the second worker of a core adds much less than the first.",
             "Read the curve up to the number of cores apart; --pin cores fills cores first.",
             "on");
    else if (smt)
        find(at->doctor, CSW_OK, "SMT", "", "", "off");
}

static void examine_kinds(const struct examination *at)
{
    char *fast = csw_file_line(at->root, "/sys/devices/cpu_core/cpus");
    char *slow = csw_file_line(at->root, "/sys/devices/cpu_atom/cpus");
    const unsigned p = count_common(at->usable, fast), e = count_common(at->usable, slow);

    if (p > 0 && e > 0)
        find(at->doctor, CSW_NOTE, "kinds of cores",
             "Cores of two speeds: no smooth law holds across them, and even shares wait for the "
             "slow ones.",
             "Sweep one kind at a time by --pin LIST, or use --schedule dynamic.",
             "fast %s, slow %s", fast, slow);
    free(fast);
    free(slow);
}

static void examine_numa(const struct examination *at)
{
    char *nodes = csw_file_line(at->root, "/sys/devices/system/node/online");
    const unsigned count = count_cpus(nodes);

    if (count > 1)
        find(at->doctor, CSW_NOTE, "NUMA",
             "Memory is near or far: kernels with data depend on where it lies.",
             "Choose by --memory and --pin; cores and compact fill a node first, spread takes "
             "them in turn.",
             "%u nodes", count);
    else if (count == 1)
        find(at->doctor, CSW_OK, "NUMA", "", "", "1 node");
    free(nodes);
}

static void examine_hypervisor(const struct examination *at)
{
    if (at->host->hypervisor)
        find(at->doctor, CSW_NOTE, "hypervisor",
             "Two virtual CPUs may be one core, and other guests may take them unseen.",
             "Compare every curve with that of the kernel spin; look at the steal of the samples.",
             "%s", at->host->hypervisor);
    else
        find(at->doctor, CSW_OK, "hypervisor", "", "", "none seen");
}

/* ---- clocks --------------------------------------------------------------------------------- */

/* The governor of all usable CPUs, on the heap; "mixed"; NULL: not shown. */
static char *common_governor(const struct examination *at)
{
    const char *list = at->usable;
    char *common = NULL, path[100];
    unsigned first, last;

    while (list && next_range(&list, &first, &last))
        for (unsigned cpu = first; cpu <= last; cpu++) {
            snprintf(path, sizeof path, CPU_DIR "/cpu%u/cpufreq/scaling_governor", cpu);
            char *governor = csw_file_line(at->root, path);

            if (common && governor && strcmp(common, governor) != 0) {
                free(common);
                free(governor);
                return strdup("mixed");
            }
            if (common)
                free(governor);
            else
                common = governor;
        }
    return common;
}

static void examine_governor(const struct examination *at)
{
    char *governor = common_governor(at);

    if (!governor)
        find(at->doctor, CSW_NOTE, "governor", "Who sets the clock is hidden, as in most guests.",
             "", "not shown");
    else if (strcmp(governor, "performance") == 0)
        find(at->doctor, CSW_OK, "governor", "", "", "performance");
    else
        find(at->doctor, CSW_NOTE, "governor",
             "The clock follows the load: it rises during the work, and differently for 1 and for "
             "many workers.",
             "sudo cpupower frequency-set -g performance", "%.100s", governor);
    free(governor);
}

static void examine_boost(const struct examination *at)
{
    char *no_turbo = csw_file_line(at->root, CPU_DIR "/intel_pstate/no_turbo");
    char *boost = csw_file_line(at->root, CPU_DIR "/cpufreq/boost");
    const bool known = no_turbo || boost;
    const bool on = no_turbo ? *no_turbo == '0' : boost && *boost == '1';

    if (known && on)
        find(at->doctor, CSW_NOTE, "boost",
             "One busy core may run faster than all: a speedup below the number of workers need be "
             "no loss of the program's.",
             no_turbo ? "Compare with spin, or echo 1 | sudo tee " CPU_DIR "/intel_pstate/no_turbo"
                      : "Compare with spin, or echo 0 | sudo tee " CPU_DIR "/cpufreq/boost",
             "on");
    else if (known)
        find(at->doctor, CSW_OK, "boost", "", "", "off");
    free(no_turbo);
    free(boost);
}

static void examine_clocksource(const struct examination *at)
{
    static const char *const slow[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
    char *source =
        csw_file_line(at->root, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    bool is_slow = false;

    for (size_t i = 0; source && i < sizeof slow / sizeof *slow; i++)
        is_slow |= strcmp(source, slow[i]) == 0;
    if (is_slow)
        find(at->doctor, CSW_NOTE, "clock source",
             "To read this clock is a system call of a microsecond or more: short runs are mostly "
             "that.",
             "Look in dmesg why the tsc was found unstable; keep samples long (--min-ms).",
             "%.100s", source);
    else if (source)
        find(at->doctor, CSW_OK, "clock source", "", "", "%.100s", source);
    free(source);
}

/* ---- who else is there ---------------------------------------------------------------------- */

/* The load is the whole machine's, also in a container: it is compared with all CPUs. */
static void examine_load(const struct examination *at)
{
    char *line = csw_file_line(at->root, "/proc/loadavg");
    char *online = csw_file_line(at->root, CPU_DIR "/online");
    const unsigned cpus = count_cpus(online ? online : at->usable);
    double load;
    unsigned running;

    if (line && cpus > 0 && sscanf(line, "%lf %*f %*f %u/", &load, &running) == 2) {
        const enum csw_grade grade = load >= BAD_LOAD * cpus     ? CSW_BAD
                                     : load >= NOTED_LOAD * cpus ? CSW_NOTE
                                                                 : CSW_OK;

        find(at->doctor, grade, "load",
             grade == CSW_OK ? "" : "Other programs compute, or did so within the last minute.",
             grade == CSW_OK ? "" : "End them (top tells who), wait a minute, and ask again.",
             "%.2f over the last minute, %u runnable now with this program", load, running);
    }
    free(line);
    free(online);
}

static void examine_swap(const struct examination *at)
{
    char *total = csw_file_value(at->root, "/proc/meminfo", "SwapTotal");
    char *unused = csw_file_value(at->root, "/proc/meminfo", "SwapFree");
    const double used_kib = total && unused ? strtod(total, NULL) - strtod(unused, NULL) : NAN;

    if (used_kib > 0)
        find(at->doctor, CSW_NOTE, "swap",
             "What was swapped out comes back from the disk while it is timed.",
             "Free memory, then: sudo swapoff -a && sudo swapon -a", "%.0f MiB in use",
             used_kib / 1024);
    else if (used_kib == 0)
        find(at->doctor, CSW_OK, "swap", "", "", "not in use");
    free(total);
    free(unused);
}

static void examine_huge_pages(const struct examination *at)
{
    char *modes = csw_file_line(at->root, "/sys/kernel/mm/transparent_hugepage/enabled");

    if (modes && strstr(modes, "[always]"))
        find(at->doctor, CSW_NOTE, "huge pages",
             "Programs get huge pages where some are free: data may lie on them in one run only.",
             "The samples tell what a kernel's data lie on (data_huge_bytes).", "%.100s", modes);
    else if (modes)
        find(at->doctor, CSW_OK, "huge pages", "", "", "%.100s", modes);
    free(modes);
}

/* The variables are this process's own, also where another root is examined. */
static void examine_environment(const struct examination *at)
{
    const char *binding = csw_foreign_binding();

    if (binding)
        find(at->doctor, CSW_BAD, "environment",
             "OpenMP binds every process of coresweep with it, which takes the other CPUs from all "
             "drivers: a sweep refuses to begin.",
             "Unset it; --pin places the workers.", "%s", binding);
    else if (at->host->environment && *at->host->environment)
        find(at->doctor, CSW_NOTE, "environment",
             "These change how the driver openmp runs, and no other.",
             "Unset what you do not mean.", "%.150s", at->host->environment);
    else
        find(at->doctor, CSW_OK, "environment", "", "", "no OMP_*, GOMP_* or KMP_*");
}

/* ---- all of it ------------------------------------------------------------------------------ */

void csw_doctor_examine(struct csw_doctor *ret_doctor, const char *root,
                        const struct csw_host *host)
{
    static void (*const examine[])(const struct examination *) = {
        examine_usable,      examine_quota,      examine_load,     examine_environment,
        examine_governor,    examine_boost,      examine_smt,      examine_kinds,
        examine_numa,        examine_isolated,   examine_tickless, examine_hypervisor,
        examine_clocksource, examine_huge_pages, examine_swap,
    };
    struct csw_doctor doctor = {0};
    const struct examination at = {
        .root = root,
        .host = host,
        .doctor = &doctor,
        .usable = csw_file_value(root, "/proc/self/status", "Cpus_allowed_list")};

    for (size_t i = 0; i < sizeof examine / sizeof *examine; i++)
        examine[i](&at);
    free(at.usable);
    *ret_doctor = doctor;
}

const char *csw_grade_name(enum csw_grade grade)
{
    static const char *const names[] = {[CSW_OK] = "ok", [CSW_NOTE] = "note", [CSW_BAD] = "bad"};

    return names[grade];
}

bool csw_doctor_fit(const struct csw_doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++)
        if (doctor->finding[i].grade == CSW_BAD)
            return false;
    return true;
}
