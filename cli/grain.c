/* grain.c - coresweep grain: how small tasks may be. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "harness/grain.h"
#include "measuring.h"

/* A kernel whose items cost a few ns each: tasks can be smaller than any driver's own price. */
#define DEFAULT_KERNEL "sqrt"
#define DEFAULT_TASKS_PER_WORKER 64
#define DEFAULT_LARGEST_US 256
#define DEFAULT_ROUNDS 15

struct grain_options {
    struct cli_file file;
    char *kernel, *driver, *workers, *schedule, *pin; /* NULL: not given */
    char *options, *settings;                         /* heap memory, which the command frees */
    char *report, *format;
    uint64_t tasks_per_worker, largest_us, rounds, min_ms; /* 0: not given */
    bool oversubscribe;
};

/* What is open while the command runs. */
struct grain_command {
    const struct grain_options *options;
    struct csw_series_list series;
    struct cli_measuring measuring;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_KERNEL = 'k',
    KEY_DRIVER = 'd',
    KEY_WORKERS = 'w',
    KEY_SCHEDULE = 's',
    KEY_ROUNDS = 'r',
    KEY_PIN = 'p',
    KEY_FORMAT = 'f',
    KEY_TASKS_PER_WORKER = 0x100,
    KEY_LARGEST_US,
    KEY_MIN_MS,
    KEY_REPORT,
    KEY_OVERSUBSCRIBE,
};

static const struct argp_option grain_argp_options[] = {
    {"kernel", KEY_KERNEL, "NAME,...", 0,
     "Kernels that compute; those with cheap items make the smallest tasks (default: sqrt)", 0},
    {"driver", KEY_DRIVER, "NAME,...", 0,
     "Drivers (default: " CLI_DEFAULT_DRIVERS "); serial always takes part, as the base", 0},
    {"workers", KEY_WORKERS, "N,N-N,...", 0,
     "Worker counts (default: all usable CPUs, within the CPU quota)", 0},
    {"schedule", KEY_SCHEDULE, "NAME,...", 0,
     "dynamic, late or static; the chunk is one task (default: dynamic)", 0},
    {"tasks-per-worker", KEY_TASKS_PER_WORKER, "N", 0,
     "Tasks of a run, for each worker (default: 64); 1 with schedule static: the price of a run",
     0},
    {"largest-us", KEY_LARGEST_US, "US", 0,
     "How long the largest tasks take, in us; sizes are halved from there to one item (default: "
     "256)",
     0},
    {"rounds", KEY_ROUNDS, "N", 0, "How often every point is visited (default: 15)", 0},
    {"min-ms", KEY_MIN_MS, "MS", 0, CLI_MIN_MS_HELP, 0},
    {"pin", KEY_PIN, "POLICY", 0, CLI_PIN_HELP, 0},
    {"oversubscribe", KEY_OVERSUBSCRIBE, NULL, 0, CLI_OVERSUBSCRIBE_HELP, 0},
    {"report", KEY_REPORT, "FILE", 0, "Measure nothing: print what a grain run's file says", 0},
    {"format", KEY_FORMAT, "NAME", 0, "table, markdown, csv or json (default: table)", 0},
    {0},
};

/* Texts that are kept as they are given. */
static char **text_of(struct grain_options *options, int key)
{
    switch (key) {
    case KEY_KERNEL:
        return &options->kernel;
    case KEY_DRIVER:
        return &options->driver;
    case KEY_WORKERS:
        return &options->workers;
    case KEY_SCHEDULE:
        return &options->schedule;
    case KEY_PIN:
        return &options->pin;
    case KEY_REPORT:
        return &options->report;
    case KEY_FORMAT:
        return &options->format;
    default:
        return NULL;
    }
}

static error_t parse_number(int key, char *argument, struct argp_state *state)
{
    struct grain_options *options = state->input;

    switch (key) {
    case KEY_TASKS_PER_WORKER:
        options->tasks_per_worker =
            cli_number("--tasks-per-worker", argument, 1, CSW_GRAIN_MAX_TASKS);
        return 0;
    case KEY_LARGEST_US:
        options->largest_us = cli_number("--largest-us", argument, 1, CSW_GRAIN_MAX_US);
        return 0;
    case KEY_ROUNDS:
        options->rounds = cli_number("--rounds", argument, 1, CSW_MAX_ROUNDS);
        return 0;
    case KEY_MIN_MS:
        options->min_ms = cli_number("--min-ms", argument, 1, CLI_MAX_MIN_MS);
        return 0;
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct grain_options *options = state->input;
    char **text = text_of(options, key);

    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = &options->file;
        state->child_inputs[1] = &options->options;
        state->child_inputs[2] = &options->settings;
        return 0;
    }
    if (key == KEY_OVERSUBSCRIBE) {
        options->oversubscribe = true;
        return 0;
    }
    if (!text)
        return parse_number(key, argument, state);
    *text = argument;
    return 0;
}

static const struct argp_child grain_children[] = {
    {&cli_file_argp, 0, NULL, 0},
    {&cli_options_argp, 0, "Options of kernels:", 1},
    {&cli_settings_argp, 0, "Options of drivers:", 2},
    {0}};

static const struct argp grain_argp = {
    .options = grain_argp_options,
    .children = grain_children,
    .parser = parse,
    .doc = "Finds how small tasks may be: gives all workers a fixed number of tasks, halves their "
           "size until handing them out eats the gain, and reports METG(50 %) and METG(90 %), the "
           "smallest granularity at which the workers still do half, or 90 %, of what serial code "
           "does, with intervals. About two minutes."
           "\vExamples:\n"
           "  coresweep grain\n"
           "  coresweep grain --driver pthread,openmp,tbb --workers 1-4\n"
           "  coresweep grain --schedule static --tasks-per-worker 1\n"
           "  coresweep grain --resume coresweep-grain-box-20260101T120000.jsonl\n"
           "  coresweep grain --report coresweep-grain-box-20260101T120000.jsonl",
};

/* ---- a new run ------------------------------------------------------------------------------ */

static uint64_t number_or(uint64_t given, uint64_t otherwise)
{
    return given > 0 ? given : otherwise;
}

/* Replaces a text of the plan by what was given, if it was, or else by the default. */
static int choose_text(char **text, const char *given, const char *otherwise, struct csw_err *err)
{
    return cli_set_text(text, given ? given : otherwise, err);
}

static int choose_texts(struct grain_command *command, struct csw_err *err)
{
    const struct grain_options *options = command->options;
    struct csw_plan *plan = &command->measuring.plan;
    char *drivers = cli_default_drivers(), all[16];

    snprintf(all, sizeof all, "%u", csw_topo_workers(command->measuring.topo));
    int code = drivers ? 0 : csw_fail(err, -ENOMEM, "no memory for a plan");

    if (code == 0)
        code = choose_text(&plan->kernel, options->kernel, DEFAULT_KERNEL, err);
    if (code == 0)
        code = choose_text(&plan->driver, options->driver, drivers, err);
    if (code == 0)
        code = choose_text(&plan->workers, options->workers, all, err);
    if (code == 0)
        code = choose_text(&plan->schedule, options->schedule, "dynamic", err);
    if (code == 0)
        code = choose_text(&plan->pin, options->pin, plan->pin, err);
    if (code == 0)
        code = choose_text(&plan->options, options->options, "", err);
    if (code == 0)
        code = choose_text(&plan->settings, options->settings, "", err);
    free(drivers);
    return code;
}

static int make_plan(struct grain_command *command, struct csw_err *err)
{
    const struct grain_options *options = command->options;
    struct csw_plan *plan = &command->measuring.plan;
    int code = cli_default_plan(plan, command->measuring.line, err);

    if (code == 0)
        code = choose_texts(command, err);
    if (code == 0)
        code = cli_overlay_file(plan, &options->file, err);
    if (code < 0)
        return code;
    plan->rounds = number_or(options->rounds, DEFAULT_ROUNDS);
    plan->min_ms = number_or(options->min_ms, plan->min_ms);
    plan->oversubscribe = options->oversubscribe;
    return csw_series_init(&command->series, plan, err);
}

static int make_points(struct grain_command *command, struct csw_err *err)
{
    const struct grain_options *options = command->options;
    struct cli_measuring *measuring = &command->measuring;
    const struct csw_room room = {csw_topo_pus(measuring->topo), csw_topo_workers(measuring->topo)};
    const struct csw_grain_wish wish = {
        number_or(options->tasks_per_worker, DEFAULT_TASKS_PER_WORKER),
        number_or(options->largest_us, DEFAULT_LARGEST_US)};
    const int code = csw_grain_fill(&measuring->plan, &command->series, &room, &wish, err);

    return code == 0 ? cli_check_places(measuring->topo, &measuring->plan, err) : code;
}

/* Finds out what an item costs, and makes the points anew with tasks that take what was wished. */
static int scale_tasks(void *context, struct csw_err *err)
{
    struct grain_command *command = context;
    const int code = cli_scale_tasks(&command->measuring, &command->series,
                                     "finding out what an item costs", err);

    return code == 0 ? make_points(command, err) : code;
}

/* ---- a run that goes on --------------------------------------------------------------------- */

/* The name of an option that says what to measure; NULL: none was given. */
static const char *plan_option_given(const struct grain_options *given)
{
    const struct cli_given all[] = {{"--kernel", given->kernel},
                                    {"--driver", given->driver},
                                    {"--workers", given->workers},
                                    {"--schedule", given->schedule},
                                    {"--pin", given->pin},
                                    {"an option of a kernel", given->options},
                                    {"an option of a driver", given->settings},
                                    {"--tasks-per-worker", given->tasks_per_worker > 0},
                                    {"--largest-us", given->largest_us > 0},
                                    {"--rounds", given->rounds > 0},
                                    {"--min-ms", given->min_ms > 0},
                                    {"--oversubscribe", given->oversubscribe}};

    return cli_first_given(all, sizeof all / sizeof *all);
}

static int check_before(void *context, struct csw_err *err)
{
    const struct grain_command *command = context;

    return cli_check_own_plan(&command->measuring, plan_option_given(command->options),
                              csw_is_grain, "grain run", err);
}

/* ---- what was measured ---------------------------------------------------------------------- */

typedef int (*grain_print)(const struct csw_grain *, FILE *, struct csw_err *);

/* Ends the program where there is no such format. */
static grain_print find_print(const char *format)
{
    static const char *const known[] = {"table", "markdown", "csv", "json"};
    static const grain_print prints[] = {csw_grain_table, csw_grain_markdown, csw_grain_csv,
                                         csw_grain_json};

    return prints[cli_format(format, known, sizeof known / sizeof *known)];
}

/* CSW_EXIT_FAILED where an efficiency is impossible: the table says which. */
static int print_results(const struct csw_results *results, grain_print print)
{
    struct csw_grain grain;
    struct csw_err err;
    bool possible = true;

    if (csw_grain_init(&grain, results, &err) < 0)
        return cli_stopped(err.code, &err);
    const int code = print(&grain, stdout, &err);

    for (size_t i = 0; i < grain.count; i++)
        possible &= !grain.curve[i].impossible;
    csw_grain_release(&grain);
    if (code < 0)
        return cli_failed(&err);
    return possible ? CSW_EXIT_DONE : CSW_EXIT_FAILED;
}

static int print_file(const char *path, grain_print print)
{
    struct csw_results results = {0};
    struct csw_err err;

    if (csw_results_read(&results, path, &err) < 0)
        return cli_bad_input(&err);
    cli_warn_incomplete(path, &results);
    const int status = print_results(&results, print);

    csw_results_release(&results);
    return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

/* Points are made once as they are, to find mistakes before anything runs. */
static int prepare(struct grain_command *command, struct csw_err *err)
{
    struct cli_measuring *measuring = &command->measuring;
    int code = cli_open_machine(measuring, "", err);

    if (code == 0 && cli_is_resumed(measuring))
        return cli_reopen_file(measuring, check_before, command, err);
    if (code == 0)
        code = make_plan(command, err);
    if (code == 0)
        code = make_points(command, err);
    if (code == 0)
        code = cli_settle(measuring, err);
    return code == 0 ? cli_start_file(measuring, "coresweep-grain", scale_tasks, NULL, command, err)
                     : code;
}

/* Runs the plan into the open file; the file is closed in any case, and shown as far as it goes. */
static int carry_out(struct cli_measuring *measuring, grain_print print)
{
    struct csw_err err;
    const int code = cli_close_file(measuring, cli_run_points(measuring, false, &err), &err);
    int status = code < 0 ? cli_failed(&err) : CSW_EXIT_DONE;

    if (code == 0 || code == -ECHILD) {
        const int printed = print_file(measuring->path, print);

        status = status == CSW_EXIT_DONE ? printed : status;
    }
    cli_tell_file(measuring, "grain", code);
    return status;
}

static int measure(const struct grain_options *options, grain_print print, int argc, char **argv)
{
    struct grain_command command = {
        .options = options,
        .measuring = {.file = &options->file, .line = cli_join_words(argc, argv)}};
    struct csw_err err = {0};
    const int code = prepare(&command, &err);
    const int status = code == 0 ? carry_out(&command.measuring, print) : cli_stopped(code, &err);

    csw_series_release(&command.series);
    cli_measuring_release(&command.measuring);
    return status;
}

int cli_grain(int argc, char **argv)
{
    struct grain_options options = {.format = (char *)"table"};

    argp_parse(&grain_argp, argc, argv, 0, NULL, &options);
    const grain_print print = find_print(options.format);
    const int status =
        options.report ? print_file(options.report, print) : measure(&options, print, argc, argv);

    free(options.options);
    free(options.settings);
    return status;
}
