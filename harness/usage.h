/*
 * usage.h - what memory processes take, as /proc says. `root` comes before /proc: "" for this
 * machine. Formats: proc(5).
 */
#ifndef CSW_USAGE_H
#define CSW_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <coresweep/err.h>

/* NAN: not shown. */
struct csw_usage {
    pid_t pid;
    double pss_bytes;  /* proportional set size: a page that n processes map counts 1/n */
    double peak_bytes; /* largest resident set so far, shared pages included */
};

/* A process and its descendants. */
struct csw_usages {
    size_t count;
    struct csw_usage *usage; /* owned; the parent first */
};

/*
 * Reads the process `parent` and all its descendants that live. Returns 0 or -ENOMEM. The caller
 * releases it.
 */
int csw_usages_init(struct csw_usages *ret_usages, const char *root, pid_t parent,
                    struct csw_err *);
void csw_usages_release(struct csw_usages *);

/* All processes together; NAN where one does not show it. `pid` is the parent's. */
struct csw_usage csw_usages_sum(const struct csw_usages *);

/* The process's own; NAN where it is not among them. */
double csw_usages_pss(const struct csw_usages *, pid_t);

/* Any process's; NAN where it is not shown. */
double csw_usage_pss(const char *root, pid_t);

/*
 * Bytes of the mappings of this process between start and start + bytes that lie on huge pages
 * which its page tables map as such: AnonHugePages and ShmemPmdMapped of smaps. NAN where smaps
 * does not show them.
 */
double csw_usage_huge(const char *root, const void *start, uint64_t bytes);

#endif
