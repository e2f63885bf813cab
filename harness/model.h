/*
 * model.h - what the times of a fixed piece of work with several worker counts say about the part
 * of it that is not done in parallel: per count, and as a law over all counts.
 *
 * All speedups here are over the same driver with one worker.
 */
#ifndef CSW_MODEL_H
#define CSW_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <coresweep/err.h>

#include "law.h"
#include "resample.h"
#include "stats.h"

/* ---- per worker count ----------------------------------------------------------------------- */

/*
 * The experimentally determined serial fraction e = (1/S - 1/p) / (1 - 1/p) of the speedup S with p
 * workers, p >= 2: negative where S > p. It falls as S grows, so that the ends of S's interval are
 * those of its own, and it covers as often as that one does. Source: A. H. Karp, H. P. Flatt,
 * Communications of the ACM 33 (1990), 539-543.
 */
struct csw_estimate csw_karp_flatt(double workers, struct csw_estimate speedup);

/*
 * The least e that this noise lets tell from 0 with that many workers: an estimate above it has an
 * interval above 0, one below it has not. NAN where the speedup has no interval.
 */
double csw_karp_flatt_resolution(double workers, struct csw_estimate speedup);

/* ---- over all counts ------------------------------------------------------------------------ */

/* Worker counts that a law takes at least: two more than Amdahl's parameters, three for the USL. */
#define CSW_AMDAHL_COUNTS 4
#define CSW_USL_COUNTS 6

/* The times of one driver: round_ns[i][r] with workers[i], all different, in round r; NAN: none. */
struct csw_times {
    const double *workers;
    const double *const *round_ns;
    size_t count, rounds;
};

enum csw_model_kind {
    CSW_MODEL_FEW_COUNTS, /* fewer than CSW_AMDAHL_COUNTS */
    CSW_MODEL_FEW_ROUNDS, /* no interval from as few rounds with all counts */
    CSW_MODEL_UNFIT,      /* Amdahl's law is rejected, and there are too few counts for the USL */
    CSW_MODEL_UNRESOLVED, /* no serial fraction can be told from 0, but the ideal is rejected */
    CSW_MODEL_IDEAL,      /* no serial fraction can be told from 0; `alpha` has its upper limit */
    CSW_MODEL_AMDAHL,     /* `alpha` is the serial fraction */
    CSW_MODEL_USL,        /* `alpha` is the contention, `beta` the coherency */
    CSW_MODEL_SUPERLINEAR /* the losses shrink as workers are added, which no law here does */
};

struct csw_model {
    enum csw_model_kind kind;
    size_t counts, rounds; /* worker counts, and rounds in which all of them were measured */

    /* From here on: 0 and NAN where `kind` is FEW_COUNTS or FEW_ROUNDS. */
    struct csw_law law;              /* in ns */
    struct csw_estimate alpha, beta; /* where the value is 0, `high` is an upper limit of 97.5 % */
    struct csw_estimate peak;        /* workers; INFINITY: none; of CSW_MODEL_USL alone */
    double lack_of_fit_p;            /* P(a lack of fit as large, if the law is right) */
    double worst_residual;           /* the largest |T(p) - time| / time */
    double rms_residual;             /* the root of their mean square */
};

/*
 * False where the law misses the times by more than their noise (lack_of_fit_p < 5 %) and one of
 * them by more than 1 %: with rounds enough every law is rejected.
 */
bool csw_model_holds(const struct csw_model *);

/*
 * Chooses among the ideal, Amdahl's law and the USL, and fits it.
 *
 * Rounds with all counts are taken, and what multiplies all times of a round is taken out, so that
 * drift does not count as noise. The law is fitted to the median times. The corrected Akaike
 * criterion chooses; a law that the lack-of-fit F test rejects against the variance between rounds
 * gives way to the next one. Intervals are from the bootstrap of rounds, the law being kept: `plan`
 * says with how many draws, seed and block, and its `rounds` are filled in. Superlinear: where no
 * sign is forbidden, Amdahl's contention or the USL's coherency is negative with its whole
 * interval.
 *
 * Sources: C. M. Hurvich, C.-L. Tsai, Biometrika 76 (1989), 297-307 (AICc); N. R. Draper, H. Smith,
 * Applied Regression Analysis, 3rd ed., section 2.2 (lack of fit).
 *
 * Returns 0 or -ENOMEM.
 */
int csw_model_fit(struct csw_model *ret_model, const struct csw_times *, struct csw_resampling plan,
                  struct csw_err *);

#endif
