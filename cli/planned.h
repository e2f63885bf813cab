/* planned.h - what `sweep` would measure, for commands that measure it in another way. */
#ifndef CSW_PLANNED_H
#define CSW_PLANNED_H

#include <argp.h>
#include <stdbool.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#include "harness/visit.h"

/* The options of `sweep` as given; their parser takes them as input, also as a child of another. */
struct sweep_options;
extern const struct argp cli_sweep_argp;

/* As if none was given; NULL: no memory. The caller frees them, NULL too. */
struct sweep_options *cli_sweep_options_new(void);
void cli_sweep_options_free(struct sweep_options *);

/* Whether any was given. */
bool cli_sweep_options_given(const struct sweep_options *);

/* --output as given, or NULL. */
const char *cli_sweep_output(const struct sweep_options *);

struct cli_planned {
    struct csw_plan plan;
    struct csw_host host;
    struct csw_visit visit; /* by this program; borrows from the plan */
};

/*
 * Makes the plan that `sweep` would carry out, tasks scaled, after all of its checks and warnings;
 * `line` is the command line that the plan names. Stops on SIGINT and SIGTERM from here on. Returns
 * 0 or what went wrong. The caller releases what was planned, zeroes too.
 */
int cli_sweep_plan(struct cli_planned *ret_planned, const struct sweep_options *, const char *line,
                   struct csw_err *);
void cli_planned_release(struct cli_planned *);

#endif
