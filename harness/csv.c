/* csv.c - see csv.h */
#include "csv.h"

#include <math.h>

void csw_csv_number(double value, FILE *out)
{
    if (isfinite(value))
        fprintf(out, ",%.10g", value);
    else
        fprintf(out, ",");
}

void csw_csv_estimate(const struct csw_estimate *estimate, FILE *out)
{
    csw_csv_number(estimate->value, out);
    csw_csv_number(estimate->low, out);
    csw_csv_number(estimate->high, out);
}

void csw_csv_names(const char *name, FILE *out)
{
    fprintf(out, ",%s,%s_low,%s_high", name, name, name);
}
