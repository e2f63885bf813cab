/* segment.c - see segment.h */
#include "segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct csw_boundary none = {.workers = INFINITY, .what = ""};

/* ---- boundaries ----------------------------------------------------------------------------- */

/* The number before "package" or "packages" in "2 packages, 2 NUMA nodes, ..."; 1 where untold. */
static double packages_of(const struct csw_host *host)
{
    const char *text = host->topology ? host->topology : "";
    char *end;
    const double packages = strtod(text, &end);

    return end > text && strncmp(end, " package", strlen(" package")) == 0 && packages > 1
               ? packages
               : 1;
}

/* Keeps the nearer one of those that are not yet passed. */
static void meet(struct csw_boundary *nearest, double from, double workers, const char *what)
{
    if (workers >= from && workers < nearest->workers)
        *nearest = (struct csw_boundary){.workers = workers, .what = what};
}

/* The package's last place in an order that fills one package after the other. */
static double end_of_package(double places, double packages, double from)
{
    const double each = fmax(1, floor(places / packages));

    return ceil(from / each) * each;
}

/* Cores first: the second threads of cores come when every core has a worker. */
static void meet_cores(struct csw_boundary *nearest, const struct csw_host *host, double from)
{
    if (host->usable_pus > host->usable_cores && host->usable_cores > 0)
        meet(nearest, from, (double)host->usable_cores, "share cores");
}

static void meet_policy(struct csw_boundary *nearest, const struct csw_host *host, const char *pin,
                        double from)
{
    const double cores = (double)host->usable_cores, pus = (double)host->usable_pus;
    const double packages = packages_of(host);
    const char *const package = "sit in another package";

    if (strcmp(pin, "cores") == 0) {
        meet_cores(nearest, host, from);
        if (packages > 1)
            meet(nearest, from, end_of_package(cores, packages, from), package);
    } else if (strcmp(pin, "compact") == 0) {
        if (pus > cores)
            meet(nearest, from, 1, "share cores");
        if (packages > 1)
            meet(nearest, from, end_of_package(pus, packages, from), package);
    } else if (strcmp(pin, "spread") == 0 || strcmp(pin, "none") == 0) {
        meet_cores(nearest, host, from);
        if (packages > 1)
            meet(nearest, from, 1, package);
    }
}

struct csw_boundary csw_boundary_from(const struct csw_host *host, const char *pin, double workers)
{
    struct csw_boundary nearest = none;

    if (host->usable_pus > 0)
        meet(&nearest, workers, (double)host->usable_pus, "have no CPU of their own");
    meet_policy(&nearest, host, pin ? pin : "", workers);
    if (host->quota_cpus > 0) /* false for NAN: no limit */
        meet(&nearest, workers, fmax(1, floor(host->quota_cpus)), "exceed the CPU quota");
    return nearest;
}

/* Whether so many workers that compute can all do so at once. */
static bool has_cpus(const struct csw_host *host, double workers)
{
    return !(host->usable_pus > 0 && workers > (double)host->usable_pus) &&
           !(host->quota_cpus > 0 && workers > host->quota_cpus);
}

/* ---- segments ------------------------------------------------------------------------------- */

static struct csw_segment segment_from(const struct csw_host *host, const char *pin, bool waits,
                                       const double *workers, size_t count, size_t first)
{
    struct csw_segment segment = {
        .first = first, .end = waits ? none : csw_boundary_from(host, pin, workers[first])};

    while (first + segment.count < count && workers[first + segment.count] <= segment.end.workers)
        segment.count++;
    return segment;
}

struct csw_segment csw_segment_find(const struct csw_host *host, const char *pin, bool waits,
                                    const double *workers, size_t count, size_t enough)
{
    if (count == 0)
        return (struct csw_segment){.end = none};
    const struct csw_segment first = segment_from(host, pin, waits, workers, count, 0);
    struct csw_segment segment = first;

    for (size_t next = first.count;
         segment.count < enough && next < count && has_cpus(host, workers[next]);
         next += segment.count)
        segment = segment_from(host, pin, waits, workers, count, next);
    return segment.count >= enough ? segment : first;
}
