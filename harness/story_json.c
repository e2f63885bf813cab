/* story_json.c - the story for programs: what the pictures and the page read. See story.h. */
#include "story.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/probe.h>

#include "files.h"
#include "record_json.h"

#define LANGUAGE_SIZE 64

/* ---- languages ------------------------------------------------------------------------------ */

/* "C", or the tag after the implementation's name: "CPython 3.14.0t". */
static json_t *language_json(const struct csw_story *story, int runtime)
{
    const char *text = runtime < 0 ? "" : story->runtime[runtime].text;
    char language[LANGUAGE_SIZE];

    snprintf(language, sizeof language, "%.*s%s%s", (int)strcspn(text, " ,"), text,
             *text ? " " : "", csw_story_tag(story, runtime));
    return json_string(language);
}

static json_t *runtimes_json(const struct csw_story *story)
{
    json_t *array = json_array();

    for (size_t i = 0; i < story->runtimes; i++)
        json_array_append_new(
            array, json_pack("{s:o, s:s, s:s}", "language", language_json(story, (int)i), "text",
                             story->runtime[i].text, "python", story->runtime[i].python));
    return array;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static json_t *row_json(const struct csw_story *story, const struct csw_story_row *row)
{
    json_t *object = csw_record_json(&csw_point_fields, row->point);

    json_object_set_new(object, "language", language_json(story, row->runtime));
    json_object_set_new(object, "time_ns", csw_estimate_json(&row->cell->time_ns));
    json_object_set_new(object, "speedup", csw_estimate_json(&row->speedup));
    json_object_set_new(object, "bound", csw_real_json(row->bound));
    json_object_set_new(object, "above_bound", json_boolean(row->cell->above_bound));
    json_object_set_new(object, "cpu_share", csw_real_json(row->cpu_share));
    json_object_set_new(object, "start_ns", csw_real_json(row->start_ns));
    json_object_set_new(object, "pss_bytes", csw_real_json(row->pss_bytes));
    json_object_set_new(object, "in_cpython", csw_estimate_json(&row->in_cpython));
    return object;
}

/* C first, then one interpreter after another. */
static json_t *rows_json(const struct csw_story *story)
{
    json_t *array = json_array();

    for (int runtime = -1; runtime < (int)story->runtimes; runtime++)
        for (size_t i = 0; i < story->rows; i++)
            if (story->row[i].runtime == runtime)
                json_array_append_new(array, row_json(story, &story->row[i]));
    return array;
}

/* ---- readings ------------------------------------------------------------------------------- */

/* Whether no reading of another round says the same before. */
static bool leads(const struct csw_results *results, size_t index)
{
    const struct csw_reading *reading = &results->reading[index];

    for (size_t i = 0; i < index; i++) {
        const struct csw_reading *before = &results->reading[i];

        if (strcmp(before->quantity, reading->quantity) == 0 &&
            strcmp(before->row, reading->row) == 0 && strcmp(before->probe, reading->probe) == 0 &&
            strcmp(before->python, reading->python) == 0)
            return false;
    }
    return true;
}

static json_t *reading_json(const struct csw_story *story, const struct csw_reading *reading,
                            int runtime)
{
    const struct csw_estimate estimate =
        csw_story_reading(story, reading->probe, reading->row, runtime, reading->quantity);
    json_t *object = csw_estimate_json(&estimate);

    json_object_set_new(object, "probe", json_string(reading->probe));
    json_object_set_new(object, "row", json_string(reading->row));
    json_object_set_new(object, "language", language_json(story, runtime));
    json_object_set_new(object, "quantity", json_string(reading->quantity));
    json_object_set_new(object, "unit", json_string(reading->unit));
    return object;
}

static json_t *readings_json(const struct csw_story *story)
{
    const struct csw_results *results = story->results;
    json_t *array = json_array();

    for (int runtime = -1; runtime < (int)story->runtimes; runtime++)
        for (size_t i = 0; i < results->readings; i++)
            if (csw_story_is_of(story, &results->reading[i], runtime) && leads(results, i))
                json_array_append_new(array, reading_json(story, &results->reading[i], runtime));
    return array;
}

/* ---- blocks --------------------------------------------------------------------------------- */

static json_t *probes_json(char block)
{
    const struct csw_story_probe *probe;
    json_t *array = json_array();

    for (size_t i = 0; (probe = csw_story_probe_at(i)); i++)
        if (strchr(probe->block, block))
            json_array_append_new(array, json_pack("{s:s, s:s}", "name", probe->name, "summary",
                                                   csw_probe_find(probe->name)->summary));
    return array;
}

static json_t *notes_json(const struct csw_story *story, char block)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    csw_story_print_notes(story, block, out);
    text = csw_stream_text(out, &text);
    json_t *json = text ? json_string(text) : NULL;

    free(text);
    return json;
}

static json_t *blocks_json(const struct csw_story *story)
{
    const struct csw_story_block *block;
    json_t *array = json_array();

    for (size_t i = 0; (block = csw_story_block_at(i)); i++)
        json_array_append_new(array, json_pack("{s:s#, s:s, s:s, s:o, s:o}", "name", &block->letter,
                                               1, "title", block->title, "about", block->about,
                                               "probes", probes_json(block->letter), "notes",
                                               notes_json(story, block->letter)));
    return array;
}

/* ---- sentences ------------------------------------------------------------------------------ */

static json_t *sentences_json(const struct csw_story *story)
{
    struct csw_story_sentence sentence;
    json_t *array = json_array();

    for (size_t i = 0; i < csw_story_sentences(); i++) {
        if (csw_story_say(&sentence, story, i, NULL) < 0) {
            json_decref(array);
            return NULL;
        }
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s}", "claim", sentence.claim,
                                               "standing", sentence.standing, "numbers",
                                               sentence.numbers, "rows", sentence.rows));
        csw_story_sentence_release(&sentence);
    }
    return array;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static json_t *story_json(const struct csw_story *story)
{
    const struct csw_results *results = story->results;

    return json_pack("{s:f, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "confidence", CSW_CONFIDENCE,
                     "complete", results->ended, "plan",
                     csw_record_json(&csw_plan_fields, &results->plan), "host",
                     csw_record_json(&csw_host_fields, &results->host), "runtimes",
                     runtimes_json(story), "blocks", blocks_json(story), "rows", rows_json(story),
                     "readings", readings_json(story), "sentences", sentences_json(story));
}

int csw_story_json(const struct csw_results *results, FILE *out, struct csw_err *err)
{
    struct csw_story story = {0};
    int code = csw_story_init(&story, results, err);

    if (code < 0)
        return code;
    json_t *json = story_json(&story);

    csw_story_release(&story);
    if (!json || json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(10)) != 0)
        code = csw_fail(err, ferror(out) ? -EIO : -ENOMEM, "the story could not be written");
    json_decref(json);
    if (code < 0)
        return code;
    fprintf(out, "\n");
    return csw_stream_flush(out, "the story", err);
}
