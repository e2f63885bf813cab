/* names.c - see names.h */
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAME 40
#define MAX_KNOWN 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions and replacements from a to b (Levenshtein), over one row. */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t length = strnlen(b, MAX_NAME);
    size_t row[MAX_NAME + 1];

    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; i < MAX_NAME && a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            const size_t replaced = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(row[j], row[j + 1]) + 1);
        }
    }
    return row[length];
}

/* The known name that the typed one most likely meant; NULL when none is near. */
static const char *nearest(const char *name, const char *const *known, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(name) / 2 + 1;

    for (size_t i = 0; i < count; i++) {
        const size_t distance = edit_distance(name, known[i]);

        if (distance < best_distance) {
            best = known[i];
            best_distance = distance;
        }
    }
    return best;
}

void csw_names_text(const char *const *names, size_t count, char *ret_text, size_t size)
{
    size_t used = 0;

    *ret_text = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(ret_text + used, size - used, "%s%s",
                                 i == 0          ? ""
                                 : i + 1 < count ? ", "
                                                 : " and ",
                                 names[i]);
}

int csw_unknown(struct csw_err *err, const char *kind, const char *name, const char *const *known,
                size_t count)
{
    const char *near = nearest(name, known, count);
    char list[300];

    csw_names_text(known, count, list, sizeof list);
    return csw_fail(err, -EINVAL, "unknown %s '%.40s'; %s%s%sthere are %s", kind, name,
                    near ? "did you mean '" : "", near ? near : "", near ? "'? " : "", list);
}

int csw_kernel_require(const struct csw_kernel **ret_kernel, const char *name, struct csw_err *err)
{
    const struct csw_kernel *kernel = csw_kernel_find(name);
    const char *known[MAX_KNOWN];
    size_t count = 0;

    if (!kernel) {
        for (; count < MAX_KNOWN && csw_kernel_at(count); count++)
            known[count] = csw_kernel_at(count)->name;
        return csw_unknown(err, "kernel", name, known, count);
    }
    if (csw_kernel_missing(kernel))
        return csw_fail(err, -ENOTSUP, "kernel '%s' cannot run here: %s", name,
                        csw_kernel_missing(kernel));
    *ret_kernel = kernel;
    return 0;
}

int csw_driver_require(const struct csw_driver **ret_driver, const char *name, struct csw_err *err)
{
    const struct csw_driver_entry *entry = csw_driver_find(name);
    const char *known[MAX_KNOWN];
    size_t count = 0;

    if (!entry) {
        for (; count < MAX_KNOWN && csw_driver_at(count); count++)
            known[count] = csw_driver_at(count)->name;
        return csw_unknown(err, "driver", name, known, count);
    }
    if (!entry->driver)
        return csw_fail(err, -ENOTSUP, "driver '%s' is not in this build: %s", name,
                        entry->missing);
    *ret_driver = entry->driver;
    return 0;
}

int csw_probe_require(const struct csw_probe **ret_probe, const char *name, struct csw_err *err)
{
    const struct csw_probe *probe = csw_probe_find(name);
    const char *known[MAX_KNOWN];
    size_t count = 0;

    if (!probe) {
        for (; count < MAX_KNOWN && csw_probe_at(count); count++)
            known[count] = csw_probe_at(count)->name;
        return csw_unknown(err, "probe", name, known, count);
    }
    *ret_probe = probe;
    return 0;
}

int csw_for_each_word(const char *list, int (*each)(const char *, void *, struct csw_err *),
                      void *context, struct csw_err *err)
{
    char *copy = strdup(list), *rest = copy;
    int code = copy ? 0 : csw_fail(err, -ENOMEM, "no memory for a list");

    while (code == 0 && rest) {
        const char *word = strsep(&rest, ",");

        code = *word ? each(word, context, err)
                     : csw_fail(err, -EINVAL, "the list '%.200s' has an empty element", list);
    }
    free(copy);
    return code;
}
