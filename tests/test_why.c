/*
 * Proves that the sentence names the cause that made-up samples have, with what replays and the
 * control say to it, and that it claims nothing that the intervals do not resolve.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/random.h"
#include "harness/report_why.h"
#include "harness/why.h"
#include "suite.h"

#define MS 1e6
#define TASKS "1000,2000,5000,3000,100" /* the largest one has 64 % of the work of `trial` */
#define MAX_POINTS 8
#define MAX_SAMPLES 200

/* ---- results with a known cause -------------------------------------------------------------- */

struct world {
    struct csw_results results;
    struct csw_point point[MAX_POINTS];
    struct csw_sample sample[MAX_SAMPLES];
    struct csw_worker worker[MAX_SAMPLES][8];
    uint64_t noise;
};

static struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);

    CU_ASSERT_PTR_NOT_NULL_FATAL(world);
    world->results.plan = (struct csw_plan){.rounds = 1, .points = world->point};
    world->results.host = (struct csw_host){.usable_pus = 4, .quota_cpus = NAN};
    world->results.sample = world->sample;
    world->noise = 1;
    return world;
}

static size_t add_point(struct world *world, const char *kernel, const char *tasks,
                        const char *schedule, const char *driver, uint64_t workers)
{
    const size_t index = world->results.plan.count++;

    CU_ASSERT_FATAL(index < MAX_POINTS);
    world->point[index] = (struct csw_point){.kernel = (char *)kernel,
                                             .options = (char *)"",
                                             .tasks = (char *)tasks,
                                             .schedule = (char *)schedule,
                                             .driver = (char *)driver,
                                             .settings = (char *)"",
                                             .workers = workers,
                                             .oversubscribed = workers > 4,
                                             .unit = (char *)"steps"};
    return index;
}

/* What each of two workers, or one, does of a run. */
struct run {
    double wall_ms, window_ms[2], cpu_ms[2];
};

/* The same in so many rounds, but for a little noise of the wall time. */
static void add_rounds(struct world *world, size_t point, uint64_t rounds, double spread,
                       struct run run)
{
    for (uint64_t r = 0; r < rounds; r++) {
        const size_t index = world->results.samples++;
        struct csw_worker *worker = world->worker[index];
        const double factor = 1 + spread * (csw_random_uniform(&world->noise) - 0.5);

        CU_ASSERT_FATAL(index < MAX_SAMPLES);
        for (size_t w = 0; w < world->point[point].workers; w++)
            worker[w] =
                (struct csw_worker){.start_ns = 1,
                                    .cpu_ns = (uint64_t)(run.cpu_ms[w % 2] * factor * MS),
                                    .end_ns = 1 + (uint64_t)(run.window_ms[w % 2] * factor * MS)};
        world->sample[index] = (struct csw_sample){.point = point,
                                                   .round = r,
                                                   .workers = world->point[point].workers,
                                                   .region_ns = run.wall_ms * factor * MS,
                                                   .work = 1,
                                                   .worker = worker};
    }
}

#define SERIAL                                                                                     \
    {                                                                                              \
        100, {100, 0},                                                                             \
        {                                                                                          \
            100, 0                                                                                 \
        }                                                                                          \
    }
#define ROUNDS 8

/* A serial base of 100 ms and one point, of two workers, that does `run`. */
static struct world *two_workers(const char *schedule, uint64_t rounds, double spread,
                                 struct run run)
{
    struct world *world = world_new();

    add_rounds(world, add_point(world, "trial", TASKS, "whole", "serial", 1), rounds, spread,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "trial", TASKS, schedule, "pthread", 2), rounds, spread,
               run);
    return world;
}

/* The sentence on the last point, in a static buffer; the world is gone. */
static const char *sentence_of(struct world *world)
{
    static char text[1000];
    struct csw_report report = {0};
    const size_t last = world->results.plan.count - 1;
    FILE *out = fmemopen(text, sizeof text, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    world->results.plan.rounds = ROUNDS;
    CU_ASSERT_EQUAL_FATAL(csw_report_init(&report, &world->results, NULL), 0);
    const struct csw_replay replay =
        csw_replay_of_point(&world->point[last], NULL, &world->results.host);

    csw_why_print(&report, last, &replay, out);
    fclose(out);
    csw_report_release(&report);
    free(world);
    return text;
}

/* ---- causes ---------------------------------------------------------------------------------- */

#define IMBALANCED                                                                                 \
    {                                                                                              \
        64, {64, 36},                                                                              \
        {                                                                                          \
            64, 36                                                                                 \
        }                                                                                          \
    }

static void unequal_tasks_are_imbalance_that_another_schedule_mends(void)
{
    const char *sentence = sentence_of(two_workers("whole", ROUNDS, 0, (struct run)IMBALANCED));

    must_say(sentence,
             "at 2 workers 1.56x: 22 % [22, 22] of the ideal speedup is lost, 100 % of it "
             "by imbalance (the largest task is 64 % of the work; whole allows 1.50x, "
             "longest first would allow 1.56x, dynamic 2.00x)");
    CU_ASSERT_PTR_NULL(strstr(sentence, "control"));
}

static void the_control_of_the_same_driver_and_workers_is_the_ceiling(void)
{
    struct world *world = world_new();
    const size_t control = add_point(world, "spin", "1e5", "dynamic", "pthread", 2);

    add_rounds(world, control, ROUNDS, 0, (struct run){55, {55, 55}, {55, 55}});
    add_rounds(world, add_point(world, "spin", "1e5", "dynamic", "fork", 2), ROUNDS, 0,
               (struct run){90, {90, 90}, {90, 90}});
    add_rounds(world, add_point(world, "spin", "1e5", "whole", "serial", 1), ROUNDS, 0,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "trial", TASKS, "whole", "serial", 1), ROUNDS, 0,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "trial", TASKS, "whole", "pthread", 2), ROUNDS, 0,
               (struct run)IMBALANCED);
    must_say(sentence_of(world), "; the control, spin, reaches 1.82x");
}

static void even_work_that_is_done_unevenly_is_no_fault_of_the_schedule(void)
{
    const char *sentence = sentence_of(two_workers("dynamic", ROUNDS, 0, (struct run)IMBALANCED));

    must_say(sentence,
             "by imbalance (not of the work, of which dynamic allows 2.00x: workers were held up, "
             "or their CPUs differ)");
    CU_ASSERT_PTR_NULL(strstr(sentence, "would"));
}

static void workers_without_a_cpu_waited_for_one(void)
{
    const struct run run = {100, {100, 100}, {50, 50}};
    const char *sentence = sentence_of(two_workers("dynamic", ROUNDS, 0, run));

    must_say(sentence, "50 % [50, 50] of the ideal speedup is lost, 100 % of it by workers that "
                       "were held up (by a lock or by memory, since they were hardly ever "
                       "preempted)");
}

static void a_late_start_is_neither_imbalance_nor_a_cpu_that_others_had(void)
{
    const struct run run = {80, {50, 50}, {50, 50}};

    must_say(sentence_of(two_workers("dynamic", ROUNDS, 0, run)),
             "100 % of it by waking up and waiting for the last");
}

static void the_same_work_in_more_cpu_time_is_inflation(void)
{
    const struct run run = {75, {75, 75}, {75, 75}};

    must_say(
        sentence_of(two_workers("dynamic", ROUNDS, 0, run)),
        "33 % [33, 33] of the ideal speedup is lost, 100 % of it by more CPU time for the same "
        "work (1.50x: a lower clock, or cores shared with others)");
}

static void several_causes_have_their_shares(void)
{
    const struct run run = {100, {100, 100}, {80, 48}}; /* balance 0.8, CPU 0.8, inflation 1.28 */
    const char *sentence = sentence_of(two_workers("dynamic", ROUNDS, 0, run));

    must_say(sentence, "50 % [50, 50] of the ideal speedup is lost, 36 % of it by more CPU time");
    must_say(sentence, ", 32 % by imbalance (not");
}

/* Sets what the samples of the last point tell besides their times. */
static struct csw_sample *last_samples(struct world *world)
{
    return &world->sample[world->results.samples - ROUNDS];
}

#define HELD_UP                                                                                    \
    {                                                                                              \
        100, {100, 100},                                                                           \
        {                                                                                          \
            50, 50                                                                                 \
        }                                                                                          \
    }

static void who_held_workers_up_is_told_by_the_samples(void)
{
    struct world *quota = two_workers("dynamic", ROUNDS, 0, (struct run)HELD_UP);
    struct world *stolen = two_workers("dynamic", ROUNDS, 0, (struct run)HELD_UP);
    struct world *preempted = two_workers("dynamic", ROUNDS, 0, (struct run)HELD_UP);

    quota->results.host.quota_cpus = 1.5;
    for (size_t i = 0; i < ROUNDS; i++) {
        last_samples(quota)[i].throttled = i % 2 ? 3 : 0;
        last_samples(stolen)[i].availability = 0.5;
        last_samples(stolen)[i].window_ns = 100 * MS;
        last_samples(stolen)[i].steal_ns = 60 * MS; /* of two CPUs */
        last_samples(stolen)[i].worker[1].cpu = 1;
        last_samples(preempted)[i].worker[1].preempted = 7;
    }
    must_say(sentence_of(quota), "held up (by a CPU quota of 1.50 CPUs)");
    must_say(sentence_of(stolen), "held up (by a hypervisor that took their CPUs)");
    must_say(sentence_of(preempted), "held up (by others on their CPUs, or by a lock; preempted 7 "
                                     "times a run)");
}

static void what_a_schedule_allows_is_within_the_quota(void)
{
    struct world *world = two_workers("whole", ROUNDS, 0, (struct run)IMBALANCED);

    world->results.host.quota_cpus = 1;
    must_say(sentence_of(world), "(the largest task is 64 % of the work; whole allows 1.00x within "
                                 "a quota of 1.00 CPUs)");
}

static void workers_that_took_no_part_are_no_fault_of_the_work(void)
{
    struct world *world = two_workers("late", ROUNDS, 0, (struct run){100, {100, 0}, {100, 0}});

    for (size_t i = 0; i < ROUNDS; i++)
        last_samples(world)[i].joined = i < 2 ? 2 : 1;
    must_say(sentence_of(world), "by imbalance (not of the work, of which late allows 2.00x: of 2 "
                                 "workers 1.2 took part on average)");
}

/* The work of one worker takes 160 ms under the driver: two need 80 each. */
static void what_one_worker_pays_already_is_the_price_of_the_driver(void)
{
    struct world *world = world_new();

    add_rounds(world, add_point(world, "trial", TASKS, "whole", "serial", 1), ROUNDS, 0,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "trial", TASKS, "dynamic:1", "pthread", 1), ROUNDS, 0,
               (struct run){160, {160, 0}, {160, 0}});
    add_rounds(world, add_point(world, "trial", TASKS, "dynamic:1", "pthread", 2), ROUNDS, 0,
               (struct run){85, {85, 85}, {85, 85}});
    must_say(sentence_of(world), "by more CPU time for the same work (1.70x: 1.60x with one worker "
                                 "already, the price of the driver)");
}

/* 2 x 100 ms for work of 100 ms in a million chunks. */
static void small_chunks_cost_their_handing_out(void)
{
    const struct run run = {100, {100, 100}, {100, 100}};
    struct world *many = two_workers("dynamic:1", ROUNDS, 0, run);
    struct world *few = two_workers("dynamic", ROUNDS, 0, run);

    for (size_t i = 0; i < ROUNDS; i++)
        for (size_t w = 0; w < 2; w++) {
            last_samples(many)[i].worker[w].chunks = 500000;
            last_samples(few)[i].worker[w].chunks = 500;
        }
    must_say(sentence_of(many), "by more CPU time for the same work (2.00x: 100 ns more for each "
                                "chunk, the price of handing it out)");
    must_say(sentence_of(few), "(2.00x: a lower clock, or cores shared with others)");
}

static void a_control_that_loses_nothing_clears_the_clock(void)
{
    struct world *world = world_new();
    const struct run slow = {75, {75, 75}, {75, 75}}, fine = {50, {50, 50}, {50, 50}};

    add_rounds(world, add_point(world, "spin", "1e5", "whole", "serial", 1), ROUNDS, 0,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "spin", "1e5", "dynamic", "pthread", 2), ROUNDS, 0, fine);
    add_rounds(world, add_point(world, "array", "1e5", "whole", "serial", 1), ROUNDS, 0,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "array", "1e5", "dynamic", "pthread", 2), ROUNDS, 0, slow);
    for (size_t i = 0; i < ROUNDS; i++)
        last_samples(world)[i].data_bytes = 800000;
    must_say(sentence_of(world), "more CPU time for the same work (1.50x: memory, caches or cores "
                                 "shared with others); the control, spin, reaches 2.00x");
}

static void a_clock_that_is_known_is_a_cause_of_its_own(void)
{
    struct world *world = two_workers("dynamic", ROUNDS, 0, (struct run){75, {75, 75}, {75, 75}});

    for (size_t i = 0; i < world->results.samples; i++)
        world->sample[i].clock_hz = world->sample[i].point == 0 ? 4e9 : 3e9;
    must_say(sentence_of(world), "71 % of it by a lower clock (0.75 of that of the base), 29 % by "
                                 "more cycles for the same work (1.12x: cores shared with others)");
}

/* Balance 0.625 and inflation 1.28: more is lost by imbalance than in all. */
static void what_is_won_back_is_told(void)
{
    const struct run run = {62.5, {62.5, 15.625}, {62.5, 15.625}};

    must_say(sentence_of(two_workers("whole", ROUNDS, 0, run)),
             "dynamic 2.00x); less CPU time for the same work wins 1.28x back");
}

/* Four equal tasks on two CPUs: the host's number of CPUs is no imbalance of the work. */
static void equal_tasks_are_no_imbalance_where_workers_share_cpus(void)
{
    struct world *world = world_new();
    const struct run run = {100, {100, 100}, {45, 5}};

    world->results.host.usable_pus = 2;
    add_rounds(world, add_point(world, "trial", "500x4", "whole", "serial", 1), ROUNDS, 0,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "trial", "500x4", "whole", "fork", 4), ROUNDS, 0, run);
    world->point[1].oversubscribed = true;
    must_say(sentence_of(world), "by imbalance (not of the work, of which whole allows 2.00x");
}

static void a_second_cause_is_explained_if_it_is_large(void)
{
    const struct run run = {100, {100, 56}, {100, 56}}; /* balance 0.78, inflation 1.56 */

    must_say(sentence_of(two_workers("whole", ROUNDS, 0, run)),
             "36 % by imbalance (the largest task is 64 % of the work; whole allows 1.50x");
}

static void without_windows_serialisation_is_one_cause(void)
{
    struct world *world = two_workers("dynamic", ROUNDS, 0, (struct run){80, {0, 0}, {50, 50}});

    must_say(sentence_of(world),
             "100 % of it by time in which not even the busiest worker computed");
}

/* ---- what is not resolved -------------------------------------------------------------------- */

static void what_is_no_loss_is_not_explained(void)
{
    const struct run even = {50, {50, 50}, {50, 50}}, fast = {45, {45, 45}, {45, 45}};

    must_say(sentence_of(two_workers("dynamic", ROUNDS, 0.1, even)),
             "at 2 workers no loss is resolved: efficiency ");
    must_say(sentence_of(two_workers("dynamic", ROUNDS, 0, fast)),
             "more than the ideal: efficiency 1.11 [1.11, 1.11], since the same work took 0.90x");
}

static void a_cause_within_the_noise_is_called_not_resolved(void)
{
    const struct run run = {90, {90, 21}, {90, 21}};
    const char *sentence = sentence_of(two_workers("dynamic", ROUNDS, 0.3, run));

    must_say(sentence, "by more CPU time for the same work (not resolved)");
}

static void five_rounds_resolve_nothing(void)
{
    must_say(sentence_of(two_workers("whole", 5, 0, (struct run)IMBALANCED)),
             "at 2 workers not resolved: 5 rounds are too few for an interval");
}

/* ---- other work ------------------------------------------------------------------------------ */

static void work_that_waits_is_judged_by_its_order_alone(void)
{
    struct world *world = world_new();

    add_rounds(world, add_point(world, "sleep", "1,2,3", "whole", "serial", 1), ROUNDS, 0,
               (struct run){6, {6, 0}, {0, 0}});
    add_rounds(world, add_point(world, "sleep", "1,2,3", "whole", "pthread", 2), ROUNDS, 0,
               (struct run){4, {4, 2}, {0, 0}});
    world->point[0].waits = world->point[1].waits = true;
    must_say(
        sentence_of(world),
        "at 2 workers 1.50x [1.50, 1.50]; whole allows 1.50x, longest first would allow 2.00x");
}

static void a_kernel_of_another_build_has_shares_without_a_replay(void)
{
    struct world *world = two_workers("whole", ROUNDS, 0, (struct run)IMBALANCED);

    world->point[0].kernel = world->point[1].kernel = (char *)"of-tomorrow";
    const char *sentence = sentence_of(world);

    must_say(sentence, "100 % of it by imbalance");
    CU_ASSERT_PTR_NULL(strstr(sentence, "allow"));
}

/* ---- which points ---------------------------------------------------------------------------- */

static void the_largest_team_with_a_cpu_for_each_is_explained(void)
{
    static const struct {
        uint64_t workers;
        bool explained;
    } table[] = {{1, false}, {2, false}, {4, true}, {8, false}};
    struct world *world = two_workers("whole", ROUNDS, 0, (struct run)IMBALANCED);
    struct csw_report report = {0};
    size_t point[COUNT(table)];

    for (size_t i = 0; i < COUNT(table); i++) {
        point[i] = add_point(world, "trial", TASKS, "dynamic", "pthread", table[i].workers);
        add_rounds(world, point[i], ROUNDS, 0, (struct run)IMBALANCED);
    }
    world->results.plan.rounds = ROUNDS;
    CU_ASSERT_EQUAL_FATAL(csw_report_init(&report, &world->results, NULL), 0);
    for (size_t i = 0; i < COUNT(table); i++)
        CU_ASSERT_EQUAL(csw_why_explains(&report, point[i]), table[i].explained);
    CU_ASSERT(!csw_why_explains(&report, 0)); /* the base */
    CU_ASSERT(csw_why_explains(&report, 1));  /* another schedule is another curve */

    json_t *json = csw_report_why_json(&report);

    CU_ASSERT_EQUAL(json_array_size(json), 2);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_array_get(json, 1), "workers")), 4);
    json_decref(json);
    csw_report_release(&report);
    free(world);
}

static void workers_that_share_cpus_are_explained_where_there_are_no_others(void)
{
    struct world *world = world_new();
    const struct run run = {50, {50, 50}, {25, 25}};

    add_rounds(world, add_point(world, "trial", TASKS, "whole", "serial", 1), ROUNDS, 0,
               (struct run)SERIAL);
    add_rounds(world, add_point(world, "trial", TASKS, "dynamic", "fork", 8), ROUNDS, 0, run);
    must_say(sentence_of(world), "by workers that were held up (they share 4 CPUs)");
}

int main(void)
{
    static const struct test tests[] = {
        TEST(unequal_tasks_are_imbalance_that_another_schedule_mends),
        TEST(the_control_of_the_same_driver_and_workers_is_the_ceiling),
        TEST(even_work_that_is_done_unevenly_is_no_fault_of_the_schedule),
        TEST(workers_without_a_cpu_waited_for_one),
        TEST(a_late_start_is_neither_imbalance_nor_a_cpu_that_others_had),
        TEST(the_same_work_in_more_cpu_time_is_inflation),
        TEST(several_causes_have_their_shares),
        TEST(who_held_workers_up_is_told_by_the_samples),
        TEST(what_a_schedule_allows_is_within_the_quota),
        TEST(workers_that_took_no_part_are_no_fault_of_the_work),
        TEST(what_one_worker_pays_already_is_the_price_of_the_driver),
        TEST(small_chunks_cost_their_handing_out),
        TEST(a_control_that_loses_nothing_clears_the_clock),
        TEST(a_clock_that_is_known_is_a_cause_of_its_own),
        TEST(what_is_won_back_is_told),
        TEST(equal_tasks_are_no_imbalance_where_workers_share_cpus),
        TEST(a_second_cause_is_explained_if_it_is_large),
        TEST(without_windows_serialisation_is_one_cause),
        TEST(what_is_no_loss_is_not_explained),
        TEST(a_cause_within_the_noise_is_called_not_resolved),
        TEST(five_rounds_resolve_nothing),
        TEST(work_that_waits_is_judged_by_its_order_alone),
        TEST(a_kernel_of_another_build_has_shares_without_a_replay),
        TEST(the_largest_team_with_a_cpu_for_each_is_explained),
        TEST(workers_that_share_cpus_are_explained_where_there_are_no_others),
    };

    return RUN_TESTS("why", tests);
}
