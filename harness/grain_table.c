/* grain_table.c - a grain run for people: METGs, and the efficiencies that they come from. */
#include "grain.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "estimate_text.h"
#include "files.h"
#include "label.h"
#include "options.h"
#include "table.h"
#include "units.h"

#define CELL_SIZE CSW_LABEL_SIZE

/* As many curves as fit beside each other. */
#define CURVES_BESIDE 5

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

/* "23.4 ns [below 12.0, 30.1]": ends that lie beyond what was measured are told by its limits. */
static void print_open_interval(const struct csw_metg *metg, double least, double most,
                                char ret_text[CELL_SIZE])
{
    const struct csw_scale *scale = csw_time_scale(metg->ns.value);
    const bool low_open = metg->ns.low == 0, high_open = isinf(metg->ns.high);
    const double low = (low_open ? least : metg->ns.low) / scale->factor;
    const double high = (high_open ? most : metg->ns.high) / scale->factor;
    char value[24];

    print_time(metg->ns.value, value, sizeof value);
    snprintf(ret_text, CELL_SIZE, "%s [%s%.*f, %s%.*f]", value, low_open ? "<" : "",
             csw_decimals(low), low, high_open ? ">" : "", csw_decimals(high), high);
}

static void print_metg(const struct csw_grain_curve *curve, const struct csw_metg *metg,
                       char ret_text[CELL_SIZE])
{
    char limit[24];

    if (metg->side == CSW_METG_UNKNOWN) {
        snprintf(ret_text, CELL_SIZE, "-");
    } else if (metg->side != CSW_METG_CROSSED) {
        print_time(metg->limit_ns, limit, sizeof limit);
        snprintf(ret_text, CELL_SIZE, "%s %s", metg->side == CSW_METG_BELOW ? "below" : "above",
                 limit);
    } else if (metg->ns.low == 0 || isinf(metg->ns.high)) {
        print_open_interval(metg, curve->size[0].grain_ns.value,
                            curve->size[curve->count - 1].grain_ns.value, ret_text);
    } else {
        csw_estimate_time_text(&metg->ns, 3, ret_text, CELL_SIZE);
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
                        FILE *out)
{
    char title[CSW_TITLE_SIZE];

    csw_kernel_title(curve->point->kernel, curve->point->options, title);
    fprintf(out, "%s, schedule %s, %" PRIu64 " tasks per worker\n", title, curve->schedule,
            grain->tasks_per_worker);
}

static int print_metgs(const struct csw_grain *grain, size_t index, FILE *out, struct csw_err *err)
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
        print_metg(curve, &curve->metg50, cells[METG50]);
        print_metg(curve, &curve->metg90, cells[METG90]);
        csw_table_row(table, texts);
    }
    print_title(grain, &grain->curve[index], out);
    const int code = csw_table_print(table, out, err);

    fprintf(out, "\n");
    return code;
}

/* ---- efficiency ----------------------------------------------------------------------------- */

/* The curves of one table, up to CURVES_BESIDE of one ladder, from `first` on. */
struct beside {
    const struct csw_grain_curve *curve[CURVES_BESIDE];
    size_t count, next; /* next: where the following table goes on */
};

static struct beside curves_beside(const struct csw_grain *grain, size_t first)
{
    struct beside beside = {.next = first};

    for (; beside.next < grain->count && beside.count < CURVES_BESIDE; beside.next++)
        if (is_same_ladder(&grain->curve[beside.next], &grain->curve[first]))
            beside.curve[beside.count++] = &grain->curve[beside.next];
    while (beside.next < grain->count &&
           !is_same_ladder(&grain->curve[beside.next], &grain->curve[first]))
        beside.next++;
    return beside;
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

static int print_beside(const struct csw_grain *grain, const struct beside *beside, FILE *out,
                        struct csw_err *err)
{
    char labels[CURVES_BESIDE][CSW_LABEL_SIZE];
    struct csw_column headings[1 + CURVES_BESIDE] = {{"task alone", true}};

    for (size_t c = 0; c < beside->count; c++) {
        print_driver(grain, beside->curve[c], labels[c]);
        headings[1 + c] = (struct csw_column){labels[c], true};
    }
    struct csw_table *table = csw_table_new(headings, 1 + beside->count);

    for (size_t i = 0; i < beside->curve[0]->count; i++)
        add_size_row(table, beside, i);
    fprintf(out, "efficiency with %" PRIu64 " workers, %s, schedule %s\n",
            beside->curve[0]->point->workers, beside->curve[0]->point->kernel,
            beside->curve[0]->schedule);
    const int code = csw_table_print(table, out, err);

    fprintf(out, "\n");
    return code;
}

static int print_efficiencies(const struct csw_grain *grain, size_t index, FILE *out,
                              struct csw_err *err)
{
    int code = 0;

    while (code == 0 && index < grain->count) {
        const struct beside beside = curves_beside(grain, index);

        code = print_beside(grain, &beside, out, err);
        index = beside.next;
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
        fprintf(out, "above: no size of task reached it; --largest-us makes larger ones.\n");
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

int csw_grain_table(const struct csw_grain *grain, FILE *out, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < grain->count; i++)
        if (leads(grain, i, is_same_series))
            code = print_metgs(grain, i, out, err);
    for (size_t i = 0; code == 0 && i < grain->count; i++)
        if (leads(grain, i, is_same_ladder))
            code = print_efficiencies(grain, i, out, err);
    if (code < 0)
        return code;
    print_notes(grain, out);
    return csw_stream_flush(out, "the table", err);
}
