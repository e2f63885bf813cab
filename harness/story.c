/* story.c - see story.h: what was measured, by row. */
#include "story.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "label.h"
#include "options.h"

bool csw_is_story(const struct csw_plan *plan)
{
    return plan->story && *plan->story;
}

/* ---- interpreters --------------------------------------------------------------------------- */

/* "3.11.2" of "CPython 3.11.2, PGO+LTO, GIL on", or the file's name where it said nothing. */
static void make_tag(struct csw_story_runtime *runtime)
{
    const char *slash = strrchr(runtime->python, '/');
    const char *version = strpbrk(runtime->text, "0123456789");
    const size_t length = version ? strcspn(version, " ,;") : 0;

    if (length > 0)
        snprintf(runtime->tag, sizeof runtime->tag, "%.*s%s", (int)length, version,
                 runtime->gil || version[length - 1] == 't' ? "" : "t");
    else
        snprintf(runtime->tag, sizeof runtime->tag, "%s", slash ? slash + 1 : runtime->python);
}

/* Two builds of one version need different tags. */
static void tell_apart(struct csw_story *story)
{
    for (size_t i = 1; i < story->runtimes; i++) {
        char *tag = story->runtime[i].tag;
        unsigned same = 0;

        for (size_t before = 0; before < i; before++)
            same += strncmp(story->runtime[before].tag, tag, strlen(tag)) == 0;
        if (same > 0)
            snprintf(tag + strlen(tag), CSW_STORY_TAG_SIZE - strlen(tag), "#%u", same + 1);
    }
}

/* The interpreter of that file, which is freed or taken over; a new one where it is not known. */
static int add_runtime(struct csw_story *story, char *python)
{
    for (size_t i = 0; i < story->runtimes; i++)
        if (strcmp(story->runtime[i].python, python) == 0) {
            free(python);
            return (int)i;
        }
    struct csw_story_runtime *grown =
        reallocarray(story->runtime, story->runtimes + 1, sizeof *grown);

    if (!grown) {
        free(python);
        return -ENOMEM;
    }
    story->runtime = grown;
    grown[story->runtimes] = (struct csw_story_runtime){.python = python, .text = ""};
    return (int)story->runtimes++;
}

/* Stores the index of what the point ran on; -1: C. 0 or -ENOMEM. */
static int find_runtime(struct csw_story *story, size_t point, int *ret_runtime)
{
    const struct csw_results *results = story->results;
    const char *settings = results->plan.points[point].settings, *text;
    char *python = NULL;
    const int code = csw_option_value(settings ? settings : "", "python", &python, NULL);

    *ret_runtime = -1;
    if (code < 0 || !python)
        return code;
    const int index = add_runtime(story, python);

    if (index < 0)
        return index;
    text = csw_point_runtime(results, point);
    if (!*story->runtime[index].text)
        story->runtime[index].text = text;
    *ret_runtime = index;
    return 0;
}

static int find_runtimes(struct csw_story *story)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < story->rows; i++)
        code = find_runtime(story, i, &story->row[i].runtime);
    for (size_t r = 0; code == 0 && r < story->runtimes; r++) {
        story->runtime[r].gil = !strstr(story->runtime[r].text, "GIL off");
        make_tag(&story->runtime[r]);
    }
    tell_apart(story);
    return code;
}

/* ---- numbers of samples --------------------------------------------------------------------- */

/* A number of a sample; NAN: it does not tell. */
typedef double (*sample_value)(const struct csw_sample *);

static double start_ns(const struct csw_sample *sample)
{
    return (double)sample->open_ns;
}

/* Runs below 1 ms are not those whose CPU time was taken (see measure.h). */
#define LEAST_NS 1e6

static double cpu_share(const struct csw_sample *sample)
{
    double cpu_ns = 0;

    if (!isnan(sample->cpu_ns) && sample->cpu_ns > 0)
        return sample->cpu_ns / sample->region_ns;
    if (sample->region_ns < LEAST_NS)
        return NAN;
    for (uint64_t w = 0; w < sample->workers; w++)
        cpu_ns += (double)sample->worker[w].cpu_ns;
    return cpu_ns / sample->region_ns;
}

static double work(const struct csw_sample *sample)
{
    return sample->work > 0 ? (double)sample->work : (double)sample->items;
}

static double median(const struct csw_story *story, size_t point, sample_value value,
                     double *scratch)
{
    const struct csw_results *results = story->results;
    size_t count = 0;

    for (size_t i = 0; i < results->samples; i++)
        if (results->sample[i].point == point)
            scratch[count++] = value(&results->sample[i]);
    return csw_median(scratch, count).value;
}

/* Memory is read when no run is under way: then the drivers named -each have no workers. */
static double pss_of(const struct csw_cell *cell)
{
    const char *end = strrchr(cell->point->driver, '-');

    return end && strcmp(end, "-each") == 0 ? NAN : cell->pss_bytes;
}

static void fill_row(struct csw_story *story, size_t index, double *scratch)
{
    struct csw_story_row *row = &story->row[index];

    row->cell = &story->report.cell[index];
    row->point = row->cell->point;
    row->start_ns = median(story, index, start_ns, scratch);
    row->cpu_share = median(story, index, cpu_share, scratch);
    row->pss_bytes = pss_of(row->cell);
}

/* ---- numbers of two rows -------------------------------------------------------------------- */

/* The tutorial's loop beside which a better algorithm is put: the same tasks and the same runner.
 */
static const struct csw_story_row *loop_of(const struct csw_story *story,
                                           const struct csw_story_row *row)
{
    for (size_t i = 0; i < story->rows; i++) {
        const struct csw_story_row *loop = &story->row[i];

        if (csw_story_in_block(loop, 'E') && loop->runtime == row->runtime &&
            strcmp(loop->point->kernel, "trial") == 0 &&
            strcmp(loop->point->tasks, row->point->tasks) == 0)
            return loop;
    }
    return NULL;
}

static struct csw_estimate ratio(const struct csw_story *story, const struct csw_story_row *base,
                                 const struct csw_story_row *row)
{
    return base ? csw_paired_ratio(base->cell->round_ns, row->cell->round_ns, story->report.rounds)
                : csw_estimate_none;
}

/* Sequential CPython's row of the same tasks, or of the same kernel; NULL: it was not measured. */
static const struct csw_story_row *cpython_of(const struct csw_story *story,
                                              const struct csw_story_row *row)
{
    const struct csw_story_row *found = NULL;

    for (size_t i = 0; i < story->rows; i++) {
        const struct csw_story_row *other = &story->row[i];
        const bool loop =
            strcmp(other->point->kernel, row->point->kernel) == 0 || csw_story_in_block(row, 'E');

        if (other->runtime != 0 || strcmp(other->point->driver, "cpython-serial") != 0 || !loop ||
            strstr(other->point->settings, "dll"))
            continue;
        if (!found || strcmp(other->point->kernel, "trial") == 0)
            found = other;
    }
    return found;
}

static void fill_ratios(struct csw_story *story, struct csw_story_row *row, double *scratch)
{
    const struct csw_story_row *cpython = cpython_of(story, row);
    const bool algorithm = csw_story_in_block(row, 'E') && strcmp(row->point->kernel, "trial") != 0;

    row->bound = algorithm || isnan(row->cell->s_abs.value) ? NAN : row->cell->bound.fair;
    row->speedup = algorithm ? ratio(story, loop_of(story, row), row) : row->cell->s_abs;
    row->in_cpython = ratio(story, cpython, row);
    if (cpython && strcmp(cpython->point->tasks, row->point->tasks) != 0) {
        const double here = median(story, (size_t)(row - story->row), work, scratch);
        const double there = median(story, (size_t)(cpython - story->row), work, scratch);

        row->in_cpython = csw_estimate_times(row->in_cpython, here / there);
    }
}

/* ---- life cycle ----------------------------------------------------------------------------- */

static int fill_rows(struct csw_story *story)
{
    double *scratch = calloc(story->results->samples + 1, sizeof *scratch);

    story->row = calloc(story->rows + 1, sizeof *story->row);
    if (!scratch || !story->row) {
        free(scratch);
        return -ENOMEM;
    }
    const int code = find_runtimes(story);

    for (size_t i = 0; code == 0 && i < story->rows; i++)
        fill_row(story, i, scratch);
    for (size_t i = 0; code == 0 && i < story->rows; i++)
        fill_ratios(story, &story->row[i], scratch);
    free(scratch);
    return code;
}

int csw_story_init(struct csw_story *ret_story, const struct csw_results *results,
                   struct csw_err *err)
{
    struct csw_story story = {.results = results, .rows = results->plan.count};
    const int code = csw_report_init(&story.report, results, err);

    if (code < 0)
        return code;
    if (fill_rows(&story) < 0) {
        csw_story_release(&story);
        return csw_fail(err, -ENOMEM, "no memory for a story of %zu rows", results->plan.count);
    }
    *ret_story = story;
    return 0;
}

void csw_story_release(struct csw_story *story)
{
    if (!story)
        return;
    for (size_t i = 0; i < story->runtimes; i++)
        free(story->runtime[i].python);
    free(story->runtime);
    free(story->row);
    csw_report_release(&story->report);
    *story = (struct csw_story){0};
}

/* ---- finding -------------------------------------------------------------------------------- */

bool csw_story_in_block(const struct csw_story_row *row, char block)
{
    return row->point->block && strchr(row->point->block, block);
}

const struct csw_story_row *csw_story_find(const struct csw_story *story, char block, int runtime,
                                           const char *label)
{
    for (size_t i = 0; i < story->rows; i++) {
        const struct csw_story_row *row = &story->row[i];

        if (row->runtime == runtime && csw_story_in_block(row, block) &&
            strcmp(row->point->label, label) == 0)
            return row;
    }
    return NULL;
}

const char *csw_story_tag(const struct csw_story *story, int runtime)
{
    return runtime < 0 ? "C" : story->runtime[runtime].tag;
}

/* ---- readings ------------------------------------------------------------------------------- */

bool csw_story_is_of(const struct csw_story *story, const struct csw_reading *reading, int runtime)
{
    const char *python = runtime < 0 ? "" : story->runtime[runtime].python;

    return strcmp(reading->python, python) == 0;
}

struct csw_estimate csw_story_reading(const struct csw_story *story, const char *probe,
                                      const char *row, int runtime, const char *quantity)
{
    const struct csw_results *results = story->results;
    double *values = calloc(results->readings + 1, sizeof *values);
    size_t count = 0;

    for (size_t i = 0; values && i < results->readings; i++) {
        const struct csw_reading *reading = &results->reading[i];

        if (strcmp(reading->probe, probe) == 0 && strcmp(reading->row, row) == 0 &&
            strcmp(reading->quantity, quantity) == 0 && csw_story_is_of(story, reading, runtime))
            values[count++] = reading->value;
    }
    const struct csw_estimate estimate = values ? csw_median(values, count) : csw_estimate_none;

    free(values);
    return estimate;
}
