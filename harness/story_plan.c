/* story_plan.c - the rows of the story, and the plan that they make. See story.h. */
#include "story.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/driver.h>
#include <coresweep/job.h>

#include "names.h"
#include "options.h"
#include "story_python.h"

#define CHUNKS_A_WORKER 8

/* ---- the rows ------------------------------------------------------------------------------- */

/* What a row does. The tutorial's tasks are waits of 1..5 s and squares below five numbers. */
enum work {
    WAITS,      /* the five waits */
    MANY_WAITS, /* 1000 waits of half a second */
    SQUARES,    /* the five tasks as they are */
    SQUARES_C,  /* four times larger, 16 times the work: or making workers would count in C */
    MIXED,      /* waits and computes */
};

/* How many workers a row has. */
enum crew { ONE, EACH_TASK, EACH_CPU, TWICE_CPU, THRICE_CPU, FOUR_TIMES_CPU };

enum row_flags {
    FULL = 1u << 0,         /* not in a quick story */
    EVERY_PYTHON = 1u << 1, /* once for each interpreter, where others take the first alone */
    OWN_GILS = 1u << 2,     /* needs sub-interpreters with a GIL of their own */
};

struct row {
    const char *blocks; /* that it is shown in */
    const char *label;
    enum work work;
    const char *kernel, *options, *schedule, *driver, *settings;
    enum crew crew;
    unsigned flags;
};

/* A schedule: dynamic, with chunks of an eighth of each CPU's part of the largest task. */
#define EVEN "even"

#define C_ROW(blocks, label, work, kernel, schedule, driver, crew, flags)                          \
    {                                                                                              \
        blocks, label, work, kernel, "", schedule, driver, "", crew, flags                         \
    }
#define PY_ROW(blocks, label, work, kernel, schedule, driver, settings, crew, flags)               \
    {                                                                                              \
        blocks, label, work, kernel, "", schedule, driver, settings, crew, flags                   \
    }
#define MIXED_ROW(label, percent, driver, crew, flags)                                             \
    {                                                                                              \
        "M", label, MIXED, "mixed", "io-fraction=" percent, "dynamic:1", driver, "", crew, flags   \
    }

/*
 * In C the drivers that make their workers in every run stand beside Python's ways, which do so,
 * too: what is timed is made, run and joined in both.
 */
static const struct row rows[] = {
    C_ROW("A", "sequential", WAITS, "sleep", "whole", "serial", ONE, 0),
    C_ROW("A", "threads, joined", WAITS, "sleep", "whole", "pthread-each", EACH_TASK, 0),
    C_ROW("A", "process fork", WAITS, "sleep", "whole", "fork-each", EACH_TASK, 0),
    C_ROW("A", "OpenMP per CPU", WAITS, "sleep", "whole", "openmp", EACH_CPU, 0),
    C_ROW("A", "OpenMP per task", WAITS, "sleep", "whole", "openmp", EACH_TASK, FULL),
    C_ROW("A", "event loop", WAITS, "sleep", "whole", "event", EACH_TASK, 0),
    PY_ROW("A", "sequential", WAITS, "sleep", "whole", "cpython-serial", "", ONE, 0),
    PY_ROW("A", "threads, joined", WAITS, "sleep", "whole", "cpython-threads", "", EACH_TASK, 0),
    PY_ROW("A", "thread executor", WAITS, "sleep", "whole", "cpython-futures-threads", "",
           EACH_TASK, FULL),
    PY_ROW("A", "asyncio", WAITS, "sleep", "whole", "cpython-asyncio", "", EACH_TASK, 0),
    PY_ROW("A", "process fork", WAITS, "sleep", "whole", "cpython-processes", "start-method=fork",
           EACH_TASK, 0),
    PY_ROW("A", "process spawn", WAITS, "sleep", "whole", "cpython-processes", "start-method=spawn",
           EACH_TASK, FULL),
    PY_ROW("A", "forkserver", WAITS, "sleep", "whole", "cpython-processes",
           "start-method=forkserver", EACH_TASK, FULL),
    PY_ROW("A", "Pool, per task", WAITS, "sleep", "whole", "cpython-pool", "start-method=fork",
           EACH_TASK, FULL),

    C_ROW("B", "threads", MANY_WAITS, "sleep", "whole", "pthread-each", EACH_TASK, 0),
    C_ROW("B", "process fork", MANY_WAITS, "sleep", "whole", "fork-each", EACH_TASK, 0),
    C_ROW("B", "event loop", MANY_WAITS, "sleep", "whole", "event", EACH_TASK, 0),
    PY_ROW("B", "threads", MANY_WAITS, "sleep", "whole", "cpython-threads", "", EACH_TASK, 0),
    PY_ROW("B", "asyncio", MANY_WAITS, "sleep", "whole", "cpython-asyncio", "", EACH_TASK, 0),
    PY_ROW("B", "process fork", MANY_WAITS, "sleep", "whole", "cpython-processes",
           "start-method=fork", EACH_TASK, FULL),

    C_ROW("CD", "sequential", SQUARES_C, "trial", "whole", "serial", ONE, 0),
    C_ROW("C", "threads", SQUARES_C, "trial", "whole", "pthread-each", EACH_TASK, 0),
    C_ROW("C", "process fork", SQUARES_C, "trial", "whole", "fork-each", EACH_TASK, 0),
    C_ROW("C", "OpenMP", SQUARES_C, "trial", "whole", "openmp", EACH_TASK, FULL),
    PY_ROW("CDEF", "sequential", SQUARES, "trial", "whole", "cpython-serial", "", ONE,
           EVERY_PYTHON),
    PY_ROW("C", "threads", SQUARES, "trial", "whole", "cpython-threads", "", EACH_TASK,
           EVERY_PYTHON),
    PY_ROW("C", "asyncio", SQUARES, "trial", "whole", "cpython-asyncio", "", EACH_TASK, FULL),
    PY_ROW("C", "process fork", SQUARES, "trial", "whole", "cpython-processes", "start-method=fork",
           EACH_TASK, EVERY_PYTHON),
    PY_ROW("C", "process spawn", SQUARES, "trial", "whole", "cpython-processes",
           "start-method=spawn", EACH_TASK, FULL),
    PY_ROW("C", "forkserver", SQUARES, "trial", "whole", "cpython-processes",
           "start-method=forkserver", EACH_TASK, FULL),
    PY_ROW("C", "Pool, per task", SQUARES, "trial", "whole", "cpython-pool", "start-method=fork",
           EACH_TASK, FULL),
    PY_ROW("C", "Pool, per CPU", SQUARES, "trial", "whole", "cpython-pool", "start-method=fork",
           EACH_CPU, FULL),

    C_ROW("D", "OpenMP, even", SQUARES_C, "trial", EVEN, "openmp", EACH_CPU, 0),
    C_ROW("D", "threads, even", SQUARES_C, "trial", EVEN, "pthread-each", EACH_CPU, 0),
    C_ROW("D", "processes, even", SQUARES_C, "trial", EVEN, "fork-each", EACH_CPU, FULL),
    PY_ROW("DF", "threads, even", SQUARES, "trial", EVEN, "cpython-threads", "", EACH_CPU,
           EVERY_PYTHON),
    PY_ROW("D", "Pool, even", SQUARES, "trial", EVEN, "cpython-pool", "start-method=fork", EACH_CPU,
           EVERY_PYTHON),
    PY_ROW("D", "executor, even", SQUARES, "trial", EVEN, "cpython-futures-processes",
           "start-method=fork", EACH_CPU, FULL),
    PY_ROW("D", "interpreters", SQUARES, "trial", EVEN, "cpython-interpreters", "", EACH_CPU,
           EVERY_PYTHON | OWN_GILS),

    C_ROW("E", "search O(n^2)", SQUARES, "trial", "whole", "serial", ONE, 0),
    C_ROW("E", "root O(n)", SQUARES, "sqrt", "whole", "serial", ONE, 0),
    C_ROW("E", "roots O(sqrt n)", SQUARES, "roots", "whole", "serial", ONE, 0),
    PY_ROW("E", "root O(n)", SQUARES, "sqrt", "whole", "cpython-serial", "", ONE, 0),
    PY_ROW("E", "roots O(sqrt n)", SQUARES, "roots", "whole", "cpython-serial", "", ONE, 0),

    PY_ROW("F", "PyDLL, one", SQUARES_C, "trial", "whole", "cpython-serial", "calls=pydll", ONE, 0),
    PY_ROW("F", "PyDLL, threads", SQUARES_C, "trial", EVEN, "cpython-threads", "calls=pydll",
           EACH_CPU, 0),
    PY_ROW("F", "CDLL, one", SQUARES_C, "trial", "whole", "cpython-serial", "calls=cdll", ONE, 0),
    PY_ROW("F", "CDLL, threads", SQUARES_C, "trial", EVEN, "cpython-threads", "calls=cdll",
           EACH_CPU, 0),

    MIXED_ROW("50 % waits, one", "50", "serial", ONE, 0),
    MIXED_ROW("50 % waits", "50", "pthread-each", EACH_CPU, 0),
    MIXED_ROW("50 % waits", "50", "pthread-each", TWICE_CPU, 0),
    MIXED_ROW("50 % waits", "50", "pthread-each", THRICE_CPU, FULL),
    MIXED_ROW("50 % waits", "50", "pthread-each", FOUR_TIMES_CPU, 0),
    MIXED_ROW("75 % waits, one", "75", "serial", ONE, FULL),
    MIXED_ROW("75 % waits", "75", "pthread-each", EACH_CPU, FULL),
    MIXED_ROW("75 % waits", "75", "pthread-each", TWICE_CPU, FULL),
    MIXED_ROW("75 % waits", "75", "pthread-each", THRICE_CPU, FULL),
    MIXED_ROW("75 % waits", "75", "pthread-each", FOUR_TIMES_CPU, FULL),
};

#define ROWS (sizeof rows / sizeof *rows)

static const struct csw_story_probe probes[] = {
    {"A", "unjoined", true}, {"G", "ticker", false}, {"H", "prices", false}};

const struct csw_story_probe *csw_story_probe_at(size_t index)
{
    return index < sizeof probes / sizeof *probes ? &probes[index] : NULL;
}

static bool is_python(const struct row *row)
{
    return strncmp(row->driver, "cpython-", strlen("cpython-")) == 0;
}

/* ---- what was asked for --------------------------------------------------------------------- */

uint64_t csw_story_default_rounds(bool quick)
{
    return quick ? 1 : 9;
}

double csw_story_default_scale(bool quick)
{
    return quick ? 0.02 : 0.05;
}

/* Waits of seconds repeat themselves well enough for fewer rounds, even if none gives intervals. */
static uint64_t rounds_of(bool waits, const struct csw_story_wish *wish)
{
    const double affordable = 0.6 / wish->scale; /* about two minutes of waits in all */

    if (!waits || affordable >= (double)wish->rounds)
        return wish->rounds;
    return affordable < 1 ? 1 : (uint64_t)affordable;
}

uint64_t csw_story_probe_rounds(const struct csw_story_probe *probe,
                                const struct csw_story_wish *wish)
{
    return rounds_of(probe->waits, wish);
}

/* "250,500,750,1000,1250": n times the unit, at least 1. */
static char *scaled(const unsigned *n, size_t count, double unit)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; out && i < count; i++)
        fprintf(out, "%s%.0f", i > 0 ? "," : "", fmax(1, round(n[i] * unit)));
    if (out && fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* The tasks of a work on the heap; NULL: no memory. */
static char *tasks_of(enum work work, const struct csw_story_wish *wish)
{
    static const unsigned waits[] = {1, 2, 3, 4, 5}, squares[] = {1000, 2000, 5000, 3000, 100};
    const double size = wish->quick ? 0.5 : 1;
    char *text = NULL;

    switch (work) {
    case WAITS:
        return scaled(waits, 5, 1000 * wish->scale);
    case MANY_WAITS:
        return asprintf(&text, "%.0fx1000", fmax(1, round(500 * wish->scale))) < 0 ? NULL : text;
    case SQUARES:
        return scaled(squares, 5, size);
    case SQUARES_C:
        return scaled(squares, 5, 4 * size);
    case MIXED:
        return strdup(wish->quick ? "100" : "200");
    }
    return NULL;
}

static unsigned workers_of(const struct row *row, const struct csw_room *room)
{
    switch (row->crew) {
    case ONE:
        return 1;
    case EACH_TASK:
        return row->work == MANY_WAITS ? 1000 : 5;
    case EACH_CPU:
        return room->workers;
    case TWICE_CPU:
        return 2 * room->workers;
    case THRICE_CPU:
        return 3 * room->workers;
    case FOUR_TIMES_CPU:
        return 4 * room->workers;
    }
    return 1;
}

/* ---- gaps ----------------------------------------------------------------------------------- */

void csw_story_gaps_release(struct csw_story_gaps *gaps)
{
    if (!gaps)
        return;
    for (size_t i = 0; i < gaps->count; i++)
        csw_event_release(&gaps->event[i]);
    free(gaps->event);
    *gaps = (struct csw_story_gaps){0};
}

static int add_gap(struct csw_story_gaps *gaps, const char *block, const char *text,
                   struct csw_err *err)
{
    struct csw_event *events;

    for (size_t i = 0; i < gaps->count; i++)
        if (strcmp(gaps->event[i].block, block) == 0 && strcmp(gaps->event[i].text, text) == 0)
            return 0;
    events = reallocarray(gaps->event, gaps->count + 1, sizeof *events);
    if (!events)
        return csw_fail(err, -ENOMEM, "no memory for a story");
    gaps->event = events;
    struct csw_event *event = &events[gaps->count++];

    *event = (struct csw_event){
        .what = strdup(CSW_STORY_LEFT_OUT), .text = strdup(text), .block = strdup(block)};
    return event->what && event->text && event->block
               ? 0
               : csw_fail(err, -ENOMEM, "no memory for a story");
}

/* ---- points --------------------------------------------------------------------------------- */

struct filling {
    struct csw_plan *plan;
    const struct csw_story_wish *wish;
    const struct csw_room *room;
    struct csw_story_gaps *gaps;
    const struct csw_story_pythons *pythons;
    const struct row *row;
};

/* Why the driver cannot be used here; NULL: it can. */
static const char *missing(const char *name)
{
    const struct csw_driver_entry *entry = csw_driver_find(name);

    if (!entry)
        return "unknown to this build";
    if (!entry->driver)
        return entry->missing;
    return entry->driver->missing ? entry->driver->missing() : NULL;
}

/* Moves the last point of `from`, which keeps the others, to the plan. */
static int take_last(struct csw_plan *plan, struct csw_plan *from, struct csw_err *err)
{
    struct csw_point *points = reallocarray(plan->points, plan->count + 1, sizeof *points);

    if (!points)
        return csw_fail(err, -ENOMEM, "no memory for %zu points", plan->count + 1);
    plan->points = points;
    points[plan->count++] = from->points[--from->count];
    return 0;
}

static void free_points(struct csw_plan *plan)
{
    struct csw_plan points = {.points = plan->points, .count = plan->count};

    csw_plan_release(&points);
}

/* What a sweep of that row alone would have last: its driver with all its workers. */
static int add_point(struct filling *filling, const struct csw_plan *words, struct csw_err *err)
{
    const struct row *row = filling->row;
    struct csw_plan sweep = *words;
    struct csw_series_list series = {0};
    int code = csw_series_init(&series, &sweep, err);

    if (code == 0)
        code = csw_plan_fill(&sweep, &series, filling->room, err);
    if (code == 0)
        code = take_last(filling->plan, &sweep, err);
    csw_series_release(&series);
    free_points(&sweep);
    if (code < 0)
        return code;
    struct csw_point *point = &filling->plan->points[filling->plan->count - 1];

    point->block = strdup(row->blocks);
    point->label = strdup(row->label);
    point->rounds = rounds_of(row->work == WAITS || row->work == MANY_WAITS, filling->wish);
    return point->block && point->label ? 0 : csw_fail(err, -ENOMEM, "no memory for a point");
}

/* "dynamic:313": even chunks, as every way of running has them, pools too. */
static int even_schedule(const char *tasks, unsigned workers, char *ret_text, size_t size,
                         struct csw_err *err)
{
    struct csw_workload workload = {0};
    const int code = csw_workload_parse(&workload, tasks, err);
    uint64_t largest = 1;

    for (size_t i = 0; i < workload.count; i++)
        if (workload.tasks[i].n > largest)
            largest = workload.tasks[i].n;
    snprintf(ret_text, size, "dynamic:%" PRIu64,
             (largest + CHUNKS_A_WORKER * workers - 1) / (CHUNKS_A_WORKER * workers));
    csw_workload_release(&workload);
    return code;
}

static int keep_option(const char *name, const char *value, void *context, struct csw_err *err)
{
    char **words = context;

    return csw_options_set(words, name, value, err);
}

static int add_row(struct filling *filling, const char *settings, struct csw_err *err)
{
    const struct row *row = filling->row;
    const unsigned count = workers_of(row, filling->room);
    char workers[16], even[CSW_SCHEDULE_TEXT_SIZE];
    const bool is_even = strcmp(row->schedule, EVEN) == 0;
    char *tasks = tasks_of(row->work, filling->wish);
    const struct csw_plan words = {.kernel = (char *)row->kernel,
                                   .options = (char *)row->options,
                                   .driver = (char *)row->driver,
                                   .settings = (char *)settings,
                                   .workers = workers,
                                   .tasks = tasks,
                                   .schedule = is_even ? even : (char *)row->schedule,
                                   .oversubscribe = true};

    snprintf(workers, sizeof workers, "%u", count);
    int code = tasks ? 0 : csw_fail(err, -ENOMEM, "no memory for a list of tasks");

    if (code == 0 && is_even)
        code = even_schedule(tasks, count, even, sizeof even, err);
    if (code == 0)
        code = add_point(filling, &words, err);

    free(tasks);
    return code;
}

static int note_gap(struct filling *filling, const char *subject, const char *reason,
                    struct csw_err *err)
{
    char text[500];

    snprintf(text, sizeof text, "%.80s: %.400s", subject, reason);
    return add_gap(filling->gaps, filling->row->blocks, text, err);
}

/* The row's own settings and the interpreter as one text, which the caller frees. */
static int join_settings(char **ret_settings, const struct row *row, const char *python,
                         struct csw_err *err)
{
    char *settings = NULL;
    int code = csw_for_each_option(row->settings, keep_option, &settings, err);

    if (code == 0)
        code = csw_options_set(&settings, "python", python, err);
    if (code < 0) {
        free(settings);
        return code;
    }
    *ret_settings = settings;
    return 0;
}

/* A row may be more than this interpreter or this build can do. */
static int add_python_row(struct filling *filling, const struct csw_story_python *python,
                          struct csw_err *err)
{
    const struct row *row = filling->row;
    struct csw_err why = {0};
    char *settings = NULL;

    if ((row->flags & OWN_GILS) && !python->has_own_gils)
        return note_gap(filling, row->driver, "needs CPython 3.12 or newer", err);
    int code = join_settings(&settings, row, python->name, &why);

    if (code == 0)
        code = add_row(filling, settings, &why);
    free(settings);
    if (code == -EINVAL || code == -ENOTSUP)
        return note_gap(filling, row->label, why.text, err);
    return code < 0 ? csw_fail(err, code, "%s", why.text) : 0;
}

static int add_python_rows(struct filling *filling, struct csw_err *err)
{
    const size_t count = filling->row->flags & EVERY_PYTHON ? filling->pythons->count : 1;
    int code = 0;

    for (size_t i = 0; code == 0 && i < count && i < filling->pythons->count; i++)
        code = add_python_row(filling, &filling->pythons->python[i], err);
    return code;
}

static int fill_row(struct filling *filling, struct csw_err *err)
{
    const struct row *row = filling->row;
    const char *reason = missing(row->driver);

    if (filling->wish->quick && (row->flags & FULL))
        return 0;
    if (reason)
        return note_gap(filling, is_python(row) ? "CPython" : row->driver, reason, err);
    return is_python(row) ? add_python_rows(filling, err) : add_row(filling, "", err);
}

/* What is missed most, and why. */
static int note_gil(struct csw_story_gaps *gaps, const struct csw_story_pythons *pythons,
                    struct csw_err *err)
{
    for (size_t i = 0; i < pythons->count; i++)
        if (!pythons->python[i].gil)
            return 0;
    return add_gap(gaps, "CD",
                   "threads without a GIL: no interpreter here is free-threaded; --python FILE "
                   "names one, such as python3.14t",
                   err);
}

static char *story_text(const struct csw_story_wish *wish)
{
    char *text;

    return asprintf(&text, "%sscale=%g", wish->quick ? "quick " : "", wish->scale) < 0 ? NULL
                                                                                       : text;
}

struct csw_story_wish csw_story_wish_of(const struct csw_plan *plan)
{
    const char *scale = strstr(plan->story, "scale=");
    const bool quick = strncmp(plan->story, "quick ", strlen("quick ")) == 0;

    return (struct csw_story_wish){.quick = quick,
                                   .scale = scale ? strtod(scale + strlen("scale="), NULL)
                                                  : csw_story_default_scale(quick),
                                   .rounds = plan->rounds,
                                   .pythons = ""};
}

static int fill_rows(struct filling *filling, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < ROWS; i++) {
        filling->row = &rows[i];
        code = fill_row(filling, err);
    }
    return code == 0 ? note_gil(filling->gaps, filling->pythons, err) : code;
}

int csw_story_fill(struct csw_plan *plan, const struct csw_story_wish *wish,
                   const struct csw_room *room, struct csw_story_gaps *ret_gaps,
                   struct csw_err *err)
{
    struct csw_story_gaps gaps = {0};
    struct csw_story_pythons pythons = {0};
    struct filling filling = {
        .plan = plan, .wish = wish, .room = room, .gaps = &gaps, .pythons = &pythons};
    int code = csw_story_pythons_init(&pythons, wish->pythons, err);

    free(plan->story);
    plan->story = story_text(wish);
    plan->rounds = wish->rounds;
    plan->precision = plan->max_seconds = NAN; /* all of them */
    if (code == 0 && !plan->story)
        code = csw_fail(err, -ENOMEM, "no memory for a story");
    if (code == 0)
        code = fill_rows(&filling, err);
    csw_story_pythons_release(&pythons);
    if (code < 0) {
        csw_story_gaps_release(&gaps);
        return code;
    }
    *ret_gaps = gaps;
    return 0;
}
