/* grain_csv.c - a grain run as CSV, one row per size of task. See grain.h. */
#include "grain.h"

#include <inttypes.h>

#include "csv.h"
#include "files.h"

static void print_metg(const struct csw_metg *metg, FILE *out)
{
    csw_csv_estimate(&metg->ns, out);
    fprintf(out, ",%s", csw_metg_side_names[metg->side]);
}

static void print_size(const struct csw_grain *grain, const struct csw_grain_curve *curve,
                       const struct csw_grain_size *size, FILE *out)
{
    const struct csw_point *point = curve->point;

    fprintf(out, "%s,%s,%s,%s,%s,%" PRIu64 ",%d,%" PRIu64 ",%zu", point->kernel, point->options,
            curve->schedule, point->driver, point->settings, point->workers, point->oversubscribed,
            grain->tasks_per_worker, size->efficiency.n);
    csw_csv_number(size->task_work / curve->serial_rate, out);
    csw_csv_estimate(&size->grain_ns, out);
    csw_csv_estimate(&size->efficiency, out);
    print_metg(&curve->metg50, out);
    print_metg(&curve->metg90, out);
    fprintf(out, "\n");
}

int csw_grain_csv(const struct csw_grain *grain, FILE *out, struct csw_err *err)
{
    fprintf(out, "kernel,options,schedule,driver,settings,workers,oversubscribed,tasks_per_worker,"
                 "rounds,task_ns");
    csw_csv_names("grain_ns", out);
    csw_csv_names("efficiency", out);
    csw_csv_names("metg50_ns", out);
    fprintf(out, ",metg50_side");
    csw_csv_names("metg90_ns", out);
    fprintf(out, ",metg90_side\n");
    for (size_t c = 0; c < grain->count; c++)
        for (size_t i = 0; i < grain->curve[c].count; i++)
            print_size(grain, &grain->curve[c], &grain->curve[c].size[i], out);
    return csw_stream_flush(out, "the grain run", err);
}
