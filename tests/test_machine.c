/*
 * test_machine.c - what a result file says about a machine, read from trees of /proc and /sys of
 * several kinds of machines (fixtures/host), and the variables by which OpenMP binds behind us.
 */
#include "suite.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/machine.h"

/* Describes the machine of a tree. The caller releases the host. */
static struct csw_host host_of(const char *tree)
{
    struct csw_host host = {0};
    struct csw_topo *topo = NULL;
    char path[64];

    snprintf(path, sizeof path, "host/%s", tree);
    CU_ASSERT_FATAL(csw_topo_open(&topo, "pack:2 core:2 pu:2", NULL) == 0);
    CU_ASSERT_FATAL(csw_host_read(&host, fixture(path), topo, NULL) == 0);
    csw_topo_close(topo);
    return host;
}

static bool is_text(const char *text, const char *expected)
{
    const bool same = strcmp(text ? text : "", expected) == 0;

    if (!same)
        printf("\n    '%s', expected '%s'\n    ", text ? text : "", expected);
    return same;
}

/* ---- kinds of machines ---------------------------------------------------------------------- */

static void bare_metal_shows_model_governor_and_smt(void)
{
    struct csw_host host = host_of("bare-metal");

    CU_ASSERT(is_text(host.cpu_model, "Intel(R) Xeon(R) Gold 6326 CPU @ 2.90GHz"));
    CU_ASSERT(is_text(host.governor, "performance"));
    CU_ASSERT(is_text(host.smt, "on"));
    CU_ASSERT(is_text(host.hypervisor, ""));
    CU_ASSERT_EQUAL(host.load_1min, 0.25);
    CU_ASSERT_EQUAL(host.memory_bytes, UINT64_C(16384000) * 1024);
    CU_ASSERT(isnan(host.quota_cpus));
    CU_ASSERT(is_text(host.quota_source, ""));
    csw_host_release(&host);
}

/* The vendor is asked of the CPU that the test runs on, so only its presence is known here. */
static void a_guest_names_a_hypervisor_and_its_quota(void)
{
    struct csw_host host = host_of("kvm-guest");

    CU_ASSERT(is_text(host.cpu_model, "AMD EPYC 7763 64-Core Processor"));
    CU_ASSERT_PTR_NOT_NULL(host.hypervisor);
    CU_ASSERT(is_text(host.governor, ""));
    CU_ASSERT(is_text(host.smt, "off"));
    CU_ASSERT_EQUAL(host.load_1min, 1.5);
    CU_ASSERT_EQUAL(host.quota_cpus, 1.5);
    CU_ASSERT(is_text(host.quota_source, "/sys/fs/cgroup/job/cpu.max"));
    csw_host_release(&host);
}

static void an_arm_board_is_named_by_its_device_tree(void)
{
    struct csw_host host = host_of("arm-board");

    CU_ASSERT(is_text(host.cpu_model, "Raspberry Pi 4 Model B Rev 1.4"));
    CU_ASSERT(is_text(host.governor, "ondemand"));
    CU_ASSERT(is_text(host.smt, ""));
    CU_ASSERT(is_text(host.hypervisor, ""));
    CU_ASSERT_EQUAL(host.load_1min, 0);
    csw_host_release(&host);
}

static void what_a_machine_does_not_show_stays_empty(void)
{
    struct csw_host host = host_of("nothing-visible");

    CU_ASSERT(is_text(host.cpu_model, ""));
    CU_ASSERT(is_text(host.governor, ""));
    CU_ASSERT(is_text(host.smt, ""));
    CU_ASSERT(is_text(host.hypervisor, ""));
    CU_ASSERT(is_text(host.quota_source, ""));
    CU_ASSERT(is_text(host.placement, ""));
    CU_ASSERT(isnan(host.quota_cpus));
    CU_ASSERT(isnan(host.load_1min));
    CU_ASSERT_EQUAL(host.memory_bytes, 0);
    csw_host_release(&host);
}

/* ---- what comes from the topology, the build and the environment ---------------------------- */

static void the_topology_is_told_in_words_and_counts(void)
{
    struct csw_host host = host_of("bare-metal");

    CU_ASSERT(is_text(host.topology, "2 packages, 1 NUMA node, 4 cores, 8 PUs"));
    CU_ASSERT(is_text(host.usable_cpus, "0-7"));
    CU_ASSERT_EQUAL(host.usable_pus, 8);
    CU_ASSERT_EQUAL(host.usable_cores, 4);
    csw_host_release(&host);
}

static void the_build_and_the_moment_are_told(void)
{
    struct csw_host host = host_of("bare-metal");
    int year, month, day, hour, minute, second, length = 0;

    sscanf(host.date, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute, &second,
           &length);
    CU_ASSERT_EQUAL(length, 20);
    CU_ASSERT_EQUAL(strlen(host.date), 20);
    CU_ASSERT(strlen(host.hostname) > 0);
    CU_ASSERT(strncmp(host.kernel, "Linux ", 6) == 0);
    CU_ASSERT(strncmp(host.compiler, "gcc ", 4) == 0 || strncmp(host.compiler, "clang ", 6) == 0);
    CU_ASSERT(strlen(host.flags) > 0);
    CU_ASSERT(is_text(host.revision, csw_revision()));
    CU_ASSERT(strstr(host.libraries, csw_topo_library()) != NULL);
    CU_ASSERT(strlen(csw_revision()) > 0);
    CU_ASSERT(strlen(csw_version()) > 0);
    csw_host_release(&host);
}

static void only_variables_of_openmp_are_recorded(void)
{
    setenv("OMP_NUM_THREADS", "3", 1);
    setenv("GOMP_SPINCOUNT", "7", 1);
    setenv("NOT_OMP_DYNAMIC", "true", 1);
    struct csw_host host = host_of("bare-metal");

    CU_ASSERT(strstr(host.environment, "OMP_NUM_THREADS=3") != NULL);
    CU_ASSERT(strstr(host.environment, "GOMP_SPINCOUNT=7") != NULL);
    CU_ASSERT(strstr(host.environment, "NOT_OMP_DYNAMIC") == NULL);
    unsetenv("OMP_NUM_THREADS");
    unsetenv("GOMP_SPINCOUNT");
    unsetenv("NOT_OMP_DYNAMIC");
    csw_host_release(&host);
}

static void without_an_environment_nothing_is_recorded(void)
{
    char **const environment = environ;

    environ = NULL; /* as clearenv() leaves it */
    struct csw_host host = host_of("bare-metal");

    environ = environment;
    CU_ASSERT(is_text(host.environment, ""));
    csw_host_release(&host);
}

/* ---- the host line -------------------------------------------------------------------------- */

static const char *const host_keys[] = {
#define HOST(type, name, same, doc) "\"" #name "\":",
#include <coresweep/record.def>
};

static void check_line(const char *tree)
{
    struct csw_host host = host_of(tree);
    char *line = csw_host_line(&host);

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT(strstr(line, "\"type\":\"host\"") != NULL);
    CU_ASSERT_PTR_NULL(strchr(line, '\n'));
    for (size_t i = 0; i < sizeof host_keys / sizeof *host_keys; i++)
        if (!strstr(line, host_keys[i])) {
            printf("\n    %s: no %s in %s\n    ", tree, host_keys[i], line);
            CU_FAIL("a field is missing");
        }
    free(line);
    csw_host_release(&host);
}

static void the_host_line_has_every_field_on_every_machine(void)
{
    check_line("bare-metal");
    check_line("kvm-guest");
    check_line("arm-board");
    check_line("nothing-visible");
}

static void unknown_numbers_are_null_in_the_host_line(void)
{
    struct csw_host host = host_of("nothing-visible");
    char *line = csw_host_line(&host);

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT(strstr(line, "\"quota_cpus\":null") != NULL);
    CU_ASSERT(strstr(line, "\"load_1min\":null") != NULL);
    CU_ASSERT(strstr(line, "\"governor\":\"\"") != NULL);
    free(line);
    csw_host_release(&host);
}

/* ---- bindings that are not ours ------------------------------------------------------------- */

static const char *const binding_variables[] = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY",
                                                "KMP_AFFINITY"};

#define BINDING_VARIABLES (sizeof binding_variables / sizeof *binding_variables)

static void unset_binding_variables(void)
{
    for (size_t i = 0; i < BINDING_VARIABLES; i++)
        unsetenv(binding_variables[i]);
}

static void without_binding_variables_nothing_foreign_binds(void)
{
    unset_binding_variables();
    setenv("OMP_NUM_THREADS", "2", 1);
    CU_ASSERT_PTR_NULL(csw_foreign_binding());
    unsetenv("OMP_NUM_THREADS");
}

static void each_binding_variable_is_found(void)
{
    static const char *const values[BINDING_VARIABLES] = {"close", "cores", "0-1", "compact"};

    for (size_t i = 0; i < BINDING_VARIABLES; i++) {
        unset_binding_variables();
        setenv(binding_variables[i], values[i], 1);
        const char *found = csw_foreign_binding();

        CU_ASSERT(is_text(found, binding_variables[i]));
    }
    unset_binding_variables();
    CU_ASSERT_PTR_NULL(csw_foreign_binding());
}

/* An explicit false leaves the threads unbound, whatever else is set. */
static void omp_proc_bind_false_binds_nothing(void)
{
    unset_binding_variables();
    setenv("OMP_PROC_BIND", "false", 1);
    CU_ASSERT_PTR_NULL(csw_foreign_binding());
    setenv("OMP_PLACES", "cores", 1);
    CU_ASSERT_PTR_NULL(csw_foreign_binding());
    unset_binding_variables();
}

/* ---- memory --------------------------------------------------------------------------------- */

static void what_a_control_group_allows_limits_memory(void)
{
    char text[CSW_LIMIT_TEXT_SIZE];

    CU_ASSERT_EQUAL(csw_memory_limit(fixture("cgroup/memory-v1-ancestor"), text), 1u << 27);
    CU_ASSERT_STRING_EQUAL(text, "the 128 MiB of memory that "
                                 "/sys/fs/cgroup/memory/batch/memory.limit_in_bytes allows");
}

static void without_a_limit_or_below_it_the_machine_limits_memory(void)
{
    const uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    static const char *const trees[] = {"cgroup/v1-own", "cgroup/memory-v1-vast",
                                        "cgroup/memory-v2-max", "no-such-tree"};
    char text[CSW_LIMIT_TEXT_SIZE], expected[CSW_LIMIT_TEXT_SIZE];

    snprintf(expected, sizeof expected, "the %" PRIu64 " MiB of memory here", machine >> 20);
    for (size_t i = 0; i < COUNT(trees); i++) {
        CHECK(trees[i], csw_memory_limit(fixture(trees[i]), text) == machine);
        CHECK(trees[i], is_text(text, expected));
    }
}

static const struct test tests[] = {
    TEST(bare_metal_shows_model_governor_and_smt),
    TEST(a_guest_names_a_hypervisor_and_its_quota),
    TEST(an_arm_board_is_named_by_its_device_tree),
    TEST(what_a_machine_does_not_show_stays_empty),
    TEST(the_topology_is_told_in_words_and_counts),
    TEST(the_build_and_the_moment_are_told),
    TEST(only_variables_of_openmp_are_recorded),
    TEST(without_an_environment_nothing_is_recorded),
    TEST(the_host_line_has_every_field_on_every_machine),
    TEST(unknown_numbers_are_null_in_the_host_line),
    TEST(without_binding_variables_nothing_foreign_binds),
    TEST(each_binding_variable_is_found),
    TEST(omp_proc_bind_false_binds_nothing),
    TEST(what_a_control_group_allows_limits_memory),
    TEST(without_a_limit_or_below_it_the_machine_limits_memory),
};

int main(void)
{
    return RUN_TESTS("machine", tests);
}
