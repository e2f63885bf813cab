/* price.c - see price.h */
#include "price.h"

#include <stddef.h>

#include "harness/clock.h"
#include "harness/stats.h"

/* Attempts of one reading: for about BUDGET_NS, at least and at most so many. */
#define BUDGET_NS (50 * CSW_NS_PER_MS)
#define LEAST 5
#define MOST 1000

static int attempt(const struct csw_priced *priced, void *context, double *ret_ns,
                   struct csw_err *err)
{
    const uint64_t start_ns = csw_now_ns();
    int code = priced->once(context, err);

    *ret_ns = (double)(csw_now_ns() - start_ns);
    if (code == 0 && priced->after)
        code = priced->after(context, err);
    return code;
}

int csw_price(struct csw_probe_out *out, const struct csw_priced *priced, void *context,
              struct csw_err *err)
{
    double took_ns[MOST];
    size_t count = 0;
    int code = attempt(priced, context, &took_ns[0], err);
    const uint64_t start_ns = csw_now_ns();

    while (code == 0 && count < MOST && (count < LEAST || csw_now_ns() - start_ns < BUDGET_NS))
        code = attempt(priced, context, &took_ns[count++], err);
    if (code == 0)
        csw_probe_tell(out, priced->row, priced->quantity, "ns", csw_median(took_ns, count).value);
    return code;
}
