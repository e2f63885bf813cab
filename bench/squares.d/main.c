/* main.c - bench/squares: options, progress, and the exit code. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "quiet.h"
#include "show.h"
#include "visit.h"

#define ROUNDS 100
#define QUICK_ROUNDS 20
#define MOST_ROUNDS 100000

struct options {
    unsigned rounds;
    FILE *json;                                   /* NULL: none */
    unsigned visit_first, visit_rounds, visit_to; /* a visit; no rounds: this is none */
};

enum { KEY_ROUNDS = 'r', KEY_QUICK = 'q', KEY_JSON = 'j', KEY_VISIT = 'v' + 256 };

static const struct argp_option argp_options[] = {
    {"rounds", KEY_ROUNDS, "N", 0, "How often everything is measured (default: 100)", 0},
    {"quick", KEY_QUICK, NULL, 0, "20 rounds: a first look", 0},
    {"json", KEY_JSON, "FILE", 0, "Write all figures and samples to FILE", 0},
    {"visit", KEY_VISIT, "FIRST,ROUNDS,TO", OPTION_HIDDEN, "How a visit is started", 0},
    {0},
};

static unsigned parse_rounds(const char *text, struct argp_state *state)
{
    char *end;
    const unsigned long rounds = strtoul(text, &end, 10);

    if (*end != '\0' || rounds < 1 || rounds > MOST_ROUNDS)
        argp_error(state, "--rounds takes a number from 1 to %d, not '%s'", MOST_ROUNDS, text);
    return (unsigned)rounds;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case KEY_ROUNDS:
        options->rounds = parse_rounds(argument, state);
        return 0;
    case KEY_QUICK:
        options->rounds = QUICK_ROUNDS;
        return 0;
    case KEY_JSON:
        options->json = fopen(argument, "w"); /* now: a run takes minutes */
        if (!options->json)
            argp_failure(state, CSW_EXIT_USAGE, errno, "cannot write %s", argument);
        return 0;
    case KEY_VISIT:
        if (sscanf(argument, "%u,%u,%u", &options->visit_first, &options->visit_rounds,
                   &options->visit_to) != 3)
            argp_error(state, "--visit is for this program's own use");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = argp_options,
    .parser = parse,
    .doc = "Measures libcoresweep's functions for perfect squares against FLINT, GMP, PARI and "
           "the limits of this machine, in the same rounds, and says which goals are met."
           "\vExits with 0 where all goals that can be measured here are met, with 1 where one is "
           "not or something failed, with 3 where a function gave a wrong result.",
};

/* ---- what is told while it runs ------------------------------------------------------------- */

static void show_progress(const struct bench_campaign *campaign)
{
    const unsigned rounds = bench_campaign_rounds(campaign);
    const double left = campaign->seconds * (rounds - campaign->round) / campaign->round;

    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rround %u of %u, %.0f s left\033[K", campaign->round, rounds, left);
}

static void warn(const struct bench_campaign *campaign)
{
    if (campaign->unbound[0])
        fprintf(stderr, "squares: warning: threads were not bound: %s\n", campaign->unbound);
    if (!campaign->real_time)
        fprintf(stderr, "squares: warning: SCHED_FIFO was not permitted (run as root): other "
                        "programs have disturbed the samples\n");
}

static void show_method(const struct bench_campaign *campaign)
{
    printf("%u rounds in %.0f s, %u cores; a sample counts where the core ran at %.0f %% of its "
           "best speed or more before and after it\n",
           campaign->round, campaign->seconds, campaign->cores, 100 * BENCH_QUIET);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static bool are_goals_met(const struct bench_campaign *campaign)
{
    struct bench_outcome outcome;

    for (size_t i = 0; bench_goal_outcome(campaign, i, &outcome); i++)
        if (outcome.verdict == BENCH_NOT_MET)
            return false;
    return true;
}

static int measure(struct bench_campaign *campaign, const struct csw_topo *topo,
                   const struct options *options, struct csw_err *err)
{
    int code = bench_campaign_open(campaign, topo, options->rounds, err);

    if (code == 0)
        code = bench_campaign_run(campaign, show_progress, err);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (code == 0) {
        warn(campaign);
        show_method(campaign);
        code = bench_show(campaign, err);
    }
    if (code == 0 && options->json)
        code = bench_write_json(campaign, topo, options->json, err);
    return code;
}

int main(int argc, char **argv)
{
    struct options options = {.rounds = ROUNDS};
    struct bench_campaign campaign;
    struct csw_topo *topo = NULL;
    struct csw_err err;

    argp_err_exit_status = CSW_EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.visit_rounds > 0)
        return bench_visit(options.visit_first, options.visit_rounds, (int)options.visit_to);
    int code = csw_topo_open(&topo, NULL, &err);

    if (code == 0)
        code = measure(&campaign, topo, &options, &err);
    if (code < 0) {
        fprintf(stderr, "squares: %s\n", err.text);
        return code == CSW_EWRONG ? CSW_EXIT_WRONG_TALLY : CSW_EXIT_FAILED;
    }
    const bool met = are_goals_met(&campaign);

    bench_campaign_close(&campaign);
    csw_topo_close(topo);
    return met ? CSW_EXIT_DONE : CSW_EXIT_FAILED;
}
