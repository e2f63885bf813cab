/*
 * measure.h - one visit: open a point's kernel, placement and team, warm up, time, verify.
 */
#ifndef CORESWEEP_MEASURE_H
#define CORESWEEP_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include <coresweep/driver.h>
#include <coresweep/err.h>
#include <coresweep/job.h>
#include <coresweep/kernel.h>
#include <coresweep/memory.h>
#include <coresweep/place.h>
#include <coresweep/record.h>

/* What is measured, with names resolved. All pointers are borrowed. */
struct csw_setup {
    const struct csw_kernel *kernel;
    const struct csw_driver *driver;
    const char *settings; /* the driver's; NULL: it has none */
    const struct csw_workload *workload;
    struct csw_schedule schedule;
    const struct csw_placement *placement;
    struct csw_memory memory; /* of the kernel's data */
};

struct csw_protocol {
    uint64_t samples; /* timed repetitions, at least 1 */
    uint64_t min_ns;  /* a sample repeats the job until it takes about this long */
};

/*
 * Measures one point. Where the kernel has data to fill, one run under the driver does, before the
 * warm-up and outside of all recorded times. The warm-up grows the number of runs until they take
 * about min_ns, and lasts two min_ns at least; its runs are verified, and only the first one's time
 * is recorded (first_ns). Every run of every sample is verified: a wrong tally is CSW_EWRONG and
 * gives no sample at all. What memory the team takes is read after the last one and the same in
 * all. `ret_samples` gets protocol->samples samples; the caller releases each
 * and frees the array. Left for the caller: point, round and position (0), process_ns (NAN), pin
 * (NULL).
 */
int csw_measure(const struct csw_setup *, const struct csw_protocol *,
                struct csw_sample **ret_samples, struct csw_err *);

#endif
