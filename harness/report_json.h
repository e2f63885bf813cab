/* report_json.h - parts of the report as jansson values, for csw_report_json. */
#ifndef CSW_REPORT_JSON_H
#define CSW_REPORT_JSON_H

#include <jansson.h>

#include "report.h"

/*
 * All samples, in the file's order: "point" (index in the plan), "round", "position", "started_ns"
 * (CLOCK_MONOTONIC), "region_ns", "availability", "disturbed", and "worker", an array of [start_ns,
 * end_ns, cpu_ns] of the last run. The caller owns it. NULL: out of memory.
 */
json_t *csw_report_samples_json(const struct csw_report *);

#endif
