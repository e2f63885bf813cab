/*
 * source.c - numbers from a file, a pipe or a terminal: see numbers.h.
 *
 * Text is taken up to the last newline that was read, so that whoever scans a line meets its end
 * before the end of the buffer; what follows waits for the next read.
 */
#include "numbers.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coresweep/job.h>

/* What one read asks for: large for the disk, and still in cache when it is taken. */
#define READ_SIZE (256u << 10)

/* The numbers of text that are taken at a time. */
#define BLOCK 4096u

/* A line is scanned eight bytes at a time, beyond its newline. */
#define PADDING 64u

/* Between what is left of a line and more of it than is allowed. */
#define BUFFER_SIZE (READ_SIZE + CSW_LINE_MAX + PADDING)

struct csw_source {
    int fd;
    bool raw, ended;
    const char *path;
    uint64_t line;      /* lines taken */
    uint64_t offset;    /* bytes of raw input taken */
    const char *next;   /* the first byte that was not taken */
    const char *limit;  /* what can be taken ends here */
    char *end;          /* what was read ends here */
    struct csw_err bad; /* what the last take met */
    uint64_t block[BLOCK];
    _Alignas(64) uint64_t buffer[BUFFER_SIZE / sizeof(uint64_t)];
};

int csw_source_open(struct csw_source **ret_source, int fd, const char *path, bool raw,
                    struct csw_err *err)
{
    struct csw_source *source = aligned_alloc(_Alignof(struct csw_source), sizeof *source);

    if (!source)
        return csw_fail(err, -ENOMEM, "no memory to read numbers");
    source->fd = fd;
    source->raw = raw;
    source->ended = false;
    source->path = path;
    source->line = source->offset = 0;
    source->next = source->limit = source->end = (char *)source->buffer;
    source->bad.code = 0;
    /* Advice for files; a pipe does not take it and does not need it. */
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    *ret_source = source;
    return 0;
}

void csw_source_close(struct csw_source *source)
{
    free(source);
}

static const char *name_of(const struct csw_source *source)
{
    return source->path ? source->path : "standard input";
}

/* ---- reading -------------------------------------------------------------------------------- */

/* One read(2) that got something, or the end; it waits for a non-blocking file too. */
static ssize_t read_once(int fd, char *ret_bytes)
{
    ssize_t got;

    while ((got = read(fd, ret_bytes, READ_SIZE)) < 0)
        if (errno == EAGAIN)
            (void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
        else if (errno != EINTR)
            break;
    return got;
}

/* What was not taken moves to the front: less than a number, or at most CSW_LINE_MAX bytes. */
static void keep_rest(struct csw_source *source)
{
    const size_t rest = (size_t)(source->end - source->next);

    source->end = (char *)memmove(source->buffer, source->next, rest) + rest;
    source->next = source->limit = (const char *)source->buffer;
}

/* Makes the new bytes something to take, as far as they complete a number or a line. */
static void add(struct csw_source *source, size_t got)
{
    const char *newline;

    if (source->raw)
        source->limit += ((size_t)(source->end - source->next) + got) / 8 * 8;
    else if ((newline = memrchr(source->end, '\n', got)))
        source->limit = newline + 1;
    source->end += got;
}

/* At the end of the input: a last line may lack its newline, a raw number may not lack bytes. */
static int finish(struct csw_source *source, struct csw_err *err)
{
    const size_t rest = (size_t)(source->end - source->next);

    source->ended = true;
    if (rest == 0)
        return 0;
    if (source->raw)
        return csw_fail(err, -EINVAL,
                        "%.200s: %zu byte%s left over at offset %" PRIu64
                        "; raw input is numbers of 8 bytes each",
                        name_of(source), rest, rest == 1 ? " is" : "s are", source->offset);
    *source->end++ = '\n';
    source->limit = source->end;
    return 1;
}

static void check_rest(struct csw_source *source);

int csw_source_read(struct csw_source *source, struct csw_err *err)
{
    const char *quote = source->path ? "'" : "";

    if (source->bad.code == 0 && source->next == source->limit && !source->raw)
        check_rest(source);
    if (source->bad.code != 0)
        return csw_fail(err, source->bad.code, "%s", source->bad.text);
    if (source->next < source->limit)
        return 1;
    if (source->ended)
        return 0;
    keep_rest(source);
    const ssize_t got = read_once(source->fd, source->end);

    if (got < 0)
        return csw_fail(err, -errno, "cannot read %s%.200s%s: %s", quote, name_of(source), quote,
                        strerror(errno));
    if (got == 0)
        return finish(source, err);
    add(source, (size_t)got);
    return 1;
}

/* ---- lines of plain digits ------------------------------------------------------------------ */

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/* Reads up to eight digits, the first one in the lowest byte. Returns how many there were. */
static inline unsigned read_eight(const char *text, uint64_t *ret_value)
{
    uint64_t bytes;

    memcpy(&bytes, text, sizeof bytes);
    uint64_t digits = le64toh(bytes) ^ EACH_BYTE('0');
    /* The top bit of each byte above 9. A carry leaves such a byte only, upwards: the first one is
     * right, and nobody looks at the others. */
    const uint64_t others = (digits | (digits + EACH_BYTE(0x80 - 10))) & EACH_BYTE(0x80);
    unsigned count = 8;

    if (others != 0) {
        count = (unsigned)__builtin_ctzll(others) / 8;
        digits = digits << (56 - 8 * count) << 8; /* zeros before them instead of rubbish after */
    }
    /* Neighbours become pairs, pairs fours, fours the eight. */
    digits = (digits * (10 << 8 | 1)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    digits = (digits * (100 << 16 | 1)) >> 16 & UINT64_C(0x0000ffff0000ffff);
    *ret_value = (digits * (UINT64_C(10000) << 32 | 1)) >> 32;
    return count;
}

/*
 * Reads a line of digits and its end. False, and *text stays, for every other line, though it may
 * be a number too: one with more than 24 digits may begin with zeros.
 */
static inline bool read_plain(const char **text, uint64_t *ret_value)
{
    static const uint64_t powers[] = {1,      10,      100,      1000,     10000,
                                      100000, 1000000, 10000000, 100000000};
    const char *p = *text;
    uint64_t value, part;
    unsigned count = read_eight(p, &value);

    if (count == 0)
        return false;
    if (count == 8) {
        p += 8;
        count = read_eight(p, &part);
        value = value * powers[count] + part;
        if (count == 8) {
            p += 8;
            count = read_eight(p, &part);
            if (__builtin_mul_overflow(value, powers[count], &value) ||
                __builtin_add_overflow(value, part, &value))
                return false;
        }
    }
    p += count;
    if (*p == '\r')
        p++;
    if (*p != '\n')
        return false;
    *text = p + 1;
    *ret_value = value;
    return true;
}

/* Takes lines until one is not plain, or `room` of them. Returns how many. */
static size_t take_plain(struct csw_source *source, uint64_t *ret_values, size_t room)
{
    const char *next = source->next, *const limit = source->limit;
    size_t count = 0;

    while (count < room && next < limit && read_plain(&next, ret_values + count))
        count++;
    source->next = next;
    source->line += count;
    return count;
}

/* ---- other lines ---------------------------------------------------------------------------- */

#define SHOWN 40u

/* The first bytes, with what cannot be printed as \xNN. */
static void show(const char *bytes, size_t count, char ret_text[4 * SHOWN + 1])
{
    *ret_text = '\0';
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        const unsigned char byte = (unsigned char)bytes[i];

        ret_text += sprintf(ret_text, byte < ' ' || byte > '~' ? "\\x%02x" : "%c", byte);
    }
}

/* Notes what is wrong with the line whose number is source->line, for the next read to tell. */
static bool refuse(struct csw_source *source, const char *text, size_t length)
{
    char shown[4 * SHOWN + 1];

    show(text, length, shown);
    csw_fail(&source->bad, -EINVAL,
             "%.200s:%" PRIu64 ": '%s'%s is %s a whole number from 0 to 18446744073709551615 "
             "(5000, 5_000_000 and 1e9 are)",
             name_of(source), source->line, shown, length > SHOWN ? "..." : "",
             length > CSW_LINE_MAX ? "a line of more than 4096 bytes, not" : "not");
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void trim(const char **text, size_t *length)
{
    while (*length > 0 && is_blank((*text)[*length - 1]))
        --*length;
    for (; *length > 0 && is_blank(**text); ++*text)
        --*length;
}

/* Takes a line that is not plain: blank (*count stays), a number, or bad (false). */
static bool take_other(struct csw_source *source, uint64_t *values, size_t *count)
{
    const char *text = source->next;
    size_t length = (size_t)((const char *)rawmemchr(text, '\n') - text);
    char copy[CSW_LINE_MAX + 1];

    source->line++;
    if (length > CSW_LINE_MAX)
        return refuse(source, text, length);
    source->next += length + 1;
    trim(&text, &length);
    if (length == 0)
        return true;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (strlen(copy) != length || csw_number_parse(&values[*count], copy, NULL) < 0)
        return refuse(source, text, length);
    ++*count;
    return true;
}

/* A line that goes on for ever is told before its end, and before the buffer is full. */
static void check_rest(struct csw_source *source)
{
    const size_t rest = (size_t)(source->end - source->next);

    if (rest <= CSW_LINE_MAX)
        return;
    source->line++;
    refuse(source, source->next, rest);
}

static size_t take_lines(struct csw_source *source)
{
    size_t count = 0;

    if (source->bad.code != 0)
        return 0;
    while (count < BLOCK) {
        count += take_plain(source, source->block + count, BLOCK - count);
        if (source->next == source->limit)
            break;
        if (count < BLOCK && !take_other(source, source->block, &count))
            break;
    }
    return count;
}

/* ---- taking --------------------------------------------------------------------------------- */

/* All that was read, where it lies: keep_rest has put the first number to the buffer's start. */
static size_t take_raw(struct csw_source *source)
{
    const size_t bytes = (size_t)(source->limit - source->next);

    source->next = source->limit;
    source->offset += bytes;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < bytes / 8; i++)
        source->buffer[i] = le64toh(source->buffer[i]);
#endif
    return bytes / 8;
}

size_t csw_source_take(struct csw_source *source, const uint64_t **ret_values)
{
    *ret_values = source->raw ? source->buffer : source->block;
    return source->raw ? take_raw(source) : take_lines(source);
}
