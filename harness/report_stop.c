/* report_stop.c - see report_stop.h */
#include "report_stop.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "stop.h"
#include "units.h"

/* Whether the file has an end, written by a coresweep that knew why. */
static bool tells(const struct csw_results *results)
{
    return results->ended && results->end.verdict && *results->end.verdict;
}

static bool is(const struct csw_end *end, enum csw_stop_verdict verdict)
{
    return strcmp(end->verdict, csw_stop_verdict_name(verdict)) == 0;
}

/* What whoever wants a narrower interval can do. */
static const char *advice(const struct csw_report *report)
{
    const struct csw_end *end = &report->results->end;

    if (is(end, CSW_PLATEAU))
        return "; more rounds hardly narrow it";
    if (!is(end, CSW_BUDGET))
        return "";
    return report->rounds < report->results->plan.rounds
               ? "; --resume goes on, --max-time gives it longer"
               : "; --max-rounds allows more";
}

static void print_width(const struct csw_report *report, const char *line_end, FILE *out)
{
    const struct csw_end *end = &report->results->end;
    const double wanted = report->results->plan.precision;
    const double half = 100 * end->half_width;

    fprintf(out, "widest %.0f %% interval: +-%.*f %%", 100 * end->confidence, csw_decimals(half),
            half);
    if (wanted > 0)
        fprintf(out, ", wanted +-%g %%", 100 * wanted);
    fprintf(out, " (%s)%s\n", end->widest, line_end);
}

/* For want of rounds, or because a point, or its base, has fewer of them than the sweep. */
static void print_no_width(const struct csw_report *report, const char *line_end, FILE *out)
{
    const struct csw_end *end = &report->results->end;

    fprintf(out, "widest %.0f %% interval: none", 100 * end->confidence);
    if (report->rounds < CSW_STOP_LEAST_ROUNDS)
        fprintf(out, ", it takes at least %d rounds%s\n", CSW_STOP_LEAST_ROUNDS, line_end);
    else if (*end->widest)
        fprintf(out, ", too few rounds have both %s and its base%s\n", end->widest, line_end);
    else
        fprintf(out, ", no point was measured in all rounds%s\n", line_end);
}

void csw_report_stop_print(const struct csw_report *report, const char *line_end, FILE *out)
{
    const struct csw_end *end = &report->results->end;

    if (!tells(report->results))
        return;
    fprintf(out, "verdict: %s after %zu round%s%s%s\n", end->verdict, report->rounds,
            report->rounds == 1 ? "" : "s", advice(report), line_end);
    if (isfinite(end->half_width))
        print_width(report, line_end, out);
    else
        print_no_width(report, line_end, out);
}

json_t *csw_report_stop_json(const struct csw_report *report)
{
    json_t *object;

    if (!tells(report->results))
        return json_null();
    object = csw_record_json(&csw_end_fields, &report->results->end);
    json_object_set_new(object, "rounds", json_integer((json_int_t)report->rounds));
    return object;
}
