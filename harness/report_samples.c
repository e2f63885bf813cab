/* report_samples.c - the samples of a report for programs, worker by worker. */
#include "report_json.h"

#include "record_json.h"

/* [start_ns, end_ns, cpu_ns]: an array, since a sweep has very many of these. */
static json_t *worker_json(const struct csw_worker *worker)
{
    return json_pack("[I, I, I]", (json_int_t)worker->start_ns, (json_int_t)worker->end_ns,
                     (json_int_t)worker->cpu_ns);
}

static json_t *workers_json(const struct csw_sample *sample)
{
    json_t *array = json_array();

    for (uint64_t w = 0; w < sample->workers; w++)
        json_array_append_new(array, worker_json(&sample->worker[w]));
    return array;
}

static json_t *sample_json(const struct csw_sample *sample)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:b, s:o}", "point",
                     (json_int_t)sample->point, "round", (json_int_t)sample->round, "position",
                     (json_int_t)sample->position, "started_ns", (json_int_t)sample->started_ns,
                     "region_ns", csw_real_json(sample->region_ns), "availability",
                     csw_real_json(sample->availability), "clock_hz",
                     csw_real_json(sample->clock_hz), "disturbed", csw_sample_is_disturbed(sample),
                     "worker", workers_json(sample));
}

json_t *csw_report_samples_json(const struct csw_report *report)
{
    const struct csw_results *results = report->results;
    json_t *array = json_array();

    for (size_t i = 0; i < results->samples; i++)
        json_array_append_new(array, sample_json(&results->sample[i]));
    if (json_array_size(array) == results->samples)
        return array;
    json_decref(array);
    return NULL;
}
