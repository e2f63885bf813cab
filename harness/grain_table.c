/* grain_table.c - a grain run for people: METGs, and the efficiencies that they come from. */
#include "grain.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "files.h"
#include "label.h"
#include "options.h"
#include "report_noise.h"
#include "table.h"
#include "units.h"

#define CELL_SIZE CSW_LABEL_SIZE

/* Curves stand beside each other as far as 100 columns go, with the one of the sizes before them.
 */
#define CURVES_BESIDE 8
#define ROOM_FOR_CURVES 88

/* How all of it is written. */
struct layout {
    csw_table_writer *write;
    const char *before, *after; /* a title */
};

enum column { DRIVER, WORKERS, METG50, METG90, COLUMNS };

static const struct csw_column columns[COLUMNS] = {
    [DRIVER] = {"driver", false},
    [WORKERS] = {"workers", true},
    [METG50] = {"METG(50 %) [95 %]", true},
    [METG90] = {"METG(90 %) [95 %]", true},
};

/* ---- numbers as text ------------------------------------------------------------------------ */

static void print_time(double ns, char *ret_text, size_t size)
{
    const struct csw_scale *scale = csw_time_scale(ns);
    const double value = ns / scale->factor;

    snprintf(ret_text, size, "%.*f %s", value >= 1000 ? 0 : csw_decimals(value), value,
             scale->name);
}

/* An end of an interval, with its own unit where that is not the value's: "62.7 us". */
static void print_end(double ns, const struct csw_scale *scale, char *ret_text, size_t size)
{
    if (csw_time_scale(ns) == scale)
        snprintf(ret_text, size, "%.*f", csw_decimals(ns / scale->factor), ns / scale->factor);
    else
        print_time(ns, ret_text, size);
}

/* "23.4 ns [<12.0, 30.1]": an end that lies beyond what was measured is told by its limit. */
static void print_crossing(const struct csw_metg *metg, char ret_text[CELL_SIZE])
{
    const struct csw_scale *scale = csw_time_scale(metg->ns.value);
    const bool low_open = metg->ns.low == 0, high_open = isinf(metg->ns.high);
    char value[24], low[24], high[24];

    print_time(metg->ns.value, value, sizeof value);
    if (!csw_estimate_has_interval(&metg->ns)) {
        snprintf(ret_text, CELL_SIZE, "%s (n=%zu)", value, metg->ns.n);
        return;
    }
    print_end(low_open ? metg->least_ns : metg->ns.low, scale, low, sizeof low);
    print_end(high_open ? metg->most_ns : metg->ns.high, scale, high, sizeof high);
    snprintf(ret_text, CELL_SIZE, "%s [%s%s, %s%s]", value, low_open ? "<" : "", low,
             high_open ? ">" : "", high);
}

static void print_metg(const struct csw_metg *metg, char ret_text[CELL_SIZE])
{
    char limit[24];

    switch (metg->side) {
    case CSW_METG_CROSSED:
        print_crossing(metg, ret_text);
        break;
    case CSW_METG_BELOW:
        print_time(metg->least_ns, limit, sizeof limit);
        snprintf(ret_text, CELL_SIZE, "below %s", limit);
        break;
    case CSW_METG_ABOVE:
        print_time(metg->most_ns, limit, sizeof limit);
        snprintf(ret_text, CELL_SIZE, "above %s", limit);
        break;
    case CSW_METG_UNKNOWN:
        snprintf(ret_text, CELL_SIZE, "-");
        break;
    }
}

/* "pthread", or "cpython-pool spawn" where settings tell drivers apart. */
static void print_driver(const struct csw_grain *grain, const struct csw_grain_curve *curve,
                         char ret_text[CSW_LABEL_SIZE])
{
    const struct csw_results *results = grain->report.results;

    csw_point_label(results, (size_t)(curve->point - results->plan.points), ret_text);
}

/* ---- METG ----------------------------------------------------------------------------------- */

static bool is_same_series(const struct csw_grain_curve *a, const struct csw_grain_curve *b)
{
    return strcmp(a->point->kernel, b->point->kernel) == 0 &&
           strcmp(a->point->options, b->point->options) == 0 &&
           strcmp(a->schedule, b->schedule) == 0;
}

/* Whether tasks of the two had the same sizes. */
static bool is_same_ladder(const struct csw_grain_curve *a, const struct csw_grain_curve *b)
{
    return is_same_series(a, b) && a->point->workers == b->point->workers && a->count == b->count;
}

/* Whether no curve before this one is like it. */
static bool leads(const struct csw_grain *grain, size_t index,
                  bool (*is_alike)(const struct csw_grain_curve *, const struct csw_grain_curve *))
{
    for (size_t i = 0; i < index; i++)
        if (is_alike(&grain->curve[i], &grain->curve[index]))
            return false;
    return true;
}

static void print_title(const struct csw_grain *grain, const struct csw_grain_curve *curve,
                        const struct layout *layout, FILE *out)
{
    char title[CSW_TITLE_SIZE];

    csw_kernel_title(curve->point->kernel, curve->point->options, title);
    fprintf(out, "%s%s, schedule %s, %" PRIu64 " tasks per worker\n%s", layout->before, title,
            curve->schedule, grain->tasks_per_worker, layout->after);
}

static int print_metgs(const struct csw_grain *grain, size_t index, const struct layout *layout,
                       FILE *out, struct csw_err *err)
{
    struct csw_table *table = csw_table_new(columns, COLUMNS);

    for (size_t i = 0; i < grain->count; i++) {
        const struct csw_grain_curve *curve = &grain->curve[i];
        char cells[COLUMNS][CELL_SIZE];
        const char *texts[COLUMNS] = {cells[DRIVER], cells[WORKERS], cells[METG50], cells[METG90]};

        if (!is_same_series(curve, &grain->curve[index]))
            continue;
        print_driver(grain, curve, cells[DRIVER]);
        snprintf(cells[WORKERS], CELL_SIZE, "%" PRIu64 "%s", curve->point->workers,
                 curve->point->oversubscribed ? "*" : "");
        print_metg(&curve->metg50, cells[METG50]);
        print_metg(&curve->metg90, cells[METG90]);
        csw_table_row(table, texts);
    }
    print_title(grain, &grain->curve[index], layout, out);
    const int code = layout->write(table, out, err);

    fprintf(out, "\n");
    return code;
}

/* ---- efficiency ----------------------------------------------------------------------------- */

/* The curves of one table, all of one ladder of sizes. */
struct beside {
    const struct csw_grain_curve *curve[CURVES_BESIDE];
    char label[CURVES_BESIDE][CSW_LABEL_SIZE];
    size_t count, width;
};

/* False where there is no room for one more. */
static bool add_beside(const struct csw_grain *grain, const struct csw_grain_curve *curve,
                       struct beside *beside)
{
    if (beside->count == CURVES_BESIDE)
        return false;
    print_driver(grain, curve, beside->label[beside->count]);
    beside->width += strlen(beside->label[beside->count]) + 1;
    if (beside->count > 0 && beside->width > ROOM_FOR_CURVES)
        return false;
    beside->curve[beside->count++] = curve;
    return true;
}

/* Takes curves of the ladder that begins at `*next`, and moves it to the first without room. */
static void fill_beside(const struct csw_grain *grain, size_t *next, struct beside *ret_beside)
{
    const struct csw_grain_curve *first = &grain->curve[*next];

    *ret_beside = (struct beside){0};
    for (; *next < grain->count; ++*next)
        if (is_same_ladder(&grain->curve[*next], first) &&
            !add_beside(grain, &grain->curve[*next], ret_beside))
            break;
}

static void print_efficiency(const struct csw_estimate *efficiency, char ret_text[CELL_SIZE])
{
    if (isnan(efficiency->value))
        snprintf(ret_text, CELL_SIZE, "-");
    else
        snprintf(ret_text, CELL_SIZE, "%.3f", efficiency->value);
}

/* One row: what a task takes serially, and the efficiency of every curve. */
static void add_size_row(struct csw_table *table, const struct beside *beside, size_t size)
{
    const struct csw_grain_curve *first = beside->curve[0];
    const double serial_ns = first->size[size].task_work / first->serial_rate;
    char cells[1 + CURVES_BESIDE][CELL_SIZE] = {"-"};
    const char *texts[1 + CURVES_BESIDE] = {cells[0]};

    if (!isnan(serial_ns))
        print_time(serial_ns, cells[0], CELL_SIZE);
    for (size_t c = 0; c < beside->count; c++) {
        print_efficiency(&beside->curve[c]->size[size].efficiency, cells[1 + c]);
        texts[1 + c] = cells[1 + c];
    }
    csw_table_row(table, texts);
}

static int print_beside(const struct beside *beside, const struct layout *layout, FILE *out,
                        struct csw_err *err)
{
    const struct csw_grain_curve *first = beside->curve[0];
    struct csw_column headings[1 + CURVES_BESIDE] = {{"task alone", true}};

    for (size_t c = 0; c < beside->count; c++)
        headings[1 + c] = (struct csw_column){beside->label[c], true};
    struct csw_table *table = csw_table_new(headings, 1 + beside->count);

    for (size_t i = 0; i < first->count; i++)
        add_size_row(table, beside, i);
    fprintf(out, "%sefficiency with %" PRIu64 " workers, %s, schedule %s\n%s", layout->before,
            first->point->workers, first->point->kernel, first->schedule, layout->after);
    const int code = layout->write(table, out, err);

    fprintf(out, "\n");
    return code;
}

static int print_efficiencies(const struct csw_grain *grain, size_t index,
                              const struct layout *layout, FILE *out, struct csw_err *err)
{
    struct beside beside;
    int code = 0;

    while (code == 0 && index < grain->count) {
        fill_beside(grain, &index, &beside);
        code = print_beside(&beside, layout, out, err);
    }
    return code;
}

/* ---- notes ---------------------------------------------------------------------------------- */

/* What one-sided METGs ask for; nothing where all are crossed. */
static void print_sides(const struct csw_grain *grain, FILE *out)
{
    bool above = false, below = false;

    for (size_t i = 0; i < grain->count; i++) {
        const struct csw_grain_curve *curve = &grain->curve[i];

        above |= curve->metg50.side == CSW_METG_ABOVE || curve->metg90.side == CSW_METG_ABOVE;
        below |= curve->metg50.side == CSW_METG_BELOW || curve->metg90.side == CSW_METG_BELOW;
    }
    if (above)
        fprintf(out, "above: no size of task reached it. If efficiency still rises with the size, "
                     "--largest-us\nmakes larger ones; if not, more than handing out is lost.\n");
    if (below)
        fprintf(out, "below: tasks of one item reach it; a kernel with cheaper items goes on.\n");
}

static void print_impossible(const struct csw_grain *grain, FILE *out)
{
    for (size_t i = 0; i < grain->count; i++) {
        const struct csw_grain_curve *curve = &grain->curve[i];
        char grain_ns[24], driver[CSW_LABEL_SIZE];

        if (!curve->impossible)
            continue;
        print_driver(grain, curve, driver);
        print_time(curve->impossible->grain_ns.value, grain_ns, sizeof grain_ns);
        fprintf(out,
                "error: %s with %" PRIu64 " workers has an efficiency of %.2f at %s: it was not "
                "measured\nbeside its serial base; measure again on a quieter machine.\n",
                driver, curve->point->workers, curve->impossible->efficiency.value, grain_ns);
    }
}

static void print_notes(const struct csw_grain *grain, FILE *out)
{
    fprintf(out, "METG(e): the least wall time x workers / tasks at which the workers do the share "
                 "e of what serial\ncode does. task alone: what a task takes serially.\n");
    if (csw_median_rank(grain->report.rounds, CSW_CONFIDENCE) == 0)
        fprintf(out, "(n=...): too few rounds for a 95 %% interval, which takes at least 6.\n");
    print_sides(grain, out);
    print_impossible(grain, out);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int print_grain(const struct csw_grain *grain, const struct layout *layout, FILE *out,
                       struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < grain->count; i++)
        if (leads(grain, i, is_same_series))
            code = print_metgs(grain, i, layout, out, err);
    for (size_t i = 0; code == 0 && i < grain->count; i++)
        if (leads(grain, i, is_same_ladder))
            code = print_efficiencies(grain, i, layout, out, err);
    if (code < 0)
        return code;
    print_notes(grain, out);
    code = csw_noise_report_print(grain->report.results, "", out, err);
    if (code < 0)
        return code;
    return csw_stream_flush(out, "the table", err);
}

int csw_grain_table(const struct csw_grain *grain, FILE *out, struct csw_err *err)
{
    static const struct layout text = {csw_table_print, "", ""};

    return print_grain(grain, &text, out, err);
}

int csw_grain_markdown(const struct csw_grain *grain, FILE *out, struct csw_err *err)
{
    static const struct layout markdown = {csw_table_markdown, "### ", "\n"};

    return print_grain(grain, &markdown, out, err);
}
