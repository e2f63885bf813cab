/* live.h - two programs measured in the same rounds, for `compare --live` and `selftest`. */
#ifndef CSW_LIVE_H
#define CSW_LIVE_H

#include <coresweep/err.h>

#include "harness/compare.h"
#include "planned.h"

struct cli_live {
    struct cli_measuring *planned;  /* by cli_sweep_plan, or by cli_sweep_resume of side A */
    const char *program[CSW_SIDES]; /* paths, or names that are looked for in PATH */
    char *path[CSW_SIDES];          /* of the result files */
};

/*
 * Names both files: "out.jsonl" gives "out-a.jsonl" and "out-b.jsonl", and so does either of these
 * two; NULL: the machine's name and the time do. Returns 0 or -ENOMEM. The caller frees the names
 * in any case.
 */
int cli_live_paths(char *ret_path[CSW_SIDES], const char *output, const struct csw_host *,
                   struct csw_err *);

/*
 * Makes both result files, or goes on with them where the plan is of --resume, and fills them.
 * Returns 0; -ECHILD where visits failed, but the files hold what others gave; or another negative
 * errno, with new files removed where they hold nothing.
 */
int cli_live_run(const struct cli_live *, struct csw_err *);

/* Two result files, read and compared. */
struct cli_files {
    struct csw_results results[CSW_SIDES];
    struct csw_report report[CSW_SIDES];
    struct csw_compared side[CSW_SIDES];
};

/* Reads both files. Returns 0 or what reading returned. The caller releases them in any case. */
int cli_files_read(struct cli_files *ret_files, char *const path[CSW_SIDES], struct csw_err *);
void cli_files_release(struct cli_files *);

#endif
