/* plan.c - see plan.h */
#include <coresweep/plan.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/job.h>

#include "names.h"
#include "options.h"
#include "random.h"
#include "settings.h"
#include "weak.h"

/* ---- series --------------------------------------------------------------------------------- */

/* The default sweep: the ceiling, the story under two schedules, the IO baseline. */
static const struct {
    const char *kernel;
    enum csw_handout handout;
} story[] = {
    {"spin", CSW_DYNAMIC}, {"trial", CSW_WHOLE}, {"trial", CSW_DYNAMIC}, {"sleep", CSW_WHOLE}};

/* What is carried from kernels to their options to schedules. */
struct series_maker {
    struct csw_series_list *list;
    const struct csw_plan *plan;
    const struct csw_kernel *kernel;
    uint8_t choice[CSW_MAX_OPTIONS];
};

static void series_release(struct csw_series *series)
{
    free(series->kernel);
    free(series->options);
    free(series->tasks);
    free(series->schedule);
}

static bool has_series(const struct csw_series_list *list, const struct csw_series *series)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->series[i].kernel, series->kernel) == 0 &&
            strcmp(list->series[i].options, series->options) == 0 &&
            strcmp(list->series[i].schedule, series->schedule) == 0)
            return true;
    return false;
}

/* Takes the series over, unless the list has it already. */
static int push_series(struct csw_series_list *list, struct csw_series *series, struct csw_err *err)
{
    const bool complete = series->kernel && series->options && series->tasks && series->schedule;

    if (complete && has_series(list, series)) {
        series_release(series);
        return 0;
    }
    struct csw_series *grown = reallocarray(list->series, list->count + 1, sizeof *grown);

    if (grown)
        list->series = grown;
    if (!grown || !complete) {
        series_release(series);
        return csw_fail(err, -ENOMEM, "no memory for a series");
    }
    list->series[list->count++] = *series;
    return 0;
}

/* Keeps tasks and schedule as the records will spell them, however the user did. */
static int append_series(const struct series_maker *maker, const char *tasks,
                         const struct csw_schedule *schedule, struct csw_err *err)
{
    const struct csw_kernel *kernel = maker->kernel;
    struct csw_workload workload = {0};
    char text[CSW_SCHEDULE_TEXT_SIZE];
    int code = csw_workload_parse(&workload, tasks, err);

    csw_schedule_text(schedule, text);
    if (code == 0)
        code = csw_job_check(kernel, &workload, schedule, err);
    if (code == 0) {
        struct csw_series series = {.kernel = strdup(kernel->name),
                                    .options = csw_options_text(kernel, maker->choice),
                                    .tasks = csw_workload_text(&workload),
                                    .schedule = strdup(text)};

        code = push_series(maker->list, &series, err);
    }
    csw_workload_release(&workload);
    return code;
}

static int add_schedule(const char *text, void *context, struct csw_err *err)
{
    const struct series_maker *maker = context;
    const struct csw_kernel *kernel = maker->kernel;
    const bool own_tasks = strcmp(maker->plan->tasks, "auto") == 0;
    struct csw_schedule schedule = csw_schedule_default(kernel);

    if (strcmp(text, "auto") != 0 && csw_schedule_parse(&schedule, text, err) < 0)
        return -EINVAL;
    if (kernel->flags & CSW_INDIVISIBLE)
        schedule = csw_schedule_default(kernel);
    return append_series(maker, own_tasks ? kernel->tasks : maker->plan->tasks, &schedule, err);
}

static int add_choice(const uint8_t choice[CSW_MAX_OPTIONS], void *context, struct csw_err *err)
{
    struct series_maker *maker = context;

    memcpy(maker->choice, choice, sizeof maker->choice);
    return csw_for_each_word(maker->plan->schedule, add_schedule, maker, err);
}

/* A plan that was not read or filled by the command line may have no text there. */
static const char *options_of(const struct csw_plan *plan)
{
    return plan->options ? plan->options : "";
}

static int add_kernel(const char *name, void *context, struct csw_err *err)
{
    struct series_maker *maker = context;
    const int code = csw_kernel_require(&maker->kernel, name, err);

    return code < 0 ? code
                    : csw_for_each_choice(maker->kernel, options_of(maker->plan), add_choice, maker,
                                          err);
}

/* With the defaults of all options: what they choose means different things for its kernels. */
static int add_story(struct series_maker *maker, struct csw_err *err)
{
    int code = 0;

    for (size_t i = 0; code == 0 && i < sizeof story / sizeof *story; i++) {
        const struct csw_schedule schedule = {.handout = story[i].handout};

        code = csw_kernel_require(&maker->kernel, story[i].kernel, err);
        if (code == 0)
            code = append_series(maker, maker->kernel->tasks, &schedule, err);
    }
    return code;
}

/* Whether any kernel of the list has the option. */
static int check_option(const char *name, const char *value, void *context, struct csw_err *err)
{
    const struct csw_series_list *list = context;

    (void)value;
    for (size_t i = 0; i < list->count; i++)
        if (csw_option_of(csw_kernel_find(list->series[i].kernel), name))
            return 0;
    return csw_option_refuse(name, "not of the kernels of this sweep", err);
}

int csw_series_init(struct csw_series_list *ret_list, const struct csw_plan *plan,
                    struct csw_err *err)
{
    struct csw_series_list list = {0};
    struct series_maker maker = {.list = &list, .plan = plan};
    int code = *plan->kernel ? csw_for_each_word(plan->kernel, add_kernel, &maker, err)
                             : add_story(&maker, err);

    if (code == 0)
        code = csw_for_each_option(options_of(plan), check_option, &list, err);
    if (code < 0) {
        csw_series_release(&list);
        return code;
    }
    *ret_list = list;
    return 0;
}

void csw_series_release(struct csw_series_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        series_release(&list->series[i]);
    free(list->series);
    *list = (struct csw_series_list){0};
}

/* ---- worker counts -------------------------------------------------------------------------- */

static int compare_counts(const void *a, const void *b)
{
    const unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

    return (left > right) - (left < right);
}

static size_t sort_unique(unsigned *counts, size_t count)
{
    size_t kept = 0;

    qsort(counts, count, sizeof *counts, compare_counts);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || counts[kept - 1] != counts[i])
            counts[kept++] = counts[i];
    return kept;
}

struct counts {
    unsigned *count;
    size_t size;
};

static int read_count(const char **text, unsigned long *ret_count)
{
    char *end;

    if (!isdigit((unsigned char)**text))
        return -EINVAL;
    *ret_count = strtoul(*text, &end, 10);
    *text = end;
    return *ret_count >= 1 && *ret_count <= CSW_MAX_WORKERS ? 0 : -EINVAL;
}

static int add_counts(const char *word, void *context, struct csw_err *err)
{
    struct counts *counts = context;
    unsigned long first = 0, last = 0;
    const char *rest = word;
    bool valid = read_count(&rest, &first) == 0;

    last = first;
    if (valid && *rest == '-') {
        rest++;
        valid = read_count(&rest, &last) == 0;
    }
    if (!valid || *rest || last < first)
        return csw_fail(err, -EINVAL,
                        "'%.40s' is not a number of workers from 1 to %u, nor a range", word,
                        CSW_MAX_WORKERS);
    unsigned *grown = reallocarray(counts->count, counts->size + (last - first + 1), sizeof *grown);

    if (!grown)
        return csw_fail(err, -ENOMEM, "no memory for worker counts");
    counts->count = grown;
    for (unsigned long workers = first; workers <= last; workers++)
        counts->count[counts->size++] = (unsigned)workers;
    return 0;
}

int csw_counts_parse(unsigned **ret_counts, size_t *ret_count, const char *text,
                     struct csw_err *err)
{
    struct counts counts = {0};
    const int code = csw_for_each_word(text, add_counts, &counts, err);

    if (code < 0) {
        free(counts.count);
        return code;
    }
    *ret_count = sort_unique(counts.count, counts.size);
    *ret_counts = counts.count;
    return 0;
}

/* 1, 2, 4 ... up to `last`, and `last` itself, as far as a team may grow. */
static int powers_up_to(struct counts *ret_counts, unsigned last, struct csw_err *err)
{
    unsigned *count = calloc(34, sizeof *count);
    size_t size = 0;

    if (last > CSW_MAX_WORKERS)
        last = CSW_MAX_WORKERS;

    if (!count)
        return csw_fail(err, -ENOMEM, "no memory for worker counts");
    for (unsigned workers = 1; workers < last; workers *= 2)
        count[size++] = workers;
    count[size++] = last;
    *ret_counts = (struct counts){.count = count, .size = size};
    return 0;
}

/* Waiting workers need no CPU of their own: their sweep goes past the cores. */
static unsigned last_waiting(unsigned usable_pus)
{
    return usable_pus < 2 ? 8 : 4 * usable_pus;
}

int csw_workers_check(const struct csw_kernel *kernel, unsigned workers, unsigned usable_pus,
                      bool oversubscribe, struct csw_err *err)
{
    if (workers <= usable_pus || oversubscribe || (kernel->flags & CSW_WAITS))
        return 0;
    return csw_fail(err, -EINVAL,
                    "%u workers of kernel '%s' exceed the %u usable CPUs; add --oversubscribe if "
                    "that is what you want to see",
                    workers, kernel->name, usable_pus);
}

static int counts_for(struct counts *ret_counts, const struct csw_plan *plan,
                      const struct csw_kernel *kernel, const struct csw_room *room,
                      struct csw_err *err)
{
    const bool waits = kernel->flags & CSW_WAITS;

    if (strcmp(plan->workers, "auto") == 0)
        return powers_up_to(ret_counts, waits ? last_waiting(room->pus) : room->workers, err);
    int code = csw_counts_parse(&ret_counts->count, &ret_counts->size, plan->workers, err);

    if (code == 0)
        code = add_counts("1", ret_counts, err); /* the base of S_rel */
    if (code == 0)
        ret_counts->size = sort_unique(ret_counts->count, ret_counts->size);
    return code < 0 ? code
                    : csw_workers_check(kernel, ret_counts->count[ret_counts->size - 1], room->pus,
                                        plan->oversubscribe, err);
}

/* ---- points --------------------------------------------------------------------------------- */

static int append_point(struct csw_plan *plan, const struct csw_point *point, struct csw_err *err)
{
    struct csw_point *points = reallocarray(plan->points, plan->count + 1, sizeof *points);

    if (!points)
        return csw_fail(err, -ENOMEM, "no memory for %zu points", plan->count + 1);
    plan->points = points;
    struct csw_point *last = &points[plan->count++];

    *last = *point;
    last->kernel = strdup(point->kernel);
    last->options = strdup(point->options);
    last->tasks = strdup(point->tasks);
    last->schedule = strdup(point->schedule);
    last->driver = strdup(point->driver);
    last->settings = strdup(point->settings);
    last->base = strdup(point->base);
    last->unit = strdup(point->unit);
    last->grown_from = strdup(point->grown_from);
    if (!last->kernel || !last->options || !last->tasks || !last->schedule || !last->driver ||
        !last->settings || !last->base || !last->unit || !last->grown_from)
        return csw_fail(err, -ENOMEM, "no memory for a point");
    return 0;
}

struct point_maker {
    struct csw_plan *plan;
    const struct csw_series *series;
    const struct csw_kernel *kernel;
    const struct counts *counts;
    const struct csw_room *room;
};

/* A driver with its settings, on its way into points of one series. */
struct crew {
    const struct point_maker *maker;
    const struct csw_driver *driver;
    const char *settings, *base; /* as in struct csw_point */
};

/* Whether the crew runs the series already; `schedule` NULL: under any schedule. */
static bool has_crew(const struct crew *crew, const char *schedule)
{
    const struct csw_plan *plan = crew->maker->plan;
    const struct csw_series *series = crew->maker->series;

    for (size_t i = 0; i < plan->count; i++) {
        const struct csw_point *point = &plan->points[i];

        if (strcmp(point->driver, crew->driver->name) == 0 &&
            strcmp(point->settings, crew->settings) == 0 &&
            strcmp(point->kernel, series->kernel) == 0 &&
            strcmp(point->options, series->options) == 0 &&
            strcmp(csw_ungrown_tasks(point), series->tasks) == 0 &&
            (!schedule || strcmp(point->schedule, schedule) == 0))
            return true;
    }
    return false;
}

/* Whether the tasks that have grown can still be cut, and their data fit into memory. */
static int check_grown(const struct point_maker *maker, const char *tasks, const char *schedule,
                       struct csw_err *err)
{
    struct csw_workload workload = {0};
    struct csw_schedule handout;
    int code = csw_workload_parse(&workload, tasks, err);

    if (code == 0)
        code = csw_schedule_parse(&handout, schedule, err);
    if (code == 0)
        code = csw_job_check(maker->kernel, &workload, &handout, err);
    csw_workload_release(&workload);
    return code;
}

static int make_point(const struct crew *crew, const char *schedule, const char *tasks,
                      unsigned workers, struct csw_err *err)
{
    const struct point_maker *maker = crew->maker;
    const bool grown = tasks != maker->series->tasks;
    const struct csw_point point = {.kernel = maker->series->kernel,
                                    .options = maker->series->options,
                                    .tasks = (char *)tasks,
                                    .schedule = (char *)schedule,
                                    .driver = (char *)crew->driver->name,
                                    .settings = (char *)crew->settings,
                                    .base = (char *)crew->base,
                                    .workers = workers,
                                    .oversubscribed = workers > maker->room->pus,
                                    .waits = maker->kernel->flags & CSW_WAITS,
                                    .unit = (char *)maker->kernel->unit,
                                    .grown_from = grown ? maker->series->tasks : (char *)""};

    return append_point(maker->plan, &point, err);
}

/* The point of a weak sweep, whose work grows with the workers. */
static int make_grown_point(const struct crew *crew, const char *schedule, unsigned workers,
                            struct csw_err *err)
{
    char *tasks = NULL;
    int code = csw_tasks_grown(&tasks, crew->maker->series->tasks, workers, err);

    if (code == 0)
        code = check_grown(crew->maker, tasks, schedule, err);
    if (code == 0)
        code = make_point(crew, schedule, tasks, workers, err);
    free(tasks);
    return code;
}

/* One base serves all schedules of a kernel, since the work is the same. */
static int ensure_base(const struct crew *base, struct csw_err *err)
{
    return has_crew(base, NULL) ? 0 : make_point(base, "whole", base->maker->series->tasks, 1, err);
}

static int make_points(const struct crew *crew, struct csw_err *err)
{
    const struct point_maker *maker = crew->maker;
    const char *schedule = maker->series->schedule;
    const size_t counts = crew->driver->flags & CSW_ONE_WORKER ? 1 : maker->counts->size;
    struct csw_schedule handout;
    int code = csw_schedule_parse(&handout, schedule, err);

    if (code == 0)
        code = csw_driver_check(crew->driver, maker->kernel, &handout, 1, err);
    for (size_t i = 0; code == 0 && i < counts; i++) {
        const unsigned workers = maker->counts->count[i];

        code = maker->plan->weak && workers > 1
                   ? make_grown_point(crew, schedule, workers, err)
                   : make_point(crew, schedule, maker->series->tasks, workers, err);
    }
    return code;
}

/* The base is there already, and so may be a driver that is named twice. */
static int add_crew(const struct crew *crew, const struct crew *base, struct csw_err *err)
{
    const int code = ensure_base(base, err);

    if (code < 0 || crew->driver == base->driver || has_crew(crew, crew->maker->series->schedule))
        return code;
    return make_points(crew, err);
}

/* With the name of the base: "cpython-serial python=/usr/bin/python3". */
static int add_named(struct crew *crew, struct crew *base, struct csw_err *err)
{
    char *name = NULL;

    if (asprintf(&name, "%s%s%s", base->driver->name, *base->settings ? " " : "", base->settings) <
        0)
        return csw_fail(err, -ENOMEM, "no memory for a point");
    crew->base = base->base = name;
    const int code = add_crew(crew, base, err);

    free(name);
    return code;
}

static int add_settings(const char *settings, void *context, struct csw_err *err)
{
    struct crew crew = *(const struct crew *)context;
    struct crew base = {.maker = crew.maker};
    char *common = NULL;
    int code =
        csw_driver_require(&base.driver, crew.driver->base ? crew.driver->base : "serial", err);

    crew.settings = settings;
    if (code == 0)
        code = csw_settings_common(&common, settings, base.driver, err);
    if (code < 0)
        return code;
    base.settings = common;
    code = add_named(&crew, &base, err);
    free(common);
    return code;
}

/* A plan that was not read or filled by the command line may have no text there. */
static const char *settings_of(const struct csw_plan *plan)
{
    return plan->settings ? plan->settings : "";
}

/* A driver that does not run this kernel may run another one of the sweep (see check_used). */
static int add_driver(const char *name, void *context, struct csw_err *err)
{
    struct crew crew = {.maker = context};
    const int code = csw_driver_require(&crew.driver, name, err);

    if (code < 0)
        return code;
    if (crew.driver->accepts && crew.driver->accepts(crew.maker->kernel, NULL) < 0)
        return 0;
    return csw_for_each_settings(crew.driver, settings_of(crew.maker->plan), add_settings, &crew,
                                 err);
}

static int fill_series(struct csw_plan *plan, const struct csw_series *series,
                       const struct csw_room *room, struct csw_err *err)
{
    struct counts counts = {0};
    struct point_maker maker = {.plan = plan, .series = series, .counts = &counts, .room = room};
    int code = csw_kernel_require(&maker.kernel, series->kernel, err);

    if (code == 0)
        code = add_driver("serial", &maker, err);
    if (code == 0)
        code = counts_for(&counts, plan, maker.kernel, room, err);
    if (code == 0)
        code = csw_for_each_word(plan->driver, add_driver, &maker, err);
    free(counts.count);
    return code;
}

/* What check_used carries from driver to driver. */
struct usage {
    const struct csw_plan *plan;
    const struct csw_series_list *list;
};

/* A driver that runs none of the kernels is a mistake. */
static int check_used(const char *name, void *context, struct csw_err *err)
{
    const struct usage *usage = context;
    const struct csw_driver *driver = csw_driver_find(name)->driver;

    for (size_t i = 0; i < usage->plan->count; i++)
        if (strcmp(usage->plan->points[i].driver, name) == 0)
            return 0;
    return driver->accepts(csw_kernel_find(usage->list->series[0].kernel), err);
}

/* Whether any driver of the plan has the setting. */
static int check_setting(const char *name, const char *value, void *context, struct csw_err *err)
{
    const struct csw_plan *plan = context;

    (void)value;
    for (size_t i = 0; i < plan->count; i++)
        if (csw_setting_of(csw_driver_find(plan->points[i].driver)->driver, name))
            return 0;
    return csw_setting_refuse(name, "not of the drivers of this sweep", err);
}

int csw_plan_fill(struct csw_plan *plan, const struct csw_series_list *list,
                  const struct csw_room *room, struct csw_err *err)
{
    struct usage usage = {plan, list};
    int code = 0;

    for (size_t i = 0; code == 0 && i < list->count; i++)
        code = fill_series(plan, &list->series[i], room, err);
    if (code == 0 && list->count > 0)
        code = csw_for_each_word(plan->driver, check_used, &usage, err);
    return code < 0 ? code : csw_for_each_option(settings_of(plan), check_setting, plan, err);
}

/* ---- order ---------------------------------------------------------------------------------- */

/* A permutation of 0..count-1 drawn from the seed (Fisher-Yates, inside out). */
static void shuffle(uint64_t seed, size_t count, size_t *ret_order)
{
    for (size_t i = 0; i < count; i++) {
        const size_t j = (size_t)csw_random_below(&seed, i + 1);

        ret_order[i] = ret_order[j];
        ret_order[j] = i;
    }
}

/* Element k of row 0 of the Williams square: 0, 1, N - 1, 2, N - 2 ... */
static size_t zigzag(size_t count, size_t k)
{
    return k % 2 == 1 ? (k + 1) / 2 : (count - k / 2) % count;
}

int csw_plan_order(uint64_t seed, size_t count, uint64_t round, size_t *ret_order,
                   struct csw_err *err)
{
    const size_t rows = count % 2 == 0 ? count : 2 * count;
    size_t *row_order = calloc(rows + count, sizeof *row_order);
    uint64_t cycle_seed =
        csw_random_bits(&seed) + round / rows; /* neighbouring seeds share no cycle */

    if (!row_order)
        return csw_fail(err, -ENOMEM, "no memory for the order of %zu points", count);
    size_t *label = row_order + rows;

    shuffle(csw_random_bits(&cycle_seed), rows, row_order);
    shuffle(csw_random_bits(&cycle_seed), count, label);
    const size_t row = row_order[round % rows];

    for (size_t k = 0; k < count; k++) {
        const size_t place = row < count ? k : count - 1 - k; /* the mirrored half, odd counts */

        ret_order[place] = label[(zigzag(count, k) + row) % count];
    }
    free(row_order);
    return 0;
}
