/* fdist.c - see fdist.h */
#include "fdist.h"

#include <math.h>

#define PRECISION 1e-15
#define MAX_TERMS 10000 /* about sqrt(max(a, b)) are needed */
#define TINY 1e-300     /* in place of a denominator of 0 */

/* Term m of the numerators of DLMF 8.17.22: d_2m or d_2m+1. */
static double numerator(int term, double x, double a, double b)
{
    const double m = floor(term / 2.0), at = a + 2 * m;

    if (term % 2 == 0)
        return m * (b - m) * x / ((at - 1) * at);
    return -(a + m) * (a + b + m) * x / (at * (at + 1));
}

static double away_from_zero(double value)
{
    return fabs(value) < TINY ? TINY : value;
}

/* 1 / (1 + d_1 / (1 + d_2 / (1 + ...))) by Lentz's method; fast below the mean of the beta. */
static double fraction(double x, double a, double b)
{
    double c = 1, d = 0, value = 1;

    for (int term = 1; term <= MAX_TERMS; term++) {
        const double n = numerator(term, x, a, b);

        d = 1 / away_from_zero(1 + n * d);
        c = away_from_zero(1 + n / c);
        value *= c * d;
        if (fabs(c * d - 1) < PRECISION)
            break;
    }
    return 1 / value;
}

double csw_incomplete_beta(double x, double a, double b)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    if (x > (a + 1) / (a + b + 2))
        return 1 - csw_incomplete_beta(1 - x, b, a);
    const double log_front =
        lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x) - log(a);

    return exp(log_front) * fraction(x, a, b);
}

double csw_f_above(double f, double df1, double df2)
{
    if (f <= 0)
        return 1;
    return csw_incomplete_beta(df2 / (df2 + df1 * f), df2 / 2, df1 / 2);
}
