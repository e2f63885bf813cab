/*
 * test_place.c - the policies fill every machine in the order that they promise: exact orders on
 * small described machines, the rules behind them on all described ones and on the XML of real
 * ones; bad lists and bad sources are refused; bindings hold on the machine that the test runs on.
 */
#include "suite.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/place.h>

/* Linux numbers SMT siblings far apart: here the second thread of core c is c + 8. */
#define SIBLINGS_APART "pack:2 core:4 pu:2(indexes=2*8:1*2)"
#define BIG "pack:2 numa:4 core:16 pu:2(indexes=2*128:1*2)"
#define EIGHT_PUS "pack:2 core:2 pu:2"
#define RESTRICTED "topologies/16amd64-8n2c-cpusets.xml"
#define PACKAGES_IN_NODES "topologies/96em64t-4n4d3ca2co-pci.xml"

static const char *const policies[] = {"compact", "cores", "spread"};

static const char *const machines[] = {
    "pack:2 core:4 pu:2",
    SIBLINGS_APART,
    BIG,
    "pack:2 numa:2 core:2 pu:1",
    "pack:2 [numa] core:3 pu:2",
    "pack:2 [numa(memory=1GB)] [numa(memory=2GB)] core:2 pu:1",
    "numa:2 pack:2 core:2 pu:2",
    "pack:3 numa:3 core:3 pu:1",
    "pack:2 die:2 l3:2 core:2 pu:4",
    "group:2 pack:1 core:3 pu:1",
    "pack:2 core:4 pu:2(indexes=15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0)",
    "pack:2 pu:3",
    "numa:2 pu:2",
    "core:4 pu:1",
    "core:4 pu:2",
    "pu:4",
    "pu:1",
    "topologies/16-2gr2gr2n2c+misc.xml",
    RESTRICTED,
    "topologies/16em64t-4s2c2t.xml",
    "topologies/24em64t-2n6c2t-pci.xml",
    "topologies/28intel64-2p2g7c-CoD.nogroups.v1tov2.xml",
    "topologies/8intel64-fakeKNL-A2A-hybrid.rootattachednumas.xml",
    PACKAGES_IN_NODES,
    "topologies/fakecpukinds.xml",
    "topologies/hybrid-2p2t-4e.xml",
    "topologies/biglittle-4l-2b.xml",
};

/* ---- helpers -------------------------------------------------------------------------------- */

/* Opens a machine of the table above, or NULL for this one. */
static struct csw_topo *open_machine(const char *machine)
{
    struct csw_topo *topo = NULL;
    struct csw_err err = {0};
    const bool file = machine && strncmp(machine, "topologies/", 11) == 0;

    if (csw_topo_open(&topo, file ? fixture(machine) : machine, &err) < 0)
        printf("\n    %s: %s\n    ", machine ? machine : "this machine", err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(topo);
    return topo;
}

static struct csw_placement place(const struct csw_topo *topo, const char *pin, unsigned workers)
{
    struct csw_placement placement = {0};
    struct csw_err err = {0};
    const int code = csw_placement_init(&placement, topo, pin, workers, &err);

    if (code < 0)
        printf("\n    --pin %s for %u: %s\n    ", pin, workers, err.text);
    CU_ASSERT_FATAL(code == 0);
    return placement;
}

static bool is_text(const char *what, const char *text, const char *expected)
{
    const bool same = text && strcmp(text, expected) == 0;

    if (!same)
        printf("\n    %s: '%s', expected '%s'\n    ", what, text ? text : "(null)", expected);
    return same;
}

/* Compares a text of the heap and frees it. */
static bool gives(const char *what, char *text, const char *expected)
{
    const bool same = is_text(what, text, expected);

    free(text);
    return same;
}

static bool seats(const struct csw_placement *placement, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (unsigned w = 0; w < placement->workers; w++)
        fprintf(out, w > 0 ? " %d" : "%d", placement->pu[w]);
    fclose(out);
    return gives("seats", text, expected);
}

/* True where `pin` seats that many workers of the machine in this order. */
static bool fills(const char *machine, const char *pin, unsigned workers, const char *expected)
{
    struct csw_topo *topo = open_machine(machine);
    struct csw_placement placement = place(topo, pin, workers);
    const bool same = seats(&placement, expected);

    if (!same)
        printf("is %s of %s\n    ", pin, machine);
    csw_placement_release(&placement);
    csw_topo_close(topo);
    return same;
}

/* True where the check held in a process of its own, whose limits, leaks and crashes end with it.
 */
static bool holds_in_child(bool (*check)(void))
{
    int status = -1;

    fflush(stdout);
    const pid_t child = fork();

    if (child == 0) {
        const bool held = check();

        fflush(stdout);
        _exit(held ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* ---- exact orders --------------------------------------------------------------------------- */

static void orders_on_two_packages_with_smt_are_exact(void)
{
    const char *machine = "pack:2 core:4 pu:2";

    CU_ASSERT(fills(machine, "compact", 16, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"));
    CU_ASSERT(fills(machine, "cores", 16, "0 2 4 6 8 10 12 14 1 3 5 7 9 11 13 15"));
    CU_ASSERT(fills(machine, "spread", 16, "0 8 2 10 4 12 6 14 1 9 3 11 5 13 7 15"));
}

static void siblings_are_found_however_they_are_numbered(void)
{
    CU_ASSERT(fills(SIBLINGS_APART, "compact", 16, "0 8 1 9 2 10 3 11 4 12 5 13 6 14 7 15"));
    CU_ASSERT(fills(SIBLINGS_APART, "cores", 16, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"));
    CU_ASSERT(fills(SIBLINGS_APART, "spread", 16, "0 4 1 5 2 6 3 7 8 12 9 13 10 14 11 15"));
}

static void all_cores_get_a_second_thread_before_one_gets_a_third(void)
{
    CU_ASSERT(fills("core:2 pu:4", "cores", 8, "0 4 1 5 2 6 3 7"));
    CU_ASSERT(fills("pack:2 core:1 pu:3", "spread", 6, "0 3 1 4 2 5"));
}

static void spread_takes_numa_nodes_in_turn_within_packages(void)
{
    CU_ASSERT(fills("pack:2 numa:2 core:2 pu:1", "spread", 8, "0 4 2 6 1 5 3 7"));
    CU_ASSERT(fills("pack:2 numa:2 core:2 pu:1", "cores", 8, "0 1 2 3 4 5 6 7"));
    CU_ASSERT(fills("pack:1 numa:3 core:2 pu:2", "spread", 12, "0 4 8 2 6 10 1 5 9 3 7 11"));
}

static void missing_levels_leave_the_others_in_order(void)
{
    for (size_t p = 0; p < COUNT(policies); p++) {
        CU_ASSERT(fills("core:4 pu:1", policies[p], 4, "0 1 2 3"));
        CU_ASSERT(fills("pu:4", policies[p], 4, "0 1 2 3"));
        CU_ASSERT(fills("pu:1", policies[p], 1, "0"));
    }
    CU_ASSERT(fills("numa:2 pu:2", "cores", 4, "0 1 2 3"));
    CU_ASSERT(fills("numa:2 pu:2", "spread", 4, "0 2 1 3"));
    CU_ASSERT(fills("pack:2 pu:2", "spread", 4, "0 2 1 3"));
}

static void big_machines_are_ordered_too(void)
{
    CU_ASSERT(fills(BIG, "compact", 6, "0 128 1 129 2 130"));
    CU_ASSERT(fills(BIG, "cores", 6, "0 1 2 3 4 5"));
    CU_ASSERT(fills(BIG, "spread", 10, "0 64 16 80 32 96 48 112 1 65"));
}

/* Their numbers jump between packages and leave gaps, as firmware and cpusets have it. */
static void real_machines_are_ordered_by_their_tree(void)
{
    CU_ASSERT(fills("topologies/fakecpukinds.xml", "compact", 4, "0 2 1 3"));
    CU_ASSERT(fills("topologies/16em64t-4s2c2t.xml", "spread", 9, "0 1 2 3 4 5 6 7 8"));
    CU_ASSERT(fills("topologies/16em64t-4s2c2t.xml", "cores", 5, "0 4 1 5 2"));
    CU_ASSERT(fills(RESTRICTED, "spread", 10, "0 2 5 6 12 14 1 3 13 15"));
}

/* The base of all speedups is one worker: it must not sit on a slow core while a fast one is free.
 */
static void fast_cores_are_filled_before_slow_ones(void)
{
    CU_ASSERT(fills("topologies/hybrid-2p2t-4e.xml", "cores", 8, "0 2 4 5 6 7 1 3"));
    CU_ASSERT(fills("topologies/hybrid-2p2t-4e.xml", "spread", 8, "0 2 4 5 6 7 1 3"));
    CU_ASSERT(fills("topologies/hybrid-2p2t-4e.xml", "compact", 8, "0 1 2 3 4 5 6 7"));
    CU_ASSERT(fills("topologies/biglittle-4l-2b.xml", "cores", 6, "4 5 0 1 2 3"));
    CU_ASSERT(fills("topologies/biglittle-4l-2b.xml", "spread", 6, "4 5 0 1 2 3"));
    CU_ASSERT(fills("topologies/biglittle-4l-2b.xml", "compact", 6, "0 1 2 3 4 5"));
}

static void kinds_of_cores_are_told_the_fastest_first(void)
{
    static const struct {
        const char *machine, *kinds;
    } table[] = {{"topologies/hybrid-2p2t-4e.xml", "0-3 4-7"},
                 {"topologies/biglittle-4l-2b.xml", "4-5 0-3"},
                 {"topologies/fakecpukinds.xml", "3 2 0-1"},
                 {"pack:2 core:4 pu:2", ""},
                 {RESTRICTED, ""}};

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_topo *topo = open_machine(table[i].machine);

        CU_ASSERT(gives(table[i].machine, csw_topo_kinds(topo), table[i].kinds));
        csw_topo_close(topo);
    }
}

/* ---- rules that hold on every machine ------------------------------------------------------- */

#define MAX_SITES 512

/* Where a worker sits, read from the words of csw_topo_where; -1 where a level is missing. */
struct seat {
    int package, numa, core;
};

static int number_after(const char *text, const char *word)
{
    const char *found = text ? strstr(text, word) : NULL;

    return found ? atoi(found + strlen(word)) : -1;
}

static size_t read_seats(const struct csw_placement *placement, struct seat ret_seats[MAX_SITES])
{
    CU_ASSERT_FATAL(placement->workers <= MAX_SITES);
    for (unsigned w = 0; w < placement->workers; w++) {
        char *where = csw_topo_where(placement->topo, (unsigned)placement->pu[w]);

        ret_seats[w] = (struct seat){.package = number_after(where, "package "),
                                     .numa = number_after(where, "NUMA node "),
                                     .core = number_after(where, "core ")};
        free(where);
    }
    return placement->workers;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* A list of all usable PUs, as a user would write it, names each once: the order must, too. */
static bool is_permutation(const struct csw_topo *topo, const struct csw_placement *placement)
{
    char *usable = csw_topo_usable(topo);
    struct csw_placement all = place(topo, usable, csw_topo_pus(topo));
    const size_t size = all.workers * sizeof *all.pu;
    int *sorted = malloc(size);

    memcpy(sorted, placement->pu, size);
    qsort(sorted, all.workers, sizeof *sorted, by_number);
    const bool same = memcmp(sorted, all.pu, size) == 0;

    free(sorted);
    free(usable);
    csw_placement_release(&all);
    return same;
}

/* The first as many workers as there are cores sit on different ones. */
static bool cores_come_first(const struct csw_topo *topo, const struct csw_placement *placement)
{
    struct seat seat[MAX_SITES];

    read_seats(placement, seat);
    for (unsigned w = 0; w < csw_topo_cores(topo); w++)
        for (unsigned other = 0; other < w; other++)
            if (seat[w].core >= 0 && seat[w].core == seat[other].core)
                return false;
    return true;
}

/* Groups of seats that are to fill evenly: packages, or NUMA nodes within one package. */
static int package_group(const struct seat *seat)
{
    return seat->package + 1;
}

static int numa_group(const struct seat *seat)
{
    return (seat->package + 1) * 32 + seat->numa + 1;
}

static bool same_parent(int a, int b, bool numa)
{
    return !numa || a / 32 == b / 32;
}

/*
 * While the cores fill, no group is more than one ahead of another that still has a free core.
 * `taken` counts the workers up to now, `room` all workers of the first round.
 */
static bool fills_evenly(const struct csw_topo *topo, const struct csw_placement *placement,
                         bool numa)
{
    int (*group)(const struct seat *) = numa ? numa_group : package_group;
    unsigned taken[MAX_SITES * 2] = {0}, room[MAX_SITES * 2] = {0};
    struct seat seat[MAX_SITES];
    const unsigned cores = csw_topo_cores(topo);

    read_seats(placement, seat);
    for (unsigned w = 0; w < cores; w++)
        room[group(&seat[w])]++;
    for (unsigned w = 0; w < cores; w++) {
        const int here = group(&seat[w]);

        taken[here]++;
        for (int other = 0; other < MAX_SITES * 2; other++)
            if (same_parent(here, other, numa) && taken[other] < room[other] &&
                taken[here] > taken[other] + 1)
                return false;
    }
    return true;
}

typedef bool (*rule)(const struct csw_topo *, const struct csw_placement *);

static bool packages_fill_evenly(const struct csw_topo *topo, const struct csw_placement *placement)
{
    return fills_evenly(topo, placement, false);
}

static bool nodes_fill_evenly(const struct csw_topo *topo, const struct csw_placement *placement)
{
    return fills_evenly(topo, placement, true);
}

/* Adding a worker moves none of the others. */
static bool fewer_sit_alike(const struct csw_topo *topo, const struct csw_placement *placement)
{
    bool alike = true;

    for (unsigned workers = 1; workers <= placement->workers; workers += 1 + workers / 2) {
        static const char *const names[] = {
            [CSW_PIN_COMPACT] = "compact", [CSW_PIN_CORES] = "cores", [CSW_PIN_SPREAD] = "spread"};
        struct csw_placement fewer = place(topo, names[placement->policy], workers);

        alike = alike && memcmp(fewer.pu, placement->pu, workers * sizeof *fewer.pu) == 0;
        csw_placement_release(&fewer);
    }
    return alike;
}

/* The rule holds on every machine of the table under the policies from `first` on. */
static void check_rule(rule holds, size_t first_policy)
{
    for (size_t m = 0; m < COUNT(machines); m++) {
        struct csw_topo *topo = open_machine(machines[m]);

        for (size_t p = first_policy; p < COUNT(policies); p++) {
            struct csw_placement placement = place(topo, policies[p], csw_topo_pus(topo));

            if (!holds(topo, &placement)) {
                printf("\n    not so for %s of %s\n    ", policies[p], machines[m]);
                CU_FAIL("the rule does not hold");
            }
            csw_placement_release(&placement);
        }
        csw_topo_close(topo);
    }
}

static void every_policy_seats_one_worker_on_each_usable_pu(void)
{
    check_rule(is_permutation, 0);
}

static void cores_and_spread_leave_siblings_until_every_core_has_a_worker(void)
{
    check_rule(cores_come_first, 1);
}

static void spread_fills_packages_evenly(void)
{
    check_rule(packages_fill_evenly, 2);
}

static void spread_fills_the_numa_nodes_of_a_package_evenly(void)
{
    check_rule(nodes_fill_evenly, 2);
}

static void one_more_worker_moves_no_other(void)
{
    check_rule(fewer_sit_alike, 0);
}

/* Some machines have several packages in one NUMA node: turn over packages alone is not enough. */
static void spread_uses_every_numa_node_before_one_twice(void)
{
    CU_ASSERT(fills("numa:2 pack:2 core:2 pu:1", "spread", 8, "0 4 2 6 1 5 3 7"));
    CU_ASSERT(fills(PACKAGES_IN_NODES, "spread", 8, "0 24 48 72 1 25 49 73"));
}

/* ---- more workers, fewer workers, no binding ------------------------------------------------ */

static void workers_past_the_last_pu_wrap_round(void)
{
    struct csw_topo *topo = open_machine("pack:2 core:2 pu:1");

    for (size_t p = 0; p < COUNT(policies); p++) {
        struct csw_placement placement = place(topo, policies[p], 9);

        CU_ASSERT(placement.oversubscribed);
        for (unsigned w = 4; w < 9; w++)
            CU_ASSERT_EQUAL(placement.pu[w], placement.pu[w - 4]);
        csw_placement_release(&placement);
    }
    struct csw_placement placement = place(topo, "spread", 4);

    CU_ASSERT_FALSE(placement.oversubscribed);
    csw_placement_release(&placement);
    csw_topo_close(topo);
}

static void none_leaves_all_to_the_scheduler(void)
{
    struct csw_topo *topo = open_machine("core:2 pu:2");
    struct csw_placement placement = place(topo, "none", 5);

    CU_ASSERT(seats(&placement, "-1 -1 -1 -1 -1"));
    CU_ASSERT(placement.oversubscribed);
    CU_ASSERT_EQUAL(csw_placement_probe(&placement, NULL), 0);
    CU_ASSERT(is_text("cannot", placement.cannot, ""));
    CU_ASSERT_EQUAL(csw_placement_bind(&placement, 4, NULL), 0);
    csw_placement_release(&placement);
    csw_topo_close(topo);
}

static void nothing_and_half_built_things_are_released(void)
{
    struct csw_placement placement = {0};

    csw_placement_release(NULL);
    csw_placement_release(&placement);
    csw_topo_close(NULL);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static void lists_are_taken_in_the_order_given(void)
{
    CU_ASSERT(fills(EIGHT_PUS, "0,2,4", 3, "0 2 4"));
    CU_ASSERT(fills(EIGHT_PUS, "0-3", 4, "0 1 2 3"));
    CU_ASSERT(fills(EIGHT_PUS, "3,1", 2, "3 1"));
    CU_ASSERT(fills(EIGHT_PUS, "6,0-1,4-5", 5, "6 0 1 4 5"));
    CU_ASSERT(fills(EIGHT_PUS, "5-5", 1, "5"));
    CU_ASSERT(fills(EIGHT_PUS, "7,6,5", 2, "7 6"));
    CU_ASSERT(fills(EIGHT_PUS, "4-7,0-3", 9, "4 5 6 7 0 1 2 3 4"));
}

/* Refused with -EINVAL, a sentence that holds these words, and an untouched placement. */
static bool refuses(const char *machine, const char *pin, unsigned workers, const char *words)
{
    struct csw_topo *topo = open_machine(machine);
    struct csw_placement placement = {.workers = 77};
    struct csw_err err = {0};
    const int code = csw_placement_init(&placement, topo, pin, workers, &err);
    const bool told = code == -EINVAL && err.code == -EINVAL && strstr(err.text, words);

    if (!told)
        printf("\n    --pin '%s' for %u: %d, '%s', expected '%s'\n    ", pin, workers, code,
               err.text, words);
    const bool untouched = placement.workers == 77 && !placement.pu;

    if (code == 0)
        csw_placement_release(&placement);
    csw_topo_close(topo);
    return told && untouched;
}

static void malformed_lists_are_refused(void)
{
    static const char *const pins[] = {"0,",   "1-0", "0,,2", "0-",    "0-1-2", "0 1",
                                       "0, 1", "0x1", "1e1",  "0;1",   "0.5",   "0-,1",
                                       "0--1", "3a",  "0,a",  "0,-1,", "1 ",    "0,+1"};

    for (size_t i = 0; i < COUNT(pins); i++)
        CU_ASSERT(refuses(EIGHT_PUS, pins[i], 1, "is not a list of CPUs"));
}

static void unknown_policies_are_refused_with_those_there_are(void)
{
    static const char *const pins[] = {"",     ",0", "a",  "compactt", "Compact",
                                       "core", " 0", "-1", "+1"};

    for (size_t i = 0; i < COUNT(pins); i++)
        CU_ASSERT(refuses(EIGHT_PUS, pins[i], 1, "none, compact, cores, spread and a list"));
}

static void a_pu_twice_in_a_list_is_refused(void)
{
    CU_ASSERT(refuses(EIGHT_PUS, "0,0", 1, "CPU 0 stands twice"));
    CU_ASSERT(refuses(EIGHT_PUS, "0-3,2", 1, "CPU 2 stands twice"));
    CU_ASSERT(refuses(EIGHT_PUS, "0-7,0", 1, "CPU 0 stands twice"));
}

static void a_pu_that_is_not_usable_is_refused_with_those_that_are(void)
{
    CU_ASSERT(refuses(EIGHT_PUS, "8", 1, "CPU 8 "));
    CU_ASSERT(refuses(EIGHT_PUS, "0-99999999999", 1, "CPU 8 "));
    CU_ASSERT(refuses(EIGHT_PUS, "99999999999", 1, "CPU 99999999999 "));
    CU_ASSERT(refuses(EIGHT_PUS, "99999999999999999999999", 1, "usable are 0-7"));
    CU_ASSERT(refuses(EIGHT_PUS, "4294967296", 1, "CPU 4294967296 "));
    CU_ASSERT(refuses(RESTRICTED, "4", 1, "CPU 4 "));
    CU_ASSERT(refuses(RESTRICTED, "0-15", 1, "CPU 4 "));
    CU_ASSERT(refuses(RESTRICTED, "4", 1, "usable are 0-3,5-6,12-15"));
}

static void a_list_shorter_than_the_workers_is_refused(void)
{
    CU_ASSERT(refuses(EIGHT_PUS, "0,2", 3, "2 CPUs for 3 workers"));
    CU_ASSERT(refuses(EIGHT_PUS, "0-6", 8, "7 CPUs for 8 workers"));
}

static void a_short_list_is_refused_even_where_workers_outnumber_the_pus(void)
{
    CU_ASSERT(refuses(EIGHT_PUS, "0", 9, "for 9 workers"));
    CU_ASSERT(refuses(EIGHT_PUS, "0-6", 9, "for 9 workers"));
}

/* ---- what a machine says about itself ------------------------------------------------------- */

static void summaries_count_what_is_there(void)
{
    static const struct {
        const char *machine, *summary, *usable;
        unsigned pus, cores, nodes;
    } cases[] = {
        {"pack:2 core:4 pu:2", "2 packages, 1 NUMA node, 8 cores, 16 PUs", "0-15", 16, 8, 1},
        {"pack:1 numa:2 core:1 pu:1", "1 package, 2 NUMA nodes, 2 cores, 2 PUs", "0-1", 2, 2, 2},
        {"pack:1 l3:2(size=33554432) core:1 pu:1",
         "1 package, 1 NUMA node, 2 cores, 2 PUs, 2 x L3 32 MiB", "0-1", 2, 2, 1},
        {"core:2 l2:1(size=524288) pu:1", "1 NUMA node, 2 cores, 2 PUs, 2 x L2 0.5 MiB", "0-1", 2,
         2, 1},
        {"pu:1", "1 NUMA node, 1 core, 1 PU", "0", 1, 1, 1},
        {RESTRICTED, "6 packages, 5 NUMA nodes, 10 cores, 10 PUs, 10 x L2 1 MiB", "0-3,5-6,12-15",
         10, 10, 5},
        {"topologies/fakecpukinds.xml", "1 package, 1 NUMA node, 2 cores, 4 PUs", "0-3", 4, 2, 1},
        {BIG, "2 packages, 8 NUMA nodes, 128 cores, 256 PUs", "0-255", 256, 128, 8},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csw_topo *topo = open_machine(cases[i].machine);

        CU_ASSERT(gives(cases[i].machine, csw_topo_summary(topo), cases[i].summary));
        CU_ASSERT(gives(cases[i].machine, csw_topo_usable(topo), cases[i].usable));
        CU_ASSERT_EQUAL(csw_topo_pus(topo), cases[i].pus);
        CU_ASSERT_EQUAL(csw_topo_cores(topo), cases[i].cores);
        CU_ASSERT_EQUAL(csw_topo_numa_nodes(topo), cases[i].nodes);
        CU_ASSERT_FALSE(csw_topo_is_here(topo));
        csw_topo_close(topo);
    }
}

static bool sits(const char *machine, unsigned pu, const char *expected)
{
    struct csw_topo *topo = open_machine(machine);
    const bool same = gives(machine, csw_topo_where(topo, pu), expected);

    csw_topo_close(topo);
    return same;
}

static void where_a_pu_sits_is_told_by_the_levels_there_are(void)
{
    CU_ASSERT(sits("pack:2 numa:2 core:2 pu:2", 13, "package 1, NUMA node 3, core 6"));
    CU_ASSERT(sits(SIBLINGS_APART, 8, "package 0, NUMA node 0, core 0"));
    CU_ASSERT(sits("core:4 pu:1", 3, "NUMA node 0, core 3"));
    CU_ASSERT(sits("pack:2 pu:2", 2, "package 1, NUMA node 0"));
    CU_ASSERT(sits("numa:2 pu:2", 2, "NUMA node 1"));
    CU_ASSERT(sits(RESTRICTED, 5, "package 2, NUMA node 2, core 4"));
    CU_ASSERT(sits(RESTRICTED, 4, "not usable"));
    CU_ASSERT(sits("pu:4", 4, "not usable"));
}

/* The cpuset of this machine leaves out the memory of CPUs 12-15, and with it their node. */
static void a_pu_without_memory_of_its_own_names_no_numa_node(void)
{
    CU_ASSERT(sits(RESTRICTED, 12, "package 4, core 6"));
}

static void the_library_names_its_version(void)
{
    unsigned major, minor, patch;

    CU_ASSERT_EQUAL(sscanf(csw_topo_library(), "hwloc API %u.%u.%u", &major, &minor, &patch), 3);
}

/* ---- sources that are no topology ----------------------------------------------------------- */

static bool refuses_source(const char *source)
{
    struct csw_topo *topo = NULL;
    struct csw_err err = {0};
    const int code = csw_topo_open(&topo, source, &err);
    const bool told = code == -EINVAL && !topo && strstr(err.text, source);

    if (!told)
        printf("\n    '%s': %d, '%s'\n    ", source, code, err.text);
    if (code == 0)
        csw_topo_close(topo);
    return told;
}

static void texts_that_describe_no_machine_are_refused(void)
{
    static const char *const sources[] = {
        "",           " ",   "core",       "pack:0 core:1 pu:1",      "pack:2 core:4",
        "pu:-1",      "pu:", "nonsense:2", "pack:2 core:4 pu:2 pu:2", "/nonexistent/topology.xml",
        "no-file.xml"};

    for (size_t i = 0; i < COUNT(sources); i++)
        CU_ASSERT(refuses_source(sources[i]));
}

/* A whole topology file; the caller frees it. */
static char *read_topology(void)
{
    FILE *in = fopen(fixture("topologies/fakecpukinds.xml"), "re");
    char *text = NULL;
    size_t size = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    CU_ASSERT_FATAL(getdelim(&text, &size, '\0', in) > 0);
    fclose(in);
    return text;
}

static bool refuses_file_of(const char *text, size_t length)
{
    char path[] = "/tmp/coresweep-test-XXXXXX";
    const int file = mkstemp(path);

    CU_ASSERT_FATAL(file >= 0 && write(file, text, length) == (ssize_t)length);
    close(file);
    const bool refused = refuses_source(path);

    unlink(path);
    return refused;
}

static void files_that_hold_no_topology_are_refused(void)
{
    static const char *const texts[] = {
        "",
        "\n",
        "nonsense",
        "<",
        "<?xml version=\"1.0\"?>",
        "<?xml version=\"1.0\"?>\n<topology version=\"2.0\">\n</topology>\n",
        "<?xml version=\"1.0\"?>\n<html><body/></html>\n",
        "<topology version=\"2.0\"><object type=\"Machine\" cpuset=\"0x1\"></object></topology>",
    };

    for (size_t i = 0; i < COUNT(texts); i++)
        CU_ASSERT(refuses_file_of(texts[i], strlen(texts[i])));
    CU_ASSERT(refuses_file_of("\0\xff\x01\x80<topology>", 14));
    CU_ASSERT(refuses_source(fixture("topologies")));
}

/* hwloc 2.9 forgets an object or two when a file breaks off: in a child, where that is no leak. */
static bool refuses_cut_files(void)
{
    char *text = read_topology();
    const size_t length = strlen(text);
    bool refused = true;

    for (size_t part = 1; part < 8; part++)
        refused = refuses_file_of(text, length * part / 8) && refused;
    free(text);
    return refused;
}

static void a_topology_file_that_was_cut_off_is_refused(void)
{
    CU_ASSERT(holds_in_child(refuses_cut_files));
}

static void a_topology_file_of_a_newer_format_is_refused(void)
{
    char *text = read_topology();
    char *version = strstr(text, "version=\"2.");

    if (version)
        version[strlen("version=\"")] = '9';
    CU_ASSERT(version && refuses_file_of(text, strlen(text)));
    free(text);
}

/* ---- binding -------------------------------------------------------------------------------- */

static void binding_on_a_described_machine_is_refused(void)
{
    struct csw_topo *topo = open_machine("pu:1");
    struct csw_placement placement = place(topo, "compact", 1);
    struct csw_err err = {0};

    CU_ASSERT(csw_placement_bind(&placement, 0, &err) < 0);
    CU_ASSERT(strstr(err.text, "described machine") != NULL);
    CU_ASSERT(csw_placement_probe(&placement, &err) < 0);
    CU_ASSERT(is_text("cannot", placement.cannot, ""));
    csw_placement_release(&placement);
    csw_topo_close(topo);
}

static cpu_set_t affinity(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CU_ASSERT_FATAL(sched_getaffinity(0, sizeof set, &set) == 0);
    return set;
}

static void usable_pus_are_those_of_the_affinity_mask(void)
{
    struct csw_topo *topo = open_machine(NULL);
    const cpu_set_t set = affinity();

    CU_ASSERT(csw_topo_is_here(topo));
    CU_ASSERT_EQUAL(csw_topo_pus(topo), (unsigned)CPU_COUNT(&set));
    CU_ASSERT(csw_topo_cores(topo) <= csw_topo_pus(topo));
    csw_topo_close(topo);
}

/* Binds as the worker and asks the system, not hwloc, where the thread now may run. */
static void check_bound(const struct csw_placement *placement, unsigned worker)
{
    const cpu_set_t before = affinity();
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(csw_placement_bind(placement, worker, &err), 0);
    const cpu_set_t bound = affinity();

    CU_ASSERT_EQUAL(CPU_COUNT(&bound), 1);
    CU_ASSERT(CPU_ISSET((size_t)placement->pu[worker], &bound));
    CU_ASSERT_EQUAL(sched_getcpu(), placement->pu[worker]);
    csw_placement_unbind(placement);
    const cpu_set_t after = affinity();

    CU_ASSERT(CPU_EQUAL(&before, &after));
}

static void a_worker_is_bound_to_its_pu_and_given_back_the_others(void)
{
    struct csw_topo *topo = open_machine(NULL);
    struct csw_placement placement = place(topo, "cores", csw_topo_pus(topo));
    const cpu_set_t before = affinity();

    CU_ASSERT_EQUAL(csw_placement_probe(&placement, NULL), 0);
    const cpu_set_t after = affinity();

    CU_ASSERT(CPU_EQUAL(&before, &after));
    for (unsigned w = 0; w < placement.workers && !*placement.cannot; w++)
        check_bound(&placement, w);
    csw_placement_release(&placement);
    csw_topo_close(topo);
}

/* The system may bring the thread back at once; not every time. */
static bool leaves_its_cpu(const struct csw_placement *placement)
{
    for (int i = 0; i < 100; i++) {
        const int cpu = sched_getcpu();

        csw_placement_leave(placement, cpu);
        if (sched_getcpu() != cpu)
            return true;
    }
    return false;
}

static void a_thread_that_leaves_a_cpu_is_elsewhere_and_still_unbound(void)
{
    struct csw_topo *topo = open_machine(NULL);
    struct csw_placement placement = place(topo, "none", 1);
    const cpu_set_t before = affinity();

    CU_ASSERT_EQUAL(leaves_its_cpu(&placement), CPU_COUNT(&before) > 1);
    csw_placement_leave(&placement, -1);
    const cpu_set_t after = affinity();

    CU_ASSERT(CPU_EQUAL(&before, &after));
    csw_placement_release(&placement);
    csw_topo_close(topo);
}

static void a_pu_that_this_machine_lacks_is_an_error_and_no_cannot(void)
{
    struct csw_topo *topo = open_machine(NULL);
    struct csw_placement placement = place(topo, "compact", 1);
    struct csw_err err = {0};

    placement.pu[0] = CPU_SETSIZE - 1;
    CU_ASSERT(csw_placement_probe(&placement, &err) < 0);
    CU_ASSERT(strstr(err.text, "CPU 1023") != NULL);
    CU_ASSERT(is_text("cannot", placement.cannot, ""));
    CU_ASSERT_EQUAL(placement.pu[0], CPU_SETSIZE - 1);
    csw_placement_release(&placement);
    csw_topo_close(topo);
}

static int last_of(const cpu_set_t *set)
{
    int last = CPU_SETSIZE - 1;

    while (last > 0 && !CPU_ISSET((size_t)last, set))
        last--;
    return last;
}

static bool sees_only_its_own_pu(void)
{
    const cpu_set_t before = affinity();
    const int last = last_of(&before);
    char expected[16];
    cpu_set_t one;

    snprintf(expected, sizeof expected, "%d", last);
    CPU_ZERO(&one);
    CPU_SET((size_t)last, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0)
        return true; /* not allowed here: nothing to see */
    struct csw_topo *topo = open_machine(NULL);
    struct csw_placement placement = place(topo, "cores", 1);

    return csw_topo_pus(topo) == 1 && csw_topo_cores(topo) == 1 && placement.pu[0] == last &&
           gives("usable", csw_topo_usable(topo), expected);
}

/* ThreadSanitizer's own thread keeps the wider mask, and hwloc asks all threads of the process. */
static void a_process_restricted_to_one_pu_sees_only_that(void)
{
#ifndef __SANITIZE_THREAD__
    CU_ASSERT(holds_in_child(sees_only_its_own_pu));
#else
    (void)sees_only_its_own_pu;
#endif
}

/* From here on the system refuses to set any affinity, as strict containers do. */
static bool forbid_binding(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sched_setaffinity, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = COUNT(code), .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

static bool runs_unbound_where_binding_is_forbidden(void)
{
    struct csw_topo *topo = open_machine(NULL);
    struct csw_placement placement = place(topo, "compact", 2);

    if (!forbid_binding())
        return true; /* a kernel without filters */
    return csw_placement_probe(&placement, NULL) == 0 && strlen(placement.cannot) > 0 &&
           seats(&placement, "-1 -1") && csw_placement_bind(&placement, 1, NULL) == 0;
}

static void where_the_system_refuses_bindings_nobody_is_bound(void)
{
    CU_ASSERT(holds_in_child(runs_unbound_where_binding_is_forbidden));
}

/* ---- the CPUs of a runtime ------------------------------------------------------------------ */

static void a_machine_can_be_restricted_to_given_cpus(void)
{
    struct csw_topo *all = NULL, *one = NULL;
    int first = 0;

    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&all, NULL, NULL), 0);
    char *usable = csw_topo_usable(all);

    CU_ASSERT_PTR_NOT_NULL_FATAL(usable);
    first = (int)strtol(usable, NULL, 10);
    CU_ASSERT_EQUAL_FATAL(csw_topo_open_on(&one, (const int[]){first, first}, 2, NULL), 0);
    CU_ASSERT_EQUAL(csw_topo_pus(one), 1);
    CU_ASSERT_TRUE(csw_topo_is_here(one));
    free(usable);
    csw_topo_close(one);
    csw_topo_close(all);
}

/* As it is where a runtime has bound this thread before it asks for its own CPUs. */
static void given_cpus_come_before_the_binding_of_the_thread(void)
{
    struct csw_topo *all = NULL, *again = NULL;
    cpu_set_t before, one;
    int cpus[CPU_SETSIZE];
    size_t count = 0;

    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof before, &before), 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &before))
            cpus[count++] = cpu;
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&all, NULL, NULL), 0);
    CPU_ZERO(&one);
    CPU_SET(cpus[0], &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) {
        CU_ASSERT_EQUAL(csw_topo_open_on(&again, cpus, count, NULL), 0);
        CU_ASSERT_EQUAL(again ? csw_topo_pus(again) : 0, csw_topo_pus(all));
        sched_setaffinity(0, sizeof before, &before);
    }
    csw_topo_close(again);
    csw_topo_close(all);
}

static void no_machine_is_restricted_to_cpus_that_it_lacks(void)
{
    struct csw_topo *topo = NULL;
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(csw_topo_open_on(&topo, (const int[]){99999}, 1, &err), -EINVAL);
    must_say(err.text, "cannot restrict the topology to 1 CPUs");
    CU_ASSERT_PTR_NULL(topo);
}

static const struct test tests[] = {
    TEST(a_machine_can_be_restricted_to_given_cpus),
    TEST(given_cpus_come_before_the_binding_of_the_thread),
    TEST(no_machine_is_restricted_to_cpus_that_it_lacks),
    TEST(orders_on_two_packages_with_smt_are_exact),
    TEST(siblings_are_found_however_they_are_numbered),
    TEST(all_cores_get_a_second_thread_before_one_gets_a_third),
    TEST(spread_takes_numa_nodes_in_turn_within_packages),
    TEST(missing_levels_leave_the_others_in_order),
    TEST(big_machines_are_ordered_too),
    TEST(real_machines_are_ordered_by_their_tree),
    TEST(fast_cores_are_filled_before_slow_ones),
    TEST(kinds_of_cores_are_told_the_fastest_first),
    TEST(every_policy_seats_one_worker_on_each_usable_pu),
    TEST(cores_and_spread_leave_siblings_until_every_core_has_a_worker),
    TEST(spread_fills_packages_evenly),
    TEST(spread_fills_the_numa_nodes_of_a_package_evenly),
    TEST(one_more_worker_moves_no_other),
    TEST(spread_uses_every_numa_node_before_one_twice),
    TEST(workers_past_the_last_pu_wrap_round),
    TEST(none_leaves_all_to_the_scheduler),
    TEST(nothing_and_half_built_things_are_released),
    TEST(lists_are_taken_in_the_order_given),
    TEST(malformed_lists_are_refused),
    TEST(unknown_policies_are_refused_with_those_there_are),
    TEST(a_pu_twice_in_a_list_is_refused),
    TEST(a_pu_that_is_not_usable_is_refused_with_those_that_are),
    TEST(a_list_shorter_than_the_workers_is_refused),
    TEST(a_short_list_is_refused_even_where_workers_outnumber_the_pus),
    TEST(summaries_count_what_is_there),
    TEST(where_a_pu_sits_is_told_by_the_levels_there_are),
    TEST(a_pu_without_memory_of_its_own_names_no_numa_node),
    TEST(the_library_names_its_version),
    TEST(texts_that_describe_no_machine_are_refused),
    TEST(files_that_hold_no_topology_are_refused),
    TEST(a_topology_file_that_was_cut_off_is_refused),
    TEST(a_topology_file_of_a_newer_format_is_refused),
    TEST(binding_on_a_described_machine_is_refused),
    TEST(usable_pus_are_those_of_the_affinity_mask),
    TEST(a_worker_is_bound_to_its_pu_and_given_back_the_others),
    TEST(a_thread_that_leaves_a_cpu_is_elsewhere_and_still_unbound),
    TEST(a_pu_that_this_machine_lacks_is_an_error_and_no_cannot),
    TEST(a_process_restricted_to_one_pu_sees_only_that),
    TEST(where_the_system_refuses_bindings_nobody_is_bound),
};

int main(void)
{
    return RUN_TESTS("place", tests);
}
