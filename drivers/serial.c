/*
 * serial - the caller does everything: the baseline of every speedup.
 */
#include <errno.h>
#include <stdlib.h>

#include <coresweep/driver.h>

struct csw_team {
    const struct csw_job *job;
    const struct csw_placement *placement;
    struct csw_range range;
};

static int serial_open(struct csw_team **ret_team, const struct csw_job *job,
                       const struct csw_placement *placement, struct csw_err *err)
{
    struct csw_team *team = aligned_alloc(CSW_CACHE_LINE, sizeof *team);

    if (!team)
        return csw_fail(err, -ENOMEM, "no memory for the serial team");
    *team = (struct csw_team){.job = job, .placement = placement};
    const int code = csw_placement_bind(placement, 0, err);

    if (code < 0) {
        free(team);
        return code;
    }
    *ret_team = team;
    return 0;
}

static int serial_run(struct csw_team *team, struct csw_share *ret_shares, struct csw_err *err)
{
    (void)err;
    csw_deal(team->job, &team->range);
    csw_work(team->job, 0, &team->range, ret_shares);
    return 0;
}

static void serial_close(struct csw_team *team)
{
    if (!team)
        return;
    csw_placement_unbind(team->placement);
    free(team);
}

const struct csw_driver csw_driver_serial = {
    .name = "serial",
    .summary = "one worker, the caller: the base of every speedup",
    .flags = CSW_ONE_WORKER | CSW_JOINS_LATE,
    .open = serial_open,
    .run = serial_run,
    .close = serial_close,
};
