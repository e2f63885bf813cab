/* units.h - numbers as people read them: three or four digits and a unit. */
#ifndef CSW_UNITS_H
#define CSW_UNITS_H

#include <stddef.h>

struct csw_scale {
    double factor; /* divide by it */
    const char *name;
};

/* ns, us, ms or s: the one that leaves 1 to 999 before the point, once rounded to three digits. */
const struct csw_scale *csw_time_scale(double ns);

/* Digits after the point that make three significant ones (1.96, 15.2, 102). */
int csw_decimals(double value);

/* "1.78 G" (k, M, G, T or P), or "-" for NAN. */
void csw_number_text(double number, char *ret_text, size_t size);

/* "12.3 MiB" (B, KiB, MiB, GiB or TiB), or "-" for NAN. */
void csw_bytes_text(double bytes, char *ret_text, size_t size);

#endif
