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

/* Digits after the point that leave so many significant ones. */
static int decimals_for(double value, int digits)
{
    return value > 0 ? (int)fmin(6, fmax(0, digits - 1 - floor(log10(value)))) : 2;
}

/* Two digits of half the interval, but no more than three of its farther end. */
static int percent_decimals(const struct csw_estimate *share)
{
    const int half = decimals_for(100 * (share->high - share->low) / 2, 2);
    const int most = decimals_for(100 * fmax(fabs(share->low), fabs(share->high)), 3);

    return half < most ? half : most;
}

void csw_estimate_percent_text(const struct csw_estimate *share, char *ret_text, size_t size)
{
    if (isnan(share->value)) {
        snprintf(ret_text, size, "-");
    } else if (csw_estimate_has_interval(share)) {
        const int decimals = percent_decimals(share);

        snprintf(ret_text, size, "%.*f [%.*f, %.*f]", decimals, 100 * share->value, decimals,
                 100 * share->low, decimals, 100 * share->high);
    } else {
        snprintf(ret_text, size, "%.1f (n=%zu)", 100 * share->value, share->n);
    }
}
