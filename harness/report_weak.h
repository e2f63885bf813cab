/* report_weak.h - what the report says of a sweep whose work grows with the workers. */
#ifndef CSW_REPORT_WEAK_H
#define CSW_REPORT_WEAK_H

#include <stdio.h>

#include "record_json.h"
#include "report.h"
#include "table.h"

/*
 * Prints one row per point whose work has grown: weak efficiency over serial and over one worker,
 * and Gustafson's serial fraction; lines of text end in `line_end` and a newline. Nothing where no
 * work has. 0, -ENOMEM or -EIO.
 */
int csw_report_weak_print(const struct csw_report *, csw_table_writer *, const char *line_end,
                          FILE *out, struct csw_err *);

/* Adds `growth`, and to points whose work has grown `weak_efficiency` and `gustafson`. */
void csw_report_weak_json(const struct csw_cell *, json_t *object);

#endif
