/* show.c - see show.h: the tables. */
#include "show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/table.h"
#include "harness/units.h"

#define TEXT 40
#define KIB 1024.0
#define MOST_COLUMNS 12

/* ---- numbers as text ------------------------------------------------------------------------ */

static const char *mark(const struct bench_figure *figure)
{
    return figure->disturbed ? "*" : "";
}

/* Three digits, below 1 too: a filter takes 0.224 ns. */
static int decimals(double value)
{
    return value < 1 ? 3 : csw_decimals(value);
}

static void value_text(const struct bench_figure *figure, char ret_text[TEXT])
{
    const double value = figure->estimate.value;

    if (isnan(value))
        snprintf(ret_text, TEXT, "-");
    else
        snprintf(ret_text, TEXT, "%.*f%s", decimals(value), value, mark(figure));
}

static void interval_text(const struct bench_figure *figure, char ret_text[TEXT])
{
    const struct csw_estimate *estimate = &figure->estimate;
    const int digits = decimals(estimate->value);

    if (csw_estimate_has_interval(estimate))
        snprintf(ret_text, TEXT, "%.*f [%.*f, %.*f]%s", digits, estimate->value, digits,
                 estimate->low, digits, estimate->high, mark(figure));
    else
        value_text(figure, ret_text);
}

static void percent_text(double share, char ret_text[TEXT])
{
    if (isnan(share))
        snprintf(ret_text, TEXT, "-");
    else
        snprintf(ret_text, TEXT, "%.*f %%", share < 0.0995 ? 1 : 0, 100 * share);
}

/* Half the width of the interval, as a share of the value. */
static double half_width(const struct bench_figure *figure)
{
    const struct csw_estimate *estimate = &figure->estimate;

    return (estimate->high - estimate->low) / 2 / estimate->value;
}

/* ---- a line of a table: texts, and what its cells have in common ---------------------------- */

struct line {
    char text[MOST_COLUMNS][TEXT];
    size_t columns;
    double widest, rejected; /* of the cells: the largest half width, the largest share */
    bool measured;
};

static char *next_text(struct line *line)
{
    return line->text[line->columns++];
}

static void note_cell(struct line *line, const struct bench_campaign *campaign,
                      const struct bench_cell *cell)
{
    const struct bench_figure figure = bench_figure_ns(campaign, cell);

    if (!cell)
        return;
    line->measured = true;
    line->widest = fmax(line->widest, half_width(&figure));
    line->rejected = fmax(line->rejected, bench_cell_rejected(cell));
}

static void end_line(struct csw_table *table, struct line *line)
{
    const char *texts[MOST_COLUMNS];

    percent_text(line->widest, next_text(line));
    percent_text(line->rejected, next_text(line));
    for (size_t i = 0; i < line->columns; i++)
        texts[i] = line->text[i];
    if (line->measured)
        csw_table_row(table, texts);
}

#define LAST_COLUMNS                                                                               \
    {"+-", true},                                                                                  \
    {                                                                                              \
        "rejected", true                                                                           \
    }

/* ---- arrays in L2 --------------------------------------------------------------------------- */

static void add_input(struct line *line, const struct bench_campaign *campaign,
                      const struct bench_row *row, enum bench_input input)
{
    const struct bench_cells *cells = &campaign->cells;
    const struct bench_cell *cell = bench_cells_find(cells, row, input, BENCH_L2, false);
    const struct bench_cell *flint =
        bench_cells_find(cells, bench_row_find("FLINT n_is_square"), input, BENCH_L2, false);
    const struct bench_figure ns = bench_figure_ns(campaign, cell);
    const struct bench_figure ratio = bench_figure_ratio(campaign, flint, cell);
    char *text = next_text(line);

    value_text(&ns, text);
    if (cell)
        snprintf(text + strlen(text), TEXT - strlen(text), " %6.*fx",
                 csw_decimals(ratio.estimate.value), ratio.estimate.value);
    note_cell(line, campaign, cell);
}

static int show_inputs(const struct bench_campaign *campaign, struct csw_err *err)
{
    static const struct csw_column columns[] = {
        {"function", false}, {"range@1e6", true}, {"range@1e12", true}, {"range@2^63", true},
        {"random", true},    {"squares", true},   {"mixed", true},      LAST_COLUMNS};
    struct csw_table *table = csw_table_new(columns, sizeof columns / sizeof *columns);

    printf("\nns per value and times as fast as FLINT n_is_square; one core, arrays of %.0f KiB\n",
           (double)campaign->sizes.pass_bytes[BENCH_L2] / KIB);
    for (size_t i = 0; bench_row_at(i); i++) {
        const struct bench_row *row = bench_row_at(i);
        struct line line = {0};

        snprintf(next_text(&line), TEXT, "%s", row->name);
        for (unsigned input = 0; input < BENCH_PAIRS; input++)
            add_input(&line, campaign, row, (enum bench_input)input);
        if (row->inputs == BENCH_NUMBERS)
            end_line(table, &line);
    }
    return csw_table_print(table, stdout, err);
}

/* The part of FLINT's time that its order of tests does not take without the call. */
static void show_call(const struct bench_campaign *campaign)
{
    const struct bench_cells *cells = &campaign->cells;
    const struct bench_row *flint = bench_row_find("FLINT n_is_square");
    const struct bench_row *order = bench_row_find("FLINT's order inline");

    printf("\nOf FLINT's time, the function call takes");
    for (unsigned i = 0; i < BENCH_PAIRS; i++) {
        const enum bench_input input = (enum bench_input)i;
        const struct bench_figure ratio =
            bench_figure_ratio(campaign, bench_cells_find(cells, order, input, BENCH_L2, false),
                               bench_cells_find(cells, flint, input, BENCH_L2, false));

        printf("%s %.0f %% on %s", i > 0 ? "," : "", 100 * (1 - ratio.estimate.value),
               bench_input_name(input));
    }
    printf(".\n");
}

/* ---- memory --------------------------------------------------------------------------------- */

static void add_rates(struct line *line, const struct bench_campaign *campaign,
                      const struct bench_row *row, bool all)
{
    for (unsigned level = 0; level < BENCH_LEVELS; level++) {
        const struct bench_cell *cell =
            bench_cells_find(&campaign->cells, row, BENCH_RANDOM, (enum bench_level)level, all);
        const struct bench_figure rate = bench_figure_rate(campaign, cell);

        value_text(&rate, next_text(line));
        note_cell(line, campaign, cell);
    }
}

static int show_rates(const struct bench_campaign *campaign, struct csw_err *err)
{
    static const struct csw_column columns[] = {
        {"GB/s", false},     {"L1", true},      {"L2", true},      {"L3", true},
        {"DRAM", true},      {"all: L1", true}, {"all: L2", true}, {"all: L3", true},
        {"all: DRAM", true}, LAST_COLUMNS};
    struct csw_table *table = csw_table_new(columns, sizeof columns / sizeof *columns);

    printf("\nGB/s on one core and on all %u at once, each in memory of its own\n",
           campaign->cores);
    for (size_t i = 0; bench_row_at(i); i++) {
        const struct bench_row *row = bench_row_at(i);
        struct line line = {0};

        snprintf(next_text(&line), TEXT, "%s", row->name);
        add_rates(&line, campaign, row, false);
        add_rates(&line, campaign, row, true);
        if (row->at_all_levels || row == bench_row_find("count_array"))
            end_line(table, &line);
    }
    return csw_table_print(table, stdout, err);
}

/* ---- whatever is in neither table ----------------------------------------------------------- */

static bool is_shown(const struct bench_cell *cell)
{
    const bool in_inputs =
        cell->row->inputs == BENCH_NUMBERS && cell->level == BENCH_L2 && !cell->all;
    const bool in_rates = cell->row->at_all_levels || (cell->row == bench_row_find("count_array") &&
                                                       cell->input == BENCH_RANDOM);

    return in_inputs || in_rates;
}

static int show_others(const struct bench_campaign *campaign, struct csw_err *err)
{
    static const struct csw_column columns[] = {
        {"function", false}, {"input", false}, {"in", false},     {"cores", true},
        {"ns [95 %]", true}, {"per", false},   {"rejected", true}};
    struct csw_table *table = csw_table_new(columns, sizeof columns / sizeof *columns);

    printf("\n");
    for (size_t i = 0; i < campaign->cells.count; i++) {
        const struct bench_cell *cell = &campaign->cells.cell[i];
        const struct bench_figure ns = bench_figure_ns(campaign, cell);
        char cores[TEXT], time[TEXT], rejected[TEXT];

        snprintf(cores, sizeof cores, "%u", cell->all ? campaign->cores : 1);
        interval_text(&ns, time);
        percent_text(bench_cell_rejected(cell), rejected);
        if (!is_shown(cell))
            csw_table_row(table, (const char *[]){cell->row->name, bench_input_name(cell->input),
                                                  bench_level_name(cell->level), cores, time,
                                                  bench_row_unit(cell->row), rejected});
    }
    return csw_table_print(table, stdout, err);
}

/* ---- goals ---------------------------------------------------------------------------------- */

static int show_goals(const struct bench_campaign *campaign, struct csw_err *err)
{
    static const struct csw_column columns[] = {
        {"goal", false}, {"on", false}, {"wanted", true}, {"figure [95 %]", true}, {"", false}};
    struct csw_table *table = csw_table_new(columns, sizeof columns / sizeof *columns);
    struct bench_outcome outcome;

    printf("\n");
    for (size_t i = 0; bench_goal_outcome(campaign, i, &outcome); i++) {
        char wanted[TEXT], figure[TEXT], verdict[4 * TEXT];

        snprintf(wanted, sizeof wanted, "%s %.2f %s", outcome.at_most ? "<=" : ">=", outcome.bound,
                 outcome.unit);
        interval_text(&outcome.figure, figure);
        snprintf(verdict, sizeof verdict, "%s%s%s", bench_verdict_text(outcome.verdict),
                 outcome.reason ? ": " : "", outcome.reason ? outcome.reason : "");
        csw_table_row(table,
                      (const char *[]){outcome.text, outcome.input, wanted, figure, verdict});
    }
    return csw_table_print(table, stdout, err);
}

static bool is_any_disturbed(const struct bench_campaign *campaign)
{
    for (size_t i = 0; i < campaign->cells.count; i++)
        if (bench_figure_ns(campaign, &campaign->cells.cell[i]).disturbed)
            return true;
    return false;
}

int bench_show(const struct bench_campaign *campaign, struct csw_err *err)
{
    int code = show_inputs(campaign, err);

    if (code == 0) {
        show_call(campaign);
        code = show_rates(campaign, err);
    }
    if (code == 0)
        code = show_others(campaign, err);
    if (code == 0)
        code = show_goals(campaign, err);
    if (is_any_disturbed(campaign))
        printf("* too few quiet samples: the lower quartile of all of them instead\n");
    return code;
}
