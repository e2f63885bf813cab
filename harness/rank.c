/* rank.c - see rank.h */
#include "rank.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* More pairs than that, and the normal approximation is as good: 30 values against 30. */
#define MAX_EXACT_PAIRS 900

/* Sums of probabilities that should meet the confidence exactly may miss it by this. */
#define ROUNDING 1e-9

/* ---- two sorted samples --------------------------------------------------------------------- */

struct sample {
    double *value; /* ascending, owned */
    size_t count;
};

static bool sample_init(struct sample *sample, const double *values, size_t count)
{
    sample->count = 0;
    sample->value = calloc(count + 1, sizeof *sample->value);
    if (!sample->value)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            sample->value[sample->count++] = values[i];
    csw_sort(sample->value, sample->count);
    return true;
}

struct samples {
    struct sample a, b;
};

static double pairs_of(const struct samples *samples)
{
    return (double)samples->a.count * (double)samples->b.count;
}

/* Pairs in which b - a <= difference. The larger a is, the more of b that are. */
static uint64_t pairs_within(const struct samples *samples, double difference)
{
    const struct sample *a = &samples->a, *b = &samples->b;
    uint64_t pairs = 0;
    size_t j = 0;

    for (size_t i = 0; i < a->count; i++) {
        while (j < b->count && b->value[j] - a->value[i] <= difference)
            j++;
        pairs += j;
    }
    return pairs;
}

/*
 * The difference b - a at that rank, from 1, of all pairs. Halves an interval of numbers until its
 * ends are neighbours: the differences are never stored, which would take the square of the memory.
 */
static double difference_at(const struct samples *samples, uint64_t rank)
{
    const struct sample *a = &samples->a, *b = &samples->b;
    double low = b->value[0] - a->value[a->count - 1];
    double high = b->value[b->count - 1] - a->value[0];

    if (pairs_within(samples, low) >= rank)
        return low;
    for (;;) {
        const double middle = low + (high - low) / 2;

        if (middle <= low || middle >= high)
            return high;
        if (pairs_within(samples, middle) >= rank)
            high = middle;
        else
            low = middle;
    }
}

/* ---- the law of U --------------------------------------------------------------------------- */

struct law {
    double pairs;
    double sigma;  /* of the normal approximation */
    double *below; /* below[u] = P(U <= u), owned; NULL: the approximation */
};

/*
 * ways[j][u] is, after step i, how many orders of i and j values have U = u: the largest value is
 * of the first kind, then it makes j pairs, or of the second, then none. Doubles hold them exactly
 * up to 2^53 and only add, so that nothing cancels beyond.
 */
static void count_orders(size_t count_a, size_t count_b, size_t size, double *ways)
{
    for (size_t j = 0; j <= count_b; j++)
        ways[j * size] = 1;
    for (size_t i = 1; i <= count_a; i++)
        for (size_t j = 1; j <= count_b; j++)
            for (size_t u = i * j + 1; u-- > 0;)
                ways[j * size + u] =
                    (u >= j ? ways[j * size + u - j] : 0) + ways[(j - 1) * size + u];
}

/* NULL: no memory. */
static double *exact_law(size_t count_a, size_t count_b)
{
    const size_t size = count_a * count_b + 1;
    double *ways = calloc((count_b + 1) * size, sizeof *ways), sum = 0;
    double *below = calloc(size, sizeof *below);

    if (ways && below) {
        count_orders(count_a, count_b, size, ways);
        for (size_t u = 0; u < size; u++)
            below[u] = sum += ways[count_b * size + u];
        for (size_t u = 0; u < size; u++)
            below[u] /= sum;
    } else {
        free(below);
        below = NULL;
    }
    free(ways);
    return below;
}

/*
 * ways[j * size + w] is how many choices of j values have ranks whose doubles add up to w. Every
 * value has the mean rank of its equals, twice which is whole. NULL: no memory.
 */
static double *count_choices(const size_t *rank_twice, size_t n, size_t count_b, size_t size)
{
    double *ways = calloc((count_b + 1) * size, sizeof *ways);

    if (!ways)
        return NULL;
    ways[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = count_b; j > 0; j--)
            for (size_t w = size; w-- > rank_twice[i];)
                ways[j * size + w] += ways[(j - 1) * size + w - rank_twice[i]];
    return ways;
}

/*
 * Where values tie: the share of all choices of b's values from all of them whose U is as far out
 * on its side, the law of U being that of these values. NAN: no memory. Source: E. L. Lehmann,
 * Nonparametrics, 1975, section 1.4.
 */
static double tied_tail(const struct samples *samples, const size_t *rank_twice, double u)
{
    const size_t count_a = samples->a.count, count_b = samples->b.count;
    const size_t least = count_b * (count_b + 1); /* twice the sum of b's ranks where U is 0 */
    const size_t size = least + 2 * count_a * count_b + 1;
    double *ways = count_choices(rank_twice, count_a + count_b, count_b, size);
    double below = 0, above = 0, all = 0;

    if (!ways)
        return NAN;
    for (size_t w = least; w < size; w++) {
        const double choices = ways[count_b * size + w], at = (double)(w - least);

        all += choices;
        below += at <= 2 * u ? choices : 0;
        above += at >= 2 * u ? choices : 0;
    }
    free(ways);
    return fmin(below, above) / all;
}

/* The variance of U, less what ties take: sum(t^3 - t) over all groups of t equal values. */
static double variance(const struct samples *samples, double ties)
{
    const double n = (double)(samples->a.count + samples->b.count);

    return pairs_of(samples) / 12 * (n + 1 - ties / (n * (n - 1)));
}

static bool law_init(struct law *law, const struct samples *samples)
{
    law->pairs = pairs_of(samples);
    law->sigma = sqrt(variance(samples, 0));
    law->below = NULL;
    if (law->pairs > MAX_EXACT_PAIRS)
        return true;
    law->below = exact_law(samples->a.count, samples->b.count);
    return law->below != NULL;
}

static double normal_below(double u, double pairs, double sigma)
{
    return erfc((pairs / 2 - u - 0.5) / (sigma * sqrt(2))) / 2;
}

/* P(U <= u) of a whole u. */
static double law_below(const struct law *law, uint64_t u)
{
    return law->below ? law->below[u] : normal_below((double)u, law->pairs, law->sigma);
}

/* The largest k with P(U < k) <= (1 - confidence) / 2. */
static uint64_t critical_rank(const struct law *law, double confidence)
{
    const double tail = (1 - confidence) / 2 * (1 + ROUNDING);
    uint64_t low = 0, high = (uint64_t)(law->pairs / 2) + 1; /* low fits, high does not */

    while (high - low > 1) {
        const uint64_t middle = low + (high - low) / 2;

        if (law_below(law, middle - 1) <= tail)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- the test ------------------------------------------------------------------------------- */

/* How many values from `from` on equal `value`. */
static size_t equal_run(const struct sample *sample, size_t from, double value)
{
    size_t to = from;

    while (to < sample->count && sample->value[to] == value)
        to++;
    return to - from;
}

/*
 * U; ret_ties gets sum(t^3 - t) of the groups of t equal values, ret_rank_twice twice the mean rank
 * of each value in ascending order, in which the groups come.
 */
static double count_u(const struct samples *samples, double *ret_ties, size_t *ret_rank_twice)
{
    const struct sample *a = &samples->a, *b = &samples->b;
    double u = 0;

    *ret_ties = 0;
    for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
        const double value = j == b->count || (i < a->count && a->value[i] < b->value[j])
                                 ? a->value[i]
                                 : b->value[j];
        const size_t of_a = equal_run(a, i, value), of_b = equal_run(b, j, value);
        const double t = (double)(of_a + of_b);

        u += (double)of_b * ((double)i + (double)of_a / 2);
        *ret_ties += t * t * t - t;
        for (size_t k = 0; k < of_a + of_b; k++)
            *ret_rank_twice++ = 2 * (i + j) + of_a + of_b + 1;
        i += of_a;
        j += of_b;
    }
    return u;
}

/* NAN: no memory. */
static double two_sided(const struct samples *samples, const struct law *law,
                        const size_t *rank_twice, double u, double ties)
{
    const double least = fmin(u, law->pairs - u);
    double below;

    if (ties == 0)
        below = law_below(law, (uint64_t)least);
    else if (law->below)
        below = tied_tail(samples, rank_twice, u);
    else if (variance(samples, ties) > 0)
        below = normal_below(least, law->pairs, sqrt(variance(samples, ties)));
    else
        return 1; /* all values are equal */
    return isnan(below) ? NAN : fmin(1, 2 * below);
}

static struct csw_estimate estimate_shift(const struct samples *samples, const struct law *law,
                                          double confidence)
{
    const uint64_t pairs = (uint64_t)law->pairs, k = critical_rank(law, confidence);
    const size_t a = samples->a.count, b = samples->b.count;

    return (struct csw_estimate){
        .value =
            (difference_at(samples, (pairs + 1) / 2) + difference_at(samples, pairs / 2 + 1)) / 2,
        .low = k > 0 ? difference_at(samples, k) : NAN,
        .high = k > 0 ? difference_at(samples, pairs + 1 - k) : NAN,
        .n = a < b ? a : b,
    };
}

/* Of two samples that are not empty; false: no memory. */
static bool compare_samples(struct csw_ranks *ranks, const struct samples *samples,
                            double confidence)
{
    size_t *rank_twice = calloc(samples->a.count + samples->b.count, sizeof *rank_twice);
    struct law law = {0};
    bool complete = rank_twice && law_init(&law, samples);

    if (complete) {
        double ties;

        ranks->u = count_u(samples, &ties, rank_twice);
        ranks->p = two_sided(samples, &law, rank_twice, ranks->u, ties);
        ranks->shift = estimate_shift(samples, &law, confidence);
        complete = !isnan(ranks->p);
    }
    free(law.below);
    free(rank_twice);
    return complete;
}

int csw_ranks_compare(struct csw_ranks *ret_ranks, const double *a, size_t count_a, const double *b,
                      size_t count_b, double confidence, struct csw_err *err)
{
    struct samples samples = {0};
    struct csw_ranks ranks = {.u = 0, .p = NAN, .shift = csw_estimate_none};
    bool complete = sample_init(&samples.a, a, count_a) && sample_init(&samples.b, b, count_b);

    if (complete && samples.a.count > 0 && samples.b.count > 0)
        complete = compare_samples(&ranks, &samples, confidence);
    free(samples.a.value);
    free(samples.b.value);
    if (!complete)
        return csw_fail(err, -ENOMEM, "no memory to rank %zu and %zu values", count_a, count_b);
    *ret_ranks = ranks;
    return 0;
}

/* ---- signs and many tests ------------------------------------------------------------------- */

double csw_sign_test(const double *values, size_t count)
{
    size_t above = 0, under = 0, zero = 0;
    double below = 0;

    for (size_t i = 0; i < count; i++) {
        above += values[i] > 0;
        under += values[i] < 0;
        zero += values[i] == 0;
    }
    if (above + under == 0)
        return zero > 0 ? 1 : NAN;
    for (size_t k = 0; k <= (above < under ? above : under); k++)
        below += csw_coin_probability(above + under, k);
    return fmin(1, 2 * below);
}

struct test {
    double p;
    size_t index;
};

static int compare_tests(const void *a, const void *b)
{
    const double left = ((const struct test *)a)->p, right = ((const struct test *)b)->p;

    return (left > right) - (left < right);
}

int csw_holm(const double *p, size_t count, double *ret_adjusted, struct csw_err *err)
{
    struct test *tests = calloc(count + 1, sizeof *tests);
    double most = 0;
    size_t n = 0;

    if (!tests)
        return csw_fail(err, -ENOMEM, "no memory for %zu tests", count);
    for (size_t i = 0; i < count; i++) {
        ret_adjusted[i] = NAN;
        if (!isnan(p[i]))
            tests[n++] = (struct test){p[i], i};
    }
    qsort(tests, n, sizeof *tests, compare_tests);
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fmin(1, (double)(n - i) * tests[i].p));
        ret_adjusted[tests[i].index] = most;
    }
    free(tests);
    return 0;
}
