/* model.c - see model.h */
#include "model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "fdist.h"

/* ---- per worker count ----------------------------------------------------------------------- */

static double serial_fraction(double workers, double speedup)
{
    return (workers / speedup - 1) / (workers - 1);
}

struct csw_estimate csw_karp_flatt(double workers, struct csw_estimate speedup)
{
    return (struct csw_estimate){.value = serial_fraction(workers, speedup.value),
                                 .low = serial_fraction(workers, speedup.high),
                                 .high = serial_fraction(workers, speedup.low),
                                 .n = speedup.n};
}

double csw_karp_flatt_resolution(double workers, struct csw_estimate speedup)
{
    return (speedup.high / speedup.value - 1) / (workers - 1);
}

/* ---- rounds --------------------------------------------------------------------------------- */

/* ln of the times by count and complete round, what the whole round multiplies them by taken out.
 */
struct cells {
    const double *workers;
    size_t count, rounds;
    double *log_ns;  /* log_ns[count * rounds + round] */
    double *scratch; /* one per round */
    double *time_ns; /* per count */
};

static bool is_complete(const struct csw_times *times, size_t round)
{
    for (size_t i = 0; i < times->count; i++)
        if (!(times->round_ns[i][round] > 0 && isfinite(times->round_ns[i][round])))
            return false;
    return true;
}

static size_t complete_rounds(const struct csw_times *times)
{
    size_t complete = 0;

    for (size_t r = 0; r < times->rounds; r++)
        complete += is_complete(times, r);
    return complete;
}

static void fill_logs(struct cells *cells, const struct csw_times *times)
{
    for (size_t r = 0, next = 0; r < times->rounds; r++) {
        if (!is_complete(times, r))
            continue;
        for (size_t i = 0; i < times->count; i++)
            cells->log_ns[i * cells->rounds + next] = log(times->round_ns[i][r]);
        next++;
    }
}

/*
 * Puts the value of that rank, from 0, in its place, no greater ones before it and no less after.
 * Source: C. A. R. Hoare, Algorithm 65: Find, Communications of the ACM 4 (1961), 321-322.
 */
static void select_rank(double *values, size_t count, size_t rank)
{
    for (size_t first = 0, last = count - 1; first < last;) {
        const double pivot = values[rank];
        size_t i = first, j = last;

        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i > j)
                break;
            const double value = values[i];

            values[i++] = values[j];
            values[j] = value;
            if (j == 0)
                break;
            j--;
        }
        if (j < rank)
            first = i;
        if (i > rank)
            last = j;
    }
}

/* Without an interval, which the bootstrap does not ask for: several times as fast. Reorders. */
static double median(double *values, size_t count)
{
    const size_t middle = count / 2;

    select_rank(values, count, middle);
    if (count % 2 == 1)
        return values[middle];
    double below = values[0];

    for (size_t i = 1; i < middle; i++)
        below = fmax(below, values[i]);
    return (below + values[middle]) / 2;
}

/*
 * Takes out of every round what it multiplies all times by, the mean of their logarithms, and puts
 * the median round's in its place. Medians for means here would tie the rounds together, which the
 * bootstrap then does not see.
 */
static void level_rounds(struct cells *cells)
{
    for (size_t r = 0; r < cells->rounds; r++) {
        double sum = 0;

        for (size_t i = 0; i < cells->count; i++)
            sum += cells->log_ns[i * cells->rounds + r];
        cells->scratch[r] = sum / (double)cells->count;
        for (size_t i = 0; i < cells->count; i++)
            cells->log_ns[i * cells->rounds + r] -= cells->scratch[r];
    }
    const double level = median(cells->scratch, cells->rounds);

    for (size_t i = 0; i < cells->count * cells->rounds; i++)
        cells->log_ns[i] += level;
}

static void cells_release(struct cells *cells)
{
    free(cells->log_ns);
    free(cells->scratch);
    free(cells->time_ns);
}

static int cells_init(struct cells *ret_cells, const struct csw_times *times, size_t rounds,
                      struct csw_err *err)
{
    struct cells cells = {.workers = times->workers,
                          .count = times->count,
                          .rounds = rounds,
                          .log_ns = calloc(times->count * rounds, sizeof *cells.log_ns),
                          .scratch = calloc(rounds, sizeof *cells.scratch),
                          .time_ns = calloc(times->count, sizeof *cells.time_ns)};

    if (!cells.log_ns || !cells.scratch || !cells.time_ns) {
        cells_release(&cells);
        return csw_fail(err, -ENOMEM, "no memory for a model of %zu worker counts", times->count);
    }
    fill_logs(&cells, times);
    level_rounds(&cells);
    *ret_cells = cells;
    return 0;
}

/* ---- what is computed from some rounds ------------------------------------------------------ */

enum value {
    SIGNED_CONTENTION, /* of Amdahl's law where no sign is forbidden, as a share */
    SIGNED_COHERENCY,  /* of the USL */
    AMDAHL_ALPHA,
    USL_ALPHA,
    USL_BETA,
    USL_PEAK,  /* 1 / workers^2: finite where there is no peak */
    LOG_TIMES, /* from here on, one per count */
};

/* The median times of the rounds, in ns. */
static void fill_times(struct cells *cells, const size_t *round, size_t rounds)
{
    for (size_t i = 0; i < cells->count; i++) {
        for (size_t r = 0; r < rounds; r++)
            cells->scratch[r] = cells->log_ns[i * cells->rounds + round[r]];
        cells->time_ns[i] = exp(median(cells->scratch, rounds));
    }
}

static struct csw_law fit(const struct cells *cells, unsigned terms)
{
    struct csw_law law;

    if (!csw_law_fit(&law, cells->workers, cells->time_ns, cells->count, terms))
        return (struct csw_law){NAN, NAN, NAN};
    return law;
}

static struct csw_law fit_signed(const struct cells *cells, unsigned terms)
{
    struct csw_law law;

    if (!csw_law_fit_signed(&law, cells->workers, cells->time_ns, cells->count, terms))
        return (struct csw_law){NAN, NAN, NAN};
    return law;
}

static void compute_values(const size_t *round, size_t rounds, void *context, double *ret_values)
{
    struct cells *cells = context;

    fill_times(cells, round, rounds);
    const struct csw_law any_amdahl = fit_signed(cells, CSW_AMDAHL);
    const struct csw_law any_usl = fit_signed(cells, CSW_USL);
    const struct csw_law amdahl = fit(cells, CSW_AMDAHL), usl = fit(cells, CSW_USL);
    const double peak = csw_law_peak(csw_law_alpha(&usl), csw_law_beta(&usl));

    ret_values[SIGNED_CONTENTION] = csw_law_alpha(&any_amdahl);
    ret_values[SIGNED_COHERENCY] = csw_law_beta(&any_usl);
    ret_values[AMDAHL_ALPHA] = csw_law_alpha(&amdahl);
    ret_values[USL_ALPHA] = csw_law_alpha(&usl);
    ret_values[USL_BETA] = csw_law_beta(&usl);
    ret_values[USL_PEAK] = 1 / (peak * peak);
    for (size_t i = 0; i < cells->count; i++)
        ret_values[LOG_TIMES + i] = log(cells->time_ns[i]);
}

/* ---- how well a law fits -------------------------------------------------------------------- */

/* Relative differences below this are rounding. */
#define ROUNDING 1e-9

/* Half the width of a 95 % interval of a normal law, in standard deviations. */
#define HALF_WIDTH_95 1.959964

struct fit {
    struct csw_law law;
    double lack_of_fit_p, aicc, worst_residual, rms_residual;
};

/*
 * The variance of ln of a median time, pooled over the counts, one of which the levelled rounds
 * leave to be computed from the others. The intervals of the bootstrap say it for medians, whose
 * variance is not that of means and which outliers do not blow up.
 */
static double variance_of_medians(const struct csw_estimate *log_times, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += pow((log_times[i].high - log_times[i].low) / (2 * HALF_WIDTH_95), 2);
    return fmax(sum / (double)(count - 1), ROUNDING * ROUNDING);
}

static size_t positive_terms(const struct csw_law *law)
{
    return (size_t)(law->alone > 0) + (law->contention > 0) + (law->coherency > 0);
}

/*
 * Times are levelled by round, so that rounds * (counts - 1) of them are free, and the law's scale
 * is none of its parameters but the noise is one.
 */
static double aicc_of(double sum_of_squares, double variance, const struct cells *cells,
                      unsigned terms)
{
    const double rounds = (double)cells->rounds, counts = (double)cells->count;
    const double n = rounds * (counts - 1), parameters = terms;
    const double all = rounds * sum_of_squares + (rounds - 1) * (counts - 1) * rounds * variance;

    return n * log(all / n) + 2 * parameters +
           2 * parameters * (parameters + 1) / (n - parameters - 1);
}

/* The law with that many terms, fitted to the median times. */
static struct fit judge(const struct cells *cells, const struct csw_estimate *log_times,
                        unsigned terms)
{
    const double variance = variance_of_medians(log_times, cells->count);
    struct fit judged = {.law = fit(cells, terms)};
    double sum = 0;

    for (size_t i = 0; i < cells->count; i++) {
        const double time = exp(log_times[i].value);
        const double residual = fabs(csw_law_time(&judged.law, cells->workers[i]) / time - 1);

        judged.worst_residual = fmax(judged.worst_residual, residual);
        sum += residual * residual;
    }
    judged.rms_residual = sqrt(sum / (double)cells->count);
    const double free_counts = (double)(cells->count - positive_terms(&judged.law));
    const double free_rounds = (double)((cells->rounds - 1) * (cells->count - 1));

    judged.lack_of_fit_p = csw_f_above(sum / free_counts / variance, free_counts, free_rounds);
    judged.aicc = aicc_of(sum, variance, cells, terms);
    return judged;
}

/* ---- the choice ----------------------------------------------------------------------------- */

#define SIGNIFICANCE 0.05
#define TOLERANCE 0.01

static bool is_rejected(const struct fit *judged)
{
    return judged->lack_of_fit_p < SIGNIFICANCE;
}

/* The interval lies above 0; false where the parameter is at its bound in some of the draws. */
static bool is_resolved(const struct csw_estimate *share)
{
    return share->low > 0;
}

/*
 * The number of terms: what the criterion says, more where that is rejected, fewer where the last
 * parameter cannot be told from 0 and the law without it is not rejected.
 */
static unsigned choose_terms(const struct fit *judged, unsigned most,
                             const struct csw_estimate *value)
{
    unsigned terms = CSW_IDEAL;

    for (unsigned more = CSW_AMDAHL; more <= most; more++)
        if (judged[more].aicc < judged[terms].aicc)
            terms = more;
    while (terms < most && is_rejected(&judged[terms]))
        terms++;
    if (terms == CSW_USL && !is_resolved(&value[USL_BETA]) && !is_rejected(&judged[CSW_AMDAHL]))
        terms = CSW_AMDAHL;
    if (terms == CSW_AMDAHL && !is_resolved(&value[AMDAHL_ALPHA]) &&
        !is_rejected(&judged[CSW_IDEAL]))
        terms = CSW_IDEAL;
    return terms;
}

static bool is_superlinear(const struct csw_estimate *value, unsigned most)
{
    return value[SIGNED_CONTENTION].high < 0 ||
           (most == CSW_USL && value[SIGNED_COHERENCY].high < 0);
}

static enum csw_model_kind kind_of(const struct fit *judged, unsigned terms,
                                   const struct csw_estimate *value)
{
    if (terms == CSW_USL)
        return CSW_MODEL_USL;
    if (is_rejected(&judged[terms]))
        return CSW_MODEL_UNFIT;
    if (terms == CSW_IDEAL)
        return CSW_MODEL_IDEAL;
    return is_resolved(&value[AMDAHL_ALPHA]) ? CSW_MODEL_AMDAHL : CSW_MODEL_UNRESOLVED;
}

static double workers_of_peak(double inverse_square)
{
    return 1 / sqrt(inverse_square);
}

/* Joins an interval with another one of the same. */
static void widen(struct csw_estimate *estimate, const struct csw_estimate *other)
{
    estimate->low = fmin(estimate->low, other->low);
    estimate->high = fmax(estimate->high, other->high);
}

/*
 * Where the contention may be 0, the bound that keeps it from falling below pulls at the coherency,
 * too, and percentiles of such draws miss the truth too often: the interval without bounds, of the
 * same draws, belongs to it. Source: D. W. K. Andrews, Econometrica 68 (2000), 399-405.
 */
static void fill_parameters(struct csw_model *model, const struct csw_estimate *value)
{
    const bool usl = model->kind == CSW_MODEL_USL;
    const struct csw_estimate *peak = &value[USL_PEAK];

    model->alpha = value[usl ? USL_ALPHA : AMDAHL_ALPHA];
    model->beta = usl ? value[USL_BETA] : csw_estimate_none;
    model->peak = csw_estimate_none;
    if (usl && !is_resolved(&model->alpha))
        widen(&model->beta, &value[SIGNED_COHERENCY]);
    if (usl)
        model->peak = (struct csw_estimate){.value = workers_of_peak(peak->value),
                                            .low = workers_of_peak(peak->high),
                                            .high = workers_of_peak(peak->low),
                                            .n = peak->n};
}

static void choose(struct csw_model *model, struct cells *cells, struct csw_estimate *value)
{
    const unsigned most = cells->count >= CSW_USL_COUNTS ? CSW_USL : CSW_AMDAHL;
    struct fit judged[CSW_USL + 1];

    for (size_t i = 0; i < cells->count; i++)
        cells->time_ns[i] = exp(value[LOG_TIMES + i].value);
    for (unsigned terms = CSW_IDEAL; terms <= most; terms++)
        judged[terms] = judge(cells, &value[LOG_TIMES], terms);
    /* A coherency too small to be seen bends the serial fraction of Amdahl's law, whose own
     * interval knows nothing of it and may miss the truth nearly always: that of the USL belongs to
     * it. */
    widen(&value[AMDAHL_ALPHA], &value[USL_ALPHA]);
    const unsigned terms = choose_terms(judged, most, value);

    model->kind =
        is_superlinear(value, most) ? CSW_MODEL_SUPERLINEAR : kind_of(judged, terms, value);
    model->law = judged[terms].law;
    model->lack_of_fit_p = judged[terms].lack_of_fit_p;
    model->worst_residual = judged[terms].worst_residual;
    model->rms_residual = judged[terms].rms_residual;
    fill_parameters(model, value);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int fit_cells(struct csw_model *model, struct cells *cells,
                     const struct csw_resampling *plan, struct csw_err *err)
{
    const size_t count = LOG_TIMES + cells->count;
    struct csw_estimate *value = calloc(count, sizeof *value);

    if (!value)
        return csw_fail(err, -ENOMEM, "no memory for a model of %zu worker counts", cells->count);
    const int code = csw_resample(value, count, plan, compute_values, cells, err);

    if (code == 0)
        choose(model, cells, value);
    free(value);
    return code;
}

bool csw_model_holds(const struct csw_model *model)
{
    return model->lack_of_fit_p >= SIGNIFICANCE || model->worst_residual <= TOLERANCE;
}

int csw_model_fit(struct csw_model *ret_model, const struct csw_times *times,
                  struct csw_resampling plan, struct csw_err *err)
{
    struct csw_model model = {.counts = times->count,
                              .rounds = complete_rounds(times),
                              .alpha = csw_estimate_none,
                              .beta = csw_estimate_none,
                              .peak = csw_estimate_none,
                              .lack_of_fit_p = NAN,
                              .worst_residual = NAN,
                              .rms_residual = NAN};
    struct cells cells;

    plan.rounds = model.rounds;
    plan.confidence = CSW_CONFIDENCE;
    model.kind = times->count < CSW_AMDAHL_COUNTS ? CSW_MODEL_FEW_COUNTS : CSW_MODEL_FEW_ROUNDS;
    if (model.kind == CSW_MODEL_FEW_ROUNDS && csw_median_rank(plan.rounds, plan.confidence) > 0) {
        int code = cells_init(&cells, times, plan.rounds, err);

        if (code == 0) {
            code = fit_cells(&model, &cells, &plan, err);
            cells_release(&cells);
        }
        if (code < 0)
            return code;
    }
    *ret_model = model;
    return 0;
}
