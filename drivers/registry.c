/*
 * registry.c - the drivers of drivers.def, by index and by name. CMake defines CSW_WITH_<name> as 1
 * where it found what the driver needs, otherwise as 0.
 */
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
#define DRIVER(name, needs) {#name, #needs, PICK(CSW_WITH_##name, name)},
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
