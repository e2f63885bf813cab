/* report_checks.c - see report_checks.h */
#include "report_checks.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "estimate_text.h"
#include "label.h"
#include "options.h"
#include "wrap.h"

#define RATIO_SIZE 80

/* ---- sentences ------------------------------------------------------------------------------- */

/* Writes what it has to say of a cell and returns how grave it is; 0: nothing. */
typedef double finding(const struct csw_cell *cell, char *ret_text, size_t size);

static const char *subject_of(const struct csw_cell *cell)
{
    return cell->has_base ? "S_abs" : "time";
}

static double say_few(const struct csw_cell *cell, char *ret_text, size_t size)
{
    const struct {
        const char *name;
        const struct csw_estimate *estimate;
    } shown[] = {{"S_abs", &cell->s_abs}, {"S_rel", &cell->s_rel}, {"time", &cell->time_ns}};

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const size_t n = shown[i].estimate->n;

        if (n == 0 || csw_median_rank(n, CSW_CONFIDENCE) > 0)
            continue;
        snprintf(ret_text, size,
                 "%s (n=%zu): too few rounds for a %.0f %% interval, which takes at least 6.",
                 shown[i].name, n, 100 * CSW_CONFIDENCE);
        return 1 / (double)n;
    }
    return 0;
}

/* Adds what the interval of an estimate makes of its rounds; returns r1, or 0: nothing found. */
static double add_dependence(const char *name, const struct csw_dependence *dependence,
                             const struct csw_estimate *estimate, char *text, size_t size)
{
    const size_t used = strlen(text);

    if (!csw_dependence_found(dependence))
        return 0;
    snprintf(text + used, size - used, "%s the interval of %s counts %zu as %.1f (r1 = %.2f)%s",
             used > 0 ? "," : "", name, dependence->n, dependence->effective, dependence->lag1,
             csw_estimate_has_interval(estimate) ? "" : ", too few for one");
    return dependence->lag1;
}

/* Intervals of times are not of independent rounds then; those of speedups allow for it. */
static double say_times_follow(const struct csw_cell *cell, char *ret_text, size_t size)
{
    const struct csw_dependence *dependence = &cell->checks.dependence;

    if (cell->has_base || !csw_dependence_found(dependence))
        return 0;
    snprintf(ret_text, size,
             "times follow those of the round before (r1 = %.2f): their interval is too narrow; "
             "speedups are paired by round.",
             dependence->lag1);
    return dependence->lag1;
}

static double say_ratios_follow(const struct csw_cell *cell, char *ret_text, size_t size)
{
    char list[CSW_FINDING_SIZE - 80] = "";
    double most = 0;

    if (cell->has_base)
        most = add_dependence("S_abs", &cell->checks.dependence, &cell->s_abs, list, sizeof list);
    most = fmax(most, add_dependence("S_rel", &cell->rel_rounds, &cell->s_rel, list, sizeof list));
    most = fmax(most, add_dependence("S_cpu", &cell->cpu_rounds, &cell->s_cpu, list, sizeof list));
    if (most > 0)
        snprintf(ret_text, size, "rounds follow each other:%s.", list);
    return most;
}

static double say_drift(const struct csw_cell *cell, char *ret_text, size_t size)
{
    const double percent = 100 * expm1(cell->checks.change);

    if (!cell->checks.drifts)
        return 0;
    snprintf(ret_text, size, "%s %s by %.1f %% from the first round to the last%s.",
             subject_of(cell), percent > 0 ? "rises" : "falls", fabs(percent),
             cell->has_base ? "" : ": the machine drifts; speedups are paired by round");
    return fabs(percent);
}

static double say_coarse(const struct csw_cell *cell, char *ret_text, size_t size)
{
    const struct csw_checks *checks = &cell->checks;

    if (!checks->coarse)
        return 0;
    snprintf(ret_text, size,
             "%zu of %zu times are exactly those of another round: the clock is too coarse for "
             "them; measure with a larger --min-ms.",
             checks->tied, checks->dependence.n);
    return (double)checks->tied / (double)checks->dependence.n;
}

static double say_first(const struct csw_cell *cell, char *ret_text, size_t size)
{
    if (!cell->checks.first_apart)
        return 0;
    snprintf(ret_text, size,
             "%s of the first round lies far from the others (3 quartile distances): something "
             "was still warming up.",
             subject_of(cell));
    return 1;
}

static double say_outliers(const struct csw_cell *cell, char *ret_text, size_t size)
{
    const struct csw_checks *checks = &cell->checks;

    if (checks->severe == 0)
        return 0;
    snprintf(ret_text, size, "%s: %zu severe and %zu mild outliers among %zu rounds; all count.",
             subject_of(cell), checks->severe, checks->mild, checks->dependence.n);
    return (double)checks->severe / (double)checks->dependence.n;
}

static bool is_outside(double value, const struct csw_estimate *estimate)
{
    return value < estimate->low || value > estimate->high;
}

/* Where the rounds that were left out make a difference, or left too few. */
static double say_disturbed(const struct csw_cell *cell, char *ret_text, size_t size)
{
    const struct csw_estimate *all = &cell->s_abs, *rest = &cell->s_abs_undisturbed;
    char with[RATIO_SIZE], without[RATIO_SIZE];

    if (rest->n == all->n || (csw_estimate_has_interval(rest) && !is_outside(all->value, rest) &&
                              !is_outside(rest->value, all)))
        return 0;
    csw_estimate_ratio_text(all, with, sizeof with);
    csw_estimate_ratio_text(rest, without, sizeof without);
    snprintf(ret_text, size,
             "without the %zu of %zu rounds in which it or its base was disturbed, S_abs is %s, "
             "not %s.",
             all->n - rest->n, all->n, rest->n > 0 ? without : "not known", with);
    return (double)(all->n - rest->n) / (double)all->n;
}

/* In the order in which they are read. */
static finding *const findings[] = {
    say_few,    say_ratios_follow, say_times_follow, say_drift,
    say_coarse, say_first,         say_outliers,     say_disturbed,
};
const size_t csw_finding_count = sizeof findings / sizeof *findings;

/* ---- whose they are -------------------------------------------------------------------------- */

static bool is_one_work(const struct csw_report *report)
{
    for (size_t i = 1; i < report->count; i++)
        if (!csw_same_work(report->cell[i].point, report->cell[0].point))
            return false;
    return true;
}

static bool is_one_schedule(const struct csw_report *report, const struct csw_point *point)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct csw_point *other = report->cell[i].point;

        if (strcmp(other->driver, point->driver) == 0 &&
            strcmp(other->schedule, point->schedule) != 0)
            return false;
    }
    return true;
}

/* "trial, fork static, 2 workers: ", without what all points of the report have in common. */
static void print_subject(const struct csw_report *report, size_t index, char *ret_text)
{
    const struct csw_point *point = report->cell[index].point;
    const bool one_schedule = is_one_schedule(report, point);
    char title[CSW_TITLE_SIZE] = "", label[CSW_LABEL_SIZE];

    if (!is_one_work(report))
        csw_kernel_title(point->kernel, point->options, title);
    csw_point_label(report->results, index, label);
    snprintf(ret_text, CSW_FINDING_SIZE, "%s%s%s%s%s, %" PRIu64 " worker%s: ", title,
             *title ? ", " : "", label, one_schedule ? "" : " ",
             one_schedule ? "" : point->schedule, point->workers, point->workers == 1 ? "" : "s");
}

double csw_finding(const struct csw_report *report, size_t cell, size_t kind,
                   char ret_text[CSW_FINDING_SIZE])
{
    char sentence[CSW_FINDING_SIZE];
    const double gravity = findings[kind](&report->cell[cell], sentence, sizeof sentence);

    if (!(gravity > 0))
        return 0;
    print_subject(report, cell, ret_text);
    const size_t used = strlen(ret_text);

    snprintf(ret_text + used, CSW_FINDING_SIZE - used, "%s", sentence);
    return gravity;
}

static void print_kind(const struct csw_report *report, size_t kind, const char *line_end,
                       FILE *out)
{
    char text[CSW_FINDING_SIZE], gravest[CSW_FINDING_SIZE], line[CSW_FINDING_SIZE + 80];
    double most = 0;
    size_t cells = 0;

    for (size_t i = 0; i < report->count; i++) {
        const double gravity = csw_finding(report, i, kind, text);

        cells += gravity > 0;
        if (gravity <= most)
            continue;
        most = gravity;
        memcpy(gravest, text, sizeof gravest);
    }
    if (cells == 0)
        return;
    const int used = snprintf(line, sizeof line, "check: %s", gravest);

    if (cells > 1)
        snprintf(line + used, sizeof line - (size_t)used, " %zu more such point%s.%s", cells - 1,
                 cells > 2 ? "s" : "", line_end);
    else
        snprintf(line + used, sizeof line - (size_t)used, "%s", line_end);
    csw_print_wrapped(line, out);
}

void csw_print_findings(const struct csw_report *report, const char *line_end, FILE *out)
{
    for (size_t kind = 0; kind < csw_finding_count; kind++)
        print_kind(report, kind, line_end, out);
}
