/* story_probe.h - a probe as a visit of a story: a fresh process, `coresweep probe NAME --json`. */
#ifndef CSW_STORY_PROBE_H
#define CSW_STORY_PROBE_H

#include <signal.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

struct csw_probe_visit {
    const char *program; /* the coresweep to start */
    const char *name;    /* of the probe */
    const char *python;  /* the interpreter that runs its twin; NULL: C */
    double scale;        /* of what it waits for */
    uint64_t round;
    uint64_t timeout_ns;
    const volatile sig_atomic_t *stop; /* NULL, or becomes not 0 when the user wants to stop */
};

/*
 * Runs the probe and appends its readings to the file, all at once. Returns 0; CSW_EWRONG where the
 * probe found a wrong result; -EINTR where the user stopped it; -ETIMEDOUT; another negative errno
 * where it failed; or what csw_writer_line returned.
 */
int csw_probe_visit_run(const struct csw_probe_visit *, struct csw_writer *, struct csw_err *);

#endif
