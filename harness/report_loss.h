/* report_loss.h - where the efficiency of every point went, as the report shows it. */
#ifndef CSW_REPORT_LOSS_H
#define CSW_REPORT_LOSS_H

#include <stdio.h>

#include <coresweep/err.h>

#include "report.h"
#include "table.h"

/*
 * Prints the factors of all points with the work and schedule of the cell, by driver and number of
 * workers; nothing where none is known, as of work that waits. The clock has a column where it is
 * known. Returns 0, -ENOMEM or -EIO.
 */
int csw_report_loss_table(const struct csw_report *, const struct csw_cell *, csw_table_writer *,
                          FILE *out, struct csw_err *);

/* Says what the columns of these tables mean, if there was one. */
void csw_report_loss_note(const struct csw_report *, const char *line_end, FILE *out);

#endif
