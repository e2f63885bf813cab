/* registry.c - the registries, flat: see coresweep/run.h */
#include "registry.h"

#include <coresweep/kernel.h>
#include <coresweep/run.h>

unsigned csw_run_abi(void)
{
    return CSW_RUN_ABI;
}

bool csw_run_kernel_at(size_t index, struct csw_run_kernel *ret_kernel)
{
    const struct csw_kernel *kernel = csw_kernel_at(index);

    if (!kernel)
        return false;
    *ret_kernel = (struct csw_run_kernel){
        .name = kernel->name,
        .summary = kernel->summary,
        .finds = kernel->finds,
        .unit = kernel->unit,
        .missing = csw_kernel_missing(kernel),
        .max_n = kernel->max_n,
        .scans = !kernel->fill,
        .lists = kernel->list,
        .waits = kernel->flags & CSW_WAITS,
    };
    return true;
}

const char *csw_run_driver_missing(const struct csw_driver_entry *entry)
{
    const struct csw_driver *driver = entry->driver;

    if (!driver)
        return entry->missing;
    if (driver->told)
        return "it runs outside of the calling process; `coresweep run` measures it";
    return driver->missing ? driver->missing() : NULL;
}

bool csw_run_driver_at(size_t index, struct csw_run_driver *ret_driver)
{
    const struct csw_driver_entry *entry = csw_driver_at(index);

    if (!entry)
        return false;
    *ret_driver = (struct csw_run_driver){
        .name = entry->name,
        .summary = entry->driver ? entry->driver->summary : NULL,
        .missing = csw_run_driver_missing(entry),
    };
    return true;
}
