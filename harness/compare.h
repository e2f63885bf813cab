/*
 * compare.h - two result files, A and B: which cells are in both, and what became of each. Ratios
 * are of times, B's over A's.
 */
#ifndef CSW_COMPARE_H
#define CSW_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#include "report.h"
#include "versus.h"

#define CSW_DEFAULT_MARGIN 0.02

enum csw_side { CSW_A, CSW_B, CSW_SIDES };

/* A file to compare; all of it is borrowed. */
struct csw_compared {
    const char *name; /* of the file */
    const struct csw_report *report;
};

struct csw_comparison {
    struct csw_compared side[CSW_SIDES];
    bool paired; /* both files are of the same rounds, as compare --live makes them */
    double margin;

    size_t count;              /* cells that are in both */
    size_t *point[CSW_SIDES];  /* their points in A's plan, and in B's */
    struct csw_versus *versus; /* what is said of each */
    size_t only[CSW_SIDES];    /* points that are in one file alone */
    size_t *alone[CSW_SIDES];  /* which */
};

/* Whether the results are the two sides of one compare --live, measured in the same rounds. */
bool csw_are_paired(const struct csw_results *a, const struct csw_results *b);

/*
 * Matches cells by kernel, options, tasks, schedule, driver, settings and workers, compares each,
 * and judges all at once. Returns 0, -EINVAL where no cell is in both, or -ENOMEM. The reports must
 * outlive the comparison, which the caller releases.
 */
int csw_comparison_init(struct csw_comparison *ret_comparison, const struct csw_compared *a,
                        const struct csw_compared *b, double margin, struct csw_err *);
void csw_comparison_release(struct csw_comparison *);

size_t csw_comparison_verdicts(const struct csw_comparison *, enum csw_verdict);

/*
 * The least rounds in which a test of this kind can find a difference in any of `cells` cells,
 * adjusted for all of them: what is possible, not what is likely.
 */
size_t csw_rounds_to_tell(bool paired, size_t cells);

/*
 * Whether times of the two files may be divided by each other: hostname, CPU model, topology,
 * usable CPUs, quota, governor, SMT, hypervisor and binding are the same. Returns 0 or -EINVAL
 * naming the first that is not.
 */
int csw_comparable_hosts(const struct csw_host *a, const struct csw_host *b, struct csw_err *);

/* What a file says of its machine, build and plan that bears on times. */
struct csw_trait {
    const struct csw_fields *fields; /* of the host or of the plan */
    const char *name;
    bool machine; /* where it differs, times are not comparable */
};

/*
 * Calls `each` with every trait in which the two files differ, and its values as JSON. Returns 0 or
 * -ENOMEM.
 */
int csw_for_each_difference(const struct csw_results *a, const struct csw_results *b,
                            void (*each)(const struct csw_trait *, const char *value_a,
                                         const char *value_b, void *context),
                            void *context, struct csw_err *);

/* Writes the comparison. 0, or -EIO / -ENOMEM where it could not be written whole. */
int csw_comparison_table(const struct csw_comparison *, FILE *out, struct csw_err *);
int csw_comparison_json(const struct csw_comparison *, FILE *out, struct csw_err *);

#endif
