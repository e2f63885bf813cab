/* report.c - coresweep report: what a result file says. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/record.h>

#include "harness/files.h"
#include "harness/names.h"
#include "harness/report.h"
#include "harness/story.h"
#include "measuring.h"

struct report_options {
    char *path;
    const char *format, *page; /* NULL: not given */
};

static const struct format {
    const char *name;
    int (*print)(const struct csw_report *, FILE *, struct csw_err *);
} formats[] = {
    {"table", csw_report_table},       {"csv", csw_report_csv},   {"json", csw_report_json},
    {"markdown", csw_report_markdown}, {"html", csw_report_html},
};

#define FORMATS (sizeof formats / sizeof *formats)

enum { KEY_FORMAT = 'f', KEY_HTML = 'w' };

static const struct argp_option report_argp_options[] = {
    {"format", KEY_FORMAT, "NAME", 0, "table, csv, json, markdown or html (default: table)", 0},
    {"html", KEY_HTML, "OUT", 0,
     "Write one page that loads nothing to OUT: tables, sentences and pictures (needs python3 with "
     "matplotlib)",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_options *options = state->input;

    switch (key) {
    case KEY_FORMAT:
        options->format = argument;
        return 0;
    case KEY_HTML:
        options->page = argument;
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
           "  coresweep report sweep.jsonl --format csv > sweep.csv\n"
           "  coresweep report sweep.jsonl --html sweep.html",
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
static int print(const struct csw_results *results, const struct format *format, FILE *out,
                 struct csw_err *err)
{
    struct csw_report report = {0};

    if (csw_is_story(&results->plan) && format->print == csw_report_table)
        return csw_story_print(results, out, err);
    int code = csw_report_init(&report, results, err);

    if (code == 0)
        code = format->print(&report, out, err);
    csw_report_release(&report);
    return code;
}

static int write_page(const char *path, const char *text, struct csw_err *err)
{
    FILE *out = fopen(path, "w");

    if (!out)
        return csw_fail(err, -errno, "cannot write '%.200s': %s", path, strerror(errno));
    fputs(text, out);
    const int code = csw_stream_flush(out, path, err);

    fclose(out);
    if (code == 0)
        fprintf(stderr, "page: %s\n", path);
    return code;
}

/* The page is whole before its file is touched. */
static int print_to_file(const struct csw_results *results, const struct format *format,
                         const char *path, struct csw_err *err)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return csw_fail(err, -errno, "no memory for a page");
    int code = print(results, format, out, err);

    text = csw_stream_text(out, &text);
    if (code == 0)
        code = text ? write_page(path, text, err) : csw_fail(err, -ENOMEM, "no memory for a page");
    free(text);
    return code;
}

/* What --format and --html ask for together. */
static const struct format *choose_format(const struct report_options *options, struct csw_err *err)
{
    const char *usual = options->page ? "html" : "table";

    if (options->page && options->format && strcmp(options->format, "html") != 0) {
        csw_fail(err, -EINVAL, "--html '%.200s' is a page: it goes with no --format but html",
                 options->page);
        return NULL;
    }
    return find_format(options->format ? options->format : usual, err);
}

int cli_report(int argc, char **argv)
{
    struct report_options options = {0};
    struct csw_results results = {0};
    struct csw_err err;

    argp_parse(&report_argp, argc, argv, 0, NULL, &options);
    const struct format *format = choose_format(&options, &err);

    if (!format || csw_results_read(&results, options.path, &err) < 0)
        return cli_bad_input(&err);
    cli_warn_incomplete(options.path, &results);
    const int code = options.page ? print_to_file(&results, format, options.page, &err)
                                  : print(&results, format, stdout, &err);

    csw_results_release(&results);
    if (code == -EINVAL)
        return cli_bad_input(&err);
    return code == 0 ? CSW_EXIT_DONE : cli_failed(&err);
}
