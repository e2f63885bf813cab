/* probe_python.c - running a probe's twin in Python, and checking what it says; see probe.h. */
#include <coresweep/probe.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <coresweep/script.h>

#include "command.h"

#define SCRIPT "coresweep_probe.py"

/* What a run is about. */
struct run {
    const struct csw_probe *probe;
    const char *python;
    char name[220]; /* of the command, in sentences */
};

/* ---- what it answered ----------------------------------------------------------------------- */

static int check_reading(const struct run *run, const struct csw_reading *reading,
                         struct csw_err *err)
{
    const char *wrong = NULL;

    if (strcmp(reading->probe, run->probe->name) != 0)
        wrong = "is of another probe";
    else if (strcmp(reading->language, "Python") != 0)
        wrong = "is not of Python";
    else if (!*reading->row || !*reading->quantity || !*reading->runtime || !*reading->python)
        wrong = "lacks its row, quantity, runtime or python";
    else if (!csw_unit_is_known(reading->unit))
        wrong = "has an unknown unit";
    else if (!isfinite(reading->value))
        wrong = "has no value";
    if (!wrong)
        return 0;
    return csw_fail(err, -EPROTO, "%s gave a reading that %s: '%.60s' of '%.60s'", run->name, wrong,
                    reading->quantity, reading->row);
}

static int read_line(struct csw_readings *readings, const struct run *run, const char *line,
                     struct csw_err *err)
{
    struct csw_reading *grown = reallocarray(readings->reading, readings->count + 1, sizeof *grown);
    struct csw_err told;

    if (!grown)
        return csw_fail(err, -ENOMEM, "no memory for %zu readings", readings->count + 1);
    readings->reading = grown;
    if (csw_reading_parse(&grown[readings->count], line, &told) < 0)
        return csw_fail(err, -EPROTO, "%s gave a line that is no reading: %.200s", run->name,
                        told.text);
    return check_reading(run, &grown[readings->count++], err);
}

static int fail_by_silence(const struct run *run, const struct csw_outcome *outcome,
                           struct csw_err *err)
{
    const char *printed = outcome->stream[CSW_STREAM_OUT].text;
    const int shown = printed ? (int)strcspn(printed, "\n") : 0;

    return csw_fail(err, -EPROTO,
                    "%s gave no reading of probe '%s', so it is no Python interpreter%s%.*s%s",
                    run->name, run->probe->name, shown > 0 ? "; it printed '" : "",
                    shown < 120 ? shown : 120, shown > 0 ? printed : "", shown > 0 ? "'" : "");
}

static int read_answer(struct csw_readings *readings, const struct run *run,
                       const struct csw_outcome *outcome, struct csw_err *err)
{
    char *rest = outcome->stream[CSW_STREAM_ANSWER].text, *line;
    int code = 0;

    while (code == 0 && rest && *(line = strsep(&rest, "\n")))
        code = read_line(readings, run, line, err);
    if (code == 0 && readings->count == 0)
        code = fail_by_silence(run, outcome, err);
    return code;
}

static int check_end(const struct run *run, const struct csw_command *command,
                     struct csw_outcome *outcome, struct csw_err *err)
{
    const int code = csw_outcome_check_signal(outcome, command, err);

    if (code < 0 || WEXITSTATUS(outcome->status) == 0)
        return code;
    return csw_fail(err, -ECHILD, "%s ended with exit code %d: %.240s", run->name,
                    WEXITSTATUS(outcome->status), csw_outcome_last_words(outcome));
}

/* ---- running it ----------------------------------------------------------------------------- */

static int run_script(struct csw_readings *readings, const struct run *run, const char *script,
                      const struct csw_probe_options *options,
                      const struct csw_probe_python *interpreter, struct csw_err *err)
{
    char scale[32], answer_fd[16];
    char *const arguments[] = {(char *)run->python,
                               (char *)script,
                               (char *)run->probe->name,
                               (char *)"--scale",
                               scale,
                               (char *)"--answer-fd",
                               answer_fd,
                               NULL};
    const struct csw_command command = {.program = run->python,
                                        .arguments = arguments,
                                        .name = run->name,
                                        .timeout_ns = interpreter->timeout_ns,
                                        .stop = interpreter->stop,
                                        .foreign = true};
    struct csw_outcome outcome = {0};

    snprintf(scale, sizeof scale, "%.9g", options->scale);
    snprintf(answer_fd, sizeof answer_fd, "%d", CSW_ANSWER_FD);
    int code = csw_command_run(&outcome, &command, err);

    if (code == 0)
        code = check_end(run, &command, &outcome, err);
    if (code == 0)
        code = read_answer(readings, run, &outcome, err);
    csw_outcome_release(&outcome);
    return code;
}

int csw_probe_run_python(struct csw_readings *ret_readings, const struct csw_probe *probe,
                         const struct csw_probe_options *options,
                         const struct csw_probe_python *interpreter, struct csw_err *err)
{
    struct csw_readings readings = {0};
    struct run run = {.probe = probe, .python = interpreter->python};
    char script[PATH_MAX];
    int code = csw_script_find(script, SCRIPT, err);

    snprintf(run.name, sizeof run.name, "'%.200s'", interpreter->python);
    if (code == 0)
        code = run_script(&readings, &run, script, options, interpreter, err);
    if (code < 0) {
        csw_readings_release(&readings);
        return code;
    }
    *ret_readings = readings;
    return 0;
}
