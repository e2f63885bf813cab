/*
 * test_usage.c - what processes take is read from trees of /proc (fixtures/usage): a parent, its
 * descendants, and others that must not count; and from this machine, where it must be plausible.
 */
#include "suite.h"

#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/usage.h"

#define KIB 1024.0
#define PARENT 100

static struct csw_usages usages_of(const char *root, pid_t parent)
{
    struct csw_usages usages = {0};

    CU_ASSERT_EQUAL_FATAL(csw_usages_init(&usages, root, parent, NULL), 0);
    return usages;
}

static void a_process_and_its_living_descendants_are_summed(void)
{
    struct csw_usages usages = usages_of(fixture("usage/team"), PARENT);
    const struct csw_usage sum = csw_usages_sum(&usages);

    CU_ASSERT_EQUAL(usages.count, 4);
    CU_ASSERT_EQUAL(sum.pid, PARENT);
    CU_ASSERT_EQUAL(sum.pss_bytes, (4000 + 1000 + 2000 + 64000) * KIB);
    CU_ASSERT_EQUAL(sum.peak_bytes, (5000 + 3000 + 3500 + 64000) * KIB);
    csw_usages_release(&usages);
}

static void every_process_is_found_by_its_number(void)
{
    struct csw_usages usages = usages_of(fixture("usage/team"), PARENT);

    CU_ASSERT_EQUAL(csw_usages_pss(&usages, PARENT), 4000 * KIB);
    CU_ASSERT_EQUAL(csw_usages_pss(&usages, 102), 2000 * KIB);
    CU_ASSERT_TRUE(isnan(csw_usages_pss(&usages, 103)));
    CU_ASSERT_TRUE(isnan(csw_usages_pss(&usages, 104)));
    csw_usages_release(&usages);
}

static void what_one_process_does_not_show_makes_the_sum_unknown(void)
{
    struct csw_usages usages = usages_of(fixture("usage/hidden"), PARENT);
    const struct csw_usage sum = csw_usages_sum(&usages);

    CU_ASSERT_EQUAL(usages.count, 2);
    CU_ASSERT_TRUE(isnan(sum.pss_bytes));
    CU_ASSERT_EQUAL(sum.peak_bytes, 8000 * KIB);
    csw_usages_release(&usages);
}

static void without_proc_nothing_is_known(void)
{
    struct csw_usages usages = usages_of(fixture("usage/no-such-tree"), PARENT);
    const struct csw_usage sum = csw_usages_sum(&usages);

    CU_ASSERT_EQUAL(usages.count, 1);
    CU_ASSERT_TRUE(isnan(sum.pss_bytes) && isnan(sum.peak_bytes));
    csw_usages_release(&usages);
}

static void releasing_nothing_is_allowed(void)
{
    struct csw_usages nothing = {0};

    csw_usages_release(NULL);
    csw_usages_release(&nothing);
}

/* ---- huge pages ----------------------------------------------------------------------------- */

#define MAPPED UINT64_C(0x7f0000000000)

static double huge_at(uint64_t start, uint64_t bytes)
{
    return csw_usage_huge(fixture("usage/team"), (const void *)(uintptr_t)start, bytes);
}

static void huge_pages_are_those_of_the_mapping_alone(void)
{
    CU_ASSERT_EQUAL(huge_at(MAPPED, 0x400000), 2048 * KIB);
    CU_ASSERT_EQUAL(huge_at(MAPPED + 0x400000, 0x600000), 4096 * KIB);
    CU_ASSERT_EQUAL(huge_at(MAPPED + 0xa00000, 0x100000), 2048 * KIB);
}

static void a_mapping_that_the_system_cut_is_summed(void)
{
    CU_ASSERT_EQUAL(huge_at(MAPPED, 0xa00000), (2048 + 4096) * KIB);
}

static void huge_pages_of_what_is_not_shown_are_unknown(void)
{
    CU_ASSERT_TRUE(isnan(huge_at(MAPPED + 0xb00000, 4096)));
    CU_ASSERT_TRUE(isnan(csw_usage_huge(fixture("usage/hidden"), NULL, 4096)));
}

/* ---- this machine --------------------------------------------------------------------------- */

#define TOUCHED_BYTES (8u << 20)

/* Takes its bytes, says so through the pipe, and waits for its end. */
static _Noreturn void take_memory(int told)
{
    char *memory = malloc(TOUCHED_BYTES);

    if (memory) {
        memset(memory, 1, TOUCHED_BYTES);
        if (write(told, memory + TOUCHED_BYTES / 2, 1) == 1)
            pause();
    }
    _exit(1);
}

static void the_memory_of_a_child_counts(void)
{
    int told[2];
    char byte;

    CU_ASSERT_EQUAL_FATAL(pipe(told), 0);
    const pid_t child = fork();

    if (child == 0)
        take_memory(told[1]);
    CU_ASSERT_TRUE_FATAL(child > 0);
    CU_ASSERT_EQUAL(read(told[0], &byte, 1), 1);
    struct csw_usages usages = usages_of("", getpid());
    const struct csw_usage sum = csw_usages_sum(&usages);
    const double pss_bytes = csw_usages_pss(&usages, child);

    CU_ASSERT_TRUE(usages.count >= 2);
    CU_ASSERT_TRUE(isnan(pss_bytes) || pss_bytes >= TOUCHED_BYTES);
    CU_ASSERT_TRUE(isnan(sum.pss_bytes) || sum.pss_bytes > pss_bytes);
    CU_ASSERT_TRUE(sum.peak_bytes >= TOUCHED_BYTES);
    csw_usages_release(&usages);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(told[0]);
    close(told[1]);
}

static const struct test tests[] = {
    TEST(a_process_and_its_living_descendants_are_summed),
    TEST(every_process_is_found_by_its_number),
    TEST(what_one_process_does_not_show_makes_the_sum_unknown),
    TEST(without_proc_nothing_is_known),
    TEST(releasing_nothing_is_allowed),
    TEST(huge_pages_are_those_of_the_mapping_alone),
    TEST(a_mapping_that_the_system_cut_is_summed),
    TEST(huge_pages_of_what_is_not_shown_are_unknown),
    TEST(the_memory_of_a_child_counts),
};

int main(void)
{
    return RUN_TESTS("usage", tests);
}
