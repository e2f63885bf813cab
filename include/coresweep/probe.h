/*
 * probe.h - small experiments that are no kernel under a driver: what a program prints that does
 * not wait for its threads, how late a ticker is beside a computing thread, what starting costs.
 *
 * A probe gives readings: a row (what was tried), a quantity (what was read) and a value. It is one
 * file and one line in probes.def. Each has a twin in Python that gives the same quantities, in
 * rows of the same name where both languages have the thing.
 */
#ifndef CORESWEEP_PROBE_H
#define CORESWEEP_PROBE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

struct csw_probe_options {
    double scale; /* of the waiting times, 0 to 3600: 1 is the tutorial's whole seconds */
};

struct csw_probe_out; /* where a probe tells its readings */

struct csw_probe {
    const char *name, *summary;

    /* Tries everything, and tells what it read. Returns 0 or a negative errno. */
    int (*run)(struct csw_probe_out *, const struct csw_probe_options *, struct csw_err *);
};

/*
 * Tells one reading; the texts are copied. `unit` is one that csw_unit_is_known knows, and the
 * quantity ends in it ("late_p99_ns") unless it is "1". csw_probe_run tells where memory was
 * lacking.
 */
void csw_probe_tell(struct csw_probe_out *, const char *row, const char *quantity, const char *unit,
                    double value);

/* "ns", "bytes", or "1" for a number of things. */
bool csw_unit_is_known(const char *unit);

/* ---- the registry --------------------------------------------------------------------------- */

/* In the order of probes.def; NULL past the end. */
const struct csw_probe *csw_probe_at(size_t index);

/* The probe of that name; NULL if there is none. */
const struct csw_probe *csw_probe_find(const char *name);

/* ---- running one ---------------------------------------------------------------------------- */

/* The readings of one run in the order in which they were told; their round is 0. */
struct csw_readings {
    size_t count;
    struct csw_reading *reading; /* owned */
};

void csw_readings_release(struct csw_readings *);

/*
 * Runs the probe in this process, which has no other thread: it may fork. Returns 0, -ENOMEM, or
 * what the probe gave. The caller releases the readings.
 */
int csw_probe_run(struct csw_readings *ret_readings, const struct csw_probe *,
                  const struct csw_probe_options *, struct csw_err *);

struct csw_probe_python {
    const char *python;                /* a path, or a name that is looked for in PATH */
    uint64_t timeout_ns;               /* one that takes longer is killed */
    const volatile sig_atomic_t *stop; /* NULL, or becomes not 0 when the user wants to stop */
};

/*
 * Runs the probe's twin of coresweep_probe.py by the interpreter, as a process of its own with
 * which all that it has started ends. Every reading is checked: it must be of this probe and of
 * Python, have a row, a quantity, a runtime and a known unit, and be a finite number. Returns 0;
 * -ENOENT or what else says that there is no such program or script; -ETIMEDOUT; -EINTR where the
 * user stopped it; -ECHILD where it did not exit with 0; -EPROTO where it gave no reading, or one
 * that is none. The caller releases the readings.
 */
int csw_probe_run_python(struct csw_readings *ret_readings, const struct csw_probe *,
                         const struct csw_probe_options *, const struct csw_probe_python *,
                         struct csw_err *);

#endif
