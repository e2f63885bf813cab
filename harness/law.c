/* law.c - see law.h */
#include "law.h"

#include <math.h>

#define TERMS CSW_USL

/* Less than this of a column is not spanned by the others: rounding, not information. */
#define SINGULAR 1e-12L

/* ---- the law -------------------------------------------------------------------------------- */

static void fill_basis(double workers, double ret_basis[TERMS])
{
    ret_basis[0] = 1 / workers;
    ret_basis[1] = (workers - 1) / workers;
    ret_basis[2] = workers - 1;
}

double csw_law_time(const struct csw_law *law, double workers)
{
    double basis[TERMS];

    fill_basis(workers, basis);
    return law->alone * basis[0] + law->contention * basis[1] + law->coherency * basis[2];
}

double csw_law_alpha(const struct csw_law *law)
{
    return law->alone > 0 ? law->contention / law->alone : NAN;
}

double csw_law_beta(const struct csw_law *law)
{
    return law->alone > 0 ? law->coherency / law->alone : NAN;
}

double csw_law_peak(double alpha, double beta)
{
    return beta > 0 ? fmax(1, sqrt(fmax(0, 1 - alpha) / beta)) : INFINITY;
}

/* ---- least squares -------------------------------------------------------------------------- */

/*
 * The normal equations for residuals that are relative to the times. Squaring doubles the digits
 * that nearly parallel columns cost, which long double has to spare.
 */
struct normal {
    long double gram[TERMS][TERMS], right[TERMS];
};

static struct normal normal_of(const double *workers, const double *time, size_t count)
{
    struct normal normal = {0};

    for (size_t i = 0; i < count; i++) {
        double basis[TERMS];
        long double weighted[TERMS];

        fill_basis(workers[i], basis);
        for (int row = 0; row < TERMS; row++) {
            weighted[row] = (long double)basis[row] / time[i];
            normal.right[row] += weighted[row];
            for (int column = 0; column <= row; column++)
                normal.gram[row][column] += weighted[row] * weighted[column];
        }
    }
    for (int row = 0; row < TERMS; row++)
        for (int column = row + 1; column < TERMS; column++)
            normal.gram[row][column] = normal.gram[column][row];
    return normal;
}

/* Takes the row out of all others. */
static void eliminate(struct normal *normal, int pivot)
{
    for (int row = 0; row < TERMS; row++) {
        const long double factor = normal->gram[row][pivot] / normal->gram[pivot][pivot];

        if (row == pivot)
            continue;
        for (int column = 0; column < TERMS; column++)
            normal->gram[row][column] -= factor * normal->gram[pivot][column];
        normal->right[row] -= factor * normal->right[pivot];
    }
}

/*
 * Solves for the parameters in the set, the others being 0. The matrix is positive definite: it
 * needs no exchange of rows. False: singular.
 */
static bool solve(const struct normal *normal, unsigned set, long double ret_value[TERMS])
{
    struct normal rest = *normal;

    for (int i = 0; i < TERMS; i++)
        if (set >> i & 1) {
            if (!(rest.gram[i][i] > SINGULAR * normal->gram[i][i]))
                return false;
            eliminate(&rest, i);
        }
    for (int i = 0; i < TERMS; i++)
        ret_value[i] = set >> i & 1 ? rest.right[i] / rest.gram[i][i] : 0;
    return true;
}

/* What the parameters take off the sum of squares, which is the greater the better they fit. */
static long double explained(const struct normal *normal, const long double value[TERMS])
{
    long double sum = 0;

    for (int i = 0; i < TERMS; i++)
        sum += value[i] * normal->right[i];
    return sum;
}

static struct csw_law law_of(const long double value[TERMS])
{
    return (struct csw_law){
        .alone = (double)value[0], .contention = (double)value[1], .coherency = (double)value[2]};
}

bool csw_law_fit_signed(struct csw_law *ret_law, const double *workers, const double *time,
                        size_t count, unsigned terms)
{
    const struct normal normal = normal_of(workers, time, count);
    long double value[TERMS];

    if (!solve(&normal, (1u << terms) - 1, value))
        return false;
    *ret_law = law_of(value);
    return true;
}

static bool none_negative(const long double value[TERMS])
{
    for (int i = 0; i < TERMS; i++)
        if (value[i] < 0)
            return false;
    return true;
}

/*
 * At the optimum some parameters are 0 and the others solve the equations without them, so that it
 * is the best of those solutions that have no negative parameter: at most 7 are to be tried.
 */
bool csw_law_fit(struct csw_law *ret_law, const double *workers, const double *time, size_t count,
                 unsigned terms)
{
    const struct normal normal = normal_of(workers, time, count);
    const unsigned all = (1u << terms) - 1;
    long double best = 0, value[TERMS];

    if (!solve(&normal, all, value))
        return false;
    for (unsigned set = 1; set <= all; set++)
        if (solve(&normal, set, value) && none_negative(value) &&
            explained(&normal, value) > best) {
            best = explained(&normal, value);
            *ret_law = law_of(value);
        }
    return best > 0;
}
