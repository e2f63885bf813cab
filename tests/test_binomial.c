/* Proves that the interval of a share is Clopper and Pearson's, and covers what it promises. */
#include <math.h>

#include "harness/binomial.h"
#include "harness/random.h"
#include "suite.h"

/* Worked out by summing up binomial probabilities one by one. */
static void intervals_are_those_of_clopper_and_pearson(void)
{
    static const struct {
        size_t part, all;
        double low, high;
    } rows[] = {{0, 200, 0, 0.018275},
                {4, 200, 0.005476, 0.050414},
                {10, 200, 0.024234, 0.090028},
                {5, 10, 0.187086, 0.812914},
                {10, 10, 0.691503, 1}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct csw_estimate share = csw_share_of(rows[i].part, rows[i].all);

        CU_ASSERT_EQUAL(share.n, rows[i].all);
        CU_ASSERT_DOUBLE_EQUAL(share.value, (double)rows[i].part / (double)rows[i].all, 1e-15);
        CU_ASSERT_DOUBLE_EQUAL(share.low, rows[i].low, 1e-6);
        CU_ASSERT_DOUBLE_EQUAL(share.high, rows[i].high, 1e-6);
    }
}

static void no_trials_have_no_share(void)
{
    const struct csw_estimate share = csw_share_of(0, 0);

    CU_ASSERT(isnan(share.value) && isnan(share.low) && isnan(share.high) && share.n == 0);
}

/* 2000 times 200 trials of a chance of 2 and 30 %. */
static void intervals_cover_the_chance_in_95_percent_at_least(void)
{
    static const double chances[] = {0.02, 0.3};
    uint64_t state = 4;

    for (size_t i = 0; i < COUNT(chances); i++) {
        unsigned covered = 0;

        for (int trial = 0; trial < 2000; trial++) {
            size_t part = 0;

            for (int k = 0; k < 200; k++)
                part += csw_random_uniform(&state) < chances[i];
            const struct csw_estimate share = csw_share_of(part, 200);

            covered += share.low <= chances[i] && chances[i] <= share.high;
        }
        CU_ASSERT(covered >= 1880 && covered < 2000);
    }
}

int main(void)
{
    static const struct test tests[] = {
        TEST(intervals_are_those_of_clopper_and_pearson),
        TEST(no_trials_have_no_share),
        TEST(intervals_cover_the_chance_in_95_percent_at_least),
    };

    return RUN_TESTS("binomial", tests);
}
