/*
 * toys.h - small kernels for tests of what runs kernels: multiples of 7, with and without data.
 */
#ifndef CSW_TOYS_H
#define CSW_TOYS_H

#include <coresweep/kernel.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

/* ---- multiples of 7 -------------------------------------------------------------------------- */

/* The hits are the multiples of 7; there is no closed form. */
static bool is_hit(uint64_t item)
{
    return item % 7 == 0;
}

static struct csw_tally sevens_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = {.items = hi - lo, .work = 2 * (hi - lo)};

    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        if (is_hit(item)) {
            tally.hits++;
            tally.digest += item;
        }
    return tally;
}

static size_t sevens_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    size_t count = 0;

    (void)state;
    for (uint64_t item = lo; item < hi; item++)
        if (is_hit(item))
            ret_hits[count++] = item;
    return count;
}

static const struct csw_kernel sevens = {
    .abi = CSW_KERNEL_ABI, .name = "sevens", .scan = sevens_scan, .list = sevens_list};

/* Claims one hit more than scan finds. */
static struct csw_tally one_more_expect(const void *state, uint64_t lo, uint64_t hi)
{
    struct csw_tally tally = sevens_scan(state, lo, hi);

    tally.hits++;
    return tally;
}

static const struct csw_kernel one_missing = {.abi = CSW_KERNEL_ABI,
                                              .name = "one_missing",
                                              .scan = sevens_scan,
                                              .list = sevens_list,
                                              .expect = one_more_expect};

/* ---- a kernel whose items are data ----------------------------------------------------------- */

/* Value i is 3 i + 1, and a hit where 7 divides it: where i is 2 mod 7. */
struct ledger {
    uint64_t n, early; /* scans of an item without data */
    struct {
        uint64_t value, fills;
        pid_t filler;
    } item[];
};

/* What the last ledger was when it was closed. */
static struct {
    bool each_once;
    uint64_t early;
    unsigned fillers;
} audit;

static size_t ledger_bytes(uint64_t n)
{
    const struct ledger *ledger = NULL;

    return sizeof *ledger + n * sizeof ledger->item[0];
}

static int ledger_open(void **ret_state, const struct csw_task *task, struct csw_err *err)
{
    void *data = NULL;
    const int code = csw_data_map(&data, ledger_bytes(task->n), err);

    if (code == 0) {
        ((struct ledger *)data)->n = task->n;
        *ret_state = data;
    }
    return code;
}

static unsigned count_fillers(const struct ledger *ledger)
{
    pid_t known[64];
    unsigned count = 0;

    for (uint64_t i = 0; i < ledger->n && count < COUNT(known); i++) {
        unsigned k = 0;

        while (k < count && known[k] != ledger->item[i].filler)
            k++;
        if (k == count)
            known[count++] = ledger->item[i].filler;
    }
    return count;
}

static void ledger_close(void *state)
{
    struct ledger *ledger = state;

    audit.each_once = true;
    for (uint64_t i = 0; i < ledger->n; i++)
        audit.each_once = audit.each_once && ledger->item[i].fills == 1;
    audit.early = ledger->early;
    audit.fillers = count_fillers(ledger);
    csw_data_unmap(ledger);
}

static struct csw_tally ledger_fill(void *state, uint64_t lo, uint64_t hi)
{
    struct ledger *ledger = state;
    struct csw_tally tally = {.items = hi - lo, .work = 2 * (hi - lo)};

    for (uint64_t item = lo; item < hi; item++) {
        ledger->item[item].value = 3 * item + 1;
        ledger->item[item].fills++;
        ledger->item[item].filler = gettid();
        tally.hits += item % 7 == 2;
        tally.digest += item % 7 == 2 ? 3 * item + 1 : 0;
    }
    return tally;
}

static struct csw_tally ledger_scan(const void *state, uint64_t lo, uint64_t hi)
{
    struct ledger *ledger = (struct ledger *)state;
    struct csw_tally tally = {.items = hi - lo, .work = 2 * (hi - lo)};

    for (uint64_t item = lo; item < hi; item++) {
        if (ledger->item[item].fills == 0)
            __atomic_add_fetch(&ledger->early, 1, __ATOMIC_RELAXED);
        if (ledger->item[item].value % 7 == 0) {
            tally.hits++;
            tally.digest += ledger->item[item].value;
        }
    }
    return tally;
}

static size_t ledger_list(const void *state, uint64_t lo, uint64_t hi, uint64_t *ret_hits)
{
    const struct ledger *ledger = state;
    size_t count = 0;

    for (uint64_t item = lo; item < hi; item++)
        if (ledger->item[item].value % 7 == 0)
            ret_hits[count++] = ledger->item[item].value;
    return count;
}

static const struct csw_kernel ledger_kernel = {
    .abi = CSW_KERNEL_ABI,
    .name = "ledger",
    .open = ledger_open,
    .scan = ledger_scan,
    .list = ledger_list,
    .fill = ledger_fill,
    .close = ledger_close,
};

/* Leaves one item out, as a driver would that lost a unit. */
static inline struct csw_tally partial_fill(void *state, uint64_t lo, uint64_t hi)
{
    return ledger_fill(state, lo, lo < hi ? hi - 1 : hi);
}

#endif
