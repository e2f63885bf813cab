/* warm.h - the warm-up of a sweep: declared beforehand, never adaptive, and judged afterwards. */
#ifndef CSW_WARM_H
#define CSW_WARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/place.h>

/*
 * Computes on all usable CPUs of this machine at once for `ms` milliseconds, so that clock and
 * temperature are those of a machine at work. Each thread is bound to its own CPU where this system
 * binds. Returns 0, -ENOMEM, or what starting a thread or placing it returned.
 */
int csw_warm_cpus(const struct csw_topo *, uint64_t ms, struct csw_err *);

/*
 * Whether the first of the round values stands apart from all later ones: beyond their quartiles by
 * more than 3 interquartile ranges, as measured before the machine was warm. NAN: not measured;
 * such rounds do not count. False where fewer than 8 later ones tell, or where those are all equal.
 * Source: J. W. Tukey, Exploratory Data Analysis, 1977, section 2D (outer fences).
 */
bool csw_warm_missed(const double *values, size_t rounds);

#endif
