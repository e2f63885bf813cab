/* report_why.h - why speedups are not larger, as the report shows it. */
#ifndef CSW_REPORT_WHY_H
#define CSW_REPORT_WHY_H

#include <jansson.h>
#include <stdio.h>

#include "report.h"

/* Writes a sentence for each driver and series; nothing where none has several workers. 0, or
 * -ENOMEM. */
int csw_report_why_table(const struct csw_report *, FILE *out, struct csw_err *);

/* The same as a list in Markdown. */
int csw_report_why_markdown(const struct csw_report *, FILE *out, struct csw_err *);

/* The same as an array of objects, with what replays give; the caller owns it. NULL: no memory. */
json_t *csw_report_why_json(const struct csw_report *);

#endif
