/*
 * test_numbers.c - streams of numbers: every way of writing one is read, whatever cuts the stream
 * into pieces, what cannot be a number is named by its line, and what is written comes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coresweep/job.h>

#include "harness/numbers.h"
#include "suite.h"

/* What came out of a source. */
struct got {
    uint64_t *values;
    size_t count;
    int code; /* of the last read: 0 at the end */
    struct csw_err err;
};

static void add_values(struct got *got, const uint64_t *values, size_t count)
{
    got->values = realloc(got->values, (got->count + count) * sizeof *values);
    CU_ASSERT_PTR_NOT_NULL_FATAL(got->values);
    memcpy(got->values + got->count, values, count * sizeof *values);
    got->count += count;
}

/* Reads once and takes all of it. False at the end and on errors. */
static bool get(struct csw_source *source, struct got *got)
{
    const uint64_t *values;
    size_t count;

    got->code = csw_source_read(source, &got->err);
    while (got->code > 0 && (count = csw_source_take(source, &values)) > 0)
        add_values(got, values, count);
    return got->code > 0;
}

static struct csw_source *source_of(int fd, bool raw)
{
    struct csw_source *source = NULL;

    CU_ASSERT_EQUAL_FATAL(csw_source_open(&source, fd, "numbers", raw, NULL), 0);
    return source;
}

/* All that a source gets from a pipe into which the bytes come in pieces. The caller frees it. */
static struct got read_pieces(const char *bytes, size_t length, size_t piece, bool raw)
{
    struct got got = {0};
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    struct csw_source *source = source_of(ends[0], raw);
    bool more = true;

    for (size_t at = 0; more && at < length; at += piece) {
        const size_t size = piece < length - at ? piece : length - at;

        CU_ASSERT_EQUAL_FATAL(write(ends[1], bytes + at, size), (ssize_t)size);
        more = get(source, &got);
    }
    close(ends[1]);
    while (more)
        more = get(source, &got);
    csw_source_close(source);
    close(ends[0]);
    return got;
}

static struct got read_text(const char *text)
{
    return read_pieces(text, strlen(text), 60000, false);
}

/* Whether the text is read as this one number, alone and as a line among others. */
static bool reads_as(const char *text, uint64_t number)
{
    static const char *const frames[] = {"%s", "%s\n", "%s\r\n", " \t%s \n", "%s\n\n\n"};
    bool all = true;

    for (size_t i = 0; i < COUNT(frames); i++) {
        char line[CSW_LINE_MAX + 10];

        snprintf(line, sizeof line, frames[i], text);
        struct got got = read_text(line);

        all = all && got.code == 0 && got.count == 1 && got.values[0] == number;
        free(got.values);
    }
    return all;
}

/* Whether the text is refused, as line 2, by a sentence that says `part`. */
static bool is_refused(const char *text, const char *part)
{
    char lines[3 * CSW_LINE_MAX];

    snprintf(lines, sizeof lines, "7\n%s\n9\n", text);
    struct got got = read_text(lines);
    const bool refused = got.code == -EINVAL && got.err.code == -EINVAL && got.count == 1 &&
                         strncmp(got.err.text, "numbers:2: '", 12) == 0 &&
                         strstr(got.err.text, part);

    if (!refused)
        fprintf(stderr, "\n    '%.60s': %s\n", text, got.err.text);
    free(got.values);
    return refused;
}

static uint64_t random_state = UINT64_C(88172645463325252);

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* Of every length. */
static uint64_t random_value(void)
{
    return random_number() >> random_number() % 64;
}

/* ---- one number ----------------------------------------------------------------------------- */

static void numbers_of_one_to_twenty_digits_are_read(void)
{
    uint64_t power = 1;

    for (unsigned digits = 1; digits <= 20; digits++, power *= 10) {
        const uint64_t last = digits < 20 ? power * 10 - 1 : UINT64_MAX;
        const uint64_t values[] = {power, power + 1, last - 1, last,
                                   power + (last - power) / 7 * 5};

        for (size_t i = 0; i < COUNT(values); i++) {
            char text[40];

            snprintf(text, sizeof text, "%" PRIu64, values[i]);
            CHECK(text, reads_as(text, values[i]));
        }
    }
    CU_ASSERT_TRUE(reads_as("0", 0));
}

static void every_digit_counts_in_every_place(void)
{
    char text[40];

    for (unsigned place = 0; place < 19; place++)
        for (unsigned digit = 0; digit <= 9; digit++) {
            snprintf(text, sizeof text, "1234567890123456789");
            text[place] = (char)('0' + digit);
            CHECK(text, reads_as(text, strtoull(text, NULL, 10)));
        }
}

static void leading_zeros_do_not_count(void)
{
    char text[60];

    for (int zeros = 1; zeros <= 30; zeros++) {
        snprintf(text, sizeof text, "%0*d", zeros, 0);
        CHECK(text, reads_as(text, 0));
        snprintf(text, sizeof text, "%0*d18446744073709551615", zeros, 0);
        CHECK(text, reads_as(text, UINT64_MAX));
        snprintf(text, sizeof text, "%0*d18446744073709551616", zeros, 0);
        CHECK(text, is_refused(text, "is not a whole number"));
    }
}

static void numbers_beyond_64_bits_are_refused(void)
{
    static const char *const bad[] = {"18446744073709551616",
                                      "18446744073709551617",
                                      "18446744073709551620",
                                      "18446744073709560000",
                                      "18446744073800000000",
                                      "18446744080000000000",
                                      "20000000000000000000",
                                      "36893488147419103232",
                                      "99999999999999999999",
                                      "100000000000000000000",
                                      "184467440737095516160",
                                      "1000000000000000000000000",
                                      "2e19",
                                      "18_446_744_073_709_551_616"};

    CU_ASSERT_TRUE(reads_as("18446744073709551615", UINT64_MAX));
    CU_ASSERT_TRUE(reads_as("18446744073709551609", UINT64_MAX - 6));
    CU_ASSERT_TRUE(reads_as("10000000000000000000", UINT64_C(10000000000000000000)));
    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK(bad[i], is_refused(bad[i], "from 0 to 18446744073709551615"));
}

static void numbers_as_people_write_them_are_read(void)
{
    CU_ASSERT_TRUE(reads_as("5_000_000", 5000000));
    CU_ASSERT_TRUE(reads_as("1e9", 1000000000));
    CU_ASSERT_TRUE(reads_as("1.5e3", 1500));
    CU_ASSERT_TRUE(reads_as("\v\f 12", 12));
    CU_ASSERT_TRUE(reads_as("12\r", 12));
    CU_ASSERT_TRUE(reads_as("12345678_9", 123456789));
    CU_ASSERT_TRUE(reads_as("1234567812345678e1", UINT64_C(12345678123456780)));
}

static void what_is_no_number_is_refused(void)
{
    static const char *const bad[] = {"-5",         "+5",
                                      "1.5",        "abc",
                                      "0x10",       "1 2",
                                      "1,2",        "5k",
                                      "1__0",       "12345678a",
                                      "12345678 9", "1e",
                                      "--",         "1\r2",
                                      ".",          "\"16\"",
                                      "16;",        "16/",
                                      "16:",        "'16",
                                      "1e99",       "1234567812345678x"};

    for (size_t i = 0; i < COUNT(bad); i++)
        CHECK(bad[i], is_refused(bad[i], "is not a whole number from 0 to 18446744073709551615 "
                                         "(5000, 5_000_000 and 1e9 are)"));
}

/* A byte that is no digit right after digits, at every place of the eight that are scanned. */
static void no_other_byte_is_taken_for_a_digit(void)
{
    for (unsigned byte = 1; byte < 256; byte++)
        for (unsigned place = 0; place < 18; place++) {
            char text[] = "123456789012345678\n";
            const bool digit = byte >= '0' && byte <= '9';

            text[place] = (char)byte;
            if (strchr("\n\r\t\v\f _.eE", (int)byte))
                continue;
            struct got got = read_text(text);

            CHECK(text, got.count == digit && got.code == (digit ? 0 : -EINVAL));
            free(got.values);
        }
}

/* ---- sentences ------------------------------------------------------------------------------ */

static void a_sentence_shows_what_cannot_be_printed(void)
{
    static const char lines[] = "1\n\n\n\xff\x00\x1b[2J\n";
    struct got got = read_pieces(lines, sizeof lines - 1, 100, false);

    CU_ASSERT_EQUAL(got.code, -EINVAL);
    CU_ASSERT_EQUAL(got.count, 1);
    must_say(got.err.text, "numbers:4: '\\xff\\x00\\x1b[2J' is not");
    free(got.values);
}

static void a_number_does_not_end_at_a_null_byte(void)
{
    static const char line[] = "16\0\n";
    struct got got = read_pieces(line, sizeof line - 1, 100, false);

    CU_ASSERT_EQUAL(got.count, 0);
    must_say(got.err.text, "numbers:1: '16\\x00' is not");
    free(got.values);
}

static void a_sentence_cuts_a_long_value_and_stays_complete(void)
{
    char path[300], text[5000];
    struct csw_source *source;
    struct csw_err err;
    const uint64_t *values;
    const int fd = memfd_create("numbers", 0);

    CU_ASSERT_TRUE(is_refused("1111111111222222222233333333334444444444x",
                              "'1111111111222222222233333333334444444444'... is not"));
    CU_ASSERT_TRUE(is_refused("111111111122222222223333333333444444444x",
                              "'111111111122222222223333333333444444444x' is not"));
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    memset(text, 1, sizeof text);
    CU_ASSERT_EQUAL_FATAL(write(fd, text, sizeof text), (ssize_t)sizeof text);
    CU_ASSERT_EQUAL_FATAL(lseek(fd, 0, SEEK_SET), 0);
    CU_ASSERT_EQUAL_FATAL(csw_source_open(&source, fd, path, false, NULL), 0);
    CU_ASSERT_EQUAL(csw_source_read(source, &err), 1);
    CU_ASSERT_EQUAL(csw_source_take(source, &values), 0);
    CU_ASSERT_EQUAL(csw_source_read(source, &err), -EINVAL);
    must_say(err.text, "ppp:1: '\\x01\\x01");
    must_say(err.text, "\\x01'... is a line of more than 4096 bytes, not a whole number");
    must_say(err.text, "1e9 are)");
    csw_source_close(source);
    close(fd);
}

static void standard_input_is_named(void)
{
    struct csw_source *source;
    struct csw_err err;
    const uint64_t *values;
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL_FATAL(write(ends[1], "x\n", 2), 2);
    CU_ASSERT_EQUAL_FATAL(csw_source_open(&source, ends[0], NULL, false, NULL), 0);
    CU_ASSERT_EQUAL(csw_source_read(source, &err), 1);
    CU_ASSERT_EQUAL(csw_source_take(source, &values), 0);
    for (int again = 0; again < 2; again++) {
        CU_ASSERT_EQUAL(csw_source_read(source, &err), -EINVAL);
        must_say(err.text, "standard input:1: 'x'");
        CU_ASSERT_EQUAL(csw_source_take(source, &values), 0);
    }
    csw_source_close(source);
    close(ends[0]);
    close(ends[1]);
}

static void what_cannot_be_read_is_told(void)
{
    static const struct {
        const char *path, *sentence;
        int flags, code;
    } rows[] = {
        {"/", "cannot read 'numbers': Is a directory", O_RDONLY, -EISDIR},
        {"/dev/null", "cannot read 'numbers': Bad file descriptor", O_WRONLY, -EBADF},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const int fd = open(rows[i].path, rows[i].flags);
        struct csw_source *source = source_of(fd, i > 0);
        struct csw_err err;

        CHECK(rows[i].path, csw_source_read(source, &err) == rows[i].code);
        CHECK(rows[i].path, strcmp(err.text, rows[i].sentence) == 0);
        csw_source_close(source);
        close(fd);
    }
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void a_stream_may_be_empty_or_blank(void)
{
    static const char *const texts[] = {"", "\n", "\n\n \n\r\n\t", " ", "\r"};

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct got got = read_text(texts[i]);

        CHECK(texts[i], got.code == 0 && got.count == 0);
        free(got.values);
    }
}

static void a_line_of_4096_bytes_is_read_and_a_longer_one_refused(void)
{
    for (size_t length = CSW_LINE_MAX - 1; length <= CSW_LINE_MAX + 1; length++)
        for (size_t piece = 1000; piece <= 10000; piece += 4500) {
            char text[CSW_LINE_MAX + 20];
            const int size = snprintf(text, sizeof text, "1\n%0*d\n3", (int)length, 2);
            struct got got = read_pieces(text, (size_t)size, piece, false);

            if (length <= CSW_LINE_MAX)
                CHECK("short", got.code == 0 && got.count == 3 && got.values[1] == 2);
            else {
                CHECK("long", got.code == -EINVAL && got.count == 1);
                must_say(got.err.text, "numbers:2: '00000000000000000000000000000000000000");
                must_say(got.err.text, "is a line of more than 4096 bytes");
            }
            free(got.values);
        }
}

/* Without its newline: told before the input ends, which it may never do. */
static void a_line_that_goes_on_for_ever_is_refused(void)
{
    char text[20000];
    struct got got = {0};
    int ends[2];

    memset(text, '1', sizeof text);
    memcpy(text, "4\n9\n", 4);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_EQUAL_FATAL(write(ends[1], text, sizeof text), (ssize_t)sizeof text);
    struct csw_source *source = source_of(ends[0], false);

    CU_ASSERT_TRUE(get(source, &got));
    CU_ASSERT_FALSE(get(source, &got));
    CU_ASSERT_EQUAL(got.code, -EINVAL);
    CU_ASSERT_EQUAL(got.count, 2);
    must_say(got.err.text, "numbers:3: '1111111111111111111111111111111111111111'... is a line of");
    csw_source_close(source);
    close(ends[0]);
    close(ends[1]);
    free(got.values);
}

static void lines_may_come_in_pieces_of_any_size(void)
{
    static const char text[] = "1\n18446744073709551615\r\n\n  12345678 \n5_000_000\n\r\n1e9\n"
                               "123456789\n1234567812345678\n0\n00000000000000000000000000004\n16";
    static const uint64_t values[] = {
        1, UINT64_MAX, 12345678, 5000000, 1000000000, 123456789, UINT64_C(1234567812345678),
        0, 4,          16};

    for (size_t piece = 1; piece <= sizeof text; piece++) {
        struct got got = read_pieces(text, sizeof text - 1, piece, false);

        CU_ASSERT_EQUAL(got.code, 0);
        CU_ASSERT_EQUAL_FATAL(got.count, COUNT(values));
        CU_ASSERT_EQUAL(memcmp(got.values, values, sizeof values), 0);
        free(got.values);
    }
}

/* What each read brought can be taken before the next one, which may wait for ever. */
static void a_line_is_taken_as_soon_as_it_is_complete(void)
{
    static const struct {
        const char *piece;
        size_t count;
    } rows[] = {{"1\n", 1}, {"2", 1}, {"3", 1}, {"\n4\n5", 3}, {"\r", 3}, {"\n", 4}};
    struct got got = {0};
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    struct csw_source *source = source_of(ends[0], false);

    for (size_t i = 0; i < COUNT(rows); i++) {
        const size_t size = strlen(rows[i].piece);

        CU_ASSERT_EQUAL_FATAL(write(ends[1], rows[i].piece, size), (ssize_t)size);
        CHECK(rows[i].piece, get(source, &got) && got.count == rows[i].count);
    }
    CU_ASSERT_EQUAL(got.values[1], 23);
    CU_ASSERT_EQUAL(got.values[3], 5);
    csw_source_close(source);
    close(ends[0]);
    close(ends[1]);
    free(got.values);
}

/* ---- random bytes --------------------------------------------------------------------------- */

/* Reads a line as numbers.h says, slowly. 1: a number, 0: blank, -1: bad. */
static int slow_line(const char *line, size_t length, uint64_t *ret_value)
{
    static const char blanks[] = " \t\r\v\f";
    char copy[200];

    CU_ASSERT_FATAL(length < sizeof copy);
    while (length > 0 && line[length - 1] && strchr(blanks, line[length - 1]))
        length--;
    for (; length > 0 && *line && strchr(blanks, *line); line++)
        length--;
    if (length == 0)
        return 0;
    memcpy(copy, line, length);
    copy[length] = '\0';
    return strlen(copy) == length && csw_number_parse(ret_value, copy, NULL) == 0 ? 1 : -1;
}

/* Compares what was read with a slow reading of the same bytes. */
static void check_slowly(const char *bytes, size_t length, const struct got *got)
{
    size_t count = 0, line = 1;

    for (const char *p = bytes; p < bytes + length; line++) {
        const size_t rest = (size_t)(bytes + length - p);
        const char *newline = memchr(p, '\n', rest);
        const size_t size = newline ? (size_t)(newline - p) : rest;
        uint64_t value;
        const int kind = slow_line(p, size, &value);

        if (kind < 0) {
            char where[40];

            snprintf(where, sizeof where, "numbers:%zu: ", line);
            CU_ASSERT_EQUAL(got->code, -EINVAL);
            CU_ASSERT_EQUAL(strncmp(got->err.text, where, strlen(where)), 0);
            CU_ASSERT_EQUAL(got->count, count);
            return;
        }
        if (kind > 0) {
            CU_ASSERT_FATAL(count < got->count);
            CU_ASSERT_EQUAL(got->values[count++], value);
        }
        p += size + 1;
    }
    CU_ASSERT_EQUAL(got->code, 0);
    CU_ASSERT_EQUAL(got->count, count);
}

static void random_lines_are_read_as_a_slow_reader_does(void)
{
    static const char likely[] = "00112233445566778899\n\n", odd[] = " \r\t_e.\0x-";
    char bytes[150];

    for (unsigned round = 0; round < 5000; round++) {
        const size_t length = random_number() % sizeof bytes;
        const unsigned oddness = 1 + random_number() % 100;

        for (size_t i = 0; i < length; i++)
            bytes[i] = random_number() % oddness == 0 && oddness > 3
                           ? odd[random_number() % (sizeof odd - 1)]
                           : likely[random_number() % (sizeof likely - 1)];
        struct got got = read_pieces(bytes, length, 1 + random_number() % sizeof bytes, false);

        check_slowly(bytes, length, &got);
        free(got.values);
    }
}

static void rubbish_is_refused_and_no_more(void)
{
    char bytes[120];

    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)random_number();
        struct got got = read_pieces(bytes, sizeof bytes, sizeof bytes, false);

        check_slowly(bytes, sizeof bytes, &got);
        for (const char *p = got.err.text; *p; p++)
            CU_ASSERT_TRUE(*p >= ' ' && *p <= '~');
        free(got.values);
    }
}

/* ---- raw ------------------------------------------------------------------------------------ */

static void raw_numbers_are_little_endian_in_pieces_of_any_size(void)
{
    static const unsigned char bytes[24] = {1, 2, 3, 4, 5, 6, 7, 8,    0,    0,    0,    0,
                                            0, 0, 0, 0, 9, 0, 0, 0x0a, 0x0d, 0xff, 0xff, 0xff};

    for (size_t piece = 1; piece <= sizeof bytes; piece++) {
        struct got got = read_pieces((const char *)bytes, sizeof bytes, piece, true);

        CU_ASSERT_EQUAL(got.code, 0);
        CU_ASSERT_EQUAL_FATAL(got.count, 3);
        CU_ASSERT_EQUAL(got.values[0], UINT64_C(0x0807060504030201));
        CU_ASSERT_EQUAL(got.values[1], 0);
        CU_ASSERT_EQUAL(got.values[2], UINT64_C(0xffffff0d0a000009));
        free(got.values);
    }
}

static void bytes_left_over_are_told_after_the_numbers(void)
{
    for (size_t tail = 0; tail < 8; tail++)
        for (size_t numbers = 0; numbers < 3; numbers++) {
            const size_t length = 8 * numbers + tail;
            struct got got =
                read_pieces("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0", length, 5, true);
            char sentence[200];

            CU_ASSERT_EQUAL(got.code, tail > 0 ? -EINVAL : 0);
            CU_ASSERT_EQUAL(got.count, numbers);
            snprintf(sentence, sizeof sentence,
                     "numbers: %zu byte%s left over at offset %zu; raw input is numbers of 8 bytes "
                     "each",
                     tail, tail == 1 ? " is" : "s are", 8 * numbers);
            if (tail > 0)
                must_say(got.err.text, sentence);
            free(got.values);
        }
}

/* ---- there and back ------------------------------------------------------------------------- */

/* Enough to fill every buffer some times. */
#define MANY 300000u

/* A file with what the sink makes of the values. */
static int written(const uint64_t *values, size_t count, size_t at_a_time, bool raw)
{
    const int fd = memfd_create("numbers", 0);
    struct csw_sink *sink = NULL;

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(csw_sink_open(&sink, fd, "numbers", raw, NULL), 0);
    for (size_t i = 0; i < count; i += at_a_time)
        CU_ASSERT_EQUAL(
            csw_sink_put(sink, values + i, at_a_time < count - i ? at_a_time : count - i, NULL), 0);
    CU_ASSERT_EQUAL(csw_sink_flush(sink, NULL), 0);
    CU_ASSERT_EQUAL(csw_sink_flush(sink, NULL), 0);
    csw_sink_close(sink);
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void what_is_written_is_read_again(void)
{
    static uint64_t values[MANY];
    static const size_t at_a_time[] = {1, 7, 4096, MANY};

    for (size_t i = 0; i < MANY; i++)
        values[i] = random_value();
    for (size_t i = 0; i < 2 * COUNT(at_a_time); i++) {
        const bool raw = i % 2;
        const int fd = written(values, MANY, at_a_time[i / 2], raw);
        struct csw_source *source = source_of(fd, raw);
        struct got got = {0};

        while (get(source, &got))
            ;
        CU_ASSERT_EQUAL(got.code, 0);
        CU_ASSERT_EQUAL(got.count, MANY);
        CU_ASSERT_EQUAL(memcmp(got.values, values, sizeof values), 0);
        csw_source_close(source);
        free(got.values);
        close(fd);
    }
}

/* Whether the sink writes the number as printf does. */
static bool writes_plainly(uint64_t value)
{
    char expect[40], text[40] = "";
    const int fd = written(&value, 1, 1, false);
    const int length = snprintf(expect, sizeof expect, "%" PRIu64 "\n", value);
    const bool same = read(fd, text, sizeof text) == length && strcmp(text, expect) == 0;

    close(fd);
    return same;
}

static void numbers_are_written_as_printf_does(void)
{
    uint64_t power = 1;

    CU_ASSERT_TRUE(writes_plainly(0));
    CU_ASSERT_TRUE(writes_plainly(UINT64_MAX));
    for (unsigned digits = 1; digits <= 20; digits++, power *= 10)
        for (uint64_t factor = 1; factor <= (digits < 20 ? 9 : 1); factor++) {
            CU_ASSERT_TRUE(writes_plainly(factor * power - 1));
            CU_ASSERT_TRUE(writes_plainly(factor * power));
            CU_ASSERT_TRUE(writes_plainly(factor * power + 1));
        }
    for (unsigned i = 0; i < 5000; i++)
        CU_ASSERT_TRUE(writes_plainly(random_value()));
}

/* All that four digits can be, in each half of eight. */
static void every_group_of_four_digits_is_written(void)
{
    static uint64_t values[20000];
    const char *expect = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    for (uint64_t i = 0; i < COUNT(values); i++) {
        values[i] = i < 10000 ? 1234567800000000 + i : 1234567800009876 + i % 10000 * 10000;
        fprintf(out, "%" PRIu64 "\n", values[i]);
    }
    fclose(out);
    const int fd = written(values, COUNT(values), COUNT(values), false);

    expect = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    CU_ASSERT_FATAL(expect != MAP_FAILED);
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), (off_t)size);
    CU_ASSERT_EQUAL(memcmp(expect, text, size), 0);
    munmap((void *)expect, size);
    close(fd);
    free(text);
}

static void raw_numbers_are_written_little_endian(void)
{
    static const uint64_t values[] = {UINT64_C(0x0807060504030201), 9};
    unsigned char bytes[20];
    const int fd = written(values, 2, 2, true);

    CU_ASSERT_EQUAL(read(fd, bytes, sizeof bytes), 16);
    CU_ASSERT_EQUAL(memcmp(bytes, "\1\2\3\4\5\6\7\x08\x09\0\0\0\0\0\0", 16), 0);
    close(fd);
}

/* ---- files that make it hard ---------------------------------------------------------------- */

static void a_full_device_and_a_closed_pipe_are_told_apart(void)
{
    static const uint64_t value = 16;
    struct csw_sink *sink = NULL;
    struct csw_err err;
    int ends[2];
    const int full = open("/dev/full", O_WRONLY);

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    close(ends[0]);
    CU_ASSERT_EQUAL_FATAL(csw_sink_open(&sink, ends[1], "the output", false, NULL), 0);
    signal(SIGPIPE, SIG_IGN);
    CU_ASSERT_EQUAL(csw_sink_put(sink, &value, 1, &err), 0);
    CU_ASSERT_EQUAL(csw_sink_flush(sink, &err), -EPIPE);
    signal(SIGPIPE, SIG_DFL);
    csw_sink_close(sink);
    close(ends[1]);
    if (full < 0)
        return;
    CU_ASSERT_EQUAL_FATAL(csw_sink_open(&sink, full, "the output", false, NULL), 0);
    CU_ASSERT_EQUAL(csw_sink_put(sink, &value, 1, &err), 0);
    CU_ASSERT_EQUAL(csw_sink_flush(sink, &err), -EIO);
    CU_ASSERT_STRING_EQUAL(err.text, "cannot write the output: No space left on device");
    csw_sink_close(sink);
    close(full);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
}

/* Makes every call that waits return EINTR, some times. */
static void interrupt_calls(long every_us)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval timer = {.it_interval = {0, every_us}, .it_value = {0, every_us}};

    CU_ASSERT_EQUAL_FATAL(sigaction(SIGALRM, &action, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* A child that writes "1\n", waits, "2\n", waits. */
static pid_t slow_writer(int fd)
{
    const pid_t child = fork();

    if (child != 0)
        return child;
    for (char line[] = "1\n"; *line <= '2'; ++*line) {
        if (write(fd, line, 2) != 2)
            _exit(1);
        usleep(30000);
    }
    _exit(0);
}

static void signals_and_non_blocking_files_only_make_it_wait(void)
{
    for (int flags = 0; flags <= O_NONBLOCK; flags += O_NONBLOCK) {
        struct got got = {0};
        int ends[2];

        CU_ASSERT_EQUAL_FATAL(pipe2(ends, flags), 0);
        const pid_t child = slow_writer(ends[1]);

        close(ends[1]);
        interrupt_calls(2000);
        struct csw_source *source = source_of(ends[0], false);

        while (get(source, &got))
            ;
        interrupt_calls(0);
        CU_ASSERT_EQUAL(got.code, 0);
        CU_ASSERT_EQUAL(got.count, 2);
        CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
        csw_source_close(source);
        close(ends[0]);
        free(got.values);
    }
}

/* A child that reads slowly, and exits with 0 where it got `count` bytes. */
static pid_t slow_reader(const int ends[2], size_t count)
{
    static char bytes[1 << 16];
    const pid_t child = fork();
    size_t total = 0;
    ssize_t got;

    if (child != 0)
        return child;
    close(ends[1]);
    while ((got = read(ends[0], bytes, sizeof bytes)) > 0) {
        total += (size_t)got;
        usleep(3000);
    }
    _exit(got == 0 && total == count ? 0 : 1);
}

static void signals_and_full_pipes_lose_no_result(void)
{
    static const uint64_t values[100000];

    for (int flags = 0; flags <= O_NONBLOCK; flags += O_NONBLOCK) {
        struct csw_sink *sink = NULL;
        int ends[2], status = -1;

        CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
        const pid_t child = slow_reader(ends, sizeof values);

        close(ends[0]);
        CU_ASSERT_EQUAL_FATAL(fcntl(ends[1], F_SETFL, flags), 0);
        interrupt_calls(1000);
        CU_ASSERT_EQUAL_FATAL(csw_sink_open(&sink, ends[1], "the output", true, NULL), 0);
        CU_ASSERT_EQUAL(csw_sink_put(sink, values, COUNT(values), NULL), 0);
        CU_ASSERT_EQUAL(csw_sink_flush(sink, NULL), 0);
        interrupt_calls(0);
        csw_sink_close(sink);
        close(ends[1]);
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        CU_ASSERT_EQUAL(status, 0);
    }
}

static const struct test tests[] = {
    TEST(numbers_of_one_to_twenty_digits_are_read),
    TEST(every_digit_counts_in_every_place),
    TEST(leading_zeros_do_not_count),
    TEST(numbers_beyond_64_bits_are_refused),
    TEST(numbers_as_people_write_them_are_read),
    TEST(what_is_no_number_is_refused),
    TEST(no_other_byte_is_taken_for_a_digit),
    TEST(a_sentence_shows_what_cannot_be_printed),
    TEST(a_number_does_not_end_at_a_null_byte),
    TEST(a_sentence_cuts_a_long_value_and_stays_complete),
    TEST(standard_input_is_named),
    TEST(what_cannot_be_read_is_told),
    TEST(a_stream_may_be_empty_or_blank),
    TEST(a_line_of_4096_bytes_is_read_and_a_longer_one_refused),
    TEST(a_line_that_goes_on_for_ever_is_refused),
    TEST(lines_may_come_in_pieces_of_any_size),
    TEST(a_line_is_taken_as_soon_as_it_is_complete),
    TEST(random_lines_are_read_as_a_slow_reader_does),
    TEST(rubbish_is_refused_and_no_more),
    TEST(raw_numbers_are_little_endian_in_pieces_of_any_size),
    TEST(bytes_left_over_are_told_after_the_numbers),
    TEST(what_is_written_is_read_again),
    TEST(numbers_are_written_as_printf_does),
    TEST(every_group_of_four_digits_is_written),
    TEST(raw_numbers_are_written_little_endian),
    TEST(a_full_device_and_a_closed_pipe_are_told_apart),
    TEST(signals_and_non_blocking_files_only_make_it_wait),
    TEST(signals_and_full_pipes_lose_no_result),
};

int main(void)
{
    return RUN_TESTS("numbers", tests);
}
