/*
 * event - one thread that waits for many: up to `workers` units are under way at once, each of them
 * begun by the caller and then waited for. For kernels that tell for how long (csw_kernel.begin).
 *
 * As in the event loops of servers, the ends of the waits are a binary heap, and the thread sleeps
 * in epoll_wait until the earliest of them, which is what one timerfd is set to. A timer for each
 * worker would need a descriptor for each, of which a process often has no more than 1024.
 *
 * A worker is a place in which one unit can be under way. It takes the next unit of the job, or
 * under static its own next one, as soon as its wait is over. The clock is read only to know when
 * waits end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <coresweep/driver.h>

#define NS_PER_S UINT64_C(1000000000)

struct wait {
    uint64_t end_ns; /* CLOCK_MONOTONIC */
    unsigned worker;
};

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    int epoll, timer;         /* descriptors; -1: not open */
    uint64_t next;            /* unit that the next free worker takes; not under static */
    uint64_t *own_next;       /* per worker: the same under static */
    unsigned waiting;         /* workers whose wait is not over */
    struct wait *wait;        /* theirs, a heap: none ends before (i - 1) / 2 */
    struct csw_share *shares; /* of the run under way */
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- the waits under way -------------------------------------------------------------------- */

static void push(struct csw_team *team, struct wait added)
{
    unsigned i = team->waiting++;

    for (; i > 0 && added.end_ns < team->wait[(i - 1) / 2].end_ns; i = (i - 1) / 2)
        team->wait[i] = team->wait[(i - 1) / 2];
    team->wait[i] = added;
}

/* Which of the two places below i ends first; none: `waiting` or more. */
static unsigned earlier_child(const struct csw_team *team, unsigned i)
{
    const unsigned left = 2 * i + 1, right = left + 1;

    return right < team->waiting && team->wait[right].end_ns < team->wait[left].end_ns ? right
                                                                                       : left;
}

/* Takes out the wait that ends first, and returns its worker. */
static unsigned pop(struct csw_team *team)
{
    const unsigned worker = team->wait[0].worker;
    const struct wait last = team->wait[--team->waiting];
    unsigned i = 0, child;

    while ((child = earlier_child(team, i)) < team->waiting &&
           team->wait[child].end_ns < last.end_ns) {
        team->wait[i] = team->wait[child];
        i = child;
    }
    team->wait[i] = last;
    return worker;
}

/* Setting the timer takes back an end that was not waited for: only the new one is reported. */
static int await(const struct csw_team *team, uint64_t end_ns, struct csw_err *err)
{
    const struct itimerspec end = {
        .it_value = {.tv_sec = (time_t)(end_ns / NS_PER_S), .tv_nsec = (long)(end_ns % NS_PER_S)}};
    struct epoll_event event;
    int ready;

    if (now_ns() >= end_ns)
        return 0;
    if (timerfd_settime(team->timer, TFD_TIMER_ABSTIME, &end, NULL) != 0)
        return csw_fail(err, -errno, "timerfd_settime failed for driver 'event': %s",
                        strerror(errno));
    while ((ready = epoll_wait(team->epoll, &event, 1, -1)) < 0 && errno == EINTR)
        ;
    return ready < 0
               ? csw_fail(err, -errno, "epoll_wait failed for driver 'event': %s", strerror(errno))
               : 0;
}

/* ---- a run ---------------------------------------------------------------------------------- */

/* The next unit for the worker; job->units or more: none is left. */
static uint64_t take(struct csw_team *team, unsigned worker)
{
    if (team->job->schedule.handout != CSW_STATIC)
        return team->next++;
    const uint64_t unit = team->own_next[worker];

    team->own_next[worker] += team->placement->workers;
    return unit;
}

/*
 * Lets the worker begin its next unit, or end where none is left. Workers share a thread and its
 * clocks, hence what one does is stamped piece by piece.
 */
static void go_on(struct csw_team *team, unsigned worker)
{
    const uint64_t unit = take(team, worker);
    const bool begins = unit < team->job->units;
    uint64_t wait_ns = 0;
    struct csw_share part;

    csw_share_begin(team->job, &part);
    if (begins)
        wait_ns = csw_unit_begin(team->job, unit, &part);
    csw_share_end(team->job, &part);
    csw_share_add(&team->shares[worker], &part);
    if (begins)
        push(team, (struct wait){.end_ns = now_ns() + wait_ns, .worker = worker});
}

static int event_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    team->shares = ret_shares;
    team->next = 0;
    for (unsigned w = 0; w < team->placement->workers; w++) {
        ret_shares[w] = (struct csw_share){.cpu = -1};
        team->own_next[w] = w;
    }
    for (unsigned w = 0; w < team->placement->workers; w++)
        go_on(team, w);
    while (team->waiting > 0) {
        const int code = await(team, team->wait[0].end_ns, err);

        if (code < 0)
            return code;
        go_on(team, pop(team));
    }
    return 0;
}

/* ---- the team ------------------------------------------------------------------------------- */

static void event_close(struct csw_team *team)
{
    if (!team)
        return;
    csw_placement_unbind(team->placement);
    if (team->timer >= 0)
        close(team->timer);
    if (team->epoll >= 0)
        close(team->epoll);
    free(team->wait);
    free(team->own_next);
    free(team);
}

static int watch_timer(struct csw_team *team, struct csw_err *err)
{
    struct epoll_event event = {.events = EPOLLIN};

    team->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (team->epoll < 0)
        return csw_fail(err, -errno, "epoll_create1 failed for driver 'event': %s",
                        strerror(errno));
    team->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (team->timer < 0)
        return csw_fail(err, -errno, "timerfd_create failed for driver 'event': %s",
                        strerror(errno));
    if (epoll_ctl(team->epoll, EPOLL_CTL_ADD, team->timer, &event) != 0)
        return csw_fail(err, -errno, "epoll_ctl failed for driver 'event': %s", strerror(errno));
    return 0;
}

static int team_new(struct csw_team **ret_team, const struct csw_job *job,
                    const struct csw_placement *placement, struct csw_err *err)
{
    const unsigned workers = placement->workers;
    struct csw_team *team = malloc(sizeof *team);
    struct wait *wait = calloc(workers, sizeof *wait);
    uint64_t *own_next = calloc(workers, sizeof *own_next);

    if (!team || !wait || !own_next) {
        free(own_next);
        free(wait);
        free(team);
        return csw_fail(err, -ENOMEM, "no memory for %u waiting workers", workers);
    }
    *team = (struct csw_team){.job = job,
                              .placement = placement,
                              .epoll = -1,
                              .timer = -1,
                              .own_next = own_next,
                              .wait = wait};
    *ret_team = team;
    return 0;
}

static int event_open(struct csw_team **ret_team, const struct csw_job *job,
                      const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = NULL;
    int code = team_new(&team, job, placement, err);

    if (code < 0)
        return code;
    code = watch_timer(team, err);
    if (code == 0)
        code = csw_placement_bind(placement, 0, err);
    if (code < 0) {
        event_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static int event_accepts(const struct csw_kernel *kernel, struct csw_err *err)
{
    if (kernel->begin)
        return 0;
    return csw_fail(err, -EINVAL,
                    "driver 'event' is one thread that waits for many, and kernel '%s' computes; "
                    "use a kernel that waits, or another driver",
                    kernel->name);
}

const struct csw_driver csw_driver_event = {
    .name = "event",
    .summary = "one thread that waits for all by epoll and timerfd, for kernels that wait",
    .flags = CSW_ONE_THREAD,
    .handouts = 1u << CSW_WHOLE | 1u << CSW_STATIC | 1u << CSW_DYNAMIC,
    .accepts = event_accepts,
    .open = event_open,
    .run = event_run,
    .close = event_close,
};
