/*
 * test_cgroup.c - the CPU quota and the memory limit that hold are found in control groups of
 * version 1, 2 and both, on hosts and in containers. Each case is a tree fixtures/cgroup/CASE of
 * proc/self and sys/fs/cgroup; groups that must not count hold a quota of 0.1 CPUs, or 4096 bytes.
 */
#include "suite.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cgroup.h"

#define FS "/sys/fs/cgroup"

/* True where `read` finds this limit (NAN: none) in the tree, from this file (NULL: none). */
static bool finds(double (*read)(const char *, char **), const char *tree, double limit,
                  const char *source)
{
    char path[64], *found_source;

    snprintf(path, sizeof path, "cgroup/%s", tree);
    const double found = read(fixture(path), &found_source);
    const bool same_limit = isnan(limit) ? isnan(found) : fabs(found - limit) < 1e-9;
    const bool same_source =
        source ? found_source && strcmp(found_source, source) == 0 : !found_source;

    if (!same_limit || !same_source)
        printf("\n    %s: %g from %s, expected %g from %s\n    ", tree, found,
               found_source ? found_source : "nowhere", limit, source ? source : "nowhere");
    free(found_source);
    return same_limit && same_source;
}

static bool gives(const char *tree, double cpus, const char *source)
{
    return finds(csw_cgroup_quota, tree, cpus, source);
}

static bool allows(const char *tree, double bytes, const char *source)
{
    return finds(csw_cgroup_memory, tree, bytes, source);
}

static bool gives_none(const char *tree)
{
    return gives(tree, NAN, NULL);
}

/* ---- version 2 ------------------------------------------------------------------------------ */

static void a_group_without_the_cpu_controller_has_no_quota(void)
{
    CU_ASSERT(gives_none("v2-none"));
}

static void max_is_no_quota(void)
{
    CU_ASSERT(gives_none("v2-max"));
}

static void the_quota_of_the_own_group_holds(void)
{
    CU_ASSERT(gives("v2-own", 1.5, FS "/user.slice/job.scope/cpu.max"));
}

static void a_tighter_quota_of_an_ancestor_holds(void)
{
    CU_ASSERT(gives("v2-ancestor", 2.5, FS "/user.slice/cpu.max"));
}

static void a_quota_may_be_less_than_one_cpu(void)
{
    CU_ASSERT(gives("v2-below-one", 0.25, FS "/job/cpu.max"));
    CU_ASSERT(gives("v1-below-one", 0.5, FS "/cpu/job/cpu.cfs_quota_us"));
}

static void in_a_cgroup_namespace_the_top_of_the_mount_is_read(void)
{
    CU_ASSERT(gives("v2-namespace", 2, FS "/cpu.max"));
}

static void a_group_outside_the_namespace_shows_only_the_top_of_the_mount(void)
{
    CU_ASSERT(gives("v2-outside", 3, FS "/cpu.max"));
}

static void a_container_without_a_namespace_sees_its_own_group_as_the_mount(void)
{
    CU_ASSERT(gives("v2-container", 3.5, FS "/cpu.max"));
}

static void dots_within_a_group_name_are_no_way_up(void)
{
    CU_ASSERT(gives("v2-dots", 1.25, FS "/job..7/cpu.max"));
}

/* ---- version 1 ------------------------------------------------------------------------------ */

static void minus_one_is_no_quota(void)
{
    CU_ASSERT(gives_none("v1-unlimited"));
}

static void version_1_reads_own_group_and_ancestors(void)
{
    CU_ASSERT(gives("v1-own", 2.5, FS "/cpu/batch/job/cpu.cfs_quota_us"));
    CU_ASSERT(gives("v1-ancestor", 1.5, FS "/cpu/batch/cpu.cfs_quota_us"));
}

static void version_1_reads_the_group_that_a_container_has_mounted(void)
{
    CU_ASSERT(gives("v1-container", 2, FS "/cpu/cpu.cfs_quota_us"));
    CU_ASSERT(gives("v1-container-inner", 1.25, FS "/cpu/job/cpu.cfs_quota_us"));
}

static void a_path_that_only_starts_like_the_mounted_group_lies_outside_it(void)
{
    CU_ASSERT(gives("v1-similar-prefix", 3, FS "/cpu/cpu.cfs_quota_us"));
}

static void controllers_named_almost_like_cpu_are_left_alone(void)
{
    CU_ASSERT(gives("v1-lookalikes", 3.5, FS "/cpu/job/cpu.cfs_quota_us"));
}

/* ---- both, neither, broken ------------------------------------------------------------------ */

static void with_both_versions_mounted_both_are_read(void)
{
    CU_ASSERT(gives("hybrid", 1.25, FS "/cpu/batch/job/cpu.cfs_quota_us"));
    CU_ASSERT(gives("hybrid-both", 3, FS "/unified/job/cpu.max"));
}

static void what_is_missing_gives_no_quota(void)
{
    CU_ASSERT(gives_none("no-mountinfo"));
    CU_ASSERT(gives_none("no-membership"));
    CU_ASSERT(gives_none("no-cpu-mount"));
    CU_ASSERT(gives_none("no-such-tree"));
}

static void of_several_places_of_a_hierarchy_that_with_the_own_group_counts(void)
{
    CU_ASSERT(gives("v2-two-mounts", 1.5, FS "/cpu.max"));
}

static void names_that_mountinfo_escapes_are_read(void)
{
    CU_ASSERT(gives("v1-escaped", 2.5, "/sys/fs/my cgroup/job/cpu.cfs_quota_us"));
}

static void a_quota_beyond_all_cpus_is_just_large(void)
{
    CU_ASSERT(gives("v2-huge", 1e14, FS "/job/cpu.max"));
}

static void garbage_gives_no_quota(void)
{
    CU_ASSERT(gives_none("v2-relative-point"));
    CU_ASSERT(gives_none("v2-garbage"));
    CU_ASSERT(gives_none("v1-garbage"));
}

static void a_negative_quota_is_none(void)
{
    CU_ASSERT(gives_none("v2-negative"));
}

static void this_machine_names_a_source_exactly_when_it_has_a_quota(void)
{
    char *source;
    const double cpus = csw_cgroup_quota("", &source);

    CU_ASSERT(isnan(cpus) ? !source : cpus > 0 && source);
    free(source);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void the_memory_limit_of_the_own_group_holds(void)
{
    CU_ASSERT(allows("memory-v2-own", 0x1p28, FS "/user.slice/job/memory.max"));
    CU_ASSERT(allows("memory-v1-own", 0x1p29, FS "/memory/batch/job/memory.limit_in_bytes"));
}

static void a_tighter_memory_limit_of_an_ancestor_holds(void)
{
    CU_ASSERT(allows("memory-v2-ancestor", 0x1p30, FS "/user.slice/memory.max"));
    CU_ASSERT(allows("memory-v1-ancestor", 0x1p27, FS "/memory/batch/memory.limit_in_bytes"));
}

static void with_both_versions_the_tighter_memory_limit_holds(void)
{
    CU_ASSERT(allows("memory-hybrid", 0x1p28, FS "/unified/job/memory.max"));
}

static void no_memory_limit_is_found_where_none_is_set(void)
{
    CU_ASSERT(allows("memory-v2-max", NAN, NULL));
    CU_ASSERT(allows("memory-v1-unlimited", NAN, NULL));
    CU_ASSERT(allows("memory-v2-garbage", NAN, NULL));
    CU_ASSERT(allows("v1-own", NAN, NULL));
    CU_ASSERT(allows("no-such-tree", NAN, NULL));
}

static void a_memory_limit_is_no_quota_and_a_quota_no_memory_limit(void)
{
    CU_ASSERT(gives_none("memory-v2-own"));
    CU_ASSERT(gives_none("memory-v1-own"));
    CU_ASSERT(allows("v2-own", NAN, NULL));
}

static const struct test tests[] = {
    TEST(a_group_without_the_cpu_controller_has_no_quota),
    TEST(max_is_no_quota),
    TEST(the_quota_of_the_own_group_holds),
    TEST(a_tighter_quota_of_an_ancestor_holds),
    TEST(a_quota_may_be_less_than_one_cpu),
    TEST(in_a_cgroup_namespace_the_top_of_the_mount_is_read),
    TEST(a_group_outside_the_namespace_shows_only_the_top_of_the_mount),
    TEST(a_container_without_a_namespace_sees_its_own_group_as_the_mount),
    TEST(dots_within_a_group_name_are_no_way_up),
    TEST(minus_one_is_no_quota),
    TEST(version_1_reads_own_group_and_ancestors),
    TEST(version_1_reads_the_group_that_a_container_has_mounted),
    TEST(a_path_that_only_starts_like_the_mounted_group_lies_outside_it),
    TEST(controllers_named_almost_like_cpu_are_left_alone),
    TEST(with_both_versions_mounted_both_are_read),
    TEST(what_is_missing_gives_no_quota),
    TEST(of_several_places_of_a_hierarchy_that_with_the_own_group_counts),
    TEST(names_that_mountinfo_escapes_are_read),
    TEST(a_quota_beyond_all_cpus_is_just_large),
    TEST(garbage_gives_no_quota),
    TEST(a_negative_quota_is_none),
    TEST(this_machine_names_a_source_exactly_when_it_has_a_quota),
    TEST(the_memory_limit_of_the_own_group_holds),
    TEST(a_tighter_memory_limit_of_an_ancestor_holds),
    TEST(with_both_versions_the_tighter_memory_limit_holds),
    TEST(no_memory_limit_is_found_where_none_is_set),
    TEST(a_memory_limit_is_no_quota_and_a_quota_no_memory_limit),
};

int main(void)
{
    return RUN_TESTS("cgroup", tests);
}
