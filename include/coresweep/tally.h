/*
 * tally.h - what a range of items gave: what kernels return, drivers add up and the harness checks.
 */
#ifndef CORESWEEP_TALLY_H
#define CORESWEEP_TALLY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * All sums are mod 2^64 and tallies add in any order, so that every way of cutting a task into
 * ranges must give the same total.
 */
struct csw_tally {
    uint64_t items;  /* items looked at */
    uint64_t work;   /* elementary steps (comparisons of `trial`), counted as they happen */
    uint64_t hits;   /* items found */
    uint64_t digest; /* sum of the hits; 0 where scan only counts them; or a hash of the items where
                        a kernel finds nothing */
};

/* Adds `add` to `sum`. */
static inline void csw_tally_add(struct csw_tally *sum, const struct csw_tally *add)
{
    sum->items += add->items;
    sum->work += add->work;
    sum->hits += add->hits;
    sum->digest += add->digest;
}

static inline bool csw_tally_equal(const struct csw_tally *a, const struct csw_tally *b)
{
    return a->items == b->items && a->work == b->work && a->hits == b->hits &&
           a->digest == b->digest;
}

#endif
