/*
 * options.h - what a kernel leaves to its user, between the command line, the kernel and the
 * records.
 *
 * As text, options are words "name=value" with a blank between them: "input=random isa=auto". A
 * sweep's may have lists of values: "input=random,mixed".
 */
#ifndef CSW_OPTIONS_H
#define CSW_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/job.h>
#include <coresweep/kernel.h>

/* ---- of kernels ----------------------------------------------------------------------------- */

size_t csw_options_count(const struct csw_kernel *);

/* The kernel's option of that name; NULL if there is none. */
const struct csw_option *csw_option_of(const struct csw_kernel *, const char *name);

/* The options of all registered kernels, each name once, in their order; NULL past the end. */
const struct csw_option *csw_option_at(size_t index);

/* ---- as text -------------------------------------------------------------------------------- */

/*
 * Calls `each` for every word of the text, until one returns an error. Returns that error, -EINVAL
 * for a word without `=`, -ENOMEM, or 0.
 */
int csw_for_each_option(const char *text,
                        int (*each)(const char *name, const char *value, void *context,
                                    struct csw_err *),
                        void *context, struct csw_err *);

/*
 * Sets one option in the text, which is the caller's heap memory, or NULL: no words. Words are kept
 * sorted by name, so that the same options make the same text. Returns 0, -EINVAL where the value
 * has a blank in it, or -ENOMEM, and then leaves the text as it was.
 */
int csw_options_set(char **text, const char *name, const char *value, struct csw_err *);

/*
 * Stores the value that the text has for that name, on the heap; NULL where it does not name it.
 * 0 or -ENOMEM.
 */
int csw_option_value(const char *text, const char *name, char **ret_value, struct csw_err *);

/* ---- chosen --------------------------------------------------------------------------------- */

/*
 * Chooses the values that the text names for the kernel; the default of every option that it does
 * not name. Returns 0; -EINVAL names an option that the kernel does not have, or a bad value;
 * -ENOTSUP says why a value cannot be used on this CPU; -ENOMEM. Untouched on failure.
 */
int csw_options_choose(uint8_t ret_choice[CSW_MAX_OPTIONS], const struct csw_kernel *,
                       const char *text, struct csw_err *);

/*
 * Calls `each` for every combination of the kernel's options in the lists of the text, the last
 * option changing fastest; options of other kernels are passed over. Returns what `each` returned
 * where that was an error, or what csw_options_choose returns.
 */
int csw_for_each_choice(const struct csw_kernel *, const char *text,
                        int (*each)(const uint8_t choice[CSW_MAX_OPTIONS], void *context,
                                    struct csw_err *),
                        void *context, struct csw_err *);

/*
 * Returns the choice as text, for the records: all options of the kernel in its order, "" where it
 * has none. The caller frees it; NULL: out of memory.
 */
char *csw_options_text(const struct csw_kernel *, const uint8_t choice[CSW_MAX_OPTIONS]);

/* Makes the choice that of every task. */
void csw_workload_choose(struct csw_workload *, const uint8_t choice[CSW_MAX_OPTIONS]);

/*
 * Returns -EINVAL with "--<name> is an option of <the kernels that have it>, <not>", as in "not of
 * kernel 'trial'".
 */
int csw_option_refuse(const char *name, const char *not_here, struct csw_err *);

/* ---- shown ---------------------------------------------------------------------------------- */

#define CSW_TITLE_SIZE 200

/* Writes what people read: "array (input=random isa=auto)", or "trial" without options. */
void csw_kernel_title(const char *kernel, const char *options, char ret_text[CSW_TITLE_SIZE]);

#endif
