/* record_json.h - the records as jansson values, for the files that read and write them. */
#ifndef CSW_RECORD_JSON_H
#define CSW_RECORD_JSON_H

#include <jansson.h>
#include <stdio.h>

#include <coresweep/record.h>

#include "stats.h"

/* A number, or null where it is none (NAN, infinite). */
json_t *csw_real_json(double value);

/* A string. JSON is UTF-8: of another text (a file name, say) only the ASCII part is kept. */
json_t *csw_text_json(const char *text);

/* {"value", "low", "high", "n"}. */
json_t *csw_estimate_json(const struct csw_estimate *);

/*
 * Prints the value, NULL where there was no memory for it, as `what` in sentences. 0, -ENOMEM, or
 * -EIO where it could not be written whole.
 */
int csw_json_print(const json_t *, const char *what, FILE *out, struct csw_err *);

/* The fields of one record as an object; the caller owns it. NULL: out of memory. */
json_t *csw_record_json(const struct csw_fields *, const void *record);

/*
 * Fills the record, which is zero, from the object. Fields that came later may be missing.
 * -EINVAL names the field that is missing or of another type;
 * what was read until then stays in the record, which the caller releases in any case.
 */
int csw_record_read(const struct csw_fields *, void *record, const json_t *object,
                    struct csw_err *);

/* Reads a sample with its workers; untouched on failure. */
int csw_sample_read(struct csw_sample *ret_sample, const json_t *object, struct csw_err *);

/* Reads a reading; untouched on failure. */
int csw_reading_read(struct csw_reading *ret_reading, const json_t *object, struct csw_err *);

/* Reads a cost; untouched on failure. */
int csw_cost_read(struct csw_cost *ret_cost, const json_t *object, struct csw_err *);

#endif
