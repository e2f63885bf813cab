/*
 * interpreter.h - Python interpreters of this machine: where they are, and what they are.
 */
#ifndef CORESWEEP_INTERPRETER_H
#define CORESWEEP_INTERPRETER_H

#include <limits.h>
#include <stddef.h>

#include <coresweep/err.h>

#define CSW_INTERPRETER_TEXT_SIZE 128

struct csw_interpreter {
    char file[PATH_MAX]; /* the program itself: its own sys.executable, not a script before it */

    /* Implementation, version and build: "CPython 3.11.2, PGO+LTO"; then, as it is at the start of
     * the interpreter, "GIL on". */
    char build[CSW_INTERPRETER_TEXT_SIZE], gil[16];
};

/*
 * Finds the program of that name on the PATH; a name with a slash is a path. Returns 0, or -EINVAL
 * where there is none, or none that may be executed.
 */
int csw_interpreter_find(char ret_path[PATH_MAX], const char *name, struct csw_err *);

/*
 * Runs the interpreter of that name, for 10 s at most, and asks it what it is; once for a name in a
 * process, as long as there are few. Not for several threads at once. 0; what
 * csw_interpreter_find returned; -EINVAL where it is no Python or one older than 3.8, with what it
 * answered; or what starting it gave.
 */
int csw_interpreter_ask(struct csw_interpreter *ret_interpreter, const char *name,
                        struct csw_err *);

/* The names that interpreters usually have, to be looked for; NULL past the end. */
const char *csw_interpreter_at(size_t index);

#endif
