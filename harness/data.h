/* data.h - the data of the kernels that are open: how much they are and what they lie on. */
#ifndef CSW_DATA_H
#define CSW_DATA_H

#include <stdint.h>

/* Bytes that csw_data_map gave and csw_data_unmap did not take back. */
uint64_t csw_data_bytes(void);

/*
 * How many of these bytes lie on huge pages, as smaps of this process says; NAN where it does not.
 * Maps the pages that only a forked worker touched so far, and so takes a while.
 */
double csw_data_huge_bytes(void);

#endif
