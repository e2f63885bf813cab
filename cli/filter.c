/* filter.c - coresweep filter: the perfect squares among the numbers of a file or a pipe. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coresweep/squares.h>

#include "harness/numbers.h"

struct filter_options {
    char *path, *isa;
    bool raw, count, index;
};

enum { KEY_COUNT = 'c', KEY_INDEX = 'i', KEY_RAW = 'r', KEY_ISA = 0x200 };

static const struct argp_option filter_argp_options[] = {
    {"count", KEY_COUNT, NULL, 0, "Print only how many there are, as text with --raw too", 0},
    {"index", KEY_INDEX, NULL, 0,
     "Print their positions, counted from 0, instead of their values; blank lines have none", 0},
    {"raw", KEY_RAW, NULL, 0,
     "Read and write 64-bit little-endian integers instead of lines of text", 0},
    {"isa", KEY_ISA, "NAME", 0,
     "Use this instruction set, such as scalar or avx2 (default: CORESWEEP_ISA of the "
     "environment, or the best one that this CPU has)",
     0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct filter_options *options = state->input;

    switch (key) {
    case KEY_COUNT:
        options->count = true;
        return 0;
    case KEY_INDEX:
        options->index = true;
        return 0;
    case KEY_RAW:
        options->raw = true;
        return 0;
    case KEY_ISA:
        options->isa = argument;
        return 0;
    default:
        return cli_one_file(key, argument, state, &options->path,
                            "name the FILE to read, or give - for standard input");
    }
}

static const struct argp filter_argp = {
    .options = filter_argp_options,
    .parser = parse,
    .args_doc = "FILE|-",
    .doc = "Reads whole numbers from 0 to 18446744073709551615, one per line, and prints those "
           "that are perfect squares, in their order; - is standard input. Numbers may be written "
           "as 5000, 5_000_000 or 1e9, with blanks around them; blank lines are skipped."
           "\vInput may be of any length: memory stays the same. What was read is answered before "
           "more is waited for, so it can follow a growing log or be typed at. At input that is "
           "bad it stops with exit code 2 and a sentence that names the line; what was found "
           "before has been printed then, with --count as well.\n\n"
           "Examples:\n"
           "  seq 1 1000000 | coresweep filter - --count       prints 1000\n"
           "  printf '15\\n16\\n1e6\\n' | coresweep filter -       prints 16 and 1000000\n"
           "  printf '15\\n16\\n1e6\\n' | coresweep filter - -i    prints 1 and 2\n"
           "  coresweep filter numbers.bin --raw > squares.bin",
};

/* ---- filtering ------------------------------------------------------------------------------ */

#define RESULTS 4096u

struct filter {
    const struct filter_options *options;
    struct csw_source *source;
    struct csw_sink *sink;
    uint64_t position, count; /* numbers looked at, squares counted */
};

static int filter_block(struct filter *filter, const uint64_t *values, size_t count,
                        struct csw_err *err)
{
    uint64_t results[RESULTS];
    int code = 0;

    while (code == 0 && count > 0) {
        size_t consumed;
        const size_t found =
            filter->options->index
                ? csw_index_array(values, count, filter->position, results, RESULTS, &consumed)
                : csw_filter_array(values, count, results, RESULTS, &consumed);

        code = csw_sink_put(filter->sink, results, found, err);
        filter->position += consumed;
        values += consumed;
        count -= consumed;
    }
    return code;
}

/* All that was read, down to the last result written. */
static int filter_read(struct filter *filter, struct csw_err *err)
{
    const uint64_t *values;
    size_t count;
    int code = 0;

    while (code == 0 && (count = csw_source_take(filter->source, &values)) > 0)
        if (filter->options->count)
            filter->count += csw_count_array(values, count);
        else
            code = filter_block(filter, values, count, err);
    return code == 0 ? csw_sink_flush(filter->sink, err) : code;
}

/* What was counted before an error is printed too, as squares before it are. */
static int print_count(struct filter *filter, struct csw_err *err)
{
    const int code = csw_sink_put(filter->sink, &filter->count, 1, err);

    return code == 0 ? csw_sink_flush(filter->sink, err) : code;
}

/* Returns 0, a negative errno of reading or of bad input, or of csw_sink_flush. */
static int filter_all(struct filter *filter, struct csw_err *err)
{
    struct csw_err lost;
    int code;

    while ((code = csw_source_read(filter->source, err)) > 0) {
        code = filter_read(filter, err);
        if (code < 0)
            return code;
    }
    if (filter->options->count && print_count(filter, &lost) < 0)
        return csw_fail(err, lost.code, "%s", lost.text);
    return code;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Results that are appended to the file they come from would be read again, for ever. */
static int check_apart(int fd, struct csw_err *err)
{
    struct stat in, out;

    if (fstat(fd, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 && S_ISREG(in.st_mode) &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino && in.st_size > 0)
        return csw_fail(err, -EINVAL, "the input is the output file too; write to another one");
    return 0;
}

static int open_input(int *ret_fd, const char *path, struct csw_err *err)
{
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

    if (fd < 0)
        return csw_fail(err, -errno, "cannot open '%.200s': %s", path, strerror(errno));
    *ret_fd = fd;
    return 0;
}

static int filter_fd(int fd, const char *path, const struct filter_options *options,
                     struct csw_err *err)
{
    struct filter filter = {.options = options};
    int code = check_apart(fd, err);

    if (code == 0)
        code = csw_source_open(&filter.source, fd, path, options->raw, err);
    if (code == 0)
        code = csw_sink_open(&filter.sink, STDOUT_FILENO, "the output",
                             options->raw && !options->count, err);
    if (code == 0)
        code = filter_all(&filter, err);
    csw_sink_close(filter.sink);
    csw_source_close(filter.source);
    return code;
}

static int filter_path(const struct filter_options *options, struct csw_err *err)
{
    const char *path = strcmp(options->path, "-") == 0 ? NULL : options->path;
    int fd = -1, code = cli_choose_isa(options->isa, err);

    if (code == 0 && options->count && options->index)
        code = csw_fail(err, -EINVAL, "--count and --index are two questions: give one of them");
    if (code == 0)
        code = open_input(&fd, path, err);
    if (code == 0) {
        code = filter_fd(fd, path, options, err);
        if (path)
            close(fd);
    }
    return code;
}

int cli_filter(int argc, char **argv)
{
    struct filter_options options = {0};
    struct csw_err err;

    argp_parse(&filter_argp, argc, argv, 0, NULL, &options);
    const int code = filter_path(&options, &err);

    if (code == 0)
        return CSW_EXIT_DONE;
    if (code == -EPIPE) /* who stopped reading, as head does, knows */
        return CSW_EXIT_FAILED;
    return cli_stopped(code, &err);
}
