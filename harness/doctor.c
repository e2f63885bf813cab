/* doctor.c - see doctor.h: what each file of the system means for a sweep. Formats: proc(5), the
 * kernel's admin-guide (pm/cpufreq, pm/intel_pstate, mm/transhuge) and sysfs-devices-system-cpu. */
#include "doctor.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"
#include "files.h"
#include "machine.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define NO_TURBO CPU_DIR "/intel_pstate/no_turbo" /* 1: off */
#define BOOST CPU_DIR "/cpufreq/boost"            /* acpi-cpufreq and amd-pstate; 0: off */
#define THP_DIR "/sys/kernel/mm/transparent_hugepage"

/* Load per CPU of the machine from which it is worth a note, and from which it takes CPUs away. */
#define NOTED_LOAD 0.1
#define BAD_LOAD 0.5

struct examination {
    const char *root;
    const struct csw_host *host;
    struct csw_doctor *doctor;
    char *usable; /* CPUs as a list; NULL: not shown */
    char *online; /* NULL: not shown */
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

/* ---- which CPUs ----------------------------------------------------------------------------- */

/* The mask of a process may hold CPUs that a machine could have, but has not. */
static char *usable_cpus(const char *root, const char *online)
{
    char *allowed = csw_file_value(root, "/proc/self/status", "Cpus_allowed_list");
    char *usable = allowed && online ? csw_cpus_and(allowed, online) : NULL;

    if (!usable)
        return allowed;
    free(allowed);
    return usable;
}

static void examine_usable(const struct examination *at)
{
    const unsigned usable = csw_cpus_count(at->usable), all = csw_cpus_count(at->online);

    if (usable == 1)
        find(at->doctor, CSW_BAD, "usable CPUs",
             "One CPU: nothing can scale, and every second worker takes turns with the first.",
             all == 1 ? "This machine has no other: sweep on one that has."
                      : "Give it more by taskset, the cpuset of its control group, or the "
                        "container's options.",
             "%s of %s", at->usable, at->online ? at->online : "?");
    else if (usable > 0 && usable < all)
        find(at->doctor, CSW_NOTE, "usable CPUs",
             "The affinity mask or a cpuset leaves only these: a sweep ends at their number.",
             "To have all: taskset, the cpuset of its control group, or the container's options.",
             "%.100s: %u of %u", at->usable, usable, all);
    else if (usable > 0)
        find(at->doctor, CSW_OK, "usable CPUs", "", "", "%.100s: all %u", at->usable, usable);
}

static void examine_quota(const struct examination *at)
{
    const double quota = at->host->quota_cpus;
    const char *source = at->host->quota_source ? at->host->quota_source : "?";

    if (isnan(quota))
        find(at->doctor, CSW_OK, "CPU quota", "", "", "none");
    else if (quota < csw_cpus_count(at->usable))
        find(at->doctor, CSW_BAD, "CPU quota",
             "More workers than that are stopped for a part of every period, as a rule 100 ms: the "
             "speedup is that of the quota, not of the cores.",
             quota < 1 ? "Raise or remove it (docker --cpus, limits.cpu, CPUQuota=): it does not "
                         "even leave one worker a CPU."
                       : "Raise or remove it (docker --cpus, limits.cpu, CPUQuota=), or sweep "
                         "--workers within it.",
             "%.2f CPUs by %.150s", quota, source);
    else
        find(at->doctor, CSW_OK, "CPU quota", "", "", "%.2f CPUs, no less than there are", quota);
}

/* How many of the usable CPUs a file of the system lists; the list is on the heap. */
static unsigned listed(const struct examination *at, const char *file, char **ret_list)
{
    *ret_list = csw_file_line(at->root, file);
    return csw_cpus_common(at->usable, *ret_list);
}

static void examine_isolated(const struct examination *at)
{
    char *list;
    const unsigned isolated = listed(at, CPU_DIR "/isolated", &list);

    if (isolated == 0)
        find(at->doctor, CSW_OK, "isolated CPUs", "", "", "none");
    else if (isolated < csw_cpus_count(at->usable))
        find(at->doctor, CSW_NOTE, "isolated CPUs",
             "The system moves no thread on or off these: some workers are quiet, others not.",
             "Make all workers alike: --pin LIST of one kind; never --pin none.", "%.150s", list);
    else
        find(
            at->doctor, CSW_NOTE, "isolated CPUs",
            "The system moves no thread between these: workers that are not bound all stay on one.",
            "Never --pin none; foreign programs must bind their own threads.",
            "all that are usable");
    free(list);
}

static void examine_tickless(const struct examination *at)
{
    char *list;
    const unsigned tickless = listed(at, CPU_DIR "/nohz_full", &list);

    if (tickless > 0 && tickless < csw_cpus_count(at->usable))
        find(at->doctor, CSW_NOTE, "tickless CPUs",
             "The timer leaves a lone thread on these alone: some workers are interrupted less.",
             "Make all workers alike: --pin LIST of one kind.", "%.150s", list);
    else
        find(at->doctor, CSW_OK, "tickless CPUs", "", "",
             tickless > 0 ? "all that are usable" : "none");
    free(list);
}

/* ---- what a CPU is -------------------------------------------------------------------------- */

/* Whether two usable CPUs are one core; also where that is not shown. */
static bool share_cores(const struct examination *at)
{
    const char *list = at->usable;
    bool known = false, shared = false;
    unsigned first, last;

    while (csw_cpus_next(&list, &first, &last))
        for (unsigned cpu = first; cpu <= last; cpu++) {
            char path[100];

            snprintf(path, sizeof path, CPU_DIR "/cpu%u/topology/thread_siblings_list", cpu);
            char *siblings = csw_file_line(at->root, path);

            known |= siblings != NULL;
            shared |= csw_cpus_common(at->usable, siblings) > 1;
            free(siblings);
        }
    return shared || !known;
}

static void examine_smt(const struct examination *at)
{
    const char *smt = at->host->smt;

    if (!smt)
        return;
    if (strcmp(smt, "on") != 0)
        find(at->doctor, CSW_OK, "SMT", "", "", "off");
    else if (share_cores(at))
        find(at->doctor, CSW_NOTE, "SMT",
             "Several CPUs are one core: the second worker of a core adds much less than the "
             "first.",
             "Read the curve up to the number of cores apart; --pin cores fills cores first.",
             "on");
    else
        find(
            at->doctor, CSW_NOTE, "SMT",
            "Each usable CPU is a core, but has siblings that are not usable here: who computes on "
            "those slows it.",
            "Keep other programs off the siblings, or turn SMT off.",
            "on, no two usable CPUs are one core");
}

/*
 * The usable CPUs of each kind of core, on the heap: "0-7 8-11", the fastest first; "" where there
 * is one kind. Of a copied machine it is known from Intel's lists alone.
 */
static char *core_kinds(const struct examination *at)
{
    static const char *const files[] = {"/sys/devices/cpu_core/cpus", "/sys/devices/cpu_atom/cpus",
                                        "/sys/devices/cpu_lowpower/cpus"};
    char *text = NULL;
    size_t size = 0;

    if (*at->root == '\0')
        return at->host->core_kinds ? strdup(at->host->core_kinds) : NULL;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; out && i < sizeof files / sizeof *files; i++) {
        char *list = csw_file_line(at->root, files[i]);
        char *usable = csw_cpus_and(list, at->usable);

        if (usable && *usable)
            fprintf(out, "%s%s", ftell(out) > 0 ? " " : "", usable);
        free(usable);
        free(list);
    }
    return csw_stream_text(out, &text);
}

static void examine_kinds(const struct examination *at)
{
    char *kinds = core_kinds(at);

    if (kinds && strchr(kinds, ' '))
        find(at->doctor, CSW_NOTE, "kinds of cores",
             "Cores of several speeds: no smooth law holds across them, and even shares wait for "
             "the slow ones.",
             "Sweep one kind at a time by --pin LIST, or use --schedule dynamic.",
             "%.100s (the fastest first)", kinds);
    free(kinds);
}

static void examine_numa(const struct examination *at)
{
    char *nodes = csw_file_line(at->root, "/sys/devices/system/node/online");
    const unsigned count = csw_cpus_count(nodes);

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

/* Only x86 tells, among the flags of its CPUs, that it is a guest. */
static void examine_hypervisor(const struct examination *at)
{
    const char *hypervisor = at->host->hypervisor;
    char *flags = csw_file_value(at->root, "/proc/cpuinfo", "flags");

    if (hypervisor)
        find(at->doctor, CSW_NOTE, "hypervisor",
             "Two virtual CPUs may be one core, and other guests may take them unseen.",
             "Compare every curve with that of the kernel spin; look at the steal of the samples.",
             "%s", strcmp(hypervisor, "unknown") == 0 ? "of an unknown kind" : hypervisor);
    else if (flags)
        find(at->doctor, CSW_OK, "hypervisor", "", "", "none seen");
    else
        find(at->doctor, CSW_NOTE, "hypervisor",
             "Whether this is a virtual machine is not to be seen on this kind of CPU.",
             "If it is one, compare every curve with that of the kernel spin.", "not shown");
    free(flags);
}

/* ---- clocks --------------------------------------------------------------------------------- */

/* The governor of all usable CPUs, on the heap; "mixed"; NULL: not shown. */
static char *common_governor(const struct examination *at)
{
    const char *list = at->usable;
    char *common = NULL, path[100];
    unsigned first, last;

    while (csw_cpus_next(&list, &first, &last))
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
        find(at->doctor, CSW_NOTE, "governor", "What sets the clock is hidden, as in most guests.",
             "Compare every curve with that of the kernel spin, which follows the clock alone.",
             "not shown");
    else if (strcmp(governor, "performance") == 0)
        find(at->doctor, CSW_OK, "governor", "", "", "performance");
    else
        find(at->doctor, CSW_NOTE, "governor",
             "The clock follows the load: it rises during the work, and differently for 1 and for "
             "many workers.",
             "sudo cpupower frequency-set -g performance", "%.100s", governor);
    free(governor);
}

/* A file that holds 0 or 1, or else -1: there is no such file, or it holds something else. */
static int read_switch(const char *root, const char *file)
{
    char *line = csw_file_line(root, file);
    const int value = line && (*line == '0' || *line == '1') && !line[1] ? *line - '0' : -1;

    free(line);
    return value;
}

static void examine_boost(const struct examination *at)
{
    const int no_turbo = read_switch(at->root, NO_TURBO), boost = read_switch(at->root, BOOST);

    if (no_turbo == 0 || (no_turbo < 0 && boost == 1))
        find(at->doctor, CSW_NOTE, "boost",
             "One busy core may run faster than all: a speedup below the number of workers need be "
             "no loss of the program's.",
             no_turbo == 0 ? "Compare with spin, or echo 1 | sudo tee " NO_TURBO
                           : "Compare with spin, or echo 0 | sudo tee " BOOST,
             "on");
    else if (no_turbo == 1 || boost == 0)
        find(at->doctor, CSW_OK, "boost", "", "", "off");
    else
        find(at->doctor, CSW_NOTE, "boost",
             "Whether one busy core runs faster than all is hidden, as in most guests.",
             "Compare every curve with that of the kernel spin.", "not shown");
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
    const unsigned cpus = csw_cpus_count(at->online ? at->online : at->usable);
    double load;
    unsigned running;

    if (line && cpus > 0 && sscanf(line, "%lf %*f %*f %u/", &load, &running) == 2) {
        const enum csw_grade grade = load >= BAD_LOAD * cpus     ? CSW_BAD
                                     : load >= NOTED_LOAD * cpus ? CSW_NOTE
                                                                 : CSW_OK;

        find(at->doctor, grade, "load",
             grade == CSW_OK ? ""
                             : "Something computes here, or did within the last minute, a sweep of "
                               "yours included.",
             grade == CSW_OK ? "" : "End it (top tells who it is), wait a minute, and ask again.",
             "%.2f over the last minute, %u runnable now with this program", load, running);
    }
    free(line);
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

/* The word in brackets of "always [madvise] never", or else "not shown". */
static void chosen_word(const char *modes, char ret_word[20])
{
    const char *open = modes ? strchr(modes, '[') : NULL;

    if (!open || sscanf(open, "[%19[^]]", ret_word) != 1)
        snprintf(ret_word, 20, "not shown");
}

static bool is_unasked(const char *mode)
{
    return strcmp(mode, "always") == 0 || strcmp(mode, "within_size") == 0 ||
           strcmp(mode, "force") == 0;
}

/* Kernels' data are shared memory, which has a setting of its own. */
static void examine_huge_pages(const struct examination *at)
{
    char *modes = csw_file_line(at->root, THP_DIR "/enabled");
    char *shared_modes = csw_file_line(at->root, THP_DIR "/shmem_enabled");
    char mode[20], shared[20];

    chosen_word(modes, mode);
    chosen_word(shared_modes, shared);
    if (is_unasked(mode) || is_unasked(shared))
        find(at->doctor, CSW_NOTE, "huge pages",
             "Memory gets huge pages where some are free: it may lie on them in one run only.",
             "The samples tell what a kernel's data lie on (data_huge_bytes).",
             "%s, for data (shared memory) %s", mode, shared);
    else if (modes)
        find(at->doctor, CSW_OK, "huge pages", "", "", "%s, for data (shared memory) %s", mode,
             shared);
    free(modes);
    free(shared_modes);
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
    char *online = csw_file_line(root, CPU_DIR "/online");
    const struct examination at = {.root = root,
                                   .host = host,
                                   .doctor = &doctor,
                                   .usable = usable_cpus(root, online),
                                   .online = online};

    for (size_t i = 0; i < sizeof examine / sizeof *examine; i++)
        examine[i](&at);
    free(at.usable);
    free(at.online);
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
