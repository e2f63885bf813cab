/* doctor_probe.c - how much of each CPU a loop that computes gets. See doctor.h. */
#include "doctor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "clock.h"

#define SPIN_NS (100 * CSW_NS_PER_MS)
#define ALL_SPINS_NS (2 * CSW_NS_PER_S)
#define MOST_SECOND_LOOKS 20

/* Below these a region of that length is longer by more than the usual noise, or by a tenth. */
#define NOTED_AVAILABILITY 0.98
#define BAD_AVAILABILITY 0.9

/* What a loop saw of a CPU. */
struct spin {
    double availability;
    uint64_t gap_ns; /* the longest time that it did not run */
};

static struct spin spin_for(uint64_t wanted_ns)
{
    const uint64_t start_ns = csw_now_ns(), cpu_start_ns = csw_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    uint64_t now_ns = start_ns, gap_ns = 0;

    while (now_ns - start_ns < wanted_ns) {
        const uint64_t next_ns = csw_now_ns();

        if (next_ns - now_ns > gap_ns)
            gap_ns = next_ns - now_ns;
        now_ns = next_ns;
    }
    const uint64_t cpu_ns = csw_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_start_ns;

    return (struct spin){(double)cpu_ns / (double)(now_ns - start_ns), gap_ns};
}

/*
 * Many CPUs leave each a few milliseconds only, of which one tick of anything takes a large part:
 * what seems taken is looked at for as long as where there are few.
 */
static struct spin look(uint64_t wanted_ns, unsigned *second_looks)
{
    const struct spin spin = spin_for(wanted_ns);

    if (wanted_ns >= SPIN_NS || spin.availability >= NOTED_AVAILABILITY || *second_looks == 0)
        return spin;
    --*second_looks;
    return spin_for(SPIN_NS);
}

/* The worst of all CPUs, each by itself, and the least and the greatest availability. */
struct spins {
    double least, most;
    uint64_t gap_ns;
    int worst_cpu;
};

static int spin_everywhere(struct spins *ret_spins, const struct csw_placement *placement,
                           struct csw_err *err)
{
    const uint64_t share_ns = ALL_SPINS_NS / placement->workers;
    const uint64_t each_ns = share_ns < SPIN_NS ? share_ns : SPIN_NS;
    struct spins spins = {.least = INFINITY, .most = 0};
    unsigned second_looks = MOST_SECOND_LOOKS;
    int code = 0;

    for (unsigned w = 0; w < placement->workers; w++) {
        code = csw_placement_bind(placement, w, err);
        if (code < 0)
            break;
        const struct spin spin = look(each_ns, &second_looks);

        if (spin.availability < spins.least)
            spins.worst_cpu = placement->pu[w];
        spins.least = fmin(spins.least, spin.availability);
        spins.most = fmax(spins.most, spin.availability);
        spins.gap_ns = spin.gap_ns > spins.gap_ns ? spin.gap_ns : spins.gap_ns;
    }
    csw_placement_unbind(placement);
    *ret_spins = spins;
    return code;
}

static void tell(struct csw_doctor *doctor, const struct spins *spins)
{
    struct csw_finding *finding = &doctor->finding[doctor->count++];
    const enum csw_grade grade = spins->least < BAD_AVAILABILITY     ? CSW_BAD
                                 : spins->least < NOTED_AVAILABILITY ? CSW_NOTE
                                                                     : CSW_OK;

    *finding = (struct csw_finding){.grade = grade, .what = "noise", .means = "", .remedy = ""};
    if (grade != CSW_OK) {
        finding->means = "A loop that wants its CPU all the time did not get it: others take CPU "
                         "time, or a quota holds it back.";
        finding->remedy = "Find them (top, pidstat), use other CPUs (--pin), or take many rounds "
                          "and read S_cpu.";
    }
    snprintf(finding->value, sizeof finding->value,
             "availability %.2f to %.2f, least on CPU %d, longest gap %.2g ms", spins->least,
             spins->most, spins->worst_cpu, (double)spins->gap_ns / 1e6);
}

int csw_doctor_probe(struct csw_doctor *doctor, const struct csw_topo *topo, struct csw_err *err)
{
    struct csw_placement placement = {0};
    struct spins spins;
    int code = csw_placement_init(&placement, topo, "compact", csw_topo_pus(topo), err);

    if (code == 0)
        code = csw_placement_probe(&placement, err);
    if (code == 0)
        code = spin_everywhere(&spins, &placement, err);
    if (code == 0)
        tell(doctor, &spins);
    csw_placement_release(&placement);
    return code;
}
