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

static char *path_of(const char *output, int side, const struct csw_host *host)
{
    static const char ending[] = ".jsonl";
    static const char *const prefixes[CSW_SIDES] = {"coresweep-a", "coresweep-b"};
    char *path;

    if (!output)
        return cli_result_path(prefixes[side], host);
    size_t stem = strlen(output);

    if (stem >= strlen(ending) && strcmp(output + stem - strlen(ending), ending) == 0)
        stem -= strlen(ending);
    return asprintf(&path, "%.*s-%c%s", (int)stem, output, "ab"[side], ending) >= 0 ? path : NULL;
}

int cli_live_paths(char *ret_path[CSW_SIDES], const char *output, const struct csw_host *host,
                   struct csw_err *err)
{
    for (int side = 0; side < CSW_SIDES; side++)
        ret_path[side] = path_of(output, side, host);
    return ret_path[CSW_A] && ret_path[CSW_B] ? 0
                                              : csw_fail(err, -ENOMEM, "no memory for file names");
}

/* What is open meanwhile. */
struct live {
    const struct cli_live *asked;
    struct csw_plan plan; /* the planned one with its mark, which alone is owned */
    struct csw_host host[CSW_SIDES];
    struct csw_writer *writer[CSW_SIDES];
};

/* What no other pair of files has: the time and the process that made them. */
static int mark_pair(struct live *live, struct csw_err *err)
{
    live->plan = live->asked->planned->plan;
    if (asprintf(&live->plan.pair, "%" PRIu64 "-%ld", csw_clock_ns(CLOCK_REALTIME),
                 (long)getpid()) >= 0)
        return 0;
    live->plan.pair = NULL;
    return csw_fail(err, -ENOMEM, "no memory for a plan");
}

static int open_side(struct live *live, int side, struct csw_err *err)
{
    const struct cli_live *asked = live->asked;
    int code =
        csw_build_read(&live->host[side], asked->program[side], asked->planned->visit.stop, err);

    if (code == 0)
        code = csw_writer_create(&live->writer[side], asked->path[side], err);
    if (code == 0)
        code = cli_write_head(live->writer[side], &live->plan, &live->host[side], err);
    return code;
}

/* Files that hold no sample yet are of no use to anybody. */
static void drop_files(struct live *live)
{
    for (int side = 0; side < CSW_SIDES; side++)
        if (live->writer[side])
            unlink(live->asked->path[side]);
}

static int carry_out(struct live *live, struct csw_err *err)
{
    struct csw_pair pair = {.plan = &live->plan,
                            .watch = {.progress = isatty(STDERR_FILENO) ? cli_show_progress : NULL,
                                      .warning = cli_show_warning}};

    for (int side = 0; side < CSW_SIDES; side++) {
        pair.writer[side] = live->writer[side];
        pair.visit[side] = live->asked->planned->visit;
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
    int code = mark_pair(&live, err);

    for (int side = 0; code == 0 && side < CSW_SIDES; side++)
        code = open_side(&live, side, err);
    if (code < 0)
        drop_files(&live);
    else
        code = carry_out(&live, err);
    code = close_files(&live, code, err);
    for (int side = 0; side < CSW_SIDES; side++)
        csw_host_release(&live.host[side]);
    free(live.plan.pair);
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
