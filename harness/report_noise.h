/*
 * report_noise.h - what the report says of disturbed samples: how many there are, and who took the
 * CPUs from them. It tells of the marks in the file, which the plan's rule made; it marks nothing.
 */
#ifndef CSW_REPORT_NOISE_H
#define CSW_REPORT_NOISE_H

#include <stddef.h>
#include <stdio.h>

#include <coresweep/err.h>
#include <coresweep/record.h>

#define CSW_NOISE_SENTENCES 6
#define CSW_NOISE_SENTENCE_SIZE 400

struct csw_noise_report {
    size_t disturbed; /* samples */
    size_t count;
    char sentence[CSW_NOISE_SENTENCES][CSW_NOISE_SENTENCE_SIZE];
};

/*
 * Fills in the sentences: one for each of quota, hypervisor, other programs and other reasons that
 * disturbed samples, one that sums up, and one where availability is not known. None at all where
 * the plan has no rule or there is no sample. CPU time that was missing counts as taken by other
 * programs only where no quota was used up, and steal is less than half of it. 0 or -ENOMEM.
 */
int csw_noise_report_fill(struct csw_noise_report *ret_report, const struct csw_results *,
                          struct csw_err *);

/* Prints the sentences in lines of at most 100 columns, each with `line_end`. 0 or -ENOMEM. */
int csw_noise_report_print(const struct csw_results *, const char *line_end, FILE *out,
                           struct csw_err *);

#endif
