/* visit.c - see visit.h */
#include "visit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <coresweep/plan.h>

#include "command.h"
#include "options.h"
#include "stats.h"

/* ---- its command line ----------------------------------------------------------------------- */

#define MAX_ARGUMENTS 39
#define MAX_WORDS (2 * CSW_MAX_OPTIONS) /* options of the kernel, and of the driver */

struct arguments {
    char *list[MAX_ARGUMENTS];
    char numbers[3][24];
    char *options[MAX_WORDS]; /* owned */
    size_t count;
};

static void release_arguments(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++)
        free(arguments->options[i]);
}

/* "--input=random" */
static int build_option(const char *name, const char *value, void *context, struct csw_err *err)
{
    struct arguments *arguments = context;

    if (arguments->count == MAX_WORDS)
        return csw_fail(err, -EINVAL, "a point has more than %d options", MAX_WORDS);
    if (asprintf(&arguments->options[arguments->count], "--%s=%s", name, value) < 0)
        return csw_fail(err, -ENOMEM, "no memory for the options of a visit");
    arguments->count++;
    return 0;
}

static int build_arguments(struct arguments *ret, const struct csw_visit *visit,
                           const struct csw_point *point, bool costs, struct csw_err *err)
{
    size_t n = 0;
    char *const fixed[] = {"coresweep",       "run",      "--json",      "--kernel",
                           point->kernel,     "--driver", point->driver, "--schedule",
                           point->schedule,   "--tasks",  point->tasks,  "--pin",
                           (char *)visit->pin};

    snprintf(ret->numbers[0], sizeof ret->numbers[0], "%" PRIu64, point->workers);
    snprintf(ret->numbers[1], sizeof ret->numbers[1], "%" PRIu64, visit->samples);
    snprintf(ret->numbers[2], sizeof ret->numbers[2], "%" PRIu64, visit->min_ms);
    char *const counted[] = {"--workers",     ret->numbers[0], "--samples",
                             ret->numbers[1], "--min-ms",      ret->numbers[2]};

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        ret->list[n++] = fixed[i];
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        ret->list[n++] = counted[i];
    if (costs)
        ret->list[n++] = "--costs";
    if (*visit->memory) {
        ret->list[n++] = "--memory";
        ret->list[n++] = (char *)visit->memory;
    }
    if (visit->huge_pages)
        ret->list[n++] = "--huge-pages";
    if (point->oversubscribed)
        ret->list[n++] = "--oversubscribe";
    int code = csw_for_each_option(point->options, build_option, ret, err);

    if (code == 0)
        code = csw_for_each_option(point->settings ? point->settings : "", build_option, ret, err);

    for (size_t i = 0; i < ret->count; i++)
        ret->list[n++] = ret->options[i];
    ret->list[n] = NULL;
    return code;
}

/* ---- reading the answer --------------------------------------------------------------------- */

static int check_end(struct csw_outcome *outcome, const struct csw_command *command,
                     struct csw_err *err)
{
    const int code = csw_outcome_check_signal(outcome, command, err);

    if (code < 0)
        return code;
    switch (WEXITSTATUS(outcome->status)) {
    case CSW_EXIT_DONE:
        return 0;
    case CSW_EXIT_WRONG_TALLY:
        return csw_fail(err, CSW_EWRONG, "%.480s", csw_outcome_last_words(outcome));
    default:
        return csw_fail(err, -ECHILD, "%.480s", csw_outcome_last_words(outcome));
    }
}

static int parse_samples(const struct csw_outcome *outcome, uint64_t count,
                         struct csw_sample *samples, struct csw_err *err)
{
    char *rest = outcome->stream[CSW_STREAM_OUT].text;

    for (uint64_t i = 0; i < count; i++) {
        char *line = rest ? strsep(&rest, "\n") : NULL;

        if (!line || *line == '\0')
            return csw_fail(err, -EPROTO, "the visit gave %" PRIu64 " of %" PRIu64 " samples", i,
                            count);
        const int code = csw_sample_parse(&samples[i], line, err);

        if (code < 0)
            return code;
        samples[i].process_ns = (double)(outcome->end_ns - outcome->start_ns);
    }
    return 0;
}

static int read_samples(struct csw_outcome *outcome, uint64_t count,
                        struct csw_sample **ret_samples, struct csw_err *err)
{
    struct csw_sample *samples = calloc(count, sizeof *samples);
    const int code = samples ? parse_samples(outcome, count, samples, err)
                             : csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " samples", count);

    if (code < 0) {
        csw_visit_release(samples, count);
        return code;
    }
    *ret_samples = samples;
    return 0;
}

/* ---- a visit -------------------------------------------------------------------------------- */

/* Starts the process and waits for its end; the caller releases the outcome in any case. */
static int run_process(struct csw_outcome *outcome, const struct csw_visit *visit,
                       const struct csw_point *point, bool costs, struct csw_err *err)
{
    struct arguments arguments = {0};
    const struct csw_command command = {.program = visit->program,
                                        .arguments = arguments.list,
                                        .name = "the visit",
                                        .timeout_ns = visit->timeout_ns,
                                        .stop = visit->stop};
    int code = build_arguments(&arguments, visit, point, costs, err);

    if (code == 0)
        code = csw_command_run(outcome, &command, err);
    release_arguments(&arguments);
    return code == 0 ? check_end(outcome, &command, err) : code;
}

/* Whoever sees a whole sweep knows the rule; what a visit has measured is what it is about. */
static int mark_samples(const struct csw_visit *visit, const struct csw_point *point,
                        struct csw_sample *samples, struct csw_err *err)
{
    for (uint64_t i = 0; visit->exclude.count > 0 && i < visit->samples; i++) {
        free(samples[i].disturbed);
        samples[i].disturbed = csw_exclude_why(&visit->exclude, point, &samples[i]);
        if (!samples[i].disturbed)
            return csw_fail(err, -ENOMEM, "no memory for a sample");
    }
    return 0;
}

int csw_visit_run(const struct csw_visit *visit, const struct csw_point *point,
                  struct csw_sample **ret_samples, struct csw_err *err)
{
    struct csw_outcome outcome = {0};
    struct csw_sample *samples = NULL;
    int code = run_process(&outcome, visit, point, false, err);

    if (code == 0)
        code = read_samples(&outcome, visit->samples, &samples, err);
    csw_outcome_release(&outcome);
    if (code == 0)
        code = mark_samples(visit, point, samples, err);
    if (code < 0) {
        csw_visit_release(samples, visit->samples);
        return code;
    }
    *ret_samples = samples;
    return 0;
}

int csw_visit_cost(const struct csw_visit *visit, const struct csw_point *point,
                   struct csw_cost *ret_cost, struct csw_err *err)
{
    struct csw_outcome outcome = {0};
    int code = run_process(&outcome, visit, point, true, err);
    const char *answer = outcome.stream[CSW_STREAM_OUT].text;

    if (code == 0)
        code = csw_cost_parse(ret_cost, answer ? answer : "", err);
    csw_outcome_release(&outcome);
    return code;
}

double csw_visit_ns(const struct csw_sample *samples, uint64_t count)
{
    double values[CSW_MAX_SAMPLES];

    for (uint64_t i = 0; i < count; i++)
        values[i] = samples[i].region_ns;
    return csw_median(values, count).value;
}

void csw_point_text(const struct csw_point *point, char ret_text[CSW_POINT_TEXT_SIZE])
{
    char title[CSW_TITLE_SIZE];

    csw_kernel_title(point->kernel, point->options, title);
    snprintf(ret_text, CSW_POINT_TEXT_SIZE, "%s, %.20s, %.40s%s%.100s, %" PRIu64 " worker%s", title,
             point->schedule, point->driver, *point->settings ? " " : "", point->settings,
             point->workers, point->workers == 1 ? "" : "s");
}

void csw_visit_release(struct csw_sample *samples, uint64_t count)
{
    for (uint64_t i = 0; samples && i < count; i++)
        csw_sample_release(&samples[i]);
    free(samples);
}

/* ---- keeping it ----------------------------------------------------------------------------- */

int csw_visit_write(struct csw_writer *writer, struct csw_sample *samples, uint64_t count,
                    const struct csw_place_in_plan *place, struct csw_err *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool complete = out != NULL;

    for (uint64_t i = 0; complete && i < count; i++) {
        samples[i].round = place->round;
        samples[i].position = place->position;
        samples[i].point = place->point;
        char *line = csw_sample_line(&samples[i]);

        complete = line && fprintf(out, "%s%s", i > 0 ? "\n" : "", line) > 0;
        free(line);
    }
    const bool closed = out && fclose(out) == 0;
    const int code = complete && closed ? csw_writer_line(writer, text, err)
                                        : csw_fail(err, -ENOMEM, "no memory for samples");

    free(text);
    return code;
}
