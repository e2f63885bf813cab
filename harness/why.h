/* why.h - why a speedup is not larger, in one sentence: factors, bounds, replays and the control.
 */
#ifndef CSW_WHY_H
#define CSW_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "replay.h"
#include "report.h"

/*
 * Whether the cell is one to explain: the most workers that its driver has in its series, of those
 * that have a CPU each (or that wait), or the most of all where none has.
 */
bool csw_why_explains(const struct csw_report *, size_t index);

/*
 * Writes the sentence, without its end: "at 2 workers 28 % [20, 35] of the ideal is lost, ...".
 * What the intervals do not tell is called not resolved.
 */
void csw_why_print(const struct csw_report *, size_t index, const struct csw_replay *, FILE *out);

#endif
