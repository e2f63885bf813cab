/* measuring.c - see measuring.h */
#include "measuring.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <coresweep/driver.h>
#include <coresweep/plan.h>

#include "cli.h"
#include "harness/calibrate.h"
#include "harness/clock.h"
#include "harness/grain.h"
#include "harness/machine.h"
#include "harness/story.h"
#include "harness/units.h"

#define DEFAULT_TIMEOUT_S 600
#define DEFAULT_MIN_MS 20

/* ---- options -------------------------------------------------------------------------------- */

enum { KEY_OUTPUT = 'o', KEY_SEED = 0x300, KEY_RESUME, KEY_TIMEOUT, KEY_EXCLUDE };

static const struct argp_option options[] = {
    {"output", KEY_OUTPUT, "FILE", 0,
     "The result file, never overwritten (default: named by command, host and time)", 0},
    {"resume", KEY_RESUME, "FILE", 0, "Go on with a file that was cut off, on the same machine", 0},
    {"seed", KEY_SEED, "N", 0, "Draws the order of each round (default: 1)", 0},
    {"timeout", KEY_TIMEOUT, "S", 0, "Kill a visit that takes longer, in s (default: 600)", 0},
    {"exclude", KEY_EXCLUDE, "RULE", 0,
     "What marks a sample as disturbed, which keeps it: terms QUANTITY<NUMBER or QUANTITY>NUMBER "
     "of availability, throttled, steal, pressure and migrations, or none (default: "
     "\"" CSW_EXCLUDE_DEFAULT "\")",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct cli_file *file = state->input;

    switch (key) {
    case KEY_OUTPUT:
        file->output = argument;
        return 0;
    case KEY_RESUME:
        file->resume = argument;
        return 0;
    case KEY_SEED:
        file->seed = argument;
        return 0;
    case KEY_TIMEOUT:
        file->timeout_s = cli_number("--timeout", argument, 1, CLI_MAX_TIMEOUT_S);
        return 0;
    case KEY_EXCLUDE:
        file->exclude = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_file_argp = {.options = options, .parser = parse};

int cli_set_text(char **text, const char *given, struct csw_err *err)
{
    char *copy = strdup(given);

    if (!copy)
        return csw_fail(err, -ENOMEM, "no memory for options");
    free(*text);
    *text = copy;
    return 0;
}

/* ---- what is open meanwhile ----------------------------------------------------------------- */

void cli_measuring_release(struct cli_measuring *measuring)
{
    csw_writer_close(measuring->writer, NULL);
    csw_results_release(&measuring->before);
    csw_plan_release(&measuring->plan);
    csw_host_release(&measuring->host);
    csw_topo_close(measuring->topo);
    free(measuring->path);
    free(measuring->line);
    *measuring = (struct cli_measuring){0};
}

int cli_open_machine(struct cli_measuring *measuring, const char *hint, struct csw_err *err)
{
    measuring->stop = cli_catch_stop();
    int code = cli_check_binding(hint, err);

    if (code == 0)
        code = cli_choose_isa(NULL, err);
    if (code == 0 && measuring->file->resume && measuring->file->output)
        code = csw_fail(err, -EINVAL, "--resume goes on with its own file; leave --output away");
    if (code == 0)
        code = csw_topo_open(&measuring->topo, NULL, err);
    if (code == 0)
        code = csw_host_read(&measuring->host, "", measuring->topo, err);
    return code;
}

bool cli_is_resumed(const struct cli_measuring *measuring)
{
    return measuring->file->resume;
}

const struct csw_plan *cli_plan_of(const struct cli_measuring *measuring)
{
    return cli_is_resumed(measuring) ? &measuring->before.plan : &measuring->plan;
}

/* ---- the plan ------------------------------------------------------------------------------- */

int cli_default_plan(struct csw_plan *ret_plan, const char *line, struct csw_err *err)
{
    struct csw_plan plan = {.schema = CSW_SCHEMA,
                            .version = strdup(csw_version()),
                            .command = strdup(line ? line : ""),
                            .kernel = strdup(""),
                            .options = strdup(""),
                            .driver = strdup(""),
                            .settings = strdup(""),
                            .workers = strdup(""),
                            .tasks = strdup("auto"),
                            .schedule = strdup(""),
                            .pin = strdup("cores"),
                            .memory = strdup("first-touch"),
                            .exclude = strdup(CSW_EXCLUDE_DEFAULT),
                            .samples = 1,
                            .min_ms = DEFAULT_MIN_MS,
                            .seed = 1,
                            .precision = NAN,
                            .max_seconds = NAN};

    if (!plan.version || !plan.command || !plan.kernel || !plan.options || !plan.driver ||
        !plan.settings || !plan.workers || !plan.tasks || !plan.schedule || !plan.pin ||
        !plan.memory || !plan.exclude) {
        csw_plan_release(&plan);
        return csw_fail(err, -ENOMEM, "no memory for a plan");
    }
    *ret_plan = plan;
    return 0;
}

int cli_overlay_file(struct csw_plan *plan, const struct cli_file *file, struct csw_err *err)
{
    if (file->seed)
        plan->seed = cli_number("--seed", file->seed, 0, UINT64_MAX);
    return file->exclude ? cli_set_text(&plan->exclude, file->exclude, err) : 0;
}

char *cli_default_drivers(void)
{
    char *names = strdup(CLI_DEFAULT_DRIVERS), *list = strdup("serial"), *rest = names;

    while (names && list && rest) {
        const char *name = strsep(&rest, ",");
        const struct csw_driver_entry *entry = csw_driver_find(name);
        char *longer = NULL;

        if (strcmp(name, "serial") == 0 || !entry || !entry->driver)
            continue;
        if (asprintf(&longer, "%s,%s", list, name) < 0)
            longer = NULL;
        free(list);
        list = longer;
    }
    free(names);
    return list;
}

int cli_check_places(const struct csw_topo *topo, const struct csw_plan *plan, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < plan->count; i++) {
        struct csw_placement placement;

        code =
            csw_placement_init(&placement, topo, plan->pin, (unsigned)plan->points[i].workers, err);
        if (code == 0)
            csw_placement_release(&placement);
    }
    return code;
}

/* Frees the points of a plan, which has none afterwards. */
static void drop_points(struct csw_plan *plan)
{
    struct csw_plan points = {.points = plan->points, .count = plan->count};

    csw_plan_release(&points);
    plan->points = NULL;
    plan->count = 0;
}

/* Finds out once whether workers can be bound, and notes in the host why not. */
static int find_binding(const struct csw_topo *topo, const char *pin, struct csw_host *host,
                        struct csw_err *err)
{
    struct csw_placement placement;
    int code = csw_placement_init(&placement, topo, pin, 1, err);

    if (code < 0)
        return code;
    code = csw_placement_probe(&placement, err);
    if (code == 0) {
        char *cannot = strdup(placement.cannot);

        if (cannot) {
            free(host->placement);
            host->placement = cannot;
        } else {
            code = csw_fail(err, -ENOMEM, "no memory for the host");
        }
    }
    csw_placement_release(&placement);
    return code;
}

static void warn_of_machine(const struct csw_host *host)
{
    if (host->quota_cpus < (double)host->usable_pus)
        cli_warn(
            "a CPU quota of %.2f (%s) is below the %" PRIu64
            " usable CPUs: more workers than that are held back, and not part of --workers auto",
            host->quota_cpus, host->quota_source, host->usable_pus);
    if (*host->placement)
        cli_warn("workers are not bound: %s", host->placement);
}

/* Finds out once whether data can lie as the plan asks; older plans ask for nothing. */
static int probe_memory(const struct cli_measuring *measuring, struct csw_err *err)
{
    const struct csw_plan *plan = cli_plan_of(measuring);
    struct csw_memory memory;

    return plan->memory && *plan->memory
               ? cli_choose_memory(&memory, measuring->topo, plan->memory, plan->huge_pages, err)
               : 0;
}

int cli_settle(struct cli_measuring *measuring, struct csw_err *err)
{
    const struct csw_plan *plan = cli_plan_of(measuring);
    int code = csw_exclude_parse(&measuring->exclude, plan->exclude ? plan->exclude : "", err);

    if (code == 0)
        code = find_binding(measuring->topo, plan->pin, &measuring->host, err);
    if (code == 0)
        code = probe_memory(measuring, err);
    if (code == 0)
        warn_of_machine(&measuring->host);
    return code;
}

int cli_scale_tasks(struct cli_measuring *measuring, struct csw_series_list *series,
                    const char *doing, struct csw_err *err)
{
    const struct csw_visit visit = cli_visits_of(measuring);

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "%s ...", doing);
    const int code = csw_calibrate(series, &measuring->plan, &visit, err);

    cli_clear_progress();
    if (code == 0)
        drop_points(&measuring->plan);
    return code;
}

/* ---- the file ------------------------------------------------------------------------------- */

char *cli_result_path(const char *prefix, const struct csw_host *host)
{
    char stamp[32], *path;
    const time_t now = time(NULL);
    struct tm local;

    if (!localtime_r(&now, &local) || strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &local) == 0)
        return NULL;
    return asprintf(&path, "%s-%s-%s.jsonl", prefix, host->hostname, stamp) >= 0 ? path : NULL;
}

int cli_write_head(struct csw_writer *writer, const struct csw_plan *plan,
                   const struct csw_host *host, struct csw_err *err)
{
    char *plan_line = csw_plan_line(plan), *host_line = csw_host_line(host);
    int code = csw_writer_line(writer, plan_line, err);

    if (code == 0)
        code = csw_writer_line(writer, host_line, err);
    free(plan_line);
    free(host_line);
    return code;
}

/* NULL with a sentence: no memory. */
static char *choose_path(const struct cli_measuring *measuring, const char *prefix,
                         struct csw_err *err)
{
    const char *given = measuring->file->output;
    char *path = given ? strdup(given) : cli_result_path(prefix, &measuring->host);

    if (!path)
        csw_fail(err, -ENOMEM, "no memory for a file name");
    return path;
}

int cli_start_file(struct cli_measuring *measuring, const char *prefix, cli_step before_head,
                   cli_step after_head, void *context, struct csw_err *err)
{
    measuring->path = choose_path(measuring, prefix, err);
    if (!measuring->path)
        return err->code;
    int code = csw_writer_create(&measuring->writer, measuring->path, err);

    if (code < 0)
        return code;
    if (before_head)
        code = before_head(context, err);
    if (code == 0)
        code = cli_write_head(measuring->writer, &measuring->plan, &measuring->host, err);
    if (code == 0 && after_head)
        code = after_head(context, err);
    if (code < 0)
        unlink(measuring->path);
    return code;
}

/* The command that fills such a file. */
static const char *command_of(const struct csw_plan *plan)
{
    if (plan->pair && *plan->pair)
        return "compare --live A B";
    if (csw_is_story(plan))
        return "story";
    return csw_is_grain(plan) ? "grain" : "sweep";
}

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

int cli_check_same(const char *path, const struct csw_fields *fields, const void *there,
                   const void *here, struct csw_err *err)
{
    char *text_there, *text_here;
    const struct csw_field *field =
        csw_fields_difference(fields, there, here, &text_there, &text_here);

    return field ? refuse_difference(path, fields, field, text_there, text_here, err) : 0;
}

int cli_check_own_plan(const struct cli_measuring *measuring, const char *given,
                       bool (*is_own)(const struct csw_plan *), const char *what,
                       struct csw_err *err)
{
    const struct cli_file *file = measuring->file;

    if (!given)
        given = file->seed ? "--seed" : file->exclude ? "--exclude" : NULL;
    if (given)
        return csw_fail(err, -EINVAL, "--resume goes on with the file's own plan; leave %s away",
                        given);
    if (!is_own(&measuring->before.plan))
        return csw_fail(err, -EINVAL, "'%.200s' is of no %s; coresweep %s goes on with it",
                        measuring->path, what, command_of(&measuring->before.plan));
    return 0;
}

int cli_read_again(struct cli_measuring *measuring, const char *path, cli_step check, void *context,
                   struct csw_err *err)
{
    measuring->path = strdup(path);
    int code = measuring->path ? csw_writer_reopen(&measuring->writer, measuring->path, err)
                               : csw_fail(err, -ENOMEM, "no memory for a file name");

    if (code == 0)
        code = csw_results_read(&measuring->before, measuring->path, err);
    if (code == 0)
        code = check(context, err);
    return code == 0 ? cli_settle(measuring, err) : code;
}

int cli_reopen_file(struct cli_measuring *measuring, cli_step check, void *context,
                    struct csw_err *err)
{
    int code = cli_read_again(measuring, measuring->file->resume, check, context, err);

    if (code == 0)
        code = cli_check_same(measuring->path, &csw_host_fields, &measuring->before.host,
                              &measuring->host, err);
    if (code == 0)
        code = csw_writer_cut(measuring->writer, measuring->before.valid_bytes, err);
    return code;
}

/* ---- the visits ----------------------------------------------------------------------------- */

struct csw_visit cli_visits_of(const struct cli_measuring *measuring)
{
    const struct csw_plan *plan = cli_plan_of(measuring);
    const uint64_t given_s = measuring->file->timeout_s;

    return (struct csw_visit){.program = "/proc/self/exe",
                              .pin = plan->pin,
                              .memory = plan->memory,
                              .huge_pages = plan->huge_pages,
                              .exclude = measuring->exclude,
                              .samples = plan->samples,
                              .min_ms = plan->min_ms,
                              .timeout_ns =
                                  (given_s > 0 ? given_s : DEFAULT_TIMEOUT_S) * CSW_NS_PER_S,
                              .stop = measuring->stop};
}

int cli_run_points(struct cli_measuring *measuring, bool costs, struct csw_err *err)
{
    const struct csw_sweep sweep = {.plan = cli_plan_of(measuring),
                                    .writer = measuring->writer,
                                    .before = cli_is_resumed(measuring) ? &measuring->before : NULL,
                                    .topo = measuring->topo,
                                    .visit = cli_visits_of(measuring),
                                    .costs = costs,
                                    .watch = cli_watch()};
    const int code = csw_sweep_run(&sweep, err);

    cli_clear_progress();
    return code;
}

int cli_close_file(struct cli_measuring *measuring, int code, struct csw_err *err)
{
    struct csw_err closing;
    const int closed = csw_writer_close(measuring->writer, &closing);

    measuring->writer = NULL;
    return code == 0 && closed < 0 ? csw_fail(err, closed, "%s", closing.text) : code;
}

void cli_tell_file(const struct cli_measuring *measuring, const char *command, int code)
{
    if (code == -EINTR)
        fprintf(stderr, "go on with: coresweep %s --resume '%s'\n", command, measuring->path);
    fprintf(stderr, "results: %s\n", measuring->path);
}

void cli_warn_incomplete(const char *path, const struct csw_results *results)
{
    if (!results->ended)
        cli_warn("'%s' is not complete; coresweep %s --resume '%s' goes on", path,
                 command_of(&results->plan), path);
}

/* ---- progress ------------------------------------------------------------------------------- */

/* "A threads, joined" of a story, or "trial dynamic fork x2". */
static void print_point(const struct csw_point *point)
{
    if (point->label && *point->label)
        fprintf(stderr, "%s %s, %s x%" PRIu64, point->block, point->label, point->driver,
                point->workers);
    else
        fprintf(stderr, "%s %s %s x%" PRIu64, point->kernel, point->schedule, point->driver,
                point->workers);
}

/* "worst interval +-2.30 % of 1 % wanted (fork x2)" */
static void print_interval(const struct csw_progress *progress)
{
    const double half = 100 * progress->half_width;

    fprintf(stderr, "worst interval +-%.*f %% of %g %% wanted (%s x%" PRIu64 ")",
            csw_decimals(half), half, 100 * progress->precision, progress->widest->driver,
            progress->widest->workers);
}

/*
 * How far it is: visits of a number that is fixed, or the interval that closes in. The point that
 * is being visited has room beside the one, which an ordinary terminal is not wide enough for
 * beside the other.
 */
static void show_progress(void *context, const struct csw_progress *progress)
{
    (void)context;
    const bool fixed = !(progress->precision > 0);
    const unsigned left = isnan(progress->left_s) ? 0 : (unsigned)progress->left_s;

    fprintf(stderr, "\r\033[K");
    if (fixed)
        fprintf(stderr, "[%" PRIu64 "/%" PRIu64 "] ", progress->done, progress->total);
    fprintf(stderr, "round %" PRIu64 "  ", progress->round + 1);
    if (fixed || !isfinite(progress->half_width))
        print_point(progress->point);
    else
        print_interval(progress);
    if (!isnan(progress->left_s))
        fprintf(stderr, "  %u:%02u left%s", left / 60, left % 60, fixed ? "" : " at most");
    fflush(stderr);
}

void cli_clear_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

void cli_show_warning(void *context, const char *sentence)
{
    (void)context;
    cli_clear_progress();
    cli_warn("%s", sentence);
}

struct csw_watch cli_watch(void)
{
    return (struct csw_watch){.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
                              .warning = cli_show_warning};
}
