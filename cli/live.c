/* live.c - see live.h */
#include "live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "harness/build.h"
#include "harness/clock.h"
#include "harness/pair.h"

/* ---- names ---------------------------------------------------------------------------------- */

/* The length of the text without the ending, if it has it. */
static size_t length_without(const char *text, size_t length, const char *ending)
{
    const size_t size = strlen(ending);

    return length > size && strncmp(text + length - size, ending, size) == 0 ? length - size
                                                                             : length;
}

int cli_live_paths(char *ret_path[CSW_SIDES], const char *output, const struct csw_host *host,
                   struct csw_err *err)
{
    char *name = output ? strdup(output) : cli_result_path("coresweep-compare", host);
    size_t stem = name ? length_without(name, strlen(name), ".jsonl") : 0;
    bool complete = name != NULL;

    for (int side = 0; complete && side < CSW_SIDES; side++)
        stem = length_without(name, stem, side == CSW_A ? "-a" : "-b");
    for (int side = 0; side < CSW_SIDES; side++) {
        ret_path[side] = NULL;
        if (complete && asprintf(&ret_path[side], "%.*s-%c.jsonl", (int)stem, name, "ab"[side]) < 0)
            ret_path[side] = NULL;
        complete = complete && ret_path[side];
    }
    free(name);
    return complete ? 0 : csw_fail(err, -ENOMEM, "no memory for file names");
}

/* ---- the files ------------------------------------------------------------------------------ */

/* What is open meanwhile. */
struct live {
    const struct cli_live *asked;
    struct csw_host host[CSW_SIDES];
    struct csw_writer *writer[CSW_SIDES];
    struct csw_results of_b; /* what its file holds that is gone on with */
};

/* What no other pair of files has: the time and the process that made them. */
static int mark_pair(struct csw_plan *plan, struct csw_err *err)
{
    char mark[64];

    snprintf(mark, sizeof mark, "%" PRIu64 "-%ld", csw_clock_ns(CLOCK_REALTIME), (long)getpid());
    return cli_set_text(&plan->pair, mark, err);
}

static int read_builds(struct live *live, struct csw_err *err)
{
    const struct cli_live *asked = live->asked;
    int code = 0;

    for (int side = 0; code == 0 && side < CSW_SIDES; side++)
        code = csw_build_read(&live->host[side], asked->program[side], asked->planned->stop, err);
    return code;
}

static int make_file(struct live *live, int side, struct csw_err *err)
{
    const struct cli_live *asked = live->asked;
    const int code = csw_writer_create(&live->writer[side], asked->path[side], err);

    return code == 0
               ? cli_write_head(live->writer[side], &asked->planned->plan, &live->host[side], err)
               : code;
}

/* Files that hold no sample yet are of no use to anybody. */
static int make_files(struct live *live, struct csw_err *err)
{
    int code = mark_pair(&live->asked->planned->plan, err);

    for (int side = 0; code == 0 && side < CSW_SIDES; side++)
        code = make_file(live, side, err);
    for (int side = 0; code < 0 && side < CSW_SIDES; side++)
        if (live->writer[side])
            unlink(live->asked->path[side]);
    return code;
}

/* ---- files that are gone on with ------------------------------------------------------------ */

static int check_side(const struct live *live, int side, const struct csw_results *before,
                      struct csw_err *err)
{
    const char *path = live->asked->path[side];
    int code = cli_check_same(path, &csw_plan_fields, &before->plan,
                              cli_plan_of(live->asked->planned), err);

    if (code == 0)
        code = cli_check_same(path, &csw_host_fields, &before->host, &live->host[side], err);
    return code == 0 ? csw_writer_cut(live->writer[side], before->valid_bytes, err) : code;
}

/* Side A is open and read already; its writer is taken over. */
static int reopen_files(struct live *live, struct csw_err *err)
{
    struct cli_measuring *of_a = live->asked->planned;
    const char *path = live->asked->path[CSW_B];

    live->writer[CSW_A] = of_a->writer;
    of_a->writer = NULL;
    int code = csw_writer_reopen(&live->writer[CSW_B], path, err);

    if (code == 0)
        code = csw_results_read(&live->of_b, path, err);
    if (code == 0)
        code = check_side(live, CSW_A, &of_a->before, err);
    return code == 0 ? check_side(live, CSW_B, &live->of_b, err) : code;
}

/* ---- the visits ----------------------------------------------------------------------------- */

static int carry_out(struct live *live, struct csw_err *err)
{
    const struct cli_measuring *planned = live->asked->planned;
    struct csw_pair pair = {
        .plan = cli_plan_of(planned), .topo = planned->topo, .watch = cli_watch()};

    if (cli_is_resumed(planned)) {
        pair.before[CSW_A] = &planned->before;
        pair.before[CSW_B] = &live->of_b;
    }
    for (int side = 0; side < CSW_SIDES; side++) {
        pair.writer[side] = live->writer[side];
        pair.visit[side] = cli_visits_of(planned);
        pair.visit[side].program = live->asked->program[side];
    }
    const int code = csw_pair_run(&pair, err);

    cli_clear_progress();
    return code;
}

static int close_files(struct live *live, int code, struct csw_err *err)
{
    for (int side = 0; side < CSW_SIDES; side++) {
        struct csw_err closing;
        const int closed = csw_writer_close(live->writer[side], &closing);

        if (code == 0 && closed < 0)
            code = csw_fail(err, closed, "%s", closing.text);
    }
    return code;
}

int cli_live_run(const struct cli_live *asked, struct csw_err *err)
{
    struct live live = {.asked = asked};
    int code = read_builds(&live, err);

    if (code == 0)
        code = cli_is_resumed(asked->planned) ? reopen_files(&live, err) : make_files(&live, err);
    if (code == 0)
        code = carry_out(&live, err);
    code = close_files(&live, code, err);
    for (int side = 0; side < CSW_SIDES; side++)
        csw_host_release(&live.host[side]);
    csw_results_release(&live.of_b);
    return code;
}

/* ---- reading two files ---------------------------------------------------------------------- */

int cli_files_read(struct cli_files *ret_files, char *const path[CSW_SIDES], struct csw_err *err)
{
    int code = 0;

    *ret_files = (struct cli_files){0};
    for (int side = 0; code == 0 && side < CSW_SIDES; side++) {
        code = csw_results_read(&ret_files->results[side], path[side], err);
        if (code == 0)
            code = csw_report_init(&ret_files->report[side], &ret_files->results[side], err);
        ret_files->side[side] = (struct csw_compared){path[side], &ret_files->report[side]};
    }
    return code;
}

void cli_files_release(struct cli_files *files)
{
    for (int side = 0; side < CSW_SIDES; side++) {
        csw_report_release(&files->report[side]);
        csw_results_release(&files->results[side]);
    }
}
