/* grain_json.c - a grain run for programs: what the pictures read. See grain.h. */
#include "grain.h"

#include <jansson.h>

#include "label.h"
#include "record_json.h"

static json_t *size_json(const struct csw_grain_curve *curve, const struct csw_grain_size *size)
{
    return json_pack("{s:o, s:o, s:o, s:s}", "task_ns",
                     csw_real_json(size->task_work / curve->serial_rate), "grain_ns",
                     csw_estimate_json(&size->grain_ns), "efficiency",
                     csw_estimate_json(&size->efficiency), "schedule", size->cell->point->schedule);
}

static json_t *sizes_json(const struct csw_grain_curve *curve)
{
    json_t *array = json_array();

    for (size_t i = 0; i < curve->count; i++)
        json_array_append_new(array, size_json(curve, &curve->size[i]));
    return array;
}

/* The estimate, and on which side of the sizes measured it lies. */
static json_t *metg_json(const struct csw_metg *metg)
{
    json_t *object = csw_estimate_json(&metg->ns);

    json_object_set_new(object, "side", json_string(csw_metg_side_names[metg->side]));
    json_object_set_new(object, "least", csw_real_json(metg->least_ns));
    json_object_set_new(object, "most", csw_real_json(metg->most_ns));
    return object;
}

static json_t *curve_json(const struct csw_grain *grain, const struct csw_grain_curve *curve)
{
    const struct csw_results *results = grain->report.results;
    char label[CSW_LABEL_SIZE];

    csw_point_label(results, (size_t)(curve->point - results->plan.points), label);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:o, s:o, s:o}", "kernel",
                     curve->point->kernel, "options", curve->point->options, "driver",
                     curve->point->driver, "settings", curve->point->settings, "label", label,
                     "schedule", curve->schedule, "workers", (json_int_t)curve->point->workers,
                     "tasks_per_worker", (json_int_t)grain->tasks_per_worker, "possible",
                     curve->impossible == NULL, "points", sizes_json(curve), "metg50_ns",
                     metg_json(&curve->metg50), "metg90_ns", metg_json(&curve->metg90));
}

static json_t *grain_json(const struct csw_grain *grain)
{
    const struct csw_results *results = grain->report.results;
    json_t *curves = json_array();

    for (size_t i = 0; i < grain->count; i++)
        json_array_append_new(curves, curve_json(grain, &grain->curve[i]));
    return json_pack("{s:f, s:b, s:o, s:o, s:o}", "confidence", CSW_CONFIDENCE, "complete",
                     results->ended, "plan", csw_record_json(&csw_plan_fields, &results->plan),
                     "host", csw_record_json(&csw_host_fields, &results->host), "grain", curves);
}

int csw_grain_json(const struct csw_grain *grain, FILE *out, struct csw_err *err)
{
    json_t *json = grain_json(grain);
    const int code = csw_json_print(json, "the grain run", out, err);

    json_decref(json);
    return code;
}
