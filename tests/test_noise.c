/*
 * test_noise.c - what others take from a sample is read from control groups of both versions, and
 * told of the CPUs and workers that it concerns; the rule of a plan marks what it says and no more;
 * the report tells who it was. Trees fixtures/noise/CASE-before and -after are one sample apart.
 */
#include "suite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/exclude.h"
#include "harness/noise.h"
#include "harness/report_noise.h"

#define MS UINT64_C(1000000)

/* ---- counters ------------------------------------------------------------------------------- */

static struct csw_noise read_tree(const char *tree, const struct csw_processes *team,
                                  unsigned workers)
{
    struct csw_noise noise = {0};
    char path[64];

    snprintf(path, sizeof path, "noise/%s", tree);
    CU_ASSERT_EQUAL_FATAL(csw_noise_init(&noise, fixture(path), team, workers, -1, NULL), 0);
    return noise;
}

/* Notes in the sample what happened between the two trees of a case. */
static void note(struct csw_sample *sample, const char *name, pid_t *pids, size_t count)
{
    const struct csw_processes team = {count, pids};
    char before_name[40], after_name[40];

    snprintf(before_name, sizeof before_name, "%s-before", name);
    snprintf(after_name, sizeof after_name, "%s-after", name);
    struct csw_noise before = read_tree(before_name, &team, (unsigned)sample->workers);
    struct csw_noise after = read_tree(after_name, &team, (unsigned)sample->workers);

    csw_noise_note(sample, &before, &after);
    CU_ASSERT_TRUE(sample->window_ns >= 0 && sample->window_ns < 60e9);
    csw_noise_release(&before);
    csw_noise_release(&after);
}

static void throttling_adds_up_over_all_groups_of_version_1(void)
{
    struct csw_worker workers[] = {{.cpu = 1}, {.cpu = 3}};
    struct csw_sample sample = {.workers = 2, .worker = workers};

    note(&sample, "v1", (pid_t[]){40, 42}, 2);
    CU_ASSERT_EQUAL(sample.throttled, 2 + 1);
    CU_ASSERT_EQUAL(sample.throttled_ns, 7000000 + 500000);
    CU_ASSERT_EQUAL(sample.pressure_ns, 500e3); /* the whole machine's: version 1 has none */
}

static void version_2_tells_throttling_and_pressure_of_the_own_group(void)
{
    struct csw_worker worker = {.cpu = 0};
    struct csw_sample sample = {.workers = 1, .worker = &worker};

    note(&sample, "v2", (pid_t[]){40}, 1);
    CU_ASSERT_EQUAL(sample.throttled, 3);
    CU_ASSERT_EQUAL(sample.throttled_ns, 40e3);
    CU_ASSERT_EQUAL(sample.pressure_ns, 20e3);
    CU_ASSERT_EQUAL(sample.steal_ns, 0);
}

static void the_clock_is_of_the_cycles_between_two_readings(void)
{
    const struct csw_noise before = {.cycles = {1e9, 5e8}}, after = {.cycles = {4e9, 15e8}};
    const struct csw_noise unknown = {.cycles = {NAN, NAN}};
    struct csw_sample sample = {0};

    csw_noise_note(&sample, &before, &after);
    CU_ASSERT_DOUBLE_EQUAL(sample.clock_hz, 3e9, 1);
    csw_noise_note(&sample, &unknown, &unknown);
    CU_ASSERT(isnan(sample.clock_hz));
}

static void steal_is_that_of_the_cpus_used_and_counts_each_once(void)
{
    const double tick_ns = 1e9 / (double)sysconf(_SC_CLK_TCK);
    struct csw_worker workers[] = {{.cpu = 1}, {.cpu = 3}, {.cpu = 1}};
    struct csw_sample sample = {.workers = 3, .worker = workers};

    note(&sample, "v1", (pid_t[]){40, 42}, 2);
    CU_ASSERT_DOUBLE_EQUAL(sample.steal_ns, 3 * tick_ns, 1);
    CU_ASSERT_EQUAL(csw_cpus_seen(&sample), 2);
    workers[0].cpu = workers[2].cpu = 0;
    note(&sample, "v1", (pid_t[]){40, 42}, 2);
    CU_ASSERT_EQUAL(sample.steal_ns, 0);
}

static void the_line_of_all_cpus_is_none_of_them(void)
{
    const struct csw_processes team = {0};
    struct csw_noise noise = read_tree("all-cpus", &team, 0);

    CU_ASSERT_EQUAL(noise.cpus, 2);
    csw_noise_release(&noise);
}

static void steal_of_a_cpu_that_is_not_shown_is_unknown(void)
{
    struct csw_worker worker = {.cpu = 2}; /* off line */
    struct csw_sample sample = {.workers = 1, .worker = &worker};

    note(&sample, "v1", (pid_t[]){40}, 1);
    CU_ASSERT_TRUE(isnan(sample.steal_ns));
    worker.cpu = 9;
    note(&sample, "v1", (pid_t[]){40}, 1);
    CU_ASSERT_TRUE(isnan(sample.steal_ns));
    worker.cpu = -1; /* took no part */
    note(&sample, "v1", (pid_t[]){40}, 1);
    CU_ASSERT_TRUE(isnan(sample.steal_ns));
}

static void migrations_are_those_of_all_threads_of_the_team(void)
{
    struct csw_worker workers[4] = {{.cpu = 0}};
    struct csw_sample sample = {.workers = 3, .worker = workers};

    note(&sample, "v1", (pid_t[]){40, 42}, 2);
    CU_ASSERT_EQUAL(sample.migrations, 1 + 4);
    sample.workers = 4; /* one of them is gone: what it did is not known */
    note(&sample, "v1", (pid_t[]){40, 42}, 2);
    CU_ASSERT_TRUE(isnan(sample.migrations));
}

static void a_system_that_shows_nothing_gives_nothing(void)
{
    pid_t pid = 40;
    const struct csw_processes team = {1, &pid};
    struct csw_noise noise = read_tree("bare", &team, 1);

    CU_ASSERT_EQUAL(noise.cpus, 0);
    CU_ASSERT_TRUE(isnan(noise.migrations) && isnan(noise.pressure_ns));
    CU_ASSERT_TRUE(isnan(noise.throttling.times) && isnan(noise.throttling.ns));
    csw_noise_release(&noise);
    csw_noise_release(&noise);
    csw_noise_release(NULL);
}

/* ---- availability --------------------------------------------------------------------------- */

static double availability(uint64_t busy_a, uint64_t cpu_a, uint64_t busy_b, uint64_t cpu_b)
{
    struct csw_worker workers[] = {{.start_ns = 7, .end_ns = 7 + busy_a, .cpu_ns = cpu_a},
                                   {.start_ns = 9, .end_ns = 9 + busy_b, .cpu_ns = cpu_b}};
    const struct csw_sample sample = {.workers = 2, .worker = workers};

    return csw_availability(&sample);
}

static void availability_is_that_of_the_worker_that_lacked_most(void)
{
    CU_ASSERT_DOUBLE_EQUAL(availability(10 * MS, 9 * MS, 20 * MS, 12 * MS), 0.6, 1e-12);
}

static void a_worker_that_was_done_early_lacked_nothing(void)
{
    CU_ASSERT_EQUAL(availability(80 * MS, 80 * MS, 10 * MS, 10 * MS), 1);
}

static void workers_of_less_than_a_millisecond_do_not_tell(void)
{
    CU_ASSERT_EQUAL(availability(80 * MS, 80 * MS, 2000, 900), 1);
    CU_ASSERT_TRUE(isnan(availability(2000, 900, 0, 0)));
}

/* ---- the rule ------------------------------------------------------------------------------- */

static struct csw_worker one_cpu = {.cpu = 0};
static const struct csw_sample quiet = {
    .workers = 1, .worker = &one_cpu, .availability = 0.995, .window_ns = 100e6, .switched = NAN};

/* Asserts what the rule says of a sample. */
static void says(const char *rule, const struct csw_point *point, const struct csw_sample *sample,
                 const char *expected)
{
    struct csw_exclude exclude;

    CU_ASSERT_EQUAL_FATAL(csw_exclude_parse(&exclude, rule, NULL), 0);
    char *why = csw_exclude_why(&exclude, point, sample);

    if (!CHECK(rule, why && strcmp(why, expected) == 0))
        printf("\n    '%s', expected '%s'\n    ", why ? why : "", expected);
    free(why);
}

static void the_default_rule_leaves_a_quiet_sample_alone(void)
{
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &quiet, "");
}

static void every_term_that_holds_is_a_reason(void)
{
    struct csw_sample sample = quiet;

    sample.availability = 0.61;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &sample, "availability 0.61");
    sample.throttled = 3;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &sample,
         "availability 0.61; throttled 3 times");
    sample.throttled = 1;
    sample.steal_ns = 3e6;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &sample,
         "availability 0.61; throttled 1 time; steal 3.0 %");
    sample.pressure_ns = 50e6;
    sample.migrations = 2;
    says("pressure>0.4  migrations>1", &(struct csw_point){0}, &sample,
         "pressure 50 %; migrated 2 times");
}

static void limits_themselves_are_allowed(void)
{
    struct csw_sample sample = quiet;

    sample.availability = 0.98;
    sample.steal_ns = 1e6;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &sample, "");
}

static void what_waits_or_takes_turns_has_no_availability(void)
{
    struct csw_sample sample = quiet;

    sample.availability = 0.01;
    sample.throttled = 2;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){.waits = true}, &sample, "throttled 2 times");
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){.oversubscribed = true}, &sample,
         "throttled 2 times");
}

static void workers_that_wait_of_themselves_have_no_availability(void)
{
    struct csw_sample sample = quiet; /* 1 worker */

    sample.availability = 0.48;
    sample.switched = 2;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &sample, "availability 0.48");
    sample.switched = 3;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &sample, "");
    sample.throttled = 1;
    says(CSW_EXCLUDE_DEFAULT, &(struct csw_point){0}, &sample, "throttled 1 time");
}

static void what_is_not_known_marks_nothing(void)
{
    struct csw_sample sample = quiet;

    sample.availability = sample.throttled = sample.steal_ns = sample.pressure_ns =
        sample.migrations = NAN;
    says("availability<2 throttled>-1 steal>-1 pressure>-1 migrations>-1", &(struct csw_point){0},
         &sample, "");
}

static void no_rule_marks_nothing(void)
{
    struct csw_sample sample = quiet;

    sample.availability = 0;
    says("none", &(struct csw_point){0}, &sample, "");
    says("", &(struct csw_point){0}, &sample, "");
}

static void a_rule_that_cannot_be_read_is_named(void)
{
    static const char *const rules[][2] = {{"availability", "'availability'"},
                                           {"availability<", "'availability<'"},
                                           {"availability<0.9x", "'availability<0.9x'"},
                                           {"<1", "'<1'"},
                                           {"steal>nan", "'steal>nan'"},
                                           {"stael>1", "did you mean 'steal'"},
                                           {"none none", "'none'"}};

    for (size_t i = 0; i < COUNT(rules); i++) {
        struct csw_exclude exclude = {.count = 77};
        struct csw_err err = {0};

        CHECK(rules[i][0], csw_exclude_parse(&exclude, rules[i][0], &err) == -EINVAL);
        CHECK(rules[i][0], exclude.count == 77);
        must_say(err.text, rules[i][1]);
        must_say(err.text, "--exclude");
    }
}

static void more_terms_than_there_is_room_for_are_refused(void)
{
    struct csw_exclude exclude;

    CU_ASSERT_EQUAL(
        csw_exclude_parse(&exclude,
                          "steal>1 steal>2 steal>3 steal>4 steal>5 steal>6 steal>7 steal>8", NULL),
        0);
    CU_ASSERT_EQUAL(exclude.count, CSW_MAX_TERMS);
    CU_ASSERT_EQUAL(csw_exclude_parse(&exclude,
                                      "steal>1 steal>2 steal>3 steal>4 steal>5 steal>6 steal>7 "
                                      "steal>8 steal>9",
                                      NULL),
                    -EINVAL);
}

/* ---- what the report says ------------------------------------------------------------------- */

#define SAMPLES 10

/* A file of ten samples, the first ones disturbed by the given reasons. */
static struct csw_results results_of(struct csw_sample samples[SAMPLES], const char *rule)
{
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = quiet;
    return (struct csw_results){.plan = {.exclude = (char *)rule},
                                .host = {.quota_cpus = NAN},
                                .samples = SAMPLES,
                                .sample = samples};
}

static void disturb(struct csw_sample *sample, const char *why, double availability_, double steal)
{
    sample->disturbed = (char *)why;
    sample->availability = availability_;
    sample->steal_ns = steal * sample->window_ns;
}

/* All sentences, one after the other. */
static const char *report_of(const struct csw_results *results)
{
    static char text[CSW_NOISE_SENTENCES * CSW_NOISE_SENTENCE_SIZE];
    struct csw_noise_report report;

    CU_ASSERT_EQUAL_FATAL(csw_noise_report_fill(&report, results, NULL), 0);
    *text = '\0';
    for (size_t i = 0; i < report.count; i++)
        strcat(strcat(text, report.sentence[i]), "\n");
    return text;
}

static void an_undisturbed_sweep_says_so_with_its_rule(void)
{
    struct csw_sample samples[SAMPLES];
    const struct csw_results results = results_of(samples, CSW_EXCLUDE_DEFAULT);

    CU_ASSERT_STRING_EQUAL(report_of(&results),
                           "None of the 10 samples counts as disturbed (rule: " CSW_EXCLUDE_DEFAULT
                           ").\n");
}

static void what_a_rule_asks_for_and_nobody_knows_is_said(void)
{
    struct csw_sample samples[SAMPLES];
    const struct csw_results results = results_of(samples, CSW_EXCLUDE_DEFAULT);
    const struct csw_results by_steal = results_of(samples, "steal>0.01");

    samples[2].availability = samples[3].availability = NAN;
    must_say(report_of(&results), "Availability is not known of 2 of 10 samples");
    CU_ASSERT_PTR_NULL(strstr(report_of(&by_steal), "not known"));
}

static void a_quota_is_named_with_its_file(void)
{
    struct csw_sample samples[SAMPLES];
    struct csw_results results = results_of(samples, CSW_EXCLUDE_DEFAULT);

    results.host.quota_cpus = 0.5;
    results.host.quota_source = (char *)"/sys/fs/cgroup/job/cpu.max";
    disturb(&samples[0], "throttled 3 times", 0.99, 0);
    disturb(&samples[1], "availability 0.50; throttled 1 time", 0.5, 0);
    must_say(report_of(&results), "2 of 10 samples were throttled by a CPU quota of 0.50 CPUs "
                                  "(/sys/fs/cgroup/job/cpu.max).\n2 of 10 samples count");
}

static void programs_are_told_from_a_hypervisor_by_the_time_that_is_missing(void)
{
    struct csw_sample samples[SAMPLES];
    const struct csw_results results = results_of(samples, CSW_EXCLUDE_DEFAULT);

    disturb(&samples[0], "availability 0.50", 0.5, 0);
    disturb(&samples[1], "availability 0.20; steal 3.0 %", 0.2, 0.03);
    disturb(&samples[2], "availability 0.90; steal 9.0 %", 0.9, 0.09);
    disturb(&samples[3], "availability 0.60", 0.6, NAN);
    const char *text = report_of(&results);

    must_say(text, "2 of 10 samples: the hypervisor took 6.0 % of their CPUs' time (median; at "
                   "most 9.0 %).");
    must_say(text, "3 of 10 samples: availability 0.50 (median; least 0.20): other programs took "
                   "the CPUs.");
    must_say(text, "4 of 10 samples count as disturbed");
}

static void under_all_three_each_is_named_and_the_quota_takes_the_blame(void)
{
    struct csw_sample samples[SAMPLES];
    struct csw_results results = results_of(samples, CSW_EXCLUDE_DEFAULT);

    results.host.quota_cpus = 0.5;
    results.host.quota_source = (char *)"/sys/fs/cgroup/cpu.max";
    disturb(&samples[0], "availability 0.20; throttled 3 times; steal 5.0 %", 0.2, 0.05);
    disturb(&samples[1], "availability 0.40", 0.4, 0);
    CU_ASSERT_STRING_EQUAL(
        report_of(&results),
        "1 of 10 samples was throttled by a CPU quota of 0.50 CPUs (/sys/fs/cgroup/cpu.max).\n"
        "1 of 10 samples: the hypervisor took 5.0 % of their CPUs' time (median; at most 5.0 %).\n"
        "1 of 10 samples: availability 0.40 (median; least 0.40): other programs took the CPUs.\n"
        "2 of 10 samples count as disturbed (rule: " CSW_EXCLUDE_DEFAULT "). They are kept, and "
        "marked in the file.\n");
}

static void one_sample_is_told_in_the_singular(void)
{
    struct csw_sample samples[SAMPLES];
    const struct csw_results results = results_of(samples, CSW_EXCLUDE_DEFAULT);

    disturb(&samples[3], "throttled 1 time", 0.99, 0);
    CU_ASSERT_STRING_EQUAL(report_of(&results),
                           "1 of 10 samples was throttled by a CPU quota.\n"
                           "1 of 10 samples counts as disturbed (rule: " CSW_EXCLUDE_DEFAULT
                           "). It is kept, and marked in the file.\n");
}

static void workers_that_waited_of_themselves_are_not_blamed_on_others(void)
{
    struct csw_sample samples[SAMPLES];
    const struct csw_results results = results_of(samples, CSW_EXCLUDE_DEFAULT);

    disturb(&samples[0], "availability 0.48", 0.48, 0);
    samples[0].switched = 40;
    CU_ASSERT_PTR_NULL(strstr(report_of(&results), "other programs"));
    must_say(report_of(&results), "1 of 10 samples was disturbed otherwise.");
}

static void other_reasons_are_counted(void)
{
    struct csw_sample samples[SAMPLES];
    const struct csw_results results = results_of(samples, "migrations>0");

    samples[0].disturbed = samples[9].disturbed = (char *)"migrated 2 times";
    must_say(report_of(&results), "2 of 10 samples were disturbed otherwise.");
}

static void without_a_rule_nothing_is_said(void)
{
    struct csw_sample samples[SAMPLES];
    struct csw_results results = results_of(samples, "none");

    CU_ASSERT_STRING_EQUAL(report_of(&results), "");
    results.plan.exclude = NULL; /* an older file */
    CU_ASSERT_STRING_EQUAL(report_of(&results), "");
}

static const struct test tests[] = {
    TEST(throttling_adds_up_over_all_groups_of_version_1),
    TEST(version_2_tells_throttling_and_pressure_of_the_own_group),
    TEST(the_clock_is_of_the_cycles_between_two_readings),
    TEST(steal_is_that_of_the_cpus_used_and_counts_each_once),
    TEST(the_line_of_all_cpus_is_none_of_them),
    TEST(steal_of_a_cpu_that_is_not_shown_is_unknown),
    TEST(migrations_are_those_of_all_threads_of_the_team),
    TEST(a_system_that_shows_nothing_gives_nothing),
    TEST(availability_is_that_of_the_worker_that_lacked_most),
    TEST(a_worker_that_was_done_early_lacked_nothing),
    TEST(workers_of_less_than_a_millisecond_do_not_tell),
    TEST(the_default_rule_leaves_a_quiet_sample_alone),
    TEST(every_term_that_holds_is_a_reason),
    TEST(limits_themselves_are_allowed),
    TEST(what_waits_or_takes_turns_has_no_availability),
    TEST(workers_that_wait_of_themselves_have_no_availability),
    TEST(what_is_not_known_marks_nothing),
    TEST(no_rule_marks_nothing),
    TEST(a_rule_that_cannot_be_read_is_named),
    TEST(more_terms_than_there_is_room_for_are_refused),
    TEST(an_undisturbed_sweep_says_so_with_its_rule),
    TEST(what_a_rule_asks_for_and_nobody_knows_is_said),
    TEST(a_quota_is_named_with_its_file),
    TEST(programs_are_told_from_a_hypervisor_by_the_time_that_is_missing),
    TEST(under_all_three_each_is_named_and_the_quota_takes_the_blame),
    TEST(one_sample_is_told_in_the_singular),
    TEST(workers_that_waited_of_themselves_are_not_blamed_on_others),
    TEST(other_reasons_are_counted),
    TEST(without_a_rule_nothing_is_said),
};

int main(void)
{
    return RUN_TESTS("noise", tests);
}
