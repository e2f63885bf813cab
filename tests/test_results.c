/*
 * Proves that a result file keeps every complete line whatever happens to it: cut off at any byte,
 * a full disk, a writer that comes back. What is not cut off but wrong is named by file and line.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/record.h>

#include "suite.h"

#define MAX_LINES 16

static char directory[200], path[256];

/* ---- files ----------------------------------------------------------------------------------- */

static struct csw_point points[] = {
    {(char *)"trial", (char *)"", (char *)"50,60", (char *)"whole", (char *)"serial", (char *)"",
     (char *)"serial", 1, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
    {(char *)"trial", (char *)"", (char *)"50,60", (char *)"whole", (char *)"pthread", (char *)"",
     (char *)"serial", 2, false, false, (char *)"comparisons", 0, NULL, NULL, NULL},
};

static const struct csw_plan plan = {.schema = CSW_SCHEMA,
                                     .kernel = (char *)"trial",
                                     .rounds = 3,
                                     .samples = 1,
                                     .min_ms = 20,
                                     .seed = UINT64_MAX,
                                     .count = COUNT(points),
                                     .points = points};
static const struct csw_host host = {.hostname = (char *)"here", .quota_cpus = NAN};

static char *sample_line(uint64_t point, uint64_t round)
{
    struct csw_worker workers[] = {{.cpu_ns = 7, .pu = -1}, {.cpu_ns = 9, .pu = 1}};
    const struct csw_sample sample = {.point = point,
                                      .round = round,
                                      .kernel = (char *)"trial",
                                      .workers = point < COUNT(points) ? points[point].workers : 1,
                                      .region_ns = 1000.5 + (double)round,
                                      .process_ns = NAN,
                                      .digest = UINT64_MAX,
                                      .worker = workers};

    return csw_sample_line(&sample);
}

/* Goes on with the file after its first bytes, as --resume does. */
static int reopen_at(struct csw_writer **ret_writer, uint64_t valid_bytes)
{
    const int code = csw_writer_reopen(ret_writer, path, NULL);

    return code < 0 ? code : csw_writer_cut(*ret_writer, valid_bytes, NULL);
}

/* The lines of a whole sweep: plan, host, six samples, an event, a reading, a cost, an addition,
 * the end.
 */
static size_t sweep_lines(char *ret_lines[MAX_LINES])
{
    const struct csw_event event = {.what = (char *)"failed", .text = (char *)"it \"broke\"\n"};
    const struct csw_reading reading = {
        .probe = (char *)"ticker", .quantity = (char *)"ticks", .round = 2, .value = 597};
    double ns[] = {5, 6.5, 0};
    const struct csw_cost cost = {.kernel = (char *)"trial",
                                  .tasks = (char *)"50,60",
                                  .schedule = (char *)"dynamic",
                                  .units = 5,
                                  .group = 2,
                                  .passes = 3,
                                  .clock_ns = 300,
                                  .count = 3,
                                  .ns = ns};
    const struct csw_end end = {.samples = 6, .failed = 1, .seconds = 2.5};
    size_t count = 0;

    ret_lines[count++] = csw_plan_line(&plan);
    ret_lines[count++] = csw_host_line(&host);
    for (uint64_t visit = 0; visit < plan.count * plan.rounds; visit++)
        ret_lines[count++] = sample_line(visit % plan.count, visit / plan.count);
    ret_lines[count++] = csw_event_line(&event);
    ret_lines[count++] = csw_reading_line(&reading);
    ret_lines[count++] = csw_cost_line(&cost);
    ret_lines[count++] = strdup("{\"type\":\"weather\",\"sunny\":true}");
    ret_lines[count++] = csw_end_line(&end);
    return count;
}

/* Appends lines to a writer and frees them; the code of the first that fails. */
static int write_lines(struct csw_writer *writer, char **lines, size_t count, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; i < count; i++) {
        if (code == 0)
            code = csw_writer_line(writer, lines[i], err);
        free(lines[i]);
    }
    return code;
}

/* Makes the file of a whole sweep anew and returns how many lines it has. */
static size_t write_sweep(void)
{
    char *lines[MAX_LINES];
    const size_t count = sweep_lines(lines);
    struct csw_writer *writer = NULL;

    unlink(path);
    CU_ASSERT_EQUAL_FATAL(csw_writer_create(&writer, path, NULL), 0);
    CU_ASSERT_EQUAL(write_lines(writer, lines, count, NULL), 0);
    CU_ASSERT_EQUAL(csw_writer_close(writer, NULL), 0);
    return count;
}

static char *read_bytes(size_t *ret_size)
{
    FILE *in = fopen(path, "r");
    struct stat about;

    CU_ASSERT_FATAL(in && fstat(fileno(in), &about) == 0);
    char *bytes = malloc((size_t)about.st_size + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    *ret_size = fread(bytes, 1, (size_t)about.st_size, in);
    bytes[*ret_size] = '\0';
    fclose(in);
    return bytes;
}

static void write_bytes(const char *bytes, size_t size)
{
    FILE *out = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, size, out), size);
    CU_ASSERT_EQUAL(fclose(out), 0);
}

/* ---- a whole file ---------------------------------------------------------------------------- */

static void a_sweep_reads_back_as_it_was_written(void)
{
    struct csw_results results;

    write_sweep();
    CU_ASSERT_EQUAL_FATAL(csw_results_read(&results, path, NULL), 0);
    CU_ASSERT(results.plan.count == 2 && results.plan.seed == UINT64_MAX);
    CU_ASSERT_STRING_EQUAL(results.plan.points[1].driver, "pthread");
    CU_ASSERT_STRING_EQUAL(results.host.hostname, "here");
    CU_ASSERT(isnan(results.host.quota_cpus));
    CU_ASSERT_EQUAL_FATAL(results.samples, 6);
    for (size_t i = 0; i < results.samples; i++) {
        const struct csw_sample *sample = &results.sample[i];

        CU_ASSERT(sample->point == i % 2 && sample->round == i / 2);
        CU_ASSERT(sample->region_ns == 1000.5 + (double)sample->round && isnan(sample->process_ns));
        CU_ASSERT(sample->worker[0].cpu_ns == 7 && sample->worker[0].pu == -1);
    }
    CU_ASSERT_EQUAL(results.sample[1].worker[1].cpu_ns, 9);
    CU_ASSERT_EQUAL_FATAL(results.events, 1);
    CU_ASSERT_STRING_EQUAL(results.event[0].text, "it \"broke\"\n");
    CU_ASSERT_EQUAL_FATAL(results.readings, 1);
    CU_ASSERT_STRING_EQUAL(results.reading[0].probe, "ticker");
    CU_ASSERT_STRING_EQUAL(results.reading[0].runtime, "");
    CU_ASSERT(results.reading[0].round == 2 && results.reading[0].value == 597);
    CU_ASSERT_EQUAL_FATAL(results.costs, 1);
    CU_ASSERT_STRING_EQUAL(results.cost[0].schedule, "dynamic");
    CU_ASSERT(results.cost[0].count == 3 && results.cost[0].ns[1] == 6.5);
    CU_ASSERT(results.ended && results.end.samples == 6 && results.end.seconds == 2.5);
    CU_ASSERT(!results.cut_off);
    csw_results_release(&results);
    CU_ASSERT(!results.sample && !results.event && !results.reading && !results.cost &&
              !results.plan.points);
}

static void a_file_that_exists_is_not_touched(void)
{
    struct csw_writer *writer = NULL;
    struct csw_err err = {0};
    size_t size;

    write_bytes("precious", 8);
    CU_ASSERT_EQUAL(csw_writer_create(&writer, path, &err), -EEXIST);
    CU_ASSERT_PTR_NULL(writer);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "--resume"));
    char *bytes = read_bytes(&size);

    CU_ASSERT_STRING_EQUAL(bytes, "precious");
    free(bytes);
}

static void what_cannot_be_opened_is_named_with_the_reason(void)
{
    struct csw_writer *writer = NULL;
    struct csw_results results;
    struct csw_err err = {0};
    char nowhere[300];

    snprintf(nowhere, sizeof nowhere, "%s/no/such/file", directory);
    CU_ASSERT_EQUAL(csw_writer_create(&writer, nowhere, &err), -ENOENT);
    CU_ASSERT(strstr(err.text, nowhere) && strstr(err.text, strerror(ENOENT)));
    CU_ASSERT_EQUAL(csw_writer_reopen(&writer, nowhere, &err), -ENOENT);
    CU_ASSERT(strstr(err.text, nowhere) && strstr(err.text, strerror(ENOENT)));
    CU_ASSERT_EQUAL(csw_results_read(&results, nowhere, &err), -ENOENT);
    CU_ASSERT(strstr(err.text, nowhere) && strstr(err.text, strerror(ENOENT)));
    CU_ASSERT_EQUAL(csw_results_read(&results, directory, &err), -EISDIR);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, directory));
    CU_ASSERT_EQUAL(csw_writer_close(NULL, NULL), 0);
}

/* ---- cut off --------------------------------------------------------------------------------- */

/* What the complete lines of the first `size` bytes hold. */
struct expected {
    size_t lines, valid_bytes, samples;
};

static struct expected expect(const char *bytes, size_t size)
{
    struct expected expected = {0};

    for (size_t i = 0; i < size; i++)
        if (bytes[i] == '\n') {
            const char *line = bytes + expected.valid_bytes;

            expected.samples += strncmp(line, "{\"type\":\"sample\"", 16) == 0;
            expected.lines++;
            expected.valid_bytes = i + 1;
        }
    return expected;
}

static void check_prefix(const char *bytes, size_t size, size_t all_lines)
{
    const struct expected expected = expect(bytes, size);
    struct csw_results results;
    struct csw_err err = {0};

    write_bytes(bytes, size);
    const int code = csw_results_read(&results, path, &err);

    if (expected.lines < 2) {
        CU_ASSERT_EQUAL_FATAL(code, -EINVAL);
        CU_ASSERT(strstr(err.text, path) && strstr(err.text, "no complete plan and host"));
        return;
    }
    CU_ASSERT_EQUAL_FATAL(code, 0);
    CU_ASSERT_EQUAL(results.valid_bytes, expected.valid_bytes);
    CU_ASSERT_EQUAL(results.cut_off, size > expected.valid_bytes);
    CU_ASSERT_EQUAL(results.samples, expected.samples);
    CU_ASSERT_EQUAL(results.ended, expected.lines == all_lines);
    csw_results_release(&results);
}

static void every_beginning_of_a_file_is_valid_up_to_its_last_whole_line(void)
{
    const size_t lines = write_sweep();
    size_t size;
    char *bytes = read_bytes(&size);

    for (size_t length = 0; length <= size; length++)
        check_prefix(bytes, length, lines);
    free(bytes);
}

/* Power loss may leave a block of zeros where the last line should be. */
static void zeros_at_the_end_count_as_cut_off(void)
{
    struct csw_results results;
    size_t size;

    write_sweep();
    char *bytes = read_bytes(&size);

    memset(bytes + size - 20, '\0', 20);
    write_bytes(bytes, size);
    CU_ASSERT_EQUAL_FATAL(csw_results_read(&results, path, NULL), 0);
    CU_ASSERT(results.cut_off && results.samples == 6 && !results.ended);
    csw_results_release(&results);
    free(bytes);
}

static void reopening_cuts_the_unfinished_line_and_appends(void)
{
    struct csw_results results;
    struct csw_writer *writer = NULL;
    char *line = sample_line(1, 2);
    struct stat about;
    size_t size, grown;

    write_sweep();
    char *bytes = read_bytes(&size);

    write_bytes(bytes, size - 10);
    CU_ASSERT_EQUAL_FATAL(csw_results_read(&results, path, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(reopen_at(&writer, results.valid_bytes), 0);
    CU_ASSERT(stat(path, &about) == 0 && (uint64_t)about.st_size == results.valid_bytes);
    CU_ASSERT_EQUAL(write_lines(writer, &line, 1, NULL), 0);
    CU_ASSERT_EQUAL(csw_writer_close(writer, NULL), 0);
    char *after = read_bytes(&grown);

    CU_ASSERT_EQUAL(memcmp(after, bytes, results.valid_bytes), 0);
    CU_ASSERT_EQUAL(strncmp(after + results.valid_bytes, "{\"type\":\"sample\"", 16), 0);
    csw_results_release(&results);
    CU_ASSERT_EQUAL_FATAL(csw_results_read(&results, path, NULL), 0);
    CU_ASSERT(!results.cut_off && results.samples == 7);
    csw_results_release(&results);
    free(bytes);
    free(after);
}

/* ---- malformed ------------------------------------------------------------------------------- */

/* Writes the sweep with one line put in before line `number`, from 1; takes the line over. */
static void write_sweep_with(size_t number, char *line, size_t length)
{
    char *lines[MAX_LINES];
    const size_t count = sweep_lines(lines);
    FILE *out = fopen(path, "w");

    CU_ASSERT_FATAL(out && line);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 == number) {
            fwrite(line, 1, length, out);
            fputc('\n', out);
        }
        fprintf(out, "%s\n", lines[i]);
        free(lines[i]);
    }
    CU_ASSERT_EQUAL(fclose(out), 0);
    free(line);
}

static void check_malformed(size_t number, char *line, const char *reason)
{
    struct csw_results results = {.samples = 77};
    struct csw_err err = {0};
    char where[300];

    snprintf(where, sizeof where, "%s:%zu: ", path, number);
    write_sweep_with(number, line, line ? strlen(line) : 0);
    CU_ASSERT_EQUAL(csw_results_read(&results, path, &err), -EINVAL);
    CU_ASSERT_EQUAL(strncmp(err.text, where, strlen(where)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, reason));
    CU_ASSERT_EQUAL(results.samples, 77);
}

static void garbage_in_the_middle_is_named_by_file_and_line(void)
{
    static const struct {
        size_t number;
        const char *line, *reason;
    } table[] = {
        {1, "garbage", "not JSON"},
        {2, "", "not JSON"},
        {3, "{\"type\":\"sample\"", "not JSON"},
        {5, "{\"type\":\"sample\"}", "a line of type 'sample' lacks \"point\""},
        {5, "{\"type\":\"sample\",\"type\":\"event\"}", "duplicate"},
        {6, "{\"round\":1}", "no \"type\""},
        {6, "{\"type\":7}", "no \"type\""},
        {6, "[]", "no \"type\""},
        {8, "{\"type\":\"event\",\"what\":1}", "\"what\" in a line"},
        {10, "{\"type\":\"reading\",\"probe\":1}", "\"probe\" in a line"},
        {9, "{\"type\":\"end\"}", "lacks \"samples\""},
        {9, "{\"type\":\"host\"}", "a line of type 'host' lacks \"hostname\""},
        {11, "\xff\xfe", "not JSON"},
    };

    for (size_t i = 0; i < COUNT(table); i++)
        check_malformed(table[i].number, strdup(table[i].line), table[i].reason);
}

/* What follows a zero byte on the same line must not be passed over. */
static void a_zero_byte_in_the_middle_is_garbage(void)
{
    static const char line[] = "{\"type\":\"weather\"}\0{\"type\":\"sample\"}";
    struct csw_results results;
    struct csw_err err = {0};
    char *copy = malloc(sizeof line);

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, line, sizeof line);
    write_sweep_with(4, copy, sizeof line - 1);
    const int code = csw_results_read(&results, path, &err);

    CU_ASSERT_EQUAL(code, -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ":4: "));
    if (code == 0)
        csw_results_release(&results);
}

static char *plan_line_with(uint64_t schema, size_t count)
{
    struct csw_plan other = plan;

    other.schema = schema;
    other.count = count;
    return csw_plan_line(&other);
}

static void a_plan_is_the_first_line_the_only_one_and_of_this_schema(void)
{
    check_malformed(2, plan_line_with(CSW_SCHEMA, 2), "second plan");
    check_malformed(9, plan_line_with(CSW_SCHEMA, 2), "second plan");
    check_malformed(1, plan_line_with(CSW_SCHEMA + 1, 2), "schema 2, this coresweep reads 1");
    check_malformed(1, plan_line_with(CSW_SCHEMA, 0), "no points");
    check_malformed(1, csw_host_line(&host), "begins with a plan, not with 'host'");
    check_malformed(1, strdup("{\"type\":\"weather\"}"), "begins with a plan, not with 'weather'");
}

static void a_sample_beyond_the_plan_is_refused(void)
{
    check_malformed(5, sample_line(2, 0), "point 2 in round 0");
    check_malformed(5, sample_line(0, 3), "point 0 in round 3");
    check_malformed(5, sample_line(UINT64_MAX, UINT64_MAX), "the plan has 2 points and 3 rounds");
}

static void a_plan_without_a_host_is_not_enough(void)
{
    struct csw_results results;
    struct csw_err err = {0};
    size_t size;

    write_sweep();
    char *bytes = read_bytes(&size);

    write_bytes(bytes, strcspn(bytes, "\n") + 1);
    CU_ASSERT_EQUAL(csw_results_read(&results, path, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no complete plan and host"));
    free(bytes);
}

/* ---- a full disk ----------------------------------------------------------------------------- */

/* What the child that ran into the limit found out. */
struct crash {
    int code, short_code;
    struct csw_err err;
};

/* In a child: goes on with the file under a limit, until a line does not fit any more. */
static struct crash write_until_full(rlim_t limit)
{
    const struct rlimit small = {.rlim_cur = limit, .rlim_max = limit};
    struct crash crash = {0};
    struct csw_writer *writer = NULL;
    struct stat about;
    char *line = sample_line(1, 1);

    signal(SIGXFSZ, SIG_IGN);
    if (!line || setrlimit(RLIMIT_FSIZE, &small) != 0 || stat(path, &about) != 0 ||
        reopen_at(&writer, (uint64_t)about.st_size) < 0)
        return crash;
    for (int i = 0; crash.code == 0 && i < 100; i++)
        crash.code = csw_writer_line(writer, line, &crash.err);
    crash.short_code = csw_writer_line(writer, "{\"type\":\"weather\"}", NULL);
    csw_writer_close(writer, NULL);
    free(line);
    return crash;
}

static struct crash crash_in_a_child(rlim_t limit)
{
    struct crash crash = {0};
    int ends[2], status = -1;

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();

    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        crash = write_until_full(limit);
        _exit(write(ends[1], &crash, sizeof crash) == sizeof crash ? 0 : 1);
    }
    close(ends[1]);
    CU_ASSERT_EQUAL(read(ends[0], &crash, sizeof crash), (ssize_t)sizeof crash);
    close(ends[0]);
    CU_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    return crash;
}

/* The file ends with a line feed, reads as whole and has all samples but the one that failed. */
static size_t check_whole(void)
{
    struct csw_results results;
    size_t size;
    char *bytes = read_bytes(&size);
    const size_t samples = expect(bytes, size).samples;

    CU_ASSERT_FATAL(size > 0);
    CU_ASSERT_EQUAL(bytes[size - 1], '\n');
    CU_ASSERT_EQUAL_FATAL(csw_results_read(&results, path, NULL), 0);
    CU_ASSERT(!results.cut_off && results.valid_bytes == size && results.samples == samples);
    csw_results_release(&results);
    free(bytes);
    return samples;
}

static void two_sweeps_cannot_write_one_file(void)
{
    struct csw_writer *first, *second = NULL;
    struct csw_err err = {0};

    unlink(path);
    CU_ASSERT_EQUAL_FATAL(csw_writer_create(&first, path, NULL), 0);
    CU_ASSERT_EQUAL(csw_writer_reopen(&second, path, &err), -EBUSY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is being written by another coresweep"));
    CU_ASSERT_PTR_NULL(second);
    CU_ASSERT_EQUAL(csw_writer_close(first, NULL), 0);
    CU_ASSERT_EQUAL(csw_writer_reopen(&second, path, NULL), 0);
    csw_writer_close(second, NULL);
}

static void a_full_disk_costs_the_last_line_alone(void)
{
    struct csw_writer *writer = NULL;
    char *line = sample_line(0, 0);
    struct stat about;

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    write_sweep();
    CU_ASSERT_EQUAL_FATAL(stat(path, &about), 0);
    const size_t length = strlen(line) + 1;
    const struct crash crash = crash_in_a_child((rlim_t)about.st_size + (rlim_t)(2.8 * length));

    CU_ASSERT_EQUAL(crash.code, -EFBIG);
    CU_ASSERT_EQUAL(crash.short_code, 0);
    CU_ASSERT(strstr(crash.err.text, path) && strstr(crash.err.text, strerror(EFBIG)));
    const size_t samples = check_whole();

    CU_ASSERT(samples == 6 + 2);
    CU_ASSERT_EQUAL_FATAL(stat(path, &about), 0);
    CU_ASSERT_EQUAL_FATAL(reopen_at(&writer, (uint64_t)about.st_size), 0);
    CU_ASSERT_EQUAL(write_lines(writer, &line, 1, NULL), 0);
    CU_ASSERT_EQUAL(csw_writer_close(writer, NULL), 0);
    CU_ASSERT_EQUAL(check_whole(), samples + 1);
}

static void a_line_that_could_not_be_made_is_told(void)
{
    struct csw_writer *writer = NULL;
    struct csw_err err = {0};

    unlink(path);
    CU_ASSERT_EQUAL_FATAL(csw_writer_create(&writer, path, NULL), 0);
    CU_ASSERT_EQUAL(csw_writer_line(writer, NULL, &err), -ENOMEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, path));
    CU_ASSERT_EQUAL(csw_writer_close(writer, NULL), 0);
}

static const struct test tests[] = {
    TEST(a_sweep_reads_back_as_it_was_written),
    TEST(a_file_that_exists_is_not_touched),
    TEST(what_cannot_be_opened_is_named_with_the_reason),
    TEST(every_beginning_of_a_file_is_valid_up_to_its_last_whole_line),
    TEST(zeros_at_the_end_count_as_cut_off),
    TEST(reopening_cuts_the_unfinished_line_and_appends),
    TEST(garbage_in_the_middle_is_named_by_file_and_line),
    TEST(a_zero_byte_in_the_middle_is_garbage),
    TEST(a_plan_is_the_first_line_the_only_one_and_of_this_schema),
    TEST(a_sample_beyond_the_plan_is_refused),
    TEST(a_plan_without_a_host_is_not_enough),
    TEST(two_sweeps_cannot_write_one_file),
    TEST(a_full_disk_costs_the_last_line_alone),
    TEST(a_line_that_could_not_be_made_is_told),
};

int main(void)
{
    const char *temporary = getenv("TMPDIR");

    snprintf(directory, sizeof directory, "%s/csw_results_XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(directory)) {
        perror(directory);
        return 1;
    }
    snprintf(path, sizeof path, "%s/sweep.jsonl", directory);
    const int code = RUN_TESTS("results", tests);

    unlink(path);
    rmdir(directory);
    return code;
}
