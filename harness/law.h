/*
 * law.h - how the time of a fixed piece of work may depend on the number p of its workers:
 *
 *     T(p) = alone / p + contention (p - 1) / p + coherency (p - 1)
 *
 * alone is the time of one worker, the second term the time that is lost because a part is not done
 * in parallel, the third the time that is lost because workers wait for each other in pairs. With
 * coherency 0 this is Amdahl's law, with contention 0, too, the ideal one; with both it is the
 * Universal Scalability Law, whose alpha and beta are the two shares of alone. It is linear in its
 * parameters, so that a fit needs neither starting values nor iterations.
 *
 * Sources: G. M. Amdahl, AFIPS 1967, 483-485; N. J. Gunther, Guerrilla Capacity Planning, 2007,
 * chapter 4; C. L. Lawson, R. J. Hanson, Solving Least Squares Problems, 1974, chapter 23 (least
 * squares without negative parameters).
 */
#ifndef CSW_LAW_H
#define CSW_LAW_H

#include <stdbool.h>
#include <stddef.h>

/* In the unit of the times that they were fitted to. */
struct csw_law {
    double alone, contention, coherency;
};

/* Parameters of each law, the first ones of the struct. */
enum { CSW_IDEAL = 1, CSW_AMDAHL = 2, CSW_USL = 3 };

/* T(p). */
double csw_law_time(const struct csw_law *, double workers);

/* alpha and beta: the losses as shares of the time alone; NAN where that is 0. */
double csw_law_alpha(const struct csw_law *);
double csw_law_beta(const struct csw_law *);

/*
 * The workers past which more of them take longer: sqrt((1 - alpha) / beta); INFINITY: none, 1
 * where already two take longer.
 */
double csw_law_peak(double alpha, double beta);

/*
 * Fits the first `terms` parameters, the others being 0, so that the sum of squares of (T(p) -
 * time) / time is least; all times are > 0. csw_law_fit takes no negative parameter;
 * csw_law_fit_signed takes any. Returns false, with nothing fitted, where the worker counts do not
 * determine them.
 */
bool csw_law_fit(struct csw_law *ret_law, const double *workers, const double *time, size_t count,
                 unsigned terms);
bool csw_law_fit_signed(struct csw_law *ret_law, const double *workers, const double *time,
                        size_t count, unsigned terms);

#endif
