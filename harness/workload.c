/* workload.c - numbers, task lists and schedules as a user writes them. */
#include <coresweep/job.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

/* Nobody means a larger exponent: twenty digits fill 64 bits, and as many may follow the point. */
#define MAX_EXPONENT 40

/* Appends a decimal digit; false on overflow. */
static bool push_digit(uint64_t *value, unsigned digit)
{
    return !__builtin_mul_overflow(*value, UINT64_C(10), value) &&
           !__builtin_add_overflow(*value, (uint64_t)digit, value);
}

/*
 * Reads digits, with single `_` between digits. Counts them in `ret_digits` and leaves *text at the
 * first other character. False on overflow or a misplaced `_`.
 */
static bool read_digits(const char **text, uint64_t *value, unsigned *ret_digits)
{
    const char *p = *text;

    for (*ret_digits = 0; isdigit((unsigned char)*p); ++*ret_digits) {
        if (!push_digit(value, (unsigned)(*p++ - '0')))
            return false;
        if (*p == '_' && !isdigit((unsigned char)*++p))
            return false;
    }
    *text = p;
    return true;
}

/* Multiplies by 10^exponent; false where that is not a whole 64-bit number. */
static bool scale(uint64_t *value, int exponent)
{
    for (; exponent > 0; exponent--)
        if (!push_digit(value, 0))
            return false;
    for (; exponent < 0; exponent++) {
        if (*value % 10 != 0)
            return false;
        *value /= 10;
    }
    return true;
}

static bool read_exponent(const char **text, int *exponent)
{
    if (**text != 'e' && **text != 'E')
        return true;
    uint64_t value = 0;
    unsigned digits;

    *text += (*text)[1] == '+' ? 2 : 1;
    if (!read_digits(text, &value, &digits) || digits == 0 || value > MAX_EXPONENT)
        return false;
    *exponent += (int)value;
    return true;
}

/* Leaves *text at the first character that does not belong to the number. */
static bool read_leading_number(const char **text, uint64_t *ret_number)
{
    uint64_t value = 0;
    unsigned whole, fraction = 0;

    if (!read_digits(text, &value, &whole) || whole == 0)
        return false;
    if (**text == '.') {
        ++*text;
        if (!read_digits(text, &value, &fraction) || fraction == 0)
            return false;
    }
    int exponent = -(int)fraction;

    if (!read_exponent(text, &exponent) || !scale(&value, exponent))
        return false;
    *ret_number = value;
    return true;
}

static bool read_number(const char *text, uint64_t *ret_number)
{
    uint64_t value;

    if (!read_leading_number(&text, &value) || *text != '\0')
        return false;
    *ret_number = value;
    return true;
}

int csw_number_parse(uint64_t *ret_number, const char *text, struct csw_err *err)
{
    if (!read_number(text, ret_number))
        return csw_fail(err, -EINVAL,
                        "'%.40s' is not a whole number from 0 to 18446744073709551615 (5000, "
                        "5_000_000 and 1e9 are)",
                        text);
    return 0;
}

/* "500" or "500x1000"; zeros are not repeated: whoever writes 0x10 means 16. */
static bool read_tasks(const char *word, uint64_t *ret_n, uint64_t *ret_repeats)
{
    *ret_repeats = 1;
    if (!read_leading_number(&word, ret_n))
        return false;
    return *word == 'x' && *ret_n > 0 ? read_number(word + 1, ret_repeats) && *ret_repeats > 0
                                      : *word == '\0';
}

static int add_tasks(struct csw_workload *workload, const char *word, struct csw_err *err)
{
    uint64_t n, repeats;

    if (!read_tasks(word, &n, &repeats))
        return csw_fail(err, -EINVAL,
                        "'%.40s' is not a whole number from 0 to 18446744073709551615 (5000, "
                        "5_000_000 and 1e9 are), nor one with how often it is repeated (500x1000 "
                        "is)",
                        word);
    if (repeats > CSW_MAX_TASKS - workload->count)
        return csw_fail(err, -EINVAL, "with '%.40s' the tasks become more than %u", word,
                        CSW_MAX_TASKS);
    struct csw_task *tasks =
        reallocarray(workload->tasks, workload->count + repeats, sizeof *tasks);

    if (!tasks)
        return csw_fail(err, -ENOMEM, "no memory for a list of tasks");
    workload->tasks = tasks;
    for (uint64_t i = 0; i < repeats; i++)
        tasks[workload->count++] = (struct csw_task){.n = n};
    return 0;
}

int csw_workload_parse(struct csw_workload *ret_workload, const char *text, struct csw_err *err)
{
    struct csw_workload workload = {0};
    char *copy = strdup(text), *rest = copy;
    int code = copy ? 0 : csw_fail(err, -ENOMEM, "no memory for a list of tasks");

    while (code == 0 && rest)
        code = add_tasks(&workload, strsep(&rest, ","), err);
    free(copy);
    if (code < 0) {
        csw_workload_release(&workload);
        return code;
    }
    *ret_workload = workload;
    return 0;
}

void csw_workload_release(struct csw_workload *workload)
{
    if (!workload)
        return;
    free(workload->tasks);
    *workload = (struct csw_workload){0};
}

/* Past the last task of a row of equal ones; a zero is a row of its own. */
static size_t end_of_equals(const struct csw_workload *workload, size_t first)
{
    size_t end = first + 1;

    while (end < workload->count && workload->tasks[first].n > 0 &&
           workload->tasks[end].n == workload->tasks[first].n)
        end++;
    return end;
}

char *csw_workload_text(const struct csw_workload *workload)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0, next; i < workload->count; i = next) {
        next = end_of_equals(workload, i);
        fprintf(out, "%s%" PRIu64, i > 0 ? "," : "", workload->tasks[i].n);
        if (next - i > 1)
            fprintf(out, "x%zu", next - i);
    }
    return csw_stream_text(out, &text);
}

static const char *const handout_names[] = {
    [CSW_WHOLE] = "whole",   [CSW_STATIC] = "static", [CSW_DYNAMIC] = "dynamic",
    [CSW_GUIDED] = "guided", [CSW_LATE] = "late",
};

struct csw_schedule csw_schedule_default(const struct csw_kernel *kernel)
{
    return (struct csw_schedule){.handout =
                                     kernel->flags & CSW_INDIVISIBLE ? CSW_WHOLE : CSW_DYNAMIC};
}

static bool takes_chunk(enum csw_handout handout)
{
    return handout != CSW_WHOLE && handout != CSW_STATIC;
}

int csw_schedule_parse(struct csw_schedule *ret_schedule, const char *text, struct csw_err *err)
{
    const size_t length = strcspn(text, ":");

    for (int i = CSW_WHOLE; i <= CSW_LATE; i++) {
        struct csw_schedule schedule = {.handout = (enum csw_handout)i};

        if (strlen(handout_names[i]) != length || strncmp(handout_names[i], text, length) != 0)
            continue;
        if (text[length] == ':') {
            if (!takes_chunk(schedule.handout))
                return csw_fail(err, -EINVAL,
                                "schedule '%.40s' takes no chunk; dynamic, guided and late do",
                                text);
            if (!read_number(text + length + 1, &schedule.chunk) || schedule.chunk == 0)
                return csw_fail(err, -EINVAL,
                                "the chunk of schedule '%.40s' is not a whole number of items, at "
                                "least 1",
                                text);
        }
        *ret_schedule = schedule;
        return 0;
    }
    return csw_fail(err, -EINVAL,
                    "unknown schedule '%.40s'; there are whole, static, dynamic[:chunk], "
                    "guided[:chunk] and late[:chunk]",
                    text);
}

void csw_schedule_text(const struct csw_schedule *schedule, char ret_text[CSW_SCHEDULE_TEXT_SIZE])
{
    const char *name = handout_names[schedule->handout];

    if (schedule->chunk > 0)
        snprintf(ret_text, CSW_SCHEDULE_TEXT_SIZE, "%s:%" PRIu64, name, schedule->chunk);
    else
        snprintf(ret_text, CSW_SCHEDULE_TEXT_SIZE, "%s", name);
}
