/* children.c - see children.h */
#include "children.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

/* The state of a child of `parent`; '\0' for any other process. */
static char state_of_child(const char *root, pid_t pid, pid_t parent)
{
    char path[64], state = '\0';
    int its_parent = -1;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    char *line = csw_file_line(root, path);
    /* the state and the parent follow the name, which may hold anything, and its bracket */
    const char *name_end = line ? strrchr(line, ')') : NULL;

    if (!name_end || sscanf(name_end, ") %c %d", &state, &its_parent) != 2 ||
        its_parent != (int)parent)
        state = '\0';
    free(line);
    return state;
}

/* Over all processes: the list of a task's children exists where CONFIG_PROC_CHILDREN does. */
int csw_each_child(const char *root, pid_t parent,
                   int (*each)(pid_t pid, char state, void *context, struct csw_err *),
                   void *context, struct csw_err *err)
{
    char path[PATH_MAX];
    DIR *proc =
        snprintf(path, sizeof path, "%s/proc", root) < (int)sizeof path ? opendir(path) : NULL;
    const struct dirent *entry;
    int code = 0;

    while (proc && code == 0 && (entry = readdir(proc))) {
        const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        const char state =
            isdigit((unsigned char)*entry->d_name) ? state_of_child(root, pid, parent) : '\0';

        if (state)
            code = each(pid, state, context, err);
    }
    if (proc)
        closedir(proc);
    return code;
}
