/*
 * main.c - coresweep COMMAND [OPTION...]. To add a command: a file with its function, a line in
 * cli.h, and a line in the table below.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "harness/files.h"
#include "harness/machine.h"
#include "harness/names.h"

static const struct command {
    const char *name, *title, *summary;
    int (*main)(int argc, char **argv);
} commands[] = {
    {"list", "coresweep list", "kernels and drivers, and what this build or CPU lacks", cli_list},
    {"topo", "coresweep topo", "the machine, and which worker would sit where", cli_topo},
    {"doctor", "coresweep doctor", "whether this machine is fit for a sweep", cli_doctor},
    {"run", "coresweep run", "measure one point, or list what a kernel finds", cli_run},
    {"sweep", "coresweep sweep", "measure speedup over worker counts and drivers", cli_sweep},
    {"story", "coresweep story", "threads, processes and the GIL: the tutorials' story, measured",
     cli_story},
    {"grain", "coresweep grain", "how small tasks may be before handing them out eats the gain",
     cli_grain},
    {"report", "coresweep report", "tables, CSV and JSON from a sweep's file", cli_report},
    {"compare", "coresweep compare", "what became slower or faster: two files, or two builds live",
     cli_compare},
    {"selftest", "coresweep selftest", "this program against itself: false alarms, noise floor",
     cli_selftest},
    {"probe", "coresweep probe", "a small experiment, in C or in Python", cli_probe},
    {"filter", "coresweep filter", "keep the perfect squares of a stream of numbers", cli_filter},
};

#define COMMANDS (sizeof commands / sizeof *commands)

/* What was printed must have arrived. */
static int finish_output(void)
{
    struct csw_err err;

    return csw_stream_flush(stdout, "the output", &err) == 0 ? CSW_EXIT_DONE : cli_failed(&err);
}

static int print_help(void)
{
    printf("Usage: coresweep COMMAND [OPTION...]\n"
           "Measures how work scales across the cores of this machine, and under which way of "
           "running it.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].summary);
    printf("\nExamples:\n"
           "  coresweep sweep                                   the whole story of this machine\n"
           "  coresweep run --kernel trial --n 5000 --list      the perfect squares up to 5000\n"
           "\nExit codes: 0 done; 1 failed, or not all of it could be measured; 2 bad input; 3 a "
           "wrong "
           "result;\n4 compare: a cell became slower, doctor: unfit for a sweep.\n"
           "\n`coresweep COMMAND --help` tells more; `coresweep --version` names the build.\n");
    return finish_output();
}

static int print_version(void)
{
    printf("coresweep %s (%s)\n", csw_version(), csw_revision());
    return finish_output();
}

static int unknown_command(const char *name)
{
    const char *known[COMMANDS];
    struct csw_err err;

    for (size_t i = 0; i < COMMANDS; i++)
        known[i] = commands[i].name;
    csw_unknown(&err, "command", name, known, COMMANDS);
    return cli_bad_input(&err);
}

/* A standard stream that is closed must not become the result file: it stays unwritable. */
static bool hold_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv)
{
    if (!hold_streams())
        return CSW_EXIT_FAILED;
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error of write(2), told like a full disk */
    signal(SIGCHLD, SIG_DFL); /* inherited as ignored it would hide how visits and workers end */
    argp_err_exit_status = CSW_EXIT_USAGE;
    if (argc < 2) {
        print_help();
        return CSW_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return print_version();
    cli_options_build();
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            argv[1] = (char *)commands[i].title;
            return commands[i].main(argc - 1, argv + 1);
        }
    return unknown_command(argv[1]);
}
