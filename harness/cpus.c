/* cpus.c - see cpus.h */
#include "cpus.h"

#include <ctype.h>
#include <stdio.h>

/* Takes the next range of "0-3,8"; false at the end, which a blank is, too. */
static bool next_range(const char **list, unsigned *ret_first, unsigned *ret_last)
{
    int length = 0;

    if (!isdigit((unsigned char)**list) || sscanf(*list, "%u%n", ret_first, &length) != 1)
        return false;
    *list += length;
    *ret_last = *ret_first;
    if (sscanf(*list, "-%u%n", ret_last, &length) == 1)
        *list += length;
    *list += **list == ',';
    return *ret_last >= *ret_first;
}

unsigned csw_cpus_count(const char *list)
{
    unsigned count = 0, first, last;

    while (list && next_range(&list, &first, &last))
        count += last - first + 1;
    return count;
}

bool csw_cpus_has(const char *list, unsigned cpu)
{
    unsigned first, last;

    while (list && next_range(&list, &first, &last))
        if (first <= cpu && cpu <= last)
            return true;
    return false;
}

unsigned csw_cpus_common(const char *a, const char *b)
{
    unsigned count = 0, first, last;

    while (a && next_range(&a, &first, &last))
        for (unsigned cpu = first; cpu <= last; cpu++)
            count += csw_cpus_has(b, cpu);
    return count;
}
