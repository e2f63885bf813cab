/*
 * report_checks.h - what the report says of the rounds behind its numbers, in sentences.
 */
#ifndef CSW_REPORT_CHECKS_H
#define CSW_REPORT_CHECKS_H

#include <stddef.h>
#include <stdio.h>

#include "report.h"

#define CSW_FINDING_SIZE 400

/* How many kinds of findings there are. */
extern const size_t csw_finding_count;

/*
 * Writes what finding `kind` < csw_finding_count says of a cell: "fork, 2 workers: ...". Returns
 * how grave it is, comparable within a kind; 0: the cell shows no such thing, and no text is
 * written.
 */
double csw_finding(const struct csw_report *, size_t cell, size_t kind,
                   char ret_text[CSW_FINDING_SIZE]);

/* Prints a line for each kind that any cell shows, which tells of the gravest, wrapped. */
void csw_print_findings(const struct csw_report *, const char *line_end, FILE *out);

#endif
