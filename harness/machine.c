/* machine.c - see machine.h */
#include "machine.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include <coresweep/driver.h>
#include <coresweep/squares.h>

#include "cgroup.h"
#include "files.h"
#include "revision.h"
#include "table.h"

#define CPUINFO "/proc/cpuinfo"

const char *csw_version(void)
{
    return CSW_VERSION;
}

const char *csw_revision(void)
{
    return CSW_REVISION;
}

/* Set, and not to one of libomp's words for binding nothing. */
static bool binds(const char *name)
{
    const char *value = getenv(name);

    return value && *value && strcasecmp(value, "none") != 0 && strcasecmp(value, "disabled") != 0;
}

const char *csw_foreign_binding(void)
{
    static const char *const names[] = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY",
                                        "KMP_AFFINITY"};
    const char *bind = getenv("OMP_PROC_BIND");
    /* An explicit false turns off the variables of OpenMP and libgomp, not libomp's own. */
    const size_t first = bind && strcasecmp(bind, "false") == 0 ? 3 : 0;

    for (size_t i = first; i < sizeof names / sizeof *names; i++)
        if (binds(names[i]))
            return names[i];
    return NULL;
}

/* ---- text that is put together -------------------------------------------------------------- */

static char *utc_now(void)
{
    char text[32];
    const time_t now = time(NULL);
    struct tm utc;

    if (!gmtime_r(&now, &utc) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return NULL;
    return strdup(text);
}

static char *os_kernel(void)
{
    struct utsname names;
    char *text;

    if (uname(&names) != 0)
        return NULL;
    return asprintf(&text, "%s %s %s", names.sysname, names.release, names.machine) >= 0 ? text
                                                                                         : NULL;
}

static char *hostname(void)
{
    struct utsname names;

    return uname(&names) == 0 ? strdup(names.nodename) : NULL;
}

static const char *compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

static char *libraries(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fprintf(out, "glibc %s, %s, jansson %s, libsmartcols %s", gnu_get_libc_version(),
            csw_topo_library(), JANSSON_VERSION, csw_table_library());
    for (size_t i = 0; csw_driver_at(i); i++)
        if (csw_driver_at(i)->driver && csw_driver_at(i)->driver->library)
            fprintf(out, ", %s", csw_driver_at(i)->driver->library());
    return csw_stream_text(out, &text);
}

/* After clearenv() there is no environment at all: environ is NULL. */
static char *openmp_environment(void)
{
    static const char *const prefixes[] = {"OMP_", "GOMP_", "KMP_"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (char **variable = environ; variable && *variable; variable++)
        for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
            if (strncmp(*variable, prefixes[i], strlen(prefixes[i])) == 0)
                fprintf(out, "%s%s", ftell(out) > 0 ? " " : "", *variable);
    return csw_stream_text(out, &text);
}

/* ---- what the machine shows ----------------------------------------------------------------- */

static char *cpu_model(const char *root)
{
    char *model = csw_file_value(root, CPUINFO, "model name");

    if (!model) /* not on Arm, where the board's name is the best there is */
        model = csw_file_line(root, "/sys/firmware/devicetree/base/model");
    return model;
}

static char *smt_state(const char *root)
{
    char *active = csw_file_line(root, "/sys/devices/system/cpu/smt/active");
    char *state = active ? strdup(*active == '1' ? "on" : "off") : NULL;

    free(active);
    return state;
}

/* The vendor's signature in CPUID leaf 0x40000000. */
static void hypervisor_signature(char ret_text[13])
{
    snprintf(ret_text, 13, "unknown");
#if defined(__x86_64__) || defined(__i386__)
    unsigned eax, registers[3];

    __cpuid(0x40000000, eax, registers[0], registers[1], registers[2]);
    memcpy(ret_text, registers, sizeof registers);
    ret_text[12] = '\0';
#endif
}

static char *hypervisor(const char *root)
{
    static const char *const known[][2] = {{"KVMKVMKVM", "KVM"},
                                           {"Microsoft Hv", "Hyper-V"},
                                           {"VMwareVMware", "VMware"},
                                           {"XenVMMXenVMM", "Xen"}};
    char *flags = csw_file_value(root, CPUINFO, "flags");
    const bool virtual_cpu = flags && strstr(flags, " hypervisor");
    char signature[13];

    free(flags);
    if (!virtual_cpu)
        return NULL;
    if (*root != '\0') /* a copy of another machine */
        return strdup("unknown");
    hypervisor_signature(signature);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(signature, known[i][0]) == 0)
            return strdup(known[i][1]);
    return strdup(signature);
}

static double load_1min(const char *root)
{
    char *line = csw_file_line(root, "/proc/loadavg");
    const double load = line ? strtod(line, NULL) : NAN;

    free(line);
    return load;
}

static uint64_t memory_bytes(const char *root)
{
    char *value = csw_file_value(root, "/proc/meminfo", "MemTotal");
    const uint64_t kilobytes = value ? strtoull(value, NULL, 10) : 0;

    free(value);
    return kilobytes * 1024;
}

uint64_t csw_memory_limit(const char *root, char ret_text[CSW_LIMIT_TEXT_SIZE])
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    char *source;
    const double allowed = csw_cgroup_memory(root, &source);

    if (allowed < (double)bytes) { /* false for NAN: no limit */
        bytes = (uint64_t)allowed;
        snprintf(ret_text, CSW_LIMIT_TEXT_SIZE, "the %" PRIu64 " MiB of memory that %.150s allows",
                 bytes >> 20, source ? source : "a control group");
    } else {
        snprintf(ret_text, CSW_LIMIT_TEXT_SIZE, "the %" PRIu64 " MiB of memory here", bytes >> 20);
    }
    free(source);
    return bytes;
}

int csw_host_read(struct csw_host *ret_host, const char *root, const struct csw_topo *topo,
                  struct csw_err *err)
{
    struct csw_host host = {
        .hostname = hostname(),
        .date = utc_now(),
        .cpu_model = cpu_model(root),
        .topology = csw_topo_summary(topo),
        .usable_cpus = csw_topo_usable(topo),
        .usable_pus = csw_topo_pus(topo),
        .usable_cores = csw_topo_cores(topo),
        .core_kinds = csw_topo_kinds(topo),
        .governor = csw_file_line(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        .smt = smt_state(root),
        .hypervisor = hypervisor(root),
        .kernel = os_kernel(),
        .compiler = strdup(compiler()),
        .flags = strdup(CSW_BUILD_FLAGS),
        .revision = strdup(CSW_REVISION),
        .libraries = libraries(),
        .isa = strdup(csw_isa_in_use()),
        .environment = openmp_environment(),
        .load_1min = load_1min(root),
        .memory_bytes = memory_bytes(root),
    };

    host.quota_cpus = csw_cgroup_quota(root, &host.quota_source);
    if (!host.hostname || !host.topology || !host.usable_cpus || !host.core_kinds) {
        csw_host_release(&host);
        return csw_fail(err, -ENOMEM, "no memory to describe this machine");
    }
    *ret_host = host;
    return 0;
}
