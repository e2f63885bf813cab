/* files.h - small files of /proc and /sys, below a root that tests can set. */
#ifndef CSW_FILES_H
#define CSW_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include <coresweep/err.h>

/* Opens root/path for reading; NULL where it cannot be. `root` is "" for this machine. */
FILE *csw_file_open(const char *root, const char *path);

/* The first line without its newline, on the heap; NULL where there is none. */
char *csw_file_line(const char *root, const char *path);

/* The value after "key" and a colon in files such as /proc/cpuinfo, on the heap; NULL: no such. */
char *csw_file_value(const char *root, const char *path, const char *key);

/*
 * Makes a folder of its own, "<name>-XXXXXX" below what TMPDIR names, or else /tmp. `ret_path` gets
 * its path, which the caller frees, once it has removed what it put there, and the folder. Returns
 * 0, or a negative errno with a sentence that names the place.
 */
int csw_folder_make(char **ret_path, const char *name, struct csw_err *);

/* Closes a stream of open_memstream: its text, which the caller frees, or NULL where it failed. */
char *csw_stream_text(FILE *stream, char **text);

/* Flushes the stream: 0, or -EIO with "cannot write <what>" where something got lost. */
int csw_stream_flush(FILE *stream, const char *what, struct csw_err *);

#endif
