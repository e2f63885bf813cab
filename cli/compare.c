/* compare.c - coresweep compare: two result files, or two builds in the same rounds. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
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
    {"format", KEY_FORMAT, "NAME", 0, CLI_FORMAT_HELP, 0},
    {0},
};

/* The margin as a share. */
static double read_margin(const char *text)
{
    struct csw_err err;
    char *end;
    const double percent = strtod(text, &end);

    if (end == text || *end != '\0' || !(percent >= 0 && percent <= 100)) {
        csw_fail(&err, -EINVAL, "--margin '%.40s' is not a number of percent from 0 to 100", text);
        exit(cli_bad_input(&err));
    }
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
        options->margin = read_margin(argument);
        return 0;
    case KEY_FORMAT:
        options->json = cli_wants_json(argument);
        return 0;
    case ARGP_KEY_ARG:
        return take_path(options, argument, state);
    case ARGP_KEY_END:
        if (options->paths < CSW_SIDES)
            argp_error(state, "name A and B: two result files, or with --live two programs");
        if (!options->live && cli_sweep_option_given(options->sweep))
            argp_error(state,
                       "what to measure is for --live: the files are measured already; "
                       "leave %s away",
                       cli_sweep_option_given(options->sweep));
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
        "same rounds. Ratios are of times, B's over A's: 1.034 says that B takes 3.4 % longer. "
        "Exits with 0 where no cell became slower, 4 where one did, 2 for bad input, 1 where "
        "measuring failed, 3 where a result was wrong or A and B find different things. "
        "--live goes on until every ratio is known to --precision, and keeps both result files: "
        "--output FILE names them FILE-a.jsonl and FILE-b.jsonl. What was cut off can be compared "
        "as far as it goes; --live A B --resume FILE, with the same builds, goes on."
        "\vExamples:\n"
        "  coresweep compare before.jsonl after.jsonl\n"
        "  coresweep compare --live old/coresweep new/coresweep --kernel trial --n 2000\n"
        "  coresweep compare --live old/coresweep new/coresweep --rounds 20 --output pair\n"
        "  coresweep compare --live old/coresweep new/coresweep --resume pair\n"
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

/* A pair was cut off as a whole, by whatever ended both. */
static void warn_of_pair(const struct cli_files *files)
{
    const struct csw_plan *plan = &files->results[CSW_A].plan;
    const size_t a = files->report[CSW_A].rounds, b = files->report[CSW_B].rounds;

    cli_warn("'%s' and '%s' are not complete: %zu of %s%" PRIu64
             " rounds; coresweep compare --live "
             "A B --resume '%s' goes on",
             files->side[CSW_A].name, files->side[CSW_B].name, a < b ? a : b,
             plan->precision > 0 ? "at most " : "", plan->rounds, files->side[CSW_A].name);
}

static void warn_of_files(const struct cli_files *files)
{
    const struct csw_results *a = &files->results[CSW_A], *b = &files->results[CSW_B];

    if (csw_are_paired(a, b)) {
        if (!a->ended || !b->ended)
            warn_of_pair(files);
        return;
    }
    cli_warn_incomplete(files->side[CSW_A].name, a);
    cli_warn_incomplete(files->side[CSW_B].name, b);
}

static int exit_code(int code, const struct csw_err *err)
{
    return code < 0 ? cli_stopped(code, err) : code;
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

/* What was measured is named where the files hold any of it, and how to go on where it is cut. */
static void tell_files(char *const path[CSW_SIDES], int code)
{
    if (code == -EINTR)
        fprintf(stderr, "go on with the same command and --resume '%s' in place of --output\n",
                path[CSW_A]);
    if (code == 0 || code == -ECHILD || code == -EINTR)
        fprintf(stderr, "results: %s %s\n", path[CSW_A], path[CSW_B]);
}

/* Makes the plan, or reads it again, and the names of the files. */
static int plan_live(struct cli_live *live, const struct sweep_options *options, const char *line,
                     struct csw_err *err)
{
    const struct cli_file *file = cli_sweep_file(options);
    struct cli_measuring *planned = live->planned;
    int code;

    if (file->resume) {
        code = cli_live_paths(live->path, file->resume, NULL, err);
        return code == 0 ? cli_sweep_resume(planned, options, line, live->path[CSW_A], err) : code;
    }
    code = cli_sweep_plan(planned, options, line, err);
    return code == 0 ? cli_live_paths(live->path, file->output, &planned->host, err) : code;
}

static int compare_live(const struct compare_options *options, const char *line)
{
    struct cli_measuring planned = {0};
    struct cli_live live = {.planned = &planned,
                            .program = {options->path[CSW_A], options->path[CSW_B]}};
    struct csw_err err;
    int code = plan_live(&live, options->sweep, line, &err);

    if (code == 0)
        code = cli_live_run(&live, &err);
    int status = exit_code(code, &err);

    if (code == 0 || code == -ECHILD) {
        const int shown = compare_files(live.path, options);

        status = status == CSW_EXIT_DONE ? shown : status;
    }
    tell_files(live.path, code);
    for (int side = 0; side < CSW_SIDES; side++)
        free(live.path[side]);
    cli_measuring_release(&planned);
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
