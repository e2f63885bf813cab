/* cli.c - see cli.h */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/machine.h"

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

void cli_warn(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "coresweep: warning: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
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

void cli_tasks(char **tasks, char *text)
{
    struct csw_err err;

    if (*tasks) {
        csw_fail(&err, -EINVAL, "--n and --tasks name the workload: give one of them, once");
        usage(&err);
    }
    *tasks = text;
}

int cli_check_environment(struct csw_err *err)
{
    const char *name = csw_foreign_binding();

    if (!name)
        return 0;
    return csw_fail(err, -EINVAL,
                    "%s='%s' makes the OpenMP runtime bind this process before it starts, which "
                    "takes the other CPUs from every driver; unset it, --pin places the workers",
                    name, getenv(name));
}

error_t cli_no_arguments(int key, char *argument, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "'%s' is not expected here", argument);
    return 0;
}
