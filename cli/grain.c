/* grain.c - coresweep grain: how small tasks may be. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/place.h>
#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "harness/calibrate.h"
#include "harness/clock.h"
#include "harness/grain.h"
#include "harness/machine.h"
#include "harness/names.h"
#include "harness/sweep.h"

/* A kernel whose items cost a few ns each: tasks can be smaller than any driver's own price. */
#define DEFAULT_KERNEL "sqrt"
#define DEFAULT_TASKS_PER_WORKER 64
#define DEFAULT_LARGEST_US 256
#define DEFAULT_ROUNDS 15
#define DEFAULT_MIN_MS 20
#define DEFAULT_TIMEOUT_S 600

struct grain_options {
    char *kernel, *driver, *workers, *schedule, *pin; /* NULL: not given */
    char *options, *settings;                         /* heap memory, which the command frees */
    char *output, *report, *format;
    struct csw_grain_wish wish;
    uint64_t rounds, min_ms, timeout_s;
    bool oversubscribe;
};

/* What is open while the command runs. */
struct grain_command {
    const struct grain_options *options;
    char *line, *path;
    const volatile sig_atomic_t *stop;
    struct csw_topo *topo;
    struct csw_series_list series;
    struct csw_plan plan;
    struct csw_host host;
    struct csw_writer *writer;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_KERNEL = 'k',
    KEY_DRIVER = 'd',
    KEY_WORKERS = 'w',
    KEY_SCHEDULE = 's',
    KEY_ROUNDS = 'r',
    KEY_OUTPUT = 'o',
    KEY_PIN = 'p',
    KEY_FORMAT = 'f',
    KEY_TASKS_PER_WORKER = 0x100,
    KEY_LARGEST_US,
    KEY_MIN_MS,
    KEY_TIMEOUT,
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
    {"min-ms", KEY_MIN_MS, "MS", 0, "Least duration of a sample: short runs repeat (default: 20)",
     0},
    {"pin", KEY_PIN, "POLICY", 0, CLI_PIN_HELP, 0},
    {"oversubscribe", KEY_OVERSUBSCRIBE, NULL, 0, "Allow more workers than usable CPUs", 0},
    {"output", KEY_OUTPUT, "FILE", 0,
     "The result file, never overwritten (default: coresweep-grain-<host>-<time>.jsonl)", 0},
    {"timeout", KEY_TIMEOUT, "S", 0, "Kill a visit that takes longer, in s (default: 600)", 0},
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
    case KEY_OUTPUT:
        return &options->output;
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
        options->wish.tasks_per_worker =
            cli_number("--tasks-per-worker", argument, 1, CSW_GRAIN_MAX_TASKS);
        return 0;
    case KEY_LARGEST_US:
        options->wish.largest_us = cli_number("--largest-us", argument, 1, CSW_GRAIN_MAX_US);
        return 0;
    case KEY_ROUNDS:
        options->rounds = cli_number("--rounds", argument, 1, CSW_MAX_ROUNDS);
        return 0;
    case KEY_MIN_MS:
        options->min_ms = cli_number("--min-ms", argument, 1, CLI_MAX_MIN_MS);
        return 0;
    case KEY_TIMEOUT:
        options->timeout_s = cli_number("--timeout", argument, 1, CLI_MAX_TIMEOUT_S);
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
        state->child_inputs[0] = &options->options;
        state->child_inputs[1] = &options->settings;
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
    {&cli_options_argp, 0, NULL, 0}, {&cli_settings_argp, 0, NULL, 0}, {0}};

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
           "  coresweep grain --report coresweep-grain-box-20260101T120000.jsonl --format json",
};

/* ---- before the first visit ----------------------------------------------------------------- */

/* What was given, or else the default; the plan owns the copy. */
static char *copy_of(const char *given, const char *otherwise)
{
    return strdup(given ? given : otherwise);
}

static char *workers_text(const struct grain_command *command)
{
    char all[16];

    snprintf(all, sizeof all, "%u", csw_topo_workers(command->topo));
    return copy_of(command->options->workers, all);
}

static int make_plan(struct grain_command *command, struct csw_err *err)
{
    const struct grain_options *options = command->options;
    struct csw_plan *plan = &command->plan;

    *plan = (struct csw_plan){.schema = CSW_SCHEMA,
                              .version = strdup(csw_version()),
                              .command = copy_of(command->line, ""),
                              .kernel = copy_of(options->kernel, DEFAULT_KERNEL),
                              .options = copy_of(options->options, ""),
                              .driver =
                                  options->driver ? strdup(options->driver) : cli_default_drivers(),
                              .settings = copy_of(options->settings, ""),
                              .workers = workers_text(command),
                              .tasks = strdup("auto"),
                              .schedule = copy_of(options->schedule, "dynamic"),
                              .pin = copy_of(options->pin, "cores"),
                              .memory = strdup("first-touch"),
                              .rounds = options->rounds,
                              .samples = 1,
                              .min_ms = options->min_ms,
                              .seed = 1,
                              .precision = NAN,
                              .max_seconds = NAN,
                              .oversubscribe = options->oversubscribe};
    if (!plan->version || !plan->command || !plan->kernel || !plan->options || !plan->driver ||
        !plan->settings || !plan->workers || !plan->tasks || !plan->schedule || !plan->pin ||
        !plan->memory)
        return csw_fail(err, -ENOMEM, "no memory for a plan");
    return csw_series_init(&command->series, plan, err);
}

static int make_points(struct grain_command *command, struct csw_err *err)
{
    const struct csw_room room = {csw_topo_pus(command->topo), csw_topo_workers(command->topo)};
    int code =
        csw_grain_fill(&command->plan, &command->series, &room, &command->options->wish, err);

    return code == 0 ? cli_check_places(command->topo, &command->plan, err) : code;
}

static struct csw_visit describe_visits(const struct grain_command *command)
{
    return (struct csw_visit){.program = "/proc/self/exe",
                              .pin = command->plan.pin,
                              .memory = command->plan.memory,
                              .samples = command->plan.samples,
                              .min_ms = command->plan.min_ms,
                              .timeout_ns = command->options->timeout_s * CSW_NS_PER_S,
                              .stop = command->stop};
}

/* Finds out what an item costs, and makes the points anew with tasks that take what was wished. */
static int scale_tasks(struct grain_command *command, struct csw_err *err)
{
    const struct csw_visit visit = describe_visits(command);

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "finding out what an item costs ...");
    const int code = csw_calibrate(&command->series, &command->plan, &visit, err);

    cli_clear_progress();
    if (code < 0)
        return code;
    cli_drop_points(&command->plan);
    return make_points(command, err);
}

/* Makes the file before the calibration, so that a name that is taken costs no time. */
static int start_file(struct grain_command *command, struct csw_err *err)
{
    int code = csw_writer_create(&command->writer, command->path, err);

    if (code < 0)
        return code;
    code = scale_tasks(command, err);
    if (code == 0)
        code = cli_write_head(command->writer, &command->plan, &command->host, err);
    if (code < 0)
        unlink(command->path); /* it holds nothing yet */
    return code;
}

/* Points are made once as they are, to find mistakes before anything runs. */
static int prepare(struct grain_command *command, struct csw_err *err)
{
    int code = cli_open_machine(&command->topo, &command->host, err);

    if (code == 0)
        code = make_plan(command, err);
    if (code == 0)
        code = make_points(command, err);
    if (code == 0)
        code = cli_find_binding(command->topo, command->plan.pin, &command->host, err);
    if (code < 0)
        return code;
    cli_warn_of_machine(&command->host);
    command->path = command->options->output ? strdup(command->options->output)
                                             : cli_result_path("coresweep-grain", &command->host);
    return command->path ? start_file(command, err)
                         : csw_fail(err, -ENOMEM, "no memory for a file name");
}

/* ---- what was measured ---------------------------------------------------------------------- */

typedef int (*grain_print)(const struct csw_grain *, FILE *, struct csw_err *);

/* NULL: there is no such format. */
static grain_print find_print(const char *format, struct csw_err *err)
{
    static const char *const known[] = {"table", "markdown", "csv", "json"};
    static const grain_print prints[] = {csw_grain_table, csw_grain_markdown, csw_grain_csv,
                                         csw_grain_json};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], format) == 0)
            return prints[i];
    csw_unknown(err, "format", format, known, sizeof known / sizeof *known);
    return NULL;
}

/* CSW_EXIT_FAILED where an efficiency is impossible: the table says which. */
static int print_results(const struct csw_results *results, const char *format)
{
    struct csw_grain grain;
    struct csw_err err;
    bool possible = true;

    if (csw_grain_init(&grain, results, &err) < 0)
        return cli_is_input(err.code) ? cli_bad_input(&err) : cli_failed(&err);
    const int code = find_print(format, &err)(&grain, stdout, &err);

    for (size_t i = 0; i < grain.count; i++)
        possible &= !grain.curve[i].impossible;
    csw_grain_release(&grain);
    if (code < 0)
        return cli_failed(&err);
    return possible ? CSW_EXIT_DONE : CSW_EXIT_FAILED;
}

static int print_file(const char *path, const char *format)
{
    struct csw_results results = {0};
    struct csw_err err;

    if (csw_results_read(&results, path, &err) < 0)
        return cli_bad_input(&err);
    if (!results.ended)
        cli_warn("'%s' is not complete; coresweep sweep --resume '%s' goes on", path, path);
    const int status = print_results(&results, format);

    csw_results_release(&results);
    return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

/* Measures into the open file, which is closed in any case. */
static int carry_out(struct grain_command *command, struct csw_err *err)
{
    struct csw_err closing;
    const struct csw_sweep sweep = {
        .plan = &command->plan,
        .writer = command->writer,
        .visit = describe_visits(command),
        .watch = {.progress = isatty(STDERR_FILENO) ? cli_show_progress : NULL,
                  .warning = cli_show_warning}};
    int code = csw_sweep_run(&sweep, err);
    const int closed = csw_writer_close(command->writer, &closing);

    command->writer = NULL;
    cli_clear_progress();
    if (code == 0 && closed < 0)
        code = csw_fail(err, closed, "%s", closing.text);
    return code;
}

static int finish(const struct grain_command *command, int code, const struct csw_err *err)
{
    int status = code < 0 ? cli_failed(err) : CSW_EXIT_DONE;

    if (code == -EINTR) {
        fprintf(stderr, "go on with: coresweep sweep --resume '%s'\n", command->path);
    } else if (code == 0 || code == -ECHILD) {
        const int printed = print_file(command->path, command->options->format);

        status = status == CSW_EXIT_DONE ? printed : status;
    }
    fprintf(stderr, "results: %s\n", command->path);
    return status;
}

static void command_close(struct grain_command *command)
{
    csw_writer_close(command->writer, NULL);
    csw_series_release(&command->series);
    csw_plan_release(&command->plan);
    csw_host_release(&command->host);
    csw_topo_close(command->topo);
    free(command->path);
    free(command->line);
}

static int measure(const struct grain_options *options, int argc, char **argv)
{
    struct grain_command command = {.options = options, .line = cli_join_words(argc, argv)};
    struct csw_err err = {0};
    int status;

    command.stop = cli_catch_stop();
    const int code = prepare(&command, &err);

    if (code < 0)
        status = cli_is_input(code) ? cli_bad_input(&err) : cli_failed(&err);
    else
        status = finish(&command, carry_out(&command, &err), &err);
    command_close(&command);
    return status;
}

int cli_grain(int argc, char **argv)
{
    struct grain_options options = {.wish = {DEFAULT_TASKS_PER_WORKER, DEFAULT_LARGEST_US},
                                    .rounds = DEFAULT_ROUNDS,
                                    .min_ms = DEFAULT_MIN_MS,
                                    .timeout_s = DEFAULT_TIMEOUT_S,
                                    .format = (char *)"table"};
    struct csw_err err;

    argp_parse(&grain_argp, argc, argv, 0, NULL, &options);
    const int status = !find_print(options.format, &err) ? cli_bad_input(&err)
                       : options.report ? print_file(options.report, options.format)
                                        : measure(&options, argc, argv);

    free(options.options);
    free(options.settings);
    return status;
}
