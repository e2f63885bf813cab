/* build.c - see build.h */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "files.h"

#define TIMEOUT_S 60

/* Runs a sweep of one visit, which every coresweep can, into a file that is not there yet. */
static int sweep_once(const char *program, const char *path, const volatile sig_atomic_t *stop,
                      struct csw_err *err)
{
    char *const arguments[] = {(char *)"coresweep",
                               (char *)"sweep",
                               (char *)"--kernel",
                               (char *)"count",
                               (char *)"--n",
                               (char *)"1",
                               (char *)"--driver",
                               (char *)"serial",
                               (char *)"--workers",
                               (char *)"1",
                               (char *)"--rounds",
                               (char *)"1",
                               (char *)"--min-ms",
                               (char *)"1",
                               (char *)"--output",
                               (char *)path,
                               NULL};
    const struct csw_command command = {.program = program,
                                        .arguments = arguments,
                                        .name = "the program",
                                        .timeout_ns = TIMEOUT_S * CSW_NS_PER_S,
                                        .stop = stop};
    struct csw_outcome outcome = {0};
    int code = csw_command_run(&outcome, &command, err);

    if (code == 0)
        code = csw_outcome_check_signal(&outcome, &command, err);
    if (code == 0 && WEXITSTATUS(outcome.status) != CSW_EXIT_DONE)
        code = csw_fail(err, -EINVAL, "%.400s", csw_outcome_last_words(&outcome));
    csw_outcome_release(&outcome);
    return code;
}

/* Takes the host out of the file. */
static int read_host(struct csw_host *ret_host, const char *path, struct csw_err *err)
{
    struct csw_results results = {0};
    const int code = csw_results_read(&results, path, err);

    if (code < 0)
        return code;
    *ret_host = results.host;
    results.host = (struct csw_host){0};
    csw_results_release(&results);
    return 0;
}

int csw_build_read(struct csw_host *ret_host, const char *program,
                   const volatile sig_atomic_t *stop, struct csw_err *err)
{
    char *folder = NULL, *path = NULL;
    struct csw_err why = {0};
    int code = csw_folder_make(&folder, "coresweep-build", err);

    if (code < 0)
        return code;
    code = asprintf(&path, "%s/sweep.jsonl", folder) < 0
               ? csw_fail(&why, -ENOMEM, "no memory for a file name")
               : sweep_once(program, path, stop, &why);
    if (code == 0)
        code = read_host(ret_host, path, &why);
    if (path)
        unlink(path);
    rmdir(folder);
    free(path);
    free(folder);
    if (code == 0 || code == -EINTR)
        return code == 0 ? 0 : csw_fail(err, code, "%s", why.text);
    return csw_fail(err, -EINVAL, "'%.80s' is no coresweep that this one can measure: %.380s",
                    program, why.text);
}
