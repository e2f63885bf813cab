/* names.h - finding things by the name a user typed, with a helpful sentence where there is none.
 */
#ifndef CSW_NAMES_H
#define CSW_NAMES_H

#include <stddef.h>

#include <coresweep/driver.h>
#include <coresweep/err.h>
#include <coresweep/kernel.h>
#include <coresweep/probe.h>

/* The kernel of that name, usable here. 0, -EINVAL naming the nearest one, or -ENOTSUP. */
int csw_kernel_require(const struct csw_kernel **ret_kernel, const char *name, struct csw_err *);

/* The driver of that name, built in. 0, -EINVAL naming the nearest one, or -ENOTSUP. */
int csw_driver_require(const struct csw_driver **ret_driver, const char *name, struct csw_err *);

/* The probe of that name. 0, or -EINVAL naming the nearest one. */
int csw_probe_require(const struct csw_probe **ret_probe, const char *name, struct csw_err *);

/* Returns -EINVAL with "unknown <kind> '<name>'; did you mean ...? There are ...". */
int csw_unknown(struct csw_err *, const char *kind, const char *name, const char *const *known,
                size_t count);

/* Writes "red, green and blue", cut off where it does not fit. */
void csw_names_text(const char *const *names, size_t count, char *ret_text, size_t size);

/*
 * Calls `each` for every element of a comma-separated list, until one returns an error.
 * Returns that error, -EINVAL for an empty element, -ENOMEM, or 0.
 */
int csw_for_each_word(const char *list,
                      int (*each)(const char *word, void *context, struct csw_err *), void *context,
                      struct csw_err *);

#endif
