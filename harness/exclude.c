/* exclude.c - see exclude.h */
#include "exclude.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "names.h"
#include "noise.h"

/* ---- quantities ----------------------------------------------------------------------------- */

double csw_steal_share(const struct csw_sample *sample)
{
    return sample->steal_ns / (sample->window_ns * (double)csw_cpus_seen(sample));
}

bool csw_workers_waited(const struct csw_sample *sample)
{
    return sample->switched > 2 * (double)sample->workers; /* false for NAN */
}

static double availability(const struct csw_sample *sample)
{
    return sample->availability;
}

static double throttled(const struct csw_sample *sample)
{
    return sample->throttled;
}

static double pressure_share(const struct csw_sample *sample)
{
    return sample->pressure_ns / sample->window_ns;
}

static double migrations(const struct csw_sample *sample)
{
    return sample->migrations;
}

struct csw_quantity {
    const char *name;
    double (*of)(const struct csw_sample *);
    bool of_computing; /* means something only where every worker wants a CPU of its own */
    const char *before;
    double factor;
    int decimals;
    const char *after;
};

static const struct csw_quantity quantities[] = {
    {"availability", availability, true, CSW_BY_AVAILABILITY, 1, 2, ""},
    {"throttled", throttled, false, CSW_BY_THROTTLING, 1, 0, " times"},
    {"steal", csw_steal_share, false, CSW_BY_STEAL, 100, 1, " %"},
    {"pressure", pressure_share, false, "pressure ", 100, 0, " %"},
    {"migrations", migrations, false, "migrated ", 1, 0, " times"},
};

#define QUANTITIES (sizeof quantities / sizeof *quantities)

/* ---- reading a rule ------------------------------------------------------------------------- */

static const struct csw_quantity *find_quantity(const char *name, struct csw_err *err)
{
    const char *known[QUANTITIES];

    for (size_t i = 0; i < QUANTITIES; i++) {
        known[i] = quantities[i].name;
        if (strcmp(name, known[i]) == 0)
            return &quantities[i];
    }
    csw_unknown(err, "quantity of --exclude", name, known, QUANTITIES);
    return NULL;
}

/* "availability<0.98" */
static int parse_term(struct csw_term *ret_term, const char *text, struct csw_err *err)
{
    const size_t length = strcspn(text, "<>");
    const char *number = text[length] ? text + length + 1 : "";
    char name[40], *end;
    const double limit = strtod(number, &end);

    if (end == number || *end != '\0' || !isfinite(limit) || length == 0)
        return csw_fail(err, -EINVAL,
                        "'%.60s' of --exclude is no term: write QUANTITY<NUMBER or "
                        "QUANTITY>NUMBER, as in '" CSW_EXCLUDE_DEFAULT "', or none",
                        text);
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    const struct csw_quantity *quantity = find_quantity(name, err);

    if (!quantity)
        return -EINVAL;
    *ret_term =
        (struct csw_term){.quantity = quantity, .below = text[length] == '<', .limit = limit};
    return 0;
}

static int parse_terms(struct csw_exclude *exclude, char *words, struct csw_err *err)
{
    int code = 0;

    while (code == 0 && words) {
        const char *word = strsep(&words, " ");

        if (*word == '\0')
            continue;
        if (exclude->count == CSW_MAX_TERMS)
            return csw_fail(err, -EINVAL, "--exclude has more than %d terms", CSW_MAX_TERMS);
        code = parse_term(&exclude->term[exclude->count++], word, err);
    }
    return code;
}

int csw_exclude_parse(struct csw_exclude *ret_exclude, const char *text, struct csw_err *err)
{
    struct csw_exclude exclude = {0};
    char *words = strdup(strcmp(text, "none") == 0 ? "" : text);
    const int code = words ? parse_terms(&exclude, words, err)
                           : csw_fail(err, -ENOMEM, "no memory for the rule of --exclude");

    free(words);
    if (code == 0)
        *ret_exclude = exclude;
    return code;
}

/* ---- applying it ---------------------------------------------------------------------------- */

static bool holds(const struct csw_term *term, const struct csw_point *point,
                  const struct csw_sample *sample)
{
    const double value = term->quantity->of(sample);

    if (term->quantity->of_computing &&
        (point->waits || point->oversubscribed || csw_workers_waited(sample)))
        return false;
    return term->below ? value < term->limit : value > term->limit; /* false for NAN */
}

static void print_reason(const struct csw_quantity *quantity, const struct csw_sample *sample,
                         FILE *out)
{
    const double value = quantity->of(sample) * quantity->factor;
    const char *after =
        value == 1 && strcmp(quantity->after, " times") == 0 ? " time" : quantity->after;

    fprintf(out, "%s%s%.*f%s", ftell(out) > 0 ? "; " : "", quantity->before, quantity->decimals,
            value, after);
}

char *csw_exclude_why(const struct csw_exclude *exclude, const struct csw_point *point,
                      const struct csw_sample *sample)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < exclude->count; i++)
        if (holds(&exclude->term[i], point, sample))
            print_reason(exclude->term[i].quantity, sample, out);
    return csw_stream_text(out, &text);
}
