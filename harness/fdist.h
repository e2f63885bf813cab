/*
 * fdist.h - Snedecor's F distribution, by the regularised incomplete beta function.
 *
 * Sources: NIST Digital Library of Mathematical Functions, 8.17.22 (the continued fraction) and
 * 8.17.4 (its mirror); W. J. Lentz, Applied Optics 15 (1976), 668-671 (how it is evaluated).
 */
#ifndef CSW_FDIST_H
#define CSW_FDIST_H

/* I_x(a, b) for 0 <= x <= 1 and a, b > 0, to about 1e-12. */
double csw_incomplete_beta(double x, double a, double b);

/* P(F > f) with df1 and df2 > 0 degrees of freedom: 1 for f <= 0, 0 for f = INFINITY. */
double csw_f_above(double f, double df1, double df2);

#endif
