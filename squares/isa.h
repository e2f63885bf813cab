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

    /* The same past the caches, for more than they hold. NULL: as list does it. */
    void (*stream)(uint64_t root, size_t count, uint64_t *ret_squares);
};

/*
 * Tables filled before main. Row m of csw_octets: the numbers of the bits that are set in m,
 * ascending, then zeros. csw_paired_octets is for masks whose bits stand in the order 0 1 4 5 2 3
 * 6 7.
 */
extern uint16_t csw_octets[256][8], csw_paired_octets[256][8];

/* 0, 1, 2 ... 511 */
extern uint16_t csw_in_order[512];

/* The mask of those among 8 values that are squares mod 64, one by one. */
static inline unsigned csw_octet_residues(const uint64_t *values)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < 8; i++)
        mask |= (unsigned)(CSW_SQUARES_MOD_64 >> (values[i] & 63) & 1) << i;
    return mask;
}

/* How many of `count` values come before the next cache line. */
static inline size_t csw_values_to_line(const uint64_t *values, size_t count)
{
    const size_t before = (size_t)(-((uintptr_t)values / sizeof *values)) % 8;

    return before < count ? before : count;
}

static inline void csw_list_plainly(uint64_t root, size_t count, uint64_t *ret_squares)
{
    for (size_t i = 0; i < count; i++)
        ret_squares[i] = (root + i) * (root + i);
}

/* The registry, in the order of isas.def; NULL past the end. */
const struct csw_isa *csw_isa_at(size_t index);

/* The one of that name if this CPU has it, otherwise NULL. */
const struct csw_isa *csw_isa_find(const char *name);

/* The one in use; never NULL. */
const struct csw_isa *csw_isa_chosen(void);

/* What a user may ask for: "auto", then every name of the registry; NULL-ended. */
extern const char *const csw_isa_choices[];

/* The one that choice number `choice` stands for; the one in use where it is 0 or not usable. */
const struct csw_isa *csw_isa_of_choice(unsigned choice);

/* csw_isa_missing, where "auto" never is. */
const char *csw_isa_choice_missing(const char *choice);

#endif
