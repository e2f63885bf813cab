/*
 * test_story.c - that the story says what its samples say: rows with a known truth under drift and
 * noise, and what is missing, too few or too close to tell. And that its rows can be run.
 */
#include <coresweep/driver.h>
#include <coresweep/interpreter.h>
#include <coresweep/kernel.h>
#include <coresweep/place.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/settings.h"
#include "harness/story.h"
#include "suite.h"

#define MAX_ROWS 24
#define MAX_SAMPLES 400
#define MAX_READINGS 200
#define MS 1e6
#define PYTHON "python=/usr/bin/python3"
#define FREE "python=/opt/python3.14t"

/* ---- stories with a known truth -------------------------------------------------------------- */

/* One row, and how long it takes. */
struct spec {
    const char *block, *label, *driver, *settings, *base;
    uint64_t workers;
    double ms, noise; /* noise: every other round takes so many times as long */
    const char *runtime;
};

struct world {
    struct csw_results results;
    struct csw_point points[MAX_ROWS];
    struct csw_sample samples[MAX_SAMPLES];
    struct csw_worker workers[MAX_SAMPLES];
    struct csw_reading readings[MAX_READINGS];
    struct csw_event events[2];
};

static struct csw_point point_of(const struct spec *spec)
{
    return (struct csw_point){.kernel = (char *)"trial",
                              .options = (char *)"",
                              .tasks = (char *)"1000,2000,5000,3000,100",
                              .schedule = (char *)(*spec->block == 'D' ? "dynamic:313" : "whole"),
                              .driver = (char *)spec->driver,
                              .settings = (char *)spec->settings,
                              .base = (char *)spec->base,
                              .workers = spec->workers,
                              .unit = (char *)"comparisons",
                              .block = (char *)spec->block,
                              .label = (char *)spec->label};
}

/* What a round multiplies all its times by: more than any difference between two rows. */
static double drift(uint64_t round)
{
    return 1 + 0.5 * (double)(round * 3 % 5);
}

static void add_sample(struct world *world, uint64_t point, uint64_t round, const struct spec *spec)
{
    CU_ASSERT_FATAL(world->results.samples < MAX_SAMPLES);
    const size_t index = world->results.samples++;
    const double noise = round % 2 == 1 && spec->noise > 0 ? spec->noise : 1;

    world->workers[index].cpu_ns = (uint64_t)(spec->ms * MS);
    world->samples[index] = (struct csw_sample){.point = point,
                                                .round = round,
                                                .workers = 1,
                                                .region_ns = spec->ms * MS * drift(round) * noise,
                                                .e2e_ns = NAN,
                                                .process_ns = NAN,
                                                .cpu_ns = spec->ms * MS * drift(round),
                                                .pss_bytes = 8e6,
                                                .peak_bytes = NAN,
                                                .open_ns = 1000,
                                                .work = 38383511,
                                                .items = 11100,
                                                .runtime = (char *)spec->runtime,
                                                .worker = &world->workers[index]};
}

static struct world *world_new(const struct spec *specs, size_t count, uint64_t rounds)
{
    struct world *world = calloc(1, sizeof *world);

    CU_ASSERT_PTR_NOT_NULL_FATAL(world);
    CU_ASSERT_FATAL(count <= MAX_ROWS);
    for (size_t i = 0; i < count; i++) {
        world->points[i] = point_of(&specs[i]);
        for (uint64_t r = 0; r < rounds; r++)
            if (specs[i].ms > 0)
                add_sample(world, i, r, &specs[i]);
    }
    world->results.plan = (struct csw_plan){.schema = CSW_SCHEMA,
                                            .story = (char *)"scale=0.05",
                                            .rounds = rounds,
                                            .count = count,
                                            .points = world->points};
    world->results.host = (struct csw_host){.hostname = (char *)"here",
                                            .cpu_model = (char *)"a CPU",
                                            .usable_pus = 2,
                                            .quota_cpus = NAN};
    world->results.sample = world->samples;
    world->results.reading = world->readings;
    world->results.event = world->events;
    return world;
}

/* `value` in every round, times the drift that times have. */
static void add_readings(struct world *world, const char *probe, const char *row,
                         const char *python, const char *quantity, double value)
{
    for (uint64_t r = 0; r < world->results.plan.rounds; r++) {
        CU_ASSERT_FATAL(world->results.readings < MAX_READINGS);
        world->readings[world->results.readings++] =
            (struct csw_reading){.probe = (char *)probe,
                                 .row = (char *)row,
                                 .language = (char *)(*python ? "Python" : "C"),
                                 .runtime = (char *)"",
                                 .python = (char *)python,
                                 .quantity = (char *)quantity,
                                 .unit = (char *)"ns",
                                 .round = r,
                                 .value = value * drift(r)};
    }
}

/* All that the story prints; the caller frees it. */
static char *text_of(const struct csw_results *results)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL_FATAL(csw_story_print(results, out, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(fclose(out), 0);
    return text;
}

/* The claim is followed by the verdict; and by `number` before the next claim, unless NULL. */
static void must_find(const char *text, const char *claim, const char *verdict, const char *number)
{
    const char *at = strstr(text, claim), *end = at ? strstr(at, "\n\n") : NULL;
    char said[2000] = "";

    if (at)
        snprintf(said, sizeof said, "%.*s", end ? (int)(end - at) : 1999, at);
    must_say(said, verdict);
    if (number)
        must_say(said, number);
}

static void check_claim(const struct spec *specs, size_t count, uint64_t rounds, const char *claim,
                        const char *verdict, const char *number)
{
    struct world *world = world_new(specs, count, rounds);
    char *text = text_of(&world->results);

    must_find(text, claim, verdict, number);
    free(text);
    free(world);
}

/* ---- rows ------------------------------------------------------------------------------------ */

#define GIL "CPython 3.11.2, PGO+LTO, GIL on"
#define NO_GIL "CPython 3.14.0, no PGO, GIL off"
#define PY_BASE "cpython-serial " PYTHON

#define SERIAL_C                                                                                   \
    {                                                                                              \
        "CD", "sequential", "serial", "", "", 1, 100, 0, ""                                        \
    }
#define SERIAL_PY                                                                                  \
    {                                                                                              \
        "CDEF", "sequential", "cpython-serial", PYTHON, PY_BASE, 1, 1000, 0, GIL                   \
    }
#define THREADS_PY(ms, noise)                                                                      \
    {                                                                                              \
        "C", "threads", "cpython-threads", PYTHON, PY_BASE, 5, ms, noise, GIL                      \
    }
#define PROCESSES_PY(ms, noise)                                                                    \
    {                                                                                              \
        "C", "process fork", "cpython-processes", PYTHON, PY_BASE, 5, ms, noise, GIL               \
    }
#define POOL_PY(ms, noise)                                                                         \
    {                                                                                              \
        "D", "Pool, even", "cpython-pool", PYTHON, PY_BASE, 2, ms, noise, GIL                      \
    }

static const char gil_claim[] = "Under the GIL, threads do not make";

static void speedups_are_over_the_own_language_and_times_over_cpython(void)
{
    static const struct spec specs[] = {
        SERIAL_C,
        {"C", "threads", "pthread-each", "", "", 5, 75, 0, ""},
        SERIAL_PY,
        PROCESSES_PY(800, 0),
    };
    struct world *world = world_new(specs, COUNT(specs), 8);
    struct csw_story story = {0};

    CU_ASSERT_EQUAL_FATAL(csw_story_init(&story, &world->results, NULL), 0);
    const struct csw_story_row *c = csw_story_find(&story, 'C', -1, "threads");
    const struct csw_story_row *python = csw_story_find(&story, 'C', 0, "process fork");

    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_PTR_NOT_NULL_FATAL(python);
    CU_ASSERT_DOUBLE_EQUAL(c->speedup.value, 100.0 / 75, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(c->in_cpython.value, 1000.0 / 75, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(python->speedup.value, 1.25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(python->speedup.low, 1.25, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(python->cpu_share, 1, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(python->bound, 1.416, 0.001);
    CU_ASSERT(isnan(c->pss_bytes)); /* it has no workers when memory is read */
    CU_ASSERT_EQUAL(python->pss_bytes, 8e6);
    CU_ASSERT_STRING_EQUAL(csw_story_tag(&story, python->runtime), "3.11.2");
    CU_ASSERT_PTR_EQUAL(csw_story_find(&story, 'F', 0, "sequential")->point, &world->points[2]);
    CU_ASSERT_PTR_NULL(csw_story_find(&story, 'C', -1, "asyncio"));
    csw_story_release(&story);
    free(world);
}

/* Eight times the size is 64 times the work, which C does in the same time. */
static void larger_tasks_of_c_count_by_their_work(void)
{
    static const struct spec specs[] = {SERIAL_C, SERIAL_PY};
    struct world *world = world_new(specs, COUNT(specs), 6);
    struct csw_story story = {0};

    world->points[0].tasks = (char *)"8000,16000,40000,24000,800";
    for (size_t i = 0; i < world->results.samples; i++)
        if (world->samples[i].point == 0)
            world->samples[i].work *= 64;
    CU_ASSERT_EQUAL_FATAL(csw_story_init(&story, &world->results, NULL), 0);
    CU_ASSERT_DOUBLE_EQUAL(story.row[0].in_cpython.value, 640, 1e-3);
    csw_story_release(&story);
    free(world);
}

static void a_better_algorithm_is_compared_with_the_loop(void)
{
    static const struct spec specs[] = {
        SERIAL_PY,
        {"E", "root O(n)", "cpython-serial", PYTHON, PY_BASE, 1, 1, 0, GIL},
        POOL_PY(500, 0),
    };
    struct world *world = world_new(specs, COUNT(specs), 6);
    struct csw_story story = {0};

    world->points[1].kernel = (char *)"sqrt";
    CU_ASSERT_EQUAL_FATAL(csw_story_init(&story, &world->results, NULL), 0);
    CU_ASSERT_DOUBLE_EQUAL(story.row[1].speedup.value, 1000, 1e-3);
    CU_ASSERT(isnan(story.row[1].bound));
    csw_story_release(&story);
    char *text = text_of(&world->results);

    must_find(text, "The better algorithm", "= holds here", "3.11.2 Pool, even 2.00 [2.00, 2.00]");
    free(text);
    free(world);
}

static void two_builds_of_one_version_have_two_names(void)
{
    static const struct spec specs[] = {
        SERIAL_PY,
        {"C", "threads", "cpython-threads", "python=/opt/python3", "", 5, 9, 0, GIL},
        {"C", "threads", "cpython-threads", FREE, "", 5, 9, 0, NO_GIL},
        {"C", "threads", "cpython-threads", "python=/opt/silent", "", 5, 0, 0, ""},
    };
    struct world *world = world_new(specs, COUNT(specs), 1);
    struct csw_story story = {0};

    CU_ASSERT_EQUAL_FATAL(csw_story_init(&story, &world->results, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(story.runtimes, 4);
    CU_ASSERT_STRING_EQUAL(csw_story_tag(&story, 0), "3.11.2");
    CU_ASSERT_STRING_EQUAL(csw_story_tag(&story, 1), "3.11.2#2");
    CU_ASSERT_STRING_EQUAL(csw_story_tag(&story, 2), "3.14.0t");
    CU_ASSERT_STRING_EQUAL(csw_story_tag(&story, 3), "silent");
    CU_ASSERT_STRING_EQUAL(csw_story_tag(&story, -1), "C");
    CU_ASSERT(story.runtime[0].gil && !story.runtime[2].gil);
    csw_story_release(&story);
    free(world);
}

/* ---- how estimates stand --------------------------------------------------------------------- */

static void estimates_are_told_apart_only_by_intervals_that_do_not_meet(void)
{
    const struct csw_estimate low = {.value = 1, .low = 0.9, .high = 1.1, .n = 8};
    const struct csw_estimate touching = {.value = 1.2, .low = 1.1, .high = 1.3, .n = 8};
    const struct csw_estimate high = {.value = 2, .low = 1.9, .high = 2.1, .n = 8};
    const struct csw_estimate few = {.value = 9, .low = NAN, .high = NAN, .n = 3};

    CU_ASSERT_EQUAL(csw_story_compare(&low, &high), CSW_BELOW);
    CU_ASSERT_EQUAL(csw_story_compare(&high, &low), CSW_ABOVE);
    CU_ASSERT_EQUAL(csw_story_compare(&low, &touching), CSW_UNRESOLVED);
    CU_ASSERT_EQUAL(csw_story_compare(&few, &low), CSW_UNRESOLVED);
    CU_ASSERT_EQUAL(csw_story_compare(&csw_estimate_none, &low), CSW_UNMEASURED);
    CU_ASSERT_EQUAL(csw_story_compare_to(&low, 1), CSW_UNRESOLVED);
    CU_ASSERT_EQUAL(csw_story_compare_to(&low, 0.5), CSW_ABOVE);
    CU_ASSERT_EQUAL(csw_story_compare_to(&low, 1.5), CSW_BELOW);
}

/* ---- claims ---------------------------------------------------------------------------------- */

static void a_claim_holds_fails_or_is_not_resolved_as_its_numbers_say(void)
{
    static const struct spec slow[] = {SERIAL_PY, THREADS_PY(1050, 0)};
    static const struct spec fast[] = {SERIAL_PY, THREADS_PY(500, 0)};
    static const struct spec noisy[] = {SERIAL_PY, THREADS_PY(1050, 0.5)};

    check_claim(slow, 2, 8, gil_claim, "= holds here", "3.11.2 threads: 0.95 [0.95, 0.95]");
    check_claim(slow, 2, 8, gil_claim, "Rows: C 3.11.2 threads.", NULL);
    check_claim(fast, 2, 8, gil_claim, "= does not hold here", "2.00 [2.00, 2.00]");
    check_claim(noisy, 2, 8, gil_claim, "= not resolved here", "1.42 (not");
}

static void too_few_rounds_resolve_nothing(void)
{
    static const struct spec specs[] = {SERIAL_PY, THREADS_PY(2000, 0), PROCESSES_PY(800, 0)};

    check_claim(specs, COUNT(specs), 5, gil_claim, "= not resolved here", "0.50 times");
    check_claim(specs, COUNT(specs), 5, "One process for each task", "= not resolved here", NULL);
    check_claim(specs, COUNT(specs), 6, "One process for each task", "= holds here", "1.25");
}

static void rows_that_are_missing_leave_their_claims_unmeasured(void)
{
    static const struct spec specs[] = {SERIAL_PY, THREADS_PY(0, 0)};
    struct world *world = world_new(specs, COUNT(specs), 6);

    world->events[0] = (struct csw_event){
        .what = (char *)CSW_STORY_LEFT_OUT, .text = (char *)"no pool", .block = (char *)"CD"};
    world->events[1] = (struct csw_event){
        .what = (char *)"failed", .point = 1, .text = (char *)"it hung", .block = (char *)""};
    world->results.events = 2;
    char *text = text_of(&world->results);

    must_find(text, gil_claim, "= not measured here", NULL);
    must_find(text, "A pool and even chunks", "= not measured here", NULL);
    must_find(text, "Beside a thread", "= not measured here", NULL);
    must_say(strstr(text, "C. computing"), "left out: no pool");
    must_say(strstr(text, "C. computing"), "failed: it hung");
    must_say(strstr(text, "D. computing"), "left out: no pool");
    CU_ASSERT_PTR_NULL(strstr(strstr(text, "D. computing"), "it hung"));
    CU_ASSERT_PTR_NULL(strstr(strstr(text, "E. the"), "no pool"));
    must_say(text, "B. waiting, 1000 tasks");
    must_say(text, "(nothing was measured)");
    free(text);
    free(world);
}

static void claims_of_two_rows_are_paired_by_round(void)
{
    static const struct spec specs[] = {SERIAL_PY, PROCESSES_PY(735, 0), POOL_PY(525, 0)};
    static const struct spec even[] = {SERIAL_PY, PROCESSES_PY(735, 0), POOL_PY(730, 1.1)};

    check_claim(specs, COUNT(specs), 8, "A pool and even chunks", "= holds here",
                "3.11.2 Pool, even: 1.40 [1.40, 1.40] times as fast as 3.11.2 process fork");
    check_claim(even, COUNT(even), 8, "A pool and even chunks", "= not resolved here", NULL);
}

static void threads_without_a_gil_are_a_claim_of_their_own(void)
{
    static const char claim[] = "Without a GIL, threads make";
    static const struct spec specs[] = {
        SERIAL_PY,
        THREADS_PY(1050, 0),
        {"CDEF", "sequential", "cpython-serial", FREE, "cpython-serial " FREE, 1, 1200, 0, NO_GIL},
        {"C", "threads", "cpython-threads", FREE, "cpython-serial " FREE, 5, 800, 0, NO_GIL},
    };

    check_claim(specs, COUNT(specs), 6, claim, "= holds here", "3.14.0t threads: 1.50");
    check_claim(specs, COUNT(specs), 6, gil_claim, "= holds here", "0.95");
    check_claim(specs, 2, 6, claim, "= not measured here", NULL);
}

static void claims_of_probes_come_from_their_readings(void)
{
    static const struct spec specs[] = {SERIAL_PY};
    struct world *world = world_new(specs, 1, 6);

    add_readings(world, "prices", "thread", "", "start_ns", 20e3);
    add_readings(world, "prices", "process, fork", "", "start_ns", 300e3);
    add_readings(world, "ticker", "beside one computing thread", "", "late_p50_ns", 60e3);
    add_readings(world, "ticker", "beside one computing thread", "/usr/bin/python3", "late_p50_ns",
                 5e6);
    char *text = text_of(&world->results);

    must_find(text, "A thread takes less to start", "= holds here",
              "C thread: 35.0 us [20.0, 60.0]");
    must_find(text, "Beside a thread that computes", "= holds here", "Rows: G C beside");
    must_say(strstr(text, "H. the price list"), "start");
    free(text);
    free(world);
}

/* The last column of the specs says how long the run computes; half of serial's 100 ms. */
static void check_rule(double with_two, double with_four, double with_eight, const char *verdict)
{
    const struct spec specs[] = {
        {"M", "50 % waits, one", "serial", "", "", 1, 100, 0, ""},
        {"M", "50 % waits", "pthread-each", "", "", 2, with_two, 0, ""},
        {"M", "50 % waits", "pthread-each", "", "", 4, with_four, 0, ""},
        {"M", "50 % waits", "pthread-each", "", "", 8, with_eight, 0, ""},
    };
    struct world *world = world_new(specs, COUNT(specs), 6);

    for (size_t i = 0; i < world->results.samples; i++)
        world->samples[i].cpu_ns /= 2;
    char *text = text_of(&world->results);

    must_find(text, "What waits a part of its time", verdict, "by the rule 4.0 workers");
    free(text);
    free(world);
}

static void the_rule_of_waiting_holds_where_its_number_of_workers_is_best(void)
{
    check_rule(50, 25, 26, "= holds here");
    check_rule(50, 25, 20, "= does not hold here");
    check_rule(50, 25, 25, "= not resolved here");
}

/* ---- how it looks ---------------------------------------------------------------------------- */

static void no_line_is_wider_than_100_columns(void)
{
    static const struct spec specs[] = {
        {"ABCDEFM", "threads, joined", "cpython-processes",
         "python=/a/rather/long/path/to/an/interpreter/that/is/somewhere/else/bin/python3.14t",
         PY_BASE, 64, 123.456, 1.234, "CPython 3.14.0rc1, PGO+LTO, GIL off"},
        SERIAL_PY,
        THREADS_PY(1234.5, 1.7),
    };
    struct world *world = world_new(specs, COUNT(specs), 8);

    world->events[0] = (struct csw_event){
        .what = (char *)"failed",
        .block = (char *)"C",
        .text = (char *)"a sentence that is longer than a line has room for, since it names all "
                        "that went wrong in the visit, one thing after the other, and more"};
    world->results.events = 1;
    char *text = text_of(&world->results), *rest = text, *line;

    while ((line = strsep(&rest, "\n")))
        CHECK(line, strlen(line) <= 100);
    free(text);
    free(world);
}

static void a_busy_machine_and_a_stopped_story_are_told_of(void)
{
    static const struct spec specs[] = {SERIAL_PY, THREADS_PY(1000, 0)};
    struct world *world = world_new(specs, COUNT(specs), 6);

    world->results.ended = true;
    char *quiet = text_of(&world->results);

    for (size_t i = 0; i < world->results.samples; i++)
        world->samples[i].cpu_ns /= 2;
    world->results.ended = false;
    char *busy = text_of(&world->results);

    CU_ASSERT_PTR_NULL(strstr(quiet, "was busy"));
    CU_ASSERT_PTR_NULL(strstr(quiet, "not complete"));
    must_say(busy, "It is not complete");
    must_say(strstr(busy, "C. computing"), "a sequential row got 0.50 of a CPU");
    free(quiet);
    free(busy);
    free(world);
}

static void the_tutorials_own_speedup_is_told_to_be_above_its_bound(void)
{
    static const struct spec specs[] = {SERIAL_PY};
    struct world *world = world_new(specs, 1, 6);
    char *text = text_of(&world->results);

    must_say(text, "speed-up of 2.60!");
    must_say(text, "1.416 on 2 CPUs and 1.557 on any number");
    must_say(text, "1.67 times as fast");
    must_say(text, "31 44 70 54 10 squares");
    free(text);
    free(world);
}

/* ---- the plan -------------------------------------------------------------------------------- */

static struct csw_story_gaps filled(struct csw_plan *plan, bool quick, double scale,
                                    const char *pythons)
{
    const struct csw_story_wish wish = {
        .quick = quick, .scale = scale, .rounds = 6, .pythons = pythons};
    const struct csw_room room = {.pus = 2, .workers = 2};
    struct csw_story_gaps gaps = {0};
    struct csw_err err = {0};
    const int code = csw_story_fill(plan, &wish, &room, &gaps, &err);

    if (code < 0)
        fprintf(stderr, "\n    %s\n", err.text);
    CU_ASSERT_EQUAL_FATAL(code, 0);
    return gaps;
}

static bool has_python(void)
{
    struct csw_interpreter interpreter;

    return csw_interpreter_ask(&interpreter, "python3", NULL) == 0;
}

static void every_row_can_be_run_or_has_a_reason(void)
{
    struct csw_plan plan = {0};
    struct csw_story_gaps gaps = filled(&plan, false, 0.05, has_python() ? "python3" : "");

    CU_ASSERT(csw_is_story(&plan));
    for (size_t i = 0; i < plan.count; i++) {
        const struct csw_point *point = &plan.points[i];
        const struct csw_driver_entry *driver = csw_driver_find(point->driver);
        struct csw_schedule schedule;

        CHECK(point->label, csw_kernel_find(point->kernel) && driver && driver->driver);
        CHECK(point->label, csw_schedule_parse(&schedule, point->schedule, NULL) == 0);
        CHECK(point->label, csw_driver_check(driver->driver, csw_kernel_find(point->kernel),
                                             &schedule, (unsigned)point->workers, NULL) == 0);
        CHECK(point->label, point->workers >= 1 && strlen(point->label) <= 15);
        CHECK(point->label, strspn(point->block, "ABCDEFM") == strlen(point->block));
    }
    for (size_t i = 0; i < gaps.count; i++)
        CHECK(gaps.event[i].text,
              *gaps.event[i].block && !strstr(gaps.event[i].text, "unknown to this build"));
    csw_story_gaps_release(&gaps);
    csw_plan_release(&plan);
}

static void a_quick_story_has_fewer_rows_and_long_waits_fewer_rounds(void)
{
    struct csw_plan full = {0}, quick = {0}, slow = {0};
    struct csw_story_gaps gaps[] = {filled(&full, false, 0.05, ""), filled(&quick, true, 0.02, ""),
                                    filled(&slow, false, 1, "")};

    CU_ASSERT(quick.count < full.count && full.count == slow.count);
    CU_ASSERT_STRING_EQUAL(quick.story, "quick scale=0.02");
    CU_ASSERT_STRING_EQUAL(full.points[0].tasks, "50,100,150,200,250");
    CU_ASSERT_EQUAL(full.points[0].rounds, 6);
    CU_ASSERT_STRING_EQUAL(slow.points[0].tasks, "1000,2000,3000,4000,5000");
    CU_ASSERT_EQUAL(slow.points[0].rounds, 1);
    CU_ASSERT_EQUAL(slow.points[slow.count - 1].rounds, 6);
    for (size_t i = 0; i < COUNT(gaps); i++)
        csw_story_gaps_release(&gaps[i]);
    csw_plan_release(&full);
    csw_plan_release(&quick);
    csw_plan_release(&slow);
}

static void without_an_interpreter_the_rows_of_c_remain(void)
{
    char *path = strdup(getenv("PATH"));
    struct csw_plan plan = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(path);
    setenv("PATH", "/nowhere", 1);
    struct csw_story_gaps gaps = filled(&plan, true, 0.02, "");

    setenv("PATH", path, 1);
    CU_ASSERT(plan.count > 10);
    for (size_t i = 0; i < plan.count; i++)
        CHECK(plan.points[i].label, strncmp(plan.points[i].driver, "cpython", 7) != 0);
    CU_ASSERT(gaps.count > 0);
    for (size_t i = 0; i < gaps.count; i++)
        CHECK(gaps.event[i].text,
              strstr(gaps.event[i].text, "CPython") || strstr(gaps.event[i].text, "GIL") ||
                  strncmp(gaps.event[i].text, "openmp: ", 8) == 0); /* not in every build */
    csw_story_gaps_release(&gaps);
    csw_plan_release(&plan);
    free(path);
}

static void a_file_that_is_no_interpreter_is_named(void)
{
    const struct csw_story_wish wish = {.scale = 1, .rounds = 1, .pythons = "/no/such/python"};
    const struct csw_room room = {.pus = 2, .workers = 2};
    struct csw_story_gaps gaps = {0};
    struct csw_plan plan = {0};
    struct csw_err err = {0};

    CU_ASSERT(csw_story_fill(&plan, &wish, &room, &gaps, &err) < 0);
    must_say(err.text, "/no/such/python");
    csw_plan_release(&plan);
}

/* Claims that rest on probes, on another interpreter, or on what this build lacks. */
static bool may_miss_rows(const char *claim)
{
    const bool calls = csw_setting_of(csw_driver_find("cpython-serial")->driver, "calls");
    const bool openmp = csw_driver_find("openmp")->driver;
    const struct {
        const char *begins;
        bool may;
    } claims[] = {{"Without a GIL", true},       {"A thread takes", true},
                  {"Beside a thread", true},     {"Calling C", !calls},
                  {"OpenMP with even", !openmp}, {"For work that waits, one worker", !openmp}};

    for (size_t i = 0; i < COUNT(claims); i++)
        if (claims[i].may && strncmp(claim, claims[i].begins, strlen(claims[i].begins)) == 0)
            return true;
    return false;
}

/* A sample for every point: then every claim that can be made of this plan is made. */
static void no_claim_misses_a_row_that_the_story_has(void)
{
    struct csw_plan plan = {0};
    struct csw_story_gaps gaps = filled(&plan, false, 0.05, has_python() ? "python3" : "");
    struct world *world = calloc(1, sizeof *world);

    CU_ASSERT_FATAL(world && plan.count <= MAX_SAMPLES);
    world->results = (struct csw_results){.plan = plan, .sample = world->samples};
    world->results.host = (struct csw_host){.hostname = (char *)"here", .usable_pus = 2};
    for (size_t i = 0; i < plan.count; i++)
        add_sample(world, i, 0, &(struct spec){.ms = 10, .runtime = GIL});
    char *text = text_of(&world->results);

    for (const char *at = text; has_python() && (at = strstr(at, "= not measured here")); at++) {
        const char *claim = at;

        for (int lines = 0; lines < 2; claim--)
            lines += claim[-1] == '\n';
        claim++;
        CHECK(claim, may_miss_rows(claim));
    }
    free(text);
    free(world);
    csw_story_gaps_release(&gaps);
    csw_plan_release(&plan);
}

static const struct test tests[] = {
    TEST(speedups_are_over_the_own_language_and_times_over_cpython),
    TEST(larger_tasks_of_c_count_by_their_work),
    TEST(a_better_algorithm_is_compared_with_the_loop),
    TEST(two_builds_of_one_version_have_two_names),
    TEST(estimates_are_told_apart_only_by_intervals_that_do_not_meet),
    TEST(a_claim_holds_fails_or_is_not_resolved_as_its_numbers_say),
    TEST(too_few_rounds_resolve_nothing),
    TEST(rows_that_are_missing_leave_their_claims_unmeasured),
    TEST(claims_of_two_rows_are_paired_by_round),
    TEST(threads_without_a_gil_are_a_claim_of_their_own),
    TEST(claims_of_probes_come_from_their_readings),
    TEST(the_rule_of_waiting_holds_where_its_number_of_workers_is_best),
    TEST(no_line_is_wider_than_100_columns),
    TEST(a_busy_machine_and_a_stopped_story_are_told_of),
    TEST(the_tutorials_own_speedup_is_told_to_be_above_its_bound),
    TEST(every_row_can_be_run_or_has_a_reason),
    TEST(a_quick_story_has_fewer_rows_and_long_waits_fewer_rounds),
    TEST(without_an_interpreter_the_rows_of_c_remain),
    TEST(a_file_that_is_no_interpreter_is_named),
    TEST(no_claim_misses_a_row_that_the_story_has),
};

int main(void)
{
    return RUN_TESTS("story", tests);
}
