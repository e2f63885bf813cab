/*
 * causes.h - what a loss is made of, in words: the factors of a cell by their share, and what its
 * samples, its driver with one worker, the replay of its work and the control say of each.
 */
#ifndef CSW_CAUSES_H
#define CSW_CAUSES_H

#include <stdio.h>

#include "replay.h"
#include "report.h"

/*
 * Writes "93 % of it by imbalance (the largest task is 64 % of the work; ...), 6 % by more CPU time
 * for the same work". Shares are those of -ln(factor) among the factors below 1; shares below 5 %
 * are left out, and what is behind a cause is told from 20 % on. A cause whose interval reaches 1
 * is called not resolved. Nothing where the cell's factors are not known.
 */
void csw_causes_print(const struct csw_report *, const struct csw_cell *, const struct csw_replay *,
                      FILE *out);

/* Writes "the largest task is 64 % of the work; whole allows 1.50x, dynamic would allow 2.00x". */
void csw_replay_print(const struct csw_point *, const struct csw_replay *, FILE *out);

/*
 * The kernel that is flagged as control, under the point's driver and workers, by the schedule that
 * lost least: what this machine leaves of the ideal whatever runs on it. NULL: the file has none,
 * or the point is the control itself.
 */
const struct csw_cell *csw_control_of(const struct csw_report *, const struct csw_point *);

#endif
