/*
 * test_doctor.c - what doctor finds on machines of several kinds, each a tree fixtures/doctor/CASE
 * of proc and sys, and what its probe and its outputs say.
 */
#include "suite.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/doctor.h"
#include "harness/machine.h"

static struct csw_doctor examine(const char *tree)
{
    struct csw_topo *topo = NULL;
    struct csw_host host = {0};
    struct csw_doctor doctor = {0};
    char path[64], root[512];

    snprintf(path, sizeof path, "doctor/%s", tree);
    snprintf(root, sizeof root, "%s", fixture(path));
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&topo, "pack:1 core:2 pu:1", NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_host_read(&host, root, topo, NULL), 0);
    csw_doctor_examine(&doctor, root, &host);
    csw_host_release(&host);
    csw_topo_close(topo);
    return doctor;
}

static const struct csw_finding *finding_of(const struct csw_doctor *doctor, const char *what)
{
    for (size_t i = 0; i < doctor->count; i++)
        if (strcmp(doctor->finding[i].what, what) == 0)
            return &doctor->finding[i];
    return NULL;
}

/* Asserts that the finding has the grade and that its value says `part`. */
static void finds(const struct csw_doctor *doctor, const char *what, enum csw_grade grade,
                  const char *part)
{
    const struct csw_finding *finding = finding_of(doctor, what);

    if (!CHECK(what, finding != NULL))
        return;
    CHECK(what, finding->grade == grade);
    must_say(finding->value, part);
    CHECK(what, finding->grade == CSW_OK || (*finding->means && *finding->remedy));
}

/* ---- kinds of machines ---------------------------------------------------------------------- */

static void a_machine_that_was_made_ready_has_nothing_to_note(void)
{
    const struct csw_doctor doctor = examine("ready");

    for (size_t i = 0; i < doctor.count; i++)
        CHECK(doctor.finding[i].what, doctor.finding[i].grade == CSW_OK);
    finds(&doctor, "usable CPUs", CSW_OK, "0-3: all 4");
    finds(&doctor, "governor", CSW_OK, "performance");
    finds(&doctor, "boost", CSW_OK, "off");
    finds(&doctor, "SMT", CSW_OK, "off");
    CU_ASSERT_TRUE(csw_doctor_fit(&doctor));
}

static void bare_metal_as_it_comes_is_fit_with_notes(void)
{
    const struct csw_doctor doctor = examine("bare-metal");

    finds(&doctor, "governor", CSW_NOTE, "powersave");
    finds(&doctor, "boost", CSW_NOTE, "on");
    finds(&doctor, "SMT", CSW_NOTE, "on");
    finds(&doctor, "NUMA", CSW_NOTE, "2 nodes");
    finds(&doctor, "clock source", CSW_NOTE, "hpet");
    finds(&doctor, "huge pages", CSW_NOTE, "always, for data");
    finds(&doctor, "swap", CSW_NOTE, "1024 MiB");
    finds(&doctor, "hypervisor", CSW_OK, "none");
    CU_ASSERT_PTR_NULL(finding_of(&doctor, "kinds of cores"));
    CU_ASSERT_TRUE(csw_doctor_fit(&doctor));
}

static void the_file_that_turns_boost_off_is_the_one_that_is_there(void)
{
    const struct csw_doctor amd = examine("bare-metal"), intel = examine("hybrid");

    must_say(finding_of(&amd, "boost")->remedy,
             "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
    must_say(finding_of(&intel, "boost")->remedy,
             "echo 1 | sudo tee /sys/devices/system/cpu/intel");
}

static void hybrid_and_isolated_cores_are_told_apart(void)
{
    const struct csw_doctor doctor = examine("hybrid");

    finds(&doctor, "kinds of cores", CSW_NOTE, "0-7 8-11 (the fastest first)");
    finds(&doctor, "isolated CPUs", CSW_NOTE, "2-3");
    finds(&doctor, "tickless CPUs", CSW_NOTE, "2-3");
}

static void one_governor_that_differs_makes_them_mixed(void)
{
    const struct csw_doctor doctor = examine("hybrid");

    finds(&doctor, "governor", CSW_NOTE, "mixed");
}

static void isolated_cpus_alone_hold_unbound_workers_on_one(void)
{
    const struct csw_doctor doctor = examine("isolated");

    finds(&doctor, "usable CPUs", CSW_NOTE, "2-3: 2 of 8");
    finds(&doctor, "isolated CPUs", CSW_NOTE, "all");
    must_say(finding_of(&doctor, "isolated CPUs")->remedy, "--pin none");
    finds(&doctor, "load", CSW_NOTE, "1.00");
}

/* ---- control groups ------------------------------------------------------------------------- */

static void a_quota_below_the_cpus_is_unfit(void)
{
    const struct csw_doctor doctor = examine("cgroup-v1");

    finds(&doctor, "CPU quota", CSW_BAD, "0.50 CPUs by /sys/fs/cgroup/cpu/job/cpu.cfs_quota_us");
    must_say(finding_of(&doctor, "CPU quota")->remedy, "not even leave one worker a CPU");
    finds(&doctor, "governor", CSW_NOTE, "not shown");
    CU_ASSERT_FALSE(csw_doctor_fit(&doctor));
}

static void a_quota_that_the_cpus_cannot_use_up_is_fit(void)
{
    const struct csw_doctor doctor = examine("cgroup-v2");

    finds(&doctor, "CPU quota", CSW_OK, "2.00 CPUs");
    finds(&doctor, "usable CPUs", CSW_NOTE, "0-1: 2 of 8");
    CU_ASSERT_TRUE(csw_doctor_fit(&doctor));
}

static void a_container_with_one_cpu_on_a_busy_machine_is_unfit(void)
{
    const struct csw_doctor doctor = examine("container");

    finds(&doctor, "usable CPUs", CSW_BAD, "5 of 0-7");
    finds(&doctor, "load", CSW_BAD, "9.50");
    CU_ASSERT_FALSE(csw_doctor_fit(&doctor));
}

static void what_is_not_shown_is_not_made_up(void)
{
    const struct csw_doctor doctor = examine("no-such-tree");

    CU_ASSERT_PTR_NULL(finding_of(&doctor, "usable CPUs"));
    CU_ASSERT_PTR_NULL(finding_of(&doctor, "load"));
    CU_ASSERT_PTR_NULL(finding_of(&doctor, "swap"));
    finds(&doctor, "governor", CSW_NOTE, "not shown");
    finds(&doctor, "boost", CSW_NOTE, "not shown");
    finds(&doctor, "hypervisor", CSW_NOTE, "not shown");
}

static void files_that_hold_something_else_tell_nothing(void)
{
    const struct csw_doctor doctor = examine("arm");

    finds(&doctor, "boost", CSW_NOTE, "not shown");
    finds(&doctor, "hypervisor", CSW_NOTE, "not shown");
}

/* ---- parts of a machine --------------------------------------------------------------------- */

static void cpus_that_could_be_plugged_in_are_not_usable(void)
{
    const struct csw_doctor doctor = examine("hot-plug");

    finds(&doctor, "usable CPUs", CSW_OK, "0-1: all 2");
    finds(&doctor, "CPU quota", CSW_OK, "2.00 CPUs");
    CU_ASSERT_TRUE(csw_doctor_fit(&doctor));
}

static void siblings_that_are_not_usable_are_others_business(void)
{
    const struct csw_doctor doctor = examine("no-siblings");

    finds(&doctor, "SMT", CSW_NOTE, "no two usable CPUs are one core");
}

static void data_have_a_setting_of_huge_pages_of_their_own(void)
{
    const struct csw_doctor ready = examine("ready"), doctor = examine("hot-plug");

    finds(&ready, "huge pages", CSW_OK, "madvise, for data (shared memory) never");
    finds(&doctor, "huge pages", CSW_NOTE, "madvise, for data (shared memory) within_size");
}

static void kinds_of_cores_of_this_machine_are_those_of_its_topology(void)
{
    struct csw_doctor doctor;

    csw_doctor_examine(&doctor, "", &(struct csw_host){.core_kinds = (char *)"4-5 0-3"});
    finds(&doctor, "kinds of cores", CSW_NOTE, "4-5 0-3 (the fastest first)");
    csw_doctor_examine(&doctor, "", &(struct csw_host){.core_kinds = (char *)""});
    CU_ASSERT_PTR_NULL(finding_of(&doctor, "kinds of cores"));
}

static void a_guest_that_was_copied_is_of_an_unknown_kind(void)
{
    const struct csw_doctor doctor = examine("cgroup-v1");

    finds(&doctor, "hypervisor", CSW_NOTE, "of an unknown kind");
}

/* ---- the environment ------------------------------------------------------------------------ */

static void a_variable_that_binds_is_unfit_and_others_are_noted(void)
{
    setenv("OMP_WAIT_POLICY", "passive", 1);
    const struct csw_doctor noted = examine("ready");

    finds(&noted, "environment", CSW_NOTE, "OMP_WAIT_POLICY=passive");
    CU_ASSERT_TRUE(csw_doctor_fit(&noted));
    setenv("OMP_PROC_BIND", "close", 1);
    const struct csw_doctor bound = examine("ready");

    finds(&bound, "environment", CSW_BAD, "OMP_PROC_BIND");
    CU_ASSERT_FALSE(csw_doctor_fit(&bound));
    unsetenv("OMP_PROC_BIND");
    unsetenv("OMP_WAIT_POLICY");
}

/* ---- the probe and the outputs -------------------------------------------------------------- */

static void the_probe_tells_of_every_usable_cpu_and_unbinds(void)
{
    struct csw_topo *topo = NULL, *after = NULL;
    struct csw_doctor doctor = {0};
    double least, most;

    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&topo, NULL, NULL), 0);
    CU_ASSERT_EQUAL(csw_doctor_probe(&doctor, topo, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(csw_topo_open(&after, NULL, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(doctor.count, 1);
    CU_ASSERT_EQUAL(
        sscanf(doctor.finding[0].value, "availability %lf to %lf, least on CPU", &least, &most), 2);
    CU_ASSERT_TRUE(0 <= least && least <= most && most <= 1.01);
    CU_ASSERT_EQUAL(csw_topo_pus(after), csw_topo_pus(topo));
    csw_topo_close(after);
    csw_topo_close(topo);
}

static void json_holds_every_finding(void)
{
    const struct csw_doctor doctor = examine("container");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(csw_doctor_json(&doctor, out, NULL), 0);
    fclose(out);
    json_t *json = json_loads(text, 0, NULL);
    json_t *findings = json_object_get(json, "findings");

    CU_ASSERT_TRUE(json_is_false(json_object_get(json, "fit")));
    CU_ASSERT_EQUAL(json_array_size(findings), doctor.count);
    for (size_t i = 0; i < doctor.count; i++) {
        const json_t *finding = json_array_get(findings, i);

        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(finding, "value")),
                               doctor.finding[i].value);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(finding, "grade")),
                               csw_grade_name(doctor.finding[i].grade));
    }
    json_decref(json);
    free(text);
}

static void json_takes_any_text(void)
{
    setenv("OMP_AFFINITY_FORMAT", "\xff", 1);
    const struct csw_doctor doctor = examine("ready");
    FILE *out = fopen("/dev/null", "w");

    unsetenv("OMP_AFFINITY_FORMAT");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(csw_doctor_json(&doctor, out, NULL), 0);
    fclose(out);
}

static void people_get_lines_of_a_hundred_columns_and_the_verdict(void)
{
    static const char *const trees[] = {"ready", "bare-metal", "hybrid", "cgroup-v1", "container"};

    for (size_t i = 0; i < COUNT(trees); i++) {
        const struct csw_doctor doctor = examine(trees[i]);
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);

        CU_ASSERT_PTR_NOT_NULL_FATAL(out);
        csw_doctor_print(&doctor, out);
        fclose(out);
        must_say(text, csw_doctor_fit(&doctor) ? "\n\nfit: " : "\n\nunfit: ");
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            CHECK(trees[i], strcspn(line, "\n") <= 100);
        free(text);
    }
}

static const struct test tests[] = {
    TEST(a_machine_that_was_made_ready_has_nothing_to_note),
    TEST(bare_metal_as_it_comes_is_fit_with_notes),
    TEST(the_file_that_turns_boost_off_is_the_one_that_is_there),
    TEST(hybrid_and_isolated_cores_are_told_apart),
    TEST(one_governor_that_differs_makes_them_mixed),
    TEST(isolated_cpus_alone_hold_unbound_workers_on_one),
    TEST(a_quota_below_the_cpus_is_unfit),
    TEST(a_quota_that_the_cpus_cannot_use_up_is_fit),
    TEST(a_container_with_one_cpu_on_a_busy_machine_is_unfit),
    TEST(what_is_not_shown_is_not_made_up),
    TEST(files_that_hold_something_else_tell_nothing),
    TEST(cpus_that_could_be_plugged_in_are_not_usable),
    TEST(siblings_that_are_not_usable_are_others_business),
    TEST(data_have_a_setting_of_huge_pages_of_their_own),
    TEST(kinds_of_cores_of_this_machine_are_those_of_its_topology),
    TEST(a_guest_that_was_copied_is_of_an_unknown_kind),
    TEST(a_variable_that_binds_is_unfit_and_others_are_noted),
    TEST(the_probe_tells_of_every_usable_cpu_and_unbinds),
    TEST(json_holds_every_finding),
    TEST(json_takes_any_text),
    TEST(people_get_lines_of_a_hundred_columns_and_the_verdict),
};

int main(void)
{
    static char *nothing[] = {NULL};

    environ = nothing; /* OMP_* and its like are findings */
    return RUN_TESTS("doctor", tests);
}
