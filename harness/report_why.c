/* report_why.c - see report_why.h */
#include "report_why.h"

#include <errno.h>
#include <stdlib.h>

#include "cost.h"
#include "files.h"
#include "label.h"
#include "options.h"
#include "record_json.h"
#include "why.h"
#include "wrap.h"

/* By what was measured of its work, where it was. */
static struct csw_replay replay_of(const struct csw_report *report, const struct csw_point *point)
{
    const struct csw_results *results = report->results;

    return csw_replay_of_point(point, csw_cost_find(results, point), &results->host);
}

/* The sentence, on the heap; NULL: no memory. */
static char *sentence_of(const struct csw_report *report, size_t index,
                         const struct csw_replay *replay)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    csw_why_print(report, index, replay, out);
    return csw_stream_text(out, &text);
}

/* ---- text ----------------------------------------------------------------------------------- */

/* "trial, whole, pthread: at 2 workers ...", on the heap; NULL: no memory. */
static char *line_of(const struct csw_report *report, size_t index, const char *before)
{
    const struct csw_point *point = report->cell[index].point;
    const struct csw_replay replay = replay_of(report, point);
    char *sentence = sentence_of(report, index, &replay), *line = NULL;
    char title[CSW_TITLE_SIZE], label[CSW_LABEL_SIZE];

    csw_kernel_title(point->kernel, point->options, title);
    csw_point_label(report->results, index, label);
    if (!sentence ||
        asprintf(&line, "%s%s, %s, %s: %s.\n", before, title, point->schedule, label, sentence) < 0)
        line = NULL;
    free(sentence);
    return line;
}

static int print_lines(const struct csw_report *report, const char *before,
                       void (*print)(const char *line, FILE *out), FILE *out, struct csw_err *err)
{
    bool begun = false;

    for (size_t i = 0; i < report->count; i++) {
        if (!csw_why_explains(report, i))
            continue;
        char *line = line_of(report, i, before);

        if (!line)
            return csw_fail(err, -ENOMEM, "no memory to say why");
        if (!begun)
            fprintf(out, "\nWhy (allows: what all units would give if nothing else was lost)%s\n",
                    *before ? "\n" : "");
        begun = true;
        print(line, out);
        free(line);
    }
    return 0;
}

int csw_report_why_table(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    return print_lines(report, "", csw_print_wrapped, out, err);
}

static void print_unwrapped(const char *line, FILE *out)
{
    fputs(line, out);
}

int csw_report_why_markdown(const struct csw_report *report, FILE *out, struct csw_err *err)
{
    return print_lines(report, "* ", print_unwrapped, out, err);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *replay_json(const struct csw_replay *replay)
{
    json_t *rules = json_array();

    for (int rule = 0; rule < CSW_REPLAY_RULES; rule++)
        json_array_append_new(rules, json_pack("{s:s, s:o}", "schedule", csw_replay_names[rule],
                                               "speedup", csw_real_json(replay->by[rule])));
    return json_pack("{s:b, s:o, s:o, s:o, s:o}", "measured", replay->measured, "own",
                     csw_real_json(replay->own), "greedy_bound", csw_real_json(replay->greedy),
                     "largest_piece", csw_real_json(replay->largest), "schedules", rules);
}

static json_t *cell_json(const struct csw_report *report, size_t index)
{
    const struct csw_point *point = report->cell[index].point;
    const struct csw_replay replay = replay_of(report, point);
    char *sentence = sentence_of(report, index, &replay);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:o}", "kernel",
                               point->kernel, "options", point->options, "tasks", point->tasks,
                               "schedule", point->schedule, "driver", point->driver, "settings",
                               point->settings, "workers", (json_int_t)point->workers, "sentence",
                               sentence ? sentence : "", "replay", replay_json(&replay));

    free(sentence);
    return object;
}

json_t *csw_report_why_json(const struct csw_report *report)
{
    json_t *array = json_array();
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        if (csw_why_explains(report, i)) {
            json_array_append_new(array, cell_json(report, i));
            count++;
        }
    if (json_array_size(array) == count)
        return array;
    json_decref(array);
    return NULL;
}
