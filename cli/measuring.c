/* measuring.c - what the commands that write a result file share. See cli.h. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <coresweep/driver.h>
#include <coresweep/place.h>
#include <coresweep/record.h>

#include "harness/files.h"
#include "harness/machine.h"
#include "harness/sweep.h"
#include "harness/units.h"

/* ---- before the first visit ----------------------------------------------------------------- */

char *cli_join_words(int argc, char **argv)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (int i = 0; out && i < argc; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", argv[i]);
    return csw_stream_text(out, &text);
}

int cli_open_machine(struct csw_topo **ret_topo, struct csw_host *ret_host, struct csw_err *err)
{
    int code = cli_check_binding("", err);

    if (code == 0)
        code = cli_choose_isa(NULL, err);
    if (code == 0)
        code = csw_topo_open(ret_topo, NULL, err);
    if (code == 0)
        code = csw_host_read(ret_host, "", *ret_topo, err);
    return code;
}

char *cli_result_path(const char *prefix, const struct csw_host *host)
{
    char stamp[32], *path;
    const time_t now = time(NULL);
    struct tm local;

    if (!localtime_r(&now, &local) || strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%S", &local) == 0)
        return NULL;
    return asprintf(&path, "%s-%s-%s.jsonl", prefix, host->hostname, stamp) >= 0 ? path : NULL;
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

void cli_drop_points(struct csw_plan *plan)
{
    struct csw_plan points = {.points = plan->points, .count = plan->count};

    csw_plan_release(&points);
    plan->points = NULL;
    plan->count = 0;
}

int cli_find_binding(const struct csw_topo *topo, const char *pin, struct csw_host *host,
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

void cli_warn_of_machine(const struct csw_host *host)
{
    if (host->quota_cpus < (double)host->usable_pus)
        cli_warn(
            "a CPU quota of %.2f (%s) is below the %" PRIu64
            " usable CPUs: more workers than that are held back, and not part of --workers auto",
            host->quota_cpus, host->quota_source, host->usable_pus);
    if (*host->placement)
        cli_warn("workers are not bound: %s", host->placement);
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
void cli_show_progress(void *context, const struct csw_progress *progress)
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
