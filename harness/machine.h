/* machine.h - what a result file says about the machine and the build. */
#ifndef CSW_MACHINE_H
#define CSW_MACHINE_H

#include <coresweep/err.h>
#include <coresweep/place.h>
#include <coresweep/record.h>

/*
 * Fills the host record. What a machine does not show stays "", 0 or NAN. `root` comes before /proc
 * and /sys: "" for this machine. Returns 0 or -ENOMEM. The caller releases the host.
 */
int csw_host_read(struct csw_host *ret_host, const char *root, const struct csw_topo *,
                  struct csw_err *);

#define CSW_LIMIT_TEXT_SIZE 200

/*
 * Bytes of memory that no request for data may exceed: the machine's, or what the cgroups allow
 * where that is less. `ret_text` gets which of the two it is, to stand in a sentence: "the 24105
 * MiB of memory here", "the 512 MiB of memory that /sys/fs/cgroup/job/memory.max allows". `root` is
 * that of the cgroups.
 */
uint64_t csw_memory_limit(const char *root, char ret_text[CSW_LIMIT_TEXT_SIZE]);

/* "0.1.0", and the git revision that this program was built from. */
const char *csw_version(void);
const char *csw_revision(void);

/*
 * The first variable of the environment that makes an OpenMP runtime bind the process before main,
 * and with it every other driver's workers; NULL where none is set.
 */
const char *csw_foreign_binding(void);

#endif
