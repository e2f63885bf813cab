/* files.h - small files of /proc and /sys, below a root that tests can set. */
#ifndef CSW_FILES_H
#define CSW_FILES_H

#include <stdbool.h>
#include <stdio.h>

/* Opens root/path for reading; NULL where it cannot be. `root` is "" for this machine. */
FILE *csw_file_open(const char *root, const char *path);

/* The first line without its newline, on the heap; NULL where there is none. */
char *csw_file_line(const char *root, const char *path);

/* The value after "key" and a colon in files such as /proc/cpuinfo, on the heap; NULL: no such. */
char *csw_file_value(const char *root, const char *path, const char *key);

#endif
