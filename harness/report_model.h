/* report_model.h - what a report shows of models: a table below each of its tables, and JSON. */
#ifndef CSW_REPORT_MODEL_H
#define CSW_REPORT_MODEL_H

#include <stdio.h>

#include <coresweep/err.h>

#include "record_json.h"
#include "report.h"

/*
 * Prints a table of the series with the work and schedule of the cell, and what each says in words;
 * nothing where there is none. Returns 0, -ENOMEM or -EIO.
 */
int csw_report_models_table(const struct csw_report *, const struct csw_cell *, FILE *out,
                            struct csw_err *);

/* Says what the columns of these tables mean, if there was one. */
void csw_report_models_note(const struct csw_report *, FILE *out);

/* All series as an array. NULL: no memory. The caller owns it. */
json_t *csw_report_models_json(const struct csw_report *);

/* Adds "karp_flatt" and "resolution" to the object of a cell. */
void csw_report_models_cell_json(json_t *object, const struct csw_cell *);

#endif
