/* csv.h - numbers in rows of CSV (RFC 4180), each with the comma before it. */
#ifndef CSW_CSV_H
#define CSW_CSV_H

#include <stdio.h>

#include "stats.h"

/* Writes a number with ten digits; nothing after the comma where it is not finite. */
void csw_csv_number(double value, FILE *out);

/* Writes value, low and high, and their names in the header: "name,name_low,name_high". */
void csw_csv_estimate(const struct csw_estimate *, FILE *out);
void csw_csv_names(const char *name, FILE *out);

#endif
