/* list.c - coresweep list: the registries, and why an entry cannot be used here. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include <coresweep/driver.h>
#include <coresweep/interpreter.h>
#include <coresweep/probe.h>
#include <coresweep/squares.h>

#include "harness/table.h"

static const struct argp list_argp = {
    .parser = cli_no_arguments,
    .doc = "Lists the kernels (what work is), the drivers (how it reaches workers), the Python "
           "interpreters on the PATH, the instruction sets that kernels with the option --isa and "
           "`filter` can use (--isa or CORESWEEP_ISA chooses another one than the best), and the "
           "probes (small experiments)."
           "\vExample:\n  coresweep list",
};

static int print_kernels(struct csw_err *err)
{
    static const struct csw_column columns[] = {
        {"kernel", false}, {"finds", false}, {"counts", false}, {"what it is", false}};
    struct csw_table *table = csw_table_new(columns, 4);
    const struct csw_kernel *kernel;

    for (size_t i = 0; (kernel = csw_kernel_at(i)); i++) {
        const char *missing = csw_kernel_missing(kernel);

        csw_table_row(table, (const char *[]){kernel->name, kernel->finds ? kernel->finds : "-",
                                              missing ? missing : kernel->unit, kernel->summary});
    }
    return csw_table_print(table, stdout, err);
}

static int print_drivers(struct csw_err *err)
{
    static const struct csw_column columns[] = {
        {"driver", false}, {"state", false}, {"what it is", false}};
    struct csw_table *table = csw_table_new(columns, 3);
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++) {
        const struct csw_driver *driver = entry->driver;
        char state[80] = "ready";

        if (!driver)
            snprintf(state, sizeof state, "not built: %s", entry->missing);
        else if (driver->missing && driver->missing())
            snprintf(state, sizeof state, "not here: %s", driver->missing());
        csw_table_row(table, (const char *[]){entry->name, state, driver ? driver->summary : ""});
    }
    return csw_table_print(table, stdout, err);
}

static int print_runtimes(struct csw_err *err)
{
    static const struct csw_column columns[] = {{"runtime of", false},
                                                {"what is behind it", false}};
    struct csw_table *table = csw_table_new(columns, 2);
    const struct csw_driver_entry *entry;

    for (size_t i = 0; (entry = csw_driver_at(i)); i++)
        if (entry->driver && entry->driver->library)
            csw_table_row(table, (const char *[]){entry->name, entry->driver->library()});
    return csw_table_print(table, stdout, err);
}

/* Each is started once, for it alone knows what it is. */
static int print_interpreters(struct csw_err *err)
{
    static const struct csw_column columns[] = {
        {"interpreter", false}, {"what it is", false}, {"file", false}};
    struct csw_table *table = csw_table_new(columns, 3);
    const char *name;

    for (size_t i = 0; (name = csw_interpreter_at(i)); i++) {
        struct csw_interpreter found;
        struct csw_err why;
        char path[PATH_MAX], text[sizeof found.build + sizeof found.gil + 2];

        if (csw_interpreter_find(path, name, NULL) < 0) {
            csw_table_row(table, (const char *[]){name, "not on the PATH", "-"});
        } else if (csw_interpreter_ask(&found, name, &why) < 0) {
            csw_table_row(table, (const char *[]){name, why.text, path});
        } else {
            snprintf(text, sizeof text, "%s, %s", found.build, found.gil);
            csw_table_row(table, (const char *[]){name, text, found.file});
        }
    }
    return csw_table_print(table, stdout, err);
}

static int print_isas(struct csw_err *err)
{
    static const struct csw_column columns[] = {{"instruction set", false}, {"state", false}};
    struct csw_table *table = csw_table_new(columns, 2);
    const char *name;

    for (size_t i = 0; (name = csw_isa_name(i)); i++) {
        const char *missing = csw_isa_missing(name);
        const bool used = strcmp(name, csw_isa_in_use()) == 0;

        csw_table_row(table, (const char *[]){name, missing ? missing
                                                    : used  ? "ready, in use"
                                                            : "ready"});
    }
    return csw_table_print(table, stdout, err);
}

int cli_print_probes(struct csw_err *err)
{
    static const struct csw_column columns[] = {{"probe", false}, {"what it is", false}};
    struct csw_table *table = csw_table_new(columns, 2);
    const struct csw_probe *probe;

    for (size_t i = 0; (probe = csw_probe_at(i)); i++)
        csw_table_row(table, (const char *[]){probe->name, probe->summary});
    return csw_table_print(table, stdout, err);
}

int cli_list(int argc, char **argv)
{
    struct csw_err err;

    argp_parse(&list_argp, argc, argv, 0, NULL, NULL);
    int code = print_kernels(&err);

    printf("\n");
    if (code == 0)
        code = print_drivers(&err);
    printf("\n");
    if (code == 0)
        code = print_runtimes(&err);
    printf("\n");
    if (code == 0)
        code = print_interpreters(&err);
    printf("\n");
    if (code == 0)
        code = print_isas(&err);
    printf("\n");
    if (code == 0)
        code = cli_print_probes(&err);
    return code == 0 ? CSW_EXIT_DONE : cli_failed(&err);
}
