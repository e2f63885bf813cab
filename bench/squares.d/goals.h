/* goals.h - what this library wants to reach, and whether it does here. */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#include "figures.h"

enum bench_verdict { BENCH_MET, BENCH_NOT_MET, BENCH_CANNOT };

struct bench_outcome {
    const char *text;  /* the goal */
    bool at_most;      /* the figure is to be so small, else so large */
    double bound;      /* that the figure is to keep */
    const char *unit;  /* of both: "x" or "ns" */
    const char *input; /* on which the figure is worst; NULL: there is only one */
    struct bench_figure figure;
    enum bench_verdict verdict;
    const char *reason; /* for BENCH_CANNOT */
};

/* False past the last goal. */
bool bench_goal_outcome(const struct bench_campaign *, size_t index,
                        struct bench_outcome *ret_outcome);

/* "met", "not met" or "cannot be measured here" */
const char *bench_verdict_text(enum bench_verdict);

#endif
