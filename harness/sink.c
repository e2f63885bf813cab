/* sink.c - numbers into a file, a pipe or a terminal: see numbers.h. */
#include "numbers.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE (64u << 10)

/* What a number needs at most: twenty digits and a newline, or the eight bytes that are stored even
 * for one digit. */
#define TEXT_SIZE 24u

struct csw_sink {
    int fd;
    bool raw;
    const char *what;
    size_t used;
    char buffer[BUFFER_SIZE];
};

int csw_sink_open(struct csw_sink **ret_sink, int fd, const char *what, bool raw,
                  struct csw_err *err)
{
    struct csw_sink *sink = malloc(sizeof *sink);

    if (!sink)
        return csw_fail(err, -ENOMEM, "no memory to write numbers");
    sink->fd = fd;
    sink->raw = raw;
    sink->what = what;
    sink->used = 0;
    *ret_sink = sink;
    return 0;
}

void csw_sink_close(struct csw_sink *sink)
{
    free(sink);
}

/* Writes some of the bytes; it waits for a non-blocking file too. */
static ssize_t write_some(int fd, const char *bytes, size_t count)
{
    ssize_t written;

    while ((written = write(fd, bytes, count)) < 0)
        if (errno == EAGAIN)
            (void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else if (errno != EINTR)
            break;
    return written;
}

int csw_sink_flush(struct csw_sink *sink, struct csw_err *err)
{
    const char *bytes = sink->buffer;

    while (sink->used > 0) {
        const ssize_t written = write_some(sink->fd, bytes, sink->used);

        if (written <= 0) {
            sink->used = 0;
            return csw_fail(err, written < 0 && errno == EPIPE ? -EPIPE : -EIO,
                            "cannot write %s: %s", sink->what,
                            strerror(written < 0 ? errno : ENOSPC));
        }
        bytes += written;
        sink->used -= (size_t)written;
    }
    return 0;
}

/* Eight digits of a number below 10^8, the first one in the lowest byte: halves, fours, pairs. */
static uint64_t eight_digits(uint64_t number)
{
    const uint64_t fours = number / 10000 | number % 10000 << 32;
    const uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    const uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
    const uint64_t tens = pairs * 103 >> 10 & UINT64_C(0x000f000f000f000f);

    return tens | (pairs - 10 * tens) << 8;
}

static void store_eight(char *text, uint64_t digits)
{
    const uint64_t bytes = htole64(digits);

    memcpy(text, &bytes, sizeof bytes);
}

#define ZEROS (UINT64_C(0x0101010101010101) * '0')

/* Without leading zeros; one digit for 0. Returns the end of the text. */
static char *write_first(char *text, uint64_t number)
{
    const uint64_t digits = eight_digits(number);
    const unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;

    store_eight(text, (digits + ZEROS) >> 8 * zeros);
    return text + 8 - zeros;
}

static char *write_next(char *text, uint64_t number)
{
    store_eight(text, eight_digits(number) + ZEROS);
    return text + 8;
}

#define TEN_TO_8 UINT64_C(100000000)

/* May write up to TEXT_SIZE bytes. Returns the end of the text. */
static char *write_number(char *text, uint64_t number)
{
    const uint64_t high = number / TEN_TO_8, low = number % TEN_TO_8;

    if (high == 0)
        return write_first(text, low);
    if (high < TEN_TO_8)
        return write_next(write_first(text, high), low);
    return write_next(write_next(write_first(text, high / TEN_TO_8), high % TEN_TO_8), low);
}

/* As many numbers as are certain to fit. Returns how many those are. */
static size_t put_some(struct csw_sink *sink, const uint64_t *values, size_t count)
{
    const size_t room = (BUFFER_SIZE - sink->used) / (sink->raw ? sizeof *values : TEXT_SIZE);
    const size_t some = count < room ? count : room;
    char *text = sink->buffer + sink->used;

    if (sink->raw)
        for (size_t i = 0; i < some; i++, text += sizeof *values)
            store_eight(text, values[i]);
    else
        for (size_t i = 0; i < some; i++) {
            text = write_number(text, values[i]);
            *text++ = '\n';
        }
    sink->used = (size_t)(text - sink->buffer);
    return some;
}

int csw_sink_put(struct csw_sink *sink, const uint64_t *values, size_t count, struct csw_err *err)
{
    while (count > 0) {
        const size_t put = put_some(sink, values, count);

        values += put;
        count -= put;
        if (count > 0) {
            const int code = csw_sink_flush(sink, err);

            if (code < 0)
                return code;
        }
    }
    return 0;
}
