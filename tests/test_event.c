/*
 * test_event.c - the driver that waits for many units by one thread: which of its waits overlap,
 * in which order they end, and that none ends early. No test asserts that one ends soon.
 */
#include "team.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "suite.h"

/* ---- a kernel that waits as a test says ----------------------------------------------------- */

#define MAX_ITEMS 1000

/* Per item: how long it waits, and when it was begun. By the one thread of the driver. */
static uint64_t wait_ns[MAX_ITEMS], begun_ns[MAX_ITEMS];

static struct csw_tally waits_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = {.items = hi - lo};

    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        tally.digest += (item + 1) * (item + 1);
    return tally;
}

static struct csw_tally waits_begin(const void *state, uint64_t lo, uint64_t hi,
                                    uint64_t *ret_wait_ns)
{
    *ret_wait_ns = 0;
    for (uint64_t item = lo; item < hi; item++) {
        begun_ns[item] = csw_now_ns();
        *ret_wait_ns += wait_ns[item];
    }
    return waits_scan(state, lo, hi);
}

static const struct csw_kernel waits_kernel = {
    .abi = CSW_KERNEL_ABI, .name = "waits", .scan = waits_scan, .begin = waits_begin};

static void rig_init_waits(struct rig *rig, uint64_t items, unsigned workers, const char *schedule)
{
    CU_ASSERT_TRUE_FATAL(items <= MAX_ITEMS);
    rig_init(rig, &(struct rig_options){.driver = csw_driver_find("event")->driver,
                                        .kernel = &waits_kernel,
                                        .n = items,
                                        .workers = workers,
                                        .schedule = schedule,
                                        .pin = "none"});
}

/* The tutorial's waits of 1 to 5, of 10 ms each. */
static void set_story(void)
{
    for (uint64_t item = 0; item < 5; item++)
        wait_ns[item] = (item + 1) * 10 * CSW_NS_PER_MS;
}

/* ---- what overlaps -------------------------------------------------------------------------- */

static void five_waits_of_five_workers_all_overlap(void)
{
    struct rig rig;
    uint64_t last_start_ns = 0, first_end_ns = UINT64_MAX;

    set_story();
    rig_init_waits(&rig, 5, 5, "dynamic:1");
    rig_must_work(&rig);
    for (unsigned w = 0; w < 5; w++) {
        const struct csw_share *share = &rig.shares[w];

        CU_ASSERT_EQUAL(share->chunks, 1);
        CU_ASSERT_TRUE(share->end_ns - share->start_ns >= wait_ns[w]);
        last_start_ns = share->start_ns > last_start_ns ? share->start_ns : last_start_ns;
        first_end_ns = share->end_ns < first_end_ns ? share->end_ns : first_end_ns;
    }
    CU_ASSERT_TRUE(last_start_ns <= first_end_ns);
    rig_release(&rig);
}

static void one_worker_waits_for_one_unit_after_the_other(void)
{
    struct rig rig;

    set_story();
    rig_init_waits(&rig, 5, 1, "dynamic:1");
    rig_must_work(&rig);
    CU_ASSERT_EQUAL(rig.shares[0].chunks, 5);
    for (unsigned item = 0; item + 1 < 5; item++)
        CU_ASSERT_TRUE(begun_ns[item + 1] >= begun_ns[item] + wait_ns[item]);
    CU_ASSERT_TRUE(rig.shares[0].end_ns >= begun_ns[4] + wait_ns[4]);
    rig_release(&rig);
}

static void under_static_a_worker_waits_for_its_own_piece(void)
{
    struct rig rig;

    for (unsigned item = 0; item < 2; item++)
        wait_ns[item] = (item + 1) * 5 * CSW_NS_PER_MS;
    rig_init_waits(&rig, 2, 2, "static");
    rig_must_work(&rig);
    for (unsigned w = 0; w < 2; w++) {
        CU_ASSERT_EQUAL(rig.shares[w].tally.digest, (w + 1) * (w + 1));
        CU_ASSERT_TRUE(rig.shares[w].start_ns <= begun_ns[w]);
        CU_ASSERT_TRUE(rig.shares[w].end_ns >= begun_ns[w] + wait_ns[w]);
    }
    rig_release(&rig);
}

static void a_worker_without_a_unit_ends_while_others_wait(void)
{
    struct rig rig;

    wait_ns[0] = 10 * CSW_NS_PER_MS;
    rig_init_waits(&rig, 1, 3, "dynamic:1");
    rig_must_work(&rig);
    for (unsigned w = 1; w < 3; w++) {
        CU_ASSERT_EQUAL(rig.shares[w].chunks, 0);
        CU_ASSERT_TRUE(rig.shares[w].end_ns <= rig.shares[0].end_ns);
        CU_ASSERT_TRUE(rig.shares[w].end_ns >= rig.shares[w].start_ns);
    }
    rig_release(&rig);
}

/* ---- the order of the ends ------------------------------------------------------------------ */

/* Waits of up to 8 ms in no order. */
static void set_shuffled(unsigned items)
{
    uint64_t seed = 5;

    for (unsigned item = 0; item < items; item++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        wait_ns[item] = (seed >> 33) % (8 * CSW_NS_PER_MS);
    }
}

/*
 * Whether a's wait ended before b's for certain: it was set after a had begun, and before the item
 * after a did, however long the thread was kept from its CPU in between.
 */
static bool must_end_before(unsigned a, unsigned b)
{
    return begun_ns[a + 1] + wait_ns[a] < begun_ns[b] + wait_ns[b];
}

static void waits_end_in_the_order_of_their_ends_and_none_early(void)
{
    const unsigned items = 100;
    unsigned certain = 0;
    struct rig rig;

    set_shuffled(items);
    rig_init_waits(&rig, items, items, "dynamic:1");
    rig_must_work(&rig);
    for (unsigned a = 0; a < items; a++) {
        CU_ASSERT_TRUE(rig.shares[a].end_ns >= begun_ns[a] + wait_ns[a]);
        for (unsigned b = 0; a + 1 < items && b < items; b++)
            if (must_end_before(a, b)) {
                CU_ASSERT_TRUE(rig.shares[a].end_ns <= rig.shares[b].end_ns);
                certain++;
            }
    }
    CU_ASSERT_TRUE(certain > 0);
    rig_release(&rig);
}

/* Each worker takes a unit as soon as it has waited: never more under way than workers. */
static void no_more_units_are_under_way_than_there_are_workers(void)
{
    const unsigned items = 60, workers = 7;
    struct rig rig;

    set_shuffled(items);
    rig_init_waits(&rig, items, workers, "dynamic:1");
    rig_must_work(&rig);
    for (unsigned item = workers; item < items; item++) {
        unsigned over = 0;

        CU_ASSERT_TRUE(begun_ns[item] >= begun_ns[item - 1]);
        for (unsigned before = 0; before < item; before++)
            over += begun_ns[before] + wait_ns[before] <= begun_ns[item];
        CU_ASSERT_TRUE(over > item - workers);
    }
    rig_release(&rig);
}

/* ---- what it needs -------------------------------------------------------------------------- */

static _Atomic int ticks;

static void tick(int number)
{
    (void)number;
    atomic_fetch_add(&ticks, 1);
}

static void a_signal_ends_no_wait(void)
{
    const struct sigaction action = {.sa_handler = tick}; /* without SA_RESTART */
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    struct sigaction before;
    struct rig rig;

    wait_ns[0] = 30 * CSW_NS_PER_MS;
    rig_init_waits(&rig, 1, 1, "dynamic:1");
    sigaction(SIGALRM, &action, &before);
    atomic_store(&ticks, 0);
    setitimer(ITIMER_REAL, &often, NULL);
    rig_must_work(&rig);
    AWAIT(atomic_load(&ticks) > 0);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    CU_ASSERT_TRUE(atomic_load(&ticks) > 0);
    CU_ASSERT_TRUE(rig.shares[0].end_ns >= begun_ns[0] + wait_ns[0]);
    rig_release(&rig);
}

static void a_thousand_waiters_need_two_descriptors_and_no_thread(void)
{
    const unsigned threads = count_threads();
    struct rlimit before, few;
    struct rig rig;

    for (unsigned item = 0; item < MAX_ITEMS; item++)
        wait_ns[item] = CSW_NS_PER_MS;
    rig_init_waits(&rig, MAX_ITEMS, MAX_ITEMS, "dynamic:1");
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 32;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &few), 0);
    CU_ASSERT_EQUAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(count_threads(), threads);
    CU_ASSERT_EQUAL(rig_run(&rig), 0);
    CU_ASSERT_EQUAL(count_threads(), threads);
    rig_close(&rig);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (unsigned w = 0; w < MAX_ITEMS; w++)
        CU_ASSERT_EQUAL(rig.shares[w].chunks, 1);
    rig_release(&rig);
}

static void a_kernel_that_computes_is_refused(void)
{
    const struct csw_driver *event = csw_driver_find("event")->driver;
    const struct csw_schedule whole = {.handout = CSW_WHOLE};

    for (size_t i = 0; csw_kernel_at(i); i++) {
        const struct csw_kernel *kernel = csw_kernel_at(i);
        struct csw_err err = {0};
        const int code = csw_driver_check(event, kernel, &whole, 1000, &err);

        CU_ASSERT_EQUAL(code, kernel->begin ? 0 : -EINVAL);
        must_say(err.text, kernel->begin ? "" : kernel->name);
        must_say(err.text, kernel->begin ? "" : "computes; use a kernel that waits");
    }
}

static const struct test tests[] = {
    TEST(five_waits_of_five_workers_all_overlap),
    TEST(one_worker_waits_for_one_unit_after_the_other),
    TEST(under_static_a_worker_waits_for_its_own_piece),
    TEST(a_worker_without_a_unit_ends_while_others_wait),
    TEST(waits_end_in_the_order_of_their_ends_and_none_early),
    TEST(no_more_units_are_under_way_than_there_are_workers),
    TEST(a_signal_ends_no_wait),
    TEST(a_thousand_waiters_need_two_descriptors_and_no_thread),
    TEST(a_kernel_that_computes_is_refused),
};

int main(void)
{
    return RUN_TESTS("event", tests);
}
