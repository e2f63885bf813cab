/*
 * pieces.h - the work of a point of a result file, cut as a schedule cuts it.
 *
 * The work is what was measured of its units, if the caller has that, or what the kernel's closed
 * form counts. Data in memory count one step an item; a kernel that counts no steps has pieces of
 * no work. Another schedule may cut measured units, whose items then cost the same each.
 */
#ifndef CSW_PIECES_H
#define CSW_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/job.h>
#include <coresweep/record.h>

struct csw_pieces {
    size_t count; /* 0: more than 65536, which are not looked at one by one */
    double *work; /* owned; of every unit in order, under `static` of all that one worker gets */
    enum csw_handout handout;
    bool ordered; /* it is known which pieces a worker does, other than by chance */
    unsigned workers;
    double cpus; /* usable ones or the quota, whichever is less; INFINITY where workers wait */
};

/*
 * Cuts the point's tasks as the schedule does, which need not be the point's own. Returns 0;
 * -ENOENT where this build lacks the kernel or the host does not tell its CPUs; -ENOMEM; or what
 * reading the point's tasks, schedule and options returned. The caller releases the pieces.
 */
int csw_pieces_init(struct csw_pieces *ret_pieces, const struct csw_point *, const char *schedule,
                    const struct csw_cost *measured /* NULL: count */, const struct csw_host *);
void csw_pieces_release(struct csw_pieces *);

#endif
