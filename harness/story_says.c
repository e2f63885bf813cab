/*
 * story_says.c - when to use which: sentences whose numbers are those of the run, each with the
 * rows that it rests on. See story.h.
 */
#include "story.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "units.h"
#include "wrap.h"

#define ROWS_SIZE 1000
#define WORTH_HAVING 1.1

/* The row of the probe `ticker` that has a thread computing beside it. */
#define BESIDE "beside one computing thread"

#define PYTHON 0 /* the interpreter that sentences speak of, where they speak of one */
#define C_ITSELF (-1)

/* ---- how two estimates stand ---------------------------------------------------------------- */

enum csw_standing csw_story_compare(const struct csw_estimate *a, const struct csw_estimate *b)
{
    if (isnan(a->value) || isnan(b->value))
        return CSW_UNMEASURED;
    if (!csw_estimate_has_interval(a) || !csw_estimate_has_interval(b))
        return CSW_UNRESOLVED;
    if (a->high < b->low)
        return CSW_BELOW;
    return a->low > b->high ? CSW_ABOVE : CSW_UNRESOLVED;
}

enum csw_standing csw_story_compare_to(const struct csw_estimate *estimate, double number)
{
    const struct csw_estimate exact = {.value = number, .low = number, .high = number};

    return csw_story_compare(estimate, &exact);
}

/* What two parts of a claim make together: it holds where no part fails. */
static enum csw_standing both(enum csw_standing a, enum csw_standing b)
{
    static const enum csw_standing weakest[] = {CSW_BELOW, CSW_UNRESOLVED, CSW_ABOVE};

    for (size_t i = 0; i < sizeof weakest / sizeof *weakest; i++)
        if (a == weakest[i] || b == weakest[i])
            return weakest[i];
    return CSW_UNMEASURED;
}

/* ---- words ---------------------------------------------------------------------------------- */

/* One claim on its way out, with the rows that it has used: "; A C threads; A 3.11.2 asyncio;" */
struct saying {
    const struct csw_story *story;
    FILE *out;
    char rows[ROWS_SIZE];
};

/* Each row once. */
static void rest_on(struct saying *saying, char block, int runtime, const char *label)
{
    char name[120];
    const size_t used = strlen(saying->rows);

    snprintf(name, sizeof name, "; %c %s %s;", block, csw_story_tag(saying->story, runtime), label);
    if (strstr(saying->rows, name))
        return;
    snprintf(saying->rows + used, sizeof saying->rows - used, "%s", used > 0 ? name + 1 : name);
}

/* The row, if it was measured: then the claim rests on it. */
static const struct csw_story_row *row_of(struct saying *saying, char block, int runtime,
                                          const char *label)
{
    const struct csw_story_row *row = csw_story_find(saying->story, block, runtime, label);

    if (!row || row->cell->time_ns.n == 0)
        return NULL;
    rest_on(saying, block, runtime, label);
    return row;
}

/* "1.36 [1.11, 1.75]" */
static void say_number(struct saying *saying, const struct csw_estimate *estimate)
{
    const int digits = csw_decimals(estimate->value);

    fprintf(saying->out, "%.*f", digits, estimate->value);
    if (csw_estimate_has_interval(estimate))
        fprintf(saying->out, " [%.*f, %.*f]", digits, estimate->low, digits, estimate->high);
}

/* "24.0 us [23.1, 26.0]" */
static void say_time(struct saying *saying, const struct csw_estimate *ns)
{
    const struct csw_scale *scale = csw_time_scale(ns->value);
    const int digits = csw_decimals(ns->value / scale->factor);

    fprintf(saying->out, "%.*f %s", digits, ns->value / scale->factor, scale->name);
    if (csw_estimate_has_interval(ns))
        fprintf(saying->out, " [%.*f, %.*f]", digits, ns->low / scale->factor, digits,
                ns->high / scale->factor);
}

static void say_name(struct saying *saying, const struct csw_story_row *row)
{
    fprintf(saying->out, "%s %s", csw_story_tag(saying->story, row->runtime), row->point->label);
}

/* Ends a sentence that rests on a comparison. */
static enum csw_standing say_standing(struct saying *saying, enum csw_standing standing)
{
    fprintf(saying->out, "%s.\n", standing == CSW_UNRESOLVED ? " (not resolved here)" : "");
    return standing;
}

/* ---- sentences that any claim may use ------------------------------------------------------- */

/* What the row gains over the sequential one, against `least`. */
static enum csw_standing say_gain(struct saying *saying, const struct csw_story_row *row,
                                  double least)
{
    if (!row || isnan(row->speedup.value))
        return CSW_UNMEASURED;
    fprintf(saying->out, "  ");
    say_name(saying, row);
    fprintf(saying->out, ": ");
    say_number(saying, &row->speedup);
    fprintf(saying->out, " times as fast as sequential");
    if (!isnan(row->bound))
        fprintf(saying->out, ", of at most %.2f%s", row->bound, row->cell->above_bound ? "!" : "");
    return say_standing(saying, csw_story_compare_to(&row->speedup, least));
}

static enum csw_standing say_gain_of(struct saying *saying, char block, int runtime,
                                     const char *label)
{
    return say_gain(saying, row_of(saying, block, runtime, label), 1);
}

/* How many times as fast the row is as another one that did the same work, paired by round. */
static enum csw_standing say_faster(struct saying *saying, const struct csw_story_row *row,
                                    const struct csw_story_row *other)
{
    if (!row || !other)
        return CSW_UNMEASURED;
    const struct csw_estimate ratio =
        csw_paired_ratio(other->cell->round_ns, row->cell->round_ns, saying->story->report.rounds);

    if (isnan(ratio.value))
        return CSW_UNMEASURED;
    fprintf(saying->out, "  ");
    say_name(saying, row);
    fprintf(saying->out, ": ");
    say_number(saying, &ratio);
    fprintf(saying->out, " times as fast as ");
    say_name(saying, other);
    return say_standing(saying, csw_story_compare_to(&ratio, 1));
}

/* Whether the row gains more than another one, each over its own base. */
static enum csw_standing say_higher(struct saying *saying, const struct csw_story_row *row,
                                    const struct csw_story_row *other)
{
    if (!row || !other)
        return CSW_UNMEASURED;
    const enum csw_standing standing = csw_story_compare(&row->speedup, &other->speedup);

    if (standing == CSW_UNMEASURED)
        return standing;
    fprintf(saying->out, "  ");
    say_name(saying, row);
    fprintf(saying->out, " gains ");
    say_number(saying, &row->speedup);
    fprintf(saying->out, ", ");
    say_name(saying, other);
    fprintf(saying->out, " ");
    say_number(saying, &other->speedup);
    return say_standing(saying, standing);
}

static enum csw_standing opposite(enum csw_standing standing)
{
    return standing == CSW_BELOW ? CSW_ABOVE : standing == CSW_ABOVE ? CSW_BELOW : standing;
}

/* ---- the claims of rows --------------------------------------------------------------------- */

static enum csw_standing claim_waiting(struct saying *saying)
{
    enum csw_standing standing = say_gain_of(saying, 'A', C_ITSELF, "threads, joined");

    standing = both(standing, say_gain_of(saying, 'A', PYTHON, "threads, joined"));
    standing = both(standing, say_gain_of(saying, 'A', PYTHON, "asyncio"));
    return both(standing, say_gain_of(saying, 'A', PYTHON, "process fork"));
}

static enum csw_standing claim_pool_size(struct saying *saying)
{
    return say_higher(saying, row_of(saying, 'A', C_ITSELF, "threads, joined"),
                      row_of(saying, 'A', C_ITSELF, "OpenMP per CPU"));
}

static enum csw_standing claim_many(struct saying *saying)
{
    const enum csw_standing in_c = say_faster(saying, row_of(saying, 'B', C_ITSELF, "event loop"),
                                              row_of(saying, 'B', C_ITSELF, "threads"));

    return both(in_c, say_faster(saying, row_of(saying, 'B', PYTHON, "asyncio"),
                                 row_of(saying, 'B', PYTHON, "threads")));
}

static enum csw_standing claim_many_processes(struct saying *saying)
{
    const enum csw_standing in_c = say_faster(saying, row_of(saying, 'B', C_ITSELF, "threads"),
                                              row_of(saying, 'B', C_ITSELF, "process fork"));

    return both(in_c, say_faster(saying, row_of(saying, 'B', PYTHON, "threads"),
                                 row_of(saying, 'B', PYTHON, "process fork")));
}

/*
 * Threads of the interpreters that have a GIL, or of those without: that they gain, or that they do
 * not. A tenth is what is worth having, and more than the noise of a quiet machine.
 */
static enum csw_standing say_threads(struct saying *saying, bool gil, bool gain)
{
    static const struct {
        char block;
        const char *label;
    } rows[] = {{'C', "threads"}, {'D', "threads, even"}};
    const struct csw_story *story = saying->story;
    enum csw_standing all = CSW_UNMEASURED;

    for (int r = 0; r < (int)story->runtimes; r++)
        for (size_t i = 0; story->runtime[r].gil == gil && i < sizeof rows / sizeof *rows; i++) {
            const enum csw_standing standing =
                say_gain(saying, row_of(saying, rows[i].block, r, rows[i].label), WORTH_HAVING);

            all = both(all, gain ? standing : opposite(standing));
        }
    return all;
}

static enum csw_standing claim_gil(struct saying *saying)
{
    return say_threads(saying, true, false);
}

static enum csw_standing claim_no_gil(struct saying *saying)
{
    return say_threads(saying, false, true);
}

static enum csw_standing claim_processes(struct saying *saying)
{
    return say_gain_of(saying, 'C', PYTHON, "process fork");
}

static enum csw_standing claim_even_chunks(struct saying *saying)
{
    const struct csw_story_row *pool = row_of(saying, 'D', PYTHON, "Pool, even");

    say_gain(saying, pool, 1);
    return say_faster(saying, pool, row_of(saying, 'C', PYTHON, "process fork"));
}

static enum csw_standing claim_imbalance(struct saying *saying)
{
    const struct csw_story_row *threads = row_of(saying, 'C', C_ITSELF, "threads");

    say_gain(saying, threads, 1);
    say_gain_of(saying, 'C', C_ITSELF, "process fork");
    return say_faster(saying, row_of(saying, 'D', C_ITSELF, "threads, even"), threads);
}

static enum csw_standing claim_openmp(struct saying *saying)
{
    const struct csw_story_row *openmp = row_of(saying, 'D', C_ITSELF, "OpenMP, even");

    say_gain(saying, openmp, 1);
    return say_faster(saying, openmp, row_of(saying, 'C', C_ITSELF, "threads"));
}

/* The row of blocks C and D that gains most in the language; NULL: there is none. */
static const struct csw_story_row *best_of_workers(const struct csw_story *story, int runtime)
{
    const struct csw_story_row *best = NULL;

    for (size_t i = 0; i < story->rows; i++) {
        const struct csw_story_row *row = &story->row[i];

        if (row->runtime == runtime && row->point->workers > 1 && !isnan(row->speedup.value) &&
            (csw_story_in_block(row, 'C') || csw_story_in_block(row, 'D')) &&
            (!best || row->speedup.value > best->speedup.value))
            best = row;
    }
    return best;
}

static enum csw_standing claim_algorithm(struct saying *saying)
{
    enum csw_standing standing = CSW_UNMEASURED;

    for (int runtime = C_ITSELF; runtime <= PYTHON; runtime++) {
        const struct csw_story_row *root = row_of(saying, 'E', runtime, "root O(n)");
        const struct csw_story_row *best = best_of_workers(saying->story, runtime);

        if (best)
            rest_on(saying, csw_story_in_block(best, 'C') ? 'C' : 'D', runtime, best->point->label);
        standing = both(standing, say_higher(saying, root, best));
    }
    return standing;
}

static enum csw_standing claim_leaving(struct saying *saying)
{
    const struct csw_story_row *keeps = row_of(saying, 'F', PYTHON, "PyDLL, threads");
    const struct csw_story_row *drops = row_of(saying, 'F', PYTHON, "CDLL, threads");

    return say_higher(saying, drops, keeps);
}

/* ---- the claims of probes ------------------------------------------------------------------- */

/* Whether one reading lies below another; `more` says what the two are. */
static enum csw_standing say_less(struct saying *saying, const char *probe, const char *quantity,
                                  const int runtimes[2], const char *const rows[2])
{
    struct csw_estimate read[2];

    for (int i = 0; i < 2; i++) {
        read[i] = csw_story_reading(saying->story, probe, rows[i], runtimes[i], quantity);
        if (read[i].n == 0)
            return CSW_UNMEASURED;
    }
    fprintf(saying->out, "  ");
    for (int i = 0; i < 2; i++) {
        rest_on(saying, *probe == 't' ? 'G' : 'H', runtimes[i], rows[i]);
        fprintf(saying->out, "%s%s %s: ", i > 0 ? ", " : "",
                csw_story_tag(saying->story, runtimes[i]), rows[i]);
        say_time(saying, &read[i]);
    }
    return say_standing(saying, opposite(csw_story_compare(&read[0], &read[1])));
}

static enum csw_standing claim_prices(struct saying *saying)
{
    static const char *const rows[] = {"thread", "process, fork"};
    enum csw_standing standing = CSW_UNMEASURED;

    for (int runtime = C_ITSELF; runtime < (int)saying->story->runtimes; runtime++)
        standing = both(standing, say_less(saying, "prices", "start_ns",
                                           (const int[2]){runtime, runtime}, rows));
    return standing;
}

static enum csw_standing claim_ticks(struct saying *saying)
{
    static const char *const rows[] = {BESIDE, BESIDE};
    const struct csw_story *story = saying->story;
    enum csw_standing standing = CSW_UNMEASURED;

    for (int r = 0; r < (int)story->runtimes; r++)
        if (story->runtime[r].gil)
            standing = both(standing, say_less(saying, "ticker", "late_p50_ns",
                                               (const int[2]){C_ITSELF, r}, rows));
    return standing;
}

/* ---- the claim of the mixed rows ------------------------------------------------------------ */

/* The best of the rows of that label, or the one whose number of workers is nearest to `count`. */
static const struct csw_story_row *best_mixed(const struct csw_story *story, const char *label,
                                              double count)
{
    const struct csw_story_row *best = NULL;

    for (size_t i = 0; i < story->rows; i++) {
        const struct csw_story_row *row = &story->row[i];
        const double workers = (double)row->point->workers;

        if (!csw_story_in_block(row, 'M') || strcmp(row->point->label, label) != 0 ||
            isnan(row->speedup.value))
            continue;
        if (!best ||
            (isnan(count) ? row->speedup.value > best->speedup.value
                          : fabs(workers - count) < fabs((double)best->point->workers - count)))
            best = row;
    }
    return best;
}

/* How the best row stands to all others of its label. */
static enum csw_standing stands_out(const struct csw_story *story, const struct csw_story_row *best)
{
    enum csw_standing standing = CSW_UNMEASURED;

    for (size_t i = 0; i < story->rows; i++) {
        const struct csw_story_row *row = &story->row[i];

        if (row != best && csw_story_in_block(row, 'M') &&
            strcmp(row->point->label, best->point->label) == 0)
            standing = both(standing, csw_story_compare(&best->speedup, &row->speedup));
    }
    return standing;
}

static double cpus_of(const struct csw_host *host)
{
    const double usable = (double)host->usable_pus;

    return host->quota_cpus < usable ? host->quota_cpus : usable; /* NAN: no quota */
}

/* The rule holds where the number of workers nearest to it is best. */
static enum csw_standing say_rule(struct saying *saying, const char *label, const char *alone)
{
    const struct csw_story_row *serial = row_of(saying, 'M', C_ITSELF, alone);
    const struct csw_story_row *best = best_mixed(saying->story, label, NAN);

    if (!serial || !best)
        return CSW_UNMEASURED;
    const double rule = cpus_of(&saying->story->results->host) / serial->cpu_share;
    const struct csw_story_row *nearest = best_mixed(saying->story, label, rule);

    rest_on(saying, 'M', C_ITSELF, label);
    fprintf(saying->out,
            "  %s (%.0f %% here): by the rule %.1f workers. Of those tried %" PRIu64 " gain most, ",
            label, 100 * (1 - serial->cpu_share), rule, best->point->workers);
    say_number(saying, &best->speedup);
    fprintf(saying->out, "; nearest to the rule are %" PRIu64 ", ", nearest->point->workers);
    say_number(saying, &nearest->speedup);
    if (best == nearest)
        return say_standing(saying, stands_out(saying->story, best));
    return say_standing(saying, opposite(csw_story_compare(&best->speedup, &nearest->speedup)));
}

static enum csw_standing claim_rule(struct saying *saying)
{
    const enum csw_standing half = say_rule(saying, "50 % waits", "50 % waits, one");

    return both(half, say_rule(saying, "75 % waits", "75 % waits, one"));
}

/* ---- all claims ----------------------------------------------------------------------------- */

static const struct claim {
    const char *text;
    enum csw_standing (*say)(struct saying *);
} claims[] = {
    {"Work that waits is faster with a thread, a coroutine or a process for each task.",
     claim_waiting},
    {"For work that waits, one worker for each CPU is too few.", claim_pool_size},
    {"For very many waits, an event loop is faster than threads.", claim_many},
    {"For very many waits, threads are faster than processes.", claim_many_processes},
    {"Under the GIL, threads do not make Python's computing a tenth faster.", claim_gil},
    {"One process for each task makes Python's computing faster.", claim_processes},
    {"A pool and even chunks are faster than one process for each task, in Python.",
     claim_even_chunks},
    {"Imbalance holds C back, too: even chunks are faster than one thread for each task.",
     claim_imbalance},
    {"OpenMP with even chunks is faster than one thread for each task.", claim_openmp},
    {"The better algorithm, with one worker, gains more than any workers.", claim_algorithm},
    {"Calling C without the GIL gains more by threads than calling it with the GIL.",
     claim_leaving},
    {"Without a GIL, threads make Python's computing at least a tenth faster.", claim_no_gil},
    {"A thread takes less to start than a process: less work than this is not worth one.",
     claim_prices},
    {"Beside a thread that computes, others wait in Python with a GIL, and not in C.", claim_ticks},
    {"What waits a part of its time is fastest with CPUs / (1 - that part) workers.", claim_rule},
};

#define CLAIMS (sizeof claims / sizeof *claims)

size_t csw_story_sentences(void)
{
    return CLAIMS;
}

void csw_story_sentence_release(struct csw_story_sentence *sentence)
{
    free(sentence->numbers);
    free(sentence->rows);
    *sentence = (struct csw_story_sentence){0};
}

int csw_story_say(struct csw_story_sentence *ret_sentence, const struct csw_story *story,
                  size_t index, struct csw_err *err)
{
    static const char *const verdict[] = {
        [CSW_UNMEASURED] = "not measured here",
        [CSW_UNRESOLVED] = "not resolved here",
        [CSW_BELOW] = "does not hold here",
        [CSW_ABOVE] = "holds here",
    };
    struct csw_story_sentence sentence = {.claim = claims[index].text};
    size_t size = 0;
    struct saying saying = {.story = story, .out = open_memstream(&sentence.numbers, &size)};

    if (!saying.out)
        return csw_fail(err, -ENOMEM, "no memory for sentences");
    sentence.standing = verdict[claims[index].say(&saying)];
    sentence.numbers = csw_stream_text(saying.out, &sentence.numbers);
    const size_t rows = strlen(saying.rows); /* "; one; two;" */

    sentence.rows = rows > 0 ? strndup(saying.rows + 2, rows - 3) : strdup("");
    if (!sentence.numbers || !sentence.rows) {
        csw_story_sentence_release(&sentence);
        return csw_fail(err, -ENOMEM, "no memory for sentences");
    }
    *ret_sentence = sentence;
    return 0;
}

/* The claim, how it stands, its numbers and the rows that it rests on. */
static void print_sentence(const struct csw_story_sentence *sentence, FILE *out)
{
    char rows[ROWS_SIZE + 20];

    fprintf(out, "\n%s\n  = %s\n", sentence->claim, sentence->standing);
    csw_print_wrapped(sentence->numbers, out);
    snprintf(rows, sizeof rows, "  Rows: %s.", sentence->rows);
    if (*sentence->rows)
        csw_print_wrapped(rows, out);
}

int csw_story_print_sentences(const struct csw_story *story, FILE *out, struct csw_err *err)
{
    struct csw_story_sentence sentence;
    int code = 0;

    fprintf(out, "When to use which, by this run\n");
    for (size_t i = 0; code == 0 && i < CLAIMS; i++) {
        code = csw_story_say(&sentence, story, i, err);
        if (code == 0) {
            print_sentence(&sentence, out);
            csw_story_sentence_release(&sentence);
        }
    }
    return code;
}
