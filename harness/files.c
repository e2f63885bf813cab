/* files.c - see files.h */
#include "files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

FILE *csw_file_open(const char *root, const char *path)
{
    char full[PATH_MAX];
    const int length = snprintf(full, sizeof full, "%s%s", root, path);

    return length < (int)sizeof full ? fopen(full, "re") : NULL;
}

/* The next line without its newline, on the heap; NULL at the end. */
static char *next_line(FILE *in)
{
    char *line = NULL;
    size_t size = 0;

    if (getline(&line, &size, in) < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

char *csw_file_line(const char *root, const char *path)
{
    FILE *in = csw_file_open(root, path);
    char *line = in ? next_line(in) : NULL;

    if (in)
        fclose(in);
    return line;
}

/* The text after "key", blanks and a colon; NULL where the line has another key. */
static const char *value_in(const char *line, const char *key)
{
    const size_t length = strlen(key);

    if (strncmp(line, key, length) != 0)
        return NULL;
    line += length + strspn(line + length, " \t");
    return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

char *csw_file_value(const char *root, const char *path, const char *key)
{
    FILE *in = csw_file_open(root, path);
    char *line, *value = NULL;

    while (in && !value && (line = next_line(in))) {
        const char *found = value_in(line, key);

        value = found ? strdup(found) : NULL;
        free(line);
    }
    if (in)
        fclose(in);
    return value;
}

int csw_folder_make(char **ret_path, const char *name, struct csw_err *err)
{
    const char *place = getenv("TMPDIR");
    char *path = NULL;

    if (!place || !*place)
        place = "/tmp";
    if (asprintf(&path, "%s/%s-XXXXXX", place, name) < 0)
        return csw_fail(err, -ENOMEM, "no memory for a file name");
    if (!mkdtemp(path)) {
        const int code = csw_fail(err, -errno,
                                  "cannot make a folder for temporary files in '%.200s': %s; "
                                  "TMPDIR names another place",
                                  place, strerror(errno));

        free(path);
        return code;
    }
    *ret_path = path;
    return 0;
}

char *csw_stream_text(FILE *stream, char **text)
{
    if (!stream)
        return NULL;
    if (fclose(stream) == 0)
        return *text;
    free(*text);
    return NULL;
}

int csw_stream_flush(FILE *stream, const char *what, struct csw_err *err)
{
    errno = 0;
    if (fflush(stream) == 0 && !ferror(stream))
        return 0;
    return csw_fail(err, -EIO, "cannot write %s: %s", what, strerror(errno ? errno : EIO));
}
