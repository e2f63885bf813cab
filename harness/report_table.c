/* report_table.c - the report for people: one table per kernel, workload and schedule. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "estimate_text.h"
#include "files.h"
#include "label.h"
#include "options.h"
#include "report_checks.h"
#include "report_fraction.h"
#include "report_loss.h"
#include "report_model.h"
#include "report_noise.h"
#include "report_stop.h"
#include "report_weak.h"
#include "report_why.h"
#include "table.h"
#include "units.h"

#define CELL_SIZE CSW_LABEL_SIZE

/* The columns of both tables, in order. */
enum column { DRIVER, WORKERS, TIME, S_ABS, BOUND, S_REL, EFFICIENCY, S_CPU, RATE, COLUMNS };

static const struct csw_column columns[COLUMNS] = {
    [DRIVER] = {"driver", false},   [WORKERS] = {"workers", true},
    [TIME] = {"time [95 %]", true}, [S_ABS] = {"S_abs [95 %]", true},
    [BOUND] = {"bound", true},      [S_REL] = {"S_rel [95 %]", true},
    [EFFICIENCY] = {"eff", true},   [S_CPU] = {"S_cpu", true},
    [RATE] = {"rate/s", true},
};

typedef char row[COLUMNS][CELL_SIZE];

/* ---- numbers as text ------------------------------------------------------------------------ */

static void print_value(double value, char ret_text[CELL_SIZE])
{
    if (isnan(value))
        snprintf(ret_text, CELL_SIZE, "-");
    else
        snprintf(ret_text, CELL_SIZE, "%.*f", csw_decimals(value), value);
}

static void print_bound(const struct csw_cell *cell, char ret_text[CELL_SIZE])
{
    const double bound = cell->bound.fair;

    if (isnan(bound))
        snprintf(ret_text, CELL_SIZE, "-");
    else
        snprintf(ret_text, CELL_SIZE, "%.*f%s", csw_decimals(bound), bound,
                 cell->above_bound ? "!" : "");
}

static void fill_row(const struct csw_report *report, size_t index, row ret_row)
{
    const struct csw_cell *cell = &report->cell[index];

    csw_point_label(report->results, index, ret_row[DRIVER]);
    snprintf(ret_row[WORKERS], CELL_SIZE, "%" PRIu64 "%s", cell->point->workers,
             cell->point->oversubscribed ? "*" : "");
    csw_estimate_time_text(&cell->time_ns, 4, ret_row[TIME], CELL_SIZE);
    csw_estimate_ratio_text(&cell->s_abs, ret_row[S_ABS], CELL_SIZE);
    print_bound(cell, ret_row[BOUND]);
    csw_estimate_ratio_text(&cell->s_rel, ret_row[S_REL], CELL_SIZE);
    print_value(cell->point->waits ? NAN : cell->efficiency.value, ret_row[EFFICIENCY]);
    print_value(cell->s_cpu.value, ret_row[S_CPU]);
    csw_number_text(cell->rate.value, ret_row[RATE], CELL_SIZE);
}

/* ---- what stands in one table --------------------------------------------------------------- */

static bool is_base(const struct csw_cell *cell)
{
    return csw_is_base(cell->point, cell->point);
}

/* The series of a cell, or a base of the same work: what its drivers are compared with. */
static bool belongs(const struct csw_cell *cell, const struct csw_cell *series)
{
    const struct csw_point *a = cell->point, *b = series->point;

    return csw_same_work(a, b) && (strcmp(a->schedule, b->schedule) == 0 || is_base(cell));
}

/* The first point of its series; a base leads only where nothing else was done with its work. */
static bool leads(const struct csw_report *report, size_t index)
{
    const struct csw_cell *cell = &report->cell[index];

    for (size_t i = 0; i < report->count; i++) {
        const struct csw_cell *other = &report->cell[i];

        if (is_base(other) || i == index)
            continue;
        if (is_base(cell) ? belongs(cell, other) : i < index && belongs(other, cell))
            return false;
    }
    return true;
}

/* How much of a list of tasks is shown beside the rest of a title: up to 100 columns in all. */
static size_t room_for_tasks(const char *title, const char *schedule, const char *unit)
{
    const size_t most = 32, least = 9;
    const size_t rest =
        strlen(title) + strlen(schedule) + strlen(unit) + strlen(", schedule , tasks ... (rate: )");
    const size_t room = rest + least < 100 ? 100 - rest : least;

    return room < most ? room : most;
}

/* "trial, schedule whole, tasks 2130,4260 (rate: comparisons)"; long lists are cut. */
static void print_title(const struct csw_cell *cell, const char *before, FILE *out)
{
    const struct csw_point *point = cell->point;
    char title[CSW_TITLE_SIZE];

    csw_kernel_title(point->kernel, point->options, title);
    const size_t shown = room_for_tasks(title, point->schedule, cell->unit);

    fprintf(out, "%s%s, schedule %s, tasks %.*s%s (rate: %s)\n", before, title, point->schedule,
            (int)shown, point->tasks, strlen(point->tasks) > shown ? "..." : "", cell->unit);
}

/* "cpython-pool: CPython 3.11.2, PGO+LTO, GIL on", once for each runtime and driver. */
static void print_runtimes(const struct csw_report *report, const char *line_end, FILE *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const char *runtime = csw_point_runtime(report->results, i);
        bool told = *runtime == '\0';

        for (size_t j = 0; !told && j < i; j++)
            told = strcmp(report->cell[j].point->driver, report->cell[i].point->driver) == 0 &&
                   strcmp(csw_point_runtime(report->results, j), runtime) == 0;
        if (!told)
            fprintf(out, "%s: %s.%s\n", report->cell[i].point->driver, runtime, line_end);
    }
}

/* Whose base is another driver than serial. */
static void print_other_base(const struct csw_report *report, const char *line_end, FILE *out)
{
    for (size_t i = 0; i < report->count; i++) {
        const char *base = report->cell[i].point->base;
        const int length = base ? (int)strcspn(base, " ") : 0;

        if (length > 0 && strncmp(base, "serial", (size_t)length) != 0) {
            fprintf(out, "S_abs in another language: over the serial driver there, %.*s.%s\n",
                    length, base, line_end);
            return;
        }
    }
}

static void print_notes(const struct csw_report *report, const char *line_end, FILE *out)
{
    bool over = false, above = false;

    for (size_t i = 0; i < report->count; i++) {
        const struct csw_cell *cell = &report->cell[i];

        over |= cell->point->oversubscribed;
        above |= cell->above_bound;
    }
    fprintf(out,
            "S_abs: speedup over serial. S_rel: over the same driver with one worker. eff: "
            "S_abs/workers.%s\n"
            "bound: the most that S_abs can be by the work per task, the schedule and the CPUs.%s\n"
            "S_cpu: S_abs by CPU time instead of wall time, as if nobody else used the CPUs.%s\n",
            line_end, line_end, line_end);
    if (above)
        fprintf(out,
                "!: S_abs is above its bound: the two times are not of one experiment, or caches "
                "helped.%s\n",
                line_end);
    if (over)
        fprintf(out, "*: more workers than the %" PRIu64 " usable CPUs.%s\n",
                report->results->host.usable_pus, line_end);
    csw_report_loss_note(report, line_end, out);
    print_other_base(report, line_end, out);
    print_runtimes(report, line_end, out);
    csw_report_stop_print(report, line_end, out);
    csw_print_findings(report, line_end, out);
}

/* ---- text ----------------------------------------------------------------------------------- */

static int print_rows(const struct csw_report *report, size_t index, csw_table_writer *print,
                      FILE *out, struct csw_err *err)
{
    struct csw_table *table = csw_table_new(columns, COLUMNS);

    for (size_t i = 0; i < report->count; i++) {
        row cells;
        const char *texts[COLUMNS];

        if (!belongs(&report->cell[i], &report->cell[index]))
            continue;
        fill_row(report, i, cells);
        for (int c = 0; c < COLUMNS; c++)
            texts[c] = cells[c];
        csw_table_row(table, texts);
    }
    return print(table, out, err);
}

/* One count of workers has its fraction in the table of models. */
static int print_series(const struct csw_report *report, size_t index, FILE *out,
                        struct csw_err *err)
{
    const struct csw_cell *group = &report->cell[index];

    print_title(group, "", out);
    int code = print_rows(report, index, csw_table_print, out, err);

    if (code == 0 && csw_report_has_fractions(report, group))
        code = csw_report_fractions(report, group, csw_table_print, out, err);
    if (code == 0)
        code = csw_report_models_table(report, group, out, err);
    if (code == 0)
        code = csw_report_loss_table(report, group, csw_table_print, out, err);
    fprintf(out, "\n");
    return code;
}

static int print_noise(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    return csw_noise_report_print(report->results, "", out, err);
}

/* What follows the tables, in this order. */
static int (*const sections[])(const struct csw_report *, FILE *, struct csw_err *) = {
    print_noise,
    csw_report_why_table,
};

int csw_report_table(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < report->count; i++)
        if (leads(report, i))
            code = print_series(report, i, out, err);
    if (code == 0)
        code = csw_report_weak_print(report, csw_table_print, "", out, err);
    if (code < 0)
        return code;
    print_notes(report, "", out);
    csw_report_fractions_note(report, "", out);
    csw_report_models_note(report, out);
    for (size_t i = 0; code == 0 && i < sizeof sections / sizeof *sections; i++)
        code = sections[i](report, out, err);
    return code < 0 ? code : csw_stream_flush(out, "the report", err);
}

/* ---- Markdown ------------------------------------------------------------------------------- */

static int print_markdown_series(const struct csw_report *report, size_t index, FILE *out,
                                 struct csw_err *err)
{
    const struct csw_cell *group = &report->cell[index];

    print_title(group, "### ", out);
    fprintf(out, "\n");
    int code = print_rows(report, index, csw_table_markdown, out, err);

    if (code == 0)
        code = csw_report_fractions(report, group, csw_table_markdown, out, err);
    if (code == 0)
        code = csw_report_loss_table(report, group, csw_table_markdown, out, err);
    fprintf(out, "\n");
    return code;
}

int csw_report_markdown(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < report->count; i++)
        if (leads(report, i))
            code = print_markdown_series(report, i, out, err);
    if (code == 0)
        code = csw_report_weak_print(report, csw_table_markdown, "  ", out, err);
    if (code < 0)
        return code;
    print_notes(report, "  ", out);
    csw_report_fractions_note(report, "  ", out);
    code = csw_noise_report_print(report->results, "  ", out, err);
    if (code == 0)
        code = csw_report_why_markdown(report, out, err);
    return code < 0 ? code : csw_stream_flush(out, "the report", err);
}
