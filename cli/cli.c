/* cli.c - see cli.h */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/squares.h>

#include "harness/files.h"
#include "harness/machine.h"
#include "harness/names.h"

static void print_error(const struct csw_err *err)
{
    fprintf(stderr, "coresweep: %s\n", err->text);
}

int cli_bad_input(const struct csw_err *err)
{
    print_error(err);
    return err->code == CSW_EWRONG ? CSW_EXIT_WRONG_TALLY : CSW_EXIT_USAGE;
}

int cli_failed(const struct csw_err *err)
{
    print_error(err);
    return err->code == CSW_EWRONG ? CSW_EXIT_WRONG_TALLY : CSW_EXIT_FAILED;
}

bool cli_is_input(int code)
{
    static const int codes[] = {EINVAL, ENOTSUP, EEXIST, ENOENT, ENOTDIR,     EISDIR,
                                EACCES, EBUSY,   EROFS,  ELOOP,  ENAMETOOLONG};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (code == -codes[i])
            return true;
    return false;
}

int cli_stopped(int code, const struct csw_err *err)
{
    return cli_is_input(code) ? cli_bad_input(err) : cli_failed(err);
}

void cli_warn(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "coresweep: warning: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
}

char *cli_join_words(int argc, char **argv)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (int i = 0; out && i < argc; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", argv[i]);
    return csw_stream_text(out, &text);
}

static _Noreturn void usage(const struct csw_err *err)
{
    exit(cli_bad_input(err));
}

uint64_t cli_number(const char *name, const char *text, uint64_t least, uint64_t most)
{
    struct csw_err err;
    uint64_t number;

    if (csw_number_parse(&number, text, NULL) < 0 || number < least || number > most) {
        csw_fail(&err, -EINVAL, "%s '%.40s' is not a whole number from %" PRIu64 " to %" PRIu64,
                 name, text, least, most);
        usage(&err);
    }
    return number;
}

size_t cli_format(const char *format, const char *const *known, size_t count)
{
    struct csw_err err;

    for (size_t i = 0; i < count; i++)
        if (strcmp(format, known[i]) == 0)
            return i;
    csw_unknown(&err, "format", format, known, count);
    usage(&err);
}

bool cli_wants_json(const char *format)
{
    static const char *const known[] = {"table", "json"};

    return cli_format(format, known, sizeof known / sizeof *known) > 0;
}

const char *cli_first_given(const struct cli_given *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].given)
            return all[i].name;
    return NULL;
}

enum {
    KEY_N = 'n',
    KEY_TASKS = 't',
    KEY_PIN = 'p',
    KEY_SAMPLES = 0x200,
    KEY_MIN_MS,
    KEY_MEMORY,
    KEY_HUGE_PAGES,
    KEY_OVERSUBSCRIBE,
};

static const struct argp_option common_options[] = {
    {"n", KEY_N, "N", 0, "One task of size N: 5000, 5_000_000 or 1e9", 0},
    {"tasks", KEY_TASKS, "N,N,...", 0,
     "Several tasks, in order; 500x1000 stands for 1000 tasks of 500 (default: the kernel's own, "
     "which a sweep scales up until one serial run takes about 0.1 s)",
     0},
    {"pin", KEY_PIN, "POLICY", 0, CLI_PIN_HELP, 0},
    {"memory", KEY_MEMORY, "POLICY", 0,
     "Where the data of kernels that have some lie: first-touch (near the worker that fills them), "
     "interleave (over all NUMA nodes in turn) or node:N (default: first-touch)",
     0},
    {"huge-pages", KEY_HUGE_PAGES, NULL, 0,
     "Ask for huge pages for the data of kernels that have some", 0},
    {"samples", KEY_SAMPLES, "N", 0,
     "Timed repetitions in a process (default: 3 for run, 1 for each visit of a sweep)", 0},
    {"min-ms", KEY_MIN_MS, "MS", 0, CLI_MIN_MS_HELP, 0},
    {"oversubscribe", KEY_OVERSUBSCRIBE, NULL, 0, CLI_OVERSUBSCRIBE_HELP, 0},
    {0},
};

static void set_tasks(struct cli_common *common, char *text)
{
    struct csw_err err;

    if (common->tasks) {
        csw_fail(&err, -EINVAL, "--n and --tasks name the workload: give one of them, once");
        usage(&err);
    }
    common->tasks = text;
}

static error_t parse_common(int key, char *argument, struct argp_state *state)
{
    struct cli_common *common = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &common->options;
        state->child_inputs[1] = &common->settings;
        return 0;
    case KEY_N:
        cli_number("--n", argument, 0, UINT64_MAX);
        set_tasks(common, argument);
        return 0;
    case KEY_TASKS:
        set_tasks(common, argument);
        return 0;
    case KEY_PIN:
        common->pin = argument;
        return 0;
    case KEY_MEMORY:
        common->memory = argument;
        return 0;
    case KEY_HUGE_PAGES:
        common->huge_pages = true;
        return 0;
    case KEY_SAMPLES:
        common->samples = argument;
        return 0;
    case KEY_MIN_MS:
        common->min_ms = argument;
        return 0;
    case KEY_OVERSUBSCRIBE:
        common->oversubscribe = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child common_children[] = {
    {&cli_options_argp, 0, "Options of kernels (in a sweep, lists of values):", 1},
    {&cli_settings_argp, 0,
     "Options of drivers (in a sweep, lists of values, or several times):", 2},
    {0}};

const struct argp cli_common_argp = {
    .options = common_options, .parser = parse_common, .children = common_children};

int cli_check_binding(const char *hint, struct csw_err *err)
{
    const char *name = csw_foreign_binding();

    if (!name)
        return 0;
    return csw_fail(err, -EINVAL,
                    "%s='%s' makes the OpenMP runtime bind this process before it starts, which "
                    "takes the other CPUs from every driver; unset it, --pin places the workers%s",
                    name, getenv(name), hint);
}

int cli_choose_memory(struct csw_memory *ret_memory, const struct csw_topo *topo,
                      const char *policy, bool huge_pages, struct csw_err *err)
{
    int code = csw_memory_init(ret_memory, topo, policy, huge_pages, err);

    if (code == 0)
        code = csw_memory_probe(ret_memory, "", err);
    if (code < 0)
        return code;
    if (*ret_memory->cannot_place)
        cli_warn("data lie by first touch: %s", ret_memory->cannot_place);
    if (*ret_memory->cannot_huge)
        cli_warn("%s", ret_memory->cannot_huge);
    return 0;
}

#define MAX_ISAS 16

/* Refuses an instruction set that cannot be used here; `kind` says where the name comes from. */
static int check_isa(const char *kind, const char *name, struct csw_err *err)
{
    const char *known[MAX_ISAS], *usable[MAX_ISAS], *missing = csw_isa_missing(name);
    size_t count = 0, can = 0;
    bool is_known = false;
    char list[100];

    if (!missing)
        return 0;
    for (; count < MAX_ISAS && csw_isa_name(count); count++) {
        known[count] = csw_isa_name(count);
        is_known = is_known || strcmp(known[count], name) == 0;
        if (!csw_isa_missing(known[count]))
            usable[can++] = known[count];
    }
    if (!is_known)
        return csw_unknown(err, kind, name, known, count);
    csw_names_text(usable, can, list, sizeof list);
    return csw_fail(err, -ENOTSUP, "%s '%s' cannot be used here: it %s; usable: %s", kind, name,
                    missing, list);
}

int cli_choose_isa(const char *wanted, struct csw_err *err)
{
    const char *set = getenv("CORESWEEP_ISA");

    if (wanted && strcmp(wanted, "auto") != 0)
        return csw_isa_use(wanted) ? 0 : check_isa("instruction set", wanted, err);
    return set && *set ? check_isa("CORESWEEP_ISA", set, err) : 0;
}

static volatile sig_atomic_t stop;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

const volatile sig_atomic_t *cli_catch_stop(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
    struct sigaction before;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* under nohup a command is meant to survive its terminal */
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    return &stop;
}

error_t cli_no_arguments(int key, char *argument, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "'%s' is not expected here", argument);
    return 0;
}

error_t cli_one_file(int key, char *argument, struct argp_state *state, char **path,
                     const char *missing)
{
    switch (key) {
    case ARGP_KEY_ARG:
        if (*path)
            argp_error(state, "one FILE at a time, not '%s' as well", argument);
        *path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "%s", missing);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
