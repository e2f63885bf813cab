/* script.c - see script.h. CMake defines CSW_PYTHON_DIR (absolute) and CSW_PYTHON_FROM_BIN. */
#include <coresweep/script.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACES 3

struct places {
    char folder[PLACES][PATH_MAX];
    size_t count;
};

/* A folder whose name is too long for a path cannot hold the script: it is left out. */
static void add_place(struct places *places, const char *folder, const char *below)
{
    char *place = places->folder[places->count];
    const int length = snprintf(place, PATH_MAX, "%s%s%s", folder, *below ? "/" : "", below);

    if (length < PATH_MAX)
        places->count++;
}

static int folder_of_program(char ret_folder[PATH_MAX], struct csw_err *err)
{
    const ssize_t length = readlink("/proc/self/exe", ret_folder, PATH_MAX - 1);

    if (length < 0)
        return csw_fail(err, -errno, "cannot read /proc/self/exe: %s", strerror(errno));
    ret_folder[length] = '\0';
    *strrchr(ret_folder, '/') = '\0';
    return 0;
}

static bool is_readable_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, R_OK) == 0;
}

static int fail_by_places(const struct places *places, const char *name, struct csw_err *err)
{
    char list[sizeof err->text] = "";
    size_t used = 0;

    for (size_t i = 0; i < places->count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 places->folder[i]);
    return csw_fail(err, -ENOENT,
                    "the script %.60s is in none of %.360s; CORESWEEP_PYTHON_DIR can name its "
                    "folder",
                    name, list);
}

int csw_script_find(char ret_path[PATH_MAX], const char *name, struct csw_err *err)
{
    const char *wanted = getenv("CORESWEEP_PYTHON_DIR");
    char program[PATH_MAX], path[PATH_MAX];
    struct places places = {.count = 0};
    const int code = folder_of_program(program, err);

    if (code < 0)
        return code;
    if (wanted && *wanted)
        add_place(&places, wanted, "");
    add_place(&places, program, CSW_PYTHON_FROM_BIN);
    add_place(&places, CSW_PYTHON_DIR, "");
    for (size_t i = 0; i < places.count; i++) {
        const int length = snprintf(path, sizeof path, "%s/%s", places.folder[i], name);

        if (length < (int)sizeof path && is_readable_file(path)) {
            strcpy(ret_path, path);
            return 0;
        }
    }
    return fail_by_places(&places, name, err);
}
