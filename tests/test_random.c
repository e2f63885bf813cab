/*
 * Proves that random numbers are the same everywhere: against numbers of the published generator,
 * and that they are spread as their names say.
 */
#include <math.h>
#include <stdint.h>

#include "harness/random.h"
#include "suite.h"

#define DRAWS 100000

/* The first numbers of splitmix64 from seed 1234567, as its users print them to compare. */
static void bits_are_those_of_the_published_generator(void)
{
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    uint64_t state = 1234567;

    for (size_t i = 0; i < COUNT(expected); i++)
        CU_ASSERT_EQUAL(csw_random_bits(&state), expected[i]);
}

static void a_seed_gives_the_same_numbers_again_and_another_seed_others(void)
{
    uint64_t first = 7, again = 7, other = 8;
    unsigned equal = 0;

    for (int i = 0; i < 1000; i++) {
        const uint64_t bits = csw_random_bits(&first);

        CU_ASSERT_EQUAL(bits, csw_random_bits(&again));
        equal += bits == csw_random_bits(&other);
    }
    CU_ASSERT_EQUAL(equal, 0);
}

static void numbers_below_a_limit_are_equally_frequent(void)
{
    enum { LIMIT = 7 };
    unsigned seen[LIMIT] = {0};
    uint64_t state = 1;

    for (int i = 0; i < DRAWS; i++) {
        const uint64_t number = csw_random_below(&state, LIMIT);

        CU_ASSERT_FATAL(number < LIMIT);
        seen[number]++;
    }
    for (size_t i = 0; i < LIMIT; i++) /* four standard deviations */
        CU_ASSERT_DOUBLE_EQUAL(seen[i], DRAWS / 7.0, 4 * sqrt(DRAWS / 7.0));
    CU_ASSERT_EQUAL(csw_random_below(&state, 1), 0);
}

/* Mean 1/2 and variance 1/12, again within four standard deviations. */
static void uniform_numbers_lie_between_0_and_1_and_are_even(void)
{
    double sum = 0, squares = 0;
    uint64_t state = 2;

    for (int i = 0; i < DRAWS; i++) {
        const double number = csw_random_uniform(&state);

        CU_ASSERT_FATAL(number > 0 && number < 1);
        sum += number;
        squares += (number - 0.5) * (number - 0.5);
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, 0.5, 4 * sqrt(1.0 / 12 / DRAWS));
    CU_ASSERT_DOUBLE_EQUAL(squares / DRAWS, 1.0 / 12, 4 * sqrt(1.0 / 180 / DRAWS));
}

static const struct test tests[] = {
    TEST(bits_are_those_of_the_published_generator),
    TEST(a_seed_gives_the_same_numbers_again_and_another_seed_others),
    TEST(numbers_below_a_limit_are_equally_frequent),
    TEST(uniform_numbers_lie_between_0_and_1_and_are_even),
};

int main(void)
{
    return RUN_TESTS("random", tests);
}
