/* campaign.c - see campaign.h */
#include "campaign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/clock.h"
#include "visit.h"

#define ROUNDS_PER_VISIT 5u
#define MOST_ROUNDS 2u /* times those that were asked for */

int bench_campaign_open(struct bench_campaign *ret_campaign, const struct csw_topo *topo,
                        unsigned rounds, struct csw_err *err)
{
    struct bench_campaign campaign = {
        .cores = csw_topo_cores(topo), .rounds = rounds, .real_time = true};

    bench_sizes_read(&campaign.sizes, campaign.cores);
    const int code = bench_cells_open(&campaign.cells, &campaign.sizes, campaign.cores, err);

    *ret_campaign = campaign;
    return code;
}

void bench_campaign_close(struct bench_campaign *campaign)
{
    bench_cells_close(&campaign->cells);
}

unsigned bench_campaign_rounds(const struct bench_campaign *campaign)
{
    for (size_t i = 0; i < campaign->cells.count; i++)
        if (2 * campaign->cells.cell[i].quiet < campaign->rounds)
            return MOST_ROUNDS * campaign->rounds;
    return campaign->rounds;
}

/* ---- a visit -------------------------------------------------------------------------------- */

/* Never returns: the visit is this program, started anew. */
static void become_visit(unsigned first_round, unsigned rounds, int to)
{
    char option[64];

    snprintf(option, sizeof option, "--visit=%u,%u,%d", first_round, rounds, to);
    execl("/proc/self/exe", "squares", option, (char *)NULL);
    _exit(CSW_EXIT_FAILED);
}

/* The visit's process; *ret_from is where its messages come from. */
static pid_t start_visit(const struct bench_campaign *campaign, unsigned rounds, FILE **ret_from)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    const pid_t process = fork();

    if (process == 0) {
        close(ends[0]);
        become_visit(campaign->round, rounds, ends[1]);
    }
    close(ends[1]);
    *ret_from = fdopen(ends[0], "r");
    return *ret_from ? process : -1;
}

static int take_message(struct bench_campaign *campaign, const struct bench_message *message,
                        struct csw_err *err)
{
    switch (message->event) {
    case BENCH_SAMPLE:
        return bench_cell_keep(&campaign->cells.cell[message->cell], &message->sample, err);
    case BENCH_ROUND:
        campaign->round++;
        return 0;
    case BENCH_END:
        campaign->calibration_ns = message->calibration_ns;
        campaign->real_time = campaign->real_time && message->real_time;
        memcpy(campaign->unbound, message->unbound, sizeof campaign->unbound);
        return 0;
    default:
        *err = message->err;
        return err->code;
    }
}

static int run_visit(struct bench_campaign *campaign, unsigned rounds,
                     void (*progress)(const struct bench_campaign *), struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    const double seconds = campaign->seconds;
    struct bench_message message = {.event = BENCH_FAILED};
    FILE *from;
    const pid_t process = start_visit(campaign, rounds, &from);
    int code = 0, status = 0;

    if (process < 0)
        return csw_fail(err, -errno, "cannot start a process: %s", strerror(errno));
    while (code == 0 && fread(&message, sizeof message, 1, from) == 1) {
        code = take_message(campaign, &message, err);
        campaign->seconds = seconds + (double)(csw_now_ns() - start_ns) / (double)CSW_NS_PER_S;
        if (message.event == BENCH_ROUND)
            progress(campaign);
    }
    fclose(from);
    waitpid(process, &status, 0);
    if (code == 0 && message.event != BENCH_END)
        code = csw_fail(err, -ECHILD, "a measuring process ended early, with status %d", status);
    return code;
}

int bench_campaign_run(struct bench_campaign *campaign,
                       void (*progress)(const struct bench_campaign *), struct csw_err *err)
{
    int code = 0;

    while (code == 0 && campaign->round < bench_campaign_rounds(campaign)) {
        const unsigned left = bench_campaign_rounds(campaign) - campaign->round;

        code =
            run_visit(campaign, left < ROUNDS_PER_VISIT ? left : ROUNDS_PER_VISIT, progress, err);
    }
    return code;
}
