/* build.h - another build of coresweep, asked what it is. */
#ifndef CSW_BUILD_H
#define CSW_BUILD_H

#include <signal.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

/*
 * Asks a program what it is by a sweep of one visit: `ret_host` gets its host line, with compiler,
 * flags and revision of that build. Returns 0; -EINVAL where it is no coresweep, or one whose files
 * are not read by this one; -EINTR; or another negative errno. The caller releases the host.
 */
int csw_build_read(struct csw_host *ret_host, const char *program,
                   const volatile sig_atomic_t *stop, struct csw_err *);

#endif
