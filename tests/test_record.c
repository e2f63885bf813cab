/*
 * Proves that every field of record.def survives the way through a line of JSON and back, that what
 * is wrong with a line is named, and that docs/RESULTS.md tells of every field. All of it goes over
 * the field lists, so that a new field is tested by being there.
 * With --print: prints the tables of docs/RESULTS.md.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/record.h>

#include "harness/record_json.h"
#include "suite.h"

#define WORKERS 3

static const struct csw_fields *const lists[] = {
    &csw_plan_fields,   &csw_point_fields,   &csw_host_fields,
    &csw_sample_fields, &csw_worker_fields,  &csw_event_fields,
    &csw_end_fields,    &csw_reading_fields, &csw_cost_fields,
};

/* Room for any of the records. */
union record {
    struct csw_plan plan;
    struct csw_point point;
    struct csw_host host;
    struct csw_sample sample;
    struct csw_worker worker;
    struct csw_event event;
    struct csw_end end;
    struct csw_reading reading;
    struct csw_cost cost;
};

static void *member(const struct csw_field *field, void *record)
{
    return (char *)record + field->offset;
}

/* ---- records with a value of its own in every field ------------------------------------------ */

/* What a text may hold: quotes, a backslash, control characters, several bytes a character. */
static char *awkward_text(const char *name, unsigned salt)
{
    char *text;

    if (asprintf(&text, "%s%u \"quoted\" \\ \n\t\x01 \xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa2", name,
                 salt) < 0)
        abort();
    return text;
}

/* Gives one field a value that no other field and no other salt gives it. */
static void set(const struct csw_field *field, void *record, unsigned salt)
{
    void *at = member(field, record);
    const uint64_t number = 1000 * (uint64_t)field->offset + salt;

    switch (field->type) {
    case CSW_TYPE_u64:
        *(csw_u64 *)at = salt % 2 ? UINT64_MAX - number : number;
        break;
    case CSW_TYPE_i64:
        *(csw_i64 *)at = salt % 2 ? -1 - (csw_i64)number : INT64_MAX - (csw_i64)number;
        break;
    case CSW_TYPE_real:
        *(csw_real *)at = salt % 3 == 2 ? NAN : (double)number + 0.125;
        break;
    case CSW_TYPE_text:
        free(*(csw_text *)at);
        *(csw_text *)at = awkward_text(field->name, salt);
        break;
    case CSW_TYPE_flag:
        *(csw_flag *)at = salt % 2;
        break;
    }
}

static void fill(const struct csw_fields *fields, void *record, unsigned salt)
{
    for (size_t i = 0; i < fields->count; i++)
        set(&fields->field[i], record, salt);
}

static void release(const struct csw_fields *fields, void *record)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->field[i].type == CSW_TYPE_text) {
            free(*(csw_text *)member(&fields->field[i], record));
            *(csw_text *)member(&fields->field[i], record) = NULL;
        }
}

static bool equal_reals(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b;
}

static bool equal(const struct csw_field *field, void *a, void *b)
{
    a = member(field, a);
    b = member(field, b);
    switch (field->type) {
    case CSW_TYPE_u64:
        return *(csw_u64 *)a == *(csw_u64 *)b;
    case CSW_TYPE_i64:
        return *(csw_i64 *)a == *(csw_i64 *)b;
    case CSW_TYPE_real:
        return equal_reals(*(csw_real *)a, *(csw_real *)b);
    case CSW_TYPE_text:
        return strcmp(*(csw_text *)a, *(csw_text *)b) == 0;
    case CSW_TYPE_flag:
        return *(csw_flag *)a == *(csw_flag *)b;
    }
    return false;
}

static void check_equal(const struct csw_fields *fields, void *a, void *b)
{
    for (size_t i = 0; i < fields->count; i++)
        CU_ASSERT(equal(&fields->field[i], a, b));
}

/* A sample of WORKERS workers; the caller releases it. */
static struct csw_sample full_sample(unsigned salt)
{
    struct csw_sample sample = {0};

    fill(&csw_sample_fields, &sample, salt);
    sample.workers = WORKERS;
    sample.worker = calloc(WORKERS, sizeof *sample.worker);
    for (unsigned w = 0; sample.worker && w < WORKERS; w++)
        fill(&csw_worker_fields, &sample.worker[w], salt + w);
    return sample;
}

/* ---- there and back -------------------------------------------------------------------------- */

/* Takes the line over. */
static json_t *parsed(char *line)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT_PTR_NULL(strchr(line, '\n'));
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

    free(line);
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    return object;
}

/* The object names its type and holds exactly the record's fields, `more` keys and their values. */
static void check_object(json_t *object, const struct csw_fields *fields, void *record, size_t more)
{
    union record back = {0};
    const char *type = json_string_value(json_object_get(object, "type"));

    CU_ASSERT(type && strcmp(type, fields->line) == 0);
    CU_ASSERT_EQUAL(json_object_size(object), fields->count + 1 + more);
    CU_ASSERT_EQUAL_FATAL(csw_record_read(fields, &back, object, NULL), 0);
    check_equal(fields, record, &back);
    release(fields, &back);
    json_decref(object);
}

static void lines_of_plain_records_hold_all_their_fields(void)
{
    for (unsigned salt = 0; salt < 6; salt++) {
        union record host = {0}, event = {0}, end = {0}, reading = {0};

        fill(&csw_host_fields, &host, salt);
        fill(&csw_event_fields, &event, salt);
        fill(&csw_end_fields, &end, salt);
        fill(&csw_reading_fields, &reading, salt);
        check_object(parsed(csw_host_line(&host.host)), &csw_host_fields, &host, 0);
        check_object(parsed(csw_event_line(&event.event)), &csw_event_fields, &event, 0);
        check_object(parsed(csw_end_line(&end.end)), &csw_end_fields, &end, 0);
        check_object(parsed(csw_reading_line(&reading.reading)), &csw_reading_fields, &reading, 0);
        csw_host_release(&host.host);
        csw_event_release(&event.event);
        csw_end_release(&end.end);
        csw_reading_release(&reading.reading);
    }
}

static void a_line_is_read_back_as_a_reading_only_if_it_says_so(void)
{
    union record reading = {0};
    struct csw_reading back = {0};
    struct csw_err err;

    fill(&csw_reading_fields, &reading, 1);
    char *line = csw_reading_line(&reading.reading);

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT_EQUAL_FATAL(csw_reading_parse(&back, line, &err), 0);
    check_equal(&csw_reading_fields, &reading, &back);
    csw_reading_release(&back);
    memcpy(strstr(line, "reading"), "meaning", strlen("meaning"));
    CU_ASSERT_EQUAL(csw_reading_parse(&back, line, &err), -EINVAL);
    must_say(err.text, "\"type\" is 'meaning', not 'reading'");
    CU_ASSERT_EQUAL(csw_reading_parse(&back, "hello", &err), -EINVAL);
    must_say(err.text, "a reading is no JSON");
    CU_ASSERT_EQUAL(csw_reading_parse(&back, "{\"type\":\"reading\"}", &err), -EINVAL);
    must_say(err.text, "lacks \"probe\"");
    CU_ASSERT_PTR_NULL(back.probe);
    free(line);
    csw_reading_release(&reading.reading);
}

static void the_line_of_a_plan_holds_its_points(void)
{
    struct csw_plan plan = {.count = 4, .points = calloc(4, sizeof *plan.points)};

    CU_ASSERT_PTR_NOT_NULL_FATAL(plan.points);
    fill(&csw_plan_fields, &plan, 1);
    for (unsigned i = 0; i < plan.count; i++)
        fill(&csw_point_fields, &plan.points[i], i);
    json_t *object = parsed(csw_plan_line(&plan)), *points = json_object_get(object, "points");

    CU_ASSERT_EQUAL(json_array_size(points), plan.count);
    for (unsigned i = 0; i < plan.count; i++) {
        union record back = {0};

        CU_ASSERT_EQUAL(csw_record_read(&csw_point_fields, &back, json_array_get(points, i), NULL),
                        0);
        check_equal(&csw_point_fields, &plan.points[i], &back);
        release(&csw_point_fields, &back);
    }
    check_object(object, &csw_plan_fields, &plan, 1);
    csw_plan_release(&plan);
    CU_ASSERT(plan.count == 0 && !plan.points && !plan.kernel);
}

static void samples_come_back_with_all_their_workers(void)
{
    for (unsigned salt = 0; salt < 6; salt++) {
        struct csw_sample sample = full_sample(salt), back;
        char *line = csw_sample_line(&sample);

        CU_ASSERT_PTR_NOT_NULL_FATAL(line);
        CU_ASSERT_EQUAL_FATAL(csw_sample_parse(&back, line, NULL), 0);
        check_equal(&csw_sample_fields, &sample, &back);
        for (unsigned w = 0; w < WORKERS; w++)
            check_equal(&csw_worker_fields, &sample.worker[w], &back.worker[w]);
        check_object(parsed(line), &csw_sample_fields, &sample, 1);
        csw_sample_release(&sample);
        csw_sample_release(&back);
    }
}

/* A cost of five units in groups of two; the caller releases it. */
static struct csw_cost full_cost(void)
{
    struct csw_cost cost = {0};

    fill(&csw_cost_fields, &cost, 0);
    cost.units = 5;
    cost.group = 2;
    cost.count = 3;
    cost.ns = calloc(cost.count, sizeof *cost.ns);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cost.ns);
    for (size_t i = 0; i < cost.count; i++)
        cost.ns[i] = 1.5 * (double)i;
    return cost;
}

static void costs_come_back_with_all_their_groups(void)
{
    struct csw_cost cost = full_cost(), back;
    char *line = csw_cost_line(&cost);

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT_EQUAL_FATAL(csw_cost_parse(&back, line, NULL), 0);
    check_equal(&csw_cost_fields, &cost, &back);
    CU_ASSERT_EQUAL_FATAL(back.count, cost.count);
    CU_ASSERT(memcmp(back.ns, cost.ns, cost.count * sizeof *cost.ns) == 0);
    check_object(parsed(line), &csw_cost_fields, &cost, 1);
    csw_cost_release(&cost);
    csw_cost_release(&back);
    CU_ASSERT(!back.ns && !back.kernel);
}

static void a_cost_that_does_not_fit_its_units_is_refused(void)
{
    static const struct {
        uint64_t units, group;
        double first_ns;
        const char *reason;
    } table[] = {
        {4, 2, 0, "has 3 elements, where 4 units in groups of 2 need one each"},
        {7, 2, 0, "has 3 elements"},
        {0, 0, 0, "has 3 elements"},
        {UINT64_MAX, 1, 0, "has 3 elements"},
        {5, 2, -1, "no time"},
        {5, 2, NAN, "no time"},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        struct csw_cost cost = full_cost(), back = {0};
        struct csw_err err = {0};

        cost.units = table[i].units;
        cost.group = table[i].group;
        cost.ns[0] = table[i].first_ns;
        char *line = csw_cost_line(&cost);

        CU_ASSERT_EQUAL(csw_cost_parse(&back, line, &err), -EINVAL);
        must_say(err.text, table[i].reason);
        CU_ASSERT_PTR_NULL(back.ns);
        free(line);
        csw_cost_release(&cost);
    }
}

/* JSON integers are signed; jq and JavaScript would round what does not fit. */
static void numbers_beyond_63_bits_are_written_as_text(void)
{
    struct csw_end end = {.samples = UINT64_MAX, .failed = INT64_MAX, .seconds = INFINITY};
    json_t *object = parsed(csw_end_line(&end));
    const char *text = json_string_value(json_object_get(object, "samples"));

    CU_ASSERT(text && strcmp(text, "18446744073709551615") == 0);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(object, "failed")), INT64_MAX);
    CU_ASSERT(json_is_null(json_object_get(object, "seconds")));
    json_decref(object);
}

static void texts_that_are_unset_or_no_utf8_still_give_a_line(void)
{
    const struct csw_event event = {.what = NULL, .text = (char *)"caf\xe9"};
    json_t *object = parsed(csw_event_line(&event));

    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "what")), "");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "text")), "caf?");
    json_decref(object);
}

/* ---- what is wrong with a line --------------------------------------------------------------- */

/* Reading the object fails with a sentence that names the field and what is wrong with it. */
static void check_refused(const struct csw_fields *fields, const json_t *object, const char *name,
                          const char *reason)
{
    union record back = {0};
    struct csw_err err = {0};
    char quoted[80];

    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    CU_ASSERT_EQUAL(csw_record_read(fields, &back, object, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, quoted));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, fields->line));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, reason));
    release(fields, &back);
}

static void a_missing_field_is_named(void)
{
    for (size_t l = 0; l < COUNT(lists); l++) {
        union record record = {0};

        fill(lists[l], &record, 1);
        for (size_t i = 0; i < lists[l]->count; i++) {
            json_t *object = csw_record_json(lists[l], &record);

            json_object_del(object, lists[l]->field[i].name);
            if (!lists[l]->field[i].later)
                check_refused(lists[l], object, lists[l]->field[i].name, "lacks");
            json_decref(object);
        }
        release(lists[l], &record);
    }
}

/* Whether the field holds what stands for nothing. */
static bool is_empty(const struct csw_field *field, void *record)
{
    union record nothing = {0};
    csw_text empty = (csw_text) "";
    const csw_real unknown = NAN;

    if (field->type == CSW_TYPE_text)
        memcpy(member(field, &nothing), &empty, sizeof empty);
    if (field->type == CSW_TYPE_real)
        memcpy(member(field, &nothing), &unknown, sizeof unknown);
    return equal(field, record, &nothing);
}

/* As in a file that an older version has written. */
static void a_field_that_came_later_may_be_missing(void)
{
    size_t later = 0;

    for (size_t l = 0; l < COUNT(lists); l++) {
        union record record = {0};

        fill(lists[l], &record, 1);
        for (size_t i = 0; i < lists[l]->count; i++) {
            union record back = {0};
            json_t *object = csw_record_json(lists[l], &record);

            json_object_del(object, lists[l]->field[i].name);
            if (lists[l]->field[i].later) {
                CU_ASSERT_EQUAL(csw_record_read(lists[l], &back, object, NULL), 0);
                CU_ASSERT_TRUE(is_empty(&lists[l]->field[i], &back));
                release(lists[l], &back);
                later++;
            }
            json_decref(object);
        }
        release(lists[l], &record);
    }
    CU_ASSERT_TRUE(later >= 3); /* the options of plans, points and samples */
}

/* JSON that is no value of the type. */
static const char *const wrong[][9] = {
    [CSW_TYPE_u64] = {"-1", "1.0", "true", "null", "[1]", "\"\"", "\"12a\"", "\"-5\"",
                      "\"18446744073709551616\""},
    [CSW_TYPE_i64] = {"1.5", "true", "null", "{}", "\"1\""},
    [CSW_TYPE_real] = {"\"1.5\"", "true", "[]", "{}"},
    [CSW_TYPE_text] = {"1", "null", "false", "[\"a\"]"},
    [CSW_TYPE_flag] = {"0", "1", "null", "\"true\"", "{}"},
};

static void check_wrong_types(const struct csw_fields *fields, json_t *object,
                              const struct csw_field *field)
{
    for (size_t i = 0; i < COUNT(wrong[0]) && wrong[field->type][i]; i++) {
        json_object_set_new(object, field->name,
                            json_loads(wrong[field->type][i], JSON_DECODE_ANY, NULL));
        check_refused(fields, object, field->name, "wrong type");
    }
}

static void a_field_of_the_wrong_type_is_named(void)
{
    for (size_t l = 0; l < COUNT(lists); l++) {
        union record record = {0};

        fill(lists[l], &record, 1);
        for (size_t i = 0; i < lists[l]->count; i++) {
            json_t *object = csw_record_json(lists[l], &record);

            check_wrong_types(lists[l], object, &lists[l]->field[i]);
            json_decref(object);
        }
        release(lists[l], &record);
    }
}

/* Takes the line over: parsing fails, names `name` and leaves the output alone. */
static void check_unreadable(char *line, const char *name)
{
    struct csw_sample sample, untouched;
    struct csw_err err = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    memset(&sample, 0x5a, sizeof sample);
    memset(&untouched, 0x5a, sizeof untouched);
    CU_ASSERT_EQUAL(csw_sample_parse(&sample, line, &err), -EINVAL);
    CU_ASSERT_EQUAL(err.code, -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, name));
    CU_ASSERT_EQUAL(memcmp(&sample, &untouched, sizeof sample), 0);
    free(line);
}

/* What is done to one column of a sample's workers; `column` is borrowed. */
static void drop_column(json_t *columns, const char *name)
{
    json_object_del(columns, name);
}

static void drop_a_worker(json_t *columns, const char *name)
{
    json_array_remove(json_object_get(columns, name), WORKERS - 1);
}

static void add_a_worker(json_t *columns, const char *name)
{
    json_array_append_new(json_object_get(columns, name), json_integer(1));
}

static void spoil_a_worker(json_t *columns, const char *name)
{
    json_array_set_new(json_object_get(columns, name), 1, json_true());
}

static void make_no_list(json_t *columns, const char *name)
{
    json_object_set_new(columns, name, json_integer(WORKERS));
}

static void a_damaged_column_of_workers_is_named(void)
{
    static void (*const damages[])(json_t *, const char *) = {
        drop_column, drop_a_worker, add_a_worker, spoil_a_worker, make_no_list};
    struct csw_sample sample = full_sample(1);

    for (size_t d = 0; d < COUNT(damages); d++)
        for (size_t i = 0; i < csw_worker_fields.count; i++) {
            const struct csw_field *field = &csw_worker_fields.field[i];
            json_t *object = parsed(csw_sample_line(&sample));

            damages[d](json_object_get(object, "worker"), field->name);
            if (!field->later || damages[d] != drop_column)
                check_unreadable(json_dumps(object, 0), field->name);
            json_decref(object);
        }
    csw_sample_release(&sample);
}

static void a_column_of_workers_that_came_later_may_be_missing(void)
{
    struct csw_sample sample = full_sample(1), back = {0};
    json_t *object = parsed(csw_sample_line(&sample));

    drop_column(json_object_get(object, "worker"), "pss_bytes");
    CU_ASSERT_EQUAL_FATAL(csw_sample_read(&back, object, NULL), 0);
    for (size_t w = 0; w < WORKERS; w++)
        CU_ASSERT_TRUE(isnan(back.worker[w].pss_bytes));
    csw_sample_release(&back);
    csw_sample_release(&sample);
    json_decref(object);
}

static void a_sample_without_workers_or_fields_is_refused(void)
{
    struct csw_sample sample = full_sample(1);
    json_t *object = parsed(csw_sample_line(&sample));

    json_object_del(object, "worker");
    check_unreadable(json_dumps(object, 0), "worker");
    json_object_del(object, "round");
    check_unreadable(json_dumps(object, 0), "round");
    json_decref(object);
    csw_sample_release(&sample);
}

/* A damaged number must not ask for memory before it is compared with what is there. */
static void an_absurd_number_of_workers_is_refused_not_allocated(void)
{
    struct csw_sample sample = full_sample(1);
    json_t *object = parsed(csw_sample_line(&sample));

    json_object_set_new(object, "workers", json_integer(INT64_C(1) << 32));
    check_unreadable(json_dumps(object, 0), "4294967296 workers");
    json_decref(object);
    csw_sample_release(&sample);
}

static void a_key_that_comes_twice_is_refused(void)
{
    struct csw_sample sample = full_sample(1);
    char *line = csw_sample_line(&sample), *twice = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT_FATAL(asprintf(&twice, "{\"round\":1,%s", line + 1) > 0);
    check_unreadable(twice, "duplicate object key near '\"round\"'");
    free(line);
    csw_sample_release(&sample);
}

static void what_is_no_json_is_called_so(void)
{
    static const char *const lines[] = {"", "nonsense", "{", "{\"type\":\"sample\"", "{} {}", "7"};

    for (size_t i = 0; i < COUNT(lines); i++)
        check_unreadable(strdup(lines[i]), "no JSON");
    check_unreadable(strdup("{}"), "\"point\"");
    check_unreadable(strdup("[]"), "\"point\"");
}

static void every_beginning_of_a_sample_is_refused(void)
{
    struct csw_sample sample = full_sample(1);
    char *line = csw_sample_line(&sample);

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    for (size_t length = strlen(line); length-- > 0;)
        check_unreadable(strndup(line, length), "no JSON");
    free(line);
    csw_sample_release(&sample);
}

/* ---- differences ----------------------------------------------------------------------------- */

/* The two records differ in this field alone. */
static void check_difference(const struct csw_fields *fields, const struct csw_field *field,
                             void *a, void *b)
{
    char *text_a = NULL, *text_b = NULL;
    const struct csw_field *found = csw_fields_difference(fields, a, b, &text_a, &text_b);

    CU_ASSERT_PTR_EQUAL(found, field->same ? field : NULL);
    if (!found)
        return;
    CU_ASSERT(text_a && text_b && *text_a && *text_b && strcmp(text_a, text_b) != 0);
    free(text_a);
    free(text_b);
}

static void only_fields_that_must_be_the_same_differ(void)
{
    for (size_t l = 0; l < COUNT(lists); l++)
        for (unsigned salt = 0; salt < 3; salt++) {
            union record a = {0}, b = {0};

            fill(lists[l], &a, salt);
            fill(lists[l], &b, salt);
            for (size_t i = 0; i < lists[l]->count; i++) {
                set(&lists[l]->field[i], &b, salt + 1);
                check_difference(lists[l], &lists[l]->field[i], &a, &b);
                set(&lists[l]->field[i], &b, salt);
            }
            release(lists[l], &a);
            release(lists[l], &b);
        }
}

static void the_first_difference_is_told_with_both_values(void)
{
    const struct csw_plan a = {
        .driver = (char *)"fork", .rounds = 5, .seed = 1, .version = (char *)"1"};
    const struct csw_plan b = {
        .driver = (char *)"fork", .rounds = 7, .seed = 2, .version = (char *)"2"};
    char *text_a = NULL, *text_b = NULL;
    const struct csw_field *field =
        csw_fields_difference(&csw_plan_fields, &a, &b, &text_a, &text_b);

    CU_ASSERT_PTR_NOT_NULL_FATAL(field);
    CU_ASSERT_STRING_EQUAL(field->name, "rounds");
    CU_ASSERT_STRING_EQUAL(text_a, "5");
    CU_ASSERT_STRING_EQUAL(text_b, "7");
    free(text_a);
    free(text_b);
}

/* Where nothing differs the caller has nothing to free, and must not be handed freed memory. */
static void no_difference_leaves_the_texts_alone(void)
{
    const struct csw_end end = {.samples = 1};
    const struct csw_plan plan = {.rounds = 1};
    char *text_a = NULL, *text_b = NULL;

    CU_ASSERT_PTR_NULL(csw_fields_difference(&csw_end_fields, &end, &end, &text_a, &text_b));
    CU_ASSERT_PTR_NULL(csw_fields_difference(&csw_plan_fields, &plan, &plan, &text_a, &text_b));
    CU_ASSERT(!text_a && !text_b);
}

static void a_text_that_is_no_utf8_differs_from_another(void)
{
    const struct csw_plan a = {.driver = (char *)"\xff"}, b = {.driver = (char *)"fork"};
    char *text_a = NULL, *text_b = NULL;
    const struct csw_field *field =
        csw_fields_difference(&csw_plan_fields, &a, &b, &text_a, &text_b);

    CU_ASSERT(field && strcmp(field->name, "driver") == 0);
    if (field) {
        free(text_a);
        free(text_b);
    }
}

/* ---- docs/RESULTS.md ------------------------------------------------------------------------- */

static const char *const type_names[] = {
    [CSW_TYPE_u64] = "u64",   [CSW_TYPE_i64] = "i64",   [CSW_TYPE_real] = "real",
    [CSW_TYPE_text] = "text", [CSW_TYPE_flag] = "flag",
};

/* "| `name` | type | doc |", a bar inside the doc escaped. */
static void print_field(const struct csw_field *field, FILE *out)
{
    fprintf(out, "| `%s` | %s | ", field->name, type_names[field->type]);
    for (const char *c = field->doc; *c; c++)
        fprintf(out, "%s%c", *c == '|' ? "\\" : "", *c);
    fprintf(out, " |\n");
}

static void print_table(const struct csw_fields *fields, FILE *out)
{
    fprintf(out, "| field | type | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < fields->count; i++)
        print_field(&fields->field[i], out);
}

static int print_tables(void)
{
    for (size_t l = 0; l < COUNT(lists); l++) {
        printf("%s### `%s`\n\n", l > 0 ? "\n" : "", lists[l]->line);
        print_table(lists[l], stdout);
    }
    return ferror(stdout) ? 1 : 0;
}

/* The whole file on the heap; NULL where there is none. */
static char *read_all(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (!in)
        return NULL;
    if (getdelim(&text, &size, '\0', in) < 0) {
        free(text);
        text = NULL;
    }
    fclose(in);
    return text;
}

static void the_manual_of_result_files_has_the_table_of_every_list(void)
{
    char path[5000];

    snprintf(path, sizeof path, "%s/../../docs/RESULTS.md", fixture(""));
    char *manual = read_all(path);

    CU_ASSERT_PTR_NOT_NULL_FATAL(manual); /* missing? `test_record --print` gives its tables */
    for (size_t l = 0; l < COUNT(lists); l++) {
        char *table = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&table, &size);

        CU_ASSERT_PTR_NOT_NULL_FATAL(out);
        print_table(lists[l], out);
        fclose(out);
        if (!strstr(manual, table))
            printf("\n    docs/RESULTS.md lacks this table of '%s':\n%s", lists[l]->line, table);
        CU_ASSERT_PTR_NOT_NULL(strstr(manual, table));
        free(table);
    }
    free(manual);
}

static const struct test tests[] = {
    TEST(lines_of_plain_records_hold_all_their_fields),
    TEST(a_line_is_read_back_as_a_reading_only_if_it_says_so),
    TEST(the_line_of_a_plan_holds_its_points),
    TEST(samples_come_back_with_all_their_workers),
    TEST(costs_come_back_with_all_their_groups),
    TEST(a_cost_that_does_not_fit_its_units_is_refused),
    TEST(numbers_beyond_63_bits_are_written_as_text),
    TEST(texts_that_are_unset_or_no_utf8_still_give_a_line),
    TEST(a_missing_field_is_named),
    TEST(a_field_that_came_later_may_be_missing),
    TEST(a_field_of_the_wrong_type_is_named),
    TEST(a_damaged_column_of_workers_is_named),
    TEST(a_column_of_workers_that_came_later_may_be_missing),
    TEST(a_sample_without_workers_or_fields_is_refused),
    TEST(an_absurd_number_of_workers_is_refused_not_allocated),
    TEST(a_key_that_comes_twice_is_refused),
    TEST(what_is_no_json_is_called_so),
    TEST(every_beginning_of_a_sample_is_refused),
    TEST(only_fields_that_must_be_the_same_differ),
    TEST(the_first_difference_is_told_with_both_values),
    TEST(no_difference_leaves_the_texts_alone),
    TEST(a_text_that_is_no_utf8_differs_from_another),
    TEST(the_manual_of_result_files_has_the_table_of_every_list),
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--print") == 0)
        return print_tables();
    return RUN_TESTS("record", tests);
}
