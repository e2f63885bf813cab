/*
 * registry.c - the drivers of drivers.def, by index and by name. CMake defines CSW_WITH_<name> as 1
 * where it found what the driver needs, otherwise as 0, CSW_MISSING_<name> as what it lacks, and
 * CSW_NAME_<name> as the name for people, with dashes in place of underscores.
 */
#include <errno.h>
#include <string.h>

#include <coresweep/driver.h>

#define DRIVER(name, needs) extern const struct csw_driver csw_driver_##name;
#include "drivers.def"
#undef DRIVER

#define PICK_1(name) &csw_driver_##name
#define PICK_0(name) NULL
#define PICK_EXPANDED(with, name) PICK_##with(name)
#define PICK(with, name) PICK_EXPANDED(with, name)

static const struct csw_driver_entry drivers[] = {
#define DRIVER(name, needs) {CSW_NAME_##name, CSW_MISSING_##name, PICK(CSW_WITH_##name, name)},
#include "drivers.def"
#undef DRIVER
};

static const size_t driver_count = sizeof drivers / sizeof *drivers;

const struct csw_driver_entry *csw_driver_at(size_t index)
{
    return index < driver_count ? &drivers[index] : NULL;
}

const struct csw_driver_entry *csw_driver_find(const char *name)
{
    for (size_t i = 0; i < driver_count; i++)
        if (strcmp(drivers[i].name, name) == 0)
            return &drivers[i];
    return NULL;
}

int csw_driver_check(const struct csw_driver *driver, const struct csw_schedule *schedule,
                     unsigned workers, struct csw_err *err)
{
    if (workers > 1 && (driver->flags & CSW_ONE_WORKER))
        return csw_fail(err, -EINVAL, "driver '%s' has one worker, not %u", driver->name, workers);
    if (schedule->handout == CSW_LATE && !(driver->flags & CSW_JOINS_LATE))
        return csw_fail(err, -EINVAL,
                        "all workers of driver '%s' take part in every run; use schedule dynamic "
                        "in place of late",
                        driver->name);
    if (schedule->handout == CSW_STATIC && (driver->flags & CSW_ALWAYS_LATE))
        return csw_fail(err, -EINVAL,
                        "driver '%s' hands no piece to a given worker; use schedule dynamic in "
                        "place of static",
                        driver->name);
    return 0;
}
