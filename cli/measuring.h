/*
 * measuring.h - what the commands share that fill a result file by visits: sweep, grain, story and
 * compare --live. In the order of their calls: the machine, the plan's options, the file, new or to
 * go on with, the visits, the end.
 */
#ifndef CSW_MEASURING_H
#define CSW_MEASURING_H

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/place.h>
#include <coresweep/record.h>

#include "harness/exclude.h"
#include "harness/sweep.h"
#include "harness/visit.h"

/* ---- options -------------------------------------------------------------------------------- */

/* As given; NULL and 0 where they were not. */
struct cli_file {
    char *output, *resume, *seed, *exclude;
    uint64_t timeout_s;
};

/* Their parser, as the child of a command's own; its input is a struct cli_file. */
extern const struct argp cli_file_argp;

/* Replaces a text of a plan by a copy of the given one. 0 or -ENOMEM. */
int cli_set_text(char **text, const char *given, struct csw_err *);

/* ---- what is open meanwhile ----------------------------------------------------------------- */

struct cli_measuring {
    const struct cli_file *file; /* borrowed */
    char *line, *path;           /* the command line, and the result file's name; owned */
    const volatile sig_atomic_t *stop;
    struct csw_topo *topo;
    struct csw_plan plan;
    struct csw_host host;
    struct csw_exclude exclude; /* the plan's, read by cli_read_file_options or cli_reopen_file */
    struct csw_results before;  /* what a file holds that is gone on with */
    struct csw_writer *writer;
};

/* Closes and frees all of it, half-built too. */
void cli_measuring_release(struct cli_measuring *);

/*
 * Gets ready to measure here: catches SIGINT and SIGTERM, refuses a binding of OpenMP's (`hint`
 * ends the sentence, or is ""), settles the instruction set, reads topology and host. Returns 0, or
 * what the first of these that failed returned.
 */
int cli_open_machine(struct cli_measuring *, const char *hint, struct csw_err *);

/* Whether the command goes on with a file, or makes a new one. */
bool cli_is_resumed(const struct cli_measuring *);

/* The plan that is carried out: of the file that is gone on with, or the new one. */
const struct csw_plan *cli_plan_of(const struct cli_measuring *);

/* ---- the plan ------------------------------------------------------------------------------- */

/*
 * Fills in what plans have by default: every text, "" where it depends on the command; one sample
 * of 20 ms; seed 1; no precision. 0 or -ENOMEM.
 */
int cli_default_plan(struct csw_plan *, const char *line, struct csw_err *);

/* Writes --seed and --exclude as given over the plan. 0 or -ENOMEM. */
int cli_overlay_file(struct csw_plan *, const struct cli_file *, struct csw_err *);

/* The default drivers that this build has, serial first; the caller frees the list. NULL: no
 * memory.
 */
#define CLI_DEFAULT_DRIVERS "serial,openmp,pthread,fork"
char *cli_default_drivers(void);

/* Whether every worker count of the plan has a place: 0, or what csw_placement_init returned. */
int cli_check_places(const struct csw_topo *, const struct csw_plan *, struct csw_err *);

/*
 * What remains to be found out before the first visit: reads the rule of disturbed samples, finds
 * out once whether workers can be bound and data lie as the plan asks, notes in the host why not,
 * and warns of that and of a CPU quota. Returns 0 or what failed first.
 */
int cli_settle(struct cli_measuring *, struct csw_err *);

/*
 * Measures what an item of each series costs, so that its tasks take what the plan wants, and drops
 * the plan's points, which the caller makes anew. `doing` stands on a terminal meanwhile. Returns 0
 * or what csw_calibrate returned.
 */
struct csw_series_list;
int cli_scale_tasks(struct cli_measuring *, struct csw_series_list *, const char *doing,
                    struct csw_err *);

/* ---- the file ------------------------------------------------------------------------------- */

/* "<prefix>-<host>-<time>.jsonl", which the caller frees. NULL: no memory or no local time. */
char *cli_result_path(const char *prefix, const struct csw_host *);

/* Writes the first two lines of a result file. Returns 0 or what csw_writer_line returned. */
int cli_write_head(struct csw_writer *, const struct csw_plan *, const struct csw_host *,
                   struct csw_err *);

/* A step of a command; its context is the command's own. */
typedef int (*cli_step)(void *context, struct csw_err *);

/*
 * Makes the result file, by the name of --output or else `prefix`, host and time: takes the name
 * first, so that one that is taken costs no time; then does `before_head`, writes plan and host,
 * and does `after_head`; both may be NULL. Removes the file again where one of these fails, since
 * it holds nothing yet. Returns 0 or what failed.
 */
int cli_start_file(struct cli_measuring *, const char *prefix, cli_step before_head,
                   cli_step after_head, void *context, struct csw_err *);

/*
 * Opens and locks a file, reads it into `before`, lets `check` say whether it is one to go on with,
 * and settles. Returns 0 or what failed.
 */
int cli_read_again(struct cli_measuring *, const char *path, cli_step check, void *context,
                   struct csw_err *);

/*
 * The same for the file of --resume; then refuses another machine, and cuts the file to its whole
 * lines. Returns 0, -EINVAL with the field that differs, or what failed.
 */
int cli_reopen_file(struct cli_measuring *, cli_step check, void *context, struct csw_err *);

/*
 * For commands that go on with the file's own plan: refuses (-EINVAL) the option `given`, NULL:
 * none,
 * --seed and --exclude, and a file that is not of the kind that `is_own` tells, named by `what`.
 */
int cli_check_own_plan(const struct cli_measuring *, const char *given,
                       bool (*is_own)(const struct csw_plan *), const char *what, struct csw_err *);

/* Refuses (-EINVAL) a plan or host of the file in which a field that must be the same differs. */
int cli_check_same(const char *path, const struct csw_fields *, const void *there, const void *here,
                   struct csw_err *);

/* ---- the visits ----------------------------------------------------------------------------- */

/* How the plan's points are visited, by this program; borrows from the plan. */
struct csw_visit cli_visits_of(const struct cli_measuring *);

/* Carries out the plan; `costs` as in struct csw_sweep. Returns what csw_sweep_run returns. */
int cli_run_points(struct cli_measuring *, bool costs, struct csw_err *);

/* Closes the file after what returned `code`; returns that, or why the file could not be closed. */
int cli_close_file(struct cli_measuring *, int code, struct csw_err *);

/* Says how to go on by `command` where the user stopped it, and in any case which file it is. */
void cli_tell_file(const struct cli_measuring *, const char *command, int code);

/* Warns of a file that was cut off, and says how to go on with it. */
void cli_warn_incomplete(const char *path, const struct csw_results *);

/* For struct csw_watch: a line on stderr that is written over and over, and warnings. */
struct csw_watch cli_watch(void);

/* A warning among such lines. */
void cli_show_warning(void *context, const char *sentence);

/* Clears the line, where there is a terminal. */
void cli_clear_progress(void);

#endif
