/* bound.c - see bound.h */
#include "bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pieces.h"

/* ---- of pieces of work ---------------------------------------------------------------------- */

static double sum_of(const double *work, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += work[i];
    return sum;
}

double csw_bound_of_cpus(unsigned workers, double cpus)
{
    return fmax(1, fmin(workers, cpus));
}

/* sum / makespan, where rounding must not lift it over the limit. */
static double ratio(double sum, double makespan, unsigned workers, double cpus)
{
    return sum > 0 ? fmin(sum / makespan, csw_bound_of_cpus(workers, cpus)) : NAN;
}

static size_t first_to_finish(const double *finish, size_t busy)
{
    size_t first = 0;

    for (size_t i = 1; i < busy; i++)
        if (finish[i] < finish[first])
            first = i;
    return first;
}

/*
 * All busy workers go on at one rate, so that one clock, the work that a worker who was always busy
 * would have done, says when each will finish. Each of `finish` is a busy worker; on entry it has
 * begun its first piece.
 */
static double simulate(double *finish, size_t busy, const double *rest, size_t left, double cpus)
{
    double done = 0, now = 0;

    while (busy > 0) {
        const size_t first = first_to_finish(finish, busy);

        now += (finish[first] - done) / fmin(1, cpus / (double)busy);
        done = finish[first];
        if (left > 0) {
            finish[first] += *rest++;
            left--;
        } else {
            finish[first] = finish[--busy];
        }
    }
    return now;
}

double csw_bound_in_order(const double *work, size_t count, unsigned workers, double cpus)
{
    const size_t busy = count < workers ? count : workers;
    double *finish = busy > 0 ? malloc(busy * sizeof *finish) : NULL;

    if (!finish)
        return NAN;
    memcpy(finish, work, busy * sizeof *finish);
    const double makespan = simulate(finish, busy, work + busy, count - busy, fmax(1, cpus));

    free(finish);
    return ratio(sum_of(work, count), makespan, workers, cpus);
}

static int compare_falling(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;

    return (left < right) - (left > right);
}

/* The caller frees it. NULL: nothing to sort, or no memory. */
static double *sorted_copy(const double *work, size_t count)
{
    double *sorted = count > 0 ? malloc(count * sizeof *sorted) : NULL;

    if (sorted) {
        memcpy(sorted, work, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_falling);
    }
    return sorted;
}

double csw_bound_longest_first(const double *work, size_t count, unsigned workers, double cpus)
{
    double *sorted = sorted_copy(work, count);

    if (!sorted)
        return NAN;
    const double bound = csw_bound_in_order(sorted, count, workers, cpus);

    free(sorted);
    return bound;
}

/* The k + 1 least of the k * workers + 1 longest pieces, for the worst k. Spends the sorted work.
 */
static double pigeonhole(double *sorted, size_t count, unsigned workers)
{
    double most = sorted[0];

    for (size_t i = 1; i < count; i++)
        sorted[i] += sorted[i - 1]; /* what the first i + 1 take together */
    for (size_t k = 1; k <= (count - 1) / workers; k++) {
        const size_t last = k * workers, before = last - k;

        most = fmax(most, sorted[last] - (before > 0 ? sorted[before - 1] : 0));
    }
    return most;
}

double csw_bound_in_any_order(const double *work, size_t count, unsigned workers, double cpus)
{
    double *sorted = workers > 0 ? sorted_copy(work, count) : NULL;

    if (!sorted)
        return NAN;
    const double sum = sum_of(work, count);
    const double makespan =
        fmax(sum / csw_bound_of_cpus(workers, cpus), pigeonhole(sorted, count, workers));

    free(sorted);
    return ratio(sum, makespan, workers, cpus);
}

double csw_bound_of_greedy(const double *work, size_t count, unsigned workers)
{
    const double sum = sum_of(work, count);
    double longest = 0;

    for (size_t i = 0; i < count; i++)
        longest = fmax(longest, work[i]);
    return workers > 0 && sum > 0 ? sum / (sum / workers + (1 - 1 / (double)workers) * longest)
                                  : NAN;
}

/* ---- of a point ----------------------------------------------------------------------------- */

static const struct csw_bound unknown = {.fair = NAN, .hard = NAN};

static struct csw_bound bound_of_pieces(const struct csw_pieces *pieces)
{
    const double *work = pieces->work, cpus = pieces->cpus;
    const unsigned workers = pieces->workers;
    const double even = csw_bound_of_cpus(workers, cpus);

    if (sum_of(work, pieces->count) == 0)
        return (struct csw_bound){.fair = even, .hard = even};
    const double in_order = csw_bound_in_order(work, pieces->count, workers, cpus);

    if (pieces->ordered && workers <= cpus)
        return (struct csw_bound){.fair = in_order, .hard = in_order};
    const double any = csw_bound_in_any_order(work, pieces->count, workers, cpus);

    return (struct csw_bound){.fair = pieces->ordered ? in_order : any, .hard = any};
}

struct csw_bound csw_bound_of_point(const struct csw_point *point, const struct csw_host *host)
{
    struct csw_pieces pieces = {0};

    if (csw_pieces_init(&pieces, point, point->schedule, NULL, host) < 0)
        return unknown;
    const struct csw_bound bound = bound_of_pieces(&pieces);

    csw_pieces_release(&pieces);
    return bound;
}

/* Steps of the kernel stand for time, but those of a short task take a few per cent longer. */
#define MARGIN 0.05

bool csw_bound_exceeded(const struct csw_bound *bound, const struct csw_estimate *s_abs)
{
    return s_abs->low > bound->hard * (1 + MARGIN); /* false for NAN */
}
