/* selftest_json.c - false alarms and the noise floor for programs. */
#include "selftest.h"

#include <jansson.h>

#include "record_json.h"

static json_t *alarms_json(const struct csw_alarms *alarms)
{
    return json_pack(
        "{s:I, s:I, s:o, s:I, s:o, s:o, s:o}", "comparisons", (json_int_t)alarms->comparisons,
        "excluding", (json_int_t)alarms->excluding, "excluding_share",
        csw_estimate_json(&alarms->excluding_share), "verdicts", (json_int_t)alarms->verdicts,
        "verdicts_share", csw_estimate_json(&alarms->verdicts_share), "half_width",
        csw_real_json(alarms->half_width), "exceeded", csw_real_json(alarms->exceeded));
}

int csw_selftest_json(const struct csw_selftest *selftest, FILE *out, struct csw_err *err)
{
    json_t *json =
        json_pack("{s:i, s:I, s:I, s:f, s:f, s:o, s:o}", "rounds", CSW_SELFTEST_ROUNDS, "cells",
                  (json_int_t)selftest->cells, "sweeps", (json_int_t)selftest->sweeps, "confidence",
                  CSW_CONFIDENCE, "margin", selftest->margin, "paired",
                  alarms_json(&selftest->paired), "blocks", alarms_json(&selftest->blocks));
    const int code = csw_json_print(json, "the selftest", out, err);

    json_decref(json);
    return code;
}
