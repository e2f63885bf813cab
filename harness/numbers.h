/*
 * numbers.h - streams of numbers: a source to read them from and a sink to write them to. Both take
 * the same memory however long the stream is, and both forms of it: text with one number per line,
 * or raw, 64-bit little-endian.
 *
 * A program that answers before it waits for more input does
 *
 *     while ((code = csw_source_read(source, &err)) > 0) {
 *         while ((count = csw_source_take(source, &values)) > 0)
 *             ... csw_sink_put(sink, results, found, &err) ...
 *         ... csw_sink_flush(sink, &err) ...
 *     }
 */
#ifndef CSW_NUMBERS_H
#define CSW_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coresweep/err.h>

/* A longer line, without its newline, is bad input: it bounds the memory. */
#define CSW_LINE_MAX 4096u

struct csw_source;
struct csw_sink;

/*
 * A source that reads the open file `fd`, which stays the caller's. `path` names it in sentences
 * and must outlive the source; NULL is standard input. Returns 0 or -ENOMEM.
 */
int csw_source_open(struct csw_source **ret_source, int fd, const char *path, bool raw,
                    struct csw_err *);

/*
 * Gets more to take, by at most one read(2) that may wait; nothing is read while something is left
 * to take. Returns 1 (there may be something to take), 0 (the end), or a negative errno:
 * -EINVAL where the input is bad, after everything before it was taken, and what read(2) says.
 */
int csw_source_read(struct csw_source *, struct csw_err *);

/*
 * Takes the next numbers of what was read; 0: no more, or bad input, which the next
 * csw_source_read tells. They stay valid until the next call.
 *
 * In text, blank lines are skipped and blanks around a number too, carriage returns among them. A
 * number is what csw_number_parse reads; plain digits are read fast.
 */
size_t csw_source_take(struct csw_source *, const uint64_t **ret_values);

void csw_source_close(struct csw_source *);

/*
 * A sink that writes to the open file `fd`, which stays the caller's. `what` names it in sentences
 * ("the output") and must outlive the sink. Returns 0 or -ENOMEM.
 */
int csw_sink_open(struct csw_sink **ret_sink, int fd, const char *what, bool raw, struct csw_err *);

/*
 * Numbers go out when the buffer is full, and all of them with csw_sink_flush. Both return 0,
 * -EPIPE where nobody reads any more, or -EIO with "cannot write <what>"; what waited is lost then.
 */
int csw_sink_put(struct csw_sink *, const uint64_t *values, size_t count, struct csw_err *);
int csw_sink_flush(struct csw_sink *, struct csw_err *);

/* Does not flush. */
void csw_sink_close(struct csw_sink *);

#endif
