/* scaling_says.c - see scaling.h: in words. */
#include "scaling.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "estimate_text.h"
#include "files.h"
#include "units.h"

#define TEXT_SIZE 64

/* ---- numbers in words ----------------------------------------------------------------------- */

/* "5.0 [4.7, 5.3] %". */
static void print_interval(const struct csw_estimate *share, FILE *out)
{
    char text[TEXT_SIZE];

    csw_estimate_percent_text(share, text, sizeof text);
    fprintf(out, "%s %%", text);
}

/* A share that may be 0 is a limit: "below 0.4 %". */
static void print_share(const struct csw_estimate *share, FILE *out)
{
    if (share->low > 0)
        print_interval(share, out);
    else
        fprintf(out, "below %.2g %%", 100 * share->high);
}

/* "60.3 ms", or "none" of 0. */
static void print_time(double ns, FILE *out)
{
    const struct csw_scale *scale = csw_time_scale(ns);
    const double value = ns / scale->factor;

    if (ns > 0)
        fprintf(out, "%.*f %s", csw_decimals(value), value, scale->name);
    else
        fprintf(out, "none");
}

/* "(p = 0.31)". */
static void print_p(double p, FILE *out)
{
    if (p < 0.001)
        fprintf(out, "(p < 0.001)");
    else
        fprintf(out, "(p = %.2g)", p);
}

/* ---- Karp-Flatt ----------------------------------------------------------------------------- */

static void say_karp_flatt(const struct csw_scaling *scaling, FILE *out)
{
    const struct csw_cell *cell = csw_scaling_widest(scaling);
    const struct csw_estimate e = csw_cell_karp_flatt(cell);
    const unsigned workers = (unsigned)cell->point->workers;

    if (isnan(e.value)) {
        fprintf(out, "No serial fraction without a run of one worker.");
        return;
    }
    fprintf(out, "e(%u) = ", workers);
    print_interval(&e, out);
    if (!csw_estimate_has_interval(&e))
        fprintf(out, ": an interval takes 6 rounds at least.");
    else if (e.high < 0)
        fprintf(out, ": %u workers are more than %u times as fast as one.", workers, workers);
    else if (e.low <= 0)
        fprintf(out, ": below %.2g %% a serial fraction cannot be told from 0 there.",
                100 * csw_cell_resolution(cell));
    else
        fprintf(out, ".");
}

/* ---- the law -------------------------------------------------------------------------------- */

static void say_few_counts(const struct csw_scaling *scaling, FILE *out)
{
    const double end = scaling->segment.end.workers;

    fprintf(out, "No law from %zu worker count%s: Amdahl's takes %d", scaling->model.counts,
            scaling->model.counts > 1 ? "s" : "", CSW_AMDAHL_COUNTS);
    if (end < CSW_AMDAHL_COUNTS)
        fprintf(out, ", and past %g workers they %s.", end, scaling->segment.end.what);
    else
        fprintf(out, ", such as --workers 1-%d.", CSW_AMDAHL_COUNTS);
}

static void say_few_rounds(const struct csw_scaling *scaling, FILE *out)
{
    fprintf(out, "No law from %zu round%s with all worker counts: run --rounds 10 or more.",
            scaling->model.rounds, scaling->model.rounds == 1 ? "" : "s");
}

static void say_misses(const struct csw_model *model, FILE *out)
{
    fprintf(out, "misses the times by up to %.2g %%, more than their noise explains ",
            100 * model->worst_residual);
    print_p(model->lack_of_fit_p, out);
}

static void say_unfit(const struct csw_scaling *scaling, FILE *out)
{
    fprintf(out, "Amdahl's law ");
    say_misses(&scaling->model, out);
    fprintf(out, "; the USL takes %d worker counts, here are %zu: measure more of them.",
            CSW_USL_COUNTS, scaling->model.counts);
}

static void say_unresolved(const struct csw_scaling *scaling, FILE *out)
{
    fprintf(out,
            "Time is lost as workers are added, but whether to a serial part or to their number "
            "these times do not tell: the serial fraction is at most %.2g %%.",
            100 * scaling->model.alpha.high);
}

static void say_ideal(const struct csw_scaling *scaling, FILE *out)
{
    fprintf(out, "No serial fraction can be told from 0 with %g to %g workers: at most %.2g %%.",
            csw_scaling_from(scaling), csw_scaling_to(scaling), 100 * scaling->model.alpha.high);
}

/* "Of 1.23 s with 8 workers," */
static void say_of_time(const struct csw_scaling *scaling, FILE *out)
{
    const double to = csw_scaling_to(scaling);

    fprintf(out, " Of ");
    print_time(csw_law_time(&scaling->model.law, to), out);
    fprintf(out, " with %g workers, ", to);
}

static double contention_ns(const struct csw_scaling *scaling)
{
    const double to = csw_scaling_to(scaling);

    return scaling->model.law.contention * (to - 1) / to;
}

static void say_amdahl(const struct csw_scaling *scaling, FILE *out)
{
    const struct csw_estimate limit = csw_scaling_asymptote(scaling);
    char text[TEXT_SIZE];

    csw_estimate_ratio_text(&limit, text, sizeof text);
    fprintf(out, "Amdahl's law: a serial fraction of ");
    print_share(&scaling->model.alpha, out);
    fprintf(out, " keeps the speedup below %s.", text);
    say_of_time(scaling, out);
    print_time(contention_ns(scaling), out);
    fprintf(out, " are lost to it.");
}

static void say_peak(const struct csw_scaling *scaling, FILE *out)
{
    const struct csw_estimate peak = csw_scaling_peak(scaling);
    char text[TEXT_SIZE];

    csw_estimate_ratio_text(&peak, text, sizeof text);
    if (isnan(peak.value))
        fprintf(out, " A peak lies past %g workers, further than these times tell.",
                2 * csw_scaling_to(scaling));
    else
        fprintf(out, " More than %s workers take longer.", text);
}

static void say_usl(const struct csw_scaling *scaling, FILE *out)
{
    const struct csw_model *model = &scaling->model;

    fprintf(out, "USL: contention ");
    print_share(&model->alpha, out);
    fprintf(out, ", coherency ");
    print_share(&model->beta, out);
    fprintf(out, ".");
    say_of_time(scaling, out);
    print_time(contention_ns(scaling), out);
    fprintf(out, " are contention and ");
    print_time(model->law.coherency * (csw_scaling_to(scaling) - 1), out);
    fprintf(out, " coherency.");
    if (csw_model_holds(model)) {
        say_peak(scaling, out);
        return;
    }
    fprintf(out, " It ");
    say_misses(model, out);
    fprintf(out, ": a description, no forecast.");
}

static void say_superlinear(const struct csw_scaling *scaling, FILE *out)
{
    (void)scaling;
    fprintf(out, "Losses shrink as workers are added (superlinear), as where parts of the data "
                 "begin to fit caches: no law of losses is fitted.");
}

static void say_law(const struct csw_scaling *scaling, FILE *out)
{
    static void (*const says[])(const struct csw_scaling *, FILE *) = {
        [CSW_MODEL_FEW_COUNTS] = say_few_counts,
        [CSW_MODEL_FEW_ROUNDS] = say_few_rounds,
        [CSW_MODEL_UNFIT] = say_unfit,
        [CSW_MODEL_UNRESOLVED] = say_unresolved,
        [CSW_MODEL_IDEAL] = say_ideal,
        [CSW_MODEL_AMDAHL] = say_amdahl,
        [CSW_MODEL_USL] = say_usl,
        [CSW_MODEL_SUPERLINEAR] = say_superlinear,
    };

    says[scaling->model.kind](scaling, out);
}

/* ---- all of it ------------------------------------------------------------------------------ */

/* Where counts were measured that no law spans; a refusal for few counts has said it already. */
static void say_boundary(const struct csw_scaling *scaling, FILE *out)
{
    const struct csw_boundary *end = &scaling->segment.end;

    if (scaling->workers[scaling->count - 1] > end->workers &&
        scaling->model.kind != CSW_MODEL_FEW_COUNTS)
        fprintf(out, " Past %g workers they %s, which no law spans.", end->workers, end->what);
}

char *csw_scaling_says_fraction(const struct csw_scaling *scaling)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    say_karp_flatt(scaling, out);
    return csw_stream_text(out, &text);
}

char *csw_scaling_says_law(const struct csw_scaling *scaling)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    say_law(scaling, out);
    say_boundary(scaling, out);
    return csw_stream_text(out, &text);
}
