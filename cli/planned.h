/* planned.h - what `sweep` would measure, for commands that measure it in another way. */
#ifndef CSW_PLANNED_H
#define CSW_PLANNED_H

#include <argp.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#include "measuring.h"

/* The options of `sweep` as given; their parser takes them as input, also as a child of another. */
struct sweep_options;
extern const struct argp cli_sweep_argp;

/* As if none was given; NULL: no memory. The caller frees them, NULL too. */
struct sweep_options *cli_sweep_options_new(void);
void cli_sweep_options_free(struct sweep_options *);

/* The name of one that was given, as a sentence names it; NULL: none was. */
const char *cli_sweep_option_given(const struct sweep_options *);

/* Those of the result file. */
const struct cli_file *cli_sweep_file(const struct sweep_options *);

/*
 * Makes the plan that `sweep` would carry out, tasks scaled, after all of its checks and warnings;
 * `line` is the command line that the plan names. There is no result file. Stops on SIGINT and
 * SIGTERM from here on. Returns 0, or what went wrong. The caller releases what was opened, which
 * borrows from the options; zeroes too.
 */
int cli_sweep_plan(struct cli_measuring *ret_measuring, const struct sweep_options *,
                   const char *line, struct csw_err *);

/*
 * The same for the plan of a file of compare --live, which is opened, locked and read into
 * `before`: refuses (-EINVAL) options that ask for another plan, but for --max-time.
 */
int cli_sweep_resume(struct cli_measuring *ret_measuring, const struct sweep_options *,
                     const char *line, const char *path, struct csw_err *);

#endif
