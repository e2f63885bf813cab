/* sweep.c - coresweep sweep: plan, visits, result file, table. */
#include "cli.h"
#include "planned.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <coresweep/driver.h>
#include <coresweep/place.h>
#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "harness/calibrate.h"
#include "harness/clock.h"
#include "harness/files.h"
#include "harness/machine.h"
#include "harness/names.h"
#include "harness/options.h"
#include "harness/report.h"
#include "harness/sweep.h"

#define DEFAULT_TIMEOUT_S 600

/* Options as given; NULL: not given, which --resume tells from "given as the default". */
struct sweep_options {
    struct cli_common common;
    struct cli_rounds rounds;
    char *kernel, *driver, *workers, *schedule, *seed, *exclude;
    char *output, *resume;
    uint64_t timeout_s;
    bool weak;
};

/* What is open while the command runs. */
struct sweep_command {
    const struct sweep_options *options;
    char *line, *path;
    struct csw_topo *topo;
    struct csw_plan plan;
    struct csw_host host;
    struct csw_results before; /* with --resume */
    struct csw_writer *writer;
    struct csw_visit visit;
    struct csw_exclude exclude;
    const volatile sig_atomic_t *stop;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_KERNEL = 'k',
    KEY_DRIVER = 'd',
    KEY_WORKERS = 'w',
    KEY_SCHEDULE = 's',
    KEY_OUTPUT = 'o',
    KEY_SEED = 0x100,
    KEY_RESUME,
    KEY_TIMEOUT,
    KEY_EXCLUDE,
    KEY_WEAK,
};

static const struct argp_option sweep_argp_options[] = {
    {"kernel", KEY_KERNEL, "NAME,...", 0,
     "Kernels (default: spin, trial and sleep, each with the schedules that tell the story)", 0},
    {"driver", KEY_DRIVER, "NAME,...", 0,
     "Drivers (default: " CLI_DEFAULT_DRIVERS "); serial always takes part, as the base", 0},
    {"workers", KEY_WORKERS, "N,N-N,...", 0,
     "Worker counts (default: 1, 2, 4 ... all usable CPUs, within the CPU quota; waiting kernels "
     "go past them)",
     0},
    {"schedule", KEY_SCHEDULE, "NAME,...", 0,
     "whole, static, dynamic[:chunk], guided[:chunk] or late[:chunk]; chunk in items, 1/1024 of "
     "all "
     "if not given "
     "(default: dynamic)",
     0},
    {"weak", KEY_WEAK, NULL, 0,
     "Weak scaling: p workers do each task p times, so that each has the work of one alone", 0},
    {"seed", KEY_SEED, "N", 0, "Draws the order of each round (default: 1)", 0},
    {"exclude", KEY_EXCLUDE, "RULE", 0,
     "What marks a sample as disturbed, which keeps it: terms QUANTITY<NUMBER or QUANTITY>NUMBER "
     "of "
     "availability, throttled, steal, pressure and migrations, or none (default: "
     "\"" CSW_EXCLUDE_DEFAULT "\")",
     0},
    {"output", KEY_OUTPUT, "FILE", 0,
     "The result file, never overwritten (default: coresweep-<host>-<time>.jsonl)", 0},
    {"timeout", KEY_TIMEOUT, "S", 0, "Kill a visit that takes longer, in s (default: 600)", 0},
    {"resume", KEY_RESUME, "FILE", 0, "Go on with a file that was cut off, on the same machine", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct sweep_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->rounds;
        state->child_inputs[1] = &options->common;
        return 0;
    case KEY_KERNEL:
        options->kernel = argument;
        return 0;
    case KEY_DRIVER:
        options->driver = argument;
        return 0;
    case KEY_WORKERS:
        options->workers = argument;
        return 0;
    case KEY_SCHEDULE:
        options->schedule = argument;
        return 0;
    case KEY_WEAK:
        options->weak = true;
        return 0;
    case KEY_SEED:
        options->seed = argument;
        return 0;
    case KEY_EXCLUDE:
        options->exclude = argument;
        return 0;
    case KEY_OUTPUT:
        options->output = argument;
        return 0;
    case KEY_RESUME:
        options->resume = argument;
        return 0;
    case KEY_TIMEOUT:
        options->timeout_s = cli_number("--timeout", argument, 1, CLI_MAX_TIMEOUT_S);
        return 0;
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static const struct argp_child sweep_children[] = {
    {&cli_rounds_argp, 0, NULL, 0}, {&cli_common_argp, 0, NULL, 0}, {0}};

const struct argp cli_sweep_argp = {
    .options = sweep_argp_options,
    .children = sweep_children,
    .parser = parse,
    .doc = "Measures every driver at every worker count, in rounds of fresh processes, and reports "
           "the speedups with their intervals. Rounds go on until the speedups are known to "
           "+-1 %, or for five minutes. Without options: the ceiling of this machine, the textbook "
           "loop, and the IO baseline."
           "\vExamples:\n"
           "  coresweep sweep\n"
           "  coresweep sweep --kernel sqrt --n 1e8 --driver pthread,openmp --workers 1-8\n"
           "  coresweep sweep --precision 0.5% --max-time 1h\n"
           "  coresweep sweep --resume coresweep-box-20260101T120000.jsonl",
};

/* ---- the plan's options --------------------------------------------------------------------- */

/* Replaces a text of the plan by a copy of the given one. */
static int set_text(char **text, const char *given, struct csw_err *err)
{
    char *copy = strdup(given);

    if (!copy)
        return csw_fail(err, -ENOMEM, "no memory for options");
    free(*text);
    *text = copy;
    return 0;
}

static int set_option(const char *name, const char *value, void *context, struct csw_err *err)
{
    char **words = context;

    return csw_options_set(words, name, value, err);
}

/* Writes the given options over those of the plan; what was not given stays. */
static int overlay(struct csw_plan *plan, const struct sweep_options *given, struct csw_err *err)
{
    const struct {
        char **text;
        const char *given;
    } texts[] = {{&plan->kernel, given->kernel},        {&plan->driver, given->driver},
                 {&plan->workers, given->workers},      {&plan->tasks, given->common.tasks},
                 {&plan->schedule, given->schedule},    {&plan->pin, given->common.pin},
                 {&plan->memory, given->common.memory}, {&plan->exclude, given->exclude}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].given && set_text(texts[i].text, texts[i].given, err) < 0)
            return err->code;
    if (given->common.options &&
        csw_for_each_option(given->common.options, set_option, &plan->options, err) < 0)
        return err->code;
    if (given->common.settings &&
        csw_for_each_option(given->common.settings, set_option, &plan->settings, err) < 0)
        return err->code;
    if (cli_rounds_overlay(plan, &given->rounds, err) < 0)
        return err->code;
    if (given->common.samples)
        plan->samples = cli_number("--samples", given->common.samples, 1, CSW_MAX_SAMPLES);
    if (given->common.min_ms)
        plan->min_ms = cli_number("--min-ms", given->common.min_ms, 1, CLI_MAX_MIN_MS);
    if (given->seed)
        plan->seed = cli_number("--seed", given->seed, 0, UINT64_MAX);
    plan->weak |= given->weak;
    plan->huge_pages |= given->common.huge_pages;
    plan->oversubscribe |= given->common.oversubscribe;
    return 0;
}

static int default_plan(struct csw_plan *plan, const char *command, struct csw_err *err)
{
    *plan = (struct csw_plan){.schema = CSW_SCHEMA,
                              .version = strdup(csw_version()),
                              .command = strdup(command ? command : ""),
                              .kernel = strdup(""),
                              .options = strdup(""),
                              .driver = cli_default_drivers(),
                              .settings = strdup(""),
                              .workers = strdup("auto"),
                              .tasks = strdup("auto"),
                              .schedule = strdup("auto"),
                              .pin = strdup("cores"),
                              .memory = strdup("first-touch"),
                              .exclude = strdup(CSW_EXCLUDE_DEFAULT),
                              .samples = 1,
                              .min_ms = 20,
                              .seed = 1};
    cli_rounds_default(plan);
    if (!plan->version || !plan->command || !plan->kernel || !plan->options || !plan->driver ||
        !plan->settings || !plan->workers || !plan->tasks || !plan->schedule || !plan->pin ||
        !plan->memory || !plan->exclude)
        return csw_fail(err, -ENOMEM, "no memory for a plan");
    return 0;
}

/* --tasks or --schedule alone would mean different things for the three kernels of the story. */
static int check_story(const struct csw_plan *plan, struct csw_err *err)
{
    if (*plan->kernel || (strcmp(plan->tasks, "auto") == 0 && strcmp(plan->schedule, "auto") == 0 &&
                          *plan->options == '\0'))
        return 0;
    return csw_fail(err, -EINVAL,
                    "--n, --tasks, --schedule and options of kernels need --kernel: the default "
                    "sweep runs kernels for which they mean different things");
}

/* ---- the machine ---------------------------------------------------------------------------- */

/* Finds out once whether data can lie as the plan asks; older plans ask for nothing. */
static int probe_memory(const struct sweep_command *command, const struct csw_plan *plan,
                        struct csw_err *err)
{
    struct csw_memory memory;

    return *plan->memory
               ? cli_choose_memory(&memory, command->topo, plan->memory, plan->huge_pages, err)
               : 0;
}

/* ---- a new sweep ---------------------------------------------------------------------------- */

static int make_points(struct sweep_command *command, struct csw_series_list *series,
                       struct csw_err *err)
{
    const struct csw_room room = {csw_topo_pus(command->topo), csw_topo_workers(command->topo)};

    return csw_plan_fill(&command->plan, series, &room, err);
}

/* Fills the plan: first as asked, to find mistakes before anything runs; then with scaled tasks. */
static int fill_plan(struct sweep_command *command, struct csw_series_list *series,
                     struct csw_err *err)
{
    int code = make_points(command, series, err);

    return code == 0 ? cli_check_places(command->topo, &command->plan, err) : code;
}

static int scale_tasks(struct sweep_command *command, struct csw_series_list *series,
                       struct csw_err *err)
{
    if (strcmp(command->plan.tasks, "auto") != 0)
        return 0;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "scaling the tasks until a serial run takes about 0.1 s ...");
    int code = csw_calibrate(series, &command->plan, &command->visit, err);

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (code < 0)
        return code;
    cli_drop_points(&command->plan);
    return make_points(command, series, err);
}

/* Makes the file before the calibration, so that a name that is taken costs no time. */
static int start_file(struct sweep_command *command, struct csw_series_list *series,
                      struct csw_err *err)
{
    int code = csw_writer_create(&command->writer, command->path, err);

    if (code < 0)
        return code;
    code = scale_tasks(command, series, err);
    if (code == 0)
        code = cli_write_head(command->writer, &command->plan, &command->host, err);
    if (code < 0)
        unlink(command->path); /* it holds nothing yet */
    return code;
}

/* ---- a sweep that goes on ------------------------------------------------------------------- */

/* Names the field and both values, which it frees. */
static int refuse_difference(const char *path, const struct csw_fields *fields,
                             const struct csw_field *field, char *there, char *here,
                             struct csw_err *err)
{
    const int code = csw_fail(err, -EINVAL,
                              "cannot go on with '%.120s': its %s has %s %.120s, here it is %.120s",
                              path, fields->line, field->name, there, here);

    free(there);
    free(here);
    return code;
}

static int check_same(const char *path, const struct csw_fields *fields, const void *there,
                      const void *here, struct csw_err *err)
{
    char *text_there, *text_here;
    const struct csw_field *field =
        csw_fields_difference(fields, there, here, &text_there, &text_here);

    return field ? refuse_difference(path, fields, field, text_there, text_here, err) : 0;
}

/* What was asked for here, on top of the file's own plan, must be that plan again. */
static int check_plan(struct sweep_command *command, struct csw_err *err)
{
    const struct csw_plan *there = &command->before.plan;
    struct csw_plan *here = &command->plan;
    const struct sweep_options own = {.kernel = there->kernel,
                                      .driver = there->driver,
                                      .workers = there->workers,
                                      .schedule = there->schedule,
                                      .exclude = there->exclude,
                                      .weak = there->weak,
                                      .common = {.tasks = there->tasks,
                                                 .options = there->options,
                                                 .settings = there->settings,
                                                 .pin = there->pin,
                                                 .memory = there->memory,
                                                 .huge_pages = there->huge_pages,
                                                 .oversubscribe = there->oversubscribe}};
    int code = overlay(here, &own, err);

    cli_rounds_copy(here, there);
    here->samples = there->samples;
    here->min_ms = there->min_ms;
    here->seed = there->seed;
    if (code == 0)
        code = overlay(here, command->options, err);
    if (code == 0 && there->grain)
        code = set_text(&here->grain, there->grain, err);
    return code == 0 ? check_same(command->path, &csw_plan_fields, there, here, err) : code;
}

static int open_again(struct sweep_command *command, struct csw_err *err)
{
    int code = csw_writer_reopen(&command->writer, command->path, err);

    if (code == 0)
        code = csw_results_read(&command->before, command->path, err);
    if (code == 0)
        code = check_plan(command, err);
    if (code == 0) /* this part may have another time than the one before */
        command->before.plan.max_seconds = command->plan.max_seconds;
    if (code == 0)
        code = csw_exclude_parse(&command->exclude, command->before.plan.exclude, err);
    if (code == 0)
        code = cli_find_binding(command->topo, command->plan.pin, &command->host, err);
    if (code == 0)
        code = probe_memory(command, &command->before.plan, err);
    if (code == 0)
        code =
            check_same(command->path, &csw_host_fields, &command->before.host, &command->host, err);
    if (code == 0)
        code = csw_writer_cut(command->writer, command->before.valid_bytes, err);
    return code;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int show_results(const char *path, struct csw_err *err)
{
    struct csw_results results = {0};
    struct csw_report report = {0};
    int code = csw_results_read(&results, path, err);

    if (code == 0)
        code = csw_report_init(&report, &results, err);
    if (code == 0)
        code = csw_report_table(&report, stdout, err);
    csw_report_release(&report);
    csw_results_release(&results);
    return code;
}

/* Keeps the driver in `context`; fails where the list has another one besides the serial base. */
static int find_only_driver(const char *name, void *context, struct csw_err *err)
{
    const struct csw_driver **only = context;
    const struct csw_driver *driver = NULL;
    const int code = csw_driver_require(&driver, name, err);

    if (code < 0 || (driver->flags & CSW_ONE_WORKER))
        return code;
    if (*only && *only != driver)
        return csw_fail(err, -EINVAL, "there is another driver");
    *only = driver;
    return 0;
}

/* A sweep measures the serial base as well, which the binding of another runtime would spoil. */
static int check_binding(const char *drivers, struct csw_err *err)
{
    const struct csw_driver *only = NULL;
    char hint[100] = "";

    if (drivers && csw_for_each_word(drivers, find_only_driver, &only, NULL) == 0 && only &&
        only->own_cpus)
        snprintf(hint, sizeof hint, ", or measure single points by coresweep run --driver %s",
                 only->name);
    return cli_check_binding(hint, err);
}

static int command_open(struct sweep_command *command, struct csw_err *err)
{
    int code = check_binding(command->options->driver, err);

    if (code == 0)
        code = cli_choose_isa(NULL, err);
    if (code == 0 && command->options->resume && command->options->output)
        code = csw_fail(err, -EINVAL, "--resume goes on with its own file; leave --output away");
    if (code == 0)
        code = csw_topo_open(&command->topo, NULL, err);
    if (code == 0)
        code = csw_host_read(&command->host, "", command->topo, err);
    if (code == 0)
        code = default_plan(&command->plan, command->line, err);
    return code;
}

static int prepare_new(struct sweep_command *command, struct csw_series_list *series,
                       struct csw_err *err)
{
    int code = overlay(&command->plan, command->options, err);

    if (code == 0)
        code = csw_exclude_parse(&command->exclude, command->plan.exclude, err);
    if (code == 0)
        code = check_story(&command->plan, err);
    if (code == 0)
        code = csw_series_init(series, &command->plan, err);
    if (code == 0)
        code = fill_plan(command, series, err);
    if (code == 0)
        code = cli_find_binding(command->topo, command->plan.pin, &command->host, err);
    if (code == 0)
        code = probe_memory(command, &command->plan, err);
    return code;
}

static void command_close(struct sweep_command *command)
{
    csw_results_release(&command->before);
    csw_plan_release(&command->plan);
    csw_host_release(&command->host);
    csw_topo_close(command->topo);
    free(command->path);
    free(command->line);
}

static void describe_visits(struct sweep_command *command, const struct csw_plan *plan)
{
    command->visit = (struct csw_visit){.program = "/proc/self/exe",
                                        .pin = plan->pin,
                                        .memory = plan->memory,
                                        .huge_pages = plan->huge_pages,
                                        .exclude = command->exclude,
                                        .samples = plan->samples,
                                        .min_ms = plan->min_ms,
                                        .timeout_ns = command->options->timeout_s * CSW_NS_PER_S,
                                        .stop = command->stop};
}

/* Runs the plan into the open file; the file is closed in any case, and shown as far as it goes. */
static int carry_out(struct sweep_command *command, struct csw_err *err)
{
    const bool resumed = command->options->resume;
    const struct csw_plan *plan = resumed ? &command->before.plan : &command->plan;
    struct csw_err closing;
    const struct csw_sweep sweep = {
        .plan = plan,
        .writer = command->writer,
        .before = resumed ? &command->before : NULL,
        .topo = command->topo,
        .visit = command->visit,
        .costs = true,
        .watch = {.progress = isatty(STDERR_FILENO) ? cli_show_progress : NULL,
                  .warning = cli_show_warning}};
    int code = csw_sweep_run(&sweep, err);
    const int closed = csw_writer_close(command->writer, &closing);

    cli_clear_progress();
    if (code == 0 && closed < 0)
        code = csw_fail(err, closed, "%s", closing.text);
    return code;
}

static int finish(const struct sweep_command *command, int code, struct csw_err *err)
{
    int status = code < 0 ? cli_failed(err) : CSW_EXIT_DONE;

    if (code == -EINTR)
        fprintf(stderr, "go on with: coresweep sweep --resume '%s'\n", command->path);
    else if ((code == 0 || code == -ECHILD) && show_results(command->path, err) < 0)
        status = cli_failed(err);
    fprintf(stderr, "results: %s\n", command->path);
    return status;
}

/* Everything up to the first visit; what is wrong until here is wrong with the input. */
static int prepare(struct sweep_command *command, struct csw_series_list *series,
                   struct csw_err *err)
{
    const struct sweep_options *options = command->options;
    int code = command_open(command, err);

    if (code < 0)
        return code;
    if (options->resume) {
        command->path = strdup(options->resume);
        code = command->path ? open_again(command, err)
                             : csw_fail(err, -ENOMEM, "no memory for a file name");
        describe_visits(command, &command->before.plan);
        if (code == 0)
            cli_warn_of_machine(&command->host);
        return code;
    }
    command->path =
        options->output ? strdup(options->output) : cli_result_path("coresweep", &command->host);
    if (!command->path)
        return csw_fail(err, -ENOMEM, "no memory for a file name");
    code = prepare_new(command, series, err);
    describe_visits(command, &command->plan);
    if (code == 0) {
        cli_warn_of_machine(&command->host);
        code = start_file(command, series, err);
    }
    return code;
}

int cli_sweep(int argc, char **argv)
{
    struct sweep_options options = {.timeout_s = DEFAULT_TIMEOUT_S};
    struct csw_series_list series = {0};
    struct csw_err err = {0};

    argp_parse(&cli_sweep_argp, argc, argv, 0, NULL, &options);
    struct sweep_command command = {.options = &options, .line = cli_join_words(argc, argv)};

    command.stop = cli_catch_stop();
    const int code = prepare(&command, &series, &err);
    int status;

    if (code < 0) {
        csw_writer_close(command.writer, NULL);
        status = cli_is_input(code) ? cli_bad_input(&err) : cli_failed(&err);
    } else {
        status = finish(&command, carry_out(&command, &err), &err);
    }
    csw_series_release(&series);
    command_close(&command);
    free(options.common.options);
    free(options.common.settings);
    return status;
}

/* ---- the plan alone ------------------------------------------------------------------------- */

struct sweep_options *cli_sweep_options_new(void)
{
    struct sweep_options *options = calloc(1, sizeof *options);

    if (options)
        options->timeout_s = DEFAULT_TIMEOUT_S;
    return options;
}

void cli_sweep_options_free(struct sweep_options *options)
{
    if (!options)
        return;
    free(options->common.options);
    free(options->common.settings);
    free(options);
}

bool cli_sweep_options_given(const struct sweep_options *options)
{
    static const struct sweep_options none = {.timeout_s = DEFAULT_TIMEOUT_S};

    return memcmp(options, &none, sizeof none) != 0;
}

const char *cli_sweep_output(const struct sweep_options *options)
{
    return options->output;
}

int cli_sweep_plan(struct cli_planned *ret_planned, const struct sweep_options *options,
                   const char *line, struct csw_err *err)
{
    struct csw_series_list series = {0};
    struct sweep_command command = {
        .options = options, .line = strdup(line), .stop = cli_catch_stop()};
    int code = options->resume
                   ? csw_fail(err, -EINVAL, "--resume goes on with a sweep, not with a comparison")
                   : command_open(&command, err);

    if (code == 0)
        code = prepare_new(&command, &series, err);
    describe_visits(&command, &command.plan);
    if (code == 0) {
        cli_warn_of_machine(&command.host);
        code = scale_tasks(&command, &series, err);
    }
    if (code == 0) { /* the caller owns them now */
        *ret_planned = (struct cli_planned){command.plan, command.host, command.visit};
        command.plan = (struct csw_plan){0};
        command.host = (struct csw_host){0};
    }
    csw_series_release(&series);
    command_close(&command);
    return code;
}

void cli_planned_release(struct cli_planned *planned)
{
    csw_plan_release(&planned->plan);
    csw_host_release(&planned->host);
}
