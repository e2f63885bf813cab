/*
 * Proves that the factors of a loss multiply to the efficiency that the report shows, on made-up
 * times and on every stored sweep, that they find who is to blame, and that their intervals cover
 * the truth as often as they say.
 */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/identity.h"
#include "harness/random.h"
#include "harness/report.h"
#include "harness/weak.h"
#include "suite.h"

#define ROUNDS 20
#define MS 1e6

/* ---- made-up times --------------------------------------------------------------------------- */

struct times {
    double wall_ns[ROUNDS], busiest_ns[ROUNDS], mean_ns[ROUNDS], window_ns[ROUNDS];
    double clock_hz[ROUNDS];
};

static struct csw_round_times view_of(const struct times *times)
{
    return (struct csw_round_times){times->wall_ns, times->busiest_ns, times->mean_ns,
                                    times->window_ns, times->clock_hz};
}

/* A run whose busiest worker lacks a CPU for a part of its window, and whose window is shorter. */
static void set_round(struct times *times, size_t round, double wall_ns, double dispatch,
                      double availability, double balance)
{
    times->wall_ns[round] = wall_ns;
    times->window_ns[round] = wall_ns * dispatch;
    times->busiest_ns[round] = wall_ns * dispatch * availability;
    times->mean_ns[round] = wall_ns * dispatch * availability * balance;
    times->clock_hz[round] = NAN;
}

static struct csw_identity identity_of(const struct times *base, const struct times *point,
                                       double ideal)
{
    const struct csw_round_times bases = view_of(base), points = view_of(point);
    struct csw_identity identity;

    CU_ASSERT_EQUAL_FATAL(csw_identity_of(&identity, &bases, &points, ideal, ROUNDS, NULL), 0);
    return identity;
}

static double product_of(const struct csw_identity *identity)
{
    return identity->load_balance.value * identity->serialisation.value *
           identity->work_inflation.value;
}

static void each_factor_is_what_was_put_in(void)
{
    struct times base, point;

    for (size_t r = 0; r < ROUNDS; r++) {
        set_round(&base, r, 100 * MS, 1, 0.98, 1);
        set_round(&point, r, 40 * MS, 0.9, 0.8, 0.75);
    }
    const struct csw_identity identity = identity_of(&base, &point, 4);

    CU_ASSERT_DOUBLE_EQUAL(identity.load_balance.value, 0.75, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(identity.availability.value, 0.8 / 0.98, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(identity.dispatch.value, 0.9, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(identity.serialisation.value, 0.9 * 0.8 / 0.98, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(identity.work_inflation.value, 98 / (4 * 40 * 0.9 * 0.8 * 0.75), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(product_of(&identity), 100.0 / 40 / 4, 1e-12);
    CU_ASSERT_EQUAL(identity.load_balance.n, ROUNDS);
    CU_ASSERT_DOUBLE_EQUAL(identity.load_balance.low, 0.75, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(identity.load_balance.high, 0.75, 1e-12);
}

/* ln of a factor with noise of that standard deviation: Box and Muller. */
static double noisy(double factor, double deviation, uint64_t *state)
{
    const double radius = sqrt(-2 * log(csw_random_uniform(state)));

    return factor * exp(deviation * radius * cos(6.283185307179586 * csw_random_uniform(state)));
}

/* Efficiency 0.75 x 0.8 x 0.95 x 0.9; rounds differ by half, which pairing takes away. */
static void draw_rounds(struct times *base, struct times *point, uint64_t *state)
{
    for (size_t r = 0; r < ROUNDS; r++) {
        const double round = noisy(100 * MS, 0.5, state);
        const double balance = noisy(0.75, 0.05, state), inflation = noisy(0.9, 0.04, state);
        const double available = noisy(0.8, 0.1, state), dispatch = noisy(0.95, 0.01, state);

        set_round(base, r, round, 1, 1, 1);
        set_round(point, r, round / (2 * balance * available * dispatch * inflation), dispatch,
                  available, balance);
    }
}

static bool covers(const struct csw_estimate *estimate, double truth)
{
    return estimate->low <= truth && truth <= estimate->high;
}

static void intervals_cover_the_truth_as_often_as_they_say(void)
{
    enum { TRIALS = 200 };
    unsigned covered[5] = {0};
    uint64_t state = 7;

    for (int trial = 0; trial < TRIALS; trial++) {
        struct times base, point;

        draw_rounds(&base, &point, &state);
        const struct csw_identity identity = identity_of(&base, &point, 2);

        covered[0] += covers(&identity.load_balance, 0.75);
        covered[1] += covers(&identity.serialisation, 0.8 * 0.95);
        covered[2] += covers(&identity.work_inflation, 0.9);
        covered[3] += covers(&identity.availability, 0.8);
        covered[4] += covers(&identity.dispatch, 0.95);
    }
    for (size_t i = 0; i < COUNT(covered); i++)
        CU_ASSERT(covered[i] >= 0.90 * TRIALS);
    CU_ASSERT(covered[0] < TRIALS); /* so they are not just wide */
}

static void a_round_without_busy_times_still_counts_for_the_efficiency(void)
{
    struct times base, point;
    double ratio[ROUNDS];
    uint64_t state = 3;

    draw_rounds(&base, &point, &state);
    for (size_t r = 0; r < ROUNDS; r += 3)
        point.mean_ns[r] = point.busiest_ns[r] = NAN;
    for (size_t r = 0; r < ROUNDS; r++)
        ratio[r] = log(base.wall_ns[r] / point.wall_ns[r] / 2);
    const struct csw_identity identity = identity_of(&base, &point, 2);

    CU_ASSERT_DOUBLE_EQUAL(product_of(&identity) / exp(csw_median(ratio, ROUNDS).value), 1, 1e-12);
    CU_ASSERT_EQUAL(identity.load_balance.n, 13);
}

static void unknown_windows_leave_serialisation_whole(void)
{
    struct times base, point;
    uint64_t state = 5;

    draw_rounds(&base, &point, &state);
    for (size_t r = 0; r < ROUNDS; r++)
        point.window_ns[r] = NAN;
    const struct csw_identity identity = identity_of(&base, &point, 2);

    CU_ASSERT(csw_estimate_has_interval(&identity.serialisation));
    CU_ASSERT(isnan(identity.availability.value) && identity.availability.n == 0);
    CU_ASSERT(isnan(identity.dispatch.value) && isnan(identity.dispatch.low));
}

static void a_lower_clock_is_told_from_more_cycles(void)
{
    struct times base, point;

    for (size_t r = 0; r < ROUNDS; r++) {
        set_round(&base, r, 100 * MS, 1, 1, 1);
        set_round(&point, r, 80 * MS, 1, 1, 1); /* inflation 0.625 */
        base.clock_hz[r] = 4e9;
        point.clock_hz[r] = 3e9;
    }
    const struct csw_identity known = identity_of(&base, &point, 2);

    CU_ASSERT_DOUBLE_EQUAL(known.work_inflation.value, 0.625, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(known.clock.value, 0.75, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(known.cycles.value, 0.625 / 0.75, 1e-12);
    CU_ASSERT(known.clock.n == ROUNDS && known.clock.low == known.clock.value);
    for (size_t r = 0; r < ROUNDS; r++)
        base.clock_hz[r] = r % 2 ? 0 : NAN; /* older files read 0 */
    const struct csw_identity unknown = identity_of(&base, &point, 2);

    CU_ASSERT(unknown.clock.n == 0 && isnan(unknown.clock.value) && isnan(unknown.cycles.low));
    CU_ASSERT_DOUBLE_EQUAL(unknown.work_inflation.value, 0.625, 1e-12);
}

/* Clock 0.9 and cycles 0.8 in the mean; a third of the rounds does not know the clock. */
static void clock_and_cycles_multiply_to_the_inflation_of_noisy_rounds(void)
{
    struct times base, point;
    uint64_t state = 11;

    draw_rounds(&base, &point, &state);
    for (size_t r = 0; r < ROUNDS; r++) {
        base.clock_hz[r] = noisy(3e9, 0.02, &state);
        point.clock_hz[r] = r % 3 ? noisy(2.7e9, 0.02, &state) : NAN;
    }
    const struct csw_identity identity = identity_of(&base, &point, 2);

    CU_ASSERT_DOUBLE_EQUAL(
        identity.clock.value * identity.cycles.value / identity.work_inflation.value, 1, 1e-12);
    CU_ASSERT(identity.clock.low < 0.9 && 0.9 < identity.clock.high);
    CU_ASSERT_EQUAL(identity.clock.n, 13);
}

/* Two workers that have twice the work, and take a quarter longer for it. */
static void work_that_grows_with_the_workers_has_the_same_factors(void)
{
    struct times base, point;

    for (size_t r = 0; r < ROUNDS; r++) {
        set_round(&base, r, 100 * MS, 1, 1, 1);
        set_round(&point, r, 125 * MS, 1, 0.9, 1);
    }
    const struct csw_identity identity = identity_of(&base, &point, 1);

    CU_ASSERT_DOUBLE_EQUAL(product_of(&identity), 0.8, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(identity.serialisation.value, 0.9, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(identity.work_inflation.value, 0.8 / 0.9, 1e-12);
}

static void five_rounds_have_values_and_no_intervals(void)
{
    struct times base, point;
    uint64_t state = 9;

    draw_rounds(&base, &point, &state);
    for (size_t r = 5; r < ROUNDS; r++)
        point.wall_ns[r] = NAN;
    const struct csw_identity identity = identity_of(&base, &point, 2);

    CU_ASSERT_EQUAL(identity.serialisation.n, 5);
    CU_ASSERT(identity.serialisation.value > 0 && isnan(identity.serialisation.low));
}

/* ---- stored sweeps --------------------------------------------------------------------------- */

struct seen {
    unsigned files, cells, computing; /* cells of all, and those that compute and have a base */
};

static bool is_near(double a, double b)
{
    return fabs(a / b - 1) < 1e-9;
}

/* By its definition: exp of the median over the rounds of ln(T_base / T_p / ideal). */
static double efficiency_of(const struct csw_report *report, const struct csw_cell *cell)
{
    const struct csw_cell *base = csw_report_base(report, cell);
    const double ideal = (double)cell->point->workers / (double)csw_growth(cell->point);
    double *logs = calloc(report->rounds, sizeof *logs);

    CU_ASSERT_PTR_NOT_NULL_FATAL(logs);
    for (size_t r = 0; r < report->rounds; r++)
        logs[r] = log(base->round_ns[r] / cell->round_ns[r] / ideal);
    const double efficiency = exp(csw_median(logs, report->rounds).value);

    free(logs);
    return efficiency;
}

static void check_factors(const char *path, const struct csw_identity *loss, double efficiency)
{
    CHECK(path, is_near(product_of(loss), efficiency));
    CHECK(path, loss->load_balance.value <= 1 + 1e-12);
    if (loss->availability.n > 0)
        CHECK(path,
              is_near(loss->availability.value * loss->dispatch.value, loss->serialisation.value));
    for (size_t f = 0; f < CSW_FACTORS; f++) {
        const struct csw_estimate *factor = csw_factor_of(loss, f);

        CHECK(path, !csw_estimate_has_interval(factor) ||
                        (factor->low <= factor->high && factor->n >= 6));
    }
}

/* A computing cell that was measured, as was its base, tells where its efficiency went. */
static void check_cell(const char *path, const struct csw_report *report,
                       const struct csw_cell *cell, struct seen *seen)
{
    const struct csw_cell *base = csw_report_base(report, cell);

    seen->cells++;
    CHECK(path, !cell->point->waits || cell->loss.load_balance.n == 0);
    if (cell->point->waits || !base || cell->efficiency.n == 0)
        return;
    seen->computing++;
    if (!CHECK(path, cell->loss.load_balance.n > 0))
        return;
    check_factors(path, &cell->loss, cell->efficiency.value);
    check_factors(path, &cell->loss, efficiency_of(report, cell));
}

static void check_file(const char *path, struct seen *seen)
{
    struct csw_results results = {0};
    struct csw_report report = {0};

    if (!CHECK(path, csw_results_read(&results, path, NULL) == 0) ||
        !CHECK(path, csw_report_init(&report, &results, NULL) == 0)) {
        csw_results_release(&results);
        return;
    }
    seen->files++;
    for (size_t i = 0; i < report.count; i++)
        check_cell(path, &report, &report.cell[i], seen);
    csw_report_release(&report);
    csw_results_release(&results);
}

/* Through a file, since results are read twice. Without xz it says what it leaves out. */
static void check_packed_file(const char *path, struct seen *seen)
{
    char copy[] = "/tmp/coresweep-identity-XXXXXX", command[600];
    const int fd = mkstemp(copy);

    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    snprintf(command, sizeof command, "xz -dc '%s' >%s 2>/dev/null", path, copy);
    if (system("command -v xz >/dev/null") != 0)
        printf("\n    left out, there is no xz: %s\n    ", path);
    else if (CHECK(path, system(command) == 0))
        check_file(copy, seen);
    unlink(copy);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text);

    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void factors_multiply_to_the_efficiency_on_every_stored_sweep(void)
{
    static const char *const folders[] = {"../../results/*/*.jsonl", "../../results/*/*.jsonl.xz",
                                          "*.jsonl", "*/*.jsonl"};
    glob_t files = {0};
    struct seen seen = {0};

    for (size_t i = 0; i < COUNT(folders); i++)
        glob(fixture(folders[i]), i > 0 ? GLOB_APPEND : 0, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc; i++)
        if (ends_with(files.gl_pathv[i], ".xz"))
            check_packed_file(files.gl_pathv[i], &seen);
        else
            check_file(files.gl_pathv[i], &seen);
    CU_ASSERT(seen.files >= 2 && seen.computing >= 30 && seen.computing < seen.cells);
    globfree(&files);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(each_factor_is_what_was_put_in),
        TEST(intervals_cover_the_truth_as_often_as_they_say),
        TEST(a_round_without_busy_times_still_counts_for_the_efficiency),
        TEST(unknown_windows_leave_serialisation_whole),
        TEST(a_lower_clock_is_told_from_more_cycles),
        TEST(clock_and_cycles_multiply_to_the_inflation_of_noisy_rounds),
        TEST(work_that_grows_with_the_workers_has_the_same_factors),
        TEST(five_rounds_have_values_and_no_intervals),
        TEST(factors_multiply_to_the_efficiency_on_every_stored_sweep),
    };

    return RUN_TESTS("identity", tests);
}
