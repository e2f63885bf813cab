/*
 * stop.h - when a sweep has seen enough: a pure function of the rounds that there are, so that a
 * sweep that is resumed stops where it would have stopped.
 */
#ifndef CSW_STOP_H
#define CSW_STOP_H

#include <stddef.h>

#include <coresweep/record.h>

/*
 * The confidence of the intervals that are looked at while measuring. Whoever stops at the first
 * 95 % interval that is narrow enough stops at those that are narrow by chance, and covers less; a
 * stop at a 99 % interval leaves the 95 % one that is reported its coverage.
 */
#define CSW_STOP_CONFIDENCE 0.99

/* Fewer rounds have no interval of that confidence. */
#define CSW_STOP_LEAST_ROUNDS 8

/* Rounds between two looks, once there are as many as a sweep has at least. */
#define CSW_STOP_STEP 5

/* A plateau: so many rounds that narrowed the widest interval by less than that share. */
#define CSW_PLATEAU_ROUNDS 20
#define CSW_PLATEAU_SHARE 0.05

/* One figure that is to become certain, by round; NAN: not measured. */
struct csw_stop_figure {
    const double *base_ns; /* its speedup is over; NULL: the figure is the time itself */
    const double *round_ns;
};

/* What the figures are known to. */
struct csw_stop_width {
    double half; /* of the widest: sqrt(high / low) - 1, so 0.01 is +-1 %; NAN: no figures */
    size_t widest;
};

struct csw_stop_rule {
    double precision; /* half-width that is enough; not above 0: all rounds, whatever they show */
    size_t min_rounds, max_rounds;
};

/* The rule that a plan holds. */
struct csw_stop_rule csw_stop_rule_of(const struct csw_plan *);

enum csw_stop_verdict {
    CSW_GO_ON,
    CSW_CONVERGED, /* every figure is known to the precision */
    CSW_PLATEAU,   /* more rounds do not make the widest interval narrower */
    CSW_BUDGET,    /* the rounds, or the time, ran out before */
    CSW_FIXED,     /* all rounds that were asked for */
};

/* "converged", "plateau", "budget" or "fixed", as the end line of a result file has it. */
const char *csw_stop_verdict_name(enum csw_stop_verdict);

/*
 * The widest interval of the figures in the first `rounds` rounds, at CSW_STOP_CONFIDENCE.
 * INFINITY where one of them has none.
 */
struct csw_stop_width csw_stop_width(const struct csw_stop_figure *, size_t count, size_t rounds);

/*
 * Whether to stop after `rounds` rounds; looked at only after min_rounds, every CSW_STOP_STEP
 * rounds from there, and after max_rounds. Without any figure nothing can converge: that is a
 * plateau at the first look.
 */
enum csw_stop_verdict csw_stop_decide(const struct csw_stop_rule *, const struct csw_stop_figure *,
                                      size_t count, size_t rounds);

#endif
