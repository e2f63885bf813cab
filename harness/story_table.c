/* story_table.c - the story for people: one table for each block. See story.h. */
#include "story.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>
#include <coresweep/kernel.h>

#include "bound.h"
#include "estimate_text.h"
#include "files.h"
#include "report_noise.h"
#include "table.h"
#include "units.h"
#include "wrap.h"

#define CELL_SIZE 48

static const struct csw_story_block blocks[] = {
    {'A', "waiting, five tasks",
     "Five waits of 1 to 5 units, as a program has that asks five servers. What does not compute\n"
     "needs no CPU: the sum of the waits becomes the longest, whatever the workers are."},
    {'B', "waiting, 1000 tasks",
     "A thousand waits at the same time. Now it counts what a waiter costs: to make, and to keep."},
    {'C', "computing, the tutorial's five tasks",
     "One worker for each task. The largest task is 64 % of all work, so that nothing can be "
     "faster\n"
     "than the bound, in no language. The tasks of C are 4 times larger, 16 times the work, so "
     "that\n"
     "making workers hardly counts; speed-ups compare, and so does the last column, by steps."},
    {'D', "computing, even chunks", "The same work, every task cut into one piece for each CPU."},
    {'E', "the better algorithm",
     "One worker, the same tasks. The speed-up is over the search, in the same language."},
    {'F', "leaving the GIL",
     "The same even chunks by threads: Python's own loop; the loop in C called by ctypes.PyDLL, "
     "which\n"
     "keeps the GIL; and the same function called by ctypes.CDLL, which drops it."},
    {'G', "who waits for whom",
     "A thread that wants to wake up every millisecond, alone and beside one that computes."},
    {'H', "the price list", "What starting, asking and carrying back cost."},
    {'M', "waiting and computing",
     "Tasks that wait for a part of their time, with 1 to 4 threads for each CPU (C). The rule "
     "says\n"
     "that the best number of workers is CPUs / (1 - waiting part)."},
};

#define BLOCKS (sizeof blocks / sizeof *blocks)

const struct csw_story_block *csw_story_block_at(size_t index)
{
    return index < BLOCKS ? &blocks[index] : NULL;
}

/* ---- numbers as text ------------------------------------------------------------------------ */

static void print_value(double value, const char *mark, char ret_text[CELL_SIZE])
{
    if (isnan(value))
        snprintf(ret_text, CELL_SIZE, "-");
    else
        snprintf(ret_text, CELL_SIZE, "%.*f%s", csw_decimals(value), value, mark);
}

/* "78 ms" */
static void print_short_time(double ns, char ret_text[CELL_SIZE])
{
    const struct csw_scale *scale = csw_time_scale(ns);
    const double value = ns / scale->factor;

    if (isnan(ns))
        snprintf(ret_text, CELL_SIZE, "-");
    else
        snprintf(ret_text, CELL_SIZE, "%.*f %s", value < 10, value, scale->name);
}

/* "13 M": MiB are what processes take. */
static void print_memory(double bytes, char ret_text[CELL_SIZE])
{
    const double mib = bytes / (1 << 20);

    if (isnan(bytes))
        snprintf(ret_text, CELL_SIZE, "-");
    else
        snprintf(ret_text, CELL_SIZE, "%.*f M", mib < 10, mib);
}

/* "1.93", and with a prefix where that would be long: "2.55 M". */
static void print_times(double value, char ret_text[CELL_SIZE])
{
    if (value < 10000 || isnan(value))
        print_value(value, "", ret_text);
    else
        csw_number_text(value, ret_text, CELL_SIZE);
}

/* ---- the rows of a block -------------------------------------------------------------------- */

enum column { IN, ROW, WORKERS, TIME, SPEEDUP, BOUND, CPU, START, MEMORY, TIMES, COLUMNS };

static const struct csw_column columns[COLUMNS] = {
    [IN] = {"in", false},
    [ROW] = {"row", false},
    [WORKERS] = {"n", true},
    [TIME] = {"wall [95 %]", true},
    [SPEEDUP] = {"speed-up [95 %]", true},
    [BOUND] = {"bound", true},
    [CPU] = {"CPUs", true},
    [START] = {"start", true},
    [MEMORY] = {"PSS", true},
    [TIMES] = {"x CPy", true},
};

static void add_row(const struct csw_story *story, const struct csw_story_row *row,
                    struct csw_table *table)
{
    char cells[COLUMNS][CELL_SIZE];
    const char *texts[COLUMNS];

    snprintf(cells[IN], CELL_SIZE, "%s", csw_story_tag(story, row->runtime));
    snprintf(cells[ROW], CELL_SIZE, "%s", row->point->label);
    snprintf(cells[WORKERS], CELL_SIZE, "%" PRIu64, row->point->workers);
    csw_estimate_time_text(&row->cell->time_ns, 3, cells[TIME], CELL_SIZE);
    csw_estimate_ratio_text(&row->speedup, cells[SPEEDUP], CELL_SIZE);
    print_value(row->bound, row->cell->above_bound ? "!" : "", cells[BOUND]);
    print_value(row->cpu_share, "", cells[CPU]);
    print_short_time(row->start_ns, cells[START]);
    print_memory(row->pss_bytes, cells[MEMORY]);
    print_times(row->in_cpython.value, cells[TIMES]);
    for (int c = 0; c < COLUMNS; c++)
        texts[c] = cells[c];
    csw_table_row(table, texts);
}

/* C first, then one interpreter after another. */
static int print_rows(const struct csw_story *story, char block, FILE *out, struct csw_err *err)
{
    struct csw_table *table = csw_table_new(columns, COLUMNS);

    for (int runtime = -1; runtime < (int)story->runtimes; runtime++)
        for (size_t i = 0; i < story->rows; i++)
            if (story->row[i].runtime == runtime && csw_story_in_block(&story->row[i], block))
                add_row(story, &story->row[i], table);
    return csw_table_print(table, out, err);
}

static bool has_rows(const struct csw_story *story, char block)
{
    for (size_t i = 0; i < story->rows; i++)
        if (csw_story_in_block(&story->row[i], block))
            return true;
    return false;
}

/* ---- the readings of a probe ---------------------------------------------------------------- */

#define MAX_QUANTITIES 5

/* What a table has a column for. */
struct quantities {
    size_t count;
    const struct csw_reading *first[MAX_QUANTITIES];
    char heading[MAX_QUANTITIES][CELL_SIZE];
};

/* "late p99" of late_p99_ns, whose values tell their unit, and "ticks, number". */
static void print_heading(const struct csw_reading *reading, char ret_text[CELL_SIZE])
{
    const char *end = strstr(reading->quantity, "_ns");

    snprintf(ret_text, CELL_SIZE, "%.*s%s",
             end ? (int)(end - reading->quantity) : (int)strlen(reading->quantity),
             reading->quantity, strcmp(reading->unit, "1") == 0 ? ", number" : "");
    for (char *at = ret_text; *at; at++)
        if (*at == '_')
            *at = ' ';
}

/* The extremes stay in the file: a table has room for the rest. */
static bool is_shown(const struct csw_reading *reading)
{
    return !strstr(reading->quantity, "_p10_") && !strstr(reading->quantity, "_max_") &&
           !strstr(reading->quantity, "ended_");
}

static void find_quantities(const struct csw_story *story, const char *probe,
                            struct quantities *ret_quantities)
{
    const struct csw_results *results = story->results;

    for (size_t i = 0; i < results->readings; i++) {
        const struct csw_reading *reading = &results->reading[i];
        size_t q = 0;

        if (strcmp(reading->probe, probe) != 0 || !is_shown(reading))
            continue;
        while (q < ret_quantities->count &&
               strcmp(ret_quantities->first[q]->quantity, reading->quantity) != 0)
            q++;
        if (q < ret_quantities->count || q == MAX_QUANTITIES)
            continue;
        print_heading(reading, ret_quantities->heading[q]);
        ret_quantities->first[ret_quantities->count++] = reading;
    }
}

static void print_reading(const struct csw_story *story, const struct csw_reading *of,
                          const char *row, int runtime, char ret_text[CELL_SIZE])
{
    const struct csw_estimate estimate =
        csw_story_reading(story, of->probe, row, runtime, of->quantity);

    if (strcmp(of->unit, "ns") == 0)
        print_short_time(estimate.value, ret_text);
    else if (strcmp(of->unit, "bytes") == 0)
        csw_bytes_text(estimate.value, ret_text, CELL_SIZE);
    else
        print_value(estimate.value, "", ret_text);
}

static void add_readings(const struct csw_story *story, const struct quantities *quantities,
                         const char *row, int runtime, struct csw_table *table)
{
    char cells[MAX_QUANTITIES][CELL_SIZE];
    const char *texts[2 + MAX_QUANTITIES] = {csw_story_tag(story, runtime), row};

    for (size_t q = 0; q < quantities->count; q++) {
        print_reading(story, quantities->first[q], row, runtime, cells[q]);
        texts[2 + q] = cells[q];
    }
    csw_table_row(table, texts);
}

/* Whether the reading is the first of its probe, row and language. */
static bool leads(const struct csw_results *results, size_t index)
{
    const struct csw_reading *reading = &results->reading[index];

    for (size_t i = 0; i < index; i++) {
        const struct csw_reading *before = &results->reading[i];

        if (strcmp(before->probe, reading->probe) == 0 && strcmp(before->row, reading->row) == 0 &&
            strcmp(before->python, reading->python) == 0)
            return false;
    }
    return true;
}

static int print_readings(const struct csw_story *story, const char *probe, FILE *out,
                          struct csw_err *err)
{
    const struct csw_results *results = story->results;
    struct quantities quantities = {.count = 0};
    struct csw_column heads[2 + MAX_QUANTITIES] = {{"in", false}, {probe, false}};

    find_quantities(story, probe, &quantities);
    if (quantities.count == 0)
        return 0;
    for (size_t q = 0; q < quantities.count; q++)
        heads[2 + q] = (struct csw_column){quantities.heading[q], true};
    struct csw_table *table = csw_table_new(heads, 2 + quantities.count);

    for (int runtime = -1; runtime < (int)story->runtimes; runtime++)
        for (size_t i = 0; i < results->readings; i++)
            if (strcmp(results->reading[i].probe, probe) == 0 && leads(results, i) &&
                csw_story_is_of(story, &results->reading[i], runtime))
                add_readings(story, &quantities, results->reading[i].row, runtime, table);
    return csw_table_print(table, out, err);
}

static int print_probes(const struct csw_story *story, char block, FILE *out, struct csw_err *err)
{
    const struct csw_story_probe *probe;
    int code = 0;

    for (size_t i = 0; code == 0 && (probe = csw_story_probe_at(i)); i++)
        if (strchr(probe->block, block))
            code = print_readings(story, probe->name, out, err);
    return code;
}

/* ---- what stands below a table -------------------------------------------------------------- */

static bool is_about(const struct csw_story *story, const struct csw_event *event, char block)
{
    const char *letters = event->block ? event->block : "";

    if (*letters)
        return strchr(letters, block);
    return (strcmp(event->what, "failed") == 0 || strcmp(event->what, "given up") == 0) &&
           event->point < story->rows && csw_story_in_block(&story->row[event->point], block);
}

/* Whether the same was said of the block before. */
static bool is_said(const struct csw_story *story, size_t index, char block)
{
    const struct csw_event *event = &story->results->event[index];

    for (size_t i = 0; i < index; i++)
        if (is_about(story, &story->results->event[i], block) &&
            strcmp(story->results->event[i].text, event->text) == 0)
            return true;
    return false;
}

static void print_events(const struct csw_story *story, char block, FILE *out)
{
    const struct csw_event *event = story->results->event;

    for (size_t i = 0; i < story->results->events; i++) {
        char text[1000];

        if (!is_about(story, &event[i], block) || is_said(story, i, block))
            continue;
        snprintf(text, sizeof text, "%s: %s", event[i].what, event[i].text);
        csw_print_wrapped(text, out);
    }
}

static void print_above_bound(const struct csw_story *story, char block, FILE *out)
{
    for (size_t i = 0; i < story->rows; i++)
        if (csw_story_in_block(&story->row[i], block) && story->row[i].cell->above_bound) {
            fprintf(out, "!: above the bound: the two times are not of one experiment, or caches "
                         "helped.\n");
            return;
        }
}

/* A sequential row that computes has a CPU of its own, unless others take it. */
#define QUIET 0.9

static void print_busy(const struct csw_story *story, char block, FILE *out)
{
    double least = 1;

    for (size_t i = 0; i < story->rows; i++) {
        const struct csw_story_row *row = &story->row[i];

        if (csw_story_in_block(row, block) && !row->point->waits && row->point->workers == 1)
            least = fmin(least, row->cpu_share); /* fmin ignores NAN */
    }
    if (least < QUIET)
        fprintf(out,
                "The machine was busy: a sequential row got %.2f of a CPU, so these times say "
                "little.\n",
                least);
}

/* ---- what only block C says ----------------------------------------------------------------- */

static const struct csw_kernel *trial(void)
{
    return csw_kernel_find("trial");
}

static const struct csw_story_row *tutorial_row(const struct csw_story *story)
{
    const struct csw_story_row *row = csw_story_find(story, 'C', 0, "sequential");

    return row && row->cell->time_ns.n > 0 && trial() ? row : NULL;
}

/* "31 44 70 54 10 squares below 1000,2000,5000,3000,100: so found every run." */
static void print_squares(const struct csw_story *story, FILE *out)
{
    const struct csw_story_row *row = tutorial_row(story);
    struct csw_workload tasks = {0};

    if (!row || csw_workload_parse(&tasks, row->point->tasks, NULL) < 0)
        return;
    for (size_t i = 0; i < tasks.count; i++)
        fprintf(out, "%" PRIu64 " ", trial()->expect(&tasks.tasks[i], 0, tasks.tasks[i].n).hits);
    fprintf(out, "squares up to %s: every run of every row was checked.\n", row->point->tasks);
    csw_workload_release(&tasks);
}

/* What the tutorial says that it measured, in s. */
#define TUTORIAL_SEQUENTIAL 8.968952894210815
#define TUTORIAL_PROCESSES 3.448301315307617
#define TUTORIAL_TASKS 5

/* The comparisons of its tasks; false where this build has no kernel to count them. */
static bool count_tutorial(double ret_work[TUTORIAL_TASKS])
{
    static const uint64_t sizes[TUTORIAL_TASKS] = {1000, 2000, 5000, 3000, 100};

    for (size_t i = 0; trial() && i < TUTORIAL_TASKS; i++) {
        const struct csw_task task = {.n = sizes[i]};

        ret_work[i] = (double)trial()->expect(&task, 0, task.n).work;
    }
    return trial();
}

/* What no program gains here: CPUs are the usable ones, or what the quota leaves of them. */
static void print_bounds(const struct csw_story *story, FILE *out)
{
    const struct csw_host *host = &story->results->host;
    const double cpus =
        fmin((double)host->usable_pus, isnan(host->quota_cpus) ? INFINITY : host->quota_cpus);
    const unsigned each = cpus < TUTORIAL_TASKS ? (unsigned)fmax(1, cpus) : TUTORIAL_TASKS;
    double work[TUTORIAL_TASKS];
    char text[400];

    if (!count_tutorial(work) || !(cpus > 0))
        return;
    snprintf(
        text, sizeof text,
        "Bounds with %.3g CPUs: a worker for each task %.3f, %u that take them as listed %.3f, "
        "longest first %.3f, even chunks %.3f. With any number of CPUs, uncut: %.3f.",
        cpus, csw_bound_in_order(work, TUTORIAL_TASKS, TUTORIAL_TASKS, cpus), each,
        csw_bound_in_order(work, TUTORIAL_TASKS, each, cpus),
        csw_bound_longest_first(work, TUTORIAL_TASKS, each, cpus), cpus,
        csw_bound_in_order(work, TUTORIAL_TASKS, TUTORIAL_TASKS, INFINITY));
    csw_print_wrapped(text, out);
}

static void print_tutorial(FILE *out)
{
    const double claim = TUTORIAL_SEQUENTIAL / TUTORIAL_PROCESSES;
    double work[TUTORIAL_TASKS];

    if (!count_tutorial(work))
        return;
    const double two = csw_bound_in_order(work, TUTORIAL_TASKS, TUTORIAL_TASKS, 2);
    const double any = csw_bound_in_order(work, TUTORIAL_TASKS, TUTORIAL_TASKS, TUTORIAL_TASKS);

    fprintf(
        out,
        "The tutorial's own times, %.2f s and %.2f s, are a speed-up of %.2f!: above the bound of "
        "one\nprocess for each task, %.3f on 2 CPUs and %.3f on any number. They cannot be one "
        "experiment: each\ncomparison would have to be %.2f times as fast as in the sequential "
        "run.\n",
        TUTORIAL_SEQUENTIAL, TUTORIAL_PROCESSES, claim, two, any, claim / any);
}

void csw_story_print_notes(const struct csw_story *story, char block, FILE *out)
{
    print_above_bound(story, block, out);
    print_busy(story, block, out);
    if (block == 'C') {
        print_squares(story, out);
        print_bounds(story, out);
        print_tutorial(out);
    }
    print_events(story, block, out);
}

/* ---- all blocks ----------------------------------------------------------------------------- */

static bool has_readings(const struct csw_story *story, char block)
{
    const struct csw_story_probe *probe;

    for (size_t p = 0; (probe = csw_story_probe_at(p)); p++)
        for (size_t i = 0; strchr(probe->block, block) && i < story->results->readings; i++)
            if (strcmp(story->results->reading[i].probe, probe->name) == 0)
                return true;
    return false;
}

static int print_block(const struct csw_story *story, const struct csw_story_block *block,
                       FILE *out, struct csw_err *err)
{
    int code = 0;

    fprintf(out, "%c. %s\n%s\n\n", block->letter, block->title, block->about);
    if (has_rows(story, block->letter))
        code = print_rows(story, block->letter, out, err);
    else if (!has_readings(story, block->letter))
        fprintf(out, "(nothing was measured)\n");
    if (code == 0)
        code = print_probes(story, block->letter, out, err);
    csw_story_print_notes(story, block->letter, out);
    fprintf(out, "\n");
    return code;
}

static void print_runtime(const struct csw_story_runtime *runtime, FILE *out)
{
    char text[1000];

    snprintf(text, sizeof text, "%s: %s (%s)", runtime->tag,
             *runtime->text ? runtime->text : "nothing was measured", runtime->python);
    csw_print_wrapped(text, out);
}

static void print_head(const struct csw_story *story, FILE *out)
{
    const struct csw_host *host = &story->results->host;

    fprintf(out, "The story on %s: %s, %" PRIu64 " usable CPUs (%s, %" PRIu64 " rounds)\n",
            host->hostname, host->cpu_model ? host->cpu_model : "", host->usable_pus,
            story->results->plan.story, story->results->plan.rounds);
    if (!story->results->ended)
        fprintf(out, "It is not complete: it was stopped, or is being written.\n");
    for (size_t i = 0; i < story->runtimes; i++)
        print_runtime(&story->runtime[i], out);
    fprintf(out,
            "Workers are not bound. n: workers. speed-up: over the sequential row of the same "
            "language and\ninterpreter, paired by round. CPUs: CPU time / wall. start: before the "
            "timed part. x CPy: times\nas fast as sequential CPython, for the same work.\n");
    if (csw_median_rank((size_t)story->results->plan.rounds, CSW_CONFIDENCE) == 0)
        fprintf(out, "(n=...): too few rounds for an interval, so that nothing is resolved.\n");
    fprintf(out, "\n");
}

int csw_story_print_tables(const struct csw_story *story, FILE *out, struct csw_err *err)
{
    int code = 0;

    print_head(story, out);
    for (size_t i = 0; code == 0 && i < BLOCKS; i++)
        code = print_block(story, &blocks[i], out, err);
    return code;
}

int csw_story_print(const struct csw_results *results, FILE *out, struct csw_err *err)
{
    struct csw_story story = {0};
    int code = csw_story_init(&story, results, err);

    if (code == 0)
        code = csw_story_print_tables(&story, out, err);
    if (code == 0)
        code = csw_story_print_sentences(&story, out, err);
    if (code == 0)
        code = csw_noise_report_print(results, "", out, err);
    csw_story_release(&story);
    return code < 0 ? code : csw_stream_flush(out, "the story", err);
}
