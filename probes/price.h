/* price.h - what a thing costs: the median over as many attempts as a short time has room for. */
#ifndef CSW_PRICE_H
#define CSW_PRICE_H

#include <coresweep/err.h>
#include <coresweep/probe.h>

struct csw_priced {
    const char *row, *quantity; /* of the reading, which is in ns */

    /* The thing itself, timed. 0 or a negative errno. */
    int (*once)(void *context, struct csw_err *);

    /* Not timed, after each attempt: checks and takes back what it gave. NULL: nothing to do. */
    int (*after)(void *context, struct csw_err *);
};

/* Tells one reading. The first attempt is not timed. Returns 0 or what an attempt gave. */
int csw_price(struct csw_probe_out *, const struct csw_priced *, void *context, struct csw_err *);

#endif
