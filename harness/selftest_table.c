/* selftest_table.c - false alarms and the noise floor for people. */
#include "selftest.h"

#include <stdio.h>

#include "estimate_text.h"
#include "files.h"
#include "table.h"

#define TEXT_SIZE 32

static const struct csw_column columns[] = {
    {"A against itself", false}, {"same rounds, paired", true}, {"one after the other", true}};

/* More false alarms than 95 % intervals may give, and not by chance. */
#define ALLOWED 0.05

static void add_row(struct csw_table *table, const char *what, const char *paired,
                    const char *blocks)
{
    csw_table_row(table, (const char *[]){what, paired, blocks});
}

/* "4: 2.0 [0.5, 5.0] %" */
static void print_count(size_t count, const struct csw_estimate *share, char ret_text[TEXT_SIZE])
{
    char percent[TEXT_SIZE];

    csw_estimate_percent_text(share, percent, sizeof percent);
    snprintf(ret_text, TEXT_SIZE, "%zu: %.20s %%", count, percent);
}

static void add_counts(struct csw_table *table, const struct csw_selftest *selftest)
{
    const struct csw_alarms *paired = &selftest->paired, *blocks = &selftest->blocks;
    char left[TEXT_SIZE], right[TEXT_SIZE];

    print_count(paired->excluding, &paired->excluding_share, left);
    print_count(blocks->excluding, &blocks->excluding_share, right);
    add_row(table, "95 % interval excludes 1", left, right);
    print_count(paired->verdicts, &paired->verdicts_share, left);
    print_count(blocks->verdicts, &blocks->verdicts_share, right);
    add_row(table, "called faster or slower", left, right);
}

static void add_shares(struct csw_table *table, const char *what, double paired, double blocks)
{
    char left[TEXT_SIZE], right[TEXT_SIZE];

    snprintf(left, sizeof left, "%.2f %%", 100 * paired);
    snprintf(right, sizeof right, "%.2f %%", 100 * blocks);
    add_row(table, what, left, right);
}

static struct csw_table *make_table(const struct csw_selftest *selftest)
{
    const struct csw_alarms *paired = &selftest->paired, *blocks = &selftest->blocks;
    struct csw_table *table = csw_table_new(columns, sizeof columns / sizeof *columns);
    char left[TEXT_SIZE], right[TEXT_SIZE];

    snprintf(left, sizeof left, "%zu", paired->comparisons);
    snprintf(right, sizeof right, "%zu", blocks->comparisons);
    add_row(table, "comparisons", left, right);
    add_counts(table, selftest);
    add_shares(table, "half of an interval, median", paired->half_width, blocks->half_width);
    add_shares(table, "B/A is farther from 1 in 5 %", paired->exceeded, blocks->exceeded);
    return table;
}

static void print_meaning(const struct csw_selftest *selftest, FILE *out)
{
    const struct csw_alarms *paired = &selftest->paired, *blocks = &selftest->blocks;

    fprintf(out,
            "A and B are the same program: every difference is a false alarm. A 95 %% interval may "
            "give\nthem in 5 %% of the comparisons, of %d rounds each. [...]: what chance leaves "
            "open of "
            "the share.\n",
            CSW_SELFTEST_ROUNDS);
    if (paired->excluding_share.low > ALLOWED)
        fprintf(out, "Paired, there are more: here rounds are not independent of each other, and "
                     "`compare` says\ntoo much. Look for what else runs on this machine.\n");
    if (blocks->excluding_share.low > ALLOWED)
        fprintf(out, "One after the other, there are more: this machine changes with time, and two "
                     "files that were\nmeasured one after the other are not comparable to that "
                     "precision.\n");
    fprintf(out,
            "Noise floor: %d paired rounds tell differences from about %.2f %% on; %.2f %% is "
            "exceeded by\nchance in 5 %% of the comparisons.\n",
            CSW_SELFTEST_ROUNDS, 100 * paired->half_width, 100 * paired->exceeded);
    if (paired->exceeded > selftest->margin)
        fprintf(out,
                "That is more than the margin of %.3g %%: take more rounds, or a larger "
                "--margin.\n",
                100 * selftest->margin);
}

int csw_selftest_table(const struct csw_selftest *selftest, FILE *out, struct csw_err *err)
{
    const int code = csw_table_print(make_table(selftest), out, err);

    if (code < 0)
        return code;
    fprintf(out, "\n");
    print_meaning(selftest, out);
    return csw_stream_flush(out, "the selftest", err);
}
