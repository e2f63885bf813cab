/*
 * cpus.h - lists of CPUs as the kernel writes them: "0-3,8" (cpuset(7), List format). What does not
 * parse ends the list, so that several may stand in one text with blanks between; NULL is an empty
 * one.
 */
#ifndef CSW_CPUS_H
#define CSW_CPUS_H

#include <stdbool.h>

unsigned csw_cpus_count(const char *list);
bool csw_cpus_has(const char *list, unsigned cpu);

/* How many CPUs both lists hold. */
unsigned csw_cpus_common(const char *a, const char *b);

#endif
