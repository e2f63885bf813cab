/*
 * settings.h - what a driver leaves to its user, between the command line, the driver and the
 * records. As text, settings are words "name=value" like the options of kernels (options.h); a
 * sweep's may have lists of values: "python=/usr/bin/python3,/usr/bin/pypy3".
 */
#ifndef CSW_SETTINGS_H
#define CSW_SETTINGS_H

#include <stddef.h>

#include <coresweep/driver.h>
#include <coresweep/err.h>

/* The driver's setting of that name; NULL if there is none. */
const struct csw_setting *csw_setting_of(const struct csw_driver *, const char *name);

/* The settings of all drivers of this build, each name once, in their order; NULL past the end. */
const struct csw_setting *csw_setting_at(size_t index);

/*
 * Calls `each` for every combination of the driver's settings in the lists of the text, as text
 * with every setting of the driver in its order, values resolved; settings of other drivers are
 * passed over. Returns what `each` or a setting's resolve returned where that was an error, or
 * -ENOMEM.
 */
int csw_for_each_settings(const struct csw_driver *, const char *text,
                          int (*each)(const char *settings, void *context, struct csw_err *),
                          void *context, struct csw_err *);

/*
 * Stores the one combination that the text names, on the heap. Returns 0; -EINVAL names a setting
 * that the driver does not have, or one with a list; what resolve returned; -ENOMEM.
 */
int csw_settings_choose(char **ret_settings, const struct csw_driver *, const char *text,
                        struct csw_err *);

/*
 * Stores those words of the settings that the other driver has, too, on the heap: what a base must
 * have in common with the driver that is compared with it. 0 or -ENOMEM.
 */
int csw_settings_common(char **ret_settings, const char *settings, const struct csw_driver *,
                        struct csw_err *);

/* Returns -EINVAL with "--<name> is an option of <the drivers that have it>, <not>". */
int csw_setting_refuse(const char *name, const char *not_here, struct csw_err *);

#endif
