/* samples.c - see samples.h */
#include "samples.h"

#include <math.h>
#include <stdlib.h>

#include "harness/clock.h"

bool bench_samples_wanted(const struct bench_samples *samples, size_t least, uint64_t end_ns)
{
    return samples->count < BENCH_MAX_SAMPLES && (samples->count < least || csw_now_ns() < end_ns);
}

void bench_samples_add(struct bench_samples *samples, double value)
{
    if (samples->count == BENCH_MAX_SAMPLES)
        return;
    samples->value[samples->count++] = value;
    samples->sum += value;
}

double bench_samples_mean(const struct bench_samples *samples)
{
    return samples->sum / (double)samples->count;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_samples_quantile(struct bench_samples *samples, double share)
{
    const double rank = ceil(share * (double)samples->count);

    if (samples->count == 0)
        return NAN;
    qsort(samples->value, samples->count, sizeof *samples->value, by_value);
    return samples->value[rank < 1 ? 0 : (size_t)rank - 1];
}
