/* report_weak.c - see report_weak.h */
#include "report_weak.h"

#include <inttypes.h>

#include "estimate_text.h"
#include "label.h"
#include "options.h"
#include "scaling.h"
#include "table.h"
#include "weak.h"

enum column { KERNEL, SCHEDULE, DRIVER, WORKERS, OVER_SERIAL, OVER_ONE, FRACTION, COLUMNS };

static const struct csw_column columns[COLUMNS] = {
    [KERNEL] = {"weak", false},
    [SCHEDULE] = {"schedule", false},
    [DRIVER] = {"driver", false},
    [WORKERS] = {"workers", true},
    [OVER_SERIAL] = {"T_serial/T_p [95 %]", true},
    [OVER_ONE] = {"T_1/T_p [95 %]", true},
    [FRACTION] = {"s % [95 %]", true},
};

static struct csw_estimate over_one(const struct csw_cell *cell)
{
    return csw_estimate_times(cell->s_rel, 1 / (double)cell->point->workers);
}

static void add_row(const struct csw_report *report, size_t index, struct csw_table *table)
{
    const struct csw_cell *cell = &report->cell[index];
    const struct csw_estimate one = over_one(cell);
    const struct csw_estimate fraction = csw_cell_gustafson(cell);
    char cells[COLUMNS][CSW_LABEL_SIZE + CSW_TITLE_SIZE];
    const char *texts[COLUMNS];

    for (int c = 0; c < COLUMNS; c++)
        texts[c] = cells[c];
    csw_kernel_title(cell->point->kernel, cell->point->options, cells[KERNEL]);
    snprintf(cells[SCHEDULE], sizeof cells[SCHEDULE], "%s", cell->point->schedule);
    csw_point_label(report->results, index, cells[DRIVER]);
    snprintf(cells[WORKERS], sizeof cells[WORKERS], "%" PRIu64, cell->point->workers);
    csw_estimate_ratio_text(&cell->efficiency, cells[OVER_SERIAL], sizeof cells[OVER_SERIAL]);
    csw_estimate_ratio_text(&one, cells[OVER_ONE], sizeof cells[OVER_ONE]);
    csw_estimate_percent_text(&fraction, cells[FRACTION], sizeof cells[FRACTION]);
    csw_table_row(table, texts);
}

static bool has_grown(const struct csw_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (csw_growth(report->cell[i].point) > 1)
            return true;
    return false;
}

int csw_report_weak_print(const struct csw_report *report, csw_table_writer *print,
                          const char *line_end, FILE *out, struct csw_err *err)
{
    if (!has_grown(report))
        return 0;
    struct csw_table *table = csw_table_new(columns, COLUMNS);

    for (size_t i = 0; i < report->count; i++)
        if (csw_growth(report->cell[i].point) > 1)
            add_row(report, i, table);
    const int code = print(table, out, err);

    fprintf(
        out,
        "\nWeak scaling: p workers have p times the work of one; S_abs is p T_serial/T_p, "
        "S_rel p T_1/T_p.%s\n"
        "s: Gustafson's serial fraction (p - S_rel)/(p - 1); where the interval holds 0, none is "
        "resolved.%s\n\n",
        line_end, line_end);
    return code;
}

void csw_report_weak_json(const struct csw_cell *cell, json_t *object)
{
    const uint64_t growth = csw_growth(cell->point);

    json_object_set_new(object, "growth", json_integer((json_int_t)growth));
    if (growth < 2)
        return;
    const struct csw_estimate one = over_one(cell);
    const struct csw_estimate fraction = csw_cell_gustafson(cell);

    json_object_set_new(object, "weak_efficiency", csw_estimate_json(&one));
    json_object_set_new(object, "gustafson", csw_estimate_json(&fraction));
}
