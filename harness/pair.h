/*
 * pair.h - two programs, A and B, measured in the same rounds: every point of a plan is visited by
 * both in turn, so that what disturbs the machine for longer than a visit disturbs both.
 */
#ifndef CSW_PAIR_H
#define CSW_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/place.h>
#include <coresweep/record.h>

#include "compare.h"
#include "sweep.h"
#include "visit.h"

struct csw_pair {
    const struct csw_plan *plan;                 /* that of both files */
    struct csw_writer *writer[CSW_SIDES];        /* plan and host lines are written */
    const struct csw_results *before[CSW_SIDES]; /* what resumed files hold; NULL: new files */
    const struct csw_topo *topo;       /* whose CPUs warm up; NULL for plans without spin_ms */
    struct csw_visit visit[CSW_SIDES]; /* the same but for the program */
    struct csw_watch watch;
};

/*
 * Whether B goes first at the point in the round. Rounds 2k and 2k + 1 have one order each, which
 * of the two comes first is drawn from the seed: ABBA or BAAB, so that neither program gains from
 * its place, nor from drift that is steady over two rounds.
 */
bool csw_pair_begins_with_b(uint64_t seed, size_t point, uint64_t round);

/*
 * Visits all points in the order of a sweep's rounds, each by both programs one after the other,
 * until the plan's rule says stop (see stop.h) or its time is over: the figures that are to become
 * certain are the ratios B/A. Appends samples, events and end lines to both files; files that lack
 * nothing stay as they are. The plan's warm-up comes first. In files that are resumed, a visit that
 * one program made and the other did not is made by the other alone. A visit that fails is an
 * event; the second one of a point gives the point up for both. Returns 0 when every visit gave its
 * samples; -ECHILD when some failed; CSW_EWRONG at once when a result was wrong, or the two
 * programs found different things; -EINTR when the user stopped it; or what writing returned.
 */
int csw_pair_run(const struct csw_pair *, struct csw_err *);

#endif
