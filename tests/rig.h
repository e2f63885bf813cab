/*
 * rig.h - a point to run: a kernel under a driver, on a machine of eight cores that never binds.
 */
#ifndef CSW_RIG_H
#define CSW_RIG_H

#include <coresweep/measure.h>

#include "suite.h"

#define MANY_WORKERS 3

static const char *const schedules[] = {"whole",     "static", "dynamic", "dynamic:1",
                                        "dynamic:7", "guided", "guided:3"};

struct rig {
    struct csw_topo *topo;
    struct csw_placement placement;
    struct csw_workload workload;
    struct csw_setup setup;
};

static inline void rig_init(struct rig *rig, const struct csw_kernel *kernel,
                            const struct csw_driver *driver, unsigned workers, const char *schedule,
                            const char *tasks)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(driver);
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&rig->topo, "core:8 pu:1", NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_placement_init(&rig->placement, rig->topo, "none", workers, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&rig->workload, tasks, NULL), 0);
    rig->setup = (struct csw_setup){.kernel = kernel,
                                    .driver = driver,
                                    .workload = &rig->workload,
                                    .placement = &rig->placement};
    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&rig->setup.schedule, schedule, NULL), 0);
}

static inline void rig_release(struct rig *rig)
{
    csw_workload_release(&rig->workload);
    csw_placement_release(&rig->placement);
    csw_topo_close(rig->topo);
}

static inline const struct csw_driver *serial(void)
{
    return csw_driver_find("serial")->driver;
}

/* Visits every driver of this build that takes any kernel, with a team as large as it can have, up
 * to MANY_WORKERS. */
static inline void each_driver(void (*visit)(const struct csw_driver *, unsigned workers))
{
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++)
        if (entry->driver && !entry->driver->accepts)
            visit(entry->driver, entry->driver->flags & CSW_ONE_WORKER ? 1 : MANY_WORKERS);
}

/* ---- the kernels of the registry ------------------------------------------------------------- */

/* One kernel with one choice of its options under one driver. */
struct registered {
    const struct csw_kernel *kernel;
    const struct csw_driver *driver;
    unsigned workers;
    const uint8_t *choice;
};

static inline void registered_init(struct rig *rig, const struct registered *at)
{
    char schedule[CSW_SCHEDULE_TEXT_SIZE];
    const struct csw_schedule its_own = csw_schedule_default(at->kernel);

    csw_schedule_text(&its_own, schedule);
    rig_init(rig, at->kernel, at->driver, at->workers, schedule,
             at->kernel->flags & CSW_WAITS ? "1,0,2" : "7,0,300,1");
    csw_workload_choose(&rig->workload, at->choice);
}

static inline void must_succeed(const struct registered *at, const struct csw_err *err, int code)
{
    if (code < 0)
        fprintf(stderr, "\n    %s, %s: %s\n", at->kernel->name, at->driver->name, err->text);
    CU_ASSERT_EQUAL_FATAL(code, 0);
}

/* Whether the driver, which takes any kernel, can have such a team, and run by the schedule. */
static inline bool can_run(const struct csw_driver *driver, const char *schedule, unsigned workers)
{
    struct csw_schedule parsed;

    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&parsed, schedule, NULL), 0);
    return csw_driver_check(driver, csw_kernel_at(0), &parsed, workers, NULL) == 0;
}

#endif
