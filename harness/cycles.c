/* cycles.c - see cycles.h */
#include "cycles.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a read gives for the read_format below. */
struct reading {
    uint64_t value, enabled_ns, running_ns;
};

static int open_event(uint32_t type, uint64_t config, bool kernel_too)
{
    struct perf_event_attr attr = {
        .type = type,
        .size = sizeof attr,
        .config = config,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .inherit = 1,
        .exclude_kernel = !kernel_too,
        .exclude_hv = 1,
    };
    const long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

    return fd < 0 ? -errno : (int)fd;
}

int csw_cycles_open_event(uint32_t type, uint64_t config)
{
    const int fd = open_event(type, config, true);

    return fd == -EACCES || fd == -EPERM ? open_event(type, config, false) : fd;
}

int csw_cycles_open(void)
{
    return csw_cycles_open_event(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);
}

struct csw_cycles csw_cycles_read(int fd)
{
    struct reading reading;

    if (fd < 0 || read(fd, &reading, sizeof reading) != (ssize_t)sizeof reading)
        return (struct csw_cycles){NAN, NAN};
    return (struct csw_cycles){.count = (double)reading.value,
                               .running_ns = (double)reading.running_ns};
}

void csw_cycles_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

double csw_cycles_hz(const struct csw_cycles *before, const struct csw_cycles *after)
{
    const double ns = after->running_ns - before->running_ns;

    return ns > 0 ? (after->count - before->count) / ns * 1e9 : NAN; /* false for NAN */
}
