/* report_noise.c - see report_noise.h */
#include "report_noise.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "exclude.h"
#include "stats.h"
#include "wrap.h"

/* ---- what took the CPUs --------------------------------------------------------------------- */

static bool has_reason(const struct csw_sample *sample, const char *word)
{
    return sample->disturbed && strstr(sample->disturbed, word);
}

static bool by_quota(const struct csw_sample *sample)
{
    return has_reason(sample, CSW_BY_THROTTLING);
}

static bool by_hypervisor(const struct csw_sample *sample)
{
    return has_reason(sample, CSW_BY_STEAL);
}

/* Neither a quota nor, for half of the time that is missing at least, a hypervisor; nor do its own
 * workers wait, which files of older versions marked, too. */
static bool by_programs(const struct csw_sample *sample)
{
    const double missing = 1 - sample->availability;

    return has_reason(sample, CSW_BY_AVAILABILITY) && !by_quota(sample) &&
           !(csw_steal_share(sample) >= missing / 2) && !csw_workers_waited(sample);
}

static bool otherwise(const struct csw_sample *sample)
{
    return csw_sample_is_disturbed(sample) && !by_quota(sample) && !by_hypervisor(sample) &&
           !by_programs(sample);
}

static double availability_of(const struct csw_sample *sample)
{
    return sample->availability;
}

/* The number of samples disturbed so, and the median and the extremes of a value of theirs. */
struct group {
    size_t count;
    double median, least, most;
};

static struct group group_of(const struct csw_results *results,
                             bool (*disturbed)(const struct csw_sample *),
                             double (*value)(const struct csw_sample *), double *scratch)
{
    struct group group = {.least = NAN, .most = NAN};

    for (size_t i = 0; i < results->samples; i++) {
        const struct csw_sample *sample = &results->sample[i];

        if (!disturbed(sample))
            continue;
        scratch[group.count] = value(sample);
        group.least = fmin(group.least, scratch[group.count]);
        group.most = fmax(group.most, scratch[group.count++]);
    }
    group.median = csw_median(scratch, group.count).value;
    return group;
}

/* ---- sentences ------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void say(struct csw_noise_report *report,
                                                      const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(report->sentence[report->count++], CSW_NOISE_SENTENCE_SIZE, format, arguments);
    va_end(arguments);
}

static const char *was(size_t count)
{
    return count == 1 ? "was" : "were";
}

static void say_quota(struct csw_noise_report *report, const struct csw_results *results,
                      double *scratch)
{
    const struct csw_host *host = &results->host;
    const struct group group = group_of(results, by_quota, availability_of, scratch);

    if (group.count == 0)
        return;
    if (isnan(host->quota_cpus) || !host->quota_source)
        say(report, "%zu of %zu samples %s throttled by a CPU quota.", group.count,
            results->samples, was(group.count));
    else
        say(report, "%zu of %zu samples %s throttled by a CPU quota of %.2f CPUs (%.200s).",
            group.count, results->samples, was(group.count), host->quota_cpus, host->quota_source);
}

static void say_steal(struct csw_noise_report *report, const struct csw_results *results,
                      double *scratch)
{
    const struct group group = group_of(results, by_hypervisor, csw_steal_share, scratch);

    if (group.count > 0)
        say(report,
            "%zu of %zu samples: the hypervisor took %.1f %% of their CPUs' time (median; at most "
            "%.1f %%).",
            group.count, results->samples, 100 * group.median, 100 * group.most);
}

static void say_programs(struct csw_noise_report *report, const struct csw_results *results,
                         double *scratch)
{
    const struct group group = group_of(results, by_programs, availability_of, scratch);

    if (group.count > 0)
        say(report,
            "%zu of %zu samples: availability %.2f (median; least %.2f): other programs took the "
            "CPUs.",
            group.count, results->samples, group.median, group.least);
}

static void say_others(struct csw_noise_report *report, const struct csw_results *results,
                       double *scratch)
{
    const struct group group = group_of(results, otherwise, availability_of, scratch);

    if (group.count > 0)
        say(report, "%zu of %zu samples %s disturbed otherwise.", group.count, results->samples,
            was(group.count));
}

static void say_sum(struct csw_noise_report *report, const struct csw_results *results)
{
    const char *rule = results->plan.exclude;
    const bool one = report->disturbed == 1;

    if (report->disturbed == 0)
        say(report, "None of the %zu samples counts as disturbed (rule: %.200s).", results->samples,
            rule);
    else
        say(report,
            "%zu of %zu samples count%s as disturbed (rule: %.200s). %s kept, and marked in the "
            "file.",
            report->disturbed, results->samples, one ? "s" : "", rule, one ? "It is" : "They are");
}

/* What a rule asks for and nobody knows marks nothing: that is no sign of calm. */
static void say_unknown(struct csw_noise_report *report, const struct csw_results *results)
{
    size_t unknown = 0;

    for (size_t i = 0; i < results->samples; i++)
        unknown += isnan(results->sample[i].availability);
    if (unknown > 0 && strstr(results->plan.exclude, "availability"))
        say(report,
            "Availability is not known of %zu of %zu samples: their workers were busy for less "
            "than 1 ms, or do not tell.",
            unknown, results->samples);
}

/* Whether there is a rule by which samples could have been marked. */
static bool has_rule(const struct csw_plan *plan)
{
    return plan->exclude && *plan->exclude && strcmp(plan->exclude, "none") != 0;
}

int csw_noise_report_fill(struct csw_noise_report *ret_report, const struct csw_results *results,
                          struct csw_err *err)
{
    struct csw_noise_report report = {0};
    double *scratch = calloc(results->samples + 1, sizeof *scratch);

    if (!scratch)
        return csw_fail(err, -ENOMEM, "no memory to sum up %zu samples", results->samples);
    for (size_t i = 0; i < results->samples; i++)
        report.disturbed += csw_sample_is_disturbed(&results->sample[i]);
    if (results->samples > 0 && has_rule(&results->plan)) {
        say_quota(&report, results, scratch);
        say_steal(&report, results, scratch);
        say_programs(&report, results, scratch);
        say_others(&report, results, scratch);
        say_sum(&report, results);
        say_unknown(&report, results);
    }
    free(scratch);
    *ret_report = report;
    return 0;
}

int csw_noise_report_print(const struct csw_results *results, const char *line_end, FILE *out,
                           struct csw_err *err)
{
    struct csw_noise_report report = {0};
    const int code = csw_noise_report_fill(&report, results, err);

    for (size_t i = 0; i < report.count; i++) {
        char line[CSW_NOISE_SENTENCE_SIZE + 8];

        snprintf(line, sizeof line, "%s%s", report.sentence[i], line_end);
        csw_print_wrapped(line, out);
    }
    return code;
}
