/* identity.c - see identity.h */
#include "identity.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "resample.h"

/* The products of the chain, each with one factor more than the one before. */
enum link { ONE, BALANCE, AVAILABLE, PARALLEL, CLOCKED, EFFICIENCY, LINKS };

#define NO_ESTIMATE                                                                                \
    {                                                                                              \
        .value = NAN, .low = NAN, .high = NAN                                                      \
    }

const struct csw_identity csw_identity_none = {NO_ESTIMATE, NO_ESTIMATE, NO_ESTIMATE, NO_ESTIMATE,
                                               NO_ESTIMATE, NO_ESTIMATE, NO_ESTIMATE};

const char *const csw_factor_names[CSW_FACTORS] = {
    [CSW_LOAD_BALANCE] = "load_balance",
    [CSW_SERIALISATION] = "serialisation",
    [CSW_WORK_INFLATION] = "work_inflation",
    [CSW_AVAILABILITY] = "availability",
    [CSW_DISPATCH] = "dispatch",
    [CSW_CLOCK] = "clock",
    [CSW_CYCLES] = "cycles",
};

/* Where a factor is kept, what it is, `to` / `from`, and what rounds must know to tell it. */
static const struct {
    size_t offset;
    enum link from, to, needs;
} steps[CSW_FACTORS] = {
    [CSW_LOAD_BALANCE] = {offsetof(struct csw_identity, load_balance), ONE, BALANCE, PARALLEL},
    [CSW_SERIALISATION] = {offsetof(struct csw_identity, serialisation), BALANCE, PARALLEL,
                           PARALLEL},
    [CSW_WORK_INFLATION] = {offsetof(struct csw_identity, work_inflation), PARALLEL, EFFICIENCY,
                            PARALLEL},
    [CSW_AVAILABILITY] = {offsetof(struct csw_identity, availability), BALANCE, AVAILABLE,
                          AVAILABLE},
    [CSW_DISPATCH] = {offsetof(struct csw_identity, dispatch), AVAILABLE, PARALLEL, AVAILABLE},
    [CSW_CLOCK] = {offsetof(struct csw_identity, clock), PARALLEL, CLOCKED, CLOCKED},
    [CSW_CYCLES] = {offsetof(struct csw_identity, cycles), CLOCKED, EFFICIENCY, CLOCKED},
};

const struct csw_estimate *csw_factor_of(const struct csw_identity *identity,
                                         enum csw_factor factor)
{
    const char *at = (const char *)identity + steps[factor].offset;

    return (const struct csw_estimate *)(const void *)at;
}

/* ln of one product by round, and the rounds that know it by rising value. */
struct sorted {
    double *log;
    size_t *round, known;
};

struct chain {
    struct sorted link[LINKS];
    size_t *times; /* how often a draw has each round */
    size_t rounds;
};

/* ---- by round ------------------------------------------------------------------------------- */

static double log_ratio(double above, double below)
{
    return above > 0 && below > 0 ? log(above / below) : NAN;
}

/* ln of the products that one point makes by itself. */
static double own_log(const struct csw_round_times *times, enum link link, size_t round)
{
    const double mean = times->mean_ns[round], busiest = times->busiest_ns[round];

    switch (link) {
    case ONE:
        return 0;
    case BALANCE:
        return log_ratio(mean, busiest);
    case AVAILABLE:
        return log_ratio(mean, times->window_ns[round]);
    case PARALLEL:
        return log_ratio(mean, times->wall_ns[round]);
    case CLOCKED:
        return log_ratio(mean * times->clock_hz[round], times->wall_ns[round]);
    default:
        return log_ratio(1, times->wall_ns[round]);
    }
}

struct keyed {
    double log;
    size_t round;
};

static int compare(const void *a, const void *b)
{
    const double left = ((const struct keyed *)a)->log, right = ((const struct keyed *)b)->log;

    return (left > right) - (left < right);
}

static void sort_link(struct sorted *link, size_t rounds, struct keyed *scratch)
{
    for (size_t r = 0; r < rounds; r++)
        if (!isnan(link->log[r]))
            scratch[link->known++] = (struct keyed){link->log[r], r};
    qsort(scratch, link->known, sizeof *scratch, compare);
    for (size_t i = 0; i < link->known; i++)
        link->round[i] = scratch[i].round;
}

static void chain_release(struct chain *chain)
{
    for (int link = 0; link < LINKS; link++) {
        free(chain->link[link].log);
        free(chain->link[link].round);
    }
    free(chain->times);
}

static int chain_init(struct chain *ret_chain, const struct csw_round_times *base,
                      const struct csw_round_times *point, double ideal, size_t rounds)
{
    struct keyed *scratch = calloc(rounds, sizeof *scratch);
    struct chain chain = {.rounds = rounds, .times = calloc(rounds, sizeof *chain.times)};
    bool complete = scratch && chain.times;

    for (int l = 0; complete && l < LINKS; l++) {
        struct sorted *link = &chain.link[l];

        link->log = calloc(rounds, sizeof *link->log);
        link->round = calloc(rounds, sizeof *link->round);
        complete = link->log && link->round;
        for (size_t r = 0; complete && r < rounds; r++)
            link->log[r] =
                own_log(point, l, r) - own_log(base, l, r) - (l == EFFICIENCY ? log(ideal) : 0);
        if (complete)
            sort_link(link, rounds, scratch);
    }
    free(scratch);
    if (!complete)
        chain_release(&chain);
    else
        *ret_chain = chain;
    return complete ? 0 : -ENOMEM;
}

/* ---- of drawn rounds ------------------------------------------------------------------------ */

/* The value at the place in the sorted list where a round stands as often as it was drawn. */
static double drawn_at(const struct sorted *link, const size_t *times, size_t place)
{
    size_t i = 0;

    for (size_t passed = times[link->round[0]]; passed <= place; passed += times[link->round[i]])
        i++;
    return link->log[link->round[i]];
}

static double drawn_median(const struct sorted *link, const size_t *times)
{
    size_t n = 0;

    for (size_t i = 0; i < link->known; i++)
        n += times[link->round[i]];
    if (n == 0)
        return NAN;
    return (drawn_at(link, times, (n - 1) / 2) + drawn_at(link, times, n / 2)) / 2;
}

/* A csw_statistic: the factors of the rounds. */
static void factors_of(const size_t *round, size_t rounds, void *context, double *ret_values)
{
    struct chain *chain = context;
    double median[LINKS];

    for (size_t r = 0; r < chain->rounds; r++)
        chain->times[r] = 0;
    for (size_t r = 0; r < rounds; r++)
        chain->times[round[r]]++;
    for (int link = 0; link < LINKS; link++)
        median[link] = drawn_median(&chain->link[link], chain->times);
    for (size_t f = 0; f < CSW_FACTORS; f++)
        ret_values[f] = exp(median[steps[f].to] - median[steps[f].from]);
}

/* Rounds that know all of what the factor is made from; too few for an interval have none. */
static void count_rounds(struct csw_estimate *estimate, size_t known)
{
    if (known == 0)
        *estimate = csw_estimate_none;
    estimate->n = known;
    if (csw_median_rank(known, CSW_CONFIDENCE) == 0)
        estimate->low = estimate->high = NAN;
}

int csw_identity_of(struct csw_identity *ret_identity, const struct csw_round_times *base,
                    const struct csw_round_times *point, double ideal, size_t rounds,
                    struct csw_err *err)
{
    const struct csw_resampling plan = {.rounds = rounds,
                                        .block = 1,
                                        .draws = CSW_DRAWS,
                                        .seed = CSW_RESAMPLE_SEED,
                                        .confidence = CSW_CONFIDENCE};
    struct csw_estimate factor[CSW_FACTORS];
    struct chain chain = {0};

    if (chain_init(&chain, base, point, ideal, rounds) < 0)
        return csw_fail(err, -ENOMEM, "no memory for what %zu rounds lost", rounds);
    const int code = csw_resample(factor, CSW_FACTORS, &plan, factors_of, &chain, err);

    for (size_t f = 0; code == 0 && f < CSW_FACTORS; f++) {
        count_rounds(&factor[f], chain.link[steps[f].needs].known);
        memcpy((char *)ret_identity + steps[f].offset, &factor[f], sizeof factor[f]);
    }
    chain_release(&chain);
    return code;
}
