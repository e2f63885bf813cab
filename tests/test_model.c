/*
 * Proves that the laws of scaling are told as they are: the F distribution against printed tables,
 * fits against brute force and exact times, intervals against simulated truth under drift, and that
 * what cannot be told is refused.
 */
#include <math.h>
#include <stdint.h>

#include "harness/fdist.h"
#include "harness/model.h"
#include "harness/random.h"
#include "harness/weak.h"
#include "suite.h"

#define PI 3.14159265358979323846
#define MAX_COUNTS 12
#define MAX_ROUNDS 40
#define SECOND 1e9

/* ---- the F distribution ---------------------------------------------------------------------- */

/* Upper 5 % and 1 % points as printed in tables, with their four digits. */
static void tails_of_f_are_those_of_printed_tables(void)
{
    static const struct {
        double f, df1, df2, above;
    } table[] = {
        {161.4476, 1, 1, .05},  {18.5128, 1, 2, .05},  {6.6079, 1, 5, .05},  {4.9646, 1, 10, .05},
        {4.1028, 2, 10, .05},   {3.3258, 5, 10, .05},  {2.7109, 5, 20, .05}, {2.1646, 10, 30, .05},
        {1.9267, 10, 100, .05}, {10.0443, 1, 10, .01}, {7.5594, 2, 10, .01}, {4.1027, 5, 20, .01},
    };

    for (size_t i = 0; i < COUNT(table); i++)
        CU_ASSERT_DOUBLE_EQUAL(csw_f_above(table[i].f, table[i].df1, table[i].df2), table[i].above,
                               2e-5);
}

static void tails_of_f_have_their_closed_forms(void)
{
    for (double f = 1e-6; f < 1e6; f *= 3) {
        /* 2 over: (1 + 2f/df2)^(-df2/2). 1 and 1: an arc tangent. */
        for (double df2 = 1; df2 < 3000; df2 *= 2.3)
            CU_ASSERT_DOUBLE_EQUAL(csw_f_above(f, 2, df2), pow(1 + 2 * f / df2, -df2 / 2), 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(csw_f_above(f, 1, 1), 1 - 2 / PI * atan(sqrt(f)), 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(csw_f_above(f, 7, 12) + csw_f_above(1 / f, 12, 7), 1, 1e-12);
    }
    CU_ASSERT_EQUAL(csw_f_above(0, 3, 4), 1);
    CU_ASSERT_EQUAL(csw_f_above(INFINITY, 3, 4), 0);
    CU_ASSERT(isnan(csw_f_above(NAN, 3, 4)));
}

/* ---- fits ------------------------------------------------------------------------------------ */

static const double grid[MAX_COUNTS] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
static const double powers[] = {1, 2, 4, 8, 16, 32, 64};

static double time_of(double workers, double alpha, double beta)
{
    return (1 + alpha * (workers - 1) + beta * workers * (workers - 1)) / workers;
}

static void parameters_are_recovered_exactly_without_noise(void)
{
    static const double alphas[] = {0, 1e-4, .05, .9}, betas[] = {0, 1e-6, 1e-3, .1};

    for (size_t a = 0; a < COUNT(alphas); a++)
        for (size_t b = 0; b < COUNT(betas); b++)
            for (size_t count = 4; count <= MAX_COUNTS; count += 4) {
                double time[MAX_COUNTS];
                struct csw_law law;

                for (size_t i = 0; i < count; i++)
                    time[i] = 3 * time_of(grid[i], alphas[a], betas[b]);
                CU_ASSERT_FATAL(csw_law_fit(&law, grid, time, count, CSW_USL));
                CU_ASSERT_DOUBLE_EQUAL(law.alone, 3, 1e-9);
                CU_ASSERT_DOUBLE_EQUAL(csw_law_alpha(&law), alphas[a], 1e-9);
                CU_ASSERT_DOUBLE_EQUAL(csw_law_beta(&law), betas[b], 1e-9);
                CU_ASSERT_DOUBLE_EQUAL(csw_law_time(&law, 5), 3 * time_of(5, alphas[a], betas[b]),
                                       1e-9);
            }
}

/* Times that were made up: what a law costs is the sum of squares that fits make least. */
struct times {
    const double *workers;
    double time[5];
};

static double cost_of(const struct csw_law *law, const struct times *times)
{
    double sum = 0;

    for (size_t i = 0; i < COUNT(times->time); i++)
        sum += pow(csw_law_time(law, times->workers[i]) / times->time[i] - 1, 2);
    return sum;
}

/* The least cost of 41^3 laws around the scale of the times. */
static double least_of_grid(const struct times *times)
{
    const double scale = times->time[0] * 2 / 40;
    double least = INFINITY;

    for (int a = 0; a <= 40; a++)
        for (int b = 0; b <= 40; b++)
            for (int c = 0; c <= 40; c++) {
                const struct csw_law law = {a * scale, b * scale, c * scale / 20};

                least = fmin(least, cost_of(&law, times));
            }
    return least;
}

/* Which of the three parameters are positive, as bits. */
static unsigned active_set(const struct csw_law *law)
{
    return (law->alone > 0) | (law->contention > 0) << 1 | (law->coherency > 0) << 2;
}

/* Small steps of the parameters, none of which they make negative, find nothing better. */
static bool is_least_nearby(const struct csw_law *law, const struct times *times)
{
    const double best = cost_of(law, times), step = 1e-4 * times->time[0];

    for (int i = 0; i < 27; i++) {
        const struct csw_law near = {
            .alone = fmax(0, law->alone + (i % 3 - 1) * step),
            .contention = fmax(0, law->contention + (i / 3 % 3 - 1) * step),
            .coherency = fmax(0, law->coherency + (i / 9 - 1) * step),
        };

        if (cost_of(&near, times) < best * (1 - 1e-9) - 1e-18)
            return false;
    }
    return true;
}

/* Times that the family does not know, too: falling too fast, rising, flat; without one worker. */
static void no_law_without_negative_parameters_fits_better(void)
{
    uint64_t state = 4;
    unsigned seen = 0;

    for (int trial = 0; trial < 1000; trial++) {
        const double slope = -1.6 + 3.2 * csw_random_uniform(&state);
        struct times times = {.workers = powers + trial % 2};
        struct csw_law law;

        for (size_t i = 0; i < COUNT(times.time); i++)
            times.time[i] = pow(times.workers[i], slope) * (0.2 + 2 * csw_random_uniform(&state));
        CU_ASSERT_FATAL(csw_law_fit(&law, times.workers, times.time, COUNT(times.time), CSW_USL));
        CU_ASSERT(law.alone >= 0 && law.contention >= 0 && law.coherency >= 0);
        CU_ASSERT(is_least_nearby(&law, &times));
        if (trial < 20)
            CU_ASSERT(cost_of(&law, &times) <= least_of_grid(&times) * (1 + 1e-9));
        seen |= 1u << active_set(&law);
    }
    CU_ASSERT_EQUAL(seen, 0xfe); /* each of the seven sets was the answer at least once */
}

static void too_few_counts_determine_no_law(void)
{
    static const double two[] = {1, 2}, times[] = {2, 1}, same[] = {4, 4};
    struct csw_law law;

    CU_ASSERT_FALSE(csw_law_fit(&law, two, times, 2, CSW_USL));
    CU_ASSERT_FALSE(csw_law_fit_signed(&law, two, times, 2, CSW_USL));
    CU_ASSERT_FALSE(csw_law_fit(&law, same, times, 2, CSW_AMDAHL));
    CU_ASSERT_FALSE(csw_law_fit(&law, two, times, 0, CSW_IDEAL));
    CU_ASSERT_TRUE(csw_law_fit(&law, two, times, 2, CSW_AMDAHL));
}

static void the_peak_is_where_one_more_worker_gains_nothing(void)
{
    const struct csw_law law = {1, .05, .001};
    const double peak = csw_law_peak(csw_law_alpha(&law), csw_law_beta(&law));

    CU_ASSERT_DOUBLE_EQUAL(peak, sqrt(.95 / .001), 1e-12);
    CU_ASSERT(csw_law_time(&law, peak) < csw_law_time(&law, peak * 1.01));
    CU_ASSERT(csw_law_time(&law, peak) < csw_law_time(&law, peak / 1.01));
    CU_ASSERT(isinf(csw_law_peak(.05, 0)));
    CU_ASSERT_EQUAL(csw_law_peak(.2, 3), 1);
    CU_ASSERT_EQUAL(csw_law_peak(2, .1), 1);
}

/* ---- per worker count ------------------------------------------------------------------------ */

static void karp_flatt_inverts_amdahl_and_gustafson_his_own_law(void)
{
    static const double fractions[] = {0, .001, .05, 1};

    for (size_t f = 0; f < COUNT(fractions); f++)
        for (size_t i = 1; i < MAX_COUNTS; i++) {
            const double p = grid[i], s = fractions[f];
            const struct csw_estimate amdahl = {.value = 1 / time_of(p, s, 0), .low = 1, .high = p};
            const struct csw_estimate scaled = {.value = p - s * (p - 1), .low = 1, .high = p};

            CU_ASSERT_DOUBLE_EQUAL(csw_karp_flatt(p, amdahl).value, s, 1e-12);
            CU_ASSERT_DOUBLE_EQUAL(csw_karp_flatt(p, amdahl).low, 0, 1e-12);
            CU_ASSERT_DOUBLE_EQUAL(csw_karp_flatt(p, amdahl).high, 1, 1e-12);
            CU_ASSERT_DOUBLE_EQUAL(csw_gustafson(scaled, (uint64_t)p).value, s, 1e-12);
            CU_ASSERT_DOUBLE_EQUAL(csw_gustafson(scaled, (uint64_t)p).low, 0, 1e-12);
            CU_ASSERT_DOUBLE_EQUAL(csw_gustafson(scaled, (uint64_t)p).high, 1, 1e-12);
        }
}

static void a_fraction_above_the_resolution_is_one_whose_interval_is_above_0(void)
{
    for (double speedup = 7; speedup < 9; speedup += 0.01) {
        const struct csw_estimate s = {
            .value = speedup, .low = .9 * speedup, .high = 1.03 * speedup};
        const struct csw_estimate e = csw_karp_flatt(8, s);

        CU_ASSERT_DOUBLE_EQUAL(csw_karp_flatt_resolution(8, s), .03 / 7, 1e-12);
        CU_ASSERT_EQUAL(e.low > 0, e.value > csw_karp_flatt_resolution(8, s));
    }
    CU_ASSERT(isnan(csw_karp_flatt_resolution(8, csw_estimate_none)));
    CU_ASSERT(isnan(csw_karp_flatt(8, csw_estimate_none).value));
}

/* ---- simulated sweeps ------------------------------------------------------------------------ */

static double normal(uint64_t *state)
{
    const double radius = sqrt(-2 * log(csw_random_uniform(state)));

    return radius * cos(2 * PI * csw_random_uniform(state));
}

struct world {
    double alpha, beta, noise;
    const double *workers;
    size_t count, rounds;
    double round_ns[MAX_COUNTS][MAX_ROUNDS];
    const double *rows[MAX_COUNTS];
};

/* Noise of 1 % in each time, and a machine that drifts by 1 % from round to round. */
static void draw(struct world *world, uint64_t *state)
{
    double walk = 0;

    for (size_t r = 0; r < world->rounds; r++) {
        walk += 0.01 * normal(state);
        for (size_t i = 0; i < world->count; i++)
            world->round_ns[i][r] = SECOND * time_of(world->workers[i], world->alpha, world->beta) *
                                    exp(walk + world->noise * normal(state));
    }
    for (size_t i = 0; i < world->count; i++)
        world->rows[i] = world->round_ns[i];
}

static struct csw_model model_of(const struct world *world, size_t draws)
{
    const struct csw_times times = {world->workers, world->rows, world->count, world->rounds};
    const struct csw_resampling plan = {.block = 1, .draws = draws, .seed = 1};
    struct csw_model model;

    CU_ASSERT_EQUAL_FATAL(csw_model_fit(&model, &times, plan, NULL), 0);
    return model;
}

#define TRIALS 150
#define DRAWS 200

/* How often each kind was chosen, an interval held the truth, and the F test let the law pass. */
struct tally {
    unsigned kind[CSW_MODEL_SUPERLINEAR + 1], alpha, beta, karp_flatt, fits;
};

static bool covers(const struct csw_estimate *estimate, double truth)
{
    return estimate->low <= truth && truth <= estimate->high;
}

static struct tally simulate(struct world world, uint64_t seed)
{
    const size_t last = world.count - 1;
    const double p = world.workers[last];
    const double truth = (p * time_of(p, world.alpha, world.beta) - 1) / (p - 1);
    struct tally tally = {0};

    for (int trial = 0; trial < TRIALS; trial++) {
        draw(&world, &seed);
        const struct csw_model model = model_of(&world, DRAWS);
        const struct csw_estimate e = csw_karp_flatt(
            p, csw_paired_ratio(world.round_ns[0], world.round_ns[last], world.rounds));

        tally.kind[model.kind]++;
        tally.alpha += covers(&model.alpha, world.alpha);
        tally.beta += covers(&model.beta, world.beta);
        tally.karp_flatt += covers(&e, truth);
        tally.fits += model.lack_of_fit_p >= 0.05;
    }
    return tally;
}

/* 93 % at least, less two standard errors of the trials: 88.8 %. */
static bool is_covered(unsigned covered)
{
    return covered >= TRIALS * (0.93 - 2 * sqrt(0.93 * 0.07 / TRIALS));
}

static struct world usl_world(double alpha, double beta)
{
    return (struct world){.alpha = alpha,
                          .beta = beta,
                          .noise = 0.01,
                          .workers = powers,
                          .count = COUNT(powers),
                          .rounds = 20};
}

static void intervals_of_alpha_beta_and_karp_flatt_cover_the_truth(void)
{
    static const double truths[][2] = {{.02, .0005}, {.05, .001}};

    for (size_t i = 0; i < COUNT(truths); i++) {
        const struct tally tally = simulate(usl_world(truths[i][0], truths[i][1]), 100 + i);

        CU_ASSERT_EQUAL(tally.kind[CSW_MODEL_USL], TRIALS);
        CU_ASSERT(is_covered(tally.alpha));
        CU_ASSERT(is_covered(tally.beta));
        CU_ASSERT(is_covered(tally.karp_flatt));
        CU_ASSERT(is_covered(tally.fits));
    }
}

/* Percentiles of draws that the bound of alpha stops would cover beta in 91 %. */
static void an_alpha_at_its_bound_does_not_narrow_the_interval_of_beta(void)
{
    const unsigned trials = 400;
    struct world world = usl_world(0, .005);
    uint64_t state = 600;
    unsigned covered = 0;

    world.workers = grid;
    world.count = 6;
    for (unsigned trial = 0; trial < trials; trial++) {
        draw(&world, &state);
        const struct csw_model model = model_of(&world, DRAWS);

        covered += covers(&model.beta, world.beta);
    }
    CU_ASSERT(covered >= trials * 95 / 100 && covered < trials);
}

/* 5 % are another law by the F test's own level, and 5 % superlinear by that of its interval. */
static void a_serial_fraction_is_told_by_amdahls_law(void)
{
    const struct tally tally = simulate(usl_world(.05, 0), 200);

    CU_ASSERT(tally.kind[CSW_MODEL_AMDAHL] >= TRIALS * 8 / 10);
    CU_ASSERT_EQUAL(tally.kind[CSW_MODEL_IDEAL] + tally.kind[CSW_MODEL_UNFIT], 0);
    CU_ASSERT(is_covered(tally.alpha));
    CU_ASSERT(is_covered(tally.karp_flatt));
    CU_ASSERT(is_covered(tally.fits));
}

static void no_serial_fraction_is_told_where_there_is_none(void)
{
    const struct tally tally = simulate(usl_world(0, 0), 300);

    CU_ASSERT(tally.kind[CSW_MODEL_IDEAL] >= TRIALS * 8 / 10);
    CU_ASSERT(tally.kind[CSW_MODEL_AMDAHL] <= TRIALS / 20);
    CU_ASSERT(is_covered(tally.alpha));
}

/* Amdahl's law alone would put its narrow interval past this alpha in every trial. */
static void a_coherency_too_small_to_be_seen_leaves_alpha_its_doubt(void)
{
    struct world world = usl_world(.02, .0005);

    world.workers = grid;
    world.count = 6;
    const struct tally tally = simulate(world, 400);

    CU_ASSERT(tally.kind[CSW_MODEL_AMDAHL] > TRIALS / 10);
    CU_ASSERT(is_covered(tally.alpha));
}

static void amdahls_law_is_rejected_where_coherency_is_plain(void)
{
    struct world world = usl_world(.05, .005);

    world.count = 5; /* too few for the USL, so that it is judged alone */
    const struct tally tally = simulate(world, 500);

    CU_ASSERT_EQUAL(tally.kind[CSW_MODEL_UNFIT], TRIALS);
    CU_ASSERT_EQUAL(tally.fits, 0);
}

/* ---- what is told and what is refused -------------------------------------------------------- */

static struct world exact_world(double alpha, double beta, size_t count, size_t rounds)
{
    struct world world = {
        .alpha = alpha, .beta = beta, .workers = grid, .count = count, .rounds = rounds};
    uint64_t state = 9;

    draw(&world, &state);
    return world;
}

/* The rows point into the world that drew them. */
static struct csw_model model_of_exact(struct world world)
{
    for (size_t i = 0; i < world.count; i++)
        world.rows[i] = world.round_ns[i];
    return model_of(&world, 50);
}

static void exact_times_give_exact_laws_whatever_the_rounds_drift(void)
{
    const struct csw_model ideal = model_of_exact(exact_world(0, 0, 8, 12));
    const struct csw_model amdahl = model_of_exact(exact_world(.05, 0, 8, 12));
    const struct csw_model usl = model_of_exact(exact_world(.05, .001, 8, 12));

    CU_ASSERT_EQUAL(ideal.kind, CSW_MODEL_IDEAL);
    CU_ASSERT_DOUBLE_EQUAL(ideal.alpha.value, 0, 1e-9);
    CU_ASSERT_EQUAL(amdahl.kind, CSW_MODEL_AMDAHL);
    CU_ASSERT_DOUBLE_EQUAL(amdahl.alpha.low, .05, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(amdahl.alpha.high, .05, 1e-9);
    CU_ASSERT_EQUAL(usl.kind, CSW_MODEL_USL);
    CU_ASSERT_DOUBLE_EQUAL(usl.alpha.value, .05, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(usl.beta.value, .001, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(usl.peak.value, sqrt(.95 / .001), 1e-6);
    CU_ASSERT(csw_model_holds(&ideal) && csw_model_holds(&amdahl) && csw_model_holds(&usl));
    CU_ASSERT(usl.worst_residual < 1e-9 && usl.rms_residual <= usl.worst_residual);
    CU_ASSERT(usl.counts == 8 && usl.rounds == 12 && usl.alpha.n == 12);
}

static void fewer_than_four_counts_or_six_rounds_give_no_law(void)
{
    for (size_t count = 1; count <= 4; count++) {
        const struct csw_model model = model_of_exact(exact_world(.05, 0, count, 6));

        CU_ASSERT_EQUAL(model.kind, count < 4 ? CSW_MODEL_FEW_COUNTS : CSW_MODEL_AMDAHL);
        CU_ASSERT_EQUAL(isnan(model.alpha.value), count < 4);
        CU_ASSERT_EQUAL(csw_model_holds(&model), count == 4);
    }
    CU_ASSERT_EQUAL(model_of_exact(exact_world(.05, 0, 4, 5)).kind, CSW_MODEL_FEW_ROUNDS);
    CU_ASSERT_EQUAL(model_of_exact(exact_world(.05, .01, 5, 6)).kind, CSW_MODEL_UNFIT);
    CU_ASSERT_EQUAL(model_of_exact(exact_world(.05, .01, 6, 6)).kind, CSW_MODEL_USL);
}

static void only_rounds_with_every_count_are_taken(void)
{
    struct world world = exact_world(.05, 0, 4, 10);

    world.round_ns[1][3] = NAN;
    world.round_ns[3][7] = 0;
    const struct csw_model model = model_of_exact(world);

    CU_ASSERT_EQUAL(model.rounds, 8);
    CU_ASSERT_DOUBLE_EQUAL(model.alpha.value, .05, 1e-9);
    for (size_t r = 0; r < 10; r += 2)
        world.round_ns[2][r] = NAN;
    CU_ASSERT_EQUAL(model_of_exact(world).kind, CSW_MODEL_FEW_ROUNDS);
}

/* Faster than one worker's time divided: at once, or the more the more workers there are. */
static void losses_that_are_negative_are_superlinear(void)
{
    struct world at_once = exact_world(0, 0, 6, 10), later = exact_world(.1, 0, 8, 10);

    for (size_t r = 0; r < 10; r++) {
        for (size_t i = 1; i < 6; i++)
            at_once.round_ns[i][r] *= 0.9;
        for (size_t i = 0; i < 8; i++)
            later.round_ns[i][r] *= 1 - 0.02 * grid[i];
    }
    CU_ASSERT_EQUAL(model_of_exact(at_once).kind, CSW_MODEL_SUPERLINEAR);
    CU_ASSERT_EQUAL(model_of_exact(later).kind, CSW_MODEL_SUPERLINEAR);
}

/* One time in ten is half as long again: medians and their variance do not mind. */
static void outliers_neither_bend_a_law_nor_reject_it(void)
{
    struct world world = usl_world(.05, .001);
    uint64_t state = 77;

    world.rounds = 30;
    draw(&world, &state);
    for (size_t i = 0; i < world.count; i++)
        for (size_t r = i; r < world.rounds; r += 10)
            world.round_ns[i][r] *= 1.5;
    const struct csw_model model = model_of(&world, DRAWS);

    CU_ASSERT_EQUAL(model.kind, CSW_MODEL_USL);
    CU_ASSERT(csw_model_holds(&model));
    CU_ASSERT_DOUBLE_EQUAL(model.alpha.value, .05, .01);
    CU_ASSERT_DOUBLE_EQUAL(model.beta.value, .001, .0002);
}

/* ---- the table of all ------------------------------------------------------------------------ */

int main(void)
{
    static const struct test tests[] = {
        TEST(tails_of_f_are_those_of_printed_tables),
        TEST(tails_of_f_have_their_closed_forms),
        TEST(parameters_are_recovered_exactly_without_noise),
        TEST(no_law_without_negative_parameters_fits_better),
        TEST(too_few_counts_determine_no_law),
        TEST(the_peak_is_where_one_more_worker_gains_nothing),
        TEST(karp_flatt_inverts_amdahl_and_gustafson_his_own_law),
        TEST(a_fraction_above_the_resolution_is_one_whose_interval_is_above_0),
        TEST(intervals_of_alpha_beta_and_karp_flatt_cover_the_truth),
        TEST(an_alpha_at_its_bound_does_not_narrow_the_interval_of_beta),
        TEST(a_serial_fraction_is_told_by_amdahls_law),
        TEST(no_serial_fraction_is_told_where_there_is_none),
        TEST(a_coherency_too_small_to_be_seen_leaves_alpha_its_doubt),
        TEST(amdahls_law_is_rejected_where_coherency_is_plain),
        TEST(exact_times_give_exact_laws_whatever_the_rounds_drift),
        TEST(fewer_than_four_counts_or_six_rounds_give_no_law),
        TEST(only_rounds_with_every_count_are_taken),
        TEST(losses_that_are_negative_are_superlinear),
        TEST(outliers_neither_bend_a_law_nor_reject_it),
    };

    return RUN_TESTS("model", tests);
}
