/*
 * tbb - oneTBB's threads and its work stealing: the units of the job are a range that
 * tbb::parallel_for hands out in an arena of exactly that many places. The caller is worker 0, and
 * a worker is a place: it is bound as its placement says whenever a thread takes it.
 *
 * TBB's threads take part as they come, and it promises none of them: under every schedule a worker
 * may be left out of a run, as under late. Hence there is no static: no piece can be kept for a
 * given worker. What the other schedules are here:
 *   whole, dynamic, late  simple_partitioner, grain size 1: every unit is a task of its own, stolen
 *                         from the other end than the one that its owner works at, so that the
 * order is not that of the input guided                auto_partitioner: large ranges, each scanned
 * as one, that are cut further as threads run out of work
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <coresweep/driver.h>

#include "library.h"
#include "tbb.h"

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_tbb *tbb;
    struct csw_share *shares; /* of the run under way */
    unsigned long number;     /* of this team in the process, from 1 on */
    _Atomic int refusal;      /* where the first thread stands that could not be bound */
    struct csw_err why;       /* its error, once it has been told */
};

enum refusal { REFUSAL_NONE, REFUSAL_CLAIMED, REFUSAL_TOLD };

/* ---- what TBB's threads do ------------------------------------------------------------------ */

static void refuse(struct csw_team *team, const struct csw_err *why)
{
    int none = REFUSAL_NONE;

    if (!atomic_compare_exchange_strong(&team->refusal, &none, REFUSAL_CLAIMED))
        return;
    team->why = *why;
    atomic_store(&team->refusal, REFUSAL_TOLD);
}

/* Threads mostly come back to the place that they had. */
static void enter(void *context, unsigned worker)
{
    static _Thread_local unsigned long team_number;
    static _Thread_local unsigned bound_as;
    struct csw_team *team = context;
    struct csw_err err;

    if (team_number == team->number && bound_as == worker)
        return;
    if (csw_placement_bind(team->placement, worker, &err) < 0) {
        refuse(team, &err);
        return;
    }
    team_number = team->number;
    bound_as = worker;
}

/* A place may change hands between two chunks, so that only a chunk has one thread's clocks. */
static void stamped_chunk(const struct csw_job *job, uint64_t first, uint64_t last,
                          struct csw_share *share)
{
    struct csw_share part;

    csw_share_begin(job, &part);
    csw_chunk(job, first, last, &part);
    csw_share_end(job, &part);
    csw_share_add(share, &part);
}

static void chunk(void *context, unsigned worker, uint64_t first, uint64_t last)
{
    const struct csw_team *team = context;
    struct csw_share *share = &team->shares[worker];

    if (team->job->stamped)
        stamped_chunk(team->job, first, last, share);
    else
        csw_chunk(team->job, first, last, share);
}

/* ---- the team ------------------------------------------------------------------------------- */

static void team_close(struct csw_team *team)
{
    if (!team)
        return;
    csw_tbb_close(team->tbb);
    csw_placement_unbind(team->placement);
    free(team);
}

static int team_new(struct csw_team **ret_team, const struct csw_job *job,
                    const struct csw_placement *placement, struct csw_err *err)
{
    static unsigned long teams;
    struct csw_team *team = malloc(sizeof *team);

    if (!team)
        return csw_fail(err, -ENOMEM, "no memory for the TBB team");
    *team = (struct csw_team){.job = job, .placement = placement, .number = ++teams};
    *ret_team = team;
    return 0;
}

static int check_bindings(const struct csw_team *team, struct csw_err *err)
{
    if (atomic_load(&team->refusal) != REFUSAL_TOLD)
        return 0;
    return csw_fail(err, team->why.code, "%s", team->why.text);
}

/* The caller is bound last: threads inherit its CPUs until they have bound themselves. */
static int tbb_open(struct csw_team **ret_team, const struct csw_job *job,
                    const struct csw_placement *placement, struct csw_err *err)
{
    static const struct csw_tbb_calls calls = {.enter = enter, .chunk = chunk};
    struct csw_team *team = NULL;
    int code = team_new(&team, job, placement, err);

    if (code < 0)
        return code;
    code = csw_library_rehearse(placement->workers, err);
    if (code == 0)
        code = csw_tbb_open(&team->tbb, placement->workers, &calls, team, err);
    if (code == 0)
        code = check_bindings(team, err);
    if (code == 0)
        code = csw_placement_bind(placement, 0, err);
    if (code < 0) {
        team_close(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static int tbb_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    const struct csw_job *job = team->job;

    for (unsigned w = 0; w < team->placement->workers; w++)
        ret_shares[w] = (struct csw_share){.cpu = -1};
    team->shares = ret_shares;
    const int code = csw_tbb_run(team->tbb, job->units, job->schedule.handout != CSW_GUIDED, err);

    return code < 0 ? code : check_bindings(team, err);
}

static const char *library(void)
{
    static char text[256];

    snprintf(text, sizeof text, "oneTBB %s (%.200s)", csw_tbb_version(),
             csw_library_file("TBB_runtime_version"));
    return text;
}

const struct csw_driver csw_driver_tbb = {
    .name = "tbb",
    .summary = "oneTBB's arena and its work stealing; the caller is worker 0",
    .flags = CSW_JOINS_LATE | CSW_ALWAYS_LATE,
    .library = library,
    .open = tbb_open,
    .run = tbb_run,
    .close = team_close,
};
