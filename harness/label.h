/* label.h - what a driver with its settings is called in a report, as short as tells it apart. */
#ifndef CSW_LABEL_H
#define CSW_LABEL_H

#include <stddef.h>

#include <coresweep/record.h>

#define CSW_LABEL_SIZE 80

/*
 * Writes the name of the point's driver, and the values of those settings in which another point of
 * the same driver has another one: "cpython-pool spawn". What ran it stands for a file that was
 * chosen, as far as it has been seen: "cpython-pool CPython 3.11.2", or else the file's own name.
 */
void csw_point_label(const struct csw_results *, size_t point, char ret_text[CSW_LABEL_SIZE]);

/* What ran the point, as its samples say: "CPython 3.11.2, ..."; "": this program, or no sample. */
const char *csw_point_runtime(const struct csw_results *, size_t point);

#endif
