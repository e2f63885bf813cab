/* run.c - coresweep run: one point, by hand or as a visit of a sweep. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/lists.h>
#include <coresweep/measure.h>
#include <coresweep/plan.h>

#include "harness/clock.h"
#include "harness/cost.h"
#include "harness/files.h"
#include "harness/machine.h"
#include "harness/names.h"
#include "harness/options.h"
#include "harness/settings.h"
#include "harness/stats.h"
#include "harness/table.h"
#include "harness/units.h"

struct run_options {
    struct cli_common common;
    char *kernel, *driver, *schedule;
    unsigned workers; /* 0: as many as make sense */
    bool json, list, costs;
};

enum {
    KEY_KERNEL = 'k',
    KEY_DRIVER = 'd',
    KEY_WORKERS = 'w',
    KEY_SCHEDULE = 's',
    KEY_LIST = 'l',
    KEY_JSON = 'j',
    KEY_COSTS = 0x100,
};

static const struct argp_option run_argp_options[] = {
    {"kernel", KEY_KERNEL, "NAME", 0, "What to run; `coresweep list` shows them", 0},
    {"driver", KEY_DRIVER, "NAME", 0, "How to run it (default: serial)", 0},
    {"workers", KEY_WORKERS, "N", 0,
     "Workers (default: all usable CPUs, within the CPU quota; 1 for serial)", 0},
    {"schedule", KEY_SCHEDULE, "NAME", 0,
     "whole, static, dynamic[:chunk], guided[:chunk] or late[:chunk]; chunk in items, 1/1024 of "
     "all "
     "if not given "
     "(default: dynamic, whole for tasks that cannot be divided)",
     0},
    {"list", KEY_LIST, NULL, 0, "Print what was found, one line per task, and no times", 0},
    {"costs", KEY_COSTS, NULL, 0,
     "Measure what every unit of the job costs one worker in CPU time, and no runs", 0},
    {"json", KEY_JSON, NULL, 0, "Print the samples as JSON Lines", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->common;
        return 0;
    case KEY_KERNEL:
        options->kernel = argument;
        return 0;
    case KEY_DRIVER:
        options->driver = argument;
        return 0;
    case KEY_WORKERS:
        options->workers = (unsigned)cli_number("--workers", argument, 1, CSW_MAX_WORKERS);
        return 0;
    case KEY_SCHEDULE:
        options->schedule = argument;
        return 0;
    case KEY_LIST:
        options->list = true;
        return 0;
    case KEY_COSTS:
        options->costs = true;
        return 0;
    case KEY_JSON:
        options->json = true;
        return 0;
    default:
        return cli_no_arguments(key, argument, state);
    }
}

static const struct argp_child run_children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};

static const struct argp run_argp = {
    .options = run_argp_options,
    .children = run_children,
    .parser = parse,
    .doc = "Measures one point: a kernel under a driver with some workers. Every run is verified; "
           "a wrong result records nothing and exits with 3."
           "\vExamples:\n"
           "  coresweep run --kernel trial --tasks 1000,2000,5000,3000,100 --driver fork\n"
           "  coresweep run --kernel sleep --tasks 100,200,300,400,500 --driver pthread --workers "
           "5\n"
           "  coresweep run --kernel sleep --tasks 500x1000 --driver event --workers 1000\n"
           "  coresweep run --kernel roots --n 5000 --list",
};

/* ---- from options to a setup ---------------------------------------------------------------- */

/* What the setup points into. */
struct point {
    struct csw_setup setup;
    struct csw_workload workload;
    struct csw_topo *topo;
    struct csw_placement placement;
    char *settings;    /* of the driver, resolved */
    const char *pin;   /* how the workers are placed */
    char bound_by[64]; /* "OMP_PROC_BIND=close": what makes the driver's runtime bind them; or "" */
};

static unsigned default_workers(const struct csw_driver *driver, const struct csw_topo *topo)
{
    return driver->flags & CSW_ONE_WORKER ? 1 : csw_topo_workers(topo);
}

static int check_workers(const struct point *point, unsigned workers, bool oversubscribe,
                         struct csw_err *err)
{
    const struct csw_setup *setup = &point->setup;
    const int code = csw_driver_check(setup->driver, setup->kernel, &setup->schedule, workers, err);

    if (code < 0)
        return code;
    return csw_workers_check(point->setup.kernel, workers, csw_topo_pus(point->topo), oversubscribe,
                             err);
}

static const char *given_pin(const struct run_options *options)
{
    return options->common.pin ? options->common.pin : "cores";
}

/* The driver's own binding is the only one: on these CPUs, by `none`. */
static int leave_binding(struct point *point, const struct run_options *options,
                         const char *variable, const int *cpus, size_t count, struct csw_err *err)
{
    const char *driver = point->setup.driver->name;

    if (options->common.pin && strcmp(options->common.pin, "none") != 0)
        return csw_fail(
            err, -EINVAL,
            "%s is set, so that driver '%s' binds its threads itself, and --pin '%.40s' "
            "cannot bind them, too; leave one of the two away",
            variable, driver, options->common.pin);
    cli_warn("%s is set: driver '%s' binds its threads itself; coresweep binds none", variable,
             driver);
    point->pin = "none";
    snprintf(point->bound_by, sizeof point->bound_by, "%s=%s", variable, getenv(variable));
    return csw_topo_open_on(&point->topo, cpus, count, err);
}

/* The CPUs to measure on, and who binds the workers to them. */
static int choose_cpus(struct point *point, const struct run_options *options, struct csw_err *err)
{
    const struct csw_driver *driver = point->setup.driver;
    const char *variable = csw_foreign_binding();
    int cpus[CSW_MAX_WORKERS];
    const size_t count = variable && driver->own_cpus ? driver->own_cpus(cpus, CSW_MAX_WORKERS) : 0;

    if (count > 0)
        return leave_binding(point, options, variable, cpus, count, err);
    point->pin = given_pin(options);
    const int code = cli_check_binding("", err);

    return code == 0 ? csw_topo_open(&point->topo, NULL, err) : code;
}

static int place_workers(struct point *point, const struct run_options *options,
                         struct csw_err *err)
{
    const unsigned workers =
        options->workers > 0 ? options->workers : default_workers(point->setup.driver, point->topo);
    int code = check_workers(point, workers, options->common.oversubscribe, err);

    if (code == 0)
        code = csw_placement_init(&point->placement, point->topo, point->pin, workers, err);
    if (code == 0 && (point->setup.driver->flags & CSW_ONE_THREAD))
        csw_placement_gather(&point->placement);
    if (code == 0)
        code = csw_placement_probe(&point->placement, err);
    if (code == 0 && *point->placement.cannot)
        cli_warn("workers are not bound: %s", point->placement.cannot);
    return code;
}

/* The workload, with the kernel's options in every task. */
static int choose_tasks(struct point *point, const struct cli_common *common, struct csw_err *err)
{
    const struct csw_kernel *kernel = point->setup.kernel;
    uint8_t choice[CSW_MAX_OPTIONS];
    int code =
        csw_workload_parse(&point->workload, common->tasks ? common->tasks : kernel->tasks, err);

    if (code == 0)
        code = csw_options_choose(choice, kernel, common->options ? common->options : "", err);
    if (code == 0)
        csw_workload_choose(&point->workload, choice);
    return code;
}

static int choose_work(struct point *point, const struct run_options *options, struct csw_err *err)
{
    struct csw_setup *setup = &point->setup;

    if (!options->kernel)
        return csw_fail(err, -EINVAL, "name a kernel by --kernel; `coresweep list` shows them");
    int code = csw_kernel_require(&setup->kernel, options->kernel, err);

    if (code == 0)
        code = csw_driver_require(&setup->driver, options->driver, err);
    if (code == 0)
        code = csw_settings_choose(&point->settings, setup->driver,
                                   options->common.settings ? options->common.settings : "", err);
    if (code == 0)
        code = choose_tasks(point, &options->common, err);
    if (code == 0)
        setup->schedule = csw_schedule_default(setup->kernel);
    if (code == 0 && options->schedule)
        code = csw_schedule_parse(&setup->schedule, options->schedule, err);
    return code == 0 ? csw_job_check(setup->kernel, &point->workload, &setup->schedule, err) : code;
}

/* Units are timed one by one, by the caller: by the driver that has no other worker. */
static int check_costs(const struct point *point, const struct run_options *options,
                       struct csw_err *err)
{
    const struct csw_driver *driver = point->setup.driver;

    if (options->costs && options->list)
        return csw_fail(err, -EINVAL,
                        "--costs and --list each print something else; leave one away");
    if (!options->costs || ((driver->flags & CSW_ONE_WORKER) && !driver->told))
        return 0;
    return csw_fail(err, -EINVAL,
                    "--costs measures units by one worker of this process, which driver '%s' does "
                    "not have; leave --driver away",
                    driver->name);
}

static int point_open(struct point *point, const struct run_options *options, struct csw_err *err)
{
    int code = cli_choose_isa(NULL, err);

    if (code == 0)
        code = choose_work(point, options, err);
    if (code == 0)
        code = check_costs(point, options, err);
    if (code == 0)
        code = choose_cpus(point, options, err);
    if (code == 0)
        code = place_workers(point, options, err);
    if (code == 0)
        code = cli_choose_memory(&point->setup.memory, point->topo, options->common.memory,
                                 options->common.huge_pages, err);
    point->setup.settings = point->settings;
    point->setup.workload = &point->workload;
    point->setup.placement = &point->placement;
    return code;
}

static void point_close(struct point *point)
{
    csw_placement_release(&point->placement);
    csw_topo_close(point->topo);
    csw_workload_release(&point->workload);
    free(point->settings);
}

/* ---- printing ------------------------------------------------------------------------------- */

static int print_json(const struct csw_sample *samples, uint64_t count, struct csw_err *err)
{
    for (uint64_t i = 0; i < count; i++) {
        char *line = csw_sample_line(&samples[i]);

        if (!line)
            return csw_fail(err, -ENOMEM, "no memory for a sample");
        puts(line);
        free(line);
    }
    return csw_stream_flush(stdout, "the output", err);
}

static int compare_region(const void *a, const void *b)
{
    const double left = ((const struct csw_sample *)a)->region_ns;
    const double right = ((const struct csw_sample *)b)->region_ns;

    return (left > right) - (left < right);
}

/* "16.2 ms": times of one run are shown with three digits, which is more than they repeat to. */
static void print_time(const char *before, double ns, const char *after)
{
    const struct csw_scale *scale = csw_time_scale(ns);

    printf("%s%.*f %s%s", before, csw_decimals(ns / scale->factor), ns / scale->factor, scale->name,
           after);
}

static void print_summary(const struct csw_sample *sample, const struct csw_kernel *kernel)
{
    const bool steps = sample->work > 0;
    char rate[32], title[CSW_TITLE_SIZE];

    csw_number_text((double)(steps ? sample->work : sample->items) * 1e9 / sample->region_ns, rate,
                    sizeof rate);
    csw_kernel_title(sample->kernel, sample->options, title);
    printf("%s, schedule %s, driver %s, %" PRIu64 " worker%s\n", title, sample->schedule,
           sample->driver, sample->workers, sample->workers == 1 ? "" : "s");
    printf("result:  ");
    if (kernel->finds)
        printf("%" PRIu64 " %s in ", sample->hits, kernel->finds);
    printf("%" PRIu64 " items", sample->items);
    if (steps)
        printf(", %" PRIu64 " %s", sample->work, kernel->unit);
    printf(", verified\n");
    print_time("region:  ", sample->region_ns, "");
    printf(", %s %s/s (median sample, of %" PRIu64 " run%s)\n", rate,
           steps ? kernel->unit : "items", sample->iterations, sample->iterations == 1 ? "" : "s");
    if (sample->joined < sample->workers)
        printf("joined:  %" PRIu64 " of the workers; the others came too late\n", sample->joined);
    print_time("once:    ", sample->e2e_ns, ", of which ");
    print_time("", (double)sample->open_ns, " to make the workers, ");
    print_time("", (double)sample->first_ns, " for a cold run, ");
    print_time("", (double)sample->close_ns, " to end them\n");
}

/* "runtime: CPython 3.11.2, PGO+LTO, GIL on; 1.51 s of CPU time, 597 voluntary switches" */
static void print_runtime(const struct csw_sample *sample)
{
    if (!sample->runtime || !*sample->runtime)
        return;
    printf("runtime: %s; ", sample->runtime);
    print_time("", sample->cpu_ns, " of CPU time, ");
    printf("%.0f voluntary switch%s\n", sample->switched, sample->switched == 1 ? "" : "es");
}

/* "memory:  241 MiB in 3 processes (PSS), peak 419 MiB; 229 MiB of data, interleave" */
static void print_memory(const struct csw_sample *sample)
{
    char pss[32], peak[32], data[32], huge[32];

    csw_bytes_text(sample->pss_bytes, pss, sizeof pss);
    csw_bytes_text(sample->peak_bytes, peak, sizeof peak);
    csw_bytes_text((double)sample->data_bytes, data, sizeof data);
    csw_bytes_text(sample->data_huge_bytes, huge, sizeof huge);
    printf("memory:  %s in %" PRIu64 " process%s (PSS), peak %s", pss, sample->processes,
           sample->processes == 1 ? "" : "es", peak);
    if (sample->data_bytes > 0)
        printf("; %s of data, %s", data, sample->memory);
    if (sample->data_huge_bytes > 0 || (sample->data_bytes > 0 && sample->huge_pages))
        printf(", %s of it on huge pages", huge);
    printf("\n\n");
}

static const struct csw_column worker_columns[] = {
    {"worker", true}, {"bound to", true}, {"seen on", true}, {"busy ms", true},
    {"CPU ms", true}, {"items", true},    {"chunks", true},  {"preempted", true},
};

#define WORKER_COLUMNS (sizeof worker_columns / sizeof *worker_columns)

static double busy_ms_of(const struct csw_worker *worker)
{
    return (double)(worker->end_ns - worker->start_ns) / 1e6;
}

static double cpu_ms_of(const struct csw_worker *worker)
{
    return (double)worker->cpu_ns / 1e6;
}

static double items_of(const struct csw_worker *worker)
{
    return (double)worker->items;
}

static double chunks_of(const struct csw_worker *worker)
{
    return (double)worker->chunks;
}

static double preempted_of(const struct csw_worker *worker)
{
    return (double)worker->preempted;
}

/* The last columns: what a worker did. */
static const struct {
    double (*of)(const struct csw_worker *);
    int decimals;
} done[] = {{busy_ms_of, 3}, {cpu_ms_of, 3}, {items_of, 0}, {chunks_of, 0}, {preempted_of, 0}};

#define DONE_COLUMNS (sizeof done / sizeof *done)
#define FIRST_DONE (WORKER_COLUMNS - DONE_COLUMNS)

typedef char worker_cells[WORKER_COLUMNS][32];

static void add_cells(struct csw_table *table, worker_cells cells)
{
    const char *texts[WORKER_COLUMNS];

    for (size_t c = 0; c < WORKER_COLUMNS; c++)
        texts[c] = cells[c];
    csw_table_row(table, texts);
}

static void add_worker(struct csw_table *table, const struct csw_sample *sample, uint64_t w)
{
    const struct csw_worker *worker = &sample->worker[w];
    worker_cells cells;

    snprintf(cells[0], sizeof *cells, "%" PRIu64, w);
    snprintf(cells[1], sizeof *cells, worker->pu == CSW_PU_ANY ? "any" : "%" PRId64, worker->pu);
    snprintf(cells[2], sizeof *cells, "%" PRId64, worker->cpu);
    for (size_t d = 0; d < DONE_COLUMNS; d++)
        snprintf(cells[FIRST_DONE + d], sizeof *cells, "%.*f", done[d].decimals,
                 done[d].of(worker));
    add_cells(table, cells);
}

/* So many workers have a row each; more are summed up. */
#define MAX_ROWS 16

/* What the workers did least, mostly and most of, each column by itself. */
static void add_range(struct csw_table *table, const struct csw_sample *sample)
{
    worker_cells least = {"least"}, median = {"median"}, most = {"most"};
    double value[CSW_MAX_WORKERS];

    for (size_t d = 0; d < DONE_COLUMNS; d++) {
        double low = INFINITY, high = -INFINITY;

        for (uint64_t w = 0; w < sample->workers; w++) {
            value[w] = done[d].of(&sample->worker[w]);
            low = fmin(low, value[w]);
            high = fmax(high, value[w]);
        }
        const double middle = csw_median(value, sample->workers).value;

        snprintf(least[FIRST_DONE + d], sizeof *least, "%.*f", done[d].decimals, low);
        snprintf(median[FIRST_DONE + d], sizeof *median, "%.*f", done[d].decimals, middle);
        snprintf(most[FIRST_DONE + d], sizeof *most, "%.*f", done[d].decimals, high);
    }
    add_cells(table, least);
    add_cells(table, median);
    add_cells(table, most);
}

/* The sample with the median time, so that workers and times are of one run. */
static int print_human(struct csw_sample *samples, uint64_t count, const struct csw_kernel *kernel,
                       struct csw_err *err)
{
    qsort(samples, count, sizeof *samples, compare_region);
    const struct csw_sample *median = &samples[(count - 1) / 2];

    print_summary(median, kernel);
    print_runtime(median);
    print_memory(median);
    struct csw_table *table = csw_table_new(worker_columns, WORKER_COLUMNS);

    for (uint64_t w = 0; median->workers <= MAX_ROWS && w < median->workers; w++)
        add_worker(table, median, w);
    if (median->workers > MAX_ROWS)
        add_range(table, median);
    return csw_table_print(table, stdout, err);
}

static int print_lists(const struct csw_lists *lists, const struct csw_workload *workload,
                       struct csw_err *err)
{
    for (size_t t = 0; t < lists->tasks; t++) {
        printf("%" PRIu64 ":", workload->tasks[t].n);
        for (uint64_t i = 0; i < lists->count[t]; i++)
            printf(" %" PRIu64, lists->hits[lists->start[t] + i]);
        printf("\n");
    }
    return csw_stream_flush(stdout, "the output", err);
}

static int print_cost_line(const struct csw_cost *cost, struct csw_err *err)
{
    char *line = csw_cost_line(cost);

    if (!line)
        return csw_fail(err, -ENOMEM, "no memory for the costs");
    puts(line);
    free(line);
    return csw_stream_flush(stdout, "the output", err);
}

/* "all: 148 ms of CPU time, ...", "median: 140 us, least 2.94 us, most 296 us, 0.2 % of all" */
static int print_cost(const struct csw_cost *cost, struct csw_err *err)
{
    double sum = 0, least = INFINITY, most = 0;
    char title[CSW_TITLE_SIZE];

    for (size_t i = 0; i < cost->count; i++) {
        sum += cost->ns[i];
        least = fmin(least, cost->ns[i]);
        most = fmax(most, cost->ns[i]);
    }
    csw_kernel_title(cost->kernel, cost->options, title);
    printf("%s, schedule %s, %" PRIu64 " units", title, cost->schedule, cost->units);
    if (cost->group > 1)
        printf(", %" PRIu64 " at a time", cost->group);
    print_time("\nall:     ", sum, " of CPU time");
    printf(", the least of %" PRIu64 " pass%s", cost->passes, cost->passes == 1 ? "" : "es");
    print_time("\nmedian:  ", csw_median(cost->ns, cost->count).value, "");
    print_time(", least ", least, "");
    print_time(", most ", most, "");
    printf(", %.3g %% of all\n", sum > 0 ? 100 * most / sum : 0);
    return csw_stream_flush(stdout, "the output", err);
}

/* ---- doing ---------------------------------------------------------------------------------- */

static int list_point(const struct csw_setup *setup, struct csw_err *err)
{
    struct csw_lists lists;
    int code = csw_lists_init(&lists, setup, err);

    if (code < 0)
        return code;
    code = print_lists(&lists, setup->workload, err);
    csw_lists_release(&lists);
    return code;
}

static int cost_point(const struct csw_setup *setup, bool json, struct csw_err *err)
{
    struct csw_cost cost;
    int code = csw_cost_measure(&cost, setup, err);

    if (code < 0)
        return code;
    code = (json ? print_cost_line : print_cost)(&cost, err);
    csw_cost_release(&cost);
    return code;
}

static struct csw_protocol protocol_of(const struct run_options *options)
{
    const struct cli_common *common = &options->common;

    return (struct csw_protocol){
        .samples = cli_number("--samples", common->samples, 1, CSW_MAX_SAMPLES),
        .min_ns = cli_number("--min-ms", common->min_ms, 1, CLI_MAX_MIN_MS) * CSW_NS_PER_MS};
}

static int measure_point(const struct point *point, const struct run_options *options,
                         struct csw_err *err)
{
    const struct csw_setup *setup = &point->setup;
    const struct csw_protocol protocol = protocol_of(options);
    struct csw_sample *samples;
    int code = csw_measure(setup, &protocol, &samples, err);

    if (code < 0)
        return code;
    for (uint64_t i = 0; code == 0 && i < protocol.samples; i++)
        if (!(samples[i].pin = strdup(*point->bound_by ? point->bound_by : point->pin)))
            code = csw_fail(err, -ENOMEM, "no memory for a sample");
    if (code == 0)
        code = options->json ? print_json(samples, protocol.samples, err)
                             : print_human(samples, protocol.samples, setup->kernel, err);
    for (uint64_t i = 0; i < protocol.samples; i++)
        csw_sample_release(&samples[i]);
    free(samples);
    return code;
}

static int carry_out(const struct point *point, const struct run_options *options,
                     struct csw_err *err)
{
    if (options->list)
        return list_point(&point->setup, err);
    if (options->costs)
        return cost_point(&point->setup, options->json, err);
    return measure_point(point, options, err);
}

int cli_run(int argc, char **argv)
{
    struct run_options options = {
        .driver = "serial", .common = {.memory = "first-touch", .samples = "3", .min_ms = "20"}};
    struct point point = {0};
    struct csw_err err;

    argp_parse(&run_argp, argc, argv, 0, NULL, &options);
    const bool lists = options.list || options.costs;
    int status = CSW_EXIT_DONE;

    if (point_open(&point, &options, &err) < 0)
        status = cli_stopped(err.code, &err);
    else if (carry_out(&point, &options, &err) < 0)
        status = err.code == -EINVAL || (lists && cli_is_input(err.code)) ? cli_bad_input(&err)
                                                                          : cli_failed(&err);
    point_close(&point);
    free(options.common.options);
    free(options.common.settings);
    return status;
}
