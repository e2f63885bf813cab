/*
 * lists.h - what a job finds, in input order, whoever found it.
 */
#ifndef CORESWEEP_LISTS_H
#define CORESWEEP_LISTS_H

#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>
#include <coresweep/measure.h>

/* The hits of every task, in input order. */
struct csw_lists {
    size_t tasks;
    uint64_t *count; /* hits of task t */
    uint64_t *start; /* its first hit is hits[start[t]] */
    uint64_t *hits;  /* mapped memory of total_bytes bytes */
    size_t total_bytes;
};

/*
 * Runs the job once on the setup's driver; every unit writes its hits where they belong. How many
 * each has is known before: from the kernel's closed form, from the run that fills the items if
 * they need data, or from one serial scan. -ENOTSUP where the kernel lists nothing, -EINVAL where
 * the lists would not fit into half of the physical memory, CSW_EWRONG where a unit has not as many
 * hits as were counted or the digest is wrong; or what csw_job_open, the driver or a lack of memory
 * gives. The caller releases the lists.
 */
int csw_lists_init(struct csw_lists *ret_lists, const struct csw_setup *, struct csw_err *);
void csw_lists_release(struct csw_lists *);

#endif
