/* report_model.c - see report_model.h */
#include "report_model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate_text.h"
#include "files.h"
#include "label.h"
#include "scaling.h"
#include "table.h"
#include "wrap.h"

/* ---- the rows of a table -------------------------------------------------------------------- */

enum column { DRIVER, WORKERS, FRACTION, MODEL, SERIAL, COHERENCY, FIT, PEAK, COST, COLUMNS };

static const struct csw_column columns[COLUMNS] = {
    [DRIVER] = {"driver", false},
    [WORKERS] = {"workers", true},
    [FRACTION] = {"e % [95 %]", true},
    [MODEL] = {"model", false},
    [SERIAL] = {"serial % [95 %]", true},
    [COHERENCY] = {"coherency %", true},
    [FIT] = {"fit", true},
    [PEAK] = {"peak", true},
    [COST] = {"COST", true},
};

struct line {
    char cell[COLUMNS][CSW_LABEL_SIZE]; /* "": nothing to show */
    char *says;                         /* owned */
};

static const char *name_of(enum csw_model_kind kind)
{
    static const char *const names[] = {
        [CSW_MODEL_IDEAL] = "ideal",
        [CSW_MODEL_AMDAHL] = "amdahl",
        [CSW_MODEL_USL] = "usl",
        [CSW_MODEL_SUPERLINEAR] = "superlinear",
    };
    const char *name = (size_t)kind < sizeof names / sizeof *names ? names[kind] : NULL;

    return name ? name : "refused";
}

/* Whether the law says a serial fraction or contention that may be shown. */
static bool has_serial_part(const struct csw_model *model)
{
    return model->kind == CSW_MODEL_IDEAL || model->kind == CSW_MODEL_AMDAHL ||
           model->kind == CSW_MODEL_USL;
}

/* A share that may be 0 is a limit: "< 0.40". */
static void print_share(const struct csw_estimate *share, char ret_text[CSW_LABEL_SIZE])
{
    if (share->low <= 0)
        snprintf(ret_text, CSW_LABEL_SIZE, "< %.2g", 100 * share->high);
    else if (!isnan(share->value))
        csw_estimate_percent_text(share, ret_text, CSW_LABEL_SIZE);
}

static void print_number(double value, char ret_text[CSW_LABEL_SIZE])
{
    if (!isnan(value))
        snprintf(ret_text, CSW_LABEL_SIZE, "%.3g", value);
}

static void print_p(double p, char ret_text[CSW_LABEL_SIZE])
{
    if (p < 0.001)
        snprintf(ret_text, CSW_LABEL_SIZE, "<0.001");
    else if (!isnan(p))
        snprintf(ret_text, CSW_LABEL_SIZE, "%.2g", p);
}

static void print_range(double from, double to, char ret_text[CSW_LABEL_SIZE])
{
    if (from < to)
        snprintf(ret_text, CSW_LABEL_SIZE, "%g-%g", from, to);
    else
        snprintf(ret_text, CSW_LABEL_SIZE, "%g", to);
}

static void fill_cells(struct line *line, const struct csw_scaling *scaling)
{
    const struct csw_model *model = &scaling->model;
    const struct csw_estimate fraction = csw_cell_karp_flatt(csw_scaling_widest(scaling));

    print_range(csw_scaling_from(scaling), csw_scaling_to(scaling), line->cell[WORKERS]);
    csw_estimate_percent_text(&fraction, line->cell[FRACTION], CSW_LABEL_SIZE);
    snprintf(line->cell[MODEL], CSW_LABEL_SIZE, "%s", name_of(model->kind));
    if (has_serial_part(model))
        print_share(&model->alpha, line->cell[SERIAL]);
    print_share(&model->beta, line->cell[COHERENCY]);
    print_p(model->lack_of_fit_p, line->cell[FIT]);
    print_number(csw_scaling_peak(scaling).value, line->cell[PEAK]);
    print_number(scaling->cost > 0 ? scaling->cost : NAN, line->cell[COST]);
}

/* The law's sentence; the fraction's, too, where it cannot be told from 0. */
static char *sentence_of(const struct csw_scaling *scaling, bool with_fraction)
{
    char *law = csw_scaling_says_law(scaling);
    char *fraction = with_fraction ? csw_scaling_says_fraction(scaling) : NULL;
    char *both = NULL;

    if (!with_fraction)
        return law;
    if (law && fraction && asprintf(&both, "%s %s", fraction, law) < 0)
        both = NULL;
    free(law);
    free(fraction);
    return both;
}

static int fill_line(struct line *line, const struct csw_report *report, size_t lead,
                     struct csw_err *err)
{
    struct csw_scaling scaling;
    const int code = csw_scaling_init(&scaling, report, lead, err);

    if (code < 0)
        return code;
    const struct csw_estimate fraction = csw_cell_karp_flatt(csw_scaling_widest(&scaling));

    csw_point_label(report->results, lead, line->cell[DRIVER]);
    fill_cells(line, &scaling);
    line->says = sentence_of(&scaling, !(fraction.low > 0));
    csw_scaling_release(&scaling);
    return line->says ? 0 : csw_fail(err, -ENOMEM, "no memory for what a model says");
}

/* ---- table ---------------------------------------------------------------------------------- */

static bool is_shown(int column, const struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (*lines[i].cell[column])
            return true;
    return false;
}

/* Columns without anything to show are left out. */
static int print_lines(const struct line *lines, size_t count, FILE *out, struct csw_err *err)
{
    struct csw_column shown[COLUMNS];
    int from[COLUMNS];
    size_t width = 0;

    for (int c = 0; c < COLUMNS; c++)
        if (is_shown(c, lines, count)) {
            from[width] = c;
            shown[width++] = columns[c];
        }
    struct csw_table *table = csw_table_new(shown, width);

    for (size_t i = 0; i < count; i++) {
        const char *texts[COLUMNS];

        for (size_t c = 0; c < width; c++)
            texts[c] = *lines[i].cell[from[c]] ? lines[i].cell[from[c]] : "-";
        csw_table_row(table, texts);
    }
    return csw_table_print(table, out, err);
}

static bool is_said(const struct line *lines, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(lines[i].says, lines[index].says) == 0)
            return true;
    return false;
}

/* "openmp, pthread: sentence": once for all who say the same. */
static void print_sentences(const struct line *lines, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (is_said(lines, i))
            continue;
        fprintf(out, "%s", lines[i].cell[DRIVER]);
        for (size_t j = i + 1; j < count; j++)
            if (strcmp(lines[i].says, lines[j].says) == 0)
                fprintf(out, ", %s", lines[j].cell[DRIVER]);
        fprintf(out, ": %s\n", lines[i].says);
    }
}

static int print_wrapped_sentences(const struct line *lines, size_t count, FILE *out,
                                   struct csw_err *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *sentences = open_memstream(&text, &size);

    if (sentences) {
        print_sentences(lines, count, sentences);
        text = csw_stream_text(sentences, &text);
    }
    if (!text)
        return csw_fail(err, -ENOMEM, "no memory for what models say");
    csw_print_wrapped(text, out);
    free(text);
    return 0;
}

static bool is_in_group(const struct csw_point *point, const struct csw_point *group)
{
    return csw_same_work(point, group) && strcmp(point->schedule, group->schedule) == 0;
}

static int print_group(const struct csw_report *report, const struct csw_cell *group,
                       struct line *lines, FILE *out, struct csw_err *err)
{
    size_t count = 0;
    int code = 0;

    for (size_t i = 0; code == 0 && i < report->count; i++)
        if (is_in_group(report->cell[i].point, group->point) && csw_scaling_leads(report, i))
            code = fill_line(&lines[count++], report, i, err);
    if (code == 0 && count > 0) {
        fprintf(out, "\n");
        code = print_lines(lines, count, out, err);
        if (code == 0)
            code = print_wrapped_sentences(lines, count, out, err);
    }
    for (size_t i = 0; i < count; i++)
        free(lines[i].says);
    return code;
}

int csw_report_models_table(const struct csw_report *report, const struct csw_cell *group,
                            FILE *out, struct csw_err *err)
{
    struct line *lines = calloc(report->count, sizeof *lines);

    if (!lines)
        return csw_fail(err, -ENOMEM, "no memory for the models of a report");
    const int code = print_group(report, group, lines, out, err);

    free(lines);
    return code;
}

void csw_report_models_note(const struct csw_report *report, FILE *out)
{
    for (size_t i = 0; i < report->count; i++)
        if (csw_scaling_leads(report, i)) {
            csw_print_wrapped(
                "Beside a law, e is that of the most workers. serial: by the law (USL: "
                "contention). fit: chance of so bad a fit if the law is "
                "right. COST: fewest workers whose S_abs is above 1, the interval, too.\n",
                out);
            return;
        }
}

/* ---- JSON ----------------------------------------------------------------------------------- */

void csw_report_models_cell_json(json_t *object, const struct csw_cell *cell)
{
    const struct csw_estimate karp_flatt = csw_cell_karp_flatt(cell);

    json_object_set_new(object, "karp_flatt", csw_estimate_json(&karp_flatt));
    json_object_set_new(object, "resolution", csw_real_json(csw_cell_resolution(cell)));
}

/* As far as a law may be drawn: twice what was measured where it holds, never further. */
#define REACH 2.0
#define CURVE_STEPS 64

/* [[workers, speedup over the law's own one worker], ...]; empty where no law is fitted. */
static json_t *curve_json(const struct csw_scaling *scaling)
{
    const struct csw_model *model = &scaling->model;
    const double from = csw_scaling_from(scaling);
    const double to = csw_scaling_to(scaling) * (csw_model_holds(model) ? REACH : 1);
    json_t *curve = json_array();

    for (int i = 0; has_serial_part(model) && i <= CURVE_STEPS; i++) {
        const double workers = from * pow(to / from, (double)i / CURVE_STEPS);
        const double time = csw_law_time(&model->law, workers);

        json_array_append_new(curve, json_pack("[f, f]", workers, model->law.alone / time));
    }
    return curve;
}

static json_t *boundary_json(const struct csw_boundary *boundary)
{
    return isfinite(boundary->workers)
               ? json_pack("{s:f, s:s}", "workers", boundary->workers, "what", boundary->what)
               : json_null();
}

static void set_estimate(json_t *object, const char *key, bool known,
                         const struct csw_estimate *estimate)
{
    json_object_set_new(object, key, csw_estimate_json(known ? estimate : &csw_estimate_none));
}

static void set_model(json_t *object, const struct csw_scaling *scaling)
{
    const struct csw_model *model = &scaling->model;
    const struct csw_estimate peak = csw_scaling_peak(scaling);
    const struct csw_estimate asymptote = csw_scaling_asymptote(scaling);
    const bool usl = model->kind == CSW_MODEL_USL;

    json_object_set_new(object, "model", json_string(name_of(model->kind)));
    set_estimate(object, "serial_fraction", has_serial_part(model) && !usl, &model->alpha);
    set_estimate(object, "contention", usl, &model->alpha);
    set_estimate(object, "coherency", usl, &model->beta);
    set_estimate(object, "peak_workers", true, &peak);
    set_estimate(object, "asymptote", true, &asymptote);
    json_object_set_new(object, "lack_of_fit_p", csw_real_json(model->lack_of_fit_p));
    json_object_set_new(object, "worst_residual", csw_real_json(model->worst_residual));
    json_object_set_new(object, "rms_residual", csw_real_json(model->rms_residual));
    json_object_set_new(object, "counts", json_integer((json_int_t)model->counts));
    json_object_set_new(object, "rounds", json_integer((json_int_t)model->rounds));
    json_object_set_new(object, "cost",
                        scaling->cost > 0 ? csw_real_json(scaling->cost) : json_null());
    json_object_set_new(object, "curve", curve_json(scaling));
}

static json_t *series_json(const struct csw_scaling *scaling)
{
    const struct csw_point *point = scaling->cell[0]->point;
    char *sentence = sentence_of(scaling, true);
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:[f, f], s:o, s:s}", "kernel", point->kernel, "options",
        point->options, "tasks", point->tasks, "schedule", point->schedule, "driver", point->driver,
        "settings", point->settings, "segment", csw_scaling_from(scaling), csw_scaling_to(scaling),
        "boundary", boundary_json(&scaling->segment.end), "sentence", sentence ? sentence : "");

    free(sentence);
    set_model(object, scaling);
    return object;
}

json_t *csw_report_models_json(const struct csw_report *report)
{
    json_t *models = json_array();

    for (size_t i = 0; models && i < report->count; i++) {
        struct csw_scaling scaling;

        if (!csw_scaling_leads(report, i))
            continue;
        if (csw_scaling_init(&scaling, report, i, NULL) < 0) {
            json_decref(models);
            return NULL;
        }
        json_array_append_new(models, series_json(&scaling));
        csw_scaling_release(&scaling);
    }
    return models;
}
