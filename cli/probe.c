/* probe.c - coresweep probe: a small experiment, in C or in Python, and what it read. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/probe.h>

#include "harness/clock.h"
#include "harness/names.h"
#include "harness/table.h"
#include "harness/units.h"

#define DEFAULT_TIMEOUT_S 120

struct probe_command {
    char *name, *python;
    struct csw_probe_options options;
    uint64_t timeout_s;
    bool json;
};

enum { KEY_PYTHON = 'P', KEY_SCALE = 's', KEY_JSON = 'j', KEY_TIMEOUT = 0x200 };

static const struct argp_option probe_argp_options[] = {
    {"python", KEY_PYTHON, "PATH", 0,
     "Run the probe's twin in Python by this interpreter, such as python3 or pypy3", 0},
    {"scale", KEY_SCALE, "X", 0,
     "Multiply the times that are waited by this; 1: the tutorial's seconds (default: 1)", 0},
    {"timeout", KEY_TIMEOUT, "S", 0, "Kill an interpreter that takes longer (default: 120)", 0},
    {"json", KEY_JSON, NULL, 0, "Print the readings as JSON Lines", 0},
    {0},
};

static double parse_scale(const char *text)
{
    struct csw_err err;
    char *end;
    const double scale = strtod(text, &end);

    if (end == text || *end != '\0' || !(scale >= 0 && scale <= 3600)) {
        csw_fail(&err, -EINVAL, "--scale '%.40s' is not a number from 0 to 3600", text);
        exit(cli_bad_input(&err));
    }
    return scale;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct probe_command *command = state->input;

    switch (key) {
    case KEY_PYTHON:
        command->python = argument;
        return 0;
    case KEY_SCALE:
        command->options.scale = parse_scale(argument);
        return 0;
    case KEY_TIMEOUT:
        command->timeout_s = cli_number("--timeout", argument, 1, CLI_MAX_TIMEOUT_S);
        return 0;
    case KEY_JSON:
        command->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (command->name)
            argp_error(state, "one probe at a time, not '%s' as well", argument);
        command->name = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp probe_argp = {
    .options = probe_argp_options,
    .parser = parse,
    .args_doc = "[NAME]",
    .doc = "Runs a small experiment that is no kernel under a driver, and shows its readings. "
           "Without a NAME it lists the probes."
           "\vExamples:\n"
           "  coresweep probe ticker\n"
           "  coresweep probe ticker --python python3\n"
           "  coresweep probe unjoined --scale 0.1 --json",
};

/* ---- a table: the rows of the probe by its quantities ---------------------------------------- */

#define MAX_QUANTITIES 16

struct quantities {
    const char *name[MAX_QUANTITIES];
    char heading[MAX_QUANTITIES][32];
    size_t count;
};

/* "late p99" for late_p99_ns, whose values tell their unit; "done, number" for done. */
static void heading_of(const struct csw_reading *reading, char *ret_text, size_t size)
{
    const size_t length = strlen(reading->quantity), unit = strlen(reading->unit);
    const bool ends_in_unit = length > unit + 1 &&
                              strcmp(reading->quantity + length - unit, reading->unit) == 0 &&
                              reading->quantity[length - unit - 1] == '_';

    snprintf(ret_text, size, "%.*s%s", (int)(ends_in_unit ? length - unit - 1 : length),
             reading->quantity, strcmp(reading->unit, "1") == 0 ? ", number" : "");
    for (char *c = ret_text; *c; c++)
        if (*c == '_')
            *c = ' ';
}

/* Those past MAX_QUANTITIES are left to --json. */
static void add_quantity(struct quantities *quantities, const struct csw_reading *reading)
{
    for (size_t q = 0; q < quantities->count; q++)
        if (strcmp(quantities->name[q], reading->quantity) == 0)
            return;
    if (quantities->count == MAX_QUANTITIES)
        return;
    heading_of(reading, quantities->heading[quantities->count],
               sizeof quantities->heading[quantities->count]);
    quantities->name[quantities->count++] = reading->quantity;
}

static void value_text(const struct csw_reading *reading, char *ret_text, size_t size)
{
    if (strcmp(reading->unit, "ns") == 0) {
        const struct csw_scale *scale = csw_time_scale(reading->value);
        const double value = reading->value / scale->factor;

        snprintf(ret_text, size, "%.*f %s", csw_decimals(value), value, scale->name);
    } else if (strcmp(reading->unit, "bytes") == 0) {
        csw_bytes_text(reading->value, ret_text, size);
    } else {
        snprintf(ret_text, size, "%g", reading->value);
    }
}

/* Adds the row that begins at `first`; returns how many readings it has. */
static size_t add_row(struct csw_table *table, const struct quantities *quantities,
                      const struct csw_reading *first, size_t left)
{
    char text[MAX_QUANTITIES][32];
    const char *texts[MAX_QUANTITIES + 1] = {first->row};
    size_t count = 0;

    for (size_t q = 0; q < quantities->count; q++)
        texts[q + 1] = "-";
    for (; count < left && strcmp(first[count].row, first->row) == 0; count++)
        for (size_t q = 0; q < quantities->count; q++)
            if (strcmp(quantities->name[q], first[count].quantity) == 0) {
                value_text(&first[count], text[q], sizeof text[q]);
                texts[q + 1] = text[q];
            }
    csw_table_row(table, texts);
    return count;
}

static int print_table(const struct csw_readings *readings, struct csw_err *err)
{
    struct quantities quantities = {.count = 0};
    struct csw_column columns[MAX_QUANTITIES + 1] = {{readings->reading->probe, false}};

    for (size_t i = 0; i < readings->count; i++)
        add_quantity(&quantities, &readings->reading[i]);
    for (size_t q = 0; q < quantities.count; q++)
        columns[q + 1] = (struct csw_column){quantities.heading[q], true};
    struct csw_table *table = csw_table_new(columns, quantities.count + 1);

    for (size_t i = 0; i < readings->count;)
        i += add_row(table, &quantities, &readings->reading[i], readings->count - i);
    return csw_table_print(table, stdout, err);
}

/* ---- the command ---------------------------------------------------------------------------- */

static int print_lines(const struct csw_readings *readings, struct csw_err *err)
{
    for (size_t i = 0; i < readings->count; i++) {
        char *line = csw_reading_line(&readings->reading[i]);

        if (!line)
            return csw_fail(err, -ENOMEM, "no memory for a reading");
        puts(line);
        free(line);
    }
    return 0;
}

static int show(const struct probe_command *command, const struct csw_readings *readings,
                struct csw_err *err)
{
    const struct csw_reading *first = readings->reading;

    if (command->json)
        return print_lines(readings, err);
    if (command->python)
        printf("%s, %s (%s)\n\n", first->probe, first->runtime, first->python);
    else
        printf("%s, C\n\n", first->probe);
    return print_table(readings, err);
}

static int run_probe(struct csw_readings *ret_readings, const struct probe_command *command,
                     struct csw_err *err)
{
    const struct csw_probe *probe = NULL;
    const int code = csw_probe_require(&probe, command->name, err);

    if (code < 0)
        return code;
    if (!command->python)
        return csw_probe_run(ret_readings, probe, &command->options, err);
    const struct csw_probe_python interpreter = {.python = command->python,
                                                 .timeout_ns = command->timeout_s * CSW_NS_PER_S,
                                                 .stop = cli_catch_stop()};

    return csw_probe_run_python(ret_readings, probe, &command->options, &interpreter, err);
}

int cli_probe(int argc, char **argv)
{
    struct probe_command command = {.options = {.scale = 1}, .timeout_s = DEFAULT_TIMEOUT_S};
    struct csw_readings readings = {0};
    struct csw_err err;

    argp_parse(&probe_argp, argc, argv, 0, NULL, &command);
    if (!command.name)
        return cli_print_probes(&err) == 0 ? CSW_EXIT_DONE : cli_failed(&err);
    const int code = run_probe(&readings, &command, &err);
    int status = CSW_EXIT_DONE;

    if (code < 0)
        status = cli_stopped(code, &err);
    else if (show(&command, &readings, &err) < 0)
        status = cli_failed(&err);
    csw_readings_release(&readings);
    return status;
}
