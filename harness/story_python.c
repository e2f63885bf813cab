/* story_python.c - see story_python.h, and csw_story_each_python of story.h */
#include "story_python.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/interpreter.h>

#include "names.h"
#include "options.h"
#include "story.h"

/* ---- what is there -------------------------------------------------------------------------- */

/* "CPython 3.12.1, ..." and newer. */
static bool has_own_gils(const struct csw_interpreter *interpreter)
{
    unsigned major = 0, minor = 0;

    return sscanf(interpreter->build, "CPython %u.%u", &major, &minor) == 2 &&
           (major > 3 || (major == 3 && minor >= 12));
}

/* By its own file: a script that stands before it would be started anew for every row. */
static int add(struct csw_story_pythons *pythons, const struct csw_interpreter *interpreter,
               struct csw_err *err)
{
    struct csw_story_python *grown =
        reallocarray(pythons->python, pythons->count + 1, sizeof *grown);

    if (grown)
        pythons->python = grown;
    if (!grown || !(grown[pythons->count].name = strdup(interpreter->file)))
        return csw_fail(err, -ENOMEM, "no memory for the name of an interpreter");
    grown[pythons->count].gil = strcmp(interpreter->gil, "GIL off") != 0;
    grown[pythons->count].has_own_gils = has_own_gils(interpreter);
    pythons->count++;
    return 0;
}

static int add_named(const char *name, void *context, struct csw_err *err)
{
    struct csw_interpreter interpreter;
    const int code = csw_interpreter_ask(&interpreter, name, err);

    return code < 0 ? code : add(context, &interpreter, err);
}

/* Builds without a GIL have names such as python3.14t. */
static bool may_lack_gil(const char *name)
{
    return name[strlen(name) - 1] == 't';
}

/* The first of the usual names, and all that have no GIL; what cannot be asked is not there. */
static int add_usual(struct csw_story_pythons *pythons, struct csw_err *err)
{
    const char *name;
    int code = 0;

    for (size_t i = 0; code == 0 && (name = csw_interpreter_at(i)); i++) {
        struct csw_interpreter interpreter;

        if ((i == 0 || may_lack_gil(name)) && csw_interpreter_ask(&interpreter, name, NULL) == 0 &&
            (i == 0 || strcmp(interpreter.gil, "GIL off") == 0))
            code = add(pythons, &interpreter, err);
    }
    return code;
}

int csw_story_pythons_init(struct csw_story_pythons *ret_pythons, const char *list,
                           struct csw_err *err)
{
    struct csw_story_pythons pythons = {0};
    const int code =
        *list ? csw_for_each_word(list, add_named, &pythons, err) : add_usual(&pythons, err);

    if (code < 0) {
        csw_story_pythons_release(&pythons);
        return code;
    }
    *ret_pythons = pythons;
    return 0;
}

void csw_story_pythons_release(struct csw_story_pythons *pythons)
{
    if (!pythons)
        return;
    for (size_t i = 0; i < pythons->count; i++)
        free(pythons->python[i].name);
    free(pythons->python);
    *pythons = (struct csw_story_pythons){0};
}

/* ---- what a plan has ------------------------------------------------------------------------ */

/* Whether one of the first `count` points runs on that interpreter. */
static bool is_known(const struct csw_plan *plan, size_t count, const char *python)
{
    for (size_t i = 0; i < count; i++) {
        char *before = NULL;
        const int code = csw_option_value(plan->points[i].settings, "python", &before, NULL);
        const bool same = code == 0 && before && strcmp(before, python) == 0;

        free(before);
        if (same)
            return true;
    }
    return false;
}

int csw_story_each_python(const struct csw_plan *plan,
                          int (*each)(const char *python, void *context, struct csw_err *),
                          void *context, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < plan->count; i++) {
        char *python = NULL;

        code = csw_option_value(plan->points[i].settings, "python", &python, err);
        if (code == 0 && python && !is_known(plan, i, python))
            code = each(python, context, err);
        free(python);
    }
    return code;
}
