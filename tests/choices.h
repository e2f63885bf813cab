/*
 * choices.h - every choice of a kernel's options, for tests that run over the registry: a kernel
 * that brings options is tested with each of their values.
 */
#ifndef CSW_CHOICES_H
#define CSW_CHOICES_H

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/options.h"

/* "input=random,squares isa=auto": all values that this CPU can use. The caller frees it. */
static inline char *all_values(const struct csw_kernel *kernel)
{
    char *text = strdup("");

    for (size_t k = 0; k < csw_options_count(kernel); k++) {
        const struct csw_option *option = &kernel->options[k];
        char list[500] = "";

        for (size_t v = 0; option->values[v]; v++) {
            const size_t used = strlen(list);

            if (!option->missing || !option->missing(option->values[v]))
                snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? "," : "",
                         option->values[v]);
        }
        CU_ASSERT_EQUAL_FATAL(csw_options_set(&text, option->name, list, NULL), 0);
    }
    return text;
}

/* Calls `each` for every combination of values that this CPU can use. */
static inline void each_choice(const struct csw_kernel *kernel,
                               int (*each)(const uint8_t *, void *, struct csw_err *),
                               void *context)
{
    char *text = all_values(kernel);
    struct csw_err err = {0};
    const int code = csw_for_each_choice(kernel, text, each, context, &err);

    if (code < 0)
        fprintf(stderr, "\n    %s with %s: %s\n", kernel->name, text, err.text);
    CU_ASSERT_EQUAL(code, 0);
    free(text);
}

#endif
