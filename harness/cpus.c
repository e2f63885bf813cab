/* cpus.c - see cpus.h */
#include "cpus.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "files.h"

/* More than any system has: what a broken list says must not keep a reader busy for hours. */
#define MOST_CPUS 65536

static bool next_number(const char **list, unsigned *ret_number)
{
    char *end;
    const unsigned long number =
        isdigit((unsigned char)**list) ? strtoul(*list, &end, 10) : MOST_CPUS;

    if (number >= MOST_CPUS)
        return false;
    *list = end;
    *ret_number = (unsigned)number;
    return true;
}

bool csw_cpus_next(const char **list, unsigned *ret_first, unsigned *ret_last)
{
    if (!*list || !next_number(list, ret_first))
        return false;
    *ret_last = *ret_first;
    if (**list == '-') {
        ++*list;
        if (!next_number(list, ret_last))
            return false;
    }
    *list += **list == ',';
    return *ret_last >= *ret_first;
}

unsigned csw_cpus_count(const char *list)
{
    unsigned count = 0, first, last;

    while (csw_cpus_next(&list, &first, &last))
        count += last - first + 1;
    return count;
}

bool csw_cpus_has(const char *list, unsigned cpu)
{
    unsigned first, last;

    while (csw_cpus_next(&list, &first, &last))
        if (first <= cpu && cpu <= last)
            return true;
    return false;
}

unsigned csw_cpus_common(const char *a, const char *b)
{
    unsigned count = 0, first, last;

    while (csw_cpus_next(&a, &first, &last))
        for (unsigned cpu = first; cpu <= last; cpu++)
            count += csw_cpus_has(b, cpu);
    return count;
}

static void print_range(unsigned first, unsigned end, FILE *out)
{
    if (end == first)
        return;
    fprintf(out, "%s%u", ftell(out) > 0 ? "," : "", first);
    if (end - first > 1)
        fprintf(out, "-%u", end - 1);
}

char *csw_cpus_and(const char *a, const char *b)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    unsigned first, last, begin = 0, end = 0; /* of the range that is not printed yet */

    while (out && csw_cpus_next(&a, &first, &last))
        for (unsigned cpu = first; cpu <= last; cpu++) {
            if (!csw_cpus_has(b, cpu))
                continue;
            if (cpu != end) {
                print_range(begin, end, out);
                begin = cpu;
            }
            end = cpu + 1;
        }
    if (out)
        print_range(begin, end, out);
    return csw_stream_text(out, &text);
}
