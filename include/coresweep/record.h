/*
 * record.h - the result file: JSON Lines of `plan`, `host`, `sample`, `cost`, `reading`, `event`
 * and `end`, one object a line, written as they come. A file that was cut off is valid up to its
 * last complete line.
 *
 * The structs are made from record.def. `text` members are heap strings owned by their struct;
 * NULL reads as "".
 */
#ifndef CORESWEEP_RECORD_H
#define CORESWEEP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>

#define CSW_SCHEMA 1u

enum csw_type { CSW_TYPE_u64, CSW_TYPE_i64, CSW_TYPE_real, CSW_TYPE_text, CSW_TYPE_flag };

typedef uint64_t csw_u64;
typedef int64_t csw_i64;
typedef double csw_real; /* NAN: unknown, null in the file */
typedef char *csw_text;
typedef bool csw_flag;

#define CSW_MEMBER(type, name, same, doc) csw_##type name;

struct csw_point {
#define POINT CSW_MEMBER
#include <coresweep/record.def>
};

struct csw_plan {
#define PLAN CSW_MEMBER
#include <coresweep/record.def>
    size_t count;
    struct csw_point *points; /* owned */
};

struct csw_host {
#define HOST CSW_MEMBER
#include <coresweep/record.def>
};

struct csw_worker {
#define WORKER CSW_MEMBER
#include <coresweep/record.def>
};

struct csw_sample {
#define SAMPLE CSW_MEMBER
#include <coresweep/record.def>
    struct csw_worker *worker; /* owned; one per worker */
};

struct csw_event {
#define EVENT CSW_MEMBER
#include <coresweep/record.def>
};

struct csw_end {
#define END CSW_MEMBER
#include <coresweep/record.def>
};

/* What a probe found out (see probe.h). */
struct csw_reading {
#define READING CSW_MEMBER
#include <coresweep/record.def>
};

/* A line has no more groups of units. */
#define CSW_MAX_COSTS 65536u

/* What the units of a job cost one worker. */
struct csw_cost {
#define COST CSW_MEMBER
#include <coresweep/record.def>
    size_t count; /* of groups: units / group, rounded up */
    double *ns;   /* owned; thread CPU time of every group */
};

/* ---- one list of fields per struct ---------------------------------------------------------- */

struct csw_field {
    const char *name;
    enum csw_type type;
    bool same;  /* --resume refuses a file where this differs */
    bool later; /* files of older versions lack it: it reads as "", null, 0 or false */
    size_t offset;
    const char *doc;
};

struct csw_fields {
    const char *line; /* what "type" says in the file */
    size_t count;
    const struct csw_field *field;
};

extern const struct csw_fields csw_plan_fields, csw_point_fields, csw_host_fields,
    csw_sample_fields, csw_worker_fields, csw_event_fields, csw_end_fields, csw_reading_fields,
    csw_cost_fields;

/* The value of the record's field as JSON, on the heap; NULL: out of memory. */
char *csw_field_text(const struct csw_field *, const void *record);

/*
 * The first field marked `same` in which the two structs differ; NULL if there is none. `ret_a` and
 * `ret_b` get both values as text; the caller frees them.
 */
const struct csw_field *csw_fields_difference(const struct csw_fields *, const void *a,
                                              const void *b, char **ret_a, char **ret_b);

void csw_plan_release(struct csw_plan *);
void csw_host_release(struct csw_host *);
void csw_sample_release(struct csw_sample *);
void csw_event_release(struct csw_event *);
void csw_end_release(struct csw_end *);
void csw_reading_release(struct csw_reading *);
void csw_cost_release(struct csw_cost *);

/* ---- lines ---------------------------------------------------------------------------------- */

/* One line each, without the newline; the caller frees it. NULL: out of memory. */
char *csw_plan_line(const struct csw_plan *);
char *csw_host_line(const struct csw_host *);
char *csw_sample_line(const struct csw_sample *);
char *csw_event_line(const struct csw_event *);
char *csw_end_line(const struct csw_end *);
char *csw_reading_line(const struct csw_reading *);
char *csw_cost_line(const struct csw_cost *);

/* Reads one sample line. 0, or -EINVAL with the sentence that says what is wrong with it. */
int csw_sample_parse(struct csw_sample *ret_sample, const char *line, struct csw_err *);

/*
 * Reads one reading line, which must say that it is one. 0, or -EINVAL with the sentence that says
 * what is wrong with it. The caller releases the reading.
 */
int csw_reading_parse(struct csw_reading *ret_reading, const char *line, struct csw_err *);

/* Reads one cost line; otherwise as csw_reading_parse. */
int csw_cost_parse(struct csw_cost *ret_cost, const char *line, struct csw_err *);

/* ---- files ---------------------------------------------------------------------------------- */

struct csw_results {
    struct csw_plan plan;
    struct csw_host host;
    size_t samples, events, readings, costs;
    struct csw_sample *sample;
    struct csw_event *event;
    struct csw_reading *reading;
    struct csw_cost *cost;
    bool ended; /* the end line is there */
    struct csw_end end;
    uint64_t valid_bytes; /* length of the complete lines */
    bool cut_off;         /* bytes after them: a line that was never finished */
};

/*
 * Reads a whole result file. A last line without a newline is left out; anything else that is
 * malformed is -EINVAL with file and line number. The caller releases the results.
 */
int csw_results_read(struct csw_results *ret_results, const char *path, struct csw_err *);
void csw_results_release(struct csw_results *);

struct csw_writer;

/* Makes a new file and locks it; -EEXIST if there is one already. */
int csw_writer_create(struct csw_writer **ret_writer, const char *path, struct csw_err *);

/* Opens a file to go on with and locks it, before it is read; -EBUSY if another one writes it. */
int csw_writer_reopen(struct csw_writer **ret_writer, const char *path, struct csw_err *);

/* Cuts a reopened file to its first `valid_bytes`, after which the next line goes. */
int csw_writer_cut(struct csw_writer *, uint64_t valid_bytes, struct csw_err *);

/*
 * Appends one line and hands it to the system at once. When the disk is full or a limit is hit,
 * the unfinished line is taken back, so that the file stays valid, and the error says so.
 */
int csw_writer_line(struct csw_writer *, const char *line, struct csw_err *);

/* Syncs and closes. Returns what fsync or close reported. Accepts NULL. */
int csw_writer_close(struct csw_writer *, struct csw_err *);

#endif
