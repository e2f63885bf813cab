/* selftest.c - coresweep selftest: what the measuring itself is worth on this machine. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/selftest.h"
#include "live.h"

#define COMPARISONS 200
#define QUICK_COMPARISONS 40

struct selftest_options {
    bool aa;
    uint64_t comparisons;
    char *output;
    bool json;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_FORMAT = 'f',
    KEY_OUTPUT = 'o',
    KEY_AA = 0x900,
    KEY_QUICK,
    KEY_COMPARISONS,
};

static const struct argp_option selftest_argp_options[] = {
    {"aa", KEY_AA, NULL, 0, "This program against itself, in the same rounds", 0},
    {"comparisons", KEY_COMPARISONS, "N", 0, "How many, at least (default: 200)", 0},
    {"quick", KEY_QUICK, NULL, 0, "40 comparisons: a first impression", 0},
    {"output", KEY_OUTPUT, "FILE", 0,
     "Keep the samples: FILE-a.jsonl and FILE-b.jsonl (default: not kept)", 0},
    {"format", KEY_FORMAT, "NAME", 0, CLI_FORMAT_HELP, 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct selftest_options *options = state->input;

    switch (key) {
    case KEY_AA:
        options->aa = true;
        return 0;
    case KEY_QUICK:
        options->comparisons = QUICK_COMPARISONS;
        return 0;
    case KEY_COMPARISONS:
        options->comparisons = cli_number("--comparisons", argument, 1, 100000);
        return 0;
    case KEY_OUTPUT:
        options->output = argument;
        return 0;
    case KEY_FORMAT:
        options->json = cli_wants_json(argument);
        return 0;
    case ARGP_KEY_END:
        if (!options->aa)
            argp_error(state, "say which test: --aa compares this program with itself");
        return 0;
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static const struct argp selftest_argp = {
    .options = selftest_argp_options,
    .parser = parse,
    .doc =
        "Compares this program with itself, as `compare --live` would: how often this machine "
        "makes "
        "a difference where there is none, and which differences drown in its noise. Beside it "
        "stands what comparing one block of runs with the next would have said of the same runs. "
        "Takes a few minutes."
        "\vExamples:\n"
        "  coresweep selftest --aa\n"
        "  coresweep selftest --aa --quick --format json",
};

/* ---- measuring ------------------------------------------------------------------------------ */

/* Cheap cells, with and without threads, processes and waits for each other. */
static int plan(struct cli_measuring *ret_planned, struct sweep_options *options,
                uint64_t comparisons, struct csw_err *err)
{
    char *words[] = {(char *)"coresweep selftest",
                     (char *)"--kernel",
                     (char *)"spin,trial",
                     (char *)"--n",
                     (char *)"1000",
                     (char *)"--driver",
                     (char *)"pthread,fork",
                     (char *)"--schedule",
                     (char *)"static",
                     (char *)"--min-ms",
                     (char *)"5",
                     (char *)"--rounds",
                     (char *)"1",
                     NULL};

    argp_parse(&cli_sweep_argp, (int)(sizeof words / sizeof *words) - 1, words, 0, NULL, options);
    const int code = cli_sweep_plan(ret_planned, options, "coresweep selftest", err);

    if (code < 0)
        return code;
    struct csw_plan *made = &ret_planned->plan;

    made->rounds = CSW_SELFTEST_ROUNDS * ((comparisons + made->count - 1) / made->count);
    return 0;
}

static int show(char *const path[CSW_SIDES], bool json, struct csw_err *err)
{
    struct csw_selftest selftest;
    struct cli_files files;
    int code = cli_files_read(&files, path, err);

    if (code == 0)
        code = csw_selftest_analyse(&selftest, &files.report[CSW_A], &files.report[CSW_B],
                                    CSW_DEFAULT_MARGIN, err);
    if (code == 0)
        code = json ? csw_selftest_json(&selftest, stdout, err)
                    : csw_selftest_table(&selftest, stdout, err);
    cli_files_release(&files);
    return code;
}

static int measure(const char *output, struct cli_measuring *planned, bool json, bool keep,
                   struct csw_err *err)
{
    struct cli_live live = {.planned = planned, .program = {"/proc/self/exe", "/proc/self/exe"}};
    int code = cli_live_paths(live.path, output, &planned->host, err);

    if (code == 0)
        code = cli_live_run(&live, err);
    if (code == 0)
        code = show(live.path, json, err);
    for (int side = 0; side < CSW_SIDES; side++) {
        if (!keep && live.path[side])
            unlink(live.path[side]);
        free(live.path[side]);
    }
    return code;
}

/* Without a name the samples go into a folder of their own, and away with it. */
static int measure_and_forget(struct cli_measuring *planned, bool json, struct csw_err *err)
{
    char *folder = NULL, *output = NULL;
    int code = csw_folder_make(&folder, "coresweep-selftest", err);

    if (code < 0)
        return code;
    code = asprintf(&output, "%s/sweep", folder) < 0
               ? csw_fail(err, -ENOMEM, "no memory for a file name")
               : measure(output, planned, json, false, err);
    rmdir(folder);
    free(output);
    free(folder);
    return code;
}

int cli_selftest(int argc, char **argv)
{
    struct selftest_options options = {.comparisons = COMPARISONS};
    struct sweep_options *sweep = cli_sweep_options_new();
    struct cli_measuring planned = {0};
    struct csw_err err;

    argp_parse(&selftest_argp, argc, argv, 0, NULL, &options);
    int code = sweep ? plan(&planned, sweep, options.comparisons, &err)
                     : csw_fail(&err, -ENOMEM, "no memory for options");

    if (code == 0)
        code = options.output ? measure(options.output, &planned, options.json, true, &err)
                              : measure_and_forget(&planned, options.json, &err);
    cli_measuring_release(&planned);
    cli_sweep_options_free(sweep);
    return code == 0 ? CSW_EXIT_DONE : cli_stopped(code, &err);
}
