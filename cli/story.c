/* story.c - coresweep story: the tutorial's story, measured in C and in CPython. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/place.h>
#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "harness/clock.h"
#include "harness/machine.h"
#include "harness/names.h"
#include "harness/story.h"
#include "harness/story_probe.h"
#include "harness/sweep.h"

/* The five waits of the sequential rows are 15 s long at scale 1, and waited for twice. */
#define TIMEOUT_S 120
#define TIMEOUT_S_PER_SCALE 60

struct story_options {
    char *output, *report, *format, *rounds,
        *pythons;       /* pythons: heap memory, which the command frees */
    double scale;       /* NAN: not given */
    uint64_t timeout_s; /* 0: not given */
    bool quick;
};

/* What is open while the command runs. */
struct story_command {
    const struct story_options *options;
    char *line, *path;
    const volatile sig_atomic_t *stop;
    struct csw_topo *topo;
    struct csw_story_wish wish;
    struct csw_plan plan;
    struct csw_story_gaps gaps;
    struct csw_host host;
    struct csw_writer *writer;
    uint64_t timeout_ns;
    unsigned failed_probes;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_QUICK = 'q',
    KEY_SCALE = 's',
    KEY_ROUNDS = 'r',
    KEY_OUTPUT = 'o',
    KEY_PYTHON = 'P',
    KEY_FORMAT = 'f',
    KEY_REPORT = 0x100,
    KEY_TIMEOUT,
};

static const struct argp_option story_argp_options[] = {
    {"quick", KEY_QUICK, NULL, 0, "Less than a minute: fewer rows, smaller tasks, one round", 0},
    {"scale", KEY_SCALE, "X", 0,
     "Multiply the times that are waited by this; 1: the tutorial's seconds (default: 0.05, quick "
     "0.02)",
     0},
    {"rounds", KEY_ROUNDS, "N", 0,
     "How often every row is measured; long waits less often (default: 9, quick 1)", 0},
    {"python", KEY_PYTHON, "FILE", 0,
     "An interpreter; several times: each has rows of its own (default: python3, and what PATH has "
     "without a GIL)",
     0},
    {"output", KEY_OUTPUT, "FILE", 0,
     "The result file, never overwritten (default: coresweep-story-<host>-<time>.jsonl)", 0},
    {"timeout", KEY_TIMEOUT, "S", 0,
     "Kill a visit that takes longer, in s (default: 120, and 60 for each unit of the scale)", 0},
    {"report", KEY_REPORT, "FILE", 0, "Measure nothing: print what a story's file says", 0},
    {"format", KEY_FORMAT, "NAME", 0, "table, or json for scripts/plot_story.py (default: table)",
     0},
    {0},
};

static double parse_scale(const char *text)
{
    struct csw_err err;
    char *end;
    const double scale = strtod(text, &end);

    if (end == text || *end != '\0' || !(scale >= 0.001 && scale <= 10)) {
        csw_fail(&err, -EINVAL, "--scale '%.40s' is not a number from 0.001 to 10", text);
        exit(cli_bad_input(&err));
    }
    return scale;
}

static void add_python(struct story_options *options, const char *file)
{
    char *list = NULL;
    struct csw_err err;

    if (*file == '\0' || strpbrk(file, " ,")) {
        csw_fail(&err, -EINVAL, "--python '%.200s' is no file: it is empty or has a blank or comma",
                 file);
        exit(cli_bad_input(&err));
    }
    if (asprintf(&list, "%s%s%s", options->pythons ? options->pythons : "",
                 options->pythons ? "," : "", file) < 0)
        exit(CSW_EXIT_FAILED);
    free(options->pythons);
    options->pythons = list;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct story_options *options = state->input;

    switch (key) {
    case KEY_QUICK:
        options->quick = true;
        return 0;
    case KEY_SCALE:
        options->scale = parse_scale(argument);
        return 0;
    case KEY_ROUNDS:
        options->rounds = argument;
        return 0;
    case KEY_PYTHON:
        add_python(options, argument);
        return 0;
    case KEY_OUTPUT:
        options->output = argument;
        return 0;
    case KEY_TIMEOUT:
        options->timeout_s = cli_number("--timeout", argument, 2, CLI_MAX_TIMEOUT_S);
        return 0;
    case KEY_FORMAT:
        options->format = argument;
        return 0;
    case KEY_REPORT:
        options->report = argument;
        return 0;
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static const struct argp story_argp = {
    .options = story_argp_options,
    .parser = parse,
    .doc =
        "Runs the story that tutorials tell: threads for work that waits, processes for work that "
        "computes. In C and in CPython, block by block, with bounds and intervals, and says at the "
        "end when to use which. About ten minutes; a table for each block, and a result file."
        "\vExamples:\n"
        "  coresweep story --quick\n"
        "  coresweep story --scale 1 --python python3 --python python3.14t\n"
        "  coresweep story --report coresweep-story-box-20260101T120000.jsonl",
};

/* ---- before the first visit ----------------------------------------------------------------- */

static void make_wish(struct story_command *command)
{
    const struct story_options *options = command->options;

    command->wish = (struct csw_story_wish){
        .quick = options->quick,
        .scale = isnan(options->scale) ? csw_story_default_scale(options->quick) : options->scale,
        .rounds = options->rounds ? cli_number("--rounds", options->rounds, 1, CSW_MAX_ROUNDS)
                                  : csw_story_default_rounds(options->quick),
        .pythons = options->pythons ? options->pythons : ""};
    const uint64_t usual_s = TIMEOUT_S + (uint64_t)(TIMEOUT_S_PER_SCALE * command->wish.scale);

    command->timeout_ns = (options->timeout_s ? options->timeout_s : usual_s) * CSW_NS_PER_S;
}

/* The texts of a plan whose points make the story; it runs unbound, as the tutorial does. */
static int make_plan(struct story_command *command, struct csw_err *err)
{
    struct csw_plan *plan = &command->plan;
    const struct csw_room room = {csw_topo_pus(command->topo), csw_topo_workers(command->topo)};

    *plan = (struct csw_plan){.schema = CSW_SCHEMA,
                              .version = strdup(csw_version()),
                              .command = strdup(command->line ? command->line : ""),
                              .pin = strdup("none"),
                              .memory = strdup("first-touch"),
                              .samples = 1,
                              .min_ms = 20,
                              .seed = 1,
                              .precision = NAN,
                              .max_seconds = NAN,
                              .oversubscribe = true};
    if (!plan->version || !plan->command || !plan->pin || !plan->memory)
        return csw_fail(err, -ENOMEM, "no memory for a plan");
    return csw_story_fill(plan, &command->wish, &room, &command->gaps, err);
}

static int write_gaps(struct story_command *command, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < command->gaps.count; i++) {
        char *line = csw_event_line(&command->gaps.event[i]);

        code = csw_writer_line(command->writer, line, err);
        free(line);
    }
    return code;
}

static int start_file(struct story_command *command, struct csw_err *err)
{
    int code = csw_writer_create(&command->writer, command->path, err);

    if (code < 0)
        return code;
    code = cli_write_head(command->writer, &command->plan, &command->host, err);
    if (code == 0)
        code = write_gaps(command, err);
    if (code < 0)
        unlink(command->path); /* it holds nothing yet */
    return code;
}

static int prepare(struct story_command *command, struct csw_err *err)
{
    int code = cli_open_machine(&command->topo, &command->host, err);

    if (code == 0)
        code = make_plan(command, err);
    if (code == 0)
        code = cli_find_binding(command->topo, command->plan.pin, &command->host, err);
    if (code < 0)
        return code;
    cli_warn_of_machine(&command->host);
    command->path = command->options->output ? strdup(command->options->output)
                                             : cli_result_path("coresweep-story", &command->host);
    return command->path ? start_file(command, err)
                         : csw_fail(err, -ENOMEM, "no memory for a file name");
}

/* ---- probes --------------------------------------------------------------------------------- */

static void show_probe(const struct csw_probe_visit *visit, uint64_t rounds)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Kround %" PRIu64 " of %" PRIu64 "  probe %s, %s", visit->round + 1,
                rounds, visit->name, visit->python ? visit->python : "C");
}

/* A probe that fails is an event of its block; the story goes on. */
static int note_failure(struct story_command *command, const struct csw_story_probe *probe,
                        const struct csw_probe_visit *visit, const struct csw_err *why,
                        struct csw_err *err)
{
    char text[sizeof why->text + 200];
    const struct csw_event event = {.what = (char *)"failed",
                                    .round = visit->round,
                                    .text = text,
                                    .block = (char *)probe->block};

    command->failed_probes++;
    snprintf(text, sizeof text, "probe %.40s, %.120s: %s", visit->name,
             visit->python ? visit->python : "C", why->text);
    cli_show_warning(NULL, text);
    char *line = csw_event_line(&event);
    const int code = csw_writer_line(command->writer, line, err);

    free(line);
    return code;
}

static int run_probe(struct story_command *command, const struct csw_story_probe *probe,
                     const char *python, uint64_t round, struct csw_err *err)
{
    const struct csw_probe_visit visit = {.program = "/proc/self/exe",
                                          .name = probe->name,
                                          .python = python,
                                          .scale = command->wish.scale,
                                          .round = round,
                                          .timeout_ns = command->timeout_ns,
                                          .stop = command->stop};
    struct csw_err why = {0};

    show_probe(&visit, command->wish.rounds);
    const int code = csw_probe_visit_run(&visit, command->writer, &why);

    if (code == -EINTR || code == CSW_EWRONG || code == -ENOSPC || code == -EIO)
        return csw_fail(err, code, "%s", why.text);
    return code < 0 ? note_failure(command, probe, &visit, &why, err) : 0;
}

struct probing {
    struct story_command *command;
    const struct csw_story_probe *probe;
    uint64_t round;
};

static int run_in_python(const char *python, void *context, struct csw_err *err)
{
    const struct probing *probing = context;

    return run_probe(probing->command, probing->probe, python, probing->round, err);
}

/* Languages and probes take turns within a round, as the points of a sweep do. */
static int run_round(struct probing *probing, struct csw_err *err)
{
    struct story_command *command = probing->command;
    int code = 0;

    for (size_t i = 0; code == 0 && (probing->probe = csw_story_probe_at(i)); i++) {
        if (probing->round >= csw_story_probe_rounds(probing->probe, &command->wish))
            continue;
        code = run_probe(command, probing->probe, NULL, probing->round, err);
        if (code == 0)
            code = csw_story_each_python(&command->plan, run_in_python, probing, err);
    }
    return code;
}

static int run_probes(struct story_command *command, struct csw_err *err)
{
    struct probing probing = {.command = command};
    int code = 0;

    for (; code == 0 && probing.round < command->wish.rounds; probing.round++)
        code = run_round(&probing, err);
    cli_clear_progress();
    return code;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int run_points(struct story_command *command, struct csw_err *err)
{
    const struct csw_plan *plan = &command->plan;
    const struct csw_sweep sweep = {
        .plan = plan,
        .writer = command->writer,
        .visit = {.program = "/proc/self/exe",
                  .pin = plan->pin,
                  .memory = plan->memory,
                  .samples = plan->samples,
                  .min_ms = plan->min_ms,
                  .timeout_ns = command->timeout_ns,
                  .stop = command->stop},
        .watch = {.progress = isatty(STDERR_FILENO) ? cli_show_progress : NULL,
                  .warning = cli_show_warning}};

    return csw_sweep_run(&sweep, err);
}

/* Measures into the open file, which is closed in any case. */
static int carry_out(struct story_command *command, struct csw_err *err)
{
    struct csw_err closing;
    int code = run_probes(command, err);

    if (code == 0)
        code = run_points(command, err);
    cli_clear_progress();
    if (code == 0 && command->failed_probes > 0)
        code = csw_fail(err, -ECHILD, "%u probes failed", command->failed_probes);
    const int closed = csw_writer_close(command->writer, &closing);

    command->writer = NULL;
    if (code == 0 && closed < 0)
        code = csw_fail(err, closed, "%s", closing.text);
    return code;
}

typedef int (*story_print)(const struct csw_results *, FILE *, struct csw_err *);

/* NULL: there is no such format. */
static story_print find_print(const char *format, struct csw_err *err)
{
    static const char *const known[] = {"table", "json"};
    static const story_print prints[] = {csw_story_print, csw_story_json};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], format) == 0)
            return prints[i];
    csw_unknown(err, "format", format, known, sizeof known / sizeof *known);
    return NULL;
}

static int print_story(const char *path, const char *format, struct csw_err *err)
{
    struct csw_results results = {0};
    int code = csw_results_read(&results, path, err);

    if (code == 0 && !csw_is_story(&results.plan))
        code = csw_fail(err, -EINVAL,
                        "'%.200s' holds a sweep and no story; coresweep report reads "
                        "it",
                        path);
    if (code == 0)
        code = find_print(format, err)(&results, stdout, err);
    csw_results_release(&results);
    return code;
}

/* What was measured is told in any case, also where the user stopped it. */
static int finish(const struct story_command *command, int code, struct csw_err *err)
{
    struct csw_err printing;
    int status = code < 0 ? cli_failed(err) : CSW_EXIT_DONE;

    if (code != CSW_EWRONG && print_story(command->path, command->options->format, &printing) < 0)
        status = cli_failed(&printing);
    fprintf(stderr, "results: %s\n", command->path);
    return status;
}

static void command_close(struct story_command *command)
{
    csw_writer_close(command->writer, NULL);
    csw_story_gaps_release(&command->gaps);
    csw_plan_release(&command->plan);
    csw_host_release(&command->host);
    csw_topo_close(command->topo);
    free(command->path);
    free(command->line);
}

static int report(const struct story_options *options)
{
    struct csw_err err;

    return print_story(options->report, options->format, &err) == 0 ? CSW_EXIT_DONE
                                                                    : cli_bad_input(&err);
}

int cli_story(int argc, char **argv)
{
    struct story_options options = {.scale = NAN, .format = (char *)"table"};
    struct csw_err err = {0};

    argp_parse(&story_argp, argc, argv, 0, NULL, &options);
    if (!find_print(options.format, &err))
        return cli_bad_input(&err);
    if (options.report)
        return report(&options);
    struct story_command command = {.options = &options, .line = cli_join_words(argc, argv)};

    command.stop = cli_catch_stop();
    make_wish(&command);
    int code = prepare(&command, &err);
    int status;

    if (code < 0) {
        status = cli_is_input(code) ? cli_bad_input(&err) : cli_failed(&err);
    } else {
        code = carry_out(&command, &err);
        status = finish(&command, code, &err);
    }
    command_close(&command);
    free(options.pythons);
    return status;
}
