/*
 * registry.c - the drivers of drivers.def, by index and by name. CMake defines CSW_WITH_<name> as 1
 * where it found what the driver needs, otherwise as 0, CSW_MISSING_<name> as what it lacks, and
 * CSW_NAME_<name> as the name for people, with dashes in place of underscores.
 */
#include <errno.h>
#include <stdio.h>
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

/* "whole, static and dynamic": the schedules that the driver runs. */
static void print_handouts(unsigned handouts, char *ret_text, size_t size)
{
    static const char *const names[] = {[CSW_WHOLE] = "whole",
                                        [CSW_STATIC] = "static",
                                        [CSW_DYNAMIC] = "dynamic",
                                        [CSW_GUIDED] = "guided",
                                        [CSW_LATE] = "late"};

    *ret_text = '\0';
    for (size_t h = 0; h < sizeof names / sizeof *names; h++)
        if (handouts & 1u << h) {
            const size_t used = strlen(ret_text);

            snprintf(ret_text + used, size - used, "%s%s", used > 0 ? ", " : "", names[h]);
        }
}

static int check_schedule(const struct csw_driver *driver, const struct csw_schedule *schedule,
                          struct csw_err *err)
{
    char allowed[64];

    if (driver->handouts != 0 && !(driver->handouts & 1u << schedule->handout)) {
        print_handouts(driver->handouts, allowed, sizeof allowed);
        return csw_fail(err, -EINVAL, "driver '%s' runs the schedules %s alone", driver->name,
                        allowed);
    }
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

int csw_driver_check(const struct csw_driver *driver, const struct csw_kernel *kernel,
                     const struct csw_schedule *schedule, unsigned workers, struct csw_err *err)
{
    const char *missing = driver->missing ? driver->missing() : NULL;

    if (missing)
        return csw_fail(err, -ENOTSUP, "driver '%s' cannot be used here: %s", driver->name,
                        missing);
    if (workers > 1 && (driver->flags & CSW_ONE_WORKER))
        return csw_fail(err, -EINVAL, "driver '%s' has one worker, not %u", driver->name, workers);
    const int code = driver->accepts ? driver->accepts(kernel, err) : 0;

    return code < 0 ? code : check_schedule(driver, schedule, err);
}
