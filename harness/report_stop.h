/* report_stop.h - what the report says of why the sweep ended. */
#ifndef CSW_REPORT_STOP_H
#define CSW_REPORT_STOP_H

#include <stdio.h>

#include "record_json.h"
#include "report.h"

/* Writes it in one or two lines, each ended by `line_end` and a newline; nothing for a file that
 * does not tell. */
void csw_report_stop_print(const struct csw_report *, const char *line_end, FILE *out);

/* The same as an object, owned by the caller; null for a file that does not tell. */
json_t *csw_report_stop_json(const struct csw_report *);

#endif
