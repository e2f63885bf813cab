/* fork - what fork and wait cost beside memory that the process has touched. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "measure.h"
#include "samples.h"

#define MIB (UINT64_C(1) << 20)
#define FORKS 5

static int fork_once(struct csw_err *err)
{
    const pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid < 0)
        return csw_fail(err, -errno, "cannot fork: %s", strerror(errno));
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

/* In small pages, touched; NULL: no memory, or not that kind. */
static void *touched(uint64_t bytes, const char *kind)
{
    const int sharing = strcmp(kind, "shared") == 0 ? MAP_SHARED : MAP_PRIVATE;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, bytes, MADV_NOHUGEPAGE); /* a kernel without huge pages has small ones anyway */
    memset(memory, 1, bytes);
    if (strcmp(kind, "dontfork") == 0)
        madvise(memory, bytes, MADV_DONTFORK);
    return memory;
}

static int fork_take(const struct bench_options *options, struct bench_figures *figures,
                     struct csw_err *err)
{
    static struct bench_samples samples;
    const uint64_t bytes = options->mib * MIB;
    int code = 0;

    if (!options->memory || bytes == 0)
        return csw_fail(err, -EINVAL, "fork needs mib=N and memory=private, shared or dontfork");
    void *memory = touched(bytes, options->memory);

    if (!memory)
        return csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " MiB", options->mib);
    for (unsigned i = 0; code == 0 && i < FORKS; i++) {
        const uint64_t start_ns = csw_now_ns();

        code = fork_once(err);
        bench_samples_add(&samples, (double)(csw_now_ns() - start_ns));
    }
    munmap(memory, bytes);
    bench_figure(figures, "median_ns", bench_samples_quantile(&samples, 0.5));
    return code;
}

const struct bench_measure bench_measure_fork = {
    .name = "fork",
    .summary = "ns of fork and wait, beside touched memory",
    .take = fork_take,
};
