/* compare.c - see compare.h: the numbers. How they look is compare_table.c and compare_json.c. */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rank.h"

/* ---- may they be compared? ------------------------------------------------------------------ */

static const struct csw_trait traits[] = {
    {&csw_host_fields, "hostname", true},   {&csw_host_fields, "cpu_model", true},
    {&csw_host_fields, "topology", true},   {&csw_host_fields, "usable_cpus", true},
    {&csw_host_fields, "quota_cpus", true}, {&csw_host_fields, "governor", true},
    {&csw_host_fields, "smt", true},        {&csw_host_fields, "hypervisor", true},
    {&csw_host_fields, "placement", true},  {&csw_host_fields, "kernel", false},
    {&csw_host_fields, "compiler", false},  {&csw_host_fields, "flags", false},
    {&csw_host_fields, "revision", false},  {&csw_host_fields, "libraries", false},
    {&csw_host_fields, "isa", false},       {&csw_host_fields, "environment", false},
    {&csw_plan_fields, "version", false},   {&csw_plan_fields, "pin", false},
    {&csw_plan_fields, "memory", false},    {&csw_plan_fields, "huge_pages", false},
    {&csw_plan_fields, "samples", false},   {&csw_plan_fields, "min_ms", false},
};

#define TRAITS (sizeof traits / sizeof *traits)

static const struct csw_field *field_of(const struct csw_trait *trait)
{
    for (size_t i = 0; i < trait->fields->count; i++)
        if (strcmp(trait->fields->field[i].name, trait->name) == 0)
            return &trait->fields->field[i];
    return NULL;
}

static const void *record_of(const struct csw_results *results, const struct csw_trait *trait)
{
    return trait->fields == &csw_host_fields ? (const void *)&results->host
                                             : (const void *)&results->plan;
}

int csw_for_each_difference(const struct csw_results *a, const struct csw_results *b,
                            void (*each)(const struct csw_trait *, const char *value_a,
                                         const char *value_b, void *context),
                            void *context, struct csw_err *err)
{
    bool complete = true;

    for (size_t i = 0; complete && i < TRAITS; i++) {
        const struct csw_field *field = field_of(&traits[i]);
        char *text_a = csw_field_text(field, record_of(a, &traits[i]));
        char *text_b = csw_field_text(field, record_of(b, &traits[i]));

        complete = text_a && text_b;
        if (complete && strcmp(text_a, text_b) != 0)
            each(&traits[i], text_a, text_b, context);
        free(text_a);
        free(text_b);
    }
    return complete ? 0 : csw_fail(err, -ENOMEM, "no memory for what differs between two files");
}

static void refuse_machine(const struct csw_trait *trait, const char *value_a, const char *value_b,
                           void *context)
{
    struct csw_err *err = context;

    if (trait->machine && err->code == 0)
        csw_fail(err, -EINVAL,
                 "times of different machines are not compared: %s of the host is %.120s in A, "
                 "%.120s in B; --force compares them nevertheless",
                 trait->name, value_a, value_b);
}

int csw_comparable_hosts(const struct csw_host *a, const struct csw_host *b, struct csw_err *err)
{
    const struct csw_results of_a = {.host = *a}, of_b = {.host = *b};
    struct csw_err refusal = {0};
    const int code = csw_for_each_difference(&of_a, &of_b, refuse_machine, &refusal, err);

    return code < 0 || refusal.code == 0 ? code : csw_fail(err, refusal.code, "%s", refusal.text);
}

/* ---- which cells are in both ---------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The block and label of a story tell its points apart; a sweep's are empty. */
static bool same_cell(const struct csw_point *a, const struct csw_point *b)
{
    return csw_same_work(a, b) && same_text(a->schedule, b->schedule) &&
           same_text(a->driver, b->driver) && same_text(a->settings, b->settings) &&
           a->workers == b->workers && same_text(a->block, b->block) &&
           same_text(a->label, b->label);
}

/* The cell's index in the report; the report's count: it has none. */
static size_t find_cell(const struct csw_report *report, const struct csw_point *point)
{
    for (size_t i = 0; i < report->count; i++)
        if (same_cell(report->cell[i].point, point))
            return i;
    return report->count;
}

static void match_cells(struct csw_comparison *comparison)
{
    const struct csw_report *a = comparison->side[CSW_A].report;
    const struct csw_report *b = comparison->side[CSW_B].report;

    for (size_t i = 0; i < a->count; i++) {
        const size_t found = find_cell(b, a->cell[i].point);

        if (found == b->count) {
            comparison->alone[CSW_A][comparison->only[CSW_A]++] = i;
            continue;
        }
        comparison->point[CSW_A][comparison->count] = i;
        comparison->point[CSW_B][comparison->count++] = found;
    }
    for (size_t i = 0; i < b->count; i++)
        if (find_cell(a, b->cell[i].point) == a->count)
            comparison->alone[CSW_B][comparison->only[CSW_B]++] = i;
}

/* ---- the comparison ------------------------------------------------------------------------- */

static int compare_cell(const struct csw_comparison *comparison, size_t index, struct csw_err *err)
{
    const struct csw_report *a = comparison->side[CSW_A].report;
    const struct csw_report *b = comparison->side[CSW_B].report;
    const double *a_ns = a->cell[comparison->point[CSW_A][index]].round_ns;
    const double *b_ns = b->cell[comparison->point[CSW_B][index]].round_ns;
    struct csw_versus *versus = &comparison->versus[index];

    if (comparison->paired) /* a round that one of them lacks pairs with nothing */
        return csw_versus_paired(versus, a_ns, b_ns, a->rounds < b->rounds ? a->rounds : b->rounds,
                                 err);
    return csw_versus_unpaired(versus, a_ns, a->rounds, b_ns, b->rounds, err);
}

static bool allocate(struct csw_comparison *comparison)
{
    const size_t most =
        comparison->side[CSW_A].report->count + comparison->side[CSW_B].report->count;
    bool complete = true;

    for (int s = 0; s < CSW_SIDES; s++) {
        comparison->point[s] = calloc(most, sizeof *comparison->point[s]);
        comparison->alone[s] = calloc(most, sizeof *comparison->alone[s]);
        complete = complete && comparison->point[s] && comparison->alone[s];
    }
    comparison->versus = calloc(most, sizeof *comparison->versus);
    return complete && comparison->versus;
}

static int fill(struct csw_comparison *comparison, struct csw_err *err)
{
    int code = 0;

    if (!allocate(comparison))
        return csw_fail(err, -ENOMEM, "no memory to compare two files");
    match_cells(comparison);
    if (comparison->count == 0)
        return csw_fail(err, -EINVAL,
                        "'%.120s' and '%.120s' have no cell in common: kernel, options, tasks, "
                        "schedule, driver, settings and workers must be the same; give the tasks "
                        "by --n or --tasks, which scales nothing",
                        comparison->side[CSW_A].name, comparison->side[CSW_B].name);
    for (size_t i = 0; code == 0 && i < comparison->count; i++)
        code = compare_cell(comparison, i, err);
    if (code < 0)
        return code;
    return csw_versus_judge(comparison->versus, comparison->count, comparison->margin, err);
}

bool csw_are_paired(const struct csw_results *a, const struct csw_results *b)
{
    const char *pair = a->plan.pair;

    return pair && *pair && same_text(pair, b->plan.pair);
}

int csw_comparison_init(struct csw_comparison *ret_comparison, const struct csw_compared *a,
                        const struct csw_compared *b, double margin, struct csw_err *err)
{
    struct csw_comparison comparison = {.side = {*a, *b}, .margin = margin};

    comparison.paired = csw_are_paired(a->report->results, b->report->results);
    const int code = fill(&comparison, err);

    if (code < 0) {
        csw_comparison_release(&comparison);
        return code;
    }
    *ret_comparison = comparison;
    return 0;
}

void csw_comparison_release(struct csw_comparison *comparison)
{
    if (!comparison)
        return;
    for (int s = 0; s < CSW_SIDES; s++) {
        free(comparison->point[s]);
        free(comparison->alone[s]);
    }
    free(comparison->versus);
    *comparison = (struct csw_comparison){0};
}

size_t csw_comparison_verdicts(const struct csw_comparison *comparison, enum csw_verdict verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < comparison->count; i++)
        count += comparison->versus[i].verdict == verdict;
    return count;
}

size_t csw_rounds_to_tell(bool paired, size_t cells)
{
    const double limit = log(CSW_FALSE_ALARMS / (double)cells);

    for (size_t n = 1;; n++) {
        /* all signs alike, or all of b's values above a's: one order of so many, on either side */
        const double orders =
            paired ? (double)n * log(2) : lgamma(2 * (double)n + 1) - 2 * lgamma((double)n + 1);

        if (log(2) - orders <= limit)
            return n;
    }
}
