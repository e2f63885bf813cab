/* record.c - between the structs of record.def and lines of JSON. The only file that writes them.
 */
#include <coresweep/record.h>

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>

#include "record_json.h"

#define CSW_FIELD(owner, type_, name_, same_, doc_)                                                \
    {.name = #name_,                                                                               \
     .type = CSW_TYPE_##type_,                                                                     \
     .same = ((same_)&1) != 0,                                                                     \
     .later = ((same_)&LATER) != 0,                                                                \
     .offset = offsetof(struct owner, name_),                                                      \
     .doc = doc_},

static const struct csw_field plan_fields[] = {
#define PLAN(...) CSW_FIELD(csw_plan, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field point_fields[] = {
#define POINT(...) CSW_FIELD(csw_point, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field host_fields[] = {
#define HOST(...) CSW_FIELD(csw_host, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field sample_fields[] = {
#define SAMPLE(...) CSW_FIELD(csw_sample, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field worker_fields[] = {
#define WORKER(...) CSW_FIELD(csw_worker, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field event_fields[] = {
#define EVENT(...) CSW_FIELD(csw_event, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field end_fields[] = {
#define END(...) CSW_FIELD(csw_end, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field reading_fields[] = {
#define READING(...) CSW_FIELD(csw_reading, __VA_ARGS__)
#include <coresweep/record.def>
};
static const struct csw_field cost_fields[] = {
#define COST(...) CSW_FIELD(csw_cost, __VA_ARGS__)
#include <coresweep/record.def>
};

#define CSW_FIELDS(line_, list)                                                                    \
    {                                                                                              \
        .line = line_, .count = sizeof list / sizeof *list, .field = list                          \
    }

const struct csw_fields csw_plan_fields = CSW_FIELDS("plan", plan_fields);
const struct csw_fields csw_point_fields = CSW_FIELDS("point", point_fields);
const struct csw_fields csw_host_fields = CSW_FIELDS("host", host_fields);
const struct csw_fields csw_sample_fields = CSW_FIELDS("sample", sample_fields);
const struct csw_fields csw_worker_fields = CSW_FIELDS("worker", worker_fields);
const struct csw_fields csw_event_fields = CSW_FIELDS("event", event_fields);
const struct csw_fields csw_end_fields = CSW_FIELDS("end", end_fields);
const struct csw_fields csw_reading_fields = CSW_FIELDS("reading", reading_fields);
const struct csw_fields csw_cost_fields = CSW_FIELDS("cost", cost_fields);

/* ---- one member ----------------------------------------------------------------------------- */

static void *member(const struct csw_field *field, const void *record)
{
    return (char *)record + field->offset;
}

/* JSON integers are signed: a u64 above INT64_MAX is written as a decimal string. */
static json_t *u64_json(uint64_t value)
{
    char text[24];

    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    snprintf(text, sizeof text, "%" PRIu64, value);
    return json_string(text);
}

json_t *csw_real_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *csw_text_json(const char *text)
{
    json_t *json = json_string(text ? text : "");
    char *ascii = json ? NULL : strdup(text);

    if (!ascii)
        return json;
    for (char *p = ascii; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    json = json_string(ascii);
    free(ascii);
    return json;
}

static json_t *member_json(const struct csw_field *field, const void *record)
{
    const void *at = member(field, record);

    switch (field->type) {
    case CSW_TYPE_u64:
        return u64_json(*(const csw_u64 *)at);
    case CSW_TYPE_i64:
        return json_integer(*(const csw_i64 *)at);
    case CSW_TYPE_real:
        return csw_real_json(*(const csw_real *)at);
    case CSW_TYPE_text:
        return csw_text_json(*(const csw_text *)at);
    case CSW_TYPE_flag:
        return json_boolean(*(const csw_flag *)at);
    }
    return NULL;
}

static bool read_u64(csw_u64 *ret_value, const json_t *json)
{
    char *end;

    if (json_is_integer(json) && json_integer_value(json) >= 0) {
        *ret_value = (csw_u64)json_integer_value(json);
        return true;
    }
    if (!json_is_string(json) || json_string_length(json) == 0 ||
        strspn(json_string_value(json), "0123456789") != json_string_length(json))
        return false;
    errno = 0;
    *ret_value = strtoull(json_string_value(json), &end, 10);
    return errno == 0;
}

static bool read_text(csw_text *ret_value, const json_t *json)
{
    return json_is_string(json) && (*ret_value = strdup(json_string_value(json))) != NULL;
}

static bool read_member(const struct csw_field *field, void *record, const json_t *json)
{
    void *at = member(field, record);

    switch (field->type) {
    case CSW_TYPE_u64:
        return read_u64(at, json);
    case CSW_TYPE_i64:
        *(csw_i64 *)at = json_integer_value(json);
        return json_is_integer(json);
    case CSW_TYPE_real:
        *(csw_real *)at = json_is_null(json) ? NAN : json_number_value(json);
        return json_is_null(json) || json_is_number(json);
    case CSW_TYPE_text:
        return read_text(at, json);
    case CSW_TYPE_flag:
        *(csw_flag *)at = json_is_true(json);
        return json_is_boolean(json);
    }
    return false;
}

/* Gives a field what it holds where the file was written before it existed; numbers are 0. */
static bool read_nothing(const struct csw_field *field, void *record)
{
    void *at = member(field, record);

    if (field->type == CSW_TYPE_text)
        return (*(csw_text *)at = strdup("")) != NULL;
    if (field->type == CSW_TYPE_real)
        *(csw_real *)at = NAN;
    return true;
}

/* ---- one record ----------------------------------------------------------------------------- */

json_t *csw_record_json(const struct csw_fields *fields, const void *record)
{
    json_t *object = json_object();

    for (size_t i = 0; object && i < fields->count; i++) {
        if (json_object_set_new(object, fields->field[i].name,
                                member_json(&fields->field[i], record)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

int csw_record_read(const struct csw_fields *fields, void *record, const json_t *object,
                    struct csw_err *err)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct csw_field *field = &fields->field[i];
        const json_t *value = json_object_get(object, field->name);

        if (!value && !field->later)
            return csw_fail(err, -EINVAL, "a line of type '%s' lacks \"%s\"", fields->line,
                            field->name);
        if (value ? !read_member(field, record, value) : !read_nothing(field, record))
            return csw_fail(err, -EINVAL, "\"%s\" in a line of type '%s' has the wrong type",
                            field->name, fields->line);
    }
    return 0;
}

static void release_texts(const struct csw_fields *fields, void *record)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->field[i].type == CSW_TYPE_text) {
            csw_text *text = member(&fields->field[i], record);

            free(*text);
            *text = NULL;
        }
}

char *csw_field_text(const struct csw_field *field, const void *record)
{
    json_t *json = member_json(field, record);
    char *text = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) : NULL;

    json_decref(json);
    return text;
}

const struct csw_field *csw_fields_difference(const struct csw_fields *fields, const void *a,
                                              const void *b, char **ret_a, char **ret_b)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct csw_field *field = &fields->field[i];

        if (!field->same)
            continue;
        *ret_a = csw_field_text(field, a);
        *ret_b = csw_field_text(field, b);
        if (*ret_a && *ret_b && strcmp(*ret_a, *ret_b) != 0)
            return field;
        free(*ret_a);
        free(*ret_b);
        *ret_a = *ret_b = NULL;
    }
    return NULL;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* Puts "type" first and prints the object on one line; takes the object over. */
static char *line_of(const struct csw_fields *fields, json_t *object)
{
    json_t *line = json_pack("{s:s}", "type", fields->line);
    char *text = NULL;

    if (object && line && json_object_update(line, object) == 0)
        text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(line);
    json_decref(object);
    return text;
}

char *csw_plan_line(const struct csw_plan *plan)
{
    json_t *object = csw_record_json(&csw_plan_fields, plan), *points = json_array();

    for (size_t i = 0; i < plan->count; i++)
        json_array_append_new(points, csw_record_json(&csw_point_fields, &plan->points[i]));
    if (!object || json_array_size(points) != plan->count ||
        json_object_set(object, "points", points) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(points);
    return line_of(&csw_plan_fields, object);
}

char *csw_host_line(const struct csw_host *host)
{
    return line_of(&csw_host_fields, csw_record_json(&csw_host_fields, host));
}

char *csw_event_line(const struct csw_event *event)
{
    return line_of(&csw_event_fields, csw_record_json(&csw_event_fields, event));
}

char *csw_end_line(const struct csw_end *end)
{
    return line_of(&csw_end_fields, csw_record_json(&csw_end_fields, end));
}

char *csw_reading_line(const struct csw_reading *reading)
{
    return line_of(&csw_reading_fields, csw_record_json(&csw_reading_fields, reading));
}

char *csw_cost_line(const struct csw_cost *cost)
{
    json_t *object = csw_record_json(&csw_cost_fields, cost), *ns = json_array();

    for (size_t i = 0; i < cost->count; i++)
        json_array_append_new(ns, csw_real_json(cost->ns[i]));
    if (!object || json_array_size(ns) != cost->count || json_object_set(object, "ns", ns) != 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(ns);
    return line_of(&csw_cost_fields, object);
}

/* One field of all workers; NULL: out of memory. */
static json_t *column_json(const struct csw_sample *sample, const struct csw_field *field)
{
    json_t *column = json_array();

    for (uint64_t w = 0; w < sample->workers; w++)
        json_array_append_new(column, member_json(field, &sample->worker[w]));
    if (json_array_size(column) == sample->workers)
        return column;
    json_decref(column);
    return NULL;
}

/* Workers are written by column: {"start_ns": [...], ...} with one element per worker. */
static json_t *workers_json(const struct csw_sample *sample)
{
    json_t *columns = json_object();

    for (size_t i = 0; i < csw_worker_fields.count; i++) {
        const struct csw_field *field = &csw_worker_fields.field[i];

        json_object_set_new(columns, field->name, column_json(sample, field));
    }
    if (json_object_size(columns) == csw_worker_fields.count)
        return columns;
    json_decref(columns);
    return NULL;
}

char *csw_sample_line(const struct csw_sample *sample)
{
    json_t *object = csw_record_json(&csw_sample_fields, sample);

    if (json_object_set_new(object, "worker", workers_json(sample)) != 0) {
        json_decref(object);
        return NULL;
    }
    return line_of(&csw_sample_fields, object);
}

/* One field of all workers; files of older versions may lack the column of a later one. */
static int read_column(struct csw_sample *sample, const struct csw_field *field,
                       const json_t *column, struct csw_err *err)
{
    const bool nothing = !column && field->later;

    if (!nothing && json_array_size(column) != sample->workers)
        return csw_fail(err, -EINVAL, "\"worker\" of a sample lacks \"%s\" of %" PRIu64 " workers",
                        field->name, sample->workers);
    for (uint64_t w = 0; w < sample->workers; w++)
        if (nothing ? !read_nothing(field, &sample->worker[w])
                    : !read_member(field, &sample->worker[w], json_array_get(column, w)))
            return csw_fail(err, -EINVAL, "\"%s\" of a worker has the wrong type", field->name);
    return 0;
}

static int read_workers(struct csw_sample *sample, const json_t *columns, struct csw_err *err)
{
    if (sample->workers > CSW_MAX_WORKERS)
        return csw_fail(err, -EINVAL, "a sample of %" PRIu64 " workers is above the %u of a team",
                        sample->workers, CSW_MAX_WORKERS);
    sample->worker = calloc(sample->workers, sizeof *sample->worker);
    if (!sample->worker)
        return csw_fail(err, -ENOMEM, "no memory for %" PRIu64 " workers", sample->workers);
    for (size_t i = 0; i < csw_worker_fields.count; i++) {
        const struct csw_field *field = &csw_worker_fields.field[i];
        const int code = read_column(sample, field, json_object_get(columns, field->name), err);

        if (code < 0)
            return code;
    }
    return 0;
}

int csw_sample_read(struct csw_sample *ret_sample, const json_t *object, struct csw_err *err)
{
    struct csw_sample sample = {0};
    int code = csw_record_read(&csw_sample_fields, &sample, object, err);

    if (code == 0)
        code = read_workers(&sample, json_object_get(object, "worker"), err);
    if (code < 0) {
        csw_sample_release(&sample);
        return code;
    }
    *ret_sample = sample;
    return 0;
}

int csw_sample_parse(struct csw_sample *ret_sample, const char *line, struct csw_err *err)
{
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (!object)
        return csw_fail(err, -EINVAL, "a sample is no JSON: %s", error.text);
    const int code = csw_sample_read(ret_sample, object, err);

    json_decref(object);
    return code;
}

int csw_reading_read(struct csw_reading *ret_reading, const json_t *object, struct csw_err *err)
{
    struct csw_reading reading = {0};
    const int code = csw_record_read(&csw_reading_fields, &reading, object, err);

    if (code < 0) {
        csw_reading_release(&reading);
        return code;
    }
    *ret_reading = reading;
    return 0;
}

/* The costs of all groups, of which the fields tell how many there are. */
static int read_costs(struct csw_cost *cost, const json_t *ns, struct csw_err *err)
{
    const uint64_t group = cost->group > 0 ? cost->group : 1;

    cost->count = json_array_size(ns);
    if (cost->count == 0 || cost->count > CSW_MAX_COSTS ||
        cost->count != cost->units / group + (cost->units % group != 0))
        return csw_fail(err, -EINVAL,
                        "\"ns\" of a cost has %zu elements, where %" PRIu64
                        " units in groups of %" PRIu64 " need one each, up to %u",
                        cost->count, cost->units, group, CSW_MAX_COSTS);
    cost->ns = calloc(cost->count, sizeof *cost->ns);
    if (!cost->ns)
        return csw_fail(err, -ENOMEM, "no memory for %zu costs", cost->count);
    for (size_t i = 0; i < cost->count; i++) {
        const json_t *element = json_array_get(ns, i);

        cost->ns[i] = json_number_value(element);
        if (!json_is_number(element) || cost->ns[i] < 0)
            return csw_fail(err, -EINVAL, "\"ns\" of a cost has an element that is no time");
    }
    return 0;
}

int csw_cost_read(struct csw_cost *ret_cost, const json_t *object, struct csw_err *err)
{
    struct csw_cost cost = {0};
    int code = csw_record_read(&csw_cost_fields, &cost, object, err);

    if (code == 0)
        code = read_costs(&cost, json_object_get(object, "ns"), err);
    if (code < 0) {
        csw_cost_release(&cost);
        return code;
    }
    *ret_cost = cost;
    return 0;
}

/* The object of a line that must say that it is of these fields; NULL: it is not. */
static json_t *parse_line(const struct csw_fields *fields, const char *line, struct csw_err *err)
{
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (!object) {
        csw_fail(err, -EINVAL, "a %s is no JSON: %s", fields->line, error.text);
        return NULL;
    }
    const char *type = json_string_value(json_object_get(object, "type"));

    if (type && strcmp(type, fields->line) == 0)
        return object;
    csw_fail(err, -EINVAL, "a %s's \"type\" is '%.40s', not '%s'", fields->line, type ? type : "",
             fields->line);
    json_decref(object);
    return NULL;
}

int csw_reading_parse(struct csw_reading *ret_reading, const char *line, struct csw_err *err)
{
    json_t *object = parse_line(&csw_reading_fields, line, err);
    const int code = object ? csw_reading_read(ret_reading, object, err) : -EINVAL;

    json_decref(object);
    return code;
}

int csw_cost_parse(struct csw_cost *ret_cost, const char *line, struct csw_err *err)
{
    json_t *object = parse_line(&csw_cost_fields, line, err);
    const int code = object ? csw_cost_read(ret_cost, object, err) : -EINVAL;

    json_decref(object);
    return code;
}

/* ---- life cycle ----------------------------------------------------------------------------- */

void csw_plan_release(struct csw_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->count; i++)
        release_texts(&csw_point_fields, &plan->points[i]);
    free(plan->points);
    release_texts(&csw_plan_fields, plan);
    *plan = (struct csw_plan){0};
}

void csw_host_release(struct csw_host *host)
{
    if (host)
        release_texts(&csw_host_fields, host);
}

void csw_sample_release(struct csw_sample *sample)
{
    if (!sample)
        return;
    release_texts(&csw_sample_fields, sample);
    free(sample->worker);
    sample->worker = NULL;
}

void csw_event_release(struct csw_event *event)
{
    if (event)
        release_texts(&csw_event_fields, event);
}

void csw_end_release(struct csw_end *end)
{
    if (end)
        release_texts(&csw_end_fields, end);
}

void csw_reading_release(struct csw_reading *reading)
{
    if (reading)
        release_texts(&csw_reading_fields, reading);
}

void csw_cost_release(struct csw_cost *cost)
{
    if (!cost)
        return;
    release_texts(&csw_cost_fields, cost);
    free(cost->ns);
    cost->ns = NULL;
}
