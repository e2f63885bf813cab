/*
 * Proves that METG is what it claims to be: the isotonic fit against its definition, crossings and
 * one-sided cases against curves with a known price per task, intervals against simulated truth,
 * and the plan against what a run must hand out.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "harness/grain.h"
#include "harness/random.h"
#include "suite.h"

#define TASKS_PER_WORKER 64
#define WORKERS 2
#define TASKS (TASKS_PER_WORKER * WORKERS)
#define ITEM_NS 4.0
#define PRICE_NS 100.0 /* of a task, on top of its items */
#define PI 3.14159265358979323846

/* ---- the fit --------------------------------------------------------------------------------- */

static double mean(const double *values, size_t first, size_t last)
{
    double sum = 0;

    for (size_t i = first; i <= last; i++)
        sum += values[i];
    return sum / (double)(last - first + 1);
}

/* The definition: the largest over all starts up to i of the least mean over all ends from i on. */
static double fitted(const double *values, size_t count, size_t i)
{
    double most = -INFINITY;

    for (size_t first = 0; first <= i; first++) {
        double least = INFINITY;

        for (size_t last = i; last < count; last++)
            least = fmin(least, mean(values, first, last));
        most = fmax(most, least);
    }
    return most;
}

static void the_isotonic_fit_is_its_definition(void)
{
    uint64_t state = 1;

    for (int trial = 0; trial < 3000; trial++) {
        const size_t count = 1 + csw_random_below(&state, 9);
        double values[9], fit[9];

        for (size_t i = 0; i < count; i++) /* few values: ties are tried, too */
            values[i] = fit[i] = (double)csw_random_below(&state, 6);
        csw_isotonic(fit, count);
        for (size_t i = 0; i < count; i++)
            CU_ASSERT_DOUBLE_EQUAL(fit[i], fitted(values, count, i), 1e-12);
    }
}

static void the_crossing_is_exact_where_every_task_costs_the_same(void)
{
    double work[12], efficiency[12];

    for (size_t i = 0; i < COUNT(work); i++) {
        work[i] = ldexp(1, (int)i);
        efficiency[i] = work[i] / (work[i] + 11);
    }
    CU_ASSERT_DOUBLE_EQUAL(csw_grain_crossing(work, efficiency, 12, 0.5), 11, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(csw_grain_crossing(work, efficiency, 12, 0.9), 99, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(csw_grain_crossing(work, efficiency, 12, 0.1), 11.0 / 9, 1e-9);
}

static void a_crossing_needs_points_on_both_sides(void)
{
    const double work[] = {1, 2, 4}, efficiency[] = {0.5, 0.6, 0.8};

    CU_ASSERT_EQUAL(csw_grain_crossing(work, efficiency, 3, 0.5), 0);
    CU_ASSERT(isinf(csw_grain_crossing(work, efficiency, 3, 0.9)));
    CU_ASSERT(isinf(csw_grain_crossing(work, efficiency, 0, 0.9)));
    CU_ASSERT_DOUBLE_EQUAL(csw_grain_crossing(work, efficiency, 3, 0.8), 4, 1e-12);
}

/* ---- results with a known truth -------------------------------------------------------------- */

/* From the largest tasks down, as a plan has them: a serial point, and one of two workers. */
struct world {
    struct csw_results results;
    size_t sizes;
    char (*text)[2][32]; /* tasks and schedule */
    struct csw_worker workers[WORKERS];
};

static void add_point(struct world *world, const struct csw_point *with, size_t size)
{
    struct csw_plan *plan = &world->results.plan;
    struct csw_point *point = &plan->points[plan->count++];

    *point = *with;
    point->kernel = (char *)"sqrt";
    point->options = point->settings = (char *)"";
    point->tasks = world->text[size][0];
    point->base = (char *)"serial";
    point->unit = (char *)"candidates";
}

static struct world *world_new(size_t sizes, uint64_t rounds)
{
    struct world *world = calloc(1, sizeof *world);

    CU_ASSERT_PTR_NOT_NULL_FATAL(world);
    world->sizes = sizes;
    world->text = calloc(sizes, sizeof *world->text);
    world->results = (struct csw_results){
        .plan = {.rounds = rounds,
                 .grain = (char *)"largest-us=256 tasks-per-worker=64",
                 .points = calloc(2 * sizes, sizeof *world->results.plan.points)},
        .host = {.usable_pus = WORKERS},
        .ended = true,
        .sample = calloc(2 * sizes * rounds, sizeof *world->results.sample)};
    for (size_t i = 0; i < sizes; i++) {
        const unsigned long items = 1ul << (sizes - 1 - i);

        snprintf(world->text[i][0], 32, "%lu", TASKS * items);
        snprintf(world->text[i][1], 32, "dynamic:%lu", items);
        add_point(world,
                  &(struct csw_point){
                      .driver = (char *)"serial", .schedule = (char *)"whole", .workers = 1},
                  i);
        add_point(world,
                  &(struct csw_point){.driver = (char *)"pthread",
                                      .schedule = world->text[i][1],
                                      .workers = WORKERS},
                  i);
    }
    return world;
}

static void world_free(struct world *world)
{
    free(world->results.plan.points);
    free(world->results.sample);
    free(world->text);
    free(world);
}

static void add_sample(struct world *world, uint64_t point, uint64_t round, double region_ns)
{
    const uint64_t items = TASKS * (UINT64_C(1) << (world->sizes - 1 - point / 2));

    world->results.sample[world->results.samples++] =
        (struct csw_sample){.point = point,
                            .round = round,
                            .workers = world->results.plan.points[point].workers,
                            .region_ns = region_ns,
                            .process_ns = region_ns,
                            .items = items,
                            .work = items,
                            .worker = world->workers};
}

/* What a sample is multiplied by. */
typedef double noise_fn(uint64_t *state);

static double no_noise(uint64_t *state)
{
    (void)state;
    return 1;
}

/* Serial runs cost what their items do; workers halve that, and pay for each task. */
static void add_samples(struct world *world, double price_ns, noise_fn *noise, uint64_t *state)
{
    world->results.samples = 0;
    for (uint64_t r = 0; r < world->results.plan.rounds; r++)
        for (uint64_t i = 0; i < world->sizes; i++) {
            const double task_ns = ITEM_NS * (double)(UINT64_C(1) << (world->sizes - 1 - i));

            add_sample(world, 2 * i, r, TASKS * task_ns * noise(state));
            add_sample(world, 2 * i + 1, r, TASKS_PER_WORKER * (task_ns + price_ns) * noise(state));
        }
}

static struct csw_grain grain_of(const struct world *world)
{
    struct csw_grain grain = {0};

    CU_ASSERT_EQUAL_FATAL(csw_grain_init(&grain, &world->results, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(grain.count, 1);
    CU_ASSERT_EQUAL_FATAL(grain.curve[0].count, world->sizes);
    return grain;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void metg_of_a_price_per_task_is_twice_and_ten_times_that_price(void)
{
    struct world *world = world_new(14, 8);

    add_samples(world, PRICE_NS, no_noise, NULL);
    struct csw_grain grain = grain_of(world);
    const struct csw_grain_curve *curve = &grain.curve[0];

    CU_ASSERT_STRING_EQUAL(curve->schedule, "dynamic");
    CU_ASSERT_PTR_NULL(curve->impossible);
    CU_ASSERT_EQUAL(curve->metg50.side, CSW_METG_CROSSED);
    CU_ASSERT_DOUBLE_EQUAL(curve->metg50.ns.value, 2 * PRICE_NS, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(curve->metg50.ns.low, 2 * PRICE_NS, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(curve->metg90.ns.value, 10 * PRICE_NS, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(curve->metg90.ns.high, 10 * PRICE_NS, 1e-6);
    CU_ASSERT_EQUAL(curve->metg90.ns.n, 8);
    CU_ASSERT_DOUBLE_EQUAL(curve->size[0].grain_ns.value, ITEM_NS + PRICE_NS, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(curve->size[0].efficiency.value, ITEM_NS / (ITEM_NS + PRICE_NS), 1e-9);
    csw_grain_release(&grain);
    world_free(world);
}

static void metg_on_one_side_of_all_points_has_no_value_but_a_limit(void)
{
    struct world *world = world_new(6, 8);
    const double largest_ns = 32 * ITEM_NS;

    add_samples(world, ITEM_NS / 2, no_noise, NULL); /* one item: 2 / 3 */
    struct csw_grain grain = grain_of(world);

    CU_ASSERT_EQUAL(grain.curve[0].metg50.side, CSW_METG_BELOW);
    CU_ASSERT(isnan(grain.curve[0].metg50.ns.value));
    CU_ASSERT_DOUBLE_EQUAL(grain.curve[0].metg50.least_ns, 1.5 * ITEM_NS, 1e-9);
    CU_ASSERT_EQUAL(grain.curve[0].metg50.ns.low, 0);
    CU_ASSERT_DOUBLE_EQUAL(grain.curve[0].metg50.ns.high, 1.5 * ITEM_NS, 1e-9);
    CU_ASSERT_EQUAL(grain.curve[0].metg90.side, CSW_METG_CROSSED);
    csw_grain_release(&grain);
    add_samples(world, 2 * largest_ns, no_noise, NULL); /* the largest: 1 / 3 */
    grain = grain_of(world);
    CU_ASSERT_EQUAL(grain.curve[0].metg50.side, CSW_METG_ABOVE);
    CU_ASSERT_DOUBLE_EQUAL(grain.curve[0].metg90.most_ns, 3 * largest_ns, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(grain.curve[0].metg90.ns.low, 3 * largest_ns, 1e-6);
    CU_ASSERT(isinf(grain.curve[0].metg90.ns.high));
    csw_grain_release(&grain);
    world_free(world);
}

/* Two workers of which one takes a third of its time: an efficiency of 1.6. */
static void an_impossible_efficiency_is_named_and_gives_no_metg(void)
{
    struct world *world = world_new(8, 8);

    add_samples(world, PRICE_NS, no_noise, NULL);
    for (size_t i = 0; i < world->results.samples; i++)
        if (world->results.sample[i].point == 1)
            world->results.sample[i].region_ns /= 2.5;
    struct csw_grain grain = grain_of(world);
    const struct csw_grain_curve *curve = &grain.curve[0];

    CU_ASSERT_PTR_EQUAL(curve->impossible, &curve->size[7]);
    CU_ASSERT_EQUAL(curve->metg50.side, CSW_METG_UNKNOWN);
    CU_ASSERT(isnan(curve->metg50.ns.value) && isnan(curve->metg90.ns.low));
    csw_grain_release(&grain);
    world_free(world);
}

static void too_few_rounds_give_no_interval_and_no_samples_no_value(void)
{
    struct world *world = world_new(12, 5);

    add_samples(world, PRICE_NS, no_noise, NULL);
    struct csw_grain grain = grain_of(world);

    CU_ASSERT_DOUBLE_EQUAL(grain.curve[0].metg50.ns.value, 2 * PRICE_NS, 1e-6);
    CU_ASSERT(isnan(grain.curve[0].metg50.ns.low) && isnan(grain.curve[0].metg50.ns.high));
    csw_grain_release(&grain);
    world->results.samples = 0;
    grain = grain_of(world);
    CU_ASSERT_EQUAL(grain.curve[0].metg50.side, CSW_METG_UNKNOWN);
    CU_ASSERT(isnan(grain.curve[0].metg90.ns.value));
    csw_grain_release(&grain);
    world_free(world);
}

/* ---- intervals ------------------------------------------------------------------------------- */

#define TRIALS 40

/* Box-Muller. */
static double normal(uint64_t *state)
{
    return sqrt(-2 * log(csw_random_uniform(state))) * cos(2 * PI * csw_random_uniform(state));
}

/* 2 % by itself and, as neighbours make it, much more once in twenty. */
static double disturbed(uint64_t *state)
{
    const double usual = exp(0.02 * normal(state));

    return csw_random_uniform(state) < 0.05 ? usual * (1 + 0.5 * csw_random_uniform(state)) : usual;
}

static bool covers(const struct csw_metg *metg, double truth)
{
    return metg->ns.low <= truth && truth <= metg->ns.high;
}

/* 95 % of 40 are 38; fewer than 32 happen once in 10,000 runs, of which this is always the same. */
static void intervals_cover_the_truth_of_noisy_rounds(void)
{
    struct world *world = world_new(12, 15);
    uint64_t state = 3;
    unsigned covered50 = 0, covered90 = 0;

    for (int trial = 0; trial < TRIALS; trial++) {
        add_samples(world, PRICE_NS, disturbed, &state);
        struct csw_grain grain = grain_of(world);

        covered50 += covers(&grain.curve[0].metg50, 2 * PRICE_NS);
        covered90 += covers(&grain.curve[0].metg90, 10 * PRICE_NS);
        csw_grain_release(&grain);
    }
    CHECK("METG(50 %)", covered50 >= 32);
    CHECK("METG(90 %)", covered90 >= 32);
    printf("METG(50 %%) %u, METG(90 %%) %u of %d\n", covered50, covered90, TRIALS);
    world_free(world);
}

/* The largest tasks reach 90 % or not, from draw to draw. */
static void an_interval_that_leaves_the_points_is_open_there(void)
{
    struct world *world = world_new(9, 15); /* the largest: 1024 ns, 0.911 */
    uint64_t state = 5;

    add_samples(world, PRICE_NS, disturbed, &state);
    struct csw_grain grain = grain_of(world);
    const struct csw_metg *metg = &grain.curve[0].metg90;

    CU_ASSERT(isinf(metg->ns.high));
    CU_ASSERT(isfinite(metg->ns.low) && metg->ns.low > 0);
    CU_ASSERT(isfinite(grain.curve[0].metg50.ns.high));
    csw_grain_release(&grain);
    world_free(world);
}

/* ---- what is written ------------------------------------------------------------------------- */

static char *written(const struct csw_grain *grain,
                     int (*write)(const struct csw_grain *, FILE *, struct csw_err *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(write(grain, out, NULL), 0);
    fclose(out);
    return text;
}

static void tables_and_json_say_the_same(void)
{
    struct world *world = world_new(14, 8);

    add_samples(world, PRICE_NS, no_noise, NULL);
    struct csw_grain grain = grain_of(world);
    char *table = written(&grain, csw_grain_table), *text = written(&grain, csw_grain_json);
    json_t *json = json_loads(text, 0, NULL), *curve;

    must_say(table, "pthread       2 200 ns [200, 200] 1.00 us [1.00, 1.00]");
    must_say(table, "4.00 ns   0.038");
    curve = json_array_get(json_object_get(json, "grain"), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(curve);
    CU_ASSERT_DOUBLE_EQUAL(
        json_real_value(json_object_get(json_object_get(curve, "metg50_ns"), "value")), 200, 1e-6);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(curve, "points")), 14);
    json_decref(json);
    free(table);
    free(text);
    csw_grain_release(&grain);
    world_free(world);
}

static size_t commas_of(const char *line)
{
    size_t commas = 0;

    for (; *line && *line != '\n'; line++)
        commas += *line == ',';
    return commas;
}

static void csv_and_markdown_say_the_same_as_the_table(void)
{
    struct world *world = world_new(14, 8);

    add_samples(world, PRICE_NS, no_noise, NULL);
    struct csw_grain grain = grain_of(world);
    char *csv = written(&grain, csw_grain_csv), *markdown = written(&grain, csw_grain_markdown);
    size_t rows = 0;

    must_say(markdown, "| pthread | 2 | 200 ns [200, 200] | 1.00 us [1.00, 1.00] |\n");
    must_say(markdown, "|---:|---:|\n| 4.00 ns | 0.038 |\n");
    must_say(csv, ",metg90_ns,metg90_ns_low,metg90_ns_high,metg90_side\n");
    must_say(csv, ",200,200,200,crossed,1000,1000,1000,crossed\n");
    for (const char *line = csv; *line; line = strchr(line, '\n') + 1) {
        CU_ASSERT_EQUAL(commas_of(line), commas_of(csv));
        rows++;
    }
    CU_ASSERT_EQUAL(rows, 1 + 14);
    free(csv);
    free(markdown);
    csw_grain_release(&grain);
    world_free(world);
}

static void what_is_no_grain_run_is_refused(void)
{
    struct world *world = world_new(4, 6);
    struct csw_grain grain;
    struct csw_err err = {0};

    world->results.plan.grain = (char *)"";
    CU_ASSERT_EQUAL(csw_grain_init(&grain, &world->results, &err), -EINVAL);
    must_say(err.text, "no grain run");
    world->results.plan.grain = (char *)"tasks-per-worker=none";
    CU_ASSERT_EQUAL(csw_grain_init(&grain, &world->results, &err), -EINVAL);
    must_say(err.text, "does not tell tasks-per-worker");
    world_free(world);
}

/* ---- the plan -------------------------------------------------------------------------------- */

static int fill(struct csw_plan *plan, const char *kernel, const char *schedule,
                const char *workers, const char *tasks, struct csw_err *err)
{
    const struct csw_room room = {4, 4};
    const struct csw_grain_wish wish = {TASKS_PER_WORKER, 256};
    struct csw_series series = {(char *)kernel, (char *)"", (char *)tasks, (char *)schedule};
    const struct csw_series_list list = {1, &series};

    *plan = (struct csw_plan){.driver = strdup("serial,pthread,fork"),
                              .workers = strdup(workers),
                              .settings = strdup(""),
                              .rounds = 1};
    return csw_grain_fill(plan, &list, &room, &wish, err);
}

/* The units that the job of a point is cut into. */
static uint64_t units_of(const struct csw_point *point)
{
    const struct csw_kernel *kernel = csw_kernel_find(point->kernel);
    struct csw_workload workload;
    struct csw_schedule schedule;
    struct csw_job *job = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_workload_parse(&workload, point->tasks, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_schedule_parse(&schedule, point->schedule, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        csw_job_cut(&job, kernel, &workload, &schedule, (unsigned)point->workers, NULL), 0);
    const uint64_t units = job->units;

    csw_job_close(job);
    csw_workload_release(&workload);
    return units;
}

/* 1e8 ns for 1e6 items: 256 us are 2560 items, and 2048 the power of two below. */
static void every_size_has_a_base_and_as_many_tasks_as_wished(void)
{
    static const char *const schedules[] = {"dynamic", "late", "static"};

    for (size_t s = 0; s < COUNT(schedules); s++) {
        struct csw_plan plan;
        size_t bases = 0;

        CU_ASSERT_EQUAL_FATAL(fill(&plan, "sqrt", schedules[s], "2,4", "1e6", NULL), 0);
        CHECK(schedules[s], csw_is_grain(&plan));
        for (size_t i = 0; i < plan.count; i++) {
            const struct csw_point *point = &plan.points[i];
            size_t found = 0;

            for (size_t j = 0; j < plan.count; j++)
                found += csw_is_base(&plan.points[j], point);
            CHECK(schedules[s], found == 1);
            bases += csw_is_base(point, point);
            if (!csw_is_base(point, point))
                CHECK(schedules[s], units_of(point) == TASKS_PER_WORKER * point->workers);
        }
        CHECK(schedules[s], bases == 13); /* 2048 x 4, 2048 x 2, ... 1 x 2 */
        CHECK(schedules[s], plan.count == 13 + 2 * 2 * 12);
        csw_plan_release(&plan);
    }
}

static void what_tells_nothing_of_granularity_is_refused(void)
{
    static const struct {
        const char *kernel, *schedule, *says;
    } rows[] = {
        {"sleep", "whole", "it waits"},
        {"count", "dynamic", "do not grow"},
        {"array", "dynamic", "leave the caches"},
        {"sqrt", "whole", "use dynamic, late or static"},
        {"sqrt", "guided", "use dynamic, late or static"},
        {"sqrt", "dynamic:64", "leave it away"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct csw_plan plan;
        struct csw_err err = {0};

        CHECK(rows[i].says,
              fill(&plan, rows[i].kernel, rows[i].schedule, "2", "1000", &err) == -EINVAL);
        must_say(err.text, rows[i].says);
        CHECK(rows[i].says, plan.count == 0);
        csw_plan_release(&plan);
    }
}

int main(void)
{
    static const struct test tests[] = {
        TEST(the_isotonic_fit_is_its_definition),
        TEST(the_crossing_is_exact_where_every_task_costs_the_same),
        TEST(a_crossing_needs_points_on_both_sides),
        TEST(metg_of_a_price_per_task_is_twice_and_ten_times_that_price),
        TEST(metg_on_one_side_of_all_points_has_no_value_but_a_limit),
        TEST(an_impossible_efficiency_is_named_and_gives_no_metg),
        TEST(too_few_rounds_give_no_interval_and_no_samples_no_value),
        TEST(intervals_cover_the_truth_of_noisy_rounds),
        TEST(an_interval_that_leaves_the_points_is_open_there),
        TEST(tables_and_json_say_the_same),
        TEST(csv_and_markdown_say_the_same_as_the_table),
        TEST(what_is_no_grain_run_is_refused),
        TEST(every_size_has_a_base_and_as_many_tasks_as_wished),
        TEST(what_tells_nothing_of_granularity_is_refused),
    };

    return RUN_TESTS("grain", tests);
}
