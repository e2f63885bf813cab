/* estimate_text.c - see estimate_text.h */
#include "estimate_text.h"

#include <math.h>
#include <stdio.h>

#include "units.h"

void csw_estimate_time_text(const struct csw_estimate *ns, int digits, char *ret_text, size_t size)
{
    const struct csw_scale *scale = csw_time_scale(ns->value);
    const double value = ns->value / scale->factor;
    const int decimals = value >= 1000 ? 0 : csw_decimals(value) + digits - 3;

    if (isnan(value))
        snprintf(ret_text, size, "-");
    else if (csw_estimate_has_interval(ns))
        snprintf(ret_text, size, "%.*f %s [%.*f, %.*f]", decimals, value, scale->name, decimals,
                 ns->low / scale->factor, decimals, ns->high / scale->factor);
    else
        snprintf(ret_text, size, "%.*f %s (n=%zu)", decimals, value, scale->name, ns->n);
}

void csw_estimate_ratio_text(const struct csw_estimate *ratio, char *ret_text, size_t size)
{
    const int decimals = csw_decimals(ratio->value);

    if (isnan(ratio->value))
        snprintf(ret_text, size, "-");
    else if (csw_estimate_has_interval(ratio))
        snprintf(ret_text, size, "%.*f [%.*f, %.*f]", decimals, ratio->value, decimals, ratio->low,
                 decimals, ratio->high);
    else
        snprintf(ret_text, size, "%.*f (n=%zu)", decimals, ratio->value, ratio->n);
}
