/* warm.h - the warm-up of a sweep: declared beforehand and never adaptive; what
 * it missed is found by checks.h. */
#ifndef CSW_WARM_H
#define CSW_WARM_H

#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/place.h>

/*
 * Computes on all usable CPUs of this machine at once for `ms` milliseconds, so that clock and
 * temperature are those of a machine at work. Each thread is bound to its own CPU where this system
 * binds. Returns 0, -ENOMEM, or what starting a thread or placing it returned.
 */
int csw_warm_cpus(const struct csw_topo *, uint64_t ms, struct csw_err *);

#endif
