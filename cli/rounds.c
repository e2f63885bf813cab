/* rounds.c - the options that say how often a sweep visits its points. See cli.h. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <coresweep/plan.h>
#include <coresweep/record.h>

#include "harness/stop.h"

#define DEFAULT_PRECISION 0.01
#define DEFAULT_MIN_ROUNDS 10
#define DEFAULT_MAX_ROUNDS 100
#define DEFAULT_MAX_SECONDS 300
#define SPIN_MS 200

/* Below it other errors than those of chance decide; above it an interval says next to nothing. */
#define LEAST_PRECISION 0.002
#define MOST_PRECISION 0.5

#define MAX_WARM_ROUNDS 10u

void cli_rounds_default(struct csw_plan *plan)
{
    plan->precision = DEFAULT_PRECISION;
    plan->min_rounds = DEFAULT_MIN_ROUNDS;
    plan->rounds = DEFAULT_MAX_ROUNDS;
    plan->max_seconds = DEFAULT_MAX_SECONDS;
    plan->spin_ms = SPIN_MS;
    plan->warm_rounds = 0;
}

/* ---- options -------------------------------------------------------------------------------- */

enum { KEY_ROUNDS = 'r', KEY_PRECISION = 0x200, KEY_MIN, KEY_MAX, KEY_TIME, KEY_WARM };

static const struct argp_option options[] = {
    {"precision", KEY_PRECISION, "SHARE", 0,
     "Visit all points in rounds until every speedup is known to +-SHARE, at 99 % confidence, "
     "0.2% to 50% (default: 1%)",
     0},
    {"min-rounds", KEY_MIN, "N", 0, "With --precision: at least N rounds (default: 10)", 0},
    {"max-rounds", KEY_MAX, "N", 0, "With --precision: at most N rounds (default: 100)", 0},
    {"max-time", KEY_TIME, "TIME", 0,
     "With --precision: begin no round that would end later than TIME after the start: 90s, 5m, "
     "1h (default: 5m)",
     0},
    {"rounds", KEY_ROUNDS, "N", 0, "Exactly N rounds, in place of --precision", 0},
    {"warm-rounds", KEY_WARM, "N", 0,
     "Rounds before the first one that are not kept (default: 0); all usable CPUs compute for "
     "0.2 s before in any case",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct cli_rounds *given = state->input;

    switch (key) {
    case KEY_ROUNDS:
        given->rounds = argument;
        return 0;
    case KEY_PRECISION:
        given->precision = argument;
        return 0;
    case KEY_MIN:
        given->min_rounds = argument;
        return 0;
    case KEY_MAX:
        given->max_rounds = argument;
        return 0;
    case KEY_TIME:
        given->max_time = argument;
        return 0;
    case KEY_WARM:
        given->warm_rounds = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_rounds_argp = {.options = options, .parser = parse};

/* ---- values --------------------------------------------------------------------------------- */

/* Reads "1%" or "0.01". */
static int read_share(double *ret_share, const char *text, struct csw_err *err)
{
    char *end;
    double share = strtod(text, &end);

    if (end > text && *end == '%') {
        share /= 100;
        end++;
    }
    if (end == text || *end || !(share >= LEAST_PRECISION && share <= MOST_PRECISION))
        return csw_fail(
            err, -EINVAL,
            "--precision '%.40s' is not a share from 0.2%% to 50%%, such as 1%% or 0.01", text);
    *ret_share = share;
    return 0;
}

/* Reads "90s", "5m" or "1h"; a bare number is in seconds. */
static int read_seconds(double *ret_seconds, const char *text, struct csw_err *err)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}};
    char *end;
    const double number = strtod(text, &end);

    for (size_t i = 0; end > text && i < sizeof units / sizeof *units; i++) {
        const double seconds = number * units[i].seconds;

        if (strcmp(end, units[i].unit) != 0 || !(seconds >= 1 && seconds <= CLI_MAX_TIMEOUT_S))
            continue;
        *ret_seconds = seconds;
        return 0;
    }
    return csw_fail(err, -EINVAL,
                    "--max-time '%.40s' is not a time from 1s to a year, such as 90s, 5m or 1h",
                    text);
}

/* ---- into the plan -------------------------------------------------------------------------- */

static int fix_rounds(struct csw_plan *plan, const struct cli_rounds *given, struct csw_err *err)
{
    if (given->precision || given->min_rounds || given->max_rounds || given->max_time)
        return csw_fail(err, -EINVAL,
                        "--rounds is exactly so many; leave --precision, --min-rounds, "
                        "--max-rounds and --max-time away, or --rounds");
    plan->rounds = cli_number("--rounds", given->rounds, 1, CSW_MAX_ROUNDS);
    plan->precision = plan->max_seconds = NAN;
    plan->min_rounds = 0;
    return 0;
}

static int set_rule(struct csw_plan *plan, const struct cli_rounds *given, struct csw_err *err)
{
    int code = given->precision ? read_share(&plan->precision, given->precision, err) : 0;

    if (code == 0 && given->max_time)
        code = read_seconds(&plan->max_seconds, given->max_time, err);
    if (code < 0)
        return code;
    if (given->min_rounds)
        plan->min_rounds =
            cli_number("--min-rounds", given->min_rounds, CSW_STOP_LEAST_ROUNDS, CSW_MAX_ROUNDS);
    if (given->max_rounds)
        plan->rounds = cli_number("--max-rounds", given->max_rounds, 1, CSW_MAX_ROUNDS);
    if (plan->precision > 0 && plan->rounds < plan->min_rounds)
        return csw_fail(err, -EINVAL,
                        "--max-rounds %" PRIu64 " is below --min-rounds %" PRIu64
                        "; --rounds asks for exactly so many",
                        plan->rounds, plan->min_rounds);
    return 0;
}

int cli_rounds_overlay(struct csw_plan *plan, const struct cli_rounds *given, struct csw_err *err)
{
    if (given->warm_rounds)
        plan->warm_rounds = cli_number("--warm-rounds", given->warm_rounds, 0, MAX_WARM_ROUNDS);
    return given->rounds ? fix_rounds(plan, given, err) : set_rule(plan, given, err);
}

void cli_rounds_copy(struct csw_plan *plan, const struct csw_plan *from)
{
    plan->precision = from->precision;
    plan->min_rounds = from->min_rounds;
    plan->rounds = from->rounds;
    plan->max_seconds = from->max_seconds;
    plan->spin_ms = from->spin_ms;
    plan->warm_rounds = from->warm_rounds;
}
