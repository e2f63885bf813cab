/* table.c - see table.h */
#include "table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

struct csw_table {
    struct libscols_table *scols;
    size_t columns;
    bool complete; /* nothing got lost for want of memory */
};

struct csw_table *csw_table_new(const struct csw_column *columns, size_t count)
{
    struct csw_table *table = calloc(1, sizeof *table);

    if (!table)
        return NULL;
    table->scols = scols_new_table();
    table->columns = count;
    table->complete = table->scols != NULL;
    for (size_t c = 0; table->complete && c < count; c++)
        table->complete = scols_table_new_column(table->scols, columns[c].heading, 0,
                                                 columns[c].right ? SCOLS_FL_RIGHT : 0) != NULL;
    return table;
}

void csw_table_row(struct csw_table *table, const char *const *texts)
{
    if (!table || !table->complete)
        return;
    struct libscols_line *line = scols_table_new_line(table->scols, NULL);

    table->complete = line != NULL;
    for (size_t c = 0; table->complete && c < table->columns; c++)
        table->complete = scols_line_set_data(line, c, texts[c]) == 0;
}

void csw_table_free(struct csw_table *table)
{
    if (table)
        scols_unref_table(table->scols);
    free(table);
}

static int fail(struct csw_err *err)
{
    return csw_fail(err, -ENOMEM, "no memory for a table");
}

int csw_table_print(struct csw_table *table, FILE *out, struct csw_err *err)
{
    int code = table && table->complete ? 0 : -ENOMEM;

    if (code == 0) {
        scols_table_set_stream(table->scols, out);
        code = scols_print_table(table->scols);
    }
    csw_table_free(table);
    return code == 0 ? csw_stream_flush(out, "a table", err) : fail(err);
}

/* ---- Markdown ------------------------------------------------------------------------------- */

static void print_headings(const struct csw_table *table, FILE *out)
{
    for (size_t c = 0; c < table->columns; c++) {
        struct libscols_column *column = scols_table_get_column(table->scols, c);

        fprintf(out, "| %s ", scols_cell_get_data(scols_column_get_header(column)));
    }
    fprintf(out, "|\n");
    for (size_t c = 0; c < table->columns; c++)
        fprintf(out, "|%s",
                scols_column_is_right(scols_table_get_column(table->scols, c)) ? "---:" : "---");
    fprintf(out, "|\n");
}

int csw_table_markdown(struct csw_table *table, FILE *out, struct csw_err *err)
{
    const bool complete = table && table->complete;

    if (complete)
        print_headings(table, out);
    for (size_t l = 0; complete && l < scols_table_get_nlines(table->scols); l++) {
        struct libscols_line *line = scols_table_get_line(table->scols, l);

        for (size_t c = 0; c < table->columns; c++)
            fprintf(out, "| %s ", scols_cell_get_data(scols_line_get_cell(line, c)));
        fprintf(out, "|\n");
    }
    csw_table_free(table);
    return complete ? csw_stream_flush(out, "a table", err) : fail(err);
}

const char *csw_table_library(void)
{
    const char *version = "?";

    scols_get_library_version(&version);
    return version;
}
