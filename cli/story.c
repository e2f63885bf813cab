/* story.c - coresweep story: the tutorial's story, measured in C and in CPython. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "harness/story.h"
#include "harness/story_probe.h"
#include "measuring.h"

struct story_options {
    struct cli_file file;
    char *report, *format, *rounds;
    char *pythons; /* heap memory, which the command frees */
    double scale;  /* NAN: not given */
    bool quick;
};

/* What is open while the command runs. */
struct story_command {
    const struct story_options *options;
    struct csw_story_wish wish;
    struct csw_story_gaps gaps;
    struct cli_measuring measuring;
    unsigned failed_probes;
};

/* ---- options -------------------------------------------------------------------------------- */

enum {
    KEY_QUICK = 'q',
    KEY_SCALE = 's',
    KEY_ROUNDS = 'r',
    KEY_PYTHON = 'P',
    KEY_FORMAT = 'f',
    KEY_REPORT = 0x100,
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
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->file;
        return 0;
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

static const struct argp_child story_children[] = {{&cli_file_argp, 0, NULL, 0}, {0}};

static const struct argp story_argp = {
    .options = story_argp_options,
    .children = story_children,
    .parser = parse,
    .doc =
        "Runs the story that tutorials tell: threads for work that waits, processes for work that "
        "computes. In C and in CPython, block by block, with bounds and intervals, and says at the "
        "end when to use which. About ten minutes; a table for each block, and a result file."
        "\vExamples:\n"
        "  coresweep story --quick\n"
        "  coresweep story --scale 1 --python python3 --python python3.14t\n"
        "  coresweep story --resume coresweep-story-box-20260101T120000.jsonl\n"
        "  coresweep story --report coresweep-story-box-20260101T120000.jsonl",
};

/* ---- a new story ---------------------------------------------------------------------------- */

static void make_wish(struct story_command *command)
{
    const struct story_options *options = command->options;

    command->wish = (struct csw_story_wish){
        .quick = options->quick,
        .scale = isnan(options->scale) ? csw_story_default_scale(options->quick) : options->scale,
        .rounds = options->rounds ? cli_number("--rounds", options->rounds, 1, CSW_MAX_ROUNDS)
                                  : csw_story_default_rounds(options->quick),
        .pythons = options->pythons ? options->pythons : ""};
}

/* A plan whose points make the story; it runs unbound, as the tutorial does. */
static int make_plan(struct story_command *command, struct csw_err *err)
{
    struct cli_measuring *measuring = &command->measuring;
    struct csw_plan *plan = &measuring->plan;
    const struct csw_room room = {csw_topo_pus(measuring->topo), csw_topo_workers(measuring->topo)};
    int code = cli_default_plan(plan, measuring->line, err);

    if (code == 0)
        code = cli_set_text(&plan->pin, "none", err);
    if (code == 0)
        code = cli_overlay_file(plan, &command->options->file, err);
    if (code < 0)
        return code;
    plan->oversubscribe = true;
    make_wish(command);
    return csw_story_fill(plan, &command->wish, &room, &command->gaps, err);
}

static int write_gaps(void *context, struct csw_err *err)
{
    struct story_command *command = context;
    int code = 0;

    for (size_t i = 0; code == 0 && i < command->gaps.count; i++) {
        char *line = csw_event_line(&command->gaps.event[i]);

        code = csw_writer_line(command->measuring.writer, line, err);
        free(line);
    }
    return code;
}

/* ---- a story that goes on ------------------------------------------------------------------- */

/* The name of an option that says what to measure; NULL: none was given. */
static const char *plan_option_given(const struct story_options *given)
{
    if (given->quick)
        return "--quick";
    if (!isnan(given->scale))
        return "--scale";
    if (given->rounds)
        return "--rounds";
    return given->pythons ? "--python" : NULL;
}

static int check_before(void *context, struct csw_err *err)
{
    struct story_command *command = context;
    const int code = cli_check_own_plan(&command->measuring, plan_option_given(command->options),
                                        csw_is_story, "story", err);

    if (code == 0)
        command->wish = csw_story_wish_of(&command->measuring.before.plan);
    return code;
}

/* All readings of a probe are written at once: one of them is enough to know. */
static bool is_read(const struct story_command *command, const struct csw_probe_visit *visit)
{
    const struct csw_results *before = &command->measuring.before;
    const char *python = visit->python ? visit->python : "";

    for (size_t i = 0; i < before->readings; i++) {
        const struct csw_reading *reading = &before->reading[i];

        if (reading->round == visit->round && strcmp(reading->probe, visit->name) == 0 &&
            strcmp(reading->python, python) == 0)
            return true;
    }
    return false;
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
    const int code = csw_writer_line(command->measuring.writer, line, err);

    free(line);
    return code;
}

static int run_probe(struct story_command *command, const struct csw_story_probe *probe,
                     const char *python, uint64_t round, struct csw_err *err)
{
    const struct csw_visit as_points = cli_visits_of(&command->measuring);
    const struct csw_probe_visit visit = {.program = as_points.program,
                                          .name = probe->name,
                                          .python = python,
                                          .scale = command->wish.scale,
                                          .round = round,
                                          .timeout_ns = as_points.timeout_ns,
                                          .stop = as_points.stop};
    struct csw_err why = {0};

    if (is_read(command, &visit))
        return 0;
    show_probe(&visit, command->wish.rounds);
    const int code = csw_probe_visit_run(&visit, command->measuring.writer, &why);

    if (code == -EINTR || code == CSW_EWRONG || code == -ENOSPC || code == -EIO || code == -EFBIG)
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
            code = csw_story_each_python(cli_plan_of(&command->measuring), run_in_python, probing,
                                         err);
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

static int prepare(struct story_command *command, struct csw_err *err)
{
    struct cli_measuring *measuring = &command->measuring;
    int code = cli_open_machine(measuring, "", err);

    if (code == 0 && cli_is_resumed(measuring))
        return cli_reopen_file(measuring, check_before, command, err);
    if (code == 0)
        code = make_plan(command, err);
    if (code == 0)
        code = cli_settle(measuring, err);
    return code == 0 ? cli_start_file(measuring, "coresweep-story", NULL, write_gaps, command, err)
                     : code;
}

/* Measures into the open file, which is closed in any case. */
static int carry_out(struct story_command *command, struct csw_err *err)
{
    struct cli_measuring *measuring = &command->measuring;
    int code = run_probes(command, err);

    if (code == 0)
        code = cli_run_points(measuring, false, err);
    if (code == 0 && command->failed_probes > 0)
        code = csw_fail(err, -ECHILD, "%u probes failed", command->failed_probes);
    return cli_close_file(measuring, code, err);
}

/* `whole`: says so if the file is not. */
static int print_story(const char *path, bool json, bool whole, struct csw_err *err)
{
    struct csw_results results = {0};
    int code = csw_results_read(&results, path, err);

    if (code == 0 && !csw_is_story(&results.plan))
        code = csw_fail(err, -EINVAL,
                        "'%.200s' holds a sweep and no story; coresweep report reads it", path);
    if (code == 0 && whole)
        cli_warn_incomplete(path, &results);
    if (code == 0)
        code =
            json ? csw_story_json(&results, stdout, err) : csw_story_print(&results, stdout, err);
    csw_results_release(&results);
    return code;
}

/* What was measured is told in any case, also where the user stopped it. */
static int finish(const struct cli_measuring *measuring, bool json, int code,
                  const struct csw_err *err)
{
    struct csw_err printing;
    int status = code < 0 ? cli_failed(err) : CSW_EXIT_DONE;

    if (code != CSW_EWRONG && print_story(measuring->path, json, false, &printing) < 0)
        status = cli_failed(&printing);
    cli_tell_file(measuring, "story", code);
    return status;
}

static int measure(const struct story_options *options, bool json, int argc, char **argv)
{
    struct story_command command = {
        .options = options,
        .measuring = {.file = &options->file, .line = cli_join_words(argc, argv)}};
    struct csw_err err = {0};
    int code = prepare(&command, &err), status;

    if (code < 0) {
        status = cli_stopped(code, &err);
    } else {
        code = carry_out(&command, &err);
        status = finish(&command.measuring, json, code, &err);
    }
    csw_story_gaps_release(&command.gaps);
    cli_measuring_release(&command.measuring);
    return status;
}

static int report(const char *path, bool json)
{
    struct csw_err err;

    return print_story(path, json, true, &err) == 0 ? CSW_EXIT_DONE : cli_bad_input(&err);
}

int cli_story(int argc, char **argv)
{
    struct story_options options = {.scale = NAN, .format = (char *)"table"};

    argp_parse(&story_argp, argc, argv, 0, NULL, &options);
    const bool json = cli_wants_json(options.format);
    const int status =
        options.report ? report(options.report, json) : measure(&options, json, argc, argv);

    free(options.pythons);
    return status;
}
