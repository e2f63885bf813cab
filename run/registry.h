/* registry.h - which drivers can be called from other programs. */
#ifndef CSW_RUN_REGISTRY_H
#define CSW_RUN_REGISTRY_H

#include <coresweep/driver.h>

/* Why csw_run_job cannot use the driver; NULL: it can. */
const char *csw_run_driver_missing(const struct csw_driver_entry *);

#endif
