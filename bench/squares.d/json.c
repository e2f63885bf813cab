/* json.c - see show.h: every figure with its samples, for programs. */
#include <errno.h>
#include <jansson.h>

#include "harness/files.h"
#include "harness/machine.h"
#include "harness/record_json.h"
#include "quiet.h"
#include "show.h"

static json_t *figure_json(const struct bench_figure *figure)
{
    const struct csw_estimate *estimate = &figure->estimate;

    return json_pack("{s:o, s:o, s:o, s:I, s:b}", "value", csw_real_json(estimate->value), "low",
                     csw_real_json(estimate->low), "high", csw_real_json(estimate->high), "n",
                     (json_int_t)estimate->n, "disturbed", figure->disturbed);
}

/* [round, ns, ns of the slower calibration, whether it counts] */
static json_t *samples_json(const struct bench_cell *cell)
{
    json_t *samples = json_array();

    for (size_t i = 0; i < cell->count; i++) {
        const struct bench_sample *sample = &cell->samples[i];

        json_array_append_new(samples, json_pack("[i, f, f, b]", (int)sample->round, sample->ns,
                                                 sample->calibration_ns, sample->quiet));
    }
    return samples;
}

static json_t *cell_json(const struct bench_campaign *campaign, const struct bench_cell *cell)
{
    const struct bench_figure ns = bench_figure_ns(campaign, cell);

    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:o, s:f, s:o}", "row", cell->row->name,
                     "input", bench_input_name(cell->input), "level", bench_level_name(cell->level),
                     "cores", cell->all ? (int)campaign->cores : 1, "unit",
                     bench_row_unit(cell->row), "bytes", (int)cell->row->bytes, "ns",
                     figure_json(&ns), "rejected", bench_cell_rejected(cell), "samples",
                     samples_json(cell));
}

static json_t *cells_json(const struct bench_campaign *campaign)
{
    json_t *cells = json_array();

    for (size_t i = 0; i < campaign->cells.count; i++)
        json_array_append_new(cells, cell_json(campaign, &campaign->cells.cell[i]));
    return cells;
}

static json_t *goals_json(const struct bench_campaign *campaign)
{
    json_t *goals = json_array();
    struct bench_outcome outcome;

    for (size_t i = 0; bench_goal_outcome(campaign, i, &outcome); i++)
        json_array_append_new(goals, json_pack("{s:s, s:s, s:b, s:f, s:s, s:o, s:s, s:s?}", "goal",
                                               outcome.text, "input", outcome.input, "at_most",
                                               outcome.at_most, "bound", outcome.bound, "unit",
                                               outcome.unit, "figure", figure_json(&outcome.figure),
                                               "verdict", bench_verdict_text(outcome.verdict),
                                               "reason", outcome.reason));
    return goals;
}

static json_t *levels_json(const struct bench_sizes *sizes)
{
    json_t *levels = json_object();

    for (unsigned level = 0; level < BENCH_LEVELS; level++)
        json_object_set_new(levels, bench_level_name((enum bench_level)level),
                            json_integer((json_int_t)sizes->pass_bytes[level]));
    return levels;
}

static json_t *campaign_json(const struct bench_campaign *campaign, const struct csw_host *host)
{
    return json_pack("{s:o, s:f, s:i, s:f, s:b, s:f, s:f, s:o, s:o, s:o}", "host",
                     csw_record_json(&csw_host_fields, host), "confidence", CSW_CONFIDENCE,
                     "rounds", (int)campaign->round, "seconds", campaign->seconds, "real_time",
                     campaign->real_time, "calibration_ns", campaign->calibration_ns, "quiet",
                     BENCH_QUIET, "pass_bytes", levels_json(&campaign->sizes), "cells",
                     cells_json(campaign), "goals", goals_json(campaign));
}

int bench_write_json(const struct bench_campaign *campaign, const struct csw_topo *topo, FILE *out,
                     struct csw_err *err)
{
    struct csw_host host;
    int code = csw_host_read(&host, "", topo, err);

    if (code < 0)
        return code;
    json_t *all = campaign_json(campaign, &host);

    csw_host_release(&host);
    if (!all)
        return csw_fail(err, -ENOMEM, "no memory for the JSON");
    json_dumpf(all, out, JSON_COMPACT | JSON_REAL_PRECISION(5));
    fputc('\n', out);
    json_decref(all);
    return csw_stream_flush(out, "the JSON", err);
}
