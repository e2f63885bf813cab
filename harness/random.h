/*
 * random.h - random numbers that are the same on every machine, drawn from a seed.
 *
 * splitmix64. Source: G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014, doi:10.1145/2660193.2660195.
 */
#ifndef CSW_RANDOM_H
#define CSW_RANDOM_H

#include <stdint.h>

/* The next 64 bits; `state` begins as the seed. */
uint64_t csw_random_bits(uint64_t *state);

/* A number below `limit` > 0; what limits up to 2^32 favour is less than 2^-32 of it. */
uint64_t csw_random_below(uint64_t *state, uint64_t limit);

/* Uniform in (0, 1), both ends excluded. */
double csw_random_uniform(uint64_t *state);

#endif
