/* story_probe.c - see story_probe.h */
#include "story_probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"
#include "command.h"
#include "files.h"

#define MAX_ARGUMENTS 10

/* The probe's own limit for an interpreter, so that it ends it by itself, with a better sentence.
 */
static unsigned long timeout_s(const struct csw_probe_visit *visit)
{
    const uint64_t seconds = visit->timeout_ns / CSW_NS_PER_S;

    return seconds > 1 ? (unsigned long)seconds - 1 : 1;
}

static int run_command(struct csw_outcome *ret_outcome, const struct csw_probe_visit *visit,
                       struct csw_err *err)
{
    char scale[32], timeout[32];
    char *arguments[MAX_ARGUMENTS] = {"coresweep", "probe", (char *)visit->name, "--json",
                                      "--scale",   scale,   "--timeout",         timeout};
    const struct csw_command command = {.program = visit->program,
                                        .arguments = arguments,
                                        .name = "the probe",
                                        .timeout_ns = visit->timeout_ns,
                                        .stop = visit->stop};
    char *python = NULL;

    snprintf(scale, sizeof scale, "%g", visit->scale);
    snprintf(timeout, sizeof timeout, "%lu", timeout_s(visit));
    if (visit->python && asprintf(&python, "--python=%s", visit->python) < 0)
        return csw_fail(err, -ENOMEM, "no memory for a probe");
    arguments[8] = python; /* NULL ends the list */
    int code = csw_command_run(ret_outcome, &command, err);

    free(python);
    if (code == 0 && csw_outcome_check_signal(ret_outcome, &command, err) < 0) {
        code = err->code;
        csw_outcome_release(ret_outcome);
    }
    return code;
}

static int check_exit(struct csw_outcome *outcome, struct csw_err *err)
{
    switch (WEXITSTATUS(outcome->status)) {
    case CSW_EXIT_DONE:
        return 0;
    case CSW_EXIT_WRONG_TALLY:
        return csw_fail(err, CSW_EWRONG, "%.480s", csw_outcome_last_words(outcome));
    default:
        return csw_fail(err, -ECHILD, "%.480s", csw_outcome_last_words(outcome));
    }
}

/* The reading of one line with the round that it was made in, as a line again. */
static int print_reading(const char *line, uint64_t round, FILE *out, struct csw_err *err)
{
    struct csw_reading reading = {0};
    const int code = csw_reading_parse(&reading, line, err);

    if (code < 0)
        return code;
    reading.round = round;
    char *text = csw_reading_line(&reading);
    const bool complete = text && fprintf(out, "%s%s", ftell(out) > 0 ? "\n" : "", text) > 0;

    free(text);
    csw_reading_release(&reading);
    return complete ? 0 : csw_fail(err, -ENOMEM, "no memory for a reading");
}

/* All of them go into the file at once: it never holds half of a probe. */
static int write_readings(struct csw_outcome *outcome, uint64_t round, struct csw_writer *writer,
                          struct csw_err *err)
{
    char *rest = outcome->stream[CSW_STREAM_OUT].text, *line, *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int code = out ? 0 : csw_fail(err, -ENOMEM, "no memory for readings");

    while (code == 0 && rest && (line = strsep(&rest, "\n")))
        code = *line ? print_reading(line, round, out, err) : 0;
    text = out ? csw_stream_text(out, &text) : NULL;
    if (code == 0 && (!text || !*text))
        code = csw_fail(err, -EPROTO, "the probe gave no reading");
    if (code == 0)
        code = csw_writer_line(writer, text, err);
    free(text);
    return code;
}

int csw_probe_visit_run(const struct csw_probe_visit *visit, struct csw_writer *writer,
                        struct csw_err *err)
{
    struct csw_outcome outcome = {0};
    int code = run_command(&outcome, visit, err);

    if (code < 0)
        return code;
    code = check_exit(&outcome, err);
    if (code == 0)
        code = write_readings(&outcome, visit->round, writer, err);
    csw_outcome_release(&outcome);
    return code;
}
