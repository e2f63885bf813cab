/* table.h - tables for people. libsmartcols stays behind this header. */
#ifndef CSW_TABLE_H
#define CSW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <coresweep/err.h>

struct csw_column {
    const char *heading;
    bool right; /* numbers */
};

struct csw_table; /* NULL: there was no memory, which csw_table_print will tell */

struct csw_table *csw_table_new(const struct csw_column *columns, size_t count);

/* Adds a row of one text per column; the texts are copied. */
void csw_table_row(struct csw_table *, const char *const *texts);

/* Prints and frees the table. 0, -ENOMEM where a row got lost, -EIO where writing failed. */
typedef int csw_table_writer(struct csw_table *, FILE *out, struct csw_err *);
csw_table_writer csw_table_print;    /* in aligned columns */
csw_table_writer csw_table_markdown; /* in Markdown */

/* Frees a table that is not printed; accepts NULL. */
void csw_table_free(struct csw_table *);

/* The version of the library behind it. */
const char *csw_table_library(void);

#endif
