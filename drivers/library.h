/* library.h - what drivers on a runtime of somebody else's need: which file it came from, and that
 * its threads can be had. */
#ifndef CSW_LIBRARY_H
#define CSW_LIBRARY_H

#include <sys/types.h>

/*
 * The file that defines the symbol for this process, preloaded ones included, with symbolic links
 * followed since their end often names a version: "/usr/lib/libtbb.so.12.8". In static memory until
 * the next call. "linked in": it is part of the program.
 */
const char *csw_library_file(const char *symbol);

/*
 * Removes what LLVM's OpenMP registers in /dev/shm for every child of a process that uses it, and
 * leaves there unless the child ends through it: a later process of the same number would abort.
 */
void csw_library_forget(pid_t pid);

struct csw_err;

/*
 * Makes workers - 1 threads that exist at the same time, and ends them: a runtime that is denied a
 * thread does not fail but exits (GNU's OpenMP), aborts (LLVM's), or waits for ever (TBB). Call it
 * before the runtime makes its own. 0, or the code of pthread_create, negative, with a sentence.
 */
int csw_library_rehearse(unsigned workers, struct csw_err *err);

#endif
