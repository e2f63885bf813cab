/* selftest_table.c - false alarms and the noise floor for people. */
#include "selftest.h"

#include <math.h>
#include <stdio.h>

#include "files.h"
#include "table.h"

#define TEXT_SIZE 32

static const struct csw_column columns[] = {
    {"A against itself", false}, {"same rounds, paired", true}, {"one after the other", true}};

static double percent_of(size_t part, size_t all)
{
    return all > 0 ? 100 * (double)part / (double)all : NAN;
}

static void add_row(struct csw_table *table, const char *what, const char *paired,
                    const char *blocks)
{
    csw_table_row(table, (const char *[]){what, paired, blocks});
}

static void add_counts(struct csw_table *table, const char *what, size_t paired, size_t blocks,
                       const struct csw_selftest *selftest)
{
    char left[TEXT_SIZE], right[TEXT_SIZE];

    snprintf(left, sizeof left, "%zu (%.1f %%)", paired,
             percent_of(paired, selftest->paired.comparisons));
    snprintf(right, sizeof right, "%zu (%.1f %%)", blocks,
             percent_of(blocks, selftest->blocks.comparisons));
    add_row(table, what, left, right);
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
    add_counts(table, "95 % interval excludes 1", paired->excluding, blocks->excluding, selftest);
    add_counts(table, "called faster or slower", paired->verdicts, blocks->verdicts, selftest);
    add_shares(table, "half of an interval, median", paired->half_width, blocks->half_width);
    add_shares(table, "B/A is farther from 1 in 5 %", paired->exceeded, blocks->exceeded);
    return table;
}

/* The false alarms that 95 % intervals may give, with three standard errors for chance. */
static double allowed_alarms(size_t comparisons)
{
    const double expected = 0.05 * (double)comparisons;

    return expected + 3 * sqrt(expected * 0.95);
}

static void print_meaning(const struct csw_selftest *selftest, FILE *out)
{
    const struct csw_alarms *paired = &selftest->paired, *blocks = &selftest->blocks;

    fprintf(out,
            "A and B are the same program: every difference is a false alarm. A 95 %% interval may "
            "give\nthem in 5 %% of the comparisons, of %d rounds each.\n",
            CSW_SELFTEST_ROUNDS);
    if ((double)paired->excluding > allowed_alarms(paired->comparisons))
        fprintf(out, "Paired, there are more: here rounds are not independent of each other, and "
                     "`compare` says\ntoo much. Look for what else runs on this machine.\n");
    if ((double)blocks->excluding > allowed_alarms(blocks->comparisons))
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
