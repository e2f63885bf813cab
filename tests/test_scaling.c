/*
 * Proves that no law spans the worker counts where CPUs change, on machines of every shape, and
 * that a report tells of each driver's scaling what its times say: the law, its limits, or why
 * there is none.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/random.h"
#include "harness/report_fraction.h"
#include "harness/report_model.h"
#include "harness/scaling.h"
#include "suite.h"

#define ROUNDS 12
#define SECOND 1e9

/* ---- boundaries ------------------------------------------------------------------------------ */

struct machine {
    const char *topology;
    uint64_t cores, pus;
    double quota;
};

static struct csw_host host_of(const struct machine *machine)
{
    return (struct csw_host){.topology = (char *)machine->topology,
                             .usable_cores = machine->cores,
                             .usable_pus = machine->pus,
                             .quota_cpus = machine->quota};
}

#define ONE "1 package, 1 NUMA node, 8 cores, 16 PUs, L3 32 MiB"
#define TWO "2 packages, 2 NUMA nodes, 16 cores, 32 PUs, L3 64 MiB"

static void boundaries_are_where_the_next_worker_is_not_like_the_last(void)
{
    static const struct {
        const char *name;
        struct machine machine;
        const char *pin;
        double from, end;
        const char *what;
    } table[] = {
        {"no SMT", {"1 package, 8 cores, 8 PUs", 8, 8, NAN}, "cores", 1, 8, "CPU of their own"},
        {"SMT", {ONE, 8, 16, NAN}, "cores", 1, 8, "share cores"},
        {"SMT, at it", {ONE, 8, 16, NAN}, "cores", 8, 8, "share cores"},
        {"SMT, past it", {ONE, 8, 16, NAN}, "cores", 9, 16, "CPU of their own"},
        {"past all", {ONE, 8, 16, NAN}, "cores", 17, INFINITY, ""},
        {"compact", {ONE, 8, 16, NAN}, "compact", 1, 1, "share cores"},
        {"compact, past it", {ONE, 8, 16, NAN}, "compact", 2, 16, "CPU of their own"},
        {"packages", {TWO, 16, 32, NAN}, "cores", 1, 8, "another package"},
        {"second package", {TWO, 16, 32, NAN}, "cores", 9, 16, "share cores"},
        {"second threads", {TWO, 16, 32, NAN}, "cores", 17, 24, "another package"},
        {"packages, compact", {TWO, 16, 32, NAN}, "compact", 2, 16, "another package"},
        {"spread", {TWO, 16, 32, NAN}, "spread", 1, 1, "another package"},
        {"spread, past it", {TWO, 16, 32, NAN}, "spread", 2, 16, "share cores"},
        {"none", {TWO, 16, 32, NAN}, "none", 2, 16, "share cores"},
        {"spread, one package", {ONE, 8, 16, NAN}, "spread", 1, 8, "share cores"},
        {"list", {TWO, 16, 32, NAN}, "0,2,4", 1, 32, "CPU of their own"},
        {"quota", {ONE, 8, 16, 2.5}, "cores", 1, 2, "quota"},
        {"quota, past it", {ONE, 8, 16, 2.5}, "cores", 3, 8, "share cores"},
        {"half a CPU", {ONE, 8, 16, .5}, "cores", 1, 1, "quota"},
        {"packages cut unevenly", {TWO, 5, 5, NAN}, "cores", 1, 2, "another package"},
        {"nothing known", {NULL, 0, 0, NAN}, "cores", 1, INFINITY, ""},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        const struct csw_host host = host_of(&table[i].machine);
        const struct csw_seating seating = {.host = &host, .pin = table[i].pin};
        const struct csw_boundary end = csw_boundary_from(&seating, table[i].from);

        CHECK(table[i].name, end.workers == table[i].end);
        must_say(end.what, table[i].what);
    }
}

/* Four fast cores with two threads each, eight slow ones. */
static void no_segment_spans_two_kinds_of_cores(void)
{
    static const struct {
        const char *name;
        const char *pus; /* one letter a worker, 'a' is CPU 0, '.' not bound */
        double from, end;
        const char *what;
    } table[] = {
        {"fast ones first", "acegijklmnopbdfh", 1, 4, "another kind"},
        {"at the boundary", "acegijklmnopbdfh", 4, 4, "another kind"},
        {"slow ones", "acegijklmnopbdfh", 5, 12, "another kind"}, /* and there they share cores */
        {"the threads of fast ones", "acegijklmnopbdfh", 13, 16, "CPU of their own"},
        {"a list of one kind", "ijklmnop", 1, 16, "CPU of their own"},
        {"in turn", "aibj", 1, 1, "another kind"},
        {"not bound", "................", 1, 16, "CPU of their own"},
        {"not known", "", 1, 16, "CPU of their own"},
    };
    struct csw_worker workers[16];

    for (size_t i = 0; i < COUNT(table); i++) {
        const struct csw_host host = {.usable_cores = 12,
                                      .usable_pus = 16,
                                      .quota_cpus = NAN,
                                      .core_kinds = (char *)"0-7 8-15"};
        const struct csw_seating seating = {
            .host = &host, .pin = "0-15", .worker = workers, .workers = strlen(table[i].pus)};

        for (size_t w = 0; w < seating.workers; w++)
            workers[w].pu = table[i].pus[w] == '.' ? -1 : table[i].pus[w] - 'a';
        const struct csw_boundary end = csw_boundary_from(&seating, table[i].from);

        CHECK(table[i].name, end.workers == table[i].end);
        must_say(end.what, table[i].what);
    }
}

static void the_first_segment_with_enough_counts_is_taken(void)
{
    static const double counts[] = {1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40};
    static const struct {
        const char *name;
        struct machine machine;
        bool waits;
        size_t enough, first, count;
    } table[] = {
        {"first package", {TWO, 16, 32, NAN}, false, 4, 0, 5},
        {"too few anywhere", {TWO, 16, 32, NAN}, false, 6, 0, 5},
        {"one package", {ONE, 8, 16, NAN}, false, 4, 0, 5},
        {"second threads", {"1 package", 4, 16, NAN}, false, 4, 3, 6},
        {"not past the quota", {"1 package", 4, 16, 4}, false, 4, 0, 3},
        {"not past the PUs", {"1 package", 2, 2, NAN}, false, 4, 0, 2},
        {"a kernel that waits", {"1 package", 2, 2, NAN}, true, 4, 0, COUNT(counts)},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        const struct csw_host host = host_of(&table[i].machine);
        const struct csw_seating seating = {.host = &host, .pin = "cores"};
        const struct csw_segment segment =
            csw_segment_find(&seating, table[i].waits, counts, COUNT(counts), table[i].enough);

        CHECK(table[i].name, segment.first == table[i].first);
        CHECK(table[i].name, segment.count == table[i].count);
    }
}

/* ---- a report -------------------------------------------------------------------------------- */

#define MAX_POINTS 16

struct world {
    struct csw_results results;
    struct csw_point points[MAX_POINTS];
    struct csw_sample samples[MAX_POINTS * ROUNDS];
};

static void add_point(struct world *world, const char *driver, uint64_t workers)
{
    world->points[world->results.plan.count++] = (struct csw_point){.kernel = (char *)"of-tomorrow",
                                                                    .options = (char *)"",
                                                                    .tasks = (char *)"9",
                                                                    .schedule = (char *)"static",
                                                                    .driver = (char *)driver,
                                                                    .settings = (char *)"",
                                                                    .base = (char *)"serial",
                                                                    .unit = (char *)"items",
                                                                    .workers = workers};
}

/* Serial and one driver with `counts` counts: 1, 2, 4 ... on a machine with 64 cores. */
static struct world *world_new(size_t counts)
{
    struct world *world = calloc(1, sizeof *world);

    CU_ASSERT_PTR_NOT_NULL_FATAL(world);
    world->results.plan = (struct csw_plan){
        .rounds = ROUNDS, .points = world->points, .schema = CSW_SCHEMA, .pin = (char *)"cores"};
    world->results.host = (struct csw_host){.hostname = (char *)"here",
                                            .topology = (char *)"1 package, 64 cores, 64 PUs",
                                            .usable_cores = 64,
                                            .usable_pus = 64,
                                            .quota_cpus = NAN};
    world->results.sample = world->samples;
    add_point(world, "serial", 1);
    for (size_t i = 0; i < counts; i++)
        add_point(world, "openmp", UINT64_C(1) << i);
    return world;
}

static void add_sample(struct world *world, uint64_t point, uint64_t round, double region_ns)
{
    world->samples[world->results.samples++] =
        (struct csw_sample){.point = point, .round = round, .region_ns = region_ns, .items = 9};
}

/*
 * The driver is `price` times as slow as serial with one worker and follows the USL from there; its
 * times wobble by up to `wobble`.
 */
static void measure(struct world *world, double price, double alpha, double beta, double wobble)
{
    uint64_t state = 5;

    for (uint64_t r = 0; r < ROUNDS; r++)
        for (uint64_t i = 0; i < world->results.plan.count; i++) {
            const double p = (double)world->points[i].workers;
            const double noise = 1 + wobble * (2 * csw_random_uniform(&state) - 1);
            const double loss = 1 + alpha * (p - 1) + beta * p * (p - 1);

            add_sample(world, i, r, SECOND * (i == 0 ? 1 : price * loss / p * noise));
        }
}

static struct csw_report report_of(const struct world *world)
{
    struct csw_report report = {0};

    CU_ASSERT_EQUAL_FATAL(csw_report_init(&report, &world->results, NULL), 0);
    return report;
}

typedef int csw_format(const struct csw_report *, FILE *, struct csw_err *);

/* The caller frees the text; the world is freed. */
static char *text_of(struct world *world, csw_format *format)
{
    struct csw_report report = report_of(world);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(format(&report, out, NULL), 0);
    fclose(out);
    csw_report_release(&report);
    free(world);
    return text;
}

/* Sentences are wrapped: blanks and line ends count as one blank. */
static void unwrap(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++)
        if (!strchr(" \n", *from))
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
}

static void table_must_say(struct world *world, const char *const *parts)
{
    char *text = text_of(world, csw_report_table);

    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        CHECK(parts[0], strcspn(line, "\n") <= 100);
    unwrap(text);
    for (; *parts; parts++)
        must_say(text, *parts);
    free(text);
}

/* ---- what it tells --------------------------------------------------------------------------- */

static void two_counts_tell_a_fraction_and_no_law(void)
{
    struct world *resolved = world_new(2), *unresolved = world_new(2);

    resolved->results.host.usable_cores = resolved->results.host.usable_pus = 2;
    measure(resolved, 1, .2, 0, .01);
    table_must_say(resolved,
                   (const char *[]){"openmp 1-2 20.1 [", "refused",
                                    " 2 openmp: No law from 2 worker "
                                    "counts: Amdahl's takes 4, and past 2 workers they have no CPU "
                                    "of their own.",
                                    NULL});
    measure(unresolved, 1, .001, 0, .03);
    table_must_say(unresolved,
                   (const char *[]){"openmp: e(2) = ", "a serial fraction cannot be told from 0",
                                    "such as --workers 1-4.", NULL});
}

static void several_counts_tell_a_fraction_each(void)
{
    struct world *world = world_new(4), *twin = world_new(4);

    measure(world, 1, .01, 0, .03);
    measure(twin, 1, .01, 0, .03);
    table_must_say(world, (const char *[]){"driver workers e % [95 %] told from openmp 2 ",
                                           "not resolved openmp 4 ",
                                           " openmp 8 0.90 [0.66, 1.73] 0.23 ", NULL});
    char *text = text_of(twin, csw_report_markdown);

    must_say(text, "| driver | workers | e % [95 %] | told from |  |");
    must_say(text, "| openmp | 2 | ");
    must_say(text, " | not resolved |");
    must_say(text, "| openmp | 8 | 0.90 [0.66, 1.73] | 0.23 |  |");
    must_say(text, "e: serial fraction that S_rel stands for");
    free(text);
}

static void words_of_a_fraction_are_those_of_its_interval(void)
{
    static const struct {
        struct csw_estimate fraction;
        const char *word;
    } rows[] = {{{.1, .05, .2, 9}, ""},
                {{.1, 0, .2, 9}, "not resolved"},
                {{-.1, -.2, .2, 9}, "not resolved"},
                {{-.1, -.2, 0, 9}, "not resolved"},
                {{-.1, -.2, -.05, 9}, "superlinear"},
                {{.1, NAN, NAN, 3}, ""}};

    for (size_t i = 0; i < COUNT(rows); i++)
        CU_ASSERT_STRING_EQUAL(csw_fraction_word(&rows[i].fraction), rows[i].word);
}

static void each_law_is_told_in_a_row_and_a_sentence(void)
{
    struct world *ideal = world_new(7), *amdahl = world_new(7), *usl = world_new(7);

    measure(ideal, 1, 0, 0, .01);
    table_must_say(ideal, (const char *[]){" ideal < 0.0",
                                           "No serial fraction can be told from 0 "
                                           "with 1 to 64 workers: at most 0.0",
                                           NULL});
    measure(amdahl, 1, .05, 0, .002);
    table_must_say(amdahl, (const char *[]){"openmp 1-64 5.0", " amdahl 5.0",
                                            "keeps the speedup below 20.", "Of 64.", NULL});
    measure(usl, 1, .05, .001, .002);
    table_must_say(usl, (const char *[]){"openmp 1-64 ", " usl 5.0", "0.100", "More than 30.",
                                         "are contention and 63.", NULL});
}

static void a_peak_far_past_what_was_measured_is_not_told(void)
{
    struct world *world = world_new(7);

    measure(world, 1, .01, 2e-5, 1e-5);
    table_must_say(world, (const char *[]){" usl 1.0",
                                           "A peak lies past 128 workers, further than these times "
                                           "tell.",
                                           NULL});
}

static void what_fits_no_law_is_refused_or_a_description(void)
{
    struct world *unfit = world_new(5), *described = world_new(7), *superlinear = world_new(7);

    measure(unfit, 1, .05, .01, .001);
    table_must_say(unfit, (const char *[]){" refused ", "Amdahl's law misses the times by up to ",
                                           "(p < 0.001); the USL takes 6 worker counts, here are 5",
                                           NULL});
    measure(described, 1, .05, .001, .001);
    for (size_t i = 0; i < described->results.samples; i++)
        if (described->samples[i].point == 4)
            described->samples[i].region_ns *= 1.1;
    table_must_say(described, (const char *[]){" usl ", "a description, no forecast.", NULL});
    measure(superlinear, 1, -.005, 0, .001);
    table_must_say(superlinear,
                   (const char *[]){" superlinear ", "e(64) = -0.", "more than 64 times as fast",
                                    "no law of losses is fitted", NULL});
}

static void too_few_rounds_and_losses_of_no_certain_kind_are_refused(void)
{
    struct world *few = world_new(4), *uncertain = world_new(4);

    measure(few, 1, .05, 0, .001);
    few->results.samples = 5 * few->results.plan.count;
    table_must_say(few, (const char *[]){" refused ", "an interval takes 6 rounds at least",
                                         "No law from 5 rounds with all worker counts", NULL});
    measure(uncertain, 1, .003, .0002, .012);
    table_must_say(uncertain,
                   (const char *[]){" refused ", "Time is lost as workers are added, but whether",
                                    "the serial fraction is at most 0.", NULL});
}

static void the_law_ends_where_cores_are_shared(void)
{
    struct world *world = world_new(6);

    world->results.host.usable_cores = 16;
    measure(world, 1, .05, 0, .001);
    table_must_say(world,
                   (const char *[]){"openmp 1-16 ", " amdahl 5.0",
                                    "Past 16 workers they share cores, which no law spans.", NULL});
}

static void cost_is_the_fewest_workers_that_beat_serial(void)
{
    static const struct {
        const char *name;
        double price, cost;
    } table[] = {
        {"no price", 1, 2}, {"3 times", 3, 4}, {"just 4 times", 4, 8}, {"40 times", 40, 0}};

    for (size_t i = 0; i < COUNT(table); i++) {
        struct world *world = world_new(4);
        struct csw_scaling scaling;

        measure(world, table[i].price, 0, 0, .001);
        struct csw_report report = report_of(world);

        CHECK(table[i].name, !csw_scaling_leads(&report, 0));
        CHECK(table[i].name, csw_scaling_leads(&report, 1));
        CHECK(table[i].name, !csw_scaling_leads(&report, 2));
        CU_ASSERT_EQUAL_FATAL(csw_scaling_init(&scaling, &report, 1, NULL), 0);
        CHECK(table[i].name, scaling.cost == table[i].cost);
        csw_scaling_release(&scaling);
        csw_report_release(&report);
        free(world);
    }
}

static void counts_may_be_in_any_order_and_missing(void)
{
    struct world *world = world_new(7);
    struct csw_scaling scaling;

    for (size_t i = 1; i <= 7; i++)
        world->points[i].workers = UINT64_C(1) << (7 - i);
    measure(world, 1, .05, 0, .001);
    for (size_t i = 0; i < world->results.samples; i++) /* 16 workers were never measured */
        if (world->samples[i].point == 3)
            world->samples[i] = world->samples[--world->results.samples], i--;
    struct csw_report report = report_of(world);

    CU_ASSERT_EQUAL_FATAL(csw_scaling_init(&scaling, &report, 1, NULL), 0);
    CU_ASSERT_EQUAL(scaling.count, 6);
    CU_ASSERT(csw_scaling_from(&scaling) == 1 && csw_scaling_to(&scaling) == 64);
    CU_ASSERT_EQUAL(scaling.model.kind, CSW_MODEL_AMDAHL);
    CU_ASSERT_DOUBLE_EQUAL(scaling.model.alpha.value, .05, 1e-3);
    csw_scaling_release(&scaling);
    csw_report_release(&report);
    free(world);
}

static void without_one_worker_there_is_no_fraction(void)
{
    struct world *world = world_new(1);

    world->points[1].workers = 8;
    measure(world, 1, .05, 0, .001);
    table_must_say(world, (const char *[]){"openmp 8 - refused",
                                           "No serial fraction without a run of one worker.",
                                           "No law from 1 worker count:", NULL});
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static double number_at(const json_t *object, const char *key, const char *part)
{
    return json_number_value(json_object_get(json_object_get(object, key), part));
}

static json_t *json_of(struct world *world)
{
    char *text = text_of(world, csw_report_json);
    json_t *json = json_loads(text, 0, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    free(text);
    return json;
}

static void json_holds_the_law_and_its_curve(void)
{
    struct world *world = world_new(7);

    measure(world, 1, .05, .001, .002);
    json_t *json = json_of(world);
    const json_t *models = json_object_get(json, "models"), *model = json_array_get(models, 0);
    const json_t *curve = json_object_get(model, "curve");
    const json_t *end = json_array_get(curve, json_array_size(curve) - 1);

    CU_ASSERT_EQUAL(json_array_size(models), 1);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(model, "model")), "usl");
    CU_ASSERT_DOUBLE_EQUAL(number_at(model, "contention", "value"), .05, .003);
    CU_ASSERT_DOUBLE_EQUAL(number_at(model, "coherency", "value"), .001, 1e-4);
    CU_ASSERT(json_is_null(json_object_get(json_object_get(model, "serial_fraction"), "value")));
    CU_ASSERT_DOUBLE_EQUAL(number_at(model, "peak_workers", "value"), sqrt(950), 1);
    CU_ASSERT_EQUAL(json_number_value(json_object_get(model, "cost")), 2);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(model, "counts")), 7);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(model, "rounds")), ROUNDS);
    CU_ASSERT(json_number_value(json_object_get(model, "rms_residual")) <=
              json_number_value(json_object_get(model, "worst_residual")));
    CU_ASSERT(json_number_value(json_object_get(model, "rms_residual")) > 0);
    CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_array_get(end, 0)), 128, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_array_get(end, 1)),
                           128 / (1 + .05 * 127 + .001 * 128 * 127), .3);
    CU_ASSERT_PTR_NOT_NULL(strstr(json_string_value(json_object_get(model, "sentence")), "USL: "));
    json_decref(json);
}

static void json_gives_every_cell_its_fraction(void)
{
    struct world *world = world_new(2);

    measure(world, 1, .2, 0, .01);
    json_t *json = json_of(world);
    const json_t *points = json_object_get(json, "points");
    const json_t *one = json_array_get(points, 1), *two = json_array_get(points, 2);
    const json_t *model = json_array_get(json_object_get(json, "models"), 0);

    CU_ASSERT(json_is_null(json_object_get(json_object_get(one, "karp_flatt"), "value")));
    CU_ASSERT(json_is_null(json_object_get(one, "resolution")));
    CU_ASSERT_DOUBLE_EQUAL(number_at(two, "karp_flatt", "value"), .2, .02);
    CU_ASSERT(json_number_value(json_object_get(two, "resolution")) > 0);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(model, "model")), "refused");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(model, "curve")), 0);
    json_decref(json);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(boundaries_are_where_the_next_worker_is_not_like_the_last),
        TEST(no_segment_spans_two_kinds_of_cores),
        TEST(the_first_segment_with_enough_counts_is_taken),
        TEST(two_counts_tell_a_fraction_and_no_law),
        TEST(several_counts_tell_a_fraction_each),
        TEST(words_of_a_fraction_are_those_of_its_interval),
        TEST(each_law_is_told_in_a_row_and_a_sentence),
        TEST(a_peak_far_past_what_was_measured_is_not_told),
        TEST(what_fits_no_law_is_refused_or_a_description),
        TEST(too_few_rounds_and_losses_of_no_certain_kind_are_refused),
        TEST(the_law_ends_where_cores_are_shared),
        TEST(cost_is_the_fewest_workers_that_beat_serial),
        TEST(counts_may_be_in_any_order_and_missing),
        TEST(without_one_worker_there_is_no_fraction),
        TEST(json_holds_the_law_and_its_curve),
        TEST(json_gives_every_cell_its_fraction),
    };

    return RUN_TESTS("scaling", tests);
}
