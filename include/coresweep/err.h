/*
 * err.h - how a failure is told: a negative errno and one complete sentence.
 *
 * Whoever first knows that something failed writes the sentence; every caller above only passes the
 * code on. The library never prints: cli/ prints the sentence once.
 */
#ifndef CORESWEEP_ERR_H
#define CORESWEEP_ERR_H

struct csw_err {
    int code;       /* negative errno, 0: nothing failed */
    char text[512]; /* one sentence without a final newline */
};

/*
 * Writes the sentence and returns `code`, so that a caller can `return csw_fail(err, -EINVAL,
 * ...)`. `err` may be NULL: the code alone is returned. A later call overwrites an earlier
 * sentence.
 */
int csw_fail(struct csw_err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Exit codes of the program, the same for every command. */
enum csw_exit {
    CSW_EXIT_DONE = 0,
    CSW_EXIT_FAILED = 1,
    CSW_EXIT_USAGE = 2,
    CSW_EXIT_WRONG_TALLY = 3, /* a result was wrong: the measurement would have lied */
    CSW_EXIT_WORSE = 4,       /* compare: slower than before; doctor: unfit for a sweep */
};

/* A wrong result, which no errno means; cli/ turns it into CSW_EXIT_WRONG_TALLY. */
#define CSW_EWRONG (-10000)

#endif
