/* cli.h - what the commands share: how they are called, how they fail, how options are read. */
#ifndef CSW_CLI_H
#define CSW_CLI_H

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/job.h>
#include <coresweep/memory.h>

/* Each returns the program's exit code. argv[0] is "coresweep <command>". */
int cli_list(int argc, char **argv);
int cli_topo(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_sweep(int argc, char **argv);
int cli_report(int argc, char **argv);
int cli_grain(int argc, char **argv);
int cli_story(int argc, char **argv);
int cli_filter(int argc, char **argv);
int cli_probe(int argc, char **argv);
int cli_compare(int argc, char **argv);
int cli_selftest(int argc, char **argv);

/* Prints the sentence to stderr; returns CSW_EXIT_USAGE, or CSW_EXIT_WRONG_TALLY for CSW_EWRONG. */
int cli_bad_input(const struct csw_err *);

/* The same for what failed while the program did its work: CSW_EXIT_FAILED. */
int cli_failed(const struct csw_err *);

/* Whether an error before any work was done is a mistake in the options or the file they name. */
bool cli_is_input(int code);

/*
 * Prints why a command ended before it did any work, and returns the exit code: that of bad input
 * where `code` is of a mistake in the options or in the files that they name.
 */
int cli_stopped(int code, const struct csw_err *);

/* Prints a warning to stderr. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Reads a number between least and most for the option `name`. On failure the program ends with one
 * sentence and CSW_EXIT_USAGE, as argp does for its own errors.
 */
uint64_t cli_number(const char *name, const char *text, uint64_t least, uint64_t most);

/* Which of the known formats --format says; another one ends the program, as above. */
size_t cli_format(const char *format, const char *const *known, size_t count);

/* Whether --format says json, not table; another one ends the program, as above. */
bool cli_wants_json(const char *format);

/* An option, and whether the command line has it. */
struct cli_given {
    const char *name;
    bool given;
};

/* The name of the first one given; NULL: none was. */
const char *cli_first_given(const struct cli_given *all, size_t count);

/* How often a sweep visits its points: the texts as given, NULL where an option was not. */
struct cli_rounds {
    char *rounds, *precision, *min_rounds, *max_rounds, *max_time, *warm_rounds;
};

/* Their parser, as the child of a command's own; its input is a struct cli_rounds. */
extern const struct argp cli_rounds_argp;

struct csw_plan;

/* Sets what a sweep does by default: it stops by precision, within five minutes. */
void cli_rounds_default(struct csw_plan *);

/* Takes over what another plan says about rounds. */
void cli_rounds_copy(struct csw_plan *, const struct csw_plan *from);

/* Writes what is given over the plan. Returns 0, or -EINVAL naming what is wrong. */
int cli_rounds_overlay(struct csw_plan *, const struct cli_rounds *given, struct csw_err *);

/* What run and sweep share: the texts as given, NULL where an option was not. */
struct cli_common {
    char *tasks, *pin, *memory, *samples, *min_ms; /* tasks: of --n or --tasks */
    char *options;  /* of kernels: "input=random isa=auto"; heap memory, which the command frees */
    char *settings; /* of drivers, likewise; what is given several times becomes a list */
    bool huge_pages, oversubscribe;
};

/* Their parser, as the child of a command's own; its input is a struct cli_common. */
extern const struct argp cli_common_argp;

/*
 * The options of kernels and of drivers, children of the above; their inputs are the addresses of
 * cli_common's options and settings. They are those of the registries once cli_options_build was
 * called, before the first parsing.
 */
extern struct argp cli_options_argp, cli_settings_argp;
void cli_options_build(void);

#define CLI_PIN_HELP                                                                               \
    "none, compact, cores, spread, or a list of CPUs such as 0,2,4-6 (default: cores)"

#define CLI_MIN_MS_HELP "Least duration of a sample: short runs repeat (default: 20)"
#define CLI_OVERSUBSCRIBE_HELP "Allow more computing workers than usable CPUs"
#define CLI_FORMAT_HELP "table or json (default: table)"

/*
 * Reads what --memory and --huge-pages ask for, and tries it; warns of what this system cannot do.
 * 0, -EINVAL, or why it fails.
 */
int cli_choose_memory(struct csw_memory *ret_memory, const struct csw_topo *, const char *policy,
                      bool huge_pages, struct csw_err *);

#define CLI_MAX_MIN_MS 3600000u
#define CLI_MAX_TIMEOUT_S 31536000u

/*
 * Catches SIGINT, SIGTERM and, unless it is ignored, SIGHUP from here on: what is returned becomes
 * not 0 then, so that no process is left behind.
 */
const volatile sig_atomic_t *cli_catch_stop(void);

/* Prints the table of probes, for `list` and for `probe` without a name. 0 or a negative errno. */
int cli_print_probes(struct csw_err *);

/*
 * Refuses (-EINVAL) to measure where a variable makes OpenMP bind this process before main; `hint`
 * ends the sentence, or is "".
 */
int cli_check_binding(const char *hint, struct csw_err *);

/*
 * Makes the library use the instruction set `wanted`; NULL: the one of the environment variable
 * CORESWEEP_ISA, or else the best one; "auto" is NULL. A variable that is needed must name one that
 * can be used, although the library would go on without: nobody gets another one than asked for.
 * Returns 0, -EINVAL for an unknown name, or -ENOTSUP.
 */
int cli_choose_isa(const char *wanted, struct csw_err *);

/* The words of the command line with single blanks between them; the caller frees them. */
char *cli_join_words(int argc, char **argv);

/*
 * argp parser for commands that take one file and nothing else of their own: keeps its name in
 * *path; `missing` is said where it is not given.
 */
error_t cli_one_file(int key, char *argument, struct argp_state *state, char **path,
                     const char *missing);

/* argp parser for commands that take no arguments and no options of their own. */
error_t cli_no_arguments(int key, char *argument, struct argp_state *state);

#endif
