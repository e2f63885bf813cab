/* samples.h - times of one visit, and what they say. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_SAMPLES 20000

struct bench_samples {
    size_t count;
    double sum;
    double value[BENCH_MAX_SAMPLES];
};

/* True until the time is up, the first `least` samples aside, or there is no room for more. */
bool bench_samples_wanted(const struct bench_samples *, size_t least, uint64_t end_ns);

void bench_samples_add(struct bench_samples *, double value);

/* NAN where there are none. */
double bench_samples_mean(const struct bench_samples *);

/* The smallest value that the share of all values does not exceed; sorts them. NAN: none. */
double bench_samples_quantile(struct bench_samples *, double share);

#endif
