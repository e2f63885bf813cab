/*
 * Proves that a report tells the truth that its samples were made from, through drift, missing
 * rounds and repeated samples, and that every format keeps its shape whatever the numbers are.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/random.h"
#include "harness/report.h"
#include "harness/resample.h"
#include "suite.h"

#define MAX_SAMPLES 200
#define MAX_WORKERS 64
#define STEPS UINT64_C(1000000)
#define MS 1e6

/* ---- results with a known truth -------------------------------------------------------------- */

struct world {
    struct csw_results results;
    struct csw_sample samples[MAX_SAMPLES];
    struct csw_worker workers[MAX_SAMPLES][MAX_WORKERS];
};

static struct world *world_new(struct csw_point *points, size_t count, uint64_t rounds)
{
    struct world *world = calloc(1, sizeof *world);

    CU_ASSERT_PTR_NOT_NULL_FATAL(world);
    world->results.plan =
        (struct csw_plan){.rounds = rounds, .count = count, .points = points, .schema = CSW_SCHEMA};
    world->results.host = (struct csw_host){.hostname = (char *)"here", .usable_pus = 4};
    world->results.sample = world->samples;
    return world;
}

/* Adds a sample whose workers were busy for a part of its time; the last is busiest. */
static struct csw_sample *add_sample(struct world *world, uint64_t point, uint64_t round,
                                     double region_ns, double busy)
{
    CU_ASSERT_FATAL(world->results.samples < MAX_SAMPLES);
    const size_t index = world->results.samples++;
    struct csw_sample *sample = &world->samples[index];
    const uint64_t workers = world->results.plan.points[point].workers;

    *sample = (struct csw_sample){.point = point,
                                  .round = round,
                                  .workers = workers,
                                  .region_ns = region_ns,
                                  .e2e_ns = region_ns + 2 * MS,
                                  .process_ns = region_ns + 9 * MS,
                                  .items = 10 * STEPS,
                                  .work = STEPS,
                                  .worker = world->workers[index]};
    for (uint64_t w = 0; w < workers; w++)
        sample->worker[w] = (struct csw_worker){
            .cpu_ns = (uint64_t)(region_ns * busy * (double)(w + 1) / (double)workers),
            .preempted = w};
    return sample;
}

#define WORK (char *)"trial", (char *)"", (char *)"50,60"
static struct csw_point trial_points[] = {
    {WORK, (char *)"whole", (char *)"serial", (char *)"", (char *)"serial", 1, false, false,
     (char *)"comparisons", 0, NULL, NULL, NULL},
    {WORK, (char *)"dynamic", (char *)"pthread", (char *)"", (char *)"serial", 1, false, false,
     (char *)"comparisons", 0, NULL, NULL, NULL},
    {WORK, (char *)"dynamic", (char *)"pthread", (char *)"", (char *)"serial", 2, false, false,
     (char *)"comparisons", 0, NULL, NULL, NULL},
    {WORK, (char *)"dynamic", (char *)"pthread", (char *)"", (char *)"serial", 4, false, false,
     (char *)"comparisons", 0, NULL, NULL, NULL},
    {WORK, (char *)"dynamic", (char *)"fork", (char *)"", (char *)"serial", 8, true, false,
     (char *)"comparisons", 0, NULL, NULL, NULL},
};

/* What a round multiplies all its times by: far more than any difference between the points. */
static double drift(uint64_t round)
{
    return 1 + 0.5 * (double)(round * 7 % 10);
}

/*
 * Serial takes 100 ms; p workers of a driver take 125/p, during 4/5 of which the busiest computes.
 * Rounds for which `leave_out` says so miss the point with 2 workers.
 */
static struct world *drifting_world(uint64_t rounds, bool (*leave_out)(uint64_t round))
{
    struct world *world = world_new(trial_points, COUNT(trial_points), rounds);

    for (uint64_t r = 0; r < rounds; r++)
        for (uint64_t p = 0; p < COUNT(trial_points); p++) {
            const double workers = (double)trial_points[p].workers;

            if (p == 2 && leave_out && leave_out(r))
                continue;
            if (p == 0)
                add_sample(world, p, r, 100 * MS * drift(r), 1);
            else
                add_sample(world, p, r, 125 * MS * drift(r) / workers, 0.8);
        }
    return world;
}

static struct csw_report report_of(const struct world *world)
{
    struct csw_report report = {0};

    CU_ASSERT_EQUAL_FATAL(csw_report_init(&report, &world->results, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(report.count, world->results.plan.count);
    return report;
}

/* An estimate of n rounds whose interval closes in on the value. */
static void check_exact(const struct csw_estimate *estimate, double value, size_t n)
{
    CU_ASSERT_DOUBLE_EQUAL(estimate->value / value, 1, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(estimate->low / value, 1, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(estimate->high / value, 1, 1e-6);
    CU_ASSERT_EQUAL(estimate->n, n);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void speedups_are_exact_although_all_rounds_drift(void)
{
    struct world *world = drifting_world(10, NULL);
    struct csw_report report = report_of(world);

    check_exact(&report.cell[0].s_abs, 1, 10);
    check_exact(&report.cell[0].s_cpu, 1, 10);
    for (size_t p = 1; p < report.count; p++) {
        const double workers = (double)trial_points[p].workers;

        check_exact(&report.cell[p].s_abs, 0.8 * workers, 10);
        check_exact(&report.cell[p].efficiency, 0.8, 10);
        /* dynamic: the mean CPU time, (p + 1) / 2p of the busiest worker's */
        check_exact(&report.cell[p].s_cpu, 2 * workers * workers / (workers + 1), 10);
        if (p < 4)
            check_exact(&report.cell[p].s_rel, workers, 10);
    }
    CU_ASSERT(isnan(report.cell[4].s_rel.value)); /* fork with one worker was not measured */
    csw_report_release(&report);
    free(world);
}

static void times_and_rates_are_medians_of_rounds(void)
{
    struct world *world = drifting_world(10, NULL);
    struct csw_report report = report_of(world);
    const struct csw_cell *cell = &report.cell[2];
    const double each = 62.5 * MS; /* drift is 1, 1.5 ... 5.5: median 3.25, rank 2 of 10 */

    CU_ASSERT_DOUBLE_EQUAL(cell->time_ns.value, 3.25 * each, 1);
    CU_ASSERT_DOUBLE_EQUAL(cell->time_ns.low, 1.5 * each, 1);
    CU_ASSERT_DOUBLE_EQUAL(cell->time_ns.high, 5 * each, 1);
    CU_ASSERT_DOUBLE_EQUAL(cell->e2e_ns.value, 3.25 * each + 2 * MS, 1);
    CU_ASSERT_DOUBLE_EQUAL(cell->process_ns.value, 3.25 * each + 9 * MS, 1);
    CU_ASSERT_DOUBLE_EQUAL(cell->min_ns, each, 1);
    CU_ASSERT_DOUBLE_EQUAL(cell->rate.value, (double)STEPS * 1e9 / (3.25 * each), 1);
    CU_ASSERT_DOUBLE_EQUAL(cell->rate.low, (double)STEPS * 1e9 / (5 * each), 1);
    CU_ASSERT_EQUAL(cell->preempted, 1);
    CU_ASSERT_STRING_EQUAL(cell->unit, "comparisons");
    csw_report_release(&report);
    free(world);
}

/* The second of three visits took most; the first does not know. */
static void memory_is_the_most_that_a_visit_took(void)
{
    static const double pss_bytes[] = {NAN, 7e6, 5e6}, peak_bytes[] = {NAN, 9e6, 8e6};
    struct world *world = world_new(trial_points, 1, COUNT(pss_bytes));

    for (uint64_t r = 0; r < COUNT(pss_bytes); r++) {
        struct csw_sample *sample = add_sample(world, 0, r, MS, 1);

        sample->pss_bytes = pss_bytes[r];
        sample->peak_bytes = peak_bytes[r];
    }
    struct csw_report report = report_of(world);

    CU_ASSERT_EQUAL(report.cell[0].pss_bytes, 7e6);
    CU_ASSERT_EQUAL(report.cell[0].peak_bytes, 9e6);
    csw_report_release(&report);
    free(world);
}

static bool early(uint64_t round)
{
    return round < 3;
}

static void rounds_without_both_sides_are_left_out(void)
{
    struct world *world = drifting_world(10, early);
    struct csw_report report = report_of(world);

    check_exact(&report.cell[2].s_abs, 1.6, 7);
    check_exact(&report.cell[2].s_rel, 2, 7);
    check_exact(&report.cell[2].s_cpu, 8.0 / 3, 7);
    check_exact(&report.cell[3].s_abs, 3.2, 10);
    CU_ASSERT_EQUAL(report.cell[2].time_ns.n, 7);
    CU_ASSERT(isnan(report.cell[2].round_ns[2]) && !isnan(report.cell[2].round_ns[3]));
    csw_report_release(&report);
    free(world);
}

/* In the file they may stand in any order: a resumed sweep appends what was missing. */
static void several_samples_of_a_visit_count_as_their_median(void)
{
    static const double extras[] = {5, 0, -0.3}; /* the median adds nothing */
    struct world *world = world_new(trial_points, 2, 8);

    for (size_t i = 0; i < COUNT(extras); i++)
        for (uint64_t r = 8; r-- > 0;) {
            add_sample(world, 1, r, (50 + extras[(i + r) % 3]) * MS * drift(r), 1);
            add_sample(world, 0, r, (100 + extras[i] * 2) * MS * drift(r), 1);
        }
    struct csw_report report = report_of(world);

    for (uint64_t r = 0; r < 8; r++)
        CU_ASSERT_DOUBLE_EQUAL(report.cell[1].round_ns[r], 50 * MS * drift(r), 1);
    check_exact(&report.cell[1].s_abs, 2, 8);
    csw_report_release(&report);
    free(world);
}

static void a_kernel_that_counts_no_steps_is_rated_by_items(void)
{
    struct world *world = world_new(trial_points, 1, 1);

    add_sample(world, 0, 0, 100 * MS, 1)->work = 0;
    struct csw_report report = report_of(world);

    CU_ASSERT_DOUBLE_EQUAL(report.cell[0].rate.value, (double)STEPS * 100, 1);
    csw_report_release(&report);
    free(world);
}

static void what_a_visit_by_hand_does_not_know_stays_unknown(void)
{
    struct world *world = drifting_world(6, NULL);

    for (size_t i = 0; i < world->results.samples; i++) {
        world->samples[i].process_ns = NAN;
        for (uint64_t w = 0; w < world->samples[i].workers; w++)
            world->samples[i].worker[w].cpu_ns = 0;
    }
    struct csw_report report = report_of(world);

    for (size_t p = 0; p < report.count; p++) {
        CU_ASSERT(isnan(report.cell[p].process_ns.value) && report.cell[p].process_ns.n == 0);
        CU_ASSERT(isnan(report.cell[p].s_cpu.value) && !isnan(report.cell[p].s_abs.value));
    }
    csw_report_release(&report);
    free(world);
}

/* Each work is compared with its own base, each schedule with its own single worker. */
static void bases_are_of_the_same_work_and_schedule(void)
{
    static struct csw_point points[] = {
        {(char *)"trial", (char *)"", (char *)"9", (char *)"whole", (char *)"serial", (char *)"",
         (char *)"serial", 1, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
        {(char *)"trial", (char *)"", (char *)"8", (char *)"whole", (char *)"serial", (char *)"",
         (char *)"serial", 1, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
        {(char *)"trial", (char *)"", (char *)"8", (char *)"whole", (char *)"fork", (char *)"",
         (char *)"serial", 1, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
        {(char *)"trial", (char *)"", (char *)"8", (char *)"static", (char *)"fork", (char *)"",
         (char *)"serial", 1, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
        {(char *)"trial", (char *)"", (char *)"8", (char *)"static", (char *)"pthread", (char *)"",
         (char *)"serial", 1, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
        {(char *)"trial", (char *)"", (char *)"8", (char *)"static", (char *)"fork", (char *)"",
         (char *)"serial", 2, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
        {(char *)"sqrt", (char *)"", (char *)"8", (char *)"static", (char *)"fork", (char *)"",
         (char *)"serial", 2, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
    };
    static const double times_ms[] = {1000, 60, 70, 80, 90, 40, 5};
    struct world *world = world_new(points, COUNT(points), 6);

    for (uint64_t i = 0; i < 6 * COUNT(points); i++)
        add_sample(world, i % COUNT(points), i / COUNT(points), times_ms[i % COUNT(points)] * MS,
                   1);
    struct csw_report report = report_of(world);

    check_exact(&report.cell[5].s_abs, 1.5, 6);
    check_exact(&report.cell[5].s_rel, 2, 6);
    check_exact(&report.cell[2].s_rel, 1, 6);
    CU_ASSERT(isnan(report.cell[6].s_abs.value) && isnan(report.cell[6].s_rel.value));
    CU_ASSERT(isnan(report.cell[6].efficiency.value));
    csw_report_release(&report);
    free(world);
}

/* ---- formats --------------------------------------------------------------------------------- */

typedef int (*writer)(const struct csw_report *, FILE *, struct csw_err *);

static const writer writers[] = {csw_report_table, csw_report_markdown, csw_report_csv,
                                 csw_report_json};

/* The whole report as text; the caller frees it. */
static char *text_of(const struct world *world, writer write_report)
{
    struct csw_report report = report_of(world);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(write_report(&report, out, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(fclose(out), 0);
    csw_report_release(&report);
    return text;
}

/* Calls `check` for every line of the text, which it splits and frees. */
static void for_each_line(char *text, void (*check)(const char *line, void *context), void *context)
{
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
        check(line, context);
    free(text);
}

static void check_contains(char *text, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!strstr(text, parts[i]))
            printf("\n    lacks '%s':\n%s", parts[i], text);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, parts[i]));
    }
    free(text);
}

static void the_table_shows_values_with_their_intervals(void)
{
    static const char *const parts[] = {
        "trial, schedule dynamic, tasks 50,60 (rate: comparisons)",
        "203.1 ms [93.8, 312.5]",
        "1.60 [1.60, 1.60]",
        "2.00 [2.00, 2.00]",
        "0.80",
        "4.92 M",
        "8*",
        "*: more workers than the 4 usable CPUs.",
        "S_abs: speedup over serial.",
    };
    struct world *world = drifting_world(10, NULL);

    check_contains(text_of(world, csw_report_table), parts, COUNT(parts));
    check_contains(text_of(world, csw_report_markdown), parts, COUNT(parts));
    free(world);
}

/* The eight workers of drifting_world are 6.4 times as fast, on four CPUs. */
static void a_speedup_above_its_bound_is_marked(void)
{
    static const char *const parts[] = {"] 4.00! ", "!: S_abs is above its bound"};
    static const char *const cells[] = {"| 2.00 |", "| 4.00! |", "!: S_abs is above its bound"};
    struct world *world = drifting_world(10, NULL);
    struct csw_report report = report_of(world);

    for (size_t p = 0; p < report.count; p++) {
        const struct csw_cell *cell = &report.cell[p];

        CU_ASSERT_DOUBLE_EQUAL(cell->bound.fair, fmin(4, (double)cell->point->workers), 0.01);
        CU_ASSERT_EQUAL(cell->above_bound, cell->point->workers == 8);
    }
    csw_report_release(&report);
    check_contains(text_of(world, csw_report_table), parts, COUNT(parts));
    check_contains(text_of(world, csw_report_markdown), cells, COUNT(cells));
    free(world);
}

static void without_a_speedup_above_its_bound_nothing_is_marked(void)
{
    struct world *world = drifting_world(10, NULL);

    world->results.host.usable_pus = 8;
    char *text = text_of(world, csw_report_table);

    CU_ASSERT_PTR_NULL(strchr(text, '!'));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " bound "));
    free(text);
    free(world);
}

static void a_kernel_of_another_build_has_no_bound(void)
{
    struct csw_point points[] = {trial_points[0], trial_points[4]};
    static const char *const null[] = {"\"bound\": null", "\"above_bound\": false"};

    points[0].kernel = points[1].kernel = (char *)"of-tomorrow";
    struct world *world = world_new(points, 2, 6);

    for (uint64_t r = 0; r < 6; r++) {
        add_sample(world, 0, r, 100 * MS, 1);
        add_sample(world, 1, r, MS, 1);
    }
    char *text = text_of(world, csw_report_table);

    CU_ASSERT_PTR_NULL(strchr(text, '!'));
    free(text);
    check_contains(text_of(world, csw_report_json), null, COUNT(null));
    free(world);
}

static void fewer_than_six_rounds_show_no_interval(void)
{
    static const char *const parts[] = {"ms (n=5)", "1.60 (n=5)", "too few rounds"};

    for (uint64_t rounds = 5; rounds <= 6; rounds++) {
        struct world *world = drifting_world(rounds, NULL);
        char *text = text_of(world, csw_report_table);

        CU_ASSERT_EQUAL(strstr(text, "(n=") != NULL, rounds < 6);
        CU_ASSERT_EQUAL(strstr(text, "too few rounds") != NULL, rounds < 6);
        CU_ASSERT_EQUAL(strstr(text, "[1.60, 1.60]") != NULL, rounds == 6);
        if (rounds < 6)
            check_contains(text, parts, COUNT(parts));
        else
            free(text);
        free(world);
    }
}

/* A task that only one worker can take makes that worker the one that counts. */
static void the_busiest_worker_counts_where_nothing_evens_out(void)
{
    static const char *const schedules[] = {"whole", "static"};
    struct csw_point points[] = {trial_points[0], trial_points[2]};

    for (size_t i = 0; i < COUNT(schedules); i++) {
        points[1].schedule = (char *)schedules[i];
        struct world *world = world_new(points, 2, 6);

        for (uint64_t r = 0; r < 6; r++) {
            add_sample(world, 0, r, 100 * MS, 1);
            add_sample(world, 1, r, 62.5 * MS, 0.8);
        }
        struct csw_report report = report_of(world);

        check_exact(&report.cell[1].s_cpu, 2, 6);
        csw_report_release(&report);
        free(world);
    }
}

/* A pair may have too few rounds where each side alone has enough. */
static bool odd(uint64_t round)
{
    return round % 2 == 1;
}

static void a_pair_with_few_rounds_is_explained_too(void)
{
    static const char *const parts[] = {"1.60 (n=3)", "too few rounds"};
    struct world *world = drifting_world(12, odd);
    size_t kept = 0;

    for (size_t i = 0; i < world->results.samples; i++) { /* the base misses rounds 0, 2 and 4 */
        const struct csw_sample *sample = &world->samples[i];

        if (sample->point != 0 || sample->round % 2 == 1 || sample->round > 4)
            world->samples[kept++] = *sample;
    }
    world->results.samples = kept;
    check_contains(text_of(world, csw_report_table), parts, COUNT(parts));
    free(world);
}

static void check_width(const char *line, void *context)
{
    (void)context;
    if (strlen(line) > 100)
        printf("\n    %zu columns: %s", strlen(line), line);
    CU_ASSERT(strlen(line) <= 100);
}

/* Ten rounds that differ by up to 9 %, of one point under 64 workers and its bases. */
static struct world *wide_world(double base_ns)
{
    static struct csw_point points[] = {
        {WORK, (char *)"whole", (char *)"serial", (char *)"", (char *)"serial", 1, false, false,
         (char *)"comparisons", 0, NULL, NULL, NULL},
        {WORK, (char *)"dynamic", (char *)"pthread", (char *)"", (char *)"serial", 1, false, false,
         (char *)"comparisons", 0, NULL, NULL, NULL},
        {WORK, (char *)"dynamic", (char *)"pthread", (char *)"", (char *)"serial", 32, false, false,
         (char *)"comparisons", 0, NULL, NULL, NULL},
        {WORK, (char *)"dynamic", (char *)"pthread", (char *)"", (char *)"serial", 64, true, false,
         (char *)"comparisons", 0, NULL, NULL, NULL},
    };
    struct world *world = world_new(points, COUNT(points), 10);

    for (uint64_t r = 0; r < 10; r++)
        for (uint64_t p = 0; p < COUNT(points); p++)
            add_sample(world, p, r,
                       base_ns / (double)points[p].workers *
                           (1 + 0.01 * (double)((r * 7 + p * 3) % 10)),
                       1);
    return world;
}

static void tables_fit_into_a_hundred_columns(void)
{
    for (double base_ns = 64; base_ns < 1e12; base_ns *= 1.7) {
        struct world *world = wide_world(base_ns);

        for_each_line(text_of(world, csw_report_table), check_width, NULL);
        free(world);
    }
}

/* The longest lists of a sweep: the waits of sleep, chunks with a size. */
static void titles_of_long_workloads_are_cut(void)
{
    static struct csw_point points[] = {
        {(char *)"count", (char *)"",
         (char *)"1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5",
         (char *)"dynamic:100000", (char *)"pthread", (char *)"", (char *)"serial", 1, false, false,
         (char *)"comparisons", 0, NULL, NULL, NULL}};
    struct world *world = world_new(points, 1, 1);

    for_each_line(text_of(world, csw_report_table), check_width, NULL);
    free(world);
}

/* 999.7 rounds to 1000, which is where a scale ends. */
static void rates_keep_three_digits_at_every_scale(void)
{
    static const double leading[] = {1, 1.234, 9.996, 99.97, 999.4, 999.7};

    for (double scale = 1; scale < 1e15; scale *= 1e3)
        for (size_t i = 0; i < COUNT(leading); i++) {
            struct world *world = world_new(trial_points, 1, 1);

            add_sample(world, 0, 0, (double)STEPS * 1e9 / (leading[i] * scale), 1);
            char *text = text_of(world, csw_report_table);

            CU_ASSERT(!strstr(text, "e+") && !strstr(text, "e-"));
            free(text);
            free(world);
        }
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/* Fields of one line: quoted ones may hold commas. */
static size_t count_fields(const char *line)
{
    size_t fields = 1;
    bool quoted = false;

    for (; *line; line++) {
        quoted ^= *line == '"';
        fields += *line == ',' && !quoted;
    }
    return fields;
}

struct rows {
    size_t rows, fields;
};

static void check_fields(const char *line, void *context)
{
    struct rows *seen = context;

    if (!*line)
        return;
    if (seen->rows++ == 0)
        seen->fields = count_fields(line);
    CU_ASSERT_EQUAL(count_fields(line), seen->fields);
    CU_ASSERT_PTR_NULL(strstr(line, "nan"));
}

static void every_row_of_csv_has_the_columns_of_the_header(void)
{
    for (uint64_t rounds = 0; rounds <= 10; rounds += 5) {
        struct world *world = drifting_world(rounds, early);
        struct rows seen = {0};

        for_each_line(text_of(world, csw_report_csv), check_fields, &seen);
        CU_ASSERT_EQUAL(seen.rows, 1 + COUNT(trial_points));
        CU_ASSERT_EQUAL(seen.fields,
                        9 + 3 * csw_report_column_count + 10 + 6 + 3 * 2 + 3 * CSW_FACTORS);
        free(world);
    }
}

static void csv_holds_the_numbers_in_the_order_of_its_header(void)
{
    static const char *const parts[] = {
        "kernel,options,tasks,schedule,driver,settings,workers,oversubscribed,rounds,",
        "rounds,time_ns,time_ns_low,",
        "trial,,\"50,60\",dynamic,pthread,,2,0,10,203125000,93750000,312500000,1.6,1.6,1.6,",
        "trial,,\"50,60\",dynamic,fork,,8,1,10,50781250,",
        /* pthread with 2 workers: the bound, nothing to check; e = 0 is told from 0 above 0 */
        ",2,2,0,0,0,0,,10,0,0,1,0,0,0,0,",
        ",4,4,1,0,0,0,,10,0,0,1,,,,,", /* fork with 8: its bounds, above them; no fraction */
        ",min_ns,preempted,pss_bytes,peak_bytes,bound,hard_bound,above_bound,",
        ",above_bound,disturbed,mild_outliers,severe_outliers,lag1,effective_rounds,change,tied,",
        ",tied,growth,karp_flatt,karp_flatt_low,karp_flatt_high,resolution,gustafson,",
        ",gustafson_low,gustafson_high,load_balance,load_balance_low,",
        ",cycles,cycles_low,cycles_high\n",
    };
    struct world *world = drifting_world(10, NULL);

    check_contains(text_of(world, csw_report_csv), parts, COUNT(parts));
    free(world);
}

/* ---- Markdown -------------------------------------------------------------------------------- */

struct bars {
    size_t in_table; /* 0: outside of any */
    size_t tables, rows;
};

static void check_bars(const char *line, void *context)
{
    struct bars *seen = context;
    size_t bars = 0;

    for (const char *c = line; *c; c++)
        bars += *c == '|';
    if (bars > 0 && seen->in_table == 0)
        seen->tables++;
    if (bars > 0 && seen->in_table > 0)
        CU_ASSERT_EQUAL(bars, seen->in_table);
    CU_ASSERT(bars == 0 || (line[0] == '|' && line[strlen(line) - 1] == '|'));
    seen->rows += bars > 0;
    seen->in_table = bars;
}

static void rows_of_markdown_tables_have_equal_numbers_of_bars(void)
{
    for (uint64_t rounds = 0; rounds <= 10; rounds += 5) {
        struct world *world = drifting_world(rounds, NULL);
        struct bars seen = {0};

        for_each_line(text_of(world, csw_report_markdown), check_bars, &seen);
        /* fractions of pthread with 2 and with 4 workers; losses, of all but the base */
        CU_ASSERT_EQUAL(seen.tables, rounds > 0 ? 3 : 1);
        CU_ASSERT_EQUAL(seen.rows, 2 + COUNT(trial_points) +
                                       (rounds > 0 ? 2 + 2 + 2 + COUNT(trial_points) - 1 : 0));
        free(world);
    }
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* The busiest of p workers computes all of its time, the others less: see drifting_world. */
static void every_number_of_workers_has_its_factors_in_every_format(void)
{
    static const char *const table[] = {
        "driver  workers  eff load balance [95 %] serialisation [95 %] work inflation [95 %]\n",
        "pthread       1 0.80   1.00 [1.00, 1.00]    0.80 [0.80, 0.80]     1.00 [1.00, 1.00]\n",
        "pthread       2 0.80   0.75 [0.75, 0.75]    0.80 [0.80, 0.80]     1.33 [1.33, 1.33]\n",
        "pthread       4 0.80   0.62 [0.62, 0.62]    0.80 [0.80, 0.80]     1.60 [1.60, 1.60]\n",
        "eff = load balance (mean/most CPU time of a worker) x serialisation",
    };
    static const char *const markdown[] = {
        "| driver | workers | eff | load balance [95 %] |",
        "| pthread | 2 | 0.80 | 0.75 [0.75, 0.75] | 0.80 [0.80, 0.80] | 1.33 [1.33, 1.33] |\n",
        "* trial, dynamic, pthread: at 4 workers ",
    };
    struct world *world = drifting_world(10, NULL);

    check_contains(text_of(world, csw_report_table), table, COUNT(table));
    check_contains(text_of(world, csw_report_markdown), markdown, COUNT(markdown));
    char *without = text_of(world, csw_report_table);

    CU_ASSERT_PTR_NULL(strstr(without, "clock"));
    free(without);
    for (size_t i = 0; i < world->results.samples; i++)
        world->results.sample[i].clock_hz = world->results.sample[i].workers > 1 ? 2e9 : 4e9;
    check_contains(text_of(world, csw_report_table),
                   (const char *const[]){"work inflation [95 %] clock\n",
                                         "1.33 [1.33, 1.33]  0.50\n",
                                         "clock: own/base's, a part of work inflation.\n"},
                   3);
    free(world);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *json_of(const struct world *world)
{
    char *text = text_of(world, csw_report_json);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    free(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    return json;
}

static double number_at(const json_t *point, const char *estimate, const char *key)
{
    const json_t *value = json_object_get(json_object_get(point, estimate), key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void check_json_point(const json_t *point, const struct csw_cell *cell, size_t rounds)
{
    for (size_t i = 0; i < csw_point_fields.count; i++)
        CU_ASSERT_PTR_NOT_NULL(json_object_get(point, csw_point_fields.field[i].name));
    for (size_t c = 0; c < csw_report_column_count; c++) {
        const struct csw_report_column *column = &csw_report_columns[c];
        const struct csw_estimate *estimate = (const void *)((const char *)cell + column->offset);
        const double value = number_at(point, column->name, "value");

        CU_ASSERT(isnan(value) ? isnan(estimate->value) : fabs(value / estimate->value - 1) < 1e-9);
        CU_ASSERT_EQUAL(number_at(point, column->name, "n"), (double)estimate->n);
        CU_ASSERT_EQUAL(isnan(number_at(point, column->name, "low")), isnan(estimate->low));
        CU_ASSERT_EQUAL(isnan(number_at(point, column->name, "high")), isnan(estimate->high));
    }
    CU_ASSERT_EQUAL(json_array_size(json_object_get(point, "round_ns")), rounds);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(point, "round_cpu_ns")), rounds);
    CU_ASSERT(json_is_string(json_object_get(point, "unit")));
    CU_ASSERT(json_is_boolean(json_object_get(point, "waits")));
    CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_object_get(point, "bound")), cell->bound.fair,
                           1e-9);
    CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_object_get(point, "hard_bound")),
                           cell->bound.hard, 1e-9);
    CU_ASSERT_EQUAL(json_is_true(json_object_get(point, "above_bound")), cell->above_bound);
}

static void json_holds_every_estimate_of_every_point(void)
{
    struct world *world = drifting_world(10, early);
    struct csw_report report = report_of(world);
    json_t *json = json_of(world);
    const json_t *points = json_object_get(json, "points");

    CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_object_get(json, "confidence")), 0.95, 1e-9);
    CU_ASSERT(json_is_false(json_object_get(json, "complete")));
    CU_ASSERT_EQUAL(json_object_size(json_object_get(json, "plan")), csw_plan_fields.count);
    CU_ASSERT_EQUAL(json_object_size(json_object_get(json, "host")), csw_host_fields.count);
    CU_ASSERT_EQUAL_FATAL(json_array_size(points), report.count);
    for (size_t i = 0; i < report.count; i++)
        check_json_point(json_array_get(points, i), &report.cell[i], 10);
    CU_ASSERT(
        json_is_null(json_array_get(json_object_get(json_array_get(points, 2), "round_ns"), 0)));
    json_decref(json);
    csw_report_release(&report);
    free(world);
}

/* Whoever has the rounds can draw the intervals again. */
static void json_tells_how_the_bootstrap_drew(void)
{
    struct world *world = drifting_world(10, NULL);
    json_t *json = json_of(world);
    const json_t *resampling = json_object_get(json, "resampling");

    CU_ASSERT_EQUAL(number_of(resampling, "draws"), CSW_DRAWS);
    CU_ASSERT_EQUAL(number_of(resampling, "seed"), CSW_RESAMPLE_SEED);
    CU_ASSERT_DOUBLE_EQUAL(number_of(resampling, "confidence"), 0.95, 1e-12);
    json_decref(json);
    free(world);
}

static void json_tells_events_and_whether_the_sweep_ended(void)
{
    struct csw_event event = {.what = (char *)"failed", .text = (char *)"it broke"};
    struct world *world = drifting_world(1, NULL);

    world->results.events = 1;
    world->results.event = &event;
    world->results.ended = true;
    json_t *json = json_of(world);
    const json_t *events = json_object_get(json, "events");

    CU_ASSERT(json_is_true(json_object_get(json, "complete")));
    CU_ASSERT_EQUAL_FATAL(json_array_size(events), 1);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(events, 0), "text")),
                           "it broke");
    json_decref(json);
    free(world);
}

static double worker_number(const json_t *workers, uint64_t worker, size_t which)
{
    return json_number_value(json_array_get(json_array_get(workers, worker), which));
}

static void check_json_sample(const json_t *json, const struct csw_sample *sample)
{
    const json_t *workers = json_object_get(json, "worker");

    CU_ASSERT_EQUAL(number_of(json, "point"), (double)sample->point);
    CU_ASSERT_EQUAL(number_of(json, "round"), (double)sample->round);
    CU_ASSERT_EQUAL(number_of(json, "position"), (double)sample->position);
    CU_ASSERT_EQUAL(number_of(json, "started_ns"), (double)sample->started_ns);
    CU_ASSERT_DOUBLE_EQUAL(number_of(json, "region_ns") / sample->region_ns, 1, 1e-9);
    CU_ASSERT_EQUAL_FATAL(json_array_size(workers), sample->workers);
    for (uint64_t w = 0; w < sample->workers; w++) {
        CU_ASSERT_EQUAL(worker_number(workers, w, 0), (double)sample->worker[w].start_ns);
        CU_ASSERT_EQUAL(worker_number(workers, w, 1), (double)sample->worker[w].end_ns);
        CU_ASSERT_EQUAL(worker_number(workers, w, 2), (double)sample->worker[w].cpu_ns);
    }
}

static void json_holds_every_sample_in_the_order_of_the_file(void)
{
    struct world *world = drifting_world(6, NULL);
    struct csw_results *results = &world->results;

    for (size_t i = 0; i < results->samples; i++) {
        struct csw_sample *sample = &results->sample[i];

        sample->started_ns = 1000000 + 17 * i;
        sample->position = i % 5;
        for (uint64_t w = 0; w < sample->workers; w++)
            sample->worker[w].end_ns = 100 + (sample->worker[w].start_ns = 10 * i + w);
    }
    json_t *json = json_of(world);
    const json_t *samples = json_object_get(json, "samples");

    CU_ASSERT(results->samples > 0);
    CU_ASSERT_EQUAL_FATAL(json_array_size(samples), results->samples);
    for (size_t i = 0; i < results->samples; i++)
        check_json_sample(json_array_get(samples, i), &results->sample[i]);
    json_decref(json);
    free(world);
}

/* ---- options of kernels ---------------------------------------------------------------------- */

/* Two choices on the same tasks: with the first two workers are twice, with the other four times as
 * fast as the base, which is slower there. */
static struct world *world_of_choices(void)
{
    static struct csw_point points[] = {
        {(char *)"array", (char *)"input=mixed isa=auto", (char *)"9", (char *)"whole",
         (char *)"serial", (char *)"", (char *)"serial", 1, false, false, (char *)"values", 0, NULL,
         NULL, NULL},
        {(char *)"array", (char *)"input=mixed isa=auto", (char *)"9", (char *)"static",
         (char *)"fork", (char *)"", (char *)"serial", 2, false, false, (char *)"values", 0, NULL,
         NULL, NULL},
        {(char *)"array", (char *)"input=range isa=auto", (char *)"9", (char *)"whole",
         (char *)"serial", (char *)"", (char *)"serial", 1, false, false, (char *)"values", 0, NULL,
         NULL, NULL},
        {(char *)"array", (char *)"input=range isa=auto", (char *)"9", (char *)"static",
         (char *)"fork", (char *)"", (char *)"serial", 1, false, false, (char *)"values", 0, NULL,
         NULL, NULL},
        {(char *)"array", (char *)"input=range isa=auto", (char *)"9", (char *)"static",
         (char *)"fork", (char *)"", (char *)"serial", 2, false, false, (char *)"values", 0, NULL,
         NULL, NULL},
    };
    static const double times_ms[] = {100, 50, 400, 300, 100};
    struct world *world = world_new(points, COUNT(points), 6);

    for (uint64_t i = 0; i < 6 * COUNT(points); i++)
        add_sample(world, i % COUNT(points), i / COUNT(points), times_ms[i % COUNT(points)] * MS,
                   1);
    return world;
}

static void each_choice_of_options_has_its_own_base(void)
{
    struct world *world = world_of_choices();
    struct csw_report report = report_of(world);

    check_exact(&report.cell[1].s_abs, 2, 6);
    CU_ASSERT(isnan(report.cell[1].s_rel.value));
    check_exact(&report.cell[4].s_abs, 4, 6);
    check_exact(&report.cell[4].s_rel, 3, 6);
    csw_report_release(&report);
    free(world);
}

static void each_choice_of_options_has_its_own_table(void)
{
    static const char *const titles[] = {
        "array (input=mixed isa=auto), schedule static, tasks 9 (rate: values)",
        "array (input=range isa=auto), schedule static, tasks 9 (rate: values)",
    };
    static const char *const rows[] = {"array,input=mixed isa=auto,\"9\",static,fork,,2,0,6,",
                                       "array,input=range isa=auto,\"9\",whole,serial,,1,0,6,"};
    static const char *const json[] = {"\"options\": \"input=mixed isa=auto\"",
                                       "\"options\": \"input=range isa=auto\""};
    struct world *world = world_of_choices();
    struct bars seen = {0};

    check_contains(text_of(world, csw_report_table), titles, COUNT(titles));
    check_contains(text_of(world, csw_report_markdown), titles, COUNT(titles));
    for_each_line(text_of(world, csw_report_markdown), check_bars, &seen);
    /* each base in its own table alone; losses, and one driver that has a serial fraction */
    CU_ASSERT_EQUAL(seen.tables, 2 * 2 + 1);
    CU_ASSERT_EQUAL(seen.rows, 4 * 2 + 5 + 3 + 2 + 1);
    check_contains(text_of(world, csw_report_csv), rows, COUNT(rows));
    check_contains(text_of(world, csw_report_json), json, COUNT(json));
    free(world);
}

/* The longest choice that is to be expected, on a large task. */
static void titles_with_options_fit_as_well(void)
{
    static struct csw_point points[] = {
        {(char *)"array", (char *)"input=squares isa=avx512 operation=count", (char *)"100000000",
         (char *)"static", (char *)"fork", (char *)"", (char *)"serial", 2, false, false,
         (char *)"values", 0, NULL, NULL, NULL}};
    struct world *world = world_new(points, 1, 1);

    for_each_line(text_of(world, csw_report_table), check_width, NULL);
    free(world);
}

/* ---- checks of the rounds ---------------------------------------------------------------------
 */

/* Twenty rounds of a base of 100 ms and of two others of 50 ms, which are twisted; 1 % of noise. */
static struct world *checked_world(double (*twist)(uint64_t round))
{
    struct world *world = world_new(trial_points, 3, 20);
    uint64_t state = 2;

    for (uint64_t i = 0; i < 60; i++) {
        const uint64_t round = i / 3, point = i % 3;
        const double noise = 1 + 0.01 * csw_random_uniform(&state);

        add_sample(world, point, round,
                   point == 0 ? 100 * MS * noise : 50 * MS * noise * twist(round), 1);
    }
    return world;
}

static double no_twist(uint64_t round)
{
    (void)round;
    return 1;
}

static double first_is_cold(uint64_t round)
{
    return round == 0 ? 2 : 1;
}

static double slower_and_slower(uint64_t round)
{
    return 1 + 0.01 * (double)round;
}

static double half_and_half(uint64_t round)
{
    return round < 10 ? 1 : 1.1;
}

static void what_the_rounds_show_stands_below_the_table(void)
{
    static const struct {
        double (*twist)(uint64_t);
        const char *sentence;
    } twists[] = {
        {first_is_cold, "check: pthread, 1 worker: S_abs of the first round lies far from the"},
        {first_is_cold, "check: pthread, 1 worker: S_abs: 1 severe and 0 mild outliers among 20"},
        {slower_and_slower, "check: pthread, 2 workers: S_abs falls by 16."},
        {half_and_half, "rounds follow each other: the interval of S_abs counts 20 as"},
        {half_and_half, "too few for one. 1"},
    };

    for (size_t i = 0; i < COUNT(twists); i++) {
        struct world *world = checked_world(twists[i].twist);

        check_contains(text_of(world, csw_report_table), &twists[i].sentence, 1);
        check_contains(text_of(world, csw_report_markdown), &twists[i].sentence, 1);
        for_each_line(text_of(world, csw_report_table), check_width, NULL);
        free(world);
    }
}

static void calm_rounds_need_no_word(void)
{
    struct world *world = checked_world(no_twist);
    char *text = text_of(world, csw_report_table);

    CU_ASSERT_PTR_NULL(strstr(text, "check:"));
    free(text);
    free(world);
}

/* With several works and schedules a driver and its workers do not say which point it is. */
static void a_finding_names_the_work_and_the_schedule_where_there_are_several(void)
{
    static const char *const parts[] = {
        "check: trial, fork dynamic, 1 worker: S_rel (n=1): too few"};
    struct csw_point points[] = {trial_points[4], trial_points[4], trial_points[0]};
    struct world *world = world_new(points, COUNT(points), 1);

    points[0].workers = points[1].workers = 1;
    points[1].schedule = (char *)"static";
    points[2].kernel = (char *)"sqrt";
    for (uint64_t p = 0; p < COUNT(points); p++)
        add_sample(world, p, 0, MS, 1);
    check_contains(text_of(world, csw_report_table), parts, COUNT(parts));
    free(world);
}

/* In 12 of 20 rounds the second point is twice as slow, and marked; in one more the base is marked.
 */
static struct world *disturbed_world(bool marked)
{
    struct world *world = checked_world(no_twist);

    for (size_t i = 0; i < world->results.samples; i++) {
        struct csw_sample *sample = &world->samples[i];
        const bool slow = sample->point == 1 && sample->round % 5 < 3;

        sample->region_ns *= slow ? 2 : 1;
        if (marked && (slow || (sample->point == 0 && sample->round == 3)))
            sample->disturbed = (char *)"availability 0.50";
    }
    return world;
}

static void rounds_with_a_disturbed_side_are_left_out_of_a_second_estimate(void)
{
    struct world *world = disturbed_world(true);
    struct csw_report report = report_of(world);
    const struct csw_cell *cell = &report.cell[1];

    CU_ASSERT(cell->disturbed == 12 && report.cell[0].disturbed == 1);
    CU_ASSERT(cell->s_abs.n == 20 && cell->s_abs_undisturbed.n == 7);
    CU_ASSERT(cell->s_abs.low < 1.1);
    CU_ASSERT_DOUBLE_EQUAL(cell->s_abs_undisturbed.low, 2, 0.05);
    CU_ASSERT_EQUAL(report.cell[2].s_abs_undisturbed.n, 19);
    csw_report_release(&report);
    free(world);
}

static void without_a_mark_both_estimates_are_the_same(void)
{
    struct world *world = disturbed_world(false);
    struct csw_report report = report_of(world);

    for (size_t p = 0; p < report.count; p++) {
        const struct csw_cell *cell = &report.cell[p];

        CU_ASSERT_EQUAL(cell->disturbed, 0);
        CU_ASSERT_EQUAL(cell->s_abs.value, cell->s_abs_undisturbed.value);
        CU_ASSERT_EQUAL(cell->s_abs.low, cell->s_abs_undisturbed.low);
        CU_ASSERT_EQUAL(cell->s_abs.high, cell->s_abs_undisturbed.high);
    }
    csw_report_release(&report);
    free(world);
}

static void the_table_tells_where_disturbed_rounds_make_a_difference(void)
{
    static const char *const parts[] = {"without the 13 of 20 rounds in which it or its base was"};
    struct world *world = disturbed_world(true);

    check_contains(text_of(world, csw_report_table), parts, COUNT(parts));
    free(world);
}

static void json_tells_the_checks_of_every_point(void)
{
    struct world *world = disturbed_world(true);
    json_t *json = json_of(world);
    const json_t *point = json_array_get(json_object_get(json, "points"), 1);

    CU_ASSERT_EQUAL(json_integer_value(json_object_get(point, "disturbed")), 12);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(point, "severe_outliers")), 0);
    CU_ASSERT(json_is_integer(json_object_get(point, "mild_outliers")));
    CU_ASSERT_EQUAL(json_real_value(json_object_get(point, "effective_rounds")), 20);
    CU_ASSERT(json_is_real(json_object_get(point, "lag1")));
    CU_ASSERT_EQUAL(number_at(point, "s_abs_undisturbed", "n"), 7);
    CU_ASSERT(json_is_array(json_object_get(point, "checks")));
    json_decref(json);
    free(world);
    world = checked_world(first_is_cold);
    json = json_of(world);
    const json_t *checks =
        json_object_get(json_array_get(json_object_get(json, "points"), 2), "checks");

    CU_ASSERT_EQUAL_FATAL(json_array_size(checks), 2);
    must_say(json_string_value(json_array_get(checks, 0)),
             "pthread, 2 workers: S_abs of the first");
    json_decref(json);
    free(world);
}

/* ---- the odd cases --------------------------------------------------------------------------- */

/* Counts the cells that are a dash. */
static void check_dashes(const char *line, void *context)
{
    size_t *rows = context;

    CU_ASSERT_PTR_NULL(strstr(line, "nan"));
    if (strncmp(line, "serial", 6) != 0 && strncmp(line, "pthread", 7) != 0 &&
        strncmp(line, "fork", 4) != 0)
        return;
    for (const char *c = line; *c; c++)
        *rows += *c == '-' && c > line && c[-1] == ' ' && (c[1] == ' ' || c[1] == '\0');
}

static void a_sweep_without_samples_shows_dashes(void)
{
    struct world *world = world_new(trial_points, COUNT(trial_points), 20);
    size_t dashes = 0;

    for_each_line(text_of(world, csw_report_table), check_dashes, &dashes);
    CU_ASSERT_EQUAL(dashes, 6 * COUNT(trial_points));
    for (size_t w = 0; w < COUNT(writers); w++) {
        char *text = text_of(world, writers[w]);

        CU_ASSERT(*text && !strstr(text, "nan") && !strstr(text, "(n="));
        free(text);
    }
    free(world);
}

/* Waiting takes no CPU: its share of CPU time and its efficiency would say nothing. */
static void waiting_kernels_show_no_efficiency_and_no_cpu_speedup(void)
{
    static struct csw_point points[] = {
        {(char *)"sleep", (char *)"", (char *)"5,5", (char *)"whole", (char *)"serial", (char *)"",
         (char *)"serial", 1, false, true, (char *)"ms waited", 0, NULL, NULL, NULL},
        {(char *)"sleep", (char *)"", (char *)"5,5", (char *)"whole", (char *)"pthread", (char *)"",
         (char *)"serial", 2, false, true, (char *)"ms waited", 0, NULL, NULL, NULL},
    };
    struct world *world = world_new(points, COUNT(points), 6);
    size_t dashes = 0;

    for (uint64_t i = 0; i < 12; i++)
        add_sample(world, i % 2, i / 2, (i % 2 ? 5 : 10) * MS, 0.01);
    struct csw_report report = report_of(world);

    CU_ASSERT(report.cell[1].point->waits && isnan(report.cell[1].s_cpu.value));
    check_exact(&report.cell[1].s_abs, 2, 6);
    csw_report_release(&report);
    for_each_line(text_of(world, csw_report_table), check_dashes, &dashes);
    CU_ASSERT_EQUAL(dashes, 2 * 2 + 2); /* and S_rel and e: pthread with one worker is not there */
    free(world);
}

/* A result file of a kernel that this build does not know. */
static void an_unknown_kernel_is_reported_all_the_same(void)
{
    static const char *const parts[] = {"fractal, schedule whole, tasks 5 (rate: comparisons)",
                                        "1.00"};
    static struct csw_point points[] = {
        {(char *)"fractal", (char *)"", (char *)"5", (char *)"whole", (char *)"serial", (char *)"",
         (char *)"serial", 1, false, false, (char *)"comparisons", 0, NULL, NULL, NULL}};
    struct world *world = world_new(points, 1, 6);

    for (uint64_t r = 0; r < 6; r++)
        add_sample(world, 0, r, MS, 1);
    check_contains(text_of(world, csw_report_table), parts, COUNT(parts));
    free(world);
}

static void a_report_that_cannot_be_written_is_told(void)
{
    struct world *world = drifting_world(10, NULL);
    struct csw_report report = report_of(world);

    for (size_t w = 0; w < COUNT(writers); w++) {
        struct csw_err err = {0};
        FILE *full = fopen("/dev/full", "w");

        CU_ASSERT_PTR_NOT_NULL_FATAL(full);
        CU_ASSERT(writers[w](&report, full, &err) < 0);
        CU_ASSERT(*err.text);
        fclose(full);
    }
    csw_report_release(&report);
    csw_report_release(&report);
    csw_report_release(NULL);
    free(world);
}

static const struct test tests[] = {
    TEST(speedups_are_exact_although_all_rounds_drift),
    TEST(the_busiest_worker_counts_where_nothing_evens_out),
    TEST(times_and_rates_are_medians_of_rounds),
    TEST(memory_is_the_most_that_a_visit_took),
    TEST(rounds_without_both_sides_are_left_out),
    TEST(several_samples_of_a_visit_count_as_their_median),
    TEST(a_kernel_that_counts_no_steps_is_rated_by_items),
    TEST(what_a_visit_by_hand_does_not_know_stays_unknown),
    TEST(bases_are_of_the_same_work_and_schedule),
    TEST(the_table_shows_values_with_their_intervals),
    TEST(a_speedup_above_its_bound_is_marked),
    TEST(without_a_speedup_above_its_bound_nothing_is_marked),
    TEST(a_kernel_of_another_build_has_no_bound),
    TEST(fewer_than_six_rounds_show_no_interval),
    TEST(a_pair_with_few_rounds_is_explained_too),
    TEST(tables_fit_into_a_hundred_columns),
    TEST(titles_of_long_workloads_are_cut),
    TEST(rates_keep_three_digits_at_every_scale),
    TEST(each_choice_of_options_has_its_own_base),
    TEST(each_choice_of_options_has_its_own_table),
    TEST(titles_with_options_fit_as_well),
    TEST(every_row_of_csv_has_the_columns_of_the_header),
    TEST(csv_holds_the_numbers_in_the_order_of_its_header),
    TEST(rows_of_markdown_tables_have_equal_numbers_of_bars),
    TEST(every_number_of_workers_has_its_factors_in_every_format),
    TEST(json_holds_every_estimate_of_every_point),
    TEST(json_tells_how_the_bootstrap_drew),
    TEST(json_tells_events_and_whether_the_sweep_ended),
    TEST(what_the_rounds_show_stands_below_the_table),
    TEST(calm_rounds_need_no_word),
    TEST(a_finding_names_the_work_and_the_schedule_where_there_are_several),
    TEST(rounds_with_a_disturbed_side_are_left_out_of_a_second_estimate),
    TEST(without_a_mark_both_estimates_are_the_same),
    TEST(the_table_tells_where_disturbed_rounds_make_a_difference),
    TEST(json_tells_the_checks_of_every_point),
    TEST(json_holds_every_sample_in_the_order_of_the_file),
    TEST(a_sweep_without_samples_shows_dashes),
    TEST(waiting_kernels_show_no_efficiency_and_no_cpu_speedup),
    TEST(an_unknown_kernel_is_reported_all_the_same),
    TEST(a_report_that_cannot_be_written_is_told),
};

int main(void)
{
    return RUN_TESTS("report", tests);
}
