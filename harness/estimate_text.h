/* estimate_text.h - medians with their intervals, as tables show them. */
#ifndef CSW_ESTIMATE_TEXT_H
#define CSW_ESTIMATE_TEXT_H

#include <stddef.h>

#include "stats.h"

/*
 * Writes "2.27 s [1.74, 2.69]", "2.27 s (n=3)" where there are too few for an interval, or "-".
 * `digits` are the significant ones, 3 or 4.
 */
void csw_estimate_time_text(const struct csw_estimate *ns, int digits, char *ret_text, size_t size);

/* Writes "1.49 [1.12, 1.94]", "1.49 (n=3)" or "-", with three digits. */
void csw_estimate_ratio_text(const struct csw_estimate *, char *ret_text, size_t size);

/*
 * Writes a share in per cent, "5.03 [4.71, 5.35]", with the digits that its interval is worth;
 * "5.0 (n=3)" or "-". The sign of per cent is the caller's.
 */
void csw_estimate_percent_text(const struct csw_estimate *, char *ret_text, size_t size);

#endif
