/*
 * Proves that the bootstrap draws what it says: whole rounds, blocks of neighbours, from a seed;
 * and that its percentiles are exact where all draws can be counted.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "harness/resample.h"
#include "suite.h"

#define MAX_ROUNDS 40

static struct csw_resampling plan_of(size_t rounds, size_t block, size_t draws)
{
    return (struct csw_resampling){.rounds = rounds,
                                   .block = block,
                                   .draws = draws,
                                   .seed = CSW_RESAMPLE_SEED,
                                   .confidence = CSW_CONFIDENCE};
}

/* Sum of the values of the rounds that were drawn; the context has one a round. */
static void sum_of(const size_t *round, size_t rounds, void *context, double *ret_values)
{
    const double *values = context;

    ret_values[0] = 0;
    for (size_t i = 0; i < rounds; i++)
        ret_values[0] += values[round[i]];
}

static struct csw_estimate sum_over(const struct csw_resampling *plan, double *values)
{
    struct csw_estimate estimate = csw_estimate_none;

    CU_ASSERT_EQUAL_FATAL(csw_resample(&estimate, 1, plan, sum_of, values, NULL), 0);
    return estimate;
}

/* ---- exactness ------------------------------------------------------------------------------- */

static void the_value_is_that_of_all_rounds_as_they_are(void)
{
    double values[] = {1, 2, 4, 8, 16, 32};
    const struct csw_resampling plan = plan_of(COUNT(values), 1, 500);
    const struct csw_estimate sum = sum_over(&plan, values);

    CU_ASSERT_EQUAL(sum.value, 63);
    CU_ASSERT_EQUAL(sum.n, COUNT(values));
    CU_ASSERT(sum.low < sum.value && sum.value < sum.high);
}

static void equal_rounds_have_an_interval_of_one_point(void)
{
    double values[] = {3, 3, 3, 3};
    const struct csw_resampling plan = plan_of(COUNT(values), 1, 100);
    const struct csw_estimate sum = sum_over(&plan, values);

    CU_ASSERT(sum.value == 12 && sum.low == 12 && sum.high == 12);
}

/* Two rounds, 0 and 1: sums 0, 1, 2 with 1/4, 1/2, 1/4, so that tails of 30 % end at 1. */
static void percentiles_of_two_rounds_can_be_counted(void)
{
    double values[] = {0, 1};
    struct csw_resampling plan = plan_of(2, 1, 4000);
    const struct csw_estimate wide = sum_over(&plan, values);

    plan.confidence = 0.4;
    const struct csw_estimate narrow = sum_over(&plan, values);

    CU_ASSERT(wide.low == 0 && wide.high == 2);
    CU_ASSERT(narrow.low == 1 && narrow.high == 1);
}

/* The sum of n draws from n values has the standard deviation sqrt(n) times theirs. */
static void the_interval_is_as_wide_as_theory_says(void)
{
    double values[MAX_ROUNDS];

    for (size_t i = 0; i < MAX_ROUNDS; i++)
        values[i] = i % 2 ? 1 : -1;
    const struct csw_resampling plan = plan_of(MAX_ROUNDS, 1, 4000);
    const struct csw_estimate sum = sum_over(&plan, values);

    CU_ASSERT_EQUAL(sum.value, 0);
    CU_ASSERT_DOUBLE_EQUAL(sum.high - sum.low, 2 * 1.96 * sqrt(MAX_ROUNDS), 2);
}

/* ---- draws ----------------------------------------------------------------------------------- */

struct seen {
    size_t draws, block, broken; /* neighbours in a block that do not follow each other */
    size_t count[MAX_ROUNDS], outside;
};

static void look_at(const size_t *round, size_t rounds, void *context, double *ret_values)
{
    struct seen *seen = context;

    seen->draws++;
    for (size_t i = 0; i < rounds; i++) {
        if (round[i] >= rounds)
            seen->outside++;
        else
            seen->count[round[i]]++;
        seen->broken += i % seen->block != 0 && round[i] != round[i - 1] + 1;
    }
    ret_values[0] = 0;
}

static struct seen draws_of(size_t rounds, size_t block, size_t draws)
{
    const struct csw_resampling plan = plan_of(rounds, block, draws);
    struct seen seen = {.block = block < rounds ? block : rounds};
    struct csw_estimate ignored;

    CU_ASSERT_EQUAL_FATAL(csw_resample(&ignored, 1, &plan, look_at, &seen, NULL), 0);
    CU_ASSERT_EQUAL(seen.draws, draws + 1); /* and the rounds as they are */
    CU_ASSERT_EQUAL(seen.outside, 0);
    return seen;
}

static void every_round_is_drawn_as_often_as_any_other(void)
{
    const size_t rounds = 10, draws = 5000;
    const struct seen seen = draws_of(rounds, 1, draws);

    for (size_t r = 0; r < rounds; r++)
        CU_ASSERT_DOUBLE_EQUAL(seen.count[r], draws + 1, 4 * sqrt((double)draws));
}

static void blocks_are_neighbours_and_the_last_one_is_cut(void)
{
    for (size_t block = 1; block <= 8; block++)
        for (size_t rounds = 1; rounds <= 20; rounds++)
            CU_ASSERT_EQUAL(draws_of(rounds, block, 50).broken, 0);
    CU_ASSERT(draws_of(20, 1, 50).count[0] > 0 && draws_of(20, 3, 500).count[19] > 0);
}

/* One block of all rounds leaves nothing to chance. */
static void a_block_of_all_rounds_or_more_draws_them_as_they_are(void)
{
    double values[] = {1, 2, 4, 8};

    for (size_t block = 4; block <= 9; block++) {
        const struct csw_resampling plan = plan_of(COUNT(values), block, 50);
        const struct csw_estimate sum = sum_over(&plan, values);

        CU_ASSERT(sum.low == 15 && sum.high == 15);
    }
}

static void blocks_widen_the_interval_of_rounds_that_follow_each_other(void)
{
    double values[MAX_ROUNDS];

    for (size_t i = 0; i < MAX_ROUNDS; i++)
        values[i] = i / 8 % 2 ? 1 : -1;
    const struct csw_resampling single = plan_of(MAX_ROUNDS, 1, 2000);
    const struct csw_resampling blocks = plan_of(MAX_ROUNDS, 8, 2000);
    const struct csw_estimate alone = sum_over(&single, values);
    const struct csw_estimate together = sum_over(&blocks, values);

    CU_ASSERT(together.high - together.low > 1.5 * (alone.high - alone.low));
}

static void a_seed_gives_the_same_interval_again_and_another_seed_another(void)
{
    double values[MAX_ROUNDS];
    struct csw_resampling plan = plan_of(MAX_ROUNDS, 1, 200);

    for (size_t i = 0; i < MAX_ROUNDS; i++)
        values[i] = exp((double)i / 7);
    const struct csw_estimate first = sum_over(&plan, values), again = sum_over(&plan, values);

    plan.seed++;
    const struct csw_estimate other = sum_over(&plan, values);

    CU_ASSERT(first.low == again.low && first.high == again.high);
    CU_ASSERT(first.low != other.low && first.high != other.high);
    CU_ASSERT_EQUAL(first.value, other.value);
}

/* ---- draws that do not tell ------------------------------------------------------------------ */

struct telling {
    size_t draw, silent; /* of each hundred draws, the first ones */
};

/* Two values: the first is not known in some draws, the second always is. */
static void tell_sometimes(const size_t *round, size_t rounds, void *context, double *ret_values)
{
    struct telling *telling = context;
    const bool silent = telling->draw > 0 && (telling->draw - 1) % 100 < telling->silent;

    telling->draw++;
    ret_values[0] = silent ? NAN : 5;
    ret_values[1] = (double)round[0] + (double)rounds;
}

static void draws_that_do_not_tell_cost_the_interval_from_one_in_twenty_on(void)
{
    const struct csw_resampling plan = plan_of(10, 1, 1000);

    for (size_t silent = 0; silent <= 100; silent++) {
        struct telling telling = {.silent = silent};
        struct csw_estimate estimates[2];

        CU_ASSERT_EQUAL_FATAL(csw_resample(estimates, 2, &plan, tell_sometimes, &telling, NULL), 0);
        CU_ASSERT_EQUAL(estimates[0].value, 5);
        CU_ASSERT_EQUAL(csw_estimate_has_interval(&estimates[0]), silent < 5);
        CU_ASSERT(csw_estimate_has_interval(&estimates[1]));
    }
}

static const struct test tests[] = {
    TEST(the_value_is_that_of_all_rounds_as_they_are),
    TEST(equal_rounds_have_an_interval_of_one_point),
    TEST(percentiles_of_two_rounds_can_be_counted),
    TEST(the_interval_is_as_wide_as_theory_says),
    TEST(every_round_is_drawn_as_often_as_any_other),
    TEST(blocks_are_neighbours_and_the_last_one_is_cut),
    TEST(a_block_of_all_rounds_or_more_draws_them_as_they_are),
    TEST(blocks_widen_the_interval_of_rounds_that_follow_each_other),
    TEST(a_seed_gives_the_same_interval_again_and_another_seed_another),
    TEST(draws_that_do_not_tell_cost_the_interval_from_one_in_twenty_on),
};

int main(void)
{
    return RUN_TESTS("resample", tests);
}
