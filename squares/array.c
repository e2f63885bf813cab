/* array.c - counting, filtering and indexing within a capacity. */
#include "isa.h"

/* Below this room a piece of the array goes through a buffer, whatever it may hold. */
#define PIECE 256u

size_t csw_count_array(const uint64_t *values, size_t count)
{
    return csw_isa_chosen()->count(values, count);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What is left of an array and of the room for its results. */
struct rest {
    const uint64_t *values;
    size_t count, room;
    uint64_t first;
    uint64_t *out;
};

static void advance(struct rest *rest, size_t looked_at, size_t found)
{
    rest->values += looked_at;
    rest->count -= looked_at;
    rest->first += looked_at;
    if (found > 0) /* without room, `out` may be NULL, which not even 0 may be added to */
        rest->out += found;
    rest->room -= found;
}

/* A piece that cannot have more results than there is room. */
static void take_freely(struct rest *rest, bool positions)
{
    const struct csw_isa *isa = csw_isa_chosen();
    const size_t n = least(rest->count, rest->room);
    const size_t found = positions ? isa->index(rest->values, n, rest->first, rest->out)
                                   : isa->filter(rest->values, n, rest->out);

    advance(rest, n, found);
}

/* A piece that may have more results than there is room: up to the first one that has none. */
static void take_carefully(struct rest *rest, bool positions)
{
    uint64_t where[PIECE];
    const size_t n = least(rest->count, PIECE);
    const size_t found = csw_isa_chosen()->index(rest->values, n, 0, where);
    const size_t taken = least(found, rest->room);

    for (size_t i = 0; i < taken; i++)
        rest->out[i] = positions ? rest->first + where[i] : rest->values[where[i]];
    advance(rest, taken < found ? (size_t)where[taken] : n, taken);
    if (taken < found)
        rest->count = 0;
}

static size_t take(struct rest *rest, bool positions, size_t *ret_consumed)
{
    const uint64_t *const start = rest->values, *const out = rest->out;

    while (rest->count > 0)
        if (rest->room >= least(rest->count, PIECE))
            take_freely(rest, positions);
        else
            take_carefully(rest, positions);
    *ret_consumed = (size_t)(rest->values - start);
    return (size_t)(rest->out - out);
}

size_t csw_filter_array(const uint64_t *values, size_t count, uint64_t *ret_squares,
                        size_t capacity, size_t *ret_consumed)
{
    struct rest rest = {.values = values, .count = count, .room = capacity, .out = ret_squares};

    return take(&rest, false, ret_consumed);
}

size_t csw_index_array(const uint64_t *values, size_t count, uint64_t first,
                       uint64_t *ret_positions, size_t capacity, size_t *ret_consumed)
{
    struct rest rest = {
        .values = values, .count = count, .room = capacity, .first = first, .out = ret_positions};

    return take(&rest, true, ret_consumed);
}
