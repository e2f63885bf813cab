/* report_fraction.c - see report_fraction.h */
#include "report_fraction.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "estimate_text.h"
#include "label.h"
#include "scaling.h"

enum column { DRIVER, WORKERS, FRACTION, RESOLUTION, WORD, COLUMNS };

static const struct csw_column columns[COLUMNS] = {
    [DRIVER] = {"driver", false},
    [WORKERS] = {"workers", true},
    [FRACTION] = {"e % [95 %]", true},
    [RESOLUTION] = {"told from", true},
    [WORD] = {"", false},
};

const char *csw_fraction_word(const struct csw_estimate *fraction)
{
    if (fraction->high < 0)
        return "superlinear";
    return fraction->low <= 0 ? "not resolved" : ""; /* false without an interval */
}

/* Whether the point stands in the table. */
static bool has_fraction(const struct csw_cell *cell, const struct csw_cell *group)
{
    return csw_same_work(cell->point, group->point) &&
           strcmp(cell->point->schedule, group->point->schedule) == 0 &&
           !isnan(csw_cell_karp_flatt(cell).value);
}

bool csw_report_has_fractions(const struct csw_report *report, const struct csw_cell *group)
{
    for (size_t i = 0; i < report->count; i++)
        for (size_t j = 0; has_fraction(&report->cell[i], group) && j < i; j++) {
            const struct csw_point *a = report->cell[i].point, *b = report->cell[j].point;

            if (has_fraction(&report->cell[j], group) && strcmp(a->driver, b->driver) == 0 &&
                strcmp(a->settings, b->settings) == 0 && a->workers != b->workers)
                return true;
        }
    return false;
}

static void add_row(const struct csw_report *report, size_t index, struct csw_table *table)
{
    const struct csw_cell *cell = &report->cell[index];
    const struct csw_estimate fraction = csw_cell_karp_flatt(cell);
    const double resolution = csw_cell_resolution(cell);
    char cells[COLUMNS][CSW_LABEL_SIZE] = {"", "", "", "-", ""};
    const char *texts[COLUMNS];

    for (int c = 0; c < COLUMNS; c++)
        texts[c] = cells[c];
    csw_point_label(report->results, index, cells[DRIVER]);
    snprintf(cells[WORKERS], CSW_LABEL_SIZE, "%" PRIu64, cell->point->workers);
    csw_estimate_percent_text(&fraction, cells[FRACTION], CSW_LABEL_SIZE);
    if (!isnan(resolution))
        snprintf(cells[RESOLUTION], CSW_LABEL_SIZE, "%.2g", 100 * resolution);
    texts[WORD] = csw_fraction_word(&fraction);
    csw_table_row(table, texts);
}

int csw_report_fractions(const struct csw_report *report, const struct csw_cell *group,
                         csw_table_writer *print, FILE *out, struct csw_err *err)
{
    struct csw_table *table = csw_table_new(columns, COLUMNS);
    size_t rows = 0;

    for (size_t i = 0; i < report->count; i++)
        if (has_fraction(&report->cell[i], group)) {
            add_row(report, i, table);
            rows++;
        }
    if (rows == 0) {
        csw_table_free(table);
        return 0;
    }
    fprintf(out, "\n");
    return print(table, out, err);
}

void csw_report_fractions_note(const struct csw_report *report, const char *line_end, FILE *out)
{
    for (size_t i = 0; i < report->count; i++)
        if (!isnan(csw_cell_karp_flatt(&report->cell[i]).value)) {
            fprintf(out,
                    "e: serial fraction that S_rel stands for (Karp-Flatt). told from: the least "
                    "that can be resolved.%s\n",
                    line_end);
            return;
        }
}
