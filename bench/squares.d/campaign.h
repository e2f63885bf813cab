/* campaign.h - visit after visit, and the samples of all of them. */
#ifndef BENCH_CAMPAIGN_H
#define BENCH_CAMPAIGN_H

#include <coresweep/place.h>

#include "rows.h"

struct bench_campaign {
    unsigned cores;
    struct bench_sizes sizes;
    struct bench_cells cells;
    unsigned rounds;       /* that were asked for */
    unsigned round;        /* rounds done */
    double seconds;        /* that they took */
    double calibration_ns; /* the additions on a quiet core */
    bool real_time;        /* nothing else got the cores */
    char unbound[160];     /* why threads were not bound; "": they were */
};

/* 0 or -ENOMEM. */
int bench_campaign_open(struct bench_campaign *ret_campaign, const struct csw_topo *,
                        unsigned rounds, struct csw_err *);
void bench_campaign_close(struct bench_campaign *);

/* How many rounds it will be: more than asked for while a cell has few quiet samples. */
unsigned bench_campaign_rounds(const struct bench_campaign *);

/*
 * Measures every cell in every round, and calls `progress` after each. 0, a negative errno, or
 * CSW_EWRONG where a pass gave a wrong result.
 */
int bench_campaign_run(struct bench_campaign *, void (*progress)(const struct bench_campaign *),
                       struct csw_err *);

#endif
