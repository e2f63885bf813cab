/*
 * options.c - the options that the registered kernels and drivers bring, as options of run and
 * sweep: made from the registries at start, so that none of them is named here.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/files.h"
#include "harness/names.h"
#include "harness/options.h"
#include "harness/settings.h"

#define FIRST_KEY 0x400
#define FIRST_SETTING_KEY 0x600

/* ---- of kernels ----------------------------------------------------------------------------- */

/* Whether one of the first `count` kernels allows the value. */
static bool is_allowed(size_t count, const char *name, const char *value)
{
    for (size_t i = 0; i < count; i++) {
        const struct csw_option *option = csw_option_of(csw_kernel_at(i), name);

        for (size_t v = 0; option && option->values[v]; v++)
            if (strcmp(option->values[v], value) == 0)
                return true;
    }
    return false;
}

/* "random, squares": what any kernel allows, each value once. */
static void print_values(FILE *out, const char *name)
{
    const struct csw_kernel *kernel;
    const char *comma = "";

    for (size_t i = 0; (kernel = csw_kernel_at(i)); i++) {
        const struct csw_option *option = csw_option_of(kernel, name);

        for (size_t v = 0; option && option->values[v]; v++)
            if (!is_allowed(i, name, option->values[v])) {
                fprintf(out, "%s%s", comma, option->values[v]);
                comma = ", ";
            }
    }
}

static void print_kernels(FILE *out, const char *name)
{
    const struct csw_kernel *kernel;
    const char *comma = "";

    for (size_t i = 0; (kernel = csw_kernel_at(i)); i++)
        if (csw_option_of(kernel, name)) {
            fprintf(out, "%s%s", comma, kernel->name);
            comma = ", ";
        }
}

/* "What the items are (array, wheel): random, squares (default: random)", kept for ever. */
static const char *help_of(const struct csw_option *option)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return option->help;
    fprintf(out, "%s (", option->help);
    print_kernels(out, option->name);
    fprintf(out, "): ");
    print_values(out, option->name);
    fprintf(out, " (default: %s)", option->values[0]);
    text = csw_stream_text(out, &text);
    return text ? text : option->help;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    char **options = state->input;
    const struct csw_option *option =
        key >= FIRST_KEY ? csw_option_at((size_t)(key - FIRST_KEY)) : NULL;
    struct csw_err err;

    if (!option)
        return ARGP_ERR_UNKNOWN;
    if (csw_options_set(options, option->name, argument, &err) < 0)
        exit(cli_bad_input(&err));
    return 0;
}

struct argp cli_options_argp = {.parser = parse};

static void build_options(void)
{
    const struct csw_option *option;
    size_t count = 0;

    while (csw_option_at(count))
        count++;
    if (count == 0)
        return; /* argp loses the memory of a list without entries */
    struct argp_option *options = calloc(count + 1, sizeof *options);

    for (size_t i = 0; options && (option = csw_option_at(i)); i++)
        options[i] = (struct argp_option){.name = option->name,
                                          .key = FIRST_KEY + (int)i,
                                          .arg = "VALUE",
                                          .doc = help_of(option)};
    cli_options_argp.options = options;
}

/* ---- of drivers ----------------------------------------------------------------------------- */

/* What is given again is one more value: "python3,pypy3". */
static int add_value(char **settings, const char *name, const char *value, struct csw_err *err)
{
    char *before = NULL, *list = NULL;
    int code = csw_option_value(*settings ? *settings : "", name, &before, err);

    if (code < 0 || !before)
        return code < 0 ? code : csw_options_set(settings, name, value, err);
    code = asprintf(&list, "%s,%s", before, value) < 0
               ? csw_fail(err, -ENOMEM, "no memory for options")
               : csw_options_set(settings, name, list, err);
    free(before);
    free(list);
    return code;
}

static error_t parse_setting(int key, char *argument, struct argp_state *state)
{
    char **settings = state->input;
    const struct csw_setting *setting =
        key >= FIRST_SETTING_KEY ? csw_setting_at((size_t)(key - FIRST_SETTING_KEY)) : NULL;
    struct csw_err err;

    if (!setting)
        return ARGP_ERR_UNKNOWN;
    if (add_value(settings, setting->name, argument, &err) < 0)
        exit(cli_bad_input(&err));
    return 0;
}

struct argp cli_settings_argp = {.parser = parse_setting};

static void build_settings(void)
{
    const struct csw_setting *setting;
    size_t count = 0;

    while (csw_setting_at(count))
        count++;
    if (count == 0)
        return;
    struct argp_option *options = calloc(count + 1, sizeof *options);

    for (size_t i = 0; options && (setting = csw_setting_at(i)); i++)
        options[i] = (struct argp_option){.name = setting->name,
                                          .key = FIRST_SETTING_KEY + (int)i,
                                          .arg = setting->argument,
                                          .doc = setting->help};
    cli_settings_argp.options = options;
}

void cli_options_build(void)
{
    build_options();
    build_settings();
}
