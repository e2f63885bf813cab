/* topo.c - coresweep topo: the machine, or a described one, and who would sit where. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <coresweep/place.h>
#include <coresweep/plan.h>

#include "harness/cgroup.h"
#include "harness/table.h"

struct topo_options {
    char *source, *pin;
    unsigned workers; /* 0: as many as there are usable CPUs */
};

enum { KEY_TOPOLOGY = 't', KEY_PIN = 'p', KEY_WORKERS = 'w' };

static const struct argp_option topo_argp_options[] = {
    {"topology", KEY_TOPOLOGY, "FILE|TEXT", 0,
     "A described machine instead of this one: XML of lstopo, or text such as "
     "\"pack:2 core:4 pu:2\"",
     0},
    {"pin", KEY_PIN, "POLICY", 0, CLI_PIN_HELP, 0},
    {"workers", KEY_WORKERS, "N", 0, "How many workers to place (default: all usable CPUs)", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct topo_options *options = state->input;

    switch (key) {
    case KEY_TOPOLOGY:
        options->source = argument;
        return 0;
    case KEY_PIN:
        options->pin = argument;
        return 0;
    case KEY_WORKERS:
        options->workers = (unsigned)cli_number("--workers", argument, 1, CSW_MAX_WORKERS);
        return 0;
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static const struct argp topo_argp = {
    .options = topo_argp_options,
    .parser = parse,
    .doc = "Shows the machine that coresweep sees, and where a placement policy puts each worker."
           "\vExamples:\n"
           "  coresweep topo\n"
           "  coresweep topo --topology \"pack:2 core:4 pu:2\" --pin spread --workers 4",
};

static void print_quota(void)
{
    char *source;
    const double cpus = csw_cgroup_quota("", &source);

    if (isnan(cpus))
        printf("quota:    none\n");
    else
        printf("quota:    %.2f CPUs (%s)\n", cpus, source ? source : "?");
    free(source);
}

static int print_machine(const struct csw_topo *topo)
{
    char *summary = csw_topo_summary(topo), *usable = csw_topo_usable(topo);
    char *kinds = csw_topo_kinds(topo);
    const bool complete = summary && usable && kinds;

    if (complete) {
        printf("machine:  %s%s\n", summary, csw_topo_is_here(topo) ? "" : " (described)");
        printf("usable:   CPUs %s\n", usable);
        if (*kinds)
            printf("kinds:    CPUs %s (the fastest kind of cores first)\n", kinds);
    }
    free(summary);
    free(usable);
    free(kinds);
    if (complete && csw_topo_is_here(topo))
        print_quota();
    return complete ? 0 : -ENOMEM;
}

static void add_seat(struct csw_table *table, const struct csw_placement *placement, unsigned w)
{
    const int pu = placement->pu[w];
    char worker[16], cpu[16];
    char *where = pu == CSW_PU_ANY ? NULL : csw_topo_where(placement->topo, (unsigned)pu);

    snprintf(worker, sizeof worker, "%u", w);
    snprintf(cpu, sizeof cpu, pu == CSW_PU_ANY ? "any" : "%d", pu);
    csw_table_row(table, (const char *[]){worker, cpu, where ? where : "the scheduler decides"});
    free(where);
}

static int show(const struct csw_topo *topo, const struct csw_placement *placement, const char *pin,
                struct csw_err *err)
{
    static const struct csw_column columns[] = {{"worker", true}, {"CPU", true}, {"where", false}};

    if (print_machine(topo) < 0)
        return csw_fail(err, -ENOMEM, "no memory to describe the machine");
    printf("\n%u worker%s, --pin %s%s\n", placement->workers, placement->workers == 1 ? "" : "s",
           pin, placement->oversubscribed ? " (more than the usable CPUs: some share one)" : "");
    struct csw_table *table = csw_table_new(columns, 3);

    for (unsigned w = 0; w < placement->workers; w++)
        add_seat(table, placement, w);
    return csw_table_print(table, stdout, err);
}

int cli_topo(int argc, char **argv)
{
    struct topo_options options = {.pin = "cores"};
    struct csw_topo *topo = NULL;
    struct csw_placement placement = {0};
    struct csw_err err;

    argp_parse(&topo_argp, argc, argv, 0, NULL, &options);
    int code = csw_topo_open(&topo, options.source, &err);

    if (code == 0) {
        const unsigned workers = options.workers > 0 ? options.workers : csw_topo_pus(topo);

        code = csw_placement_init(&placement, topo, options.pin, workers, &err);
    }
    int status = code == 0 ? CSW_EXIT_DONE : cli_bad_input(&err);

    if (code == 0 && show(topo, &placement, options.pin, &err) < 0)
        status = cli_failed(&err);
    csw_placement_release(&placement);
    csw_topo_close(topo);
    return status;
}
