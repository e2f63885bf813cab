/* versus.c - see versus.h */
#include "versus.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "rank.h"

const char *csw_verdict_name(enum csw_verdict verdict)
{
    static const char *const names[CSW_VERDICTS] = {
        [CSW_UNRESOLVED] = "unresolved", [CSW_EQUIVALENT] = "equivalent", [CSW_SMALL] = "small",
        [CSW_FASTER] = "faster",         [CSW_SLOWER] = "slower",
    };

    return names[verdict];
}

/* ln of what is a time; NAN of what is none. */
static double log_time(double ns)
{
    return ns > 0 ? log(ns) : NAN;
}

/* ---- how much, and how sure ----------------------------------------------------------------- */

int csw_versus_paired(struct csw_versus *ret_versus, const double *a_ns, const double *b_ns,
                      size_t rounds, struct csw_err *err)
{
    double *logs = calloc(rounds + 1, sizeof *logs);

    if (!logs)
        return csw_fail(err, -ENOMEM, "no memory to compare %zu rounds", rounds);
    for (size_t r = 0; r < rounds; r++)
        logs[r] = log_time(b_ns[r]) - log_time(a_ns[r]);
    *ret_versus = (struct csw_versus){.a_ns = csw_median(a_ns, rounds),
                                      .b_ns = csw_median(b_ns, rounds),
                                      .ratio = csw_paired_ratio(b_ns, a_ns, rounds),
                                      .p = csw_sign_test(logs, rounds)};
    free(logs);
    return 0;
}

static double *logs_of(const double *ns, size_t count)
{
    double *logs = calloc(count + 1, sizeof *logs);

    for (size_t i = 0; logs && i < count; i++)
        logs[i] = log_time(ns[i]);
    return logs;
}

int csw_versus_unpaired(struct csw_versus *ret_versus, const double *a_ns, size_t rounds_a,
                        const double *b_ns, size_t rounds_b, struct csw_err *err)
{
    double *a = logs_of(a_ns, rounds_a), *b = logs_of(b_ns, rounds_b);
    struct csw_ranks ranks;
    const int code =
        a && b ? csw_ranks_compare(&ranks, a, rounds_a, b, rounds_b, CSW_CONFIDENCE, err)
               : csw_fail(err, -ENOMEM, "no memory to compare %zu rounds", rounds_a + rounds_b);

    free(a);
    free(b);
    if (code < 0)
        return code;
    *ret_versus = (struct csw_versus){.a_ns = csw_median(a_ns, rounds_a),
                                      .b_ns = csw_median(b_ns, rounds_b),
                                      .ratio = {.value = exp(ranks.shift.value),
                                                .low = exp(ranks.shift.low),
                                                .high = exp(ranks.shift.high),
                                                .n = ranks.shift.n},
                                      .p = ranks.p};
    return 0;
}

/* ---- what to call it ------------------------------------------------------------------------ */

/*
 * Both must tell: of times that tie, p may be small although the interval, which allows for all
 * that ties may hide, still holds 1.
 */
static bool is_different(const struct csw_versus *versus)
{
    return versus->p_holm <= CSW_FALSE_ALARMS && (versus->ratio.low > 1 || versus->ratio.high < 1);
}

static enum csw_verdict verdict_on(const struct csw_versus *versus, double margin)
{
    const struct csw_estimate *ratio = &versus->ratio;

    if (!csw_estimate_has_interval(ratio))
        return CSW_UNRESOLVED;
    if (ratio->low >= 1 / (1 + margin) && ratio->high <= 1 + margin)
        return CSW_EQUIVALENT;
    if (!is_different(versus))
        return CSW_UNRESOLVED;
    if (ratio->value > 1 + margin)
        return CSW_SLOWER;
    return ratio->value < 1 / (1 + margin) ? CSW_FASTER : CSW_SMALL;
}

int csw_versus_judge(struct csw_versus *all, size_t count, double margin, struct csw_err *err)
{
    double *p = calloc(count + 1, sizeof *p), *adjusted = calloc(count + 1, sizeof *adjusted);
    int code = p && adjusted ? 0 : csw_fail(err, -ENOMEM, "no memory to judge %zu cells", count);

    for (size_t i = 0; code == 0 && i < count; i++)
        p[i] = all[i].p;
    if (code == 0)
        code = csw_holm(p, count, adjusted, err);
    for (size_t i = 0; code == 0 && i < count; i++) {
        all[i].p_holm = adjusted[i];
        all[i].verdict = verdict_on(&all[i], margin);
    }
    free(p);
    free(adjusted);
    return code;
}
