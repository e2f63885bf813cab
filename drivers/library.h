/* library.h - which file a runtime was loaded from, as the process sees it. */
#ifndef CSW_LIBRARY_H
#define CSW_LIBRARY_H

/*
 * The file that defines the symbol for this process, preloaded ones included, with symbolic links
 * followed since their end often names a version: "/usr/lib/libtbb.so.12.8". In static memory until
 * the next call. "linked in": it is part of the program.
 */
const char *csw_library_file(const char *symbol);

#endif
