/* story_python.h - the interpreters that a story runs on. */
#ifndef CSW_STORY_PYTHON_H
#define CSW_STORY_PYTHON_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/err.h>

struct csw_story_python {
    char *name;        /* its own file; owned */
    bool gil;          /* on, when it starts */
    bool has_own_gils; /* sub-interpreters with a GIL of their own */
};

struct csw_story_pythons {
    size_t count;
    struct csw_story_python *python; /* owned */
};

/*
 * Asks the interpreters of the list "FILE,FILE" what they are. Without a list: python3, and those
 * of the usual names that have no GIL, as far as PATH has them. Returns 0; -EINVAL where a file of
 * the list is none or is too old; or -ENOMEM. The caller releases them.
 */
int csw_story_pythons_init(struct csw_story_pythons *ret_pythons, const char *list,
                           struct csw_err *);
void csw_story_pythons_release(struct csw_story_pythons *);

#endif
