/*
 * exclude.h - the rule by which a sample counts as disturbed. It is a text, fixed in the plan
 * before anything is measured: blank-separated terms QUANTITY<NUMBER and QUANTITY>NUMBER, any of
 * which is enough. What it marks is kept; a rule that was made once the numbers are seen would be a
 * choice among them.
 */
#ifndef CSW_EXCLUDE_H
#define CSW_EXCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

/* CPU time within 2 % of busy time, no period of a quota used up, at most 1 % stolen. */
#define CSW_EXCLUDE_DEFAULT "availability<0.98 throttled>0 steal>0.01"

#define CSW_MAX_TERMS 8

struct csw_quantity; /* availability, throttled, steal, pressure or migrations */

struct csw_term {
    const struct csw_quantity *quantity;
    bool below; /* marked below the limit, or else above it */
    double limit;
};

struct csw_exclude {
    size_t count; /* 0: nothing counts as disturbed */
    struct csw_term term[CSW_MAX_TERMS];
};

/* The word by which the reason names the quantity, such as "throttled ". */
#define CSW_BY_AVAILABILITY "availability "
#define CSW_BY_THROTTLING "throttled "
#define CSW_BY_STEAL "steal "

/*
 * Reads the rule; "none" and "" are the one without terms. steal and pressure are shares of the
 * time around the sample (window_ns), steal of that of the CPUs used. Returns 0, or -EINVAL with
 * the term that cannot be read and what is allowed.
 */
int csw_exclude_parse(struct csw_exclude *ret_exclude, const char *text, struct csw_err *);

/*
 * Why the sample of a point counts as disturbed: "availability 0.61; throttled 3 times", or "". A
 * quantity that is not known (NAN) marks nothing; availability marks no sample of a kernel that
 * waits, nor of more workers than CPUs, which take turns, nor one whose workers waited of
 * themselves. The caller frees the text; NULL: no
 * memory.
 */
char *csw_exclude_why(const struct csw_exclude *, const struct csw_point *,
                      const struct csw_sample *);

/*
 * Whether its workers waited of themselves, for each other or for a lock such as an interpreter's:
 * more often in the last run than once to begin and once to end. What a worker lacks of its CPU
 * then was not taken from it.
 */
bool csw_workers_waited(const struct csw_sample *);

/* The share of the time of the CPUs used that a hypervisor took; NAN: not known. */
double csw_steal_share(const struct csw_sample *);

#endif
