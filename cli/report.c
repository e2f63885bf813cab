/* report.c - coresweep report: what a result file says. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <coresweep/record.h>

#include "harness/names.h"
#include "harness/report.h"
#include "harness/story.h"

struct report_options {
    char *path, *format;
};

static const struct format {
    const char *name;
    int (*print)(const struct csw_report *, FILE *, struct csw_err *);
} formats[] = {
    {"table", csw_report_table},
    {"csv", csw_report_csv},
    {"json", csw_report_json},
    {"markdown", csw_report_markdown},
};

#define FORMATS (sizeof formats / sizeof *formats)

enum { KEY_FORMAT = 'f' };

static const struct argp_option report_argp_options[] = {
    {"format", KEY_FORMAT, "NAME", 0, "table, csv, json or markdown (default: table)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_options *options = state->input;

    switch (key) {
    case KEY_FORMAT:
        options->format = argument;
        return 0;
    default:
        return cli_one_file(key, argument, state, &options->path,
                            "name the FILE that a sweep has written");
    }
}

static const struct argp report_argp = {
    .options = report_argp_options,
    .parser = parse,
    .args_doc = "FILE",
    .doc = "Computes times, speedups and efficiency with their 95 % intervals from a sweep's file."
           "\vExamples:\n"
           "  coresweep report sweep.jsonl\n"
           "  coresweep report sweep.jsonl --format csv > sweep.csv",
};

static const struct format *find_format(const char *name, struct csw_err *err)
{
    const char *known[FORMATS];

    for (size_t i = 0; i < FORMATS; i++) {
        known[i] = formats[i].name;
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    csw_unknown(err, "format", name, known, FORMATS);
    return NULL;
}

/* A story is told as one, unless another format is asked for. */
static int print(const struct csw_results *results, const struct format *format,
                 struct csw_err *err)
{
    struct csw_report report = {0};

    if (csw_is_story(&results->plan) && format->print == csw_report_table)
        return csw_story_print(results, stdout, err);
    int code = csw_report_init(&report, results, err);

    if (code == 0)
        code = format->print(&report, stdout, err);
    csw_report_release(&report);
    return code;
}

int cli_report(int argc, char **argv)
{
    struct report_options options = {.format = "table"};
    struct csw_results results = {0};
    struct csw_err err;

    argp_parse(&report_argp, argc, argv, 0, NULL, &options);
    const struct format *format = find_format(options.format, &err);

    if (!format || csw_results_read(&results, options.path, &err) < 0)
        return cli_bad_input(&err);
    if (!results.ended && !csw_is_story(&results.plan))
        cli_warn("'%s' is not complete; coresweep sweep --resume '%s' goes on", options.path,
                 options.path);
    const int code = print(&results, format, &err);

    csw_results_release(&results);
    return code == 0 ? CSW_EXIT_DONE : cli_failed(&err);
}
