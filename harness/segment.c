/* segment.c - see segment.h */
#include "segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"

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

/* Which of the lists "0-7 8-15" has the CPU, from 0; -1: none, or a CPU that is not known. */
static int kind_of(const char *kinds, int64_t cpu)
{
    int kind = 0;

    for (const char *list = kinds; cpu >= 0 && list; kind++) {
        if (csw_cpus_has(list, (unsigned)cpu))
            return kind;
        list = strchr(list, ' ');
        list += list != NULL;
    }
    return -1;
}

static void meet_kinds(struct csw_boundary *nearest, const struct csw_seating *seating, double from)
{
    const char *kinds = seating->host->core_kinds;

    for (uint64_t w = from < 1 ? 1 : (uint64_t)from; kinds && w < seating->workers; w++) {
        const int last = kind_of(kinds, seating->worker[w - 1].pu);
        const int next = kind_of(kinds, seating->worker[w].pu);

        if (last >= 0 && next >= 0 && last != next)
            meet(nearest, from, (double)w, "run on another kind of core");
    }
}

struct csw_boundary csw_boundary_from(const struct csw_seating *seating, double workers)
{
    const struct csw_host *host = seating->host;
    struct csw_boundary nearest = none;

    if (host->usable_pus > 0)
        meet(&nearest, workers, (double)host->usable_pus, "have no CPU of their own");
    meet_policy(&nearest, host, seating->pin ? seating->pin : "", workers);
    meet_kinds(&nearest, seating, workers);
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

static struct csw_segment segment_from(const struct csw_seating *seating, bool waits,
                                       const double *workers, size_t count, size_t first)
{
    struct csw_segment segment = {.first = first,
                                  .end = waits ? none : csw_boundary_from(seating, workers[first])};

    while (first + segment.count < count && workers[first + segment.count] <= segment.end.workers)
        segment.count++;
    return segment;
}

struct csw_segment csw_segment_find(const struct csw_seating *seating, bool waits,
                                    const double *workers, size_t count, size_t enough)
{
    if (count == 0)
        return (struct csw_segment){.end = none};
    const struct csw_segment first = segment_from(seating, waits, workers, count, 0);
    struct csw_segment segment = first;

    for (size_t next = first.count;
         segment.count < enough && next < count && has_cpus(seating->host, workers[next]);
         next += segment.count)
        segment = segment_from(seating, waits, workers, count, next);
    return segment.count >= enough ? segment : first;
}
