/* sweep.c - coresweep sweep: plan, visits, result file, table. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/driver.h>
#include <coresweep/plan.h>

#include "harness/names.h"
#include "harness/options.h"
#include "harness/report.h"
#include "measuring.h"
#include "planned.h"

/* Options as given; NULL: not given, which --resume tells from "given as the default". */
struct sweep_options {
    struct cli_common common;
    struct cli_rounds rounds;
    struct cli_file file;
    char *kernel, *driver, *workers, *schedule;
    bool weak;
};

/* What is open while the command runs. */
struct sweep_command {
    const struct sweep_options *options;
    struct csw_series_list series;
    struct cli_measuring measuring;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_KERNEL = 'k',
    KEY_DRIVER = 'd',
    KEY_WORKERS = 'w',
    KEY_SCHEDULE = 's',
    KEY_WEAK = 0x100,
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
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct sweep_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->rounds;
        state->child_inputs[1] = &options->file;
        state->child_inputs[2] = &options->common;
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
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static const struct argp_child sweep_children[] = {{&cli_rounds_argp, 0, NULL, 0},
                                                   {&cli_file_argp, 0, NULL, 0},
                                                   {&cli_common_argp, 0, NULL, 0},
                                                   {0}};

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
    } texts[] = {{&plan->kernel, given->kernel},       {&plan->driver, given->driver},
                 {&plan->workers, given->workers},     {&plan->tasks, given->common.tasks},
                 {&plan->schedule, given->schedule},   {&plan->pin, given->common.pin},
                 {&plan->memory, given->common.memory}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].given && cli_set_text(texts[i].text, texts[i].given, err) < 0)
            return err->code;
    if (given->common.options &&
        csw_for_each_option(given->common.options, set_option, &plan->options, err) < 0)
        return err->code;
    if (given->common.settings &&
        csw_for_each_option(given->common.settings, set_option, &plan->settings, err) < 0)
        return err->code;
    if (cli_rounds_overlay(plan, &given->rounds, err) < 0 ||
        cli_overlay_file(plan, &given->file, err) < 0)
        return err->code;
    if (given->common.samples)
        plan->samples = cli_number("--samples", given->common.samples, 1, CSW_MAX_SAMPLES);
    if (given->common.min_ms)
        plan->min_ms = cli_number("--min-ms", given->common.min_ms, 1, CLI_MAX_MIN_MS);
    plan->weak |= given->weak;
    plan->huge_pages |= given->common.huge_pages;
    plan->oversubscribe |= given->common.oversubscribe;
    return 0;
}

static int default_plan(struct csw_plan *plan, const char *line, struct csw_err *err)
{
    int code = cli_default_plan(plan, line, err);

    if (code < 0)
        return code;
    cli_rounds_default(plan);
    free(plan->driver);
    plan->driver = cli_default_drivers();
    if (!plan->driver)
        return csw_fail(err, -ENOMEM, "no memory for a plan");
    code = cli_set_text(&plan->workers, "auto", err);
    return code == 0 ? cli_set_text(&plan->schedule, "auto", err) : code;
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
static void hint_at_driver(const char *drivers, char *ret_hint, size_t size)
{
    const struct csw_driver *only = NULL;

    *ret_hint = '\0';
    if (drivers && csw_for_each_word(drivers, find_only_driver, &only, NULL) == 0 && only &&
        only->own_cpus)
        snprintf(ret_hint, size, ", or measure single points by coresweep run --driver %s",
                 only->name);
}

static int command_open(struct sweep_command *command, const char *line, struct csw_err *err)
{
    struct cli_measuring *measuring = &command->measuring;
    char hint[100];

    measuring->file = &command->options->file;
    measuring->line = strdup(line);
    hint_at_driver(command->options->driver, hint, sizeof hint);
    const int code = cli_open_machine(measuring, hint, err);

    return code == 0 ? default_plan(&measuring->plan, measuring->line, err) : code;
}

static void command_close(struct sweep_command *command)
{
    csw_series_release(&command->series);
    cli_measuring_release(&command->measuring);
}

/* ---- a new sweep ---------------------------------------------------------------------------- */

static int make_points(struct sweep_command *command, struct csw_err *err)
{
    const struct csw_topo *topo = command->measuring.topo;
    const struct csw_room room = {csw_topo_pus(topo), csw_topo_workers(topo)};

    return csw_plan_fill(&command->measuring.plan, &command->series, &room, err);
}

/* Fills the plan as asked, to find mistakes before anything runs; tasks are scaled later. */
static int prepare_new(struct sweep_command *command, struct csw_err *err)
{
    struct cli_measuring *measuring = &command->measuring;
    int code = overlay(&measuring->plan, command->options, err);

    if (code == 0)
        code = check_story(&measuring->plan, err);
    if (code == 0)
        code = csw_series_init(&command->series, &measuring->plan, err);
    if (code == 0)
        code = make_points(command, err);
    if (code == 0)
        code = cli_check_places(measuring->topo, &measuring->plan, err);
    return code == 0 ? cli_settle(measuring, err) : code;
}

static int scale_tasks(void *context, struct csw_err *err)
{
    struct sweep_command *command = context;
    struct cli_measuring *measuring = &command->measuring;

    if (strcmp(measuring->plan.tasks, "auto") != 0)
        return 0;
    const int code = cli_scale_tasks(measuring, &command->series,
                                     "scaling the tasks until a serial run takes about 0.1 s", err);

    return code == 0 ? make_points(command, err) : code;
}

/* ---- a sweep that goes on ------------------------------------------------------------------- */

/* What was asked for here, on top of the file's own plan, must be that plan again. */
static int check_plan(struct csw_plan *here, const struct csw_plan *there,
                      const struct sweep_options *given, const char *path, struct csw_err *err)
{
    const struct sweep_options own = {.kernel = there->kernel,
                                      .driver = there->driver,
                                      .workers = there->workers,
                                      .schedule = there->schedule,
                                      .weak = there->weak,
                                      .file = {.exclude = there->exclude},
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
        code = overlay(here, given, err);
    if (code == 0 && there->grain)
        code = cli_set_text(&here->grain, there->grain, err);
    return code == 0 ? cli_check_same(path, &csw_plan_fields, there, here, err) : code;
}

/* This part may have another time than the one before. */
static int check_before(void *context, struct csw_err *err)
{
    struct sweep_command *command = context;
    struct cli_measuring *measuring = &command->measuring;
    const int code = check_plan(&measuring->plan, &measuring->before.plan, command->options,
                                measuring->path, err);

    measuring->before.plan.max_seconds = measuring->plan.max_seconds;
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

/* Everything up to the first visit; what is wrong until here is wrong with the input. */
static int prepare(struct sweep_command *command, const char *line, struct csw_err *err)
{
    struct cli_measuring *measuring = &command->measuring;
    int code = command_open(command, line, err);

    if (code == 0 && cli_is_resumed(measuring))
        return cli_reopen_file(measuring, check_before, command, err);
    if (code == 0)
        code = prepare_new(command, err);
    return code == 0 ? cli_start_file(measuring, "coresweep", scale_tasks, NULL, command, err)
                     : code;
}

/* Runs the plan into the open file; the file is closed in any case, and shown as far as it goes. */
static int carry_out(struct cli_measuring *measuring)
{
    struct csw_err err;
    const int code = cli_close_file(measuring, cli_run_points(measuring, true, &err), &err);
    int status = code < 0 ? cli_failed(&err) : CSW_EXIT_DONE;

    if ((code == 0 || code == -ECHILD) && show_results(measuring->path, &err) < 0)
        status = cli_failed(&err);
    cli_tell_file(measuring, "sweep", code);
    return status;
}

int cli_sweep(int argc, char **argv)
{
    struct sweep_options *options = cli_sweep_options_new();
    struct sweep_command command = {.options = options};
    char *line = cli_join_words(argc, argv);
    struct csw_err err = {0};

    if (!options || !line) {
        csw_fail(&err, -ENOMEM, "no memory for options");
        return cli_failed(&err);
    }
    argp_parse(&cli_sweep_argp, argc, argv, 0, NULL, options);
    const int code = prepare(&command, line, &err);
    const int status = code == 0 ? carry_out(&command.measuring) : cli_stopped(code, &err);

    command_close(&command);
    cli_sweep_options_free(options);
    free(line);
    return status;
}

/* ---- the plan alone ------------------------------------------------------------------------- */

struct sweep_options *cli_sweep_options_new(void)
{
    return calloc(1, sizeof(struct sweep_options));
}

void cli_sweep_options_free(struct sweep_options *options)
{
    if (!options)
        return;
    free(options->common.options);
    free(options->common.settings);
    free(options);
}

const char *cli_sweep_option_given(const struct sweep_options *given)
{
    const struct cli_common *common = &given->common;
    const struct cli_rounds *rounds = &given->rounds;
    const struct cli_file *file = &given->file;
    const struct cli_given all[] = {{"--kernel", given->kernel},
                                    {"--driver", given->driver},
                                    {"--workers", given->workers},
                                    {"--schedule", given->schedule},
                                    {"--weak", given->weak},
                                    {"--n or --tasks", common->tasks},
                                    {"--pin", common->pin},
                                    {"--memory", common->memory},
                                    {"--samples", common->samples},
                                    {"--min-ms", common->min_ms},
                                    {"--huge-pages", common->huge_pages},
                                    {"--oversubscribe", common->oversubscribe},
                                    {"an option of a kernel", common->options},
                                    {"an option of a driver", common->settings},
                                    {"--rounds", rounds->rounds},
                                    {"--precision", rounds->precision},
                                    {"--min-rounds", rounds->min_rounds},
                                    {"--max-rounds", rounds->max_rounds},
                                    {"--max-time", rounds->max_time},
                                    {"--warm-rounds", rounds->warm_rounds},
                                    {"--output", file->output},
                                    {"--resume", file->resume},
                                    {"--seed", file->seed},
                                    {"--exclude", file->exclude},
                                    {"--timeout", file->timeout_s > 0}};

    return cli_first_given(all, sizeof all / sizeof *all);
}

const struct cli_file *cli_sweep_file(const struct sweep_options *options)
{
    return &options->file;
}

/* Hands over what the command has open where `code` is 0, and closes it otherwise. */
static int hand_over(struct sweep_command *command, struct cli_measuring *ret_measuring, int code)
{
    if (code == 0) {
        *ret_measuring = command->measuring;
        command->measuring = (struct cli_measuring){0};
    }
    command_close(command);
    return code;
}

int cli_sweep_plan(struct cli_measuring *ret_measuring, const struct sweep_options *options,
                   const char *line, struct csw_err *err)
{
    struct sweep_command command = {.options = options};
    int code = command_open(&command, line, err);

    if (code == 0)
        code = prepare_new(&command, err);
    if (code == 0)
        code = scale_tasks(&command, err);
    return hand_over(&command, ret_measuring, code);
}

/* As check_before, for a file that shares its plan with another one. */
static int check_pair(void *context, struct csw_err *err)
{
    struct sweep_command *command = context;
    struct cli_measuring *measuring = &command->measuring;
    const char *pair = measuring->before.plan.pair;

    if (!pair || !*pair)
        return csw_fail(err, -EINVAL,
                        "'%.200s' is no file of compare --live; coresweep sweep "
                        "--resume goes on with those of sweeps",
                        measuring->path);
    const int code = cli_set_text(&measuring->plan.pair, pair, err);

    return code == 0 ? check_before(command, err) : code;
}

int cli_sweep_resume(struct cli_measuring *ret_measuring, const struct sweep_options *options,
                     const char *line, const char *path, struct csw_err *err)
{
    struct sweep_command command = {.options = options};
    int code = command_open(&command, line, err);

    if (code == 0)
        code = cli_read_again(&command.measuring, path, check_pair, &command, err);
    return hand_over(&command, ret_measuring, code);
}
