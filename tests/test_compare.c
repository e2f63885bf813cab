/*
 * Proves that two result files are compared as they are: cells find their like, machines that
 * differ are refused, verdicts tell the truth that the times were made from, and the false alarms
 * that the selftest counts are those that were put in.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare.h"
#include "harness/pair.h"
#include "harness/random.h"
#include "harness/selftest.h"
#include "suite.h"

#define MAX_CELLS 8
#define MAX_ROUNDS 600

/* ---- files with a known truth ---------------------------------------------------------------- */

struct file {
    struct csw_results results;
    struct csw_report report;
    struct csw_point points[MAX_CELLS];
    struct csw_cell cells[MAX_CELLS];
    double round_ns[MAX_CELLS][MAX_ROUNDS];
};

static struct csw_point point_of(const char *driver, uint64_t workers)
{
    return (struct csw_point){.kernel = (char *)"trial",
                              .options = (char *)"",
                              .tasks = (char *)"50,60",
                              .schedule = (char *)"dynamic",
                              .driver = (char *)driver,
                              .settings = (char *)"",
                              .workers = workers,
                              .unit = (char *)"comparisons"};
}

static const struct csw_host here = {.hostname = (char *)"here",
                                     .cpu_model = (char *)"CPU",
                                     .topology = (char *)"1 package",
                                     .usable_cpus = (char *)"0-3",
                                     .usable_pus = 4,
                                     .quota_cpus = NAN,
                                     .revision = (char *)"abc"};

/* Cells of pthread with 1, 2, 3 ... workers; all rounds are still unknown. */
static struct file *file_new(size_t count, size_t rounds)
{
    struct file *file = calloc(1, sizeof *file);

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (size_t c = 0; c < count; c++) {
        file->points[c] = point_of("pthread", c + 1);
        file->cells[c].point = &file->points[c];
        file->cells[c].round_ns = file->round_ns[c];
        for (size_t r = 0; r < rounds; r++)
            file->round_ns[c][r] = NAN;
    }
    file->results.plan = (struct csw_plan){.count = count, .points = file->points};
    file->results.host = here;
    file->report = (struct csw_report){
        .results = &file->results, .count = count, .rounds = rounds, .cell = file->cells};
    return file;
}

static struct csw_compared side_of(const char *name, const struct file *file)
{
    return (struct csw_compared){.name = name, .report = &file->report};
}

static struct csw_comparison comparison_of(const struct file *a, const struct file *b)
{
    const struct csw_compared left = side_of("a.jsonl", a), right = side_of("b.jsonl", b);
    struct csw_comparison comparison = {0};

    CU_ASSERT_EQUAL_FATAL(csw_comparison_init(&comparison, &left, &right, 0.02, NULL), 0);
    return comparison;
}

/* Times of 1 ms with a little noise, times `factor`. */
static void fill_times(struct file *file, size_t cell, double factor, uint64_t *state)
{
    for (size_t r = 0; r < file->report.rounds; r++)
        file->round_ns[cell][r] = 1e6 * factor * (1 + 0.002 * csw_random_uniform(state));
}

/* ---- which cells are in both ----------------------------------------------------------------- */

static void cells_are_matched_in_any_order_and_the_rest_is_named(void)
{
    struct file *a = file_new(4, 1), *b = file_new(3, 1);

    b->points[0] = point_of("pthread", 3);
    b->points[1] = point_of("pthread", 1);
    b->points[2] = point_of("fork", 2);
    struct csw_comparison comparison = comparison_of(a, b);

    CU_ASSERT_EQUAL_FATAL(comparison.count, 2);
    CU_ASSERT(comparison.point[CSW_A][0] == 0 && comparison.point[CSW_B][0] == 1);
    CU_ASSERT(comparison.point[CSW_A][1] == 2 && comparison.point[CSW_B][1] == 0);
    CU_ASSERT_EQUAL_FATAL(comparison.only[CSW_A], 2);
    CU_ASSERT(comparison.alone[CSW_A][0] == 1 && comparison.alone[CSW_A][1] == 3);
    CU_ASSERT_EQUAL_FATAL(comparison.only[CSW_B], 1);
    CU_ASSERT_EQUAL(comparison.alone[CSW_B][0], 2);
    csw_comparison_release(&comparison);
    free(a);
    free(b);
}

/* Every text that makes another cell of it, one at a time. */
static void what_makes_another_cell_matches_nothing(void)
{
    static const size_t texts[] = {
        offsetof(struct csw_point, kernel), offsetof(struct csw_point, options),
        offsetof(struct csw_point, tasks),  offsetof(struct csw_point, schedule),
        offsetof(struct csw_point, driver), offsetof(struct csw_point, settings),
        offsetof(struct csw_point, block),  offsetof(struct csw_point, label)};
    struct file *a = file_new(1, 1);
    const struct csw_compared left = side_of("a.jsonl", a);

    for (size_t t = 0; t < COUNT(texts); t++) {
        struct file *b = file_new(1, 1);
        const struct csw_compared right = side_of("b.jsonl", b);
        struct csw_comparison comparison = {.count = 99};
        struct csw_err err = {0};

        *(char **)(void *)((char *)&b->points[0] + texts[t]) = (char *)"other";
        CU_ASSERT_EQUAL(csw_comparison_init(&comparison, &left, &right, 0.02, &err), -EINVAL);
        must_say(err.text, "'a.jsonl' and 'b.jsonl' have no cell in common");
        CU_ASSERT_EQUAL(comparison.count, 99);
        free(b);
    }
    free(a);
}

/* ---- machines -------------------------------------------------------------------------------- */

static void other_machines_are_refused_by_what_differs(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } texts[] = {{"hostname", offsetof(struct csw_host, hostname)},
                 {"cpu_model", offsetof(struct csw_host, cpu_model)},
                 {"topology", offsetof(struct csw_host, topology)},
                 {"usable_cpus", offsetof(struct csw_host, usable_cpus)},
                 {"governor", offsetof(struct csw_host, governor)},
                 {"smt", offsetof(struct csw_host, smt)},
                 {"hypervisor", offsetof(struct csw_host, hypervisor)},
                 {"placement", offsetof(struct csw_host, placement)}};
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(csw_comparable_hosts(&here, &here, NULL), 0);
    for (size_t t = 0; t < COUNT(texts); t++) {
        struct csw_host there = here;

        *(char **)(void *)((char *)&there + texts[t].offset) = (char *)"there";
        CU_ASSERT_EQUAL(csw_comparable_hosts(&here, &there, &err), -EINVAL);
        must_say(err.text, texts[t].name);
        must_say(err.text, "\"there\" in B");
    }
    struct csw_host limited = here;

    limited.quota_cpus = 0.5;
    CU_ASSERT_EQUAL(csw_comparable_hosts(&limited, &here, &err), -EINVAL);
    must_say(err.text, "quota_cpus");
}

/* A build is what is compared. */
static void other_builds_are_not_refused(void)
{
    struct csw_host there = here;

    there.revision = (char *)"def";
    there.compiler = (char *)"another";
    there.flags = (char *)"-O1";
    there.load_1min = 7;
    CU_ASSERT_EQUAL(csw_comparable_hosts(&here, &there, NULL), 0);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static void unpaired_files_tell_a_truth_beyond_their_noise(void)
{
    static const double truths[] = {1.1, 0.9, 1.001, 1.01};
    static const enum csw_verdict verdicts[] = {CSW_SLOWER, CSW_FASTER, CSW_EQUIVALENT,
                                                CSW_EQUIVALENT};
    struct file *a = file_new(COUNT(truths), 15), *b = file_new(COUNT(truths), 12);
    uint64_t state = 1;

    for (size_t c = 0; c < COUNT(truths); c++) {
        fill_times(a, c, 1, &state);
        fill_times(b, c, truths[c], &state);
    }
    struct csw_comparison comparison = comparison_of(a, b);

    CU_ASSERT_FALSE(comparison.paired);
    for (size_t c = 0; c < COUNT(truths); c++) {
        const struct csw_versus *versus = &comparison.versus[c];

        CU_ASSERT(versus->ratio.low < truths[c] && truths[c] < versus->ratio.high);
        CU_ASSERT_EQUAL(versus->verdict, verdicts[c]);
    }
    CU_ASSERT_EQUAL(csw_comparison_verdicts(&comparison, CSW_SLOWER), 1);
    csw_comparison_release(&comparison);
    free(a);
    free(b);
}

/* Rounds that go up by half: only files that say that they share their rounds are paired. */
static void files_of_one_pair_are_paired_by_round(void)
{
    struct file *a = file_new(1, 12), *b = file_new(1, 12);

    for (size_t r = 0; r < 12; r++) {
        a->round_ns[0][r] = 1e6 * (1 + (double)r / 24);
        b->round_ns[0][r] = 1.05 * a->round_ns[0][r];
    }
    a->results.plan.pair = (char *)"17-3";
    struct csw_comparison apart = comparison_of(a, b);

    b->results.plan.pair = (char *)"17-3";
    struct csw_comparison together = comparison_of(a, b);

    CU_ASSERT(!apart.paired && together.paired);
    CU_ASSERT_EQUAL(apart.versus[0].verdict, CSW_UNRESOLVED);
    CU_ASSERT_EQUAL(together.versus[0].verdict, CSW_SLOWER);
    CU_ASSERT_DOUBLE_EQUAL(together.versus[0].ratio.low, 1.05, 1e-9);
    csw_comparison_release(&apart);
    csw_comparison_release(&together);
    free(a);
    free(b);
}

/* The least p of n pairs is 2^(1-n), of n values against n 2 n!^2 / (2n)!. */
static void rounds_to_tell_are_those_whose_least_p_is_small_enough(void)
{
    CU_ASSERT_EQUAL(csw_rounds_to_tell(true, 1), 6);
    CU_ASSERT_EQUAL(csw_rounds_to_tell(true, 2), 7);
    CU_ASSERT_EQUAL(csw_rounds_to_tell(true, 10), 9);
    CU_ASSERT_EQUAL(csw_rounds_to_tell(true, 100), 12);
    CU_ASSERT_EQUAL(csw_rounds_to_tell(false, 1), 4);
    CU_ASSERT_EQUAL(csw_rounds_to_tell(false, 6), 5);
    CU_ASSERT_EQUAL(csw_rounds_to_tell(false, 7), 6);
}

/* ---- how it looks ---------------------------------------------------------------------------- */

/* What `print` writes; the caller frees it. */
static char *printed(const struct csw_comparison *comparison,
                     int (*print)(const struct csw_comparison *, FILE *, struct csw_err *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(print(comparison, out, NULL), 0);
    fclose(out);
    return text;
}

/* 2 cells in both, one of them slower and one never measured; one in A, one in B alone. */
static struct csw_comparison odd_comparison(struct file **ret_a, struct file **ret_b)
{
    struct file *a = file_new(3, 10), *b = file_new(3, 10);
    uint64_t state = 4;

    b->points[2] = point_of("fork", 1);
    b->results.host.revision = (char *)"def";
    fill_times(a, 0, 1, &state);
    fill_times(b, 0, 1.25, &state);
    *ret_a = a;
    *ret_b = b;
    return comparison_of(a, b);
}

static void the_table_says_which_is_which_and_what_is_missing(void)
{
    struct file *a, *b;
    struct csw_comparison comparison = odd_comparison(&a, &b);
    char *text = printed(&comparison, csw_comparison_table);

    must_say(text, "A: a.jsonl\nB: b.jsonl\n");
    must_say(text, "revision: \"abc\" in A, \"def\" in B");
    must_say(text, "unpaired: drift between the two files is not excluded");
    must_say(text, "Farthest apart: B takes 1.250 of A's time in trial, pthread, workers 1.");
    must_say(text, "only in A: trial, schedule dynamic, tasks 50,60, pthread, workers 3\n");
    must_say(text, "only in B: trial, schedule dynamic, tasks 50,60, fork, workers 1\n");
    must_say(text, "1 slower, 0 faster, 0 small, 0 equivalent, 1 unresolved\n");
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        CU_ASSERT(strcspn(line, "\n") <= 100);
    }
    free(text);
    csw_comparison_release(&comparison);
    free(a);
    free(b);
}

static void json_has_every_cell_with_its_verdict(void)
{
    struct file *a, *b;
    struct csw_comparison comparison = odd_comparison(&a, &b);
    char *text = printed(&comparison, csw_comparison_json);
    json_t *json = json_loads(text, 0, NULL);
    const json_t *cell = json_array_get(json_object_get(json, "cells"), 0);
    const char *verdict, *field;
    double ratio;
    int paired;

    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    CU_ASSERT_EQUAL(
        json_unpack(json, "{s:b, s:[{s:s}]}", "paired", &paired, "differences", "field", &field),
        0);
    CU_ASSERT_EQUAL(json_unpack((json_t *)cell, "{s:s, s:{s:F}}", "verdict", &verdict, "ratio",
                                "value", &ratio),
                    0);
    CU_ASSERT_STRING_EQUAL(verdict, "slower");
    CU_ASSERT_STRING_EQUAL(field, "revision");
    CU_ASSERT_DOUBLE_EQUAL(ratio, 1.25, 0.01);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(json, "cells")), 2);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(json, "only_a")), 1);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(json, "only_b")), 1);
    json_decref(json);
    free(text);
    csw_comparison_release(&comparison);
    free(a);
    free(b);
}

/* ---- who goes first -------------------------------------------------------------------------- */

/* Of two rounds each goes first in one; which one is drawn, so that either is as frequent. */
static void two_rounds_have_one_order_each_and_the_first_is_drawn(void)
{
    enum { SEEDS = 20, POINTS = 20, PAIRS = 10 };
    unsigned b_first = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        for (size_t point = 0; point < POINTS; point++)
            for (uint64_t round = 0; round < 2 * PAIRS; round += 2) {
                const bool first = csw_pair_begins_with_b(seed, point, round);

                CU_ASSERT_NOT_EQUAL(first, csw_pair_begins_with_b(seed, point, round + 1));
                b_first += first;
            }
    /* four standard errors of 4000 throws */
    CU_ASSERT_DOUBLE_EQUAL(b_first, SEEDS * POINTS * PAIRS / 2.0, 4 * sqrt(4000) / 2);
}

/* ---- the selftest ---------------------------------------------------------------------------- */

static struct csw_selftest selftest_of(const struct file *a, const struct file *b)
{
    struct csw_selftest selftest = {0};

    CU_ASSERT_EQUAL_FATAL(csw_selftest_analyse(&selftest, &a->report, &b->report, 0.02, NULL), 0);
    return selftest;
}

/* A machine whose speed wanders from round to round, and with it all of its cells. */
static void fill_wandering(struct file *a, struct file *b, double step, uint64_t *state)
{
    double walk = 0;

    for (size_t r = 0; r < a->report.rounds; r++) {
        walk += step * (csw_random_uniform(state) - 0.5);
        for (size_t c = 0; c < a->report.count; c++) {
            a->round_ns[c][r] = 1e6 * exp(walk + 0.01 * csw_random_uniform(state));
            b->round_ns[c][r] = 1e6 * exp(walk + 0.01 * csw_random_uniform(state));
        }
    }
}

static void drift_alarms_blocks_and_not_pairs(void)
{
    struct file *a = file_new(MAX_CELLS, MAX_ROUNDS), *b = file_new(MAX_CELLS, MAX_ROUNDS);
    uint64_t state = 8;

    fill_wandering(a, b, 0.05, &state);
    const struct csw_selftest selftest = selftest_of(a, b);

    CU_ASSERT_EQUAL(selftest.paired.comparisons, MAX_CELLS * MAX_ROUNDS / CSW_SELFTEST_ROUNDS);
    CU_ASSERT_EQUAL(selftest.blocks.comparisons, selftest.paired.comparisons);
    CU_ASSERT(selftest.paired.excluding > 0);
    CU_ASSERT((double)selftest.paired.excluding < 0.05 * (double)selftest.paired.comparisons);
    CU_ASSERT((double)selftest.blocks.excluding > 0.5 * (double)selftest.blocks.comparisons);
    CU_ASSERT_EQUAL(selftest.paired.verdicts, 0);
    CU_ASSERT(selftest.blocks.verdicts > 100);
    CU_ASSERT(selftest.paired.half_width < 0.01 && selftest.paired.exceeded < 0.01);
    CU_ASSERT(selftest.blocks.exceeded > 0.05);
    free(a);
    free(b);
}

/* Without drift both ways keep what they promise: 2.1 % and 4.3 % with 10 rounds. */
static void a_calm_machine_alarms_neither(void)
{
    struct file *a = file_new(MAX_CELLS, MAX_ROUNDS), *b = file_new(MAX_CELLS, MAX_ROUNDS);
    uint64_t state = 80;

    fill_wandering(a, b, 0, &state);
    const struct csw_selftest selftest = selftest_of(a, b);
    const double all = (double)selftest.paired.comparisons;

    CU_ASSERT_DOUBLE_EQUAL((double)selftest.paired.excluding / all, 0.0215, 0.026);
    CU_ASSERT_DOUBLE_EQUAL((double)selftest.blocks.excluding / all, 0.0433, 0.037);
    CU_ASSERT_DOUBLE_EQUAL(selftest.paired.excluding_share.value,
                           (double)selftest.paired.excluding / all, 1e-12);
    CU_ASSERT(selftest.paired.excluding_share.low < 0.0215);
    CU_ASSERT(selftest.paired.excluding_share.high > 0.0215);
    CU_ASSERT(selftest.paired.verdicts_share.low == 0 && selftest.paired.verdicts_share.high < 1);
    free(a);
    free(b);
}

static void comparisons_that_have_no_interval_do_not_count(void)
{
    struct file *a = file_new(2, 20), *b = file_new(2, 20);
    struct csw_selftest selftest;
    uint64_t state = 2;

    fill_wandering(a, b, 0, &state);
    for (size_t r = 0; r < 10; r++)
        a->round_ns[1][r] = NAN;
    selftest = selftest_of(a, b);
    CU_ASSERT_EQUAL(selftest.paired.comparisons, 3);
    a->report.rounds = CSW_SELFTEST_ROUNDS - 1;
    CU_ASSERT_EQUAL(csw_selftest_analyse(&selftest, &a->report, &b->report, 0.02, NULL), -EINVAL);
    CU_ASSERT_EQUAL(selftest.paired.comparisons, 3);
    free(a);
    free(b);
}

static const struct test tests[] = {
    TEST(cells_are_matched_in_any_order_and_the_rest_is_named),
    TEST(what_makes_another_cell_matches_nothing),
    TEST(other_machines_are_refused_by_what_differs),
    TEST(other_builds_are_not_refused),
    TEST(unpaired_files_tell_a_truth_beyond_their_noise),
    TEST(files_of_one_pair_are_paired_by_round),
    TEST(rounds_to_tell_are_those_whose_least_p_is_small_enough),
    TEST(the_table_says_which_is_which_and_what_is_missing),
    TEST(json_has_every_cell_with_its_verdict),
    TEST(two_rounds_have_one_order_each_and_the_first_is_drawn),
    TEST(drift_alarms_blocks_and_not_pairs),
    TEST(a_calm_machine_alarms_neither),
    TEST(comparisons_that_have_no_interval_do_not_count),
};

int main(void)
{
    return RUN_TESTS("compare", tests);
}
