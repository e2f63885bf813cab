/* compare.c - coresweep compare: two result files, or two builds in the same rounds. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare.h"
#include "live.h"

struct compare_options {
    struct sweep_options *sweep; /* of --live */
    char *path[CSW_SIDES];       /* files, or programs with --live */
    size_t paths;
    bool live, force;
    double margin;
    bool json;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_FORMAT = 'f',
    KEY_LIVE = 0x800,
    KEY_FORCE,
    KEY_MARGIN,
};

static const struct argp_option compare_argp_options[] = {
    {"live", KEY_LIVE, NULL, 0,
     "A and B are programs, two builds of coresweep, and are measured now: every point by both, "
     "one after the other, in an order drawn for each round",
     0},
    {"margin", KEY_MARGIN, "PERCENT", 0, "Differences up to it do not matter (default: 2)", 0},
    {"force", KEY_FORCE, NULL, 0, "Compare files of different machines", 0},
    {"format", KEY_FORMAT, "NAME", 0, "table or json (default: table)", 0},
    {0},
};

/* The margin as a share. */
static double read_margin(const char *text, struct argp_state *state)
{
    char *end;
    const double percent = strtod(text, &end);

    if (end == text || *end != '\0' || !(percent >= 0 && percent <= 100))
        argp_error(state, "--margin '%.40s' is not a number of percent from 0 to 100", text);
    return percent / 100;
}

static error_t take_path(struct compare_options *options, char *path, struct argp_state *state)
{
    if (options->paths == CSW_SIDES)
        argp_error(state, "two at a time, A and B, not '%s' as well", path);
    options->path[options->paths++] = path;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct compare_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = options->sweep;
        return 0;
    case KEY_LIVE:
        options->live = true;
        return 0;
    case KEY_FORCE:
        options->force = true;
        return 0;
    case KEY_MARGIN:
        options->margin = read_margin(argument, state);
        return 0;
    case KEY_FORMAT:
        options->json = cli_wants_json(argument);
        return 0;
    case ARGP_KEY_ARG:
        return take_path(options, argument, state);
    case ARGP_KEY_END:
        if (options->paths < CSW_SIDES)
            argp_error(state, "name A and B: two result files, or with --live two programs");
        if (!options->live && cli_sweep_options_given(options->sweep))
            argp_error(state, "what to measure is for --live: the files are measured already");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child compare_children[] = {
    {&cli_sweep_argp, 0, "With --live, what is measured, as for sweep:", 1}, {0}};

static const struct argp compare_argp = {
    .options = compare_argp_options,
    .children = compare_children,
    .parser = parse,
    .args_doc = "A B",
    .doc =
        "Compares two result files cell by cell, or with --live two builds of coresweep in the "
        "same "
        "rounds. Ratios are of times, B's over A's: 1.034 says that B takes 3.4 % longer. Exits "
        "with 4 where a cell became slower. --live keeps both result files: --output FILE names "
        "them "
        "FILE-a.jsonl and FILE-b.jsonl."
        "\vExamples:\n"
        "  coresweep compare before.jsonl after.jsonl\n"
        "  coresweep compare --live old/coresweep new/coresweep --kernel trial --n 2000 --rounds "
        "20\n"
        "  coresweep compare before.jsonl after.jsonl --margin 5 || echo slower",
};

/* ---- the comparison ------------------------------------------------------------------------- */

/* Returns 0, or CSW_EXIT_WORSE where a cell is. */
static int show(const struct cli_files *files, const struct compare_options *options,
                struct csw_err *err)
{
    struct csw_comparison comparison = {0};
    int code = csw_comparison_init(&comparison, &files->side[CSW_A], &files->side[CSW_B],
                                   options->margin, err);

    if (code == 0)
        code = options->json ? csw_comparison_json(&comparison, stdout, err)
                             : csw_comparison_table(&comparison, stdout, err);
    if (code == 0 && csw_comparison_verdicts(&comparison, CSW_SLOWER) > 0)
        code = CSW_EXIT_WORSE;
    csw_comparison_release(&comparison);
    return code;
}

static void warn_of_files(const struct cli_files *files)
{
    for (int side = 0; side < CSW_SIDES; side++)
        if (!files->results[side].ended && !*files->results[side].plan.story)
            cli_warn("'%s' is not complete", files->side[side].name);
}

static int exit_code(int code, const struct csw_err *err)
{
    if (code >= 0)
        return code;
    return cli_is_input(code) ? cli_bad_input(err) : cli_failed(err);
}

static int compare_files(char *const path[CSW_SIDES], const struct compare_options *options)
{
    struct cli_files files;
    struct csw_err err;
    int code = cli_files_read(&files, path, &err);

    if (code == 0 && !options->force)
        code = csw_comparable_hosts(&files.results[CSW_A].host, &files.results[CSW_B].host, &err);
    if (code == 0) {
        warn_of_files(&files);
        code = show(&files, options, &err);
    }
    cli_files_release(&files);
    return exit_code(code, &err);
}

/* ---- live ----------------------------------------------------------------------------------- */

static int compare_live(const struct compare_options *options, const char *line)
{
    struct cli_planned planned = {0};
    struct cli_live live = {.planned = &planned,
                            .program = {options->path[CSW_A], options->path[CSW_B]}};
    struct csw_err err;
    int code = cli_sweep_plan(&planned, options->sweep, line, &err);

    if (code == 0)
        code = cli_live_paths(live.path, cli_sweep_output(options->sweep), &planned.host, &err);
    if (code == 0)
        code = cli_live_run(&live, &err);
    int status = exit_code(code, &err);

    if (code == 0 || code == -ECHILD) {
        const int shown = compare_files(live.path, options);

        status = status == CSW_EXIT_DONE ? shown : status;
    }
    if (code == 0 || code == -ECHILD || code == -EINTR)
        fprintf(stderr, "results: %s %s\n", live.path[CSW_A], live.path[CSW_B]);
    for (int side = 0; side < CSW_SIDES; side++)
        free(live.path[side]);
    cli_planned_release(&planned);
    return status;
}

int cli_compare(int argc, char **argv)
{
    struct compare_options options = {.margin = CSW_DEFAULT_MARGIN,
                                      .sweep = cli_sweep_options_new()};
    char *line = cli_join_words(argc, argv);
    struct csw_err err;

    if (!options.sweep || !line) {
        csw_fail(&err, -ENOMEM, "no memory for options");
        return cli_failed(&err);
    }
    argp_parse(&compare_argp, argc, argv, 0, NULL, &options);
    const int status =
        options.live ? compare_live(&options, line) : compare_files(options.path, &options);
    cli_sweep_options_free(options.sweep);
    free(line);
    return status;
}
