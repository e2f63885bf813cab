/* results.c - result files: reading what is complete, and appending so that they stay valid. */
#include <coresweep/record.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <coresweep/plan.h>

#include "record_json.h"

/* ---- reading -------------------------------------------------------------------------------- */

static int read_points(struct csw_plan *plan, const json_t *points, struct csw_err *err)
{
    const size_t count = json_array_size(points);

    if (count == 0)
        return csw_fail(err, -EINVAL, "the plan has no points");
    plan->points = calloc(count, sizeof *plan->points);
    if (!plan->points)
        return csw_fail(err, -ENOMEM, "no memory for %zu points", count);
    for (size_t i = 0; i < count; i++) {
        plan->count = i + 1;
        const int code =
            csw_record_read(&csw_point_fields, &plan->points[i], json_array_get(points, i), err);

        if (code < 0)
            return code;
    }
    return 0;
}

static int read_plan(struct csw_results *results, const json_t *object, struct csw_err *err)
{
    struct csw_plan *plan = &results->plan;

    if (plan->count > 0)
        return csw_fail(err, -EINVAL, "there is a second plan");
    const int code = csw_record_read(&csw_plan_fields, plan, object, err);

    if (code < 0)
        return code;
    if (plan->schema != CSW_SCHEMA)
        return csw_fail(err, -EINVAL, "the file has schema %" PRIu64 ", this coresweep reads %u",
                        plan->schema, CSW_SCHEMA);
    if (plan->rounds < 1 || plan->rounds > CSW_MAX_ROUNDS || plan->samples < 1 ||
        plan->samples > CSW_MAX_SAMPLES || plan->min_ms < 1)
        return csw_fail(err, -EINVAL, "the plan has no sensible rounds, samples or min_ms");
    return read_points(plan, json_object_get(object, "points"), err);
}

/* Makes room for one more element in an array that doubles; NULL: out of memory. */
static void *grow(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    return reallocarray(array, count > 0 ? 2 * count : 1, size);
}

static int read_sample(struct csw_results *results, const json_t *object, struct csw_err *err)
{
    struct csw_sample *samples = grow(results->sample, results->samples, sizeof *results->sample);

    if (!samples)
        return csw_fail(err, -ENOMEM, "no memory for %zu samples", results->samples);
    results->sample = samples;
    struct csw_sample *sample = &samples[results->samples];
    const int code = csw_sample_read(sample, object, err);

    if (code < 0)
        return code;
    results->samples++;
    results->ended = false; /* it was gone on with */
    if (sample->point >= results->plan.count || sample->round >= results->plan.rounds)
        return csw_fail(err, -EINVAL,
                        "a sample is of point %" PRIu64 " in round %" PRIu64
                        ", but the plan has %zu points and %" PRIu64 " rounds",
                        sample->point, sample->round, results->plan.count, results->plan.rounds);
    return 0;
}

static int read_event(struct csw_results *results, const json_t *object, struct csw_err *err)
{
    struct csw_event *events = grow(results->event, results->events, sizeof *results->event);

    if (!events)
        return csw_fail(err, -ENOMEM, "no memory for %zu events", results->events);
    results->event = events;
    events[results->events] = (struct csw_event){0};
    return csw_record_read(&csw_event_fields, &events[results->events++], object, err);
}

static int read_reading(struct csw_results *results, const json_t *object, struct csw_err *err)
{
    struct csw_reading *readings =
        grow(results->reading, results->readings, sizeof *results->reading);

    if (!readings)
        return csw_fail(err, -ENOMEM, "no memory for %zu readings", results->readings);
    results->reading = readings;
    const int code = csw_reading_read(&readings[results->readings], object, err);

    if (code < 0)
        return code;
    results->readings++;
    results->ended = false; /* it was gone on with */
    return 0;
}

static int read_cost(struct csw_results *results, const json_t *object, struct csw_err *err)
{
    struct csw_cost *costs = grow(results->cost, results->costs, sizeof *results->cost);

    if (!costs)
        return csw_fail(err, -ENOMEM, "no memory for %zu costs", results->costs);
    results->cost = costs;
    const int code = csw_cost_read(&costs[results->costs], object, err);

    if (code < 0)
        return code;
    results->costs++;
    results->ended = false; /* it was gone on with */
    return 0;
}

static int read_line(struct csw_results *results, const json_t *object, struct csw_err *err)
{
    const char *type = json_string_value(json_object_get(object, "type"));

    if (!type)
        return csw_fail(err, -EINVAL, "the line has no \"type\"");
    if (results->plan.count == 0 && strcmp(type, "plan") != 0)
        return csw_fail(err, -EINVAL, "a result file begins with a plan, not with '%s'", type);
    if (strcmp(type, "plan") == 0)
        return read_plan(results, object, err);
    if (strcmp(type, "host") == 0) {
        csw_host_release(&results->host);
        return csw_record_read(&csw_host_fields, &results->host, object, err);
    }
    if (strcmp(type, "sample") == 0)
        return read_sample(results, object, err);
    if (strcmp(type, "reading") == 0)
        return read_reading(results, object, err);
    if (strcmp(type, "cost") == 0)
        return read_cost(results, object, err);
    if (strcmp(type, "event") == 0)
        return read_event(results, object, err);
    if (strcmp(type, "end") == 0) {
        results->ended = true;
        csw_end_release(&results->end);
        return csw_record_read(&csw_end_fields, &results->end, object, err);
    }
    return 0; /* a later coresweep's addition */
}

static int read_text_line(struct csw_results *results, const char *line, size_t length,
                          struct csw_err *err)
{
    json_error_t error;
    json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);

    if (!object)
        return csw_fail(err, -EINVAL, "not JSON: %s", error.text);
    const int code = read_line(results, object, err);

    json_decref(object);
    return code;
}

static int read_lines(struct csw_results *results, FILE *in, const char *path, struct csw_err *err)
{
    char *line = NULL;
    size_t size = 0, number = 0;
    ssize_t length;
    int code = 0;

    while (code == 0 && (length = getline(&line, &size, in)) > 0) {
        struct csw_err told = {0};

        number++;
        if (line[length - 1] != '\n') {
            results->cut_off = true;
            break;
        }
        code = read_text_line(results, line, (size_t)length, &told);
        if (code < 0)
            csw_fail(err, code, "%s:%zu: %.400s", path, number, told.text);
        results->valid_bytes += (uint64_t)length;
    }
    free(line);
    if (code == 0 && !results->cut_off && !feof(in))
        return csw_fail(err, -errno, "cannot read '%.200s': %s", path, strerror(errno));
    return code;
}

int csw_results_read(struct csw_results *ret_results, const char *path, struct csw_err *err)
{
    struct csw_results results = {0};
    FILE *in = fopen(path, "r");

    if (!in)
        return csw_fail(err, -errno, "cannot open '%.200s': %s", path, strerror(errno));
    int code = read_lines(&results, in, path, err);

    fclose(in);
    if (code == 0 && (results.plan.count == 0 || !results.host.hostname))
        code = csw_fail(
            err, -EINVAL,
            "'%.200s' holds no complete plan and host: nothing was measured, so remove it and "
            "sweep again",
            path);
    if (code < 0) {
        csw_results_release(&results);
        return code;
    }
    *ret_results = results;
    return 0;
}

void csw_results_release(struct csw_results *results)
{
    if (!results)
        return;
    csw_plan_release(&results->plan);
    csw_host_release(&results->host);
    for (size_t i = 0; i < results->samples; i++)
        csw_sample_release(&results->sample[i]);
    for (size_t i = 0; i < results->events; i++)
        csw_event_release(&results->event[i]);
    for (size_t i = 0; i < results->readings; i++)
        csw_reading_release(&results->reading[i]);
    for (size_t i = 0; i < results->costs; i++)
        csw_cost_release(&results->cost[i]);
    csw_end_release(&results->end);
    free(results->sample);
    free(results->event);
    free(results->reading);
    free(results->cost);
    *results = (struct csw_results){0};
}

/* ---- writing -------------------------------------------------------------------------------- */

struct csw_writer {
    int fd;
    off_t length; /* complete lines only */
    char *path;
};

static int writer_new(struct csw_writer **ret_writer, int fd, off_t length, const char *path,
                      struct csw_err *err)
{
    struct csw_writer *writer = malloc(sizeof *writer);
    char *copy = strdup(path);

    /* Two sweeps that write one file would ruin it. The lock goes with the descriptor; a file
     * system that has no locks does without. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        free(writer);
        free(copy);
        close(fd);
        return csw_fail(err, -EBUSY, "'%.200s' is being written by another coresweep", path);
    }
    if (!writer || !copy) {
        free(writer);
        free(copy);
        close(fd);
        return csw_fail(err, -ENOMEM, "no memory to write '%s'", path);
    }
    *writer = (struct csw_writer){.fd = fd, .length = length, .path = copy};
    *ret_writer = writer;
    return 0;
}

int csw_writer_create(struct csw_writer **ret_writer, const char *path, struct csw_err *err)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0 && errno == EEXIST)
        return csw_fail(
            err, -EEXIST,
            "'%.200s' exists already; name another --output, or go on with a sweep's by --resume",
            path);
    if (fd < 0)
        return csw_fail(err, -errno, "cannot create '%.200s': %s", path, strerror(errno));
    return writer_new(ret_writer, fd, 0, path, err);
}

int csw_writer_reopen(struct csw_writer **ret_writer, const char *path, struct csw_err *err)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return csw_fail(err, -errno, "cannot open '%.200s' for writing: %s", path, strerror(errno));
    return writer_new(ret_writer, fd, 0, path, err);
}

int csw_writer_cut(struct csw_writer *writer, uint64_t valid_bytes, struct csw_err *err)
{
    const off_t length = (off_t)valid_bytes;

    if (ftruncate(writer->fd, length) != 0 || lseek(writer->fd, length, SEEK_SET) < 0)
        return csw_fail(err, -errno, "cannot cut '%s' to its complete lines: %s", writer->path,
                        strerror(errno));
    writer->length = length;
    return 0;
}

/* Writes all bytes; 0 or a negative errno. */
static int write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t written = write(fd, bytes, count);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

int csw_writer_line(struct csw_writer *writer, const char *line, struct csw_err *err)
{
    const size_t length = line ? strlen(line) : 0;
    char *whole = line ? malloc(length + 1) : NULL;

    if (!whole)
        return csw_fail(err, -ENOMEM, "no memory for a line of '%s'", writer->path);
    memcpy(whole, line, length);
    whole[length] = '\n';
    const int code = write_all(writer->fd, whole, length + 1);

    free(whole);
    if (code == 0) {
        writer->length += (off_t)length + 1;
        return 0;
    }
    /* Failing here costs nothing: readers leave an unfinished last line out. */
    if (ftruncate(writer->fd, writer->length) == 0)
        lseek(writer->fd, writer->length, SEEK_SET);
    return csw_fail(
        err, code,
        "cannot write '%.200s': %s; what was measured so far is kept and readable, make "
        "room; a sweep goes on by --resume",
        writer->path, strerror(-code));
}

int csw_writer_close(struct csw_writer *writer, struct csw_err *err)
{
    int code = 0;

    if (!writer)
        return 0;
    /* EINVAL: a pipe or a device, which has nothing to sync. */
    if (fsync(writer->fd) != 0 && errno != EINVAL)
        code = -errno;
    if (close(writer->fd) != 0 && code == 0)
        code = -errno;
    if (code < 0)
        csw_fail(err, code, "cannot finish '%s': %s", writer->path, strerror(-code));
    free(writer->path);
    free(writer);
    return code;
}
