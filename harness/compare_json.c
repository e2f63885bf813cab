/* compare_json.c - a comparison for programs. */
#include "compare.h"

#include <errno.h>
#include <jansson.h>

#include "files.h"
#include "record_json.h"

static json_t *cell_json(const struct csw_comparison *comparison, size_t index)
{
    const struct csw_report *a = comparison->side[CSW_A].report;
    const struct csw_versus *versus = &comparison->versus[index];
    json_t *object =
        csw_record_json(&csw_point_fields, a->cell[comparison->point[CSW_A][index]].point);

    json_object_set_new(object, "a_ns", csw_estimate_json(&versus->a_ns));
    json_object_set_new(object, "b_ns", csw_estimate_json(&versus->b_ns));
    json_object_set_new(object, "ratio", csw_estimate_json(&versus->ratio));
    json_object_set_new(object, "p", csw_real_json(versus->p));
    json_object_set_new(object, "p_holm", csw_real_json(versus->p_holm));
    json_object_set_new(object, "verdict", json_string(csw_verdict_name(versus->verdict)));
    return object;
}

static void add_difference(const struct csw_trait *trait, const char *value_a, const char *value_b,
                           void *context)
{
    json_array_append_new(context,
                          json_pack("{s:s, s:s, s:b, s:o, s:o}", "line", trait->fields->line,
                                    "field", trait->name, "machine", trait->machine, "a",
                                    json_loads(value_a, JSON_DECODE_ANY, NULL), "b",
                                    json_loads(value_b, JSON_DECODE_ANY, NULL)));
}

static json_t *alone_json(const struct csw_comparison *comparison, enum csw_side side)
{
    const struct csw_report *report = comparison->side[side].report;
    json_t *points = json_array();

    for (size_t i = 0; i < comparison->only[side]; i++)
        json_array_append_new(
            points,
            csw_record_json(&csw_point_fields, report->cell[comparison->alone[side][i]].point));
    return points;
}

static json_t *comparison_json(const struct csw_comparison *comparison, json_t *differences)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < comparison->count; i++)
        json_array_append_new(cells, cell_json(comparison, i));
    return json_pack("{s:s, s:s, s:b, s:f, s:f, s:O, s:o, s:o, s:o}", "a",
                     comparison->side[CSW_A].name, "b", comparison->side[CSW_B].name, "paired",
                     comparison->paired, "margin", comparison->margin, "confidence", CSW_CONFIDENCE,
                     "differences", differences, "cells", cells, "only_a",
                     alone_json(comparison, CSW_A), "only_b", alone_json(comparison, CSW_B));
}

int csw_comparison_json(const struct csw_comparison *comparison, FILE *out, struct csw_err *err)
{
    json_t *differences = json_array();
    int code = csw_for_each_difference(comparison->side[CSW_A].report->results,
                                       comparison->side[CSW_B].report->results, add_difference,
                                       differences, err);
    json_t *json = code == 0 ? comparison_json(comparison, differences) : NULL;

    json_decref(differences);
    if (code < 0)
        return code;
    code = csw_json_print(json, "the comparison", out, err);
    json_decref(json);
    return code;
}
