/*
 * test_probe.c - every probe of the registry gives the readings that its name stands for, and what
 * an interpreter answers is taken for readings only where it is.
 */
#include "suite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coresweep/probe.h>

#include "harness/clock.h"
#include "harness/names.h"

static const struct csw_probe_options quick = {.scale = 0.002};

/* ---- the registry -----------------------------------------------------------------------------
 */

static void every_probe_is_found_by_its_name(void)
{
    const struct csw_probe *probe, *found;
    struct csw_err err;

    for (size_t i = 0; (probe = csw_probe_at(i)); i++) {
        CU_ASSERT_PTR_EQUAL(csw_probe_find(probe->name), probe);
        CHECK(probe->name, strlen(probe->summary) > 0 && probe->run);
        CU_ASSERT_EQUAL(csw_probe_require(&found, probe->name, NULL), 0);
        CU_ASSERT_PTR_EQUAL(found, probe);
    }
    CU_ASSERT_PTR_NULL(csw_probe_find("tickr"));
    CU_ASSERT_EQUAL(csw_probe_require(&found, "tickr", &err), -EINVAL);
    must_say(err.text, "unknown probe 'tickr'; did you mean 'ticker'?");
}

/* ---- what the probes in C read ----------------------------------------------------------------
 */

/* "late_p99_ns" ends in its unit; a number of things has none. */
static bool ends_in_unit(const struct csw_reading *reading)
{
    const size_t quantity = strlen(reading->quantity), unit = strlen(reading->unit);

    return strcmp(reading->unit, "1") == 0 ||
           (quantity > unit + 1 && reading->quantity[quantity - unit - 1] == '_' &&
            strcmp(reading->quantity + quantity - unit, reading->unit) == 0);
}

static void check_reading(const struct csw_probe *probe, const struct csw_reading *reading)
{
    CU_ASSERT_STRING_EQUAL(reading->probe, probe->name);
    CU_ASSERT_STRING_EQUAL(reading->language, "C");
    CU_ASSERT_STRING_EQUAL(reading->runtime, "");
    CU_ASSERT_STRING_EQUAL(reading->python, "");
    CU_ASSERT_EQUAL(reading->round, 0);
    CHECK(reading->row, *reading->row != '\0');
    CHECK(reading->quantity, csw_unit_is_known(reading->unit) && ends_in_unit(reading));
    CHECK(reading->quantity, isfinite(reading->value) && reading->value >= 0);
}

/* The value of that row and quantity; NAN where there is not exactly one. */
static double value_of(const struct csw_readings *readings, const char *row, const char *quantity)
{
    double value = NAN;
    size_t found = 0;

    for (size_t i = 0; i < readings->count; i++) {
        const struct csw_reading *reading = &readings->reading[i];

        if (strcmp(reading->row, row) == 0 && strcmp(reading->quantity, quantity) == 0) {
            value = reading->value;
            found++;
        }
    }
    return found == 1 ? value : NAN;
}

static void check_unjoined(const struct csw_readings *readings)
{
    static const char *const waiting[] = {"thread, joined", "thread, not joined"};
    static const char lost[] = "thread, detached and exit";
    const double longest_ns = 5 * quick.scale * (double)CSW_NS_PER_S;

    for (size_t i = 0; i < COUNT(waiting); i++) {
        CHECK(waiting[i], value_of(readings, waiting[i], "done") == 5);
        CHECK(waiting[i], value_of(readings, waiting[i], "done_ns") >= longest_ns);
        CHECK(waiting[i], value_of(readings, waiting[i], "ended_ns") >=
                              value_of(readings, waiting[i], "done_ns"));
    }
    CU_ASSERT(value_of(readings, waiting[0], "printed_ns") >= longest_ns);
    CU_ASSERT(value_of(readings, waiting[1], "printed_ns") > 0);
    /* on a busy machine some of it may be done before the end; what is not has no time */
    CHECK(lost, value_of(readings, lost, "done") >= 0 && value_of(readings, lost, "done") <= 5);
    CHECK(lost,
          (value_of(readings, lost, "done") > 0) == !isnan(value_of(readings, lost, "done_ns")));
    CHECK(lost, value_of(readings, lost, "ended_ns") >= value_of(readings, lost, "printed_ns"));
}

static void check_ticker(const struct csw_readings *readings)
{
    static const char *const rows[] = {"alone", "beside one computing thread"};
    static const char *const quantities[] = {"late_p10_ns", "late_p50_ns", "late_p90_ns",
                                             "late_p99_ns", "late_max_ns"};

    for (size_t r = 0; r < COUNT(rows); r++) {
        const double ticks = value_of(readings, rows[r], "ticks");
        double before = 0;

        CHECK(rows[r], ticks >= 1 && ticks <= 600);
        for (size_t q = 0; q < COUNT(quantities); q++) {
            const double late_ns = value_of(readings, rows[r], quantities[q]);

            CHECK(quantities[q], late_ns >= before);
            before = late_ns;
        }
    }
}

static void check_prices(const struct csw_readings *readings)
{
    static const struct {
        const char *row, *quantity;
    } table[] = {{"thread", "start_ns"},
                 {"process, fork", "start_ns"},
                 {"program, posix_spawn", "start_ns"},
                 {"pool of threads", "round_trip_ns"},
                 {"pool of processes", "round_trip_ns"},
                 {"result list, no worker", "list_1000000_ns"},
                 {"result list, thread", "list_100_ns"},
                 {"result list, fork and pipe", "list_10000_ns"},
                 {"result list, fork and shared memory", "list_1000000_ns"}};

    for (size_t i = 0; i < COUNT(table); i++)
        CHECK(table[i].row, value_of(readings, table[i].row, table[i].quantity) > 0);
}

static const struct {
    const char *name;
    void (*check)(const struct csw_readings *);
} known[] = {{"unjoined", check_unjoined}, {"ticker", check_ticker}, {"prices", check_prices}};

static void every_probe_reads_finite_values_in_known_units(void)
{
    const struct csw_probe *probe;

    for (size_t i = 0; (probe = csw_probe_at(i)); i++) {
        struct csw_readings readings = {0};
        struct csw_err err = {0};

        if (!CHECK(probe->name, csw_probe_run(&readings, probe, &quick, &err) == 0))
            printf("\n    %s: %s\n", probe->name, err.text);
        CHECK(probe->name, readings.count > 0);
        for (size_t r = 0; r < readings.count; r++)
            check_reading(probe, &readings.reading[r]);
        for (size_t k = 0; k < COUNT(known); k++)
            if (strcmp(known[k].name, probe->name) == 0)
                known[k].check(&readings);
        csw_readings_release(&readings);
        CU_ASSERT(!readings.reading && readings.count == 0);
    }
}

/* ---- what an interpreter answers --------------------------------------------------------------
 */

static char interpreter[] = "/tmp/csw-probe-XXXXXX";

/* Makes a program that answers so, after whatever else it does. */
static void make_interpreter(const char *before, const char *answer)
{
    FILE *out = fopen(interpreter, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    fprintf(out, "#!/bin/sh\n%s\ncat <<'END' >&3\n%s\nEND\n", before, answer);
    CU_ASSERT_EQUAL_FATAL(fclose(out), 0);
    CU_ASSERT_EQUAL_FATAL(chmod(interpreter, 0700), 0);
}

static int run_interpreter(struct csw_readings *ret_readings, struct csw_err *err)
{
    const struct csw_probe_python python = {.python = interpreter, .timeout_ns = 60 * CSW_NS_PER_S};

    return csw_probe_run_python(ret_readings, csw_probe_find("ticker"), &quick, &python, err);
}

#define READING_LINE(probe, language, quantity, unit, value)                                       \
    "{\"type\":\"reading\",\"probe\":\"" probe "\",\"row\":\"alone\",\"language\":\"" language     \
    "\",\"runtime\":\"CPython 3.13.0, PGO, GIL "                                                   \
    "on\",\"python\":\"/bin/python\",\"quantity\":\"" quantity "\",\"unit\":\"" unit               \
    "\",\"round\":0,\"value\":" value "}"
#define GOOD READING_LINE("ticker", "Python", "ticks", "1", "97")

static void good_answers_are_taken_whatever_else_is_printed(void)
{
    struct csw_readings readings = {0};

    make_interpreter("echo hello; echo Warning >&2",
                     GOOD "\n" READING_LINE("ticker", "Python", "late_p50_ns", "ns", "5.2e6"));
    CU_ASSERT_EQUAL_FATAL(run_interpreter(&readings, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(readings.count, 2);
    CU_ASSERT_EQUAL(value_of(&readings, "alone", "ticks"), 97);
    CU_ASSERT_EQUAL(value_of(&readings, "alone", "late_p50_ns"), 5.2e6);
    CU_ASSERT_STRING_EQUAL(readings.reading[1].runtime, "CPython 3.13.0, PGO, GIL on");
    csw_readings_release(&readings);
}

static void what_is_no_reading_is_told(void)
{
    static const struct {
        const char *answer, *reason;
    } table[] = {
        {"97", "a line that is no reading: a reading is no JSON"},
        {"{}", "\"type\" is '', not 'reading'"},
        {"{\"type\":\"event\"}", "\"type\" is 'event', not 'reading'"},
        {"{\"type\":\"reading\"}", "lacks \"probe\""},
        {GOOD "\nTraceback", "a line that is no reading"},
        {READING_LINE("prices", "Python", "ticks", "1", "1"), "is of another probe"},
        {READING_LINE("ticker", "C", "ticks", "1", "1"), "is not of Python"},
        {READING_LINE("ticker", "Python", "", "1", "1"), "lacks its row, quantity"},
        {READING_LINE("ticker", "Python", "late_ms", "ms", "1"), "unknown unit: 'late_ms'"},
        {READING_LINE("ticker", "Python", "ticks", "1", "null"), "no value: 'ticks' of 'alone'"},
        {READING_LINE("ticker", "Python", "ticks", "1", "\"7\""), "\"value\" in a line"},
        {"", "gave no reading of probe 'ticker', so it is no Python interpreter"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_readings readings = {.count = 77};
        struct csw_err err = {0};

        make_interpreter("", table[i].answer);
        CHECK(table[i].answer, run_interpreter(&readings, &err) == -EPROTO);
        must_say(err.text, interpreter);
        must_say(err.text, table[i].reason);
        CU_ASSERT_EQUAL(readings.count, 77);
    }
}

static void answers_do_not_count_where_the_end_is_bad(void)
{
    static const struct {
        const char *before, *reason;
    } table[] = {{"trap 'echo ImportError: no luck >&2; exit 3' EXIT",
                  "ended with exit code 3: ImportError: no luck"},
                 {"trap 'kill -9 $$' EXIT", "was killed by signal 9 (Killed)"}};

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_readings readings;
        struct csw_err err = {0};

        make_interpreter(table[i].before, GOOD);
        CHECK(table[i].before, run_interpreter(&readings, &err) == -ECHILD);
        must_say(err.text, table[i].reason);
    }
}

int main(void)
{
    static const struct test tests[] = {
        TEST(every_probe_is_found_by_its_name),
        TEST(every_probe_reads_finite_values_in_known_units),
        TEST(good_answers_are_taken_whatever_else_is_printed),
        TEST(what_is_no_reading_is_told),
        TEST(answers_do_not_count_where_the_end_is_bad),
    };
    const int fd = mkstemp(interpreter);

    if (fd < 0 || close(fd) != 0)
        return 1;
    const int status = RUN_TESTS("probe", tests);

    unlink(interpreter);
    return status;
}
