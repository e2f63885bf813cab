/* visit.h - one point measured by a fresh process, `coresweep run POINT --json`. */
#ifndef CSW_VISIT_H
#define CSW_VISIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#include "exclude.h"

struct csw_visit {
    const char *program; /* the coresweep to start */
    const char *pin;
    const char *memory; /* "": not given to the visit, as for plans of before there was a choice */
    bool huge_pages;
    uint64_t samples, min_ms;
    uint64_t timeout_ns;               /* a visit that takes longer is killed */
    struct csw_exclude exclude;        /* marks samples as disturbed; without terms none */
    const volatile sig_atomic_t *stop; /* NULL, or becomes not 0 when the user wants to stop */
};

/*
 * Starts the process, waits for its end and reads its samples. `ret_samples` gets visit->samples of
 * them with process_ns filled in; the caller releases each and frees the array. Returns 0;
 * CSW_EWRONG where the visit found a wrong result; -EINTR where the user stopped it; -ETIMEDOUT;
 * or another negative errno. No process is left behind in any case.
 */
int csw_visit_run(const struct csw_visit *, const struct csw_point *,
                  struct csw_sample **ret_samples, struct csw_err *);

/*
 * Measures what the units of the point's job cost one worker, `coresweep run POINT --costs --json`;
 * the caller releases the cost. Returns what csw_visit_run does.
 */
int csw_visit_cost(const struct csw_visit *, const struct csw_point *, struct csw_cost *ret_cost,
                   struct csw_err *);

/* The round's value of a point: the median of its visit's `count` samples, wall time in ns. */
double csw_visit_ns(const struct csw_sample *samples, uint64_t count);

#define CSW_POINT_TEXT_SIZE 400

/* Writes what people read: "trial, dynamic, fork, 2 workers". */
void csw_point_text(const struct csw_point *, char ret_text[CSW_POINT_TEXT_SIZE]);

/* Where a visit stands in its sweep. */
struct csw_place_in_plan {
    uint64_t point, round, position;
};

/*
 * Notes the place in the samples and appends them all in one write: a file never holds half a
 * visit. Returns 0, -ENOMEM, or what writing returned.
 */
int csw_visit_write(struct csw_writer *, struct csw_sample *samples, uint64_t count,
                    const struct csw_place_in_plan *, struct csw_err *);

/* Releases what csw_visit_run gave. Accepts NULL. */
void csw_visit_release(struct csw_sample *samples, uint64_t count);

#endif
