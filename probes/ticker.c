/*
 * ticker - how late a thread that wakes every millisecond does wake beside one that computes:
 *
 *     due = start
 *     until 0.6 s have passed:
 *         due = the first whole millisecond after now()
 *         sleep until due
 *         late = now() - due
 *
 * A tick that comes more than a millisecond late costs those that were due in between, so their
 * number tells the same as their lateness. In C only the scheduler stands between the two threads,
 * and only where they share a CPU; in Python the interpreter's lock does.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/place.h>
#include <coresweep/probe.h>

#include "harness/clock.h"

#define PERIOD_NS CSW_NS_PER_MS
#define TICKS_MAX 600

struct ticker {
    const struct csw_placement *placement; /* the ticker is worker 0, */
    unsigned rival;                        /* the computing thread this one */
    _Atomic bool computing, enough;
    struct csw_err err; /* why the computing thread could not be bound */
    double late_ns[TICKS_MAX];
    size_t ticks;
};

/* ---- the two threads ------------------------------------------------------------------------ */

static void *compute(void *argument)
{
    struct ticker *ticker = argument;
    uint64_t number = 1;

    csw_placement_bind(ticker->placement, ticker->rival, &ticker->err);
    ticker->computing = true;
    while (!ticker->enough)
        for (int i = 0; i < 1000; i++) {
            number = number * 3 + 1;
            __asm__ volatile("" : "+r"(number));
        }
    return NULL;
}

static void sleep_until(uint64_t ns)
{
    const struct timespec due = {.tv_sec = (time_t)(ns / CSW_NS_PER_S),
                                 .tv_nsec = (long)(ns % CSW_NS_PER_S)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
        ;
}

static void tick(struct ticker *ticker)
{
    const uint64_t start_ns = csw_now_ns();
    uint64_t now_ns = start_ns;

    while (now_ns < start_ns + TICKS_MAX * PERIOD_NS && ticker->ticks < TICKS_MAX) {
        const uint64_t due_ns = start_ns + ((now_ns - start_ns) / PERIOD_NS + 1) * PERIOD_NS;

        sleep_until(due_ns);
        now_ns = csw_now_ns();
        ticker->late_ns[ticker->ticks++] = (double)(now_ns - due_ns);
    }
}

static int tick_beside(struct ticker *ticker, struct csw_err *err)
{
    pthread_t thread;
    const int failure = pthread_create(&thread, NULL, compute, ticker);

    if (failure != 0)
        return csw_fail(err, -failure, "pthread_create failed for a computing thread: %s",
                        strerror(failure));
    while (!ticker->computing)
        sleep_until(csw_now_ns() + PERIOD_NS);
    int code = csw_placement_bind(ticker->placement, 0, err);

    if (code == 0)
        tick(ticker);
    ticker->enough = true;
    pthread_join(thread, NULL);
    csw_placement_unbind(ticker->placement);
    if (code == 0 && ticker->err.code < 0)
        code = csw_fail(err, ticker->err.code, "%s", ticker->err.text);
    return code;
}

/* ---- telling -------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* The least of the sorted values that at least this part of all does not exceed. */
static double quantile(const double *sorted, size_t count, double part)
{
    return sorted[(size_t)ceil(part * (double)count) - 1];
}

static void tell(struct csw_probe_out *out, const char *row, struct ticker *ticker)
{
    static const struct {
        const char *quantity;
        double part;
    } quantiles[] = {{"late_p10_ns", 0.1},
                     {"late_p50_ns", 0.5},
                     {"late_p90_ns", 0.9},
                     {"late_p99_ns", 0.99},
                     {"late_max_ns", 1}};

    qsort(ticker->late_ns, ticker->ticks, sizeof *ticker->late_ns, compare);
    csw_probe_tell(out, row, "ticks", "1", (double)ticker->ticks);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        csw_probe_tell(out, row, quantiles[i].quantity, "ns",
                       quantile(ticker->late_ns, ticker->ticks, quantiles[i].part));
}

/* ---- the rows ------------------------------------------------------------------------------- */

static void run_alone(struct csw_probe_out *out)
{
    struct ticker ticker = {0};

    tick(&ticker);
    tell(out, "alone", &ticker);
}

static int run_beside(struct csw_probe_out *out, const char *row,
                      const struct csw_placement *placement, struct csw_err *err)
{
    struct ticker ticker = {.placement = placement, .rival = placement->workers - 1};
    const int code = tick_beside(&ticker, err);

    if (code == 0)
        tell(out, row, &ticker);
    return code;
}

/* One worker more than there are CPUs: the last shares the first one's. */
static int run_on_one_cpu(struct csw_probe_out *out, const struct csw_topo *topo,
                          struct csw_err *err)
{
    struct csw_placement placement = {0};
    int code = csw_placement_init(&placement, topo, "compact", csw_topo_pus(topo) + 1, err);

    if (code == 0)
        code = csw_placement_probe(&placement, err);
    if (code == 0 && !*placement.cannot) /* a system that cannot bind does not have this row */
        code = run_beside(out, "beside one computing thread, one CPU", &placement, err);
    csw_placement_release(&placement);
    return code;
}

static int ticker_run(struct csw_probe_out *out, const struct csw_probe_options *options,
                      struct csw_err *err)
{
    struct csw_topo *topo = NULL;
    struct csw_placement free_to_move = {0};
    int code = csw_topo_open(&topo, NULL, err);

    (void)options;
    if (code == 0)
        code = csw_placement_init(&free_to_move, topo, "none", 2, err);
    if (code == 0) {
        run_alone(out);
        code = run_beside(out, "beside one computing thread", &free_to_move, err);
    }
    if (code == 0)
        code = run_on_one_cpu(out, topo, err);
    csw_placement_release(&free_to_move);
    csw_topo_close(topo);
    return code;
}

const struct csw_probe csw_probe_ticker = {
    .name = "ticker",
    .summary = "a thread that wakes every 1 ms, beside one that computes: how late it wakes",
    .run = ticker_run,
};
