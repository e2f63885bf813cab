/* report_html.c - the report as a page, made by a script from what csw_report_json writes. */
#include "report.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/script.h>

#include "clock.h"
#include "command.h"
#include "files.h"

#define SCRIPT "../scripts/report_page.py"
#define TIMEOUT_NS (600 * CSW_NS_PER_S)

/* /dev/fd/12, and what is behind it. */
struct document {
    FILE *file;
    char path[32];
};

/* A file without a name, which the script opens through the descriptor that it inherits. */
static int open_document(struct document *document, const struct csw_report *report,
                         struct csw_err *err)
{
    document->file = tmpfile();
    if (!document->file)
        return csw_fail(err, -errno, "cannot make a temporary file: %s", strerror(errno));
    snprintf(document->path, sizeof document->path, "/dev/fd/%d", fileno(document->file));
    return csw_report_json(report, document->file, err);
}

static const char *usual_python(void)
{
    static const char distribution[] = "/usr/bin/python3";

    return access(distribution, X_OK) == 0 ? distribution : "python3";
}

static int check_end(const struct csw_command *command, struct csw_outcome *outcome,
                     struct csw_err *err)
{
    const int code = csw_outcome_check_signal(outcome, command, err);

    if (code < 0)
        return code;
    if (WEXITSTATUS(outcome->status) != 0)
        return csw_fail(err, -ECHILD, "no page: %s", csw_outcome_last_words(outcome));
    if (outcome->stream[CSW_STREAM_OUT].length == 0)
        return csw_fail(err, -ECHILD, "no page: %s wrote nothing", command->name);
    return 0;
}

static int write_page(const struct csw_outcome *outcome, FILE *out, struct csw_err *err)
{
    const size_t length = outcome->stream[CSW_STREAM_OUT].length;

    fwrite(outcome->stream[CSW_STREAM_OUT].text, 1, length, out);
    return csw_stream_flush(out, "the page", err);
}

static int run_script(const char *script, const char *document, FILE *out, struct csw_err *err)
{
    const char *python = usual_python();
    char *const arguments[] = {(char *)python,     (char *)script, (char *)document,
                               (char *)"--output", (char *)"-",    NULL};
    const struct csw_command command = {.program = python,
                                        .arguments = arguments,
                                        .name = "the script that makes the page",
                                        .timeout_ns = TIMEOUT_NS};
    struct csw_outcome outcome = {0};
    int code = csw_command_run(&outcome, &command, err);

    if (code == -ENOENT)
        code = csw_fail(err, -ECHILD, "a page needs python3 with matplotlib: there is no python3");
    if (code == 0)
        code = check_end(&command, &outcome, err);
    if (code == 0)
        code = write_page(&outcome, out, err);
    csw_outcome_release(&outcome);
    return code;
}

/* Their points are not the series of a sweep, and have pictures of their own. */
static int check_is_sweep(const struct csw_plan *plan, struct csw_err *err)
{
    if (plan->story && *plan->story)
        return csw_fail(err, -EINVAL,
                        "these are the results of a story, whose page is made by `coresweep story "
                        "--report FILE --format json | scripts/story_page.py`");
    if (plan->grain && *plan->grain)
        return csw_fail(err, -EINVAL,
                        "these are the results of a grain run, whose picture is made by `coresweep "
                        "grain --report FILE --format json | scripts/plot_grain.py`");
    return 0;
}

int csw_report_html(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    struct document document = {0};
    char script[PATH_MAX];
    int code = check_is_sweep(&report->results->plan, err);

    if (code == 0)
        code = csw_script_find(script, SCRIPT, err);
    if (code == 0)
        code = open_document(&document, report, err);
    if (code == 0)
        code = run_script(script, document.path, out, err);
    if (document.file)
        fclose(document.file);
    return code;
}
