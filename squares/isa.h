/* isa.h - one instruction set's functions on arrays and ranges. */
#ifndef CSW_ISA_H
#define CSW_ISA_H

#include <coresweep/squares.h>

struct csw_isa {
    const char *name;     /* file name = symbol suffix = what --isa and CORESWEEP_ISA take */
    const char *needs;    /* the sentence that says what a CPU lacks which cannot use it */
    bool (*usable)(void); /* NULL: not on this architecture */

    /* How many of the values are squares. */
    size_t (*count)(const uint64_t *values, size_t count);

    /* Writes the squares among the values in their order; there is room for `count` of them. */
    size_t (*filter)(const uint64_t *values, size_t count, uint64_t *ret_squares);

    /* Writes first + i for every i where values[i] is a square; there is room for `count`. */
    size_t (*index)(const uint64_t *values, size_t count, uint64_t first, uint64_t *ret_positions);

    /* Writes the squares of `count` roots from `root` on, the last one at most 2^32 - 1. */
    void (*list)(uint64_t root, size_t count, uint64_t *ret_squares);
};

/* The registry, in the order of isas.def; NULL past the end. */
const struct csw_isa *csw_isa_at(size_t index);

/* The one of that name if this CPU has it, otherwise NULL. */
const struct csw_isa *csw_isa_find(const char *name);

/* The one in use; never NULL. */
const struct csw_isa *csw_isa_chosen(void);

#endif
