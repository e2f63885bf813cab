/* compare_table.c - a comparison for people. */
#include "compare.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "label.h"
#include "options.h"
#include "report_stop.h"
#include "table.h"
#include "units.h"

static const struct csw_column columns[] = {{"driver", false}, {"workers", true}, {"A", true},
                                            {"B", true},       {"B/A", false},    {"p", true},
                                            {"verdict", false}};

#define COLUMNS (sizeof columns / sizeof *columns)
#define CELL_SIZE 64

static const struct csw_point *point_at(const struct csw_comparison *comparison, size_t index)
{
    return comparison->side[CSW_A].report->cell[comparison->point[CSW_A][index]].point;
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* The median alone: its interval is not what is judged. */
static void time_text(double ns, char *ret_text)
{
    const struct csw_scale *scale = csw_time_scale(ns);
    const double value = ns / scale->factor;

    if (isnan(ns))
        snprintf(ret_text, CELL_SIZE, "-");
    else
        snprintf(ret_text, CELL_SIZE, "%.*f %s", csw_decimals(value) + 1, value, scale->name);
}

/* "1.034 [1.021, 1.047]": ratios near 1 need one digit more than speedups. */
static void ratio_text(const struct csw_estimate *ratio, char *ret_text)
{
    if (csw_estimate_has_interval(ratio))
        snprintf(ret_text, CELL_SIZE, "%.3f [%.3f, %.3f]", ratio->value, ratio->low, ratio->high);
    else if (ratio->n > 0)
        snprintf(ret_text, CELL_SIZE, "%.3f (n=%zu)", ratio->value, ratio->n);
    else
        snprintf(ret_text, CELL_SIZE, "-");
}

static void p_text(double p, char *ret_text)
{
    if (isnan(p))
        snprintf(ret_text, CELL_SIZE, "-");
    else if (p < 0.0001)
        snprintf(ret_text, CELL_SIZE, "<0.0001");
    else
        snprintf(ret_text, CELL_SIZE, "%.4f", p);
}

static void add_row(struct csw_table *table, const struct csw_comparison *comparison, size_t index)
{
    const struct csw_report *a = comparison->side[CSW_A].report;
    const struct csw_versus *versus = &comparison->versus[index];
    char label[CSW_LABEL_SIZE], workers[CELL_SIZE], a_ns[CELL_SIZE], b_ns[CELL_SIZE];
    char ratio[CELL_SIZE], p[CELL_SIZE];

    csw_point_label(a->results, comparison->point[CSW_A][index], label);
    snprintf(workers, sizeof workers, "%" PRIu64, point_at(comparison, index)->workers);
    time_text(versus->a_ns.value, a_ns);
    time_text(versus->b_ns.value, b_ns);
    ratio_text(&versus->ratio, ratio);
    p_text(versus->p_holm, p);
    csw_table_row(table, (const char *[COLUMNS]){label, workers, a_ns, b_ns, ratio, p,
                                                 csw_verdict_name(versus->verdict)});
}

/* ---- which cells stand in one table --------------------------------------------------------- */

static bool same_table(const struct csw_point *a, const struct csw_point *b)
{
    return csw_same_work(a, b) && strcmp(a->schedule, b->schedule) == 0;
}

static bool leads(const struct csw_comparison *comparison, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_table(point_at(comparison, i), point_at(comparison, index)))
            return false;
    return true;
}

/* "trial, schedule dynamic, tasks 2130,4260"; long lists are cut. */
static void print_title(const struct csw_point *point, FILE *out)
{
    char title[CSW_TITLE_SIZE];

    csw_kernel_title(point->kernel, point->options, title);
    fprintf(out, "%s, schedule %s, tasks %.32s%s", title, point->schedule, point->tasks,
            strlen(point->tasks) > 32 ? "..." : "");
}

static int print_tables(const struct csw_comparison *comparison, FILE *out, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < comparison->count; i++) {
        if (!leads(comparison, i))
            continue;
        struct csw_table *table = csw_table_new(columns, COLUMNS);

        for (size_t j = i; j < comparison->count; j++)
            if (same_table(point_at(comparison, i), point_at(comparison, j)))
                add_row(table, comparison, j);
        print_title(point_at(comparison, i), out);
        fprintf(out, "\n");
        code = csw_table_print(table, out, err);
        fprintf(out, "\n");
    }
    return code;
}

/* ---- around the tables ---------------------------------------------------------------------- */

#define MAX_SHOWN 36 /* of each value, so that a line of both fits 100 columns */

static void print_difference(const struct csw_trait *trait, const char *value_a,
                             const char *value_b, void *context)
{
    FILE *out = context;

    if (strlen(value_a) > MAX_SHOWN || strlen(value_b) > MAX_SHOWN)
        fprintf(out, "  %s: differs (see the %s lines of the files)\n", trait->name,
                trait->fields->line);
    else
        fprintf(out, "  %s: %s in A, %s in B\n", trait->name, value_a, value_b);
}

static int print_differences(const struct csw_comparison *comparison, FILE *out,
                             struct csw_err *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return csw_fail(err, -ENOMEM, "no memory for what differs between two files");
    int code = csw_for_each_difference(comparison->side[CSW_A].report->results,
                                       comparison->side[CSW_B].report->results, print_difference,
                                       stream, err);
    text = csw_stream_text(stream, &text);
    if (code == 0 && !text)
        code = csw_fail(err, -ENOMEM, "no memory for what differs between two files");
    if (code == 0 && *text)
        fprintf(out, "The files differ in more than their times:\n%s\n", text);
    free(text);
    return code;
}

static void print_alone(const struct csw_comparison *comparison, enum csw_side side, FILE *out)
{
    const struct csw_report *report = comparison->side[side].report;

    for (size_t i = 0; i < comparison->only[side]; i++) {
        const size_t point = comparison->alone[side][i];
        char label[CSW_LABEL_SIZE];

        csw_point_label(report->results, point, label);
        fprintf(out, "only in %c: ", side == CSW_A ? 'A' : 'B');
        print_title(report->cell[point].point, out);
        fprintf(out, ", %s, workers %" PRIu64 "\n", label, report->cell[point].point->workers);
    }
}

/* The cell whose ratio is farthest from 1. */
static size_t farthest(const struct csw_comparison *comparison)
{
    double most = -1;
    size_t at = 0;

    for (size_t i = 0; i < comparison->count; i++)
        if (fabs(log(comparison->versus[i].ratio.value)) > most) {
            most = fabs(log(comparison->versus[i].ratio.value));
            at = i;
        }
    return at;
}

/* Says in words which way round the ratio is. */
static void print_farthest(const struct csw_comparison *comparison, FILE *out)
{
    const size_t at = farthest(comparison);
    const double ratio = comparison->versus[at].ratio.value;
    char label[CSW_LABEL_SIZE];

    if (isnan(ratio))
        return;
    csw_point_label(comparison->side[CSW_A].report->results, comparison->point[CSW_A][at], label);
    fprintf(out, "Farthest apart: B takes %.3f of A's time in %s, %s, workers %" PRIu64 ".\n",
            ratio, point_at(comparison, at)->kernel, label, point_at(comparison, at)->workers);
}

static void print_rule(const struct csw_comparison *comparison, FILE *out)
{
    const double percent = 100 * comparison->margin;

    fprintf(out,
            "B/A: B's time over A's, 95 %% interval of each cell by itself%s.\n"
            "p: of no difference, adjusted (Holm) for the %zu cells.\n"
            "slower, faster: p <= 0.05 and the ratio beyond the margin of %.3g %%; small: within "
            "it;\n"
            "equivalent: the whole interval within it; unresolved: the rounds do not tell.\n",
            comparison->paired ? ", paired by round" : "", comparison->count, percent);
    if (!comparison->paired)
        fprintf(out, "unpaired: drift between the two files is not excluded, as `coresweep compare "
                     "--live` would.\n");
}

/* Rounds of the cell that has the most. */
static size_t most_rounds(const struct csw_comparison *comparison)
{
    size_t most = 0;

    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->versus[i].ratio.n > most)
            most = comparison->versus[i].ratio.n;
    return most;
}

static void print_summary(const struct csw_comparison *comparison, FILE *out)
{
    static const enum csw_verdict order[] = {CSW_SLOWER, CSW_FASTER, CSW_SMALL, CSW_EQUIVALENT,
                                             CSW_UNRESOLVED};
    const size_t needed = csw_rounds_to_tell(comparison->paired, comparison->count);

    print_farthest(comparison, out);
    if (most_rounds(comparison) < needed)
        fprintf(out, "Too few rounds: %zu cells need at least %zu for any difference to be told.\n",
                comparison->count, needed);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        fprintf(out, "%s%zu %s", i > 0 ? ", " : "", csw_comparison_verdicts(comparison, order[i]),
                csw_verdict_name(order[i]));
    fprintf(out, "\n");
}

int csw_comparison_table(const struct csw_comparison *comparison, FILE *out, struct csw_err *err)
{
    fprintf(out, "A: %s\nB: %s\n\n", comparison->side[CSW_A].name, comparison->side[CSW_B].name);
    int code = print_differences(comparison, out, err);

    if (code == 0)
        code = print_tables(comparison, out, err);
    if (code < 0)
        return code;
    print_alone(comparison, CSW_A, out);
    print_alone(comparison, CSW_B, out);
    print_rule(comparison, out);
    if (comparison->paired) /* both files have the same end */
        csw_report_stop_print(comparison->side[CSW_A].report, "", out);
    print_summary(comparison, out);
    return csw_stream_flush(out, "the comparison", err);
}
