/* replay.c - see replay.h */
#include "replay.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <coresweep/driver.h>
#include <coresweep/kernel.h>

#include "pieces.h"

const char *const csw_replay_names[CSW_REPLAY_RULES] = {
    [CSW_REPLAY_WHOLE] = "whole",   [CSW_REPLAY_LONGEST_FIRST] = "longest first",
    [CSW_REPLAY_STATIC] = "static", [CSW_REPLAY_DYNAMIC] = "dynamic",
    [CSW_REPLAY_GUIDED] = "guided",
};

/* ---- of units ------------------------------------------------------------------------------- */

/* What is taken at once: an even part of what is left. Returns how many there are. */
static size_t take_guided(const double *work, size_t count, unsigned workers, double *ret_taken)
{
    size_t taken = 0;

    for (size_t unit = 0; unit < count; taken++) {
        const size_t left = count - unit, end = unit + left / workers + (left % workers != 0);

        ret_taken[taken] = 0;
        for (; unit < end; unit++)
            ret_taken[taken] += work[unit];
    }
    return taken;
}

double csw_replay_units(const double *work, size_t count, enum csw_handout handout,
                        unsigned workers, double cpus)
{
    if (handout != CSW_GUIDED || workers == 0)
        return csw_bound_in_order(work, count, workers, cpus);
    double *taken = malloc((count > 0 ? count : 1) * sizeof *taken);

    if (!taken)
        return NAN;
    const double speedup =
        csw_bound_in_order(taken, take_guided(work, count, workers, taken), workers, cpus);

    free(taken);
    return speedup;
}

/* ---- of a point ----------------------------------------------------------------------------- */

static double largest_of(const struct csw_pieces *pieces)
{
    double sum = 0, largest = 0;

    for (size_t i = 0; i < pieces->count; i++) {
        sum += pieces->work[i];
        largest = fmax(largest, pieces->work[i]);
    }
    return sum > 0 ? largest / sum : NAN;
}

static double replay_pieces(const struct csw_pieces *pieces, double cpus)
{
    if (!pieces->work)
        return csw_bound_of_cpus(pieces->workers, cpus);
    return csw_replay_units(pieces->work, pieces->count, pieces->handout, pieces->workers, cpus);
}

static bool is_greedy(const struct csw_pieces *pieces)
{
    return pieces->handout != CSW_STATIC && pieces->handout != CSW_GUIDED &&
           pieces->workers <= pieces->cpus;
}

/* Whether the driver would run the kernel so; one that this build lacks is thought to. */
static bool is_possible(const struct csw_point *point, const char *schedule_text)
{
    const struct csw_driver_entry *entry = csw_driver_find(point->driver);
    const struct csw_kernel *kernel = csw_kernel_find(point->kernel);
    struct csw_schedule schedule;

    if (csw_schedule_parse(&schedule, schedule_text, NULL) < 0)
        return false;
    return !entry || !entry->driver || !kernel ||
           csw_driver_check(entry->driver, kernel, &schedule, (unsigned)point->workers, NULL) == 0;
}

static double replay_rule(const struct csw_point *point, const struct csw_cost *measured,
                          const struct csw_host *host, enum csw_replay_rule rule)
{
    const bool sorted = rule == CSW_REPLAY_LONGEST_FIRST;
    const char *schedule = csw_replay_names[sorted ? CSW_REPLAY_WHOLE : rule];
    struct csw_pieces pieces = {0};

    if (!is_possible(point, schedule) ||
        csw_pieces_init(&pieces, point, schedule, measured, host) < 0)
        return NAN;
    const double speedup =
        sorted && pieces.work
            ? csw_bound_longest_first(pieces.work, pieces.count, pieces.workers, pieces.cpus)
            : replay_pieces(&pieces, pieces.cpus);

    csw_pieces_release(&pieces);
    return speedup;
}

struct csw_replay csw_replay_of_point(const struct csw_point *point,
                                      const struct csw_cost *measured, const struct csw_host *host)
{
    struct csw_replay replay = {
        .measured = measured != NULL, .own = NAN, .greedy = NAN, .balance = NAN, .largest = NAN};
    struct csw_pieces pieces = {0};

    if (csw_pieces_init(&pieces, point, point->schedule, measured, host) == 0) {
        replay.own = replay_pieces(&pieces, pieces.cpus);
        replay.balance = replay_pieces(&pieces, INFINITY) / pieces.workers;
        replay.largest = largest_of(&pieces);
        if (is_greedy(&pieces))
            replay.greedy = csw_bound_of_greedy(pieces.work, pieces.count, pieces.workers);
    }
    csw_pieces_release(&pieces);
    for (int rule = 0; rule < CSW_REPLAY_RULES; rule++)
        replay.by[rule] = replay_rule(point, measured, host, rule);
    return replay;
}
