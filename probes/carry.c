/* carry.c - see carry.h */
#include "carry.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "price.h"

#define MOST_NUMBERS 1000000u
#define SHARED_BYTES (MOST_NUMBERS * sizeof(uint64_t))

/* Asked for in place of a number of numbers: the worker is to end. */
#define END (UINT64_MAX - 1)

enum way { NO_WORKER, THREAD, PIPE, SHARED, WAYS };

static const char *const rows[WAYS] = {
    [NO_WORKER] = "result list, no worker",
    [THREAD] = "result list, thread",
    [PIPE] = "result list, fork and pipe",
    [SHARED] = "result list, fork and shared memory",
};

struct carrier {
    enum way way;
    uint64_t numbers; /* how long a list is asked for */
    uint64_t *list;   /* the one that came; on the heap, except where it is the shared memory */
    int ask;          /* an eventfd, which holds the number */
    int answer[2];    /* a pipe */
    uint64_t *shared;
    pthread_t thread;
    pid_t pid;
};

/* ---- streams -------------------------------------------------------------------------------- */

static bool write_all(int fd, const void *bytes, size_t count)
{
    const char *from = bytes;

    while (count > 0) {
        const ssize_t written = write(fd, from, count);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        from += written;
        count -= (size_t)written;
    }
    return true;
}

static bool read_all(int fd, void *ret_bytes, size_t count)
{
    char *to = ret_bytes;

    while (count > 0) {
        const ssize_t got = read(fd, to, count);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        count -= (size_t)got;
    }
    return true;
}

/* ---- the worker ----------------------------------------------------------------------------- */

static void make_list(uint64_t *list, uint64_t numbers)
{
    for (uint64_t i = 0; i < numbers; i++)
        list[i] = i + 1;
}

static bool answer(const struct carrier *carrier, uint64_t numbers)
{
    const size_t bytes = numbers * sizeof(uint64_t);
    uint64_t *list = carrier->way == SHARED ? carrier->shared : malloc(bytes);
    bool sent = list != NULL;

    if (sent)
        make_list(list, numbers);
    if (carrier->way == PIPE) {
        sent = sent && write_all(carrier->answer[1], list, bytes);
        free(list);
        return sent;
    }
    return write_all(carrier->answer[1], &list, sizeof list);
}

static void *serve(void *argument)
{
    const struct carrier *carrier = argument;
    uint64_t numbers;

    while (read_all(carrier->ask, &numbers, sizeof numbers) && numbers != END)
        if (!answer(carrier, numbers))
            break;
    return NULL;
}

/* ---- the parent ----------------------------------------------------------------------------- */

static int fail_by_end(const struct carrier *carrier, struct csw_err *err)
{
    return csw_fail(err, -ECHILD, "the worker of '%s' gave no list of %u numbers",
                    rows[carrier->way], (unsigned)carrier->numbers);
}

static int get_list(void *context, struct csw_err *err)
{
    struct carrier *carrier = context;
    const size_t bytes = carrier->numbers * sizeof(uint64_t);

    if (carrier->way == NO_WORKER || carrier->way == PIPE)
        carrier->list = malloc(bytes);
    if (carrier->way == NO_WORKER && carrier->list) {
        make_list(carrier->list, carrier->numbers);
        return 0;
    }
    if (!write_all(carrier->ask, &carrier->numbers, sizeof carrier->numbers))
        return fail_by_end(carrier, err);
    const bool came = carrier->way == PIPE
                          ? carrier->list && read_all(carrier->answer[0], carrier->list, bytes)
                          : read_all(carrier->answer[0], &carrier->list, sizeof carrier->list);

    return came && carrier->list ? 0 : fail_by_end(carrier, err);
}

/* Every number is its place in the list. */
static int check_list(void *context, struct csw_err *err)
{
    struct carrier *carrier = context;
    uint64_t *list = carrier->list, wrong = 0;

    for (uint64_t i = 0; i < carrier->numbers; i++)
        wrong += list[i] != i + 1;
    carrier->list = NULL;
    if (carrier->way == SHARED)
        memset(list, 0, carrier->numbers * sizeof *list); /* the next one must be made anew */
    else
        free(list);
    if (wrong > 0)
        return csw_fail(err, CSW_EWRONG, "the list of '%s' has wrong numbers", rows[carrier->way]);
    return 0;
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static int start_process(struct carrier *carrier, struct csw_err *err)
{
    const pid_t parent = getpid();

    carrier->pid = fork();
    if (carrier->pid < 0)
        return csw_fail(err, -errno, "cannot fork the worker of '%s': %s", rows[carrier->way],
                        strerror(errno));
    if (carrier->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(carrier->answer[0]);
        if (getppid() == parent)
            serve(carrier);
        _exit(0);
    }
    close(carrier->answer[1]); /* so that the answer ends where the worker does */
    carrier->answer[1] = -1;
    return 0;
}

static int start_worker(struct carrier *carrier, struct csw_err *err)
{
    if (carrier->way == NO_WORKER)
        return 0;
    if (carrier->way != THREAD)
        return start_process(carrier, err);
    const int failure = pthread_create(&carrier->thread, NULL, serve, carrier);

    if (failure != 0)
        return csw_fail(err, -failure, "pthread_create failed for '%s': %s", rows[carrier->way],
                        strerror(failure));
    return 0;
}

static int end_worker(struct carrier *carrier, struct csw_err *err)
{
    const uint64_t end = END;

    if (carrier->way == NO_WORKER)
        return 0;
    if (!write_all(carrier->ask, &end, sizeof end))
        return csw_fail(err, -errno, "cannot end the worker of '%s': %s", rows[carrier->way],
                        strerror(errno));
    if (carrier->way == THREAD)
        pthread_join(carrier->thread, NULL);
    else
        while (waitpid(carrier->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    return 0;
}

static void carrier_release(struct carrier *carrier)
{
    if (carrier->shared != MAP_FAILED)
        munmap(carrier->shared, SHARED_BYTES);
    if (carrier->way != SHARED)
        free(carrier->list);
    for (int end = 0; end < 2; end++)
        if (carrier->answer[end] >= 0)
            close(carrier->answer[end]);
    if (carrier->ask >= 0)
        close(carrier->ask);
}

static int carrier_init(struct carrier *ret_carrier, enum way way, struct csw_err *err)
{
    struct carrier carrier = {.way = way, .answer = {-1, -1}};

    carrier.ask = eventfd(0, EFD_CLOEXEC);
    carrier.shared =
        mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (carrier.ask < 0 || carrier.shared == MAP_FAILED || pipe2(carrier.answer, O_CLOEXEC) != 0) {
        const int code =
            csw_fail(err, -errno, "cannot make what carries '%s': %s", rows[way], strerror(errno));

        carrier_release(&carrier);
        return code;
    }
    *ret_carrier = carrier;
    return 0;
}

/* ---- telling -------------------------------------------------------------------------------- */

static int tell_sizes(struct csw_probe_out *out, struct carrier *carrier, struct csw_err *err)
{
    static const struct {
        uint64_t numbers;
        const char *quantity;
    } sizes[] = {{100, "list_100_ns"}, {10000, "list_10000_ns"}, {MOST_NUMBERS, "list_1000000_ns"}};
    int code = 0;

    for (size_t i = 0; code == 0 && i < sizeof sizes / sizeof *sizes; i++) {
        const struct csw_priced priced = {.row = rows[carrier->way],
                                          .quantity = sizes[i].quantity,
                                          .once = get_list,
                                          .after = check_list};

        carrier->numbers = sizes[i].numbers;
        code = csw_price(out, &priced, carrier, err);
    }
    return code;
}

static int tell_way(struct csw_probe_out *out, enum way way, struct csw_err *err)
{
    struct carrier carrier;
    int code = carrier_init(&carrier, way, err);

    if (code < 0)
        return code;
    code = start_worker(&carrier, err);
    if (code == 0) {
        code = tell_sizes(out, &carrier, err);
        const int ended = end_worker(&carrier, code == 0 ? err : NULL);

        code = code == 0 ? ended : code;
    }
    carrier_release(&carrier);
    return code;
}

int csw_carry_tell(struct csw_probe_out *out, struct csw_err *err)
{
    int code = 0;

    for (int way = 0; code == 0 && way < WAYS; way++)
        code = tell_way(out, (enum way)way, err);
    return code;
}
