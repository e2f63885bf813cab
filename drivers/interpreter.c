/* interpreter.c - see coresweep/interpreter.h */
#include <coresweep/interpreter.h>

#include <coresweep/script.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper.h"

#define ANSWER_MS 10000

/* ---- where it is ---------------------------------------------------------------------------- */

static bool is_program(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static int find_at(char ret_path[PATH_MAX], const char *path, struct csw_err *err)
{
    if (strlen(path) >= PATH_MAX)
        return csw_fail(err, -EINVAL, "the path of the interpreter '%.80s...' is too long", path);
    if (access(path, F_OK) != 0)
        return csw_fail(err, -EINVAL, "there is no interpreter '%.300s': %s", path,
                        strerror(errno));
    if (!is_program(path))
        return csw_fail(err, -EINVAL, "'%.300s' is no program that may be executed", path);
    strcpy(ret_path, path);
    return 0;
}

int csw_interpreter_find(char ret_path[PATH_MAX], const char *name, struct csw_err *err)
{
    const char *folder = getenv("PATH");
    char path[PATH_MAX];

    if (strchr(name, '/'))
        return find_at(ret_path, name, err);
    while (folder && *folder && *name) {
        const int length = (int)strcspn(folder, ":");

        if (snprintf(path, sizeof path, "%.*s/%s", length, folder, name) < (int)sizeof path &&
            is_program(path)) {
            strcpy(ret_path, path);
            return 0;
        }
        folder += length + (folder[length] == ':');
    }
    return csw_fail(err, -EINVAL, "there is no interpreter '%.300s' on the PATH", name);
}

/* ---- what it is ----------------------------------------------------------------------------- */

/* The script that answers, and how its answer begins. */
#define SCRIPT "coresweep_interpreter.py"
#define MARK "coresweep asks:\t"

/* The last line that starts with the mark, taken apart; whatever a site prints may be before it. */
static bool read_answer(struct csw_interpreter *ret, char *words, int ret_version[2])
{
    char *line = NULL, *version, *file, *build;

    for (char *next = words; (next = strstr(next, MARK)); next++)
        line = next;
    if (!line)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    strsep(&line, "\t");
    version = strsep(&line, "\t");
    file = strsep(&line, "\t");
    build = strsep(&line, "\t");
    if (!line || !version || sscanf(version, "%d.%d", &ret_version[0], &ret_version[1]) != 2)
        return false;
    snprintf(ret->file, sizeof ret->file, "%s", file);
    snprintf(ret->build, sizeof ret->build, "%s", build);
    snprintf(ret->gil, sizeof ret->gil, "%s", line);
    return true;
}

/* By its first line: what is no Python may go on to say how it is used. */
static int fail_by_answer(char *words, const char *name, struct csw_err *err)
{
    const char *line = words + strspn(words, " \r\n");

    if (!*line)
        return csw_fail(err, -EINVAL, "'%.200s' is no Python: it answered nothing", name);
    return csw_fail(err, -EINVAL, "'%.200s' is no Python: it answered '%.*s'", name,
                    (int)strcspn(line, "\r\n"), line);
}

static int judge(struct csw_interpreter *ret, struct csw_kept *kept, const char *name,
                 struct csw_err *err)
{
    struct csw_interpreter found;
    char words[CSW_WORDS_SIZE];
    int version[2];

    csw_kept_last_words(kept); /* hears the rest */
    memcpy(words, kept->words, sizeof words);
    if (!read_answer(&found, words, version))
        return fail_by_answer(words, name, err);
    if (version[0] < 3 || (version[0] == 3 && version[1] < 8))
        return csw_fail(err, -EINVAL, "'%.200s' is %.80s: too old, 3.8 or newer is needed", name,
                        found.build);
    *ret = found;
    return 0;
}

static int ask(struct csw_interpreter *ret_interpreter, const char *name, struct csw_err *err)
{
    char path[PATH_MAX], script[PATH_MAX];
    struct csw_kept kept = {0};
    int code = csw_interpreter_find(path, name, err);

    if (code == 0)
        code = csw_script_find(script, SCRIPT, err);
    if (code < 0)
        return code;
    char *const argv[] = {path, "-E", "-B", script, NULL};

    code = csw_kept_start(&kept, name, argv, err);
    if (code == 0)
        code = csw_kept_wait(&kept, ANSWER_MS, err);
    if (code == 0)
        code = csw_fail(err, -EINVAL, "'%.200s' is no Python: it did not answer within %d s", name,
                        ANSWER_MS / 1000);
    if (code == 1)
        code = judge(ret_interpreter, &kept, name, err);
    csw_kept_end(&kept);
    return code;
}

/* A plan has many rows by the same interpreter, which is not started anew for each. */
int csw_interpreter_ask(struct csw_interpreter *ret_interpreter, const char *name,
                        struct csw_err *err)
{
    static struct {
        char name[PATH_MAX];
        struct csw_interpreter interpreter;
    } known[8];
    static size_t count;

    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i].name, name) == 0) {
            *ret_interpreter = known[i].interpreter;
            return 0;
        }
    const int code = ask(ret_interpreter, name, err);

    if (code == 0 && count < sizeof known / sizeof *known && strlen(name) < PATH_MAX) {
        strcpy(known[count].name, name);
        known[count++].interpreter = *ret_interpreter;
    }
    return code;
}

const char *csw_interpreter_at(size_t index)
{
    static const char *const names[] = {"python3",    "python3.14t", "python3.13t", "python3.14",
                                        "python3.13", "python3.12",  "pypy3"};

    return index < sizeof names / sizeof *names ? names[index] : NULL;
}
