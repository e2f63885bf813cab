/*
 * test_memory.c - policies are read and refused on described machines, and kept on this one, as the
 * system itself says; settings of huge pages are read from trees of /sys (fixtures/huge); data are
 * mapped under the policy in use, shared with forked processes, and counted.
 */
#include "suite.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/mempolicy.h>
#include <linux/seccomp.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/kernel.h>
#include <coresweep/memory.h>

#include "harness/data.h"

#define TWO_NODES "numa:2 core:2 pu:1"
#define MIB (UINT64_C(1) << 20)

static struct csw_topo *open_machine(const char *machine)
{
    struct csw_topo *topo = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&topo, machine, NULL), 0);
    return topo;
}

/* ---- as text -------------------------------------------------------------------------------- */

static void policies_are_read_as_they_are_written(void)
{
    static const char *const texts[] = {"first-touch", "interleave", "node:0", "node:1"};
    struct csw_topo *topo = open_machine(TWO_NODES);

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct csw_memory memory;
        char text[CSW_MEMORY_TEXT_SIZE];

        CU_ASSERT_EQUAL_FATAL(csw_memory_init(&memory, topo, texts[i], false, NULL), 0);
        csw_memory_text(&memory, text);
        CHECK(texts[i], strcmp(text, texts[i]) == 0);
    }
    csw_topo_close(topo);
}

static void nobody_asking_is_first_touch(void)
{
    const struct csw_memory nobody = {0};
    char text[CSW_MEMORY_TEXT_SIZE];

    csw_memory_text(&nobody, text);
    CU_ASSERT_STRING_EQUAL(text, "first-touch");
}

static void what_is_no_policy_is_refused(void)
{
    static const struct {
        const char *text, *said;
    } table[] = {
        {"intrleave", "unknown memory policy 'intrleave'; did you mean 'interleave'? there are "
                      "first-touch, interleave and node:N"},
        {"", "unknown memory policy ''"},
        {"node", "unknown memory policy 'node'"},
        {"node:2", "'node:2' of --memory is no NUMA node whose memory may be used here; usable "
                   "are 0-1"},
        {"node:", "'node:' of"},
        {"node:-1", "'node:-1' of"},
        {"node:0,1", "'node:0,1' of"},
        {"node:4294967296", "'node:4294967296' of"},
    };
    struct csw_topo *topo = open_machine(TWO_NODES);

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_memory memory = {.node = 77};
        struct csw_err err = {0};

        CHECK(table[i].text, csw_memory_init(&memory, topo, table[i].text, true, &err) == -EINVAL);
        CHECK(table[i].text, memory.node == 77);
        must_say(err.text, table[i].said);
    }
    csw_topo_close(topo);
}

static void nodes_are_told_by_the_numbers_of_the_system(void)
{
    struct csw_topo *topo = open_machine("numa:3(indexes=4,0,2) pu:1");
    char *nodes = csw_topo_nodes(topo);

    CU_ASSERT_STRING_EQUAL(nodes, "0,2,4");
    CU_ASSERT_TRUE(csw_topo_has_node(topo, 4));
    CU_ASSERT_FALSE(csw_topo_has_node(topo, 1));
    free(nodes);
    csw_topo_close(topo);
}

/* ---- tried ---------------------------------------------------------------------------------- */

static void nothing_is_placed_on_a_described_machine(void)
{
    static const char *const texts[] = {"interleave", "node:1"};
    struct csw_topo *topo = open_machine(TWO_NODES);
    struct csw_memory memory;

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct csw_err err = {0};

        CU_ASSERT_EQUAL_FATAL(csw_memory_init(&memory, topo, texts[i], false, NULL), 0);
        CHECK(texts[i], csw_memory_probe(&memory, "", &err) == -EINVAL);
        must_say(err.text, "described machine");
    }
    CU_ASSERT_EQUAL_FATAL(csw_memory_init(&memory, topo, "first-touch", false, NULL), 0);
    CU_ASSERT_EQUAL(csw_memory_probe(&memory, "", NULL), 0);
    csw_topo_close(topo);
}

static void a_setting_that_allows_no_huge_pages_is_told(void)
{
    static const struct {
        const char *tree, *said; /* "": huge pages can be had */
    } table[] = {
        {"never", "/transparent_hugepage/shmem_enabled says never; have root write advise there"},
        {"deny", "/transparent_hugepage/shmem_enabled says deny"},
        {"advise", ""},
        {"always", ""},
        {"inherits-never", "/transparent_hugepage/shmem_enabled says never"},
        {"inherits-advise", ""},
        {"own-never", "/transparent_hugepage/hugepages-2048kB/shmem_enabled says never"},
        {"own-advise", ""},
        {"own-denied", "/transparent_hugepage/shmem_enabled says deny"},
        {"no-such-tree", "this system shows no huge pages for shared memory"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_memory memory = {.huge_pages = true};
        char path[64];

        snprintf(path, sizeof path, "huge/%s", table[i].tree);
        CU_ASSERT_EQUAL(csw_memory_probe(&memory, fixture(path), NULL), 0);
        CHECK(table[i].tree, (*memory.cannot_huge == '\0') == (*table[i].said == '\0'));
        must_say(memory.cannot_huge, table[i].said);
        CHECK(table[i].tree, *memory.cannot_place == '\0');
    }
}

static void who_asks_for_no_huge_pages_is_told_nothing(void)
{
    struct csw_memory memory = {0};

    CU_ASSERT_EQUAL(csw_memory_probe(&memory, fixture("huge/never"), NULL), 0);
    CU_ASSERT_STRING_EQUAL(memory.cannot_huge, "");
}

/* ---- kept on this machine ------------------------------------------------------------------- */

/* The policy of a page as the system tells it, and the first of its nodes; -1: not told. */
static int mode_of(const void *page, unsigned *ret_node)
{
    unsigned long nodes[64] = {0};
    int mode;

    if (syscall(SYS_get_mempolicy, &mode, nodes, 8 * sizeof nodes, page, MPOL_F_ADDR) != 0)
        return -1;
    for (*ret_node = 0; *ret_node < 8 * sizeof nodes; ++*ret_node)
        if (nodes[*ret_node / 64] >> *ret_node % 64 & 1)
            break;
    return mode;
}

/* Maps data under the policy; both ends of them must say `mode`, where this system can place. */
static void check_kept(const char *text, int mode)
{
    struct csw_topo *topo = open_machine(NULL);
    struct csw_memory memory;
    struct csw_err err = {0};
    unsigned node = 0;
    void *data = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_memory_init(&memory, topo, text, false, &err), 0);
    CU_ASSERT_EQUAL_FATAL(csw_memory_probe(&memory, "", &err), 0);
    csw_memory_use(&memory);
    CU_ASSERT_EQUAL_FATAL(csw_data_map(&data, MIB, &err), 0);
    csw_memory_use(NULL);
    if (*memory.cannot_place == '\0') {
        CHECK(text, mode_of(data, &node) == mode);
        CHECK(text, mode_of((char *)data + MIB - 1, &node) == mode);
        CHECK(text, memory.policy != CSW_MEMORY_NODE || node == memory.node);
    }
    memset(data, 1, MIB);
    csw_data_unmap(data);
    csw_topo_close(topo);
}

static void data_lie_as_asked_for(void)
{
    struct csw_topo *topo = open_machine(NULL);
    unsigned node = 0;
    char text[CSW_MEMORY_TEXT_SIZE];

    while (!csw_topo_has_node(topo, node))
        node++;
    csw_topo_close(topo);
    snprintf(text, sizeof text, "node:%u", node);
    check_kept("interleave", MPOL_INTERLEAVE);
    check_kept(text, MPOL_BIND);
}

static void data_that_nobody_asked_to_place_follow_the_process(void)
{
    unsigned node;
    void *data = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_data_map(&data, MIB, NULL), 0);
    const int mode = mode_of(data, &node);

    CU_ASSERT_TRUE(mode == MPOL_DEFAULT || mode == -1);
    csw_data_unmap(data);
}

/* From here on the system refuses to place memory, as strict containers do. */
static bool forbid_placing(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mbind, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = COUNT(code), .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* In a child, which ends with 0 where data are mapped all the same and the reason is told. */
static _Noreturn void map_where_placing_is_forbidden(void)
{
    struct csw_topo *topo = open_machine(NULL);
    struct csw_memory memory;
    void *data = NULL;

    if (!forbid_placing())
        _exit(0); /* a kernel without filters */
    bool held = csw_memory_init(&memory, topo, "interleave", false, NULL) == 0 &&
                csw_memory_probe(&memory, "", NULL) == 0 &&
                strstr(memory.cannot_place, "memory cannot be placed on NUMA nodes");

    csw_memory_use(&memory);
    held = held && csw_data_map(&data, MIB, NULL) == 0;
    _exit(held ? 0 : 1);
}

static void where_the_system_refuses_data_lie_by_first_touch(void)
{
    int status = -1;
    const pid_t child = fork();

    if (child == 0)
        map_where_placing_is_forbidden();
    CU_ASSERT_TRUE(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

/* ---- data ----------------------------------------------------------------------------------- */

static void mapped_bytes_are_counted_until_they_are_given_back(void)
{
    void *data[3];

    CU_ASSERT_EQUAL(csw_data_bytes(), 0);
    for (size_t i = 0; i < COUNT(data); i++)
        CU_ASSERT_EQUAL_FATAL(csw_data_map(&data[i], (i + 1) * MIB, NULL), 0);
    CU_ASSERT_EQUAL(csw_data_bytes(), 6 * MIB);
    csw_data_unmap(data[1]);
    CU_ASSERT_EQUAL(csw_data_bytes(), 4 * MIB);
    csw_data_unmap(NULL);
    csw_data_unmap(data[2]);
    csw_data_unmap(data[0]);
    CU_ASSERT_EQUAL(csw_data_bytes(), 0);
}

static void no_bytes_can_be_mapped(void)
{
    void *data = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_data_map(&data, 0, NULL), 0);
    CU_ASSERT_PTR_NOT_NULL(data);
    CU_ASSERT_EQUAL(csw_data_bytes(), 0);
    CU_ASSERT_TRUE(isnan(csw_data_huge_bytes()) || csw_data_huge_bytes() == 0);
    csw_data_unmap(data);
}

static void data_that_no_address_space_holds_are_refused(void)
{
    void *data = &data;
    struct csw_err err = {0};

    CU_ASSERT_EQUAL(csw_data_map(&data, UINT64_C(1) << 62, &err), -ENOMEM);
    must_say(err.text, "no memory for 4611686018427387904 bytes of data");
    CU_ASSERT_PTR_EQUAL(data, &data);
    CU_ASSERT_EQUAL(csw_data_bytes(), 0);
}

/* What a child writes its parent reads, and counts the pages although it never touched them. */
static void data_are_shared_with_forked_processes(void)
{
    void *data = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_data_map(&data, MIB, NULL), 0);
    const pid_t child = fork();

    if (child == 0) {
        memset(data, 7, MIB);
        _exit(0);
    }
    CU_ASSERT_TRUE(child > 0 && waitpid(child, NULL, 0) == child);
    const double huge_bytes = csw_data_huge_bytes();

    CU_ASSERT_TRUE(isnan(huge_bytes) || (huge_bytes >= 0 && huge_bytes <= 2 * MIB));
    CU_ASSERT_EQUAL(((const char *)data)[MIB - 1], 7);
    csw_data_unmap(data);
    CU_ASSERT_EQUAL(csw_data_huge_bytes(), 0);
}

static const struct test tests[] = {
    TEST(policies_are_read_as_they_are_written),
    TEST(nobody_asking_is_first_touch),
    TEST(what_is_no_policy_is_refused),
    TEST(nodes_are_told_by_the_numbers_of_the_system),
    TEST(nothing_is_placed_on_a_described_machine),
    TEST(a_setting_that_allows_no_huge_pages_is_told),
    TEST(who_asks_for_no_huge_pages_is_told_nothing),
    TEST(data_lie_as_asked_for),
    TEST(data_that_nobody_asked_to_place_follow_the_process),
    TEST(where_the_system_refuses_data_lie_by_first_touch),
    TEST(mapped_bytes_are_counted_until_they_are_given_back),
    TEST(no_bytes_can_be_mapped),
    TEST(data_that_no_address_space_holds_are_refused),
    TEST(data_are_shared_with_forked_processes),
};

int main(void)
{
    return RUN_TESTS("memory", tests);
}
