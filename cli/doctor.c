/* doctor.c - coresweep doctor: whether this machine is fit for a sweep, and what to know of it. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <coresweep/place.h>
#include <coresweep/record.h>

#include "harness/doctor.h"
#include "harness/files.h"
#include "harness/machine.h"

struct doctor_options {
    const char *root;
    bool json;
};

enum { KEY_JSON = 'j', KEY_ROOT = 0x100 };

static const struct argp_option doctor_argp_options[] = {
    {"json", KEY_JSON, NULL, 0, "Print the findings as JSON", 0},
    {"root", KEY_ROOT, "DIR", 0,
     "Read DIR/proc and DIR/sys, a copy from another machine, and try nothing out", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct doctor_options *options = state->input;

    switch (key) {
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_ROOT:
        options->root = argument;
        return 0;
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static const struct argp doctor_argp = {
    .options = doctor_argp_options,
    .parser = parse,
    .doc =
        "Examines what of this machine bears on a sweep: CPUs, quota, clocks, other programs. "
        "Tells of each what it means and what to do; changes nothing. Exit code 0: fit; 4: unfit, "
        "a finding is bad."
        "\vExamples:\n"
        "  coresweep doctor\n"
        "  coresweep doctor --json | jq '.findings[] | select(.grade == \"bad\")'\n"
        "  coresweep doctor && coresweep sweep",
};

/* A folder that is none of a machine would look fit: it says nothing bad. */
static int check_root(const char *root, struct csw_err *err)
{
    char *cpus = root ? csw_file_value(root, "/proc/self/status", "Cpus_allowed_list") : NULL;
    const bool told = cpus != NULL;

    free(cpus);
    if (root && !told)
        return csw_fail(err, -EINVAL,
                        "'%.200s' of --root tells no Cpus_allowed_list in proc/self/status: name a "
                        "folder with copies of /proc and /sys",
                        root);
    return 0;
}

static int examine(struct csw_doctor *doctor, const struct doctor_options *options,
                   struct csw_err *err)
{
    const char *root = options->root ? options->root : "";
    struct csw_topo *topo = NULL;
    struct csw_host host = {0};
    int code = csw_topo_open(&topo, NULL, err);

    if (code == 0)
        code = csw_host_read(&host, root, topo, err);
    if (code == 0)
        csw_doctor_examine(doctor, root, &host);
    if (code == 0 && !options->root)
        code = csw_doctor_probe(doctor, topo, err);
    csw_host_release(&host);
    csw_topo_close(topo);
    return code;
}

static int show(const struct csw_doctor *doctor, bool json, struct csw_err *err)
{
    const int code = json ? csw_doctor_json(doctor, stdout, err) : 0;

    if (code < 0)
        return code;
    if (!json)
        csw_doctor_print(doctor, stdout);
    return csw_stream_flush(stdout, "the findings", err);
}

int cli_doctor(int argc, char **argv)
{
    struct doctor_options options = {0};
    struct csw_doctor doctor = {0};
    struct csw_err err;

    argp_parse(&doctor_argp, argc, argv, 0, NULL, &options);
    if (check_root(options.root, &err) < 0)
        return cli_bad_input(&err);
    int code = examine(&doctor, &options, &err);

    if (code == 0)
        code = show(&doctor, options.json, &err);
    if (code < 0)
        return cli_failed(&err);
    return csw_doctor_fit(&doctor) ? CSW_EXIT_DONE : CSW_EXIT_WORSE;
}
