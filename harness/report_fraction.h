/* report_fraction.h - the serial fraction at every worker count, as a table. */
#ifndef CSW_REPORT_FRACTION_H
#define CSW_REPORT_FRACTION_H

#include <stdbool.h>
#include <stdio.h>

#include <coresweep/err.h>

#include "report.h"
#include "table.h"

/* "not resolved" of a fraction whose interval holds 0, "superlinear" below, or else "". */
const char *csw_fraction_word(const struct csw_estimate *fraction);

/* Whether a driver with the work and schedule of the cell has fractions at several counts. */
bool csw_report_has_fractions(const struct csw_report *, const struct csw_cell *group);

/*
 * Prints, after an empty line, Karp and Flatt's serial fraction of every point with the work and
 * schedule of the cell; nothing where none has one. 0, -ENOMEM or -EIO.
 */
int csw_report_fractions(const struct csw_report *, const struct csw_cell *group,
                         csw_table_writer *, FILE *out, struct csw_err *);

/* Says what its columns mean where a point has a fraction. */
void csw_report_fractions_note(const struct csw_report *, const char *line_end, FILE *out);

#endif
