/* report_loss.c - see report_loss.h */
#include "report_loss.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "estimate_text.h"
#include "label.h"

enum column { DRIVER, WORKERS, EFFICIENCY, BALANCE, SERIALISATION, INFLATION, CLOCK, COLUMNS };

static const struct csw_column columns[COLUMNS] = {
    [DRIVER] = {"driver", false},
    [WORKERS] = {"workers", true},
    [EFFICIENCY] = {"eff", true},
    [BALANCE] = {"load balance [95 %]", true},
    [SERIALISATION] = {"serialisation [95 %]", true},
    [INFLATION] = {"work inflation [95 %]", true},
    [CLOCK] = {"clock", true},
};

struct row {
    char cell[COLUMNS][CSW_LABEL_SIZE];
    const char *text[COLUMNS];
};

/* ---- which points --------------------------------------------------------------------------- */

/* Of the base there is nothing to tell. */
static bool is_shown(const struct csw_cell *cell, const struct csw_cell *series)
{
    const struct csw_point *a = cell->point, *b = series->point;

    return cell->loss.load_balance.n > 0 && csw_same_work(a, b) &&
           strcmp(a->schedule, b->schedule) == 0 && !csw_is_base(a, a);
}

/* How many columns the points of the series fill; 0: there is none. */
static size_t count_columns(const struct csw_report *report, const struct csw_cell *series)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count && count < COLUMNS; i++)
        if (is_shown(&report->cell[i], series))
            count = report->cell[i].loss.clock.n > 0 ? COLUMNS : CLOCK;
    return count;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void fill_row(const struct csw_report *report, size_t index, struct row *row)
{
    const struct csw_cell *cell = &report->cell[index];
    const struct csw_identity *loss = &cell->loss;
    const size_t size = sizeof row->cell[0];

    csw_point_label(report->results, index, row->cell[DRIVER]);
    snprintf(row->cell[WORKERS], size, "%" PRIu64 "%s", cell->point->workers,
             cell->point->oversubscribed ? "*" : "");
    snprintf(row->cell[EFFICIENCY], size, "%.2f", cell->efficiency.value);
    csw_estimate_ratio_text(&loss->load_balance, row->cell[BALANCE], size);
    csw_estimate_ratio_text(&loss->serialisation, row->cell[SERIALISATION], size);
    csw_estimate_ratio_text(&loss->work_inflation, row->cell[INFLATION], size);
    snprintf(row->cell[CLOCK], size, loss->clock.n > 0 ? "%.2f" : "-", loss->clock.value);
    for (int c = 0; c < COLUMNS; c++)
        row->text[c] = row->cell[c];
}

int csw_report_loss_table(const struct csw_report *report, const struct csw_cell *series,
                          csw_table_writer *write, FILE *out, struct csw_err *err)
{
    const size_t count = count_columns(report, series);
    struct row row;

    if (count == 0)
        return 0;
    struct csw_table *table = csw_table_new(columns, count);

    for (size_t i = 0; i < report->count; i++)
        if (is_shown(&report->cell[i], series)) {
            fill_row(report, i, &row);
            csw_table_row(table, row.text);
        }
    fprintf(out, "\n");
    return write(table, out, err);
}

/* ---- what they mean ------------------------------------------------------------------------- */

void csw_report_loss_note(const struct csw_report *report, const char *line_end, FILE *out)
{
    size_t most = 0;

    for (size_t i = 0; i < report->count; i++) {
        const size_t count = count_columns(report, &report->cell[i]);

        most = count > most ? count : most;
    }
    if (most == 0)
        return;
    fprintf(out,
            "eff = load balance (mean/most CPU time of a worker) x serialisation (the busiest "
            "one's CPU%s\n"
            "time/wall time) x work inflation (CPU time of all, the base's/own).%s\n",
            line_end, line_end);
    if (most == COLUMNS)
        fprintf(out, "clock: own/base's, a part of work inflation.%s\n", line_end);
}
