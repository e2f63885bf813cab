/* units.c - see units.h */
#include "units.h"

#include <math.h>
#include <stdio.h>

/* Scales ascend. */
static const struct csw_scale *scale_for(double value, const struct csw_scale *scales, size_t count)
{
    size_t best = 0;

    for (size_t i = 1; i < count; i++)
        if (value >= 0.9995 * scales[i].factor)
            best = i;
    return &scales[best];
}

const struct csw_scale *csw_time_scale(double ns)
{
    static const struct csw_scale scales[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};

    return scale_for(ns, scales, sizeof scales / sizeof *scales);
}

static const struct csw_scale *number_scale(double number)
{
    static const struct csw_scale scales[] = {{1, ""},    {1e3, "k"},  {1e6, "M"},
                                              {1e9, "G"}, {1e12, "T"}, {1e15, "P"}};

    return scale_for(number, scales, sizeof scales / sizeof *scales);
}

int csw_decimals(double value)
{
    return value >= 100 ? 0 : value >= 10 ? 1 : 2;
}

static const struct csw_scale *bytes_scale(double bytes)
{
    static const struct csw_scale scales[] = {
        {0x1p10, "KiB"}, {0x1p20, "MiB"}, {0x1p30, "GiB"}, {0x1p40, "TiB"}};

    return scale_for(bytes, scales, sizeof scales / sizeof *scales);
}

static void scaled_text(double value, const struct csw_scale *scale, char *ret_text, size_t size)
{
    const double scaled = value / scale->factor;

    if (isnan(value))
        snprintf(ret_text, size, "-");
    else
        snprintf(ret_text, size, "%.*f%s%s", csw_decimals(scaled), scaled, *scale->name ? " " : "",
                 scale->name);
}

void csw_number_text(double number, char *ret_text, size_t size)
{
    scaled_text(number, number_scale(number), ret_text, size);
}

void csw_bytes_text(double bytes, char *ret_text, size_t size)
{
    if (bytes < 1000)
        snprintf(ret_text, size, "%.0f B", bytes);
    else
        scaled_text(bytes, bytes_scale(bytes), ret_text, size);
}
