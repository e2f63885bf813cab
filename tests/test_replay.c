/*
 * Proves the bounds of a makespan against the best of all assignments on 20,000 random lists, and
 * that replays are what the schedules do: worked out by hand on small lists and on the tutorial's
 * five tasks.
 */
#include <math.h>
#include <string.h>

#include "harness/random.h"
#include "harness/replay.h"
#include "suite.h"

/* ---- against brute force --------------------------------------------------------------------- */

#define MOST_PIECES 7
#define MOST_WORKERS 4

struct search {
    const double *work;
    size_t count;
    unsigned workers;
    double load[MOST_WORKERS], best;
};

/* A worker with the load of one that was tried need not be tried; nor what is no better. */
static bool is_worth_trying(const struct search *search, size_t piece, unsigned worker)
{
    for (unsigned w = 0; w < worker; w++)
        if (search->load[w] == search->load[worker])
            return false;
    return search->load[worker] + search->work[piece] < search->best;
}

static void assign_from(struct search *search, size_t piece, double makespan)
{
    if (piece == search->count) {
        search->best = makespan;
        return;
    }
    for (unsigned w = 0; w < search->workers; w++) {
        const double before = search->load[w];

        if (!is_worth_trying(search, piece, w))
            continue;
        search->load[w] += search->work[piece];
        assign_from(search, piece + 1, fmax(makespan, search->load[w]));
        search->load[w] = before;
    }
}

static double sum_of(const double *work, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += work[i];
    return sum;
}

static double best_speedup(const double *work, size_t count, unsigned workers)
{
    struct search search = {.work = work, .count = count, .workers = workers, .best = INFINITY};

    assign_from(&search, 0, 0);
    return sum_of(work, count) / search.best;
}

/* Evenly or very unevenly distributed work. */
static size_t draw_work(uint64_t *state, double ret_work[MOST_PIECES])
{
    const size_t count = 1 + csw_random_below(state, MOST_PIECES);
    const double spread = (double)csw_random_below(state, 4);

    for (size_t i = 0; i < count; i++)
        ret_work[i] = exp(spread * csw_random_uniform(state));
    return count;
}

/* How often a bound was met, so that it is not just any number. */
struct met {
    unsigned any_order, longest_first, greedy;
};

static void check_bounds(const double *work, size_t count, unsigned workers, struct met *met)
{
    const double slack = 1 + 1e-9;
    const double best = best_speedup(work, count, workers);
    const double any = csw_bound_in_any_order(work, count, workers, workers);
    const double list = csw_replay_units(work, count, CSW_DYNAMIC, workers, workers);
    const double longest = csw_bound_longest_first(work, count, workers, workers);
    const double greedy = csw_bound_of_greedy(work, count, workers);
    const double graham = 4.0 / 3 - 1 / (3.0 * workers);

    CU_ASSERT(best <= any * slack);
    CU_ASSERT(list <= best * slack && longest <= best * slack);
    CU_ASSERT(greedy <= list * slack && greedy <= longest * slack);
    CU_ASSERT(longest * graham * slack >= best);
    met->any_order += any <= best * slack;
    met->longest_first += longest * slack >= best;
    met->greedy += greedy * slack >= list;
}

static void bounds_hold_against_all_assignments_of_20000_random_lists(void)
{
    double work[MOST_PIECES];
    struct met met = {0};
    uint64_t state = 1;

    for (int i = 0; i < 20000; i++) {
        const size_t count = draw_work(&state, work);

        check_bounds(work, count, 1 + (unsigned)csw_random_below(&state, MOST_WORKERS), &met);
    }
    CU_ASSERT(met.any_order > 10000 && met.any_order < 20000);
    CU_ASSERT(met.longest_first > 10000 && met.longest_first < 20000);
    CU_ASSERT(met.greedy > 1000 && met.greedy < 20000);
}

static void the_bounds_are_those_of_graham_at_his_own_examples(void)
{
    static const double worst_list[] = {1, 1, 2}; /* 3 by two workers, at best 2 */
    static const double worst_sorted[] = {3, 3, 2, 2, 2};

    CU_ASSERT_DOUBLE_EQUAL(csw_bound_of_greedy(worst_list, 3, 2), 4.0 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_replay_units(worst_list, 3, CSW_WHOLE, 2, 2), 4.0 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_bound_longest_first(worst_sorted, 5, 2, 2) * (4.0 / 3 - 1.0 / 6), 2,
                           1e-12);
    CU_ASSERT(isnan(csw_bound_of_greedy(worst_list, 0, 2)));
    CU_ASSERT(isnan(csw_bound_of_greedy(worst_list, 3, 0)));
}

/* ---- schedules ------------------------------------------------------------------------------- */

/* Two workers take 3 of 6, 2 of 3 and 1: 6 on one; 5 + 1 on the other. */
static void guided_hands_out_even_parts_of_what_is_left(void)
{
    static const double units[] = {1, 2, 3, 4, 1, 1};

    CU_ASSERT_DOUBLE_EQUAL(csw_replay_units(units, 6, CSW_GUIDED, 2, 2), 12.0 / 6, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_replay_units(units, 6, CSW_GUIDED, 1, 1), 1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_replay_units(units, 6, CSW_GUIDED, 6, 6), 3, 1e-12);
}

static void dynamic_gives_the_next_unit_to_whoever_is_free(void)
{
    static const double units[] = {5, 1, 1, 1, 4};

    CU_ASSERT_DOUBLE_EQUAL(csw_replay_units(units, 5, CSW_DYNAMIC, 2, 2), 12.0 / 7, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(csw_replay_units(units, 5, CSW_LATE, 3, 3), 12.0 / 5, 1e-12);
}

static void nothing_to_hand_out_has_no_speedup(void)
{
    static const double zeros[] = {0, 0};

    CU_ASSERT(isnan(csw_replay_units(zeros, 2, CSW_GUIDED, 2, 2)));
    CU_ASSERT(isnan(csw_replay_units(zeros, 0, CSW_GUIDED, 2, 2)));
    CU_ASSERT(isnan(csw_replay_units(zeros, 2, CSW_GUIDED, 0, 2)));
}

/* ---- points ---------------------------------------------------------------------------------- */

static struct csw_replay replay_by(const char *kernel, const char *tasks, const char *schedule,
                                   const char *driver, unsigned workers,
                                   const struct csw_cost *measured)
{
    const struct csw_point point = {.kernel = (char *)kernel,
                                    .options = (char *)"",
                                    .tasks = (char *)tasks,
                                    .schedule = (char *)schedule,
                                    .driver = (char *)driver,
                                    .workers = workers};
    const struct csw_host host = {.usable_pus = 4, .quota_cpus = NAN};

    return csw_replay_of_point(&point, measured, &host);
}

static struct csw_replay replay_of(const char *kernel, const char *tasks, const char *schedule,
                                   const char *driver, unsigned workers)
{
    return replay_by(kernel, tasks, schedule, driver, workers, NULL);
}

#define TASKS "1000,2000,5000,3000,100"

static void the_tutorial_gains_by_sorting_its_tasks_and_more_by_cutting_them(void)
{
    const struct csw_replay replay = replay_of("trial", TASKS, "whole", "pthread", 2);

    CU_ASSERT_DOUBLE_EQUAL(replay.own, 1.498, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(replay.largest, 24652485.0 / 38383511, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(replay.greedy, 1 / (0.5 + 0.5 * replay.largest), 1e-9);
    CU_ASSERT_EQUAL(replay.by[CSW_REPLAY_WHOLE], replay.own);
    CU_ASSERT_DOUBLE_EQUAL(replay.by[CSW_REPLAY_LONGEST_FIRST], 1.557, 5e-4);
    CU_ASSERT(replay.by[CSW_REPLAY_DYNAMIC] > 1.99 && replay.by[CSW_REPLAY_DYNAMIC] <= 2);
    CU_ASSERT(replay.by[CSW_REPLAY_GUIDED] > 1.5 && replay.by[CSW_REPLAY_GUIDED] <= 2);
    CU_ASSERT_DOUBLE_EQUAL(replay.by[CSW_REPLAY_STATIC], 2, 0.02);
}

static void what_kernel_or_driver_cannot_do_is_not_replayed(void)
{
    const struct csw_replay waits = replay_of("sleep", "1,2,3", "whole", "pthread", 2);
    const struct csw_replay unknown = replay_of("of-tomorrow", "1,2,3", "whole", "pthread", 2);

    CU_ASSERT_DOUBLE_EQUAL(waits.own, 1.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(waits.by[CSW_REPLAY_LONGEST_FIRST], 2, 1e-12);
    CU_ASSERT(isnan(waits.by[CSW_REPLAY_DYNAMIC]) && isnan(waits.by[CSW_REPLAY_STATIC]));
    CU_ASSERT(isnan(unknown.own) && isnan(unknown.largest) && isnan(unknown.greedy));
    CU_ASSERT(isnan(unknown.by[CSW_REPLAY_WHOLE]));
}

static void units_beyond_number_are_even_and_have_no_largest(void)
{
    const struct csw_replay replay = replay_of("sqrt", "1e6", "dynamic:1", "pthread", 3);

    CU_ASSERT_EQUAL(replay.own, 3);
    CU_ASSERT(isnan(replay.largest) && isnan(replay.greedy));
}

static void a_kernel_without_steps_has_no_replay(void)
{
    const struct csw_replay replay = replay_of("count", "1e9", "dynamic", "pthread", 3);

    CU_ASSERT(isnan(replay.own) && isnan(replay.largest));
}

/* More workers than CPUs may be idle or not as the system likes. */
static void shared_cpus_have_no_greedy_bound(void)
{
    CU_ASSERT(isnan(replay_of("trial", TASKS, "whole", "fork", 5).greedy));
    CU_ASSERT(isnan(replay_of("trial", TASKS, "static", "fork", 2).greedy));
    CU_ASSERT(replay_of("trial", TASKS, "dynamic", "fork", 4).greedy > 3.9);
}

/* ---- measured work --------------------------------------------------------------------------- */

/* Six chunks of ten items, two at a time: the first task has four, the second one two. */
static struct csw_cost cost_of(double *ns)
{
    return (struct csw_cost){
        .schedule = (char *)"dynamic:10", .units = 6, .group = 2, .count = 3, .ns = ns};
}

static void measured_work_is_handed_out_by_other_schedules_too(void)
{
    double ns[] = {6, 2, 4}; /* 8 of the first task, 4 of the second */
    const struct csw_cost cost = cost_of(ns);
    const struct csw_replay two = replay_by("trial", "40,20", "whole", "pthread", 2, &cost);
    const struct csw_replay cut = replay_by("trial", "40,20", "dynamic:20", "pthread", 2, &cost);

    CU_ASSERT(two.measured && cut.measured);
    CU_ASSERT_DOUBLE_EQUAL(two.own, 12.0 / 8, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(two.largest, 8.0 / 12, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(two.by[CSW_REPLAY_STATIC], 12.0 / 8, 1e-12); /* 6 + 2 beside 2 + 2 */
    CU_ASSERT_DOUBLE_EQUAL(two.by[CSW_REPLAY_DYNAMIC], 2, 0.05);
    CU_ASSERT_DOUBLE_EQUAL(cut.own, 12.0 / 6, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(cut.largest, 6.0 / 12, 1e-12);
}

/* The items of a group that the other cut divides cost the same each. */
static void a_cut_within_a_measured_group_takes_its_part(void)
{
    double ns[] = {6, 2, 4};
    const struct csw_cost cost = cost_of(ns);

    CU_ASSERT_DOUBLE_EQUAL(replay_by("trial", "40,20", "dynamic:5", "fork", 2, &cost).largest,
                           6.0 / 4 / 12, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(replay_by("trial", "40,20", "static", "fork", 4, &cost).largest,
                           (3 + 1) / 12.0, 1e-12);
}

static void a_cost_of_other_units_is_no_replay(void)
{
    double ns[] = {6, 2, 4};
    const struct csw_cost cost = cost_of(ns);

    CU_ASSERT(isnan(replay_by("trial", "50,20", "whole", "pthread", 2, &cost).own));
}

static void kernels_without_a_closed_form_are_replayed_by_what_was_measured(void)
{
    double ns[] = {1, 1, 4};
    const struct csw_cost cost = cost_of(ns);

    CU_ASSERT_DOUBLE_EQUAL(replay_by("array", "40,20", "whole", "pthread", 2, &cost).own, 6.0 / 4,
                           1e-12);
    CU_ASSERT_DOUBLE_EQUAL(replay_by("array", "40,20", "whole", "pthread", 2, &cost).largest,
                           4.0 / 6, 1e-12);
}

int main(void)
{
    static const struct test tests[] = {
        TEST(bounds_hold_against_all_assignments_of_20000_random_lists),
        TEST(the_bounds_are_those_of_graham_at_his_own_examples),
        TEST(guided_hands_out_even_parts_of_what_is_left),
        TEST(dynamic_gives_the_next_unit_to_whoever_is_free),
        TEST(nothing_to_hand_out_has_no_speedup),
        TEST(the_tutorial_gains_by_sorting_its_tasks_and_more_by_cutting_them),
        TEST(what_kernel_or_driver_cannot_do_is_not_replayed),
        TEST(units_beyond_number_are_even_and_have_no_largest),
        TEST(a_kernel_without_steps_has_no_replay),
        TEST(shared_cpus_have_no_greedy_bound),
        TEST(measured_work_is_handed_out_by_other_schedules_too),
        TEST(a_cut_within_a_measured_group_takes_its_part),
        TEST(a_cost_of_other_units_is_no_replay),
        TEST(kernels_without_a_closed_form_are_replayed_by_what_was_measured),
    };

    return RUN_TESTS("replay", tests);
}
