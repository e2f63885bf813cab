/* report_export.c - the report for programs: JSON (what the plots read) and CSV. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "csv.h"
#include "files.h"
#include "label.h"
#include "record_json.h"
#include "report_checks.h"
#include "report_json.h"
#include "report_model.h"
#include "report_noise.h"
#include "report_stop.h"
#include "report_weak.h"
#include "report_why.h"
#include "resample.h"
#include "scaling.h"
#include "weak.h"

static const struct csw_estimate *estimate_of(const struct csw_cell *cell,
                                              const struct csw_report_column *column)
{
    return (const struct csw_estimate *)(const void *)((const char *)cell + column->offset);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

json_t *csw_estimate_json(const struct csw_estimate *estimate)
{
    return json_pack("{s:o, s:o, s:o, s:I}", "value", csw_real_json(estimate->value), "low",
                     csw_real_json(estimate->low), "high", csw_real_json(estimate->high), "n",
                     (json_int_t)estimate->n);
}

static json_t *rounds_json(const double *values, size_t count)
{
    json_t *array = json_array();

    for (size_t r = 0; r < count; r++)
        json_array_append_new(array, csw_real_json(values[r]));
    if (json_array_size(array) == count)
        return array;
    json_decref(array);
    return NULL;
}

/* Null where the work waits, or where there is no base; a factor that is not known, too. */
static json_t *loss_json(const struct csw_identity *loss)
{
    if (loss->load_balance.n == 0)
        return json_null();
    json_t *object = json_object();

    for (size_t f = 0; f < CSW_FACTORS; f++) {
        const struct csw_estimate *factor = csw_factor_of(loss, f);

        json_object_set_new(object, csw_factor_names[f],
                            factor->n > 0 ? csw_estimate_json(factor) : json_null());
    }
    return object;
}

/* Sentences; see report_checks.h. */
static json_t *findings_json(const struct csw_report *report, size_t point)
{
    json_t *array = json_array();
    char text[CSW_FINDING_SIZE];

    for (size_t kind = 0; kind < csw_finding_count; kind++)
        if (csw_finding(report, point, kind, text) > 0)
            json_array_append_new(array, json_string(text));
    return array;
}

static void set_checks(json_t *object, const struct csw_report *report, size_t point)
{
    const struct csw_cell *cell = &report->cell[point];
    const struct csw_checks *checks = &cell->checks;

    json_object_set_new(object, "disturbed", json_integer((json_int_t)cell->disturbed));
    json_object_set_new(object, "lag1", csw_real_json(checks->dependence.lag1));
    json_object_set_new(object, "effective_rounds", csw_real_json(checks->dependence.effective));
    json_object_set_new(object, "mild_outliers", json_integer((json_int_t)checks->mild));
    json_object_set_new(object, "severe_outliers", json_integer((json_int_t)checks->severe));
    json_object_set_new(object, "change", csw_real_json(checks->change));
    json_object_set_new(object, "drifts", json_boolean(checks->drifts));
    json_object_set_new(object, "tied", json_integer((json_int_t)checks->tied));
    json_object_set_new(object, "coarse_clock", json_boolean(checks->coarse));
    json_object_set_new(object, "first_apart", json_boolean(checks->first_apart));
    json_object_set_new(object, "checks", findings_json(report, point));
}

static json_t *cell_json(const struct csw_report *report, size_t point)
{
    const struct csw_cell *cell = &report->cell[point];
    json_t *object = csw_record_json(&csw_point_fields, cell->point);
    char label[CSW_LABEL_SIZE];

    csw_point_label(report->results, point, label);
    json_object_set_new(object, "label", json_string(label));
    json_object_set_new(object, "runtime", json_string(csw_point_runtime(report->results, point)));
    json_object_set_new(object, "unit", json_string(cell->unit));
    json_object_set_new(object, "min_ns", csw_real_json(cell->min_ns));
    json_object_set_new(object, "preempted", csw_real_json(cell->preempted));
    json_object_set_new(object, "pss_bytes", csw_real_json(cell->pss_bytes));
    json_object_set_new(object, "peak_bytes", csw_real_json(cell->peak_bytes));
    json_object_set_new(object, "bound", csw_real_json(cell->bound.fair));
    json_object_set_new(object, "hard_bound", csw_real_json(cell->bound.hard));
    json_object_set_new(object, "above_bound", json_boolean(cell->above_bound));
    for (size_t c = 0; c < csw_report_column_count; c++)
        json_object_set_new(object, csw_report_columns[c].name,
                            csw_estimate_json(estimate_of(cell, &csw_report_columns[c])));
    json_object_set_new(object, "loss", loss_json(&cell->loss));
    csw_report_weak_json(cell, object);
    set_checks(object, report, point);
    csw_report_models_cell_json(object, cell);
    json_object_set_new(object, "round_ns", rounds_json(cell->round_ns, report->rounds));
    json_object_set_new(object, "round_cpu_ns", rounds_json(cell->round_cpu_ns, report->rounds));
    return object;
}

/* {"samples", "disturbed", "sentences"}: see report_noise.h; NULL: no memory. */
static json_t *noise_json(const struct csw_report *report)
{
    const struct csw_results *results = report->results;
    struct csw_noise_report noise;

    if (csw_noise_report_fill(&noise, results, NULL) < 0)
        return NULL;
    json_t *sentences = json_array();

    for (size_t i = 0; i < noise.count; i++)
        json_array_append_new(sentences, json_string(noise.sentence[i]));
    return json_pack("{s:I, s:I, s:o}", "samples", (json_int_t)results->samples, "disturbed",
                     (json_int_t)noise.disturbed, "sentences", sentences);
}

/* How the bootstrap drew, so that its intervals can be had again. */
static json_t *resampling_json(const struct csw_report *report)
{
    (void)report;
    return json_pack("{s:i, s:i, s:f}", "draws", CSW_DRAWS, "seed", CSW_RESAMPLE_SEED, "confidence",
                     CSW_CONFIDENCE);
}

/* What stands beside the points, by name. */
static const struct {
    const char *name;
    json_t *(*json)(const struct csw_report *);
} parts[] = {
    {"stop", csw_report_stop_json},       {"noise", noise_json},
    {"models", csw_report_models_json},   {"why", csw_report_why_json},
    {"samples", csw_report_samples_json}, {"resampling", resampling_json},
};

static json_t *report_json(const struct csw_report *report)
{
    const struct csw_results *results = report->results;
    json_t *points = json_array(), *events = json_array();

    for (size_t i = 0; i < report->count; i++)
        json_array_append_new(points, cell_json(report, i));
    for (size_t i = 0; i < results->events; i++)
        json_array_append_new(events, csw_record_json(&csw_event_fields, &results->event[i]));
    json_t *object = json_pack(
        "{s:f, s:b, s:o, s:o, s:o, s:o}", "confidence", CSW_CONFIDENCE, "complete", results->ended,
        "plan", csw_record_json(&csw_plan_fields, &results->plan), "host",
        csw_record_json(&csw_host_fields, &results->host), "points", points, "events", events);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        json_object_set_new(object, parts[i].name, parts[i].json(report));
    return object;
}

int csw_json_print(const json_t *json, const char *what, FILE *out, struct csw_err *err)
{
    const int dumped = json ? json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) : -1;

    if (dumped != 0 && !ferror(out))
        return csw_fail(err, -ENOMEM, "no memory for %s", what);
    fprintf(out, "\n");
    return csw_stream_flush(out, what, err);
}

int csw_report_json(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    json_t *json = report_json(report);
    const int code = csw_json_print(json, "the report", out, err);

    json_decref(json);
    return code;
}

/* ---- CSV (RFC 4180, one row per point) ------------------------------------------------------ */

/* What the rounds show, and the serial fraction. */
static void print_found(const struct csw_cell *cell, FILE *out)
{
    const struct csw_estimate karp_flatt = csw_cell_karp_flatt(cell);
    const struct csw_estimate gustafson = csw_cell_gustafson(cell);

    csw_csv_number(cell->checks.dependence.lag1, out);
    csw_csv_number(cell->checks.dependence.effective, out);
    csw_csv_number(cell->checks.change, out);
    fprintf(out, ",%zu,%" PRIu64, cell->checks.tied, csw_growth(cell->point));
    csw_csv_estimate(&karp_flatt, out);
    csw_csv_number(csw_cell_resolution(cell), out);
    csw_csv_estimate(&gustafson, out);
}

/* Its columns. */
static void print_found_names(FILE *out)
{
    fprintf(out, ",lag1,effective_rounds,change,tied,growth");
    csw_csv_names("karp_flatt", out);
    fprintf(out, ",resolution");
    csw_csv_names("gustafson", out);
}

static void print_cell(const struct csw_cell *cell, FILE *out)
{
    const struct csw_point *point = cell->point;

    fprintf(out, "%s,%s,\"%s\",%s,%s,%s,%" PRIu64 ",%d,%zu", point->kernel, point->options,
            point->tasks, point->schedule, point->driver, point->settings, point->workers,
            point->oversubscribed, cell->time_ns.n);
    for (size_t c = 0; c < csw_report_column_count; c++)
        csw_csv_estimate(estimate_of(cell, &csw_report_columns[c]), out);
    csw_csv_number(cell->min_ns, out);
    csw_csv_number(cell->preempted, out);
    csw_csv_number(cell->pss_bytes, out);
    csw_csv_number(cell->peak_bytes, out);
    csw_csv_number(cell->bound.fair, out);
    csw_csv_number(cell->bound.hard, out);
    fprintf(out, ",%d,%zu,%zu,%zu", cell->above_bound, cell->disturbed, cell->checks.mild,
            cell->checks.severe);
    print_found(cell, out);
    for (size_t f = 0; f < CSW_FACTORS; f++)
        csw_csv_estimate(csw_factor_of(&cell->loss, f), out);
    fprintf(out, "\n");
}

int csw_report_csv(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    fprintf(out, "kernel,options,tasks,schedule,driver,settings,workers,oversubscribed,rounds");
    for (size_t c = 0; c < csw_report_column_count; c++)
        csw_csv_names(csw_report_columns[c].name, out);
    fprintf(out, ",min_ns,preempted,pss_bytes,peak_bytes,bound,hard_bound,above_bound,"
                 "disturbed,mild_outliers,severe_outliers");
    print_found_names(out);
    for (size_t f = 0; f < CSW_FACTORS; f++)
        csw_csv_names(csw_factor_names[f], out);
    fprintf(out, "\n");
    for (size_t i = 0; i < report->count; i++)
        print_cell(&report->cell[i], out);
    return csw_stream_flush(out, "the report", err);
}
