/*
 * cpus.h - lists of CPUs as the kernel writes them: "0-3,8" (cpuset(7), List format). What does not
 * parse ends the list, so that several may stand in one text with blanks between, and so does a
 * number that no system has; NULL is an empty one.
 */
#ifndef CSW_CPUS_H
#define CSW_CPUS_H

#include <stdbool.h>

/* Takes the first range off the list; false at its end. */
bool csw_cpus_next(const char **list, unsigned *ret_first, unsigned *ret_last);

unsigned csw_cpus_count(const char *list);
bool csw_cpus_has(const char *list, unsigned cpu);

/* How many CPUs both lists hold. */
unsigned csw_cpus_common(const char *a, const char *b);

/* These CPUs as a list, which the caller frees: "" for none; NULL: no memory. */
char *csw_cpus_and(const char *a, const char *b);

#endif
