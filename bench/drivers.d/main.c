/*
 * main.c - bench_drivers MEASURE [NAME=VALUE...]: takes one measure of one peer and prints its
 * figures as a line of JSON. bench/drivers calls it, a fresh process for every visit;
 * `bench_drivers list` tells which peers this build has.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include <coresweep/job.h>

#include "measure.h"

/* ---- options -------------------------------------------------------------------------------- */

static const struct option {
    const char *name;
    size_t number, text; /* where its value goes; 0: it is not of that kind */
} known[] = {
#define NUMBER(field, as)                                                                          \
    {                                                                                              \
        .name = as, .number = offsetof(struct bench_options, field)                                \
    }
#define TEXT(field)                                                                                \
    {                                                                                              \
        .name = #field, .text = offsetof(struct bench_options, field)                              \
    }
    NUMBER(workers, "workers"),
    NUMBER(tasks, "tasks"),
    NUMBER(gap_us, "gap-us"),
    NUMBER(sleep_us, "sleep-us"),
    NUMBER(work_us, "work-us"),
    NUMBER(lead_us, "lead-us"),
    NUMBER(hogs, "hogs"),
    NUMBER(mib, "mib"),
    NUMBER(budget_ms, "budget-ms"),
    NUMBER(count, "count"),
    NUMBER(seed, "seed"),
    TEXT(driver),
    TEXT(kernel),
    TEXT(items),
    TEXT(memory),
};

static int choose_peer(struct bench_options *options, const char *name, struct csw_err *err)
{
    options->peer = bench_peer_find(name);
    return options->peer ? 0 : csw_fail(err, -ENOTSUP, "this build has no peer '%s'", name);
}

static int set_option(struct bench_options *options, const struct option *option, const char *value,
                      struct csw_err *err)
{
    char *const at = (char *)options;

    if (option->number > 0)
        return csw_number_parse((uint64_t *)(at + option->number), value, err);
    *(const char **)(at + option->text) = value;
    return 0;
}

static int parse_word(struct bench_options *options, const char *word, struct csw_err *err)
{
    const size_t length = strcspn(word, "=");
    const char *value = word + length + 1;

    if (word[length] == '\0')
        return csw_fail(err, -EINVAL, "'%s' is no NAME=VALUE", word);
    if (length == strlen("peer") && strncmp(word, "peer", length) == 0)
        return choose_peer(options, value, err);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == length && strncmp(word, known[i].name, length) == 0)
            return set_option(options, &known[i], value, err);
    return csw_fail(err, -EINVAL, "no measure has an option '%.*s'", (int)length, word);
}

static int find_measure(const struct bench_measure **ret_measure, const char *name,
                        struct csw_err *err)
{
    for (size_t i = 0; (*ret_measure = bench_measure_at(i)); i++)
        if (strcmp((*ret_measure)->name, name) == 0)
            return 0;
    return csw_fail(err, -EINVAL, "there is no measure '%s'; --help lists them", name);
}

/* ---- output --------------------------------------------------------------------------------- */

static void print_help(void)
{
    const struct bench_measure *measure;

    printf("bench_drivers MEASURE [NAME=VALUE...], or bench_drivers list\n\nMeasures:\n");
    for (size_t i = 0; (measure = bench_measure_at(i)); i++)
        printf("  %-10s %s\n", measure->name, measure->summary);
    printf("\nOptions: peer");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        printf(", %s", known[i].name);
    printf("\n");
}

static void print_peers(void)
{
    const struct bench_peer *peer;

    printf("[");
    for (size_t i = 0; (peer = bench_peer_at(i)); i++)
        printf("%s\"%s\"", i > 0 ? ", " : "", peer->name);
    printf("]\n");
}

static void print_figures(const struct bench_figures *figures)
{
    printf("{");
    for (size_t i = 0; i < figures->count; i++) {
        printf("%s\"%s\": ", i > 0 ? ", " : "", figures->figure[i].name);
        if (isfinite(figures->figure[i].value))
            printf("%.6g", figures->figure[i].value);
        else
            printf("null");
    }
    printf("}\n");
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int take_measure(int words, char **word, struct bench_figures *figures, struct csw_err *err)
{
    const struct bench_measure *measure;
    struct bench_options options = {0};
    int code = find_measure(&measure, word[0], err);

    for (int i = 1; code == 0 && i < words; i++)
        code = parse_word(&options, word[i], err);
    return code == 0 ? measure->take(&options, figures, err) : code;
}

static int exit_code(int code)
{
    if (code == -EINVAL)
        return CSW_EXIT_USAGE;
    return code == CSW_EWRONG ? CSW_EXIT_WRONG_TALLY : CSW_EXIT_FAILED;
}

int main(int argc, char **argv)
{
    struct bench_figures figures = {0};
    struct csw_err err;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        print_help();
        return argc < 2 ? CSW_EXIT_USAGE : CSW_EXIT_DONE;
    }
    if (strcmp(argv[1], "list") == 0) {
        print_peers();
        return CSW_EXIT_DONE;
    }
    const int code = take_measure(argc - 1, argv + 1, &figures, &err);

    if (code < 0) {
        fprintf(stderr, "bench_drivers: %s\n", err.text);
        return exit_code(code);
    }
    print_figures(&figures);
    return CSW_EXIT_DONE;
}
