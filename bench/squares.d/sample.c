/*
 * sample.c - see sample.h.
 *
 * Before a sample is timed, its data is brought to where it shall be: into the cache by a pass, or
 * out of all caches by passes over other stretches. Then the core must be quiet, and be quiet still
 * after it. Neighbours come and go within milliseconds, so that waiting and short samples help.
 */
#include "sample.h"

#include <alloca.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <coresweep/squares.h>

#include "harness/clock.h"

#define SAMPLE_NS 300000.0
#define PROBES 4 /* passes of which the shortest says how many make a sample */
#define L3_LEADS 24
#define STACK_GRAIN 16
#define PATIENCE 400u /* calibrations, 25 ms */

/* Wall time beyond the thread's CPU time: something else ran on its CPU. */
#define PREEMPTED 0.02

/* What the seats do together. */
struct turn {
    const struct bench_visit *visit;
    const struct bench_cell *cell;
    size_t place, places; /* in DRAM: the stretch that is timed, and how many there are */
    size_t leads;         /* passes before it, over the stretches that come before */
    size_t passes;
    size_t stack_shift; /* how far the stack is moved for the sample */
};

/* splitmix64 would be too much: any sequence without a pattern will do. */
static size_t draw_stack_shift(struct bench_visit *visit)
{
    visit->shift = visit->shift * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(visit->shift >> 56) * STACK_GRAIN;
}

/* ---- one pass ------------------------------------------------------------------------------- */

static const struct bench_array *array_of(const struct bench_cell *cell,
                                          const struct bench_memory *memory)
{
    const bool big = cell->level == BENCH_DRAM || cell->row->at_all_levels;

    return big ? &memory->big[cell->input] : &memory->small[cell->input];
}

static size_t parts_of(const struct bench_cell *cell)
{
    return cell->row->dram_parts > 0 ? cell->row->dram_parts : 1;
}

/* All but memory is always passed over from the start of an array. */
static struct bench_work work_of(const struct turn *turn, const struct bench_memory *memory,
                                 size_t place)
{
    const struct bench_cell *cell = turn->cell;
    const struct bench_array *array = array_of(cell, memory);
    struct bench_work work = {
        .values = array->values, .count = array->part_count, .out = memory->out};

    if (cell->level == BENCH_DRAM) {
        work.count *= parts_of(cell);
        work.values += place * work.count;
        work.out += place * work.count;
    } else if (cell->row->at_all_levels) {
        work.count = turn->visit->sizes.pass_bytes[cell->level] / cell->row->bytes;
    }
    return work;
}

static uint64_t expected_of(const struct turn *turn, const struct bench_memory *memory)
{
    const struct bench_cell *cell = turn->cell;
    const struct bench_array *array = array_of(cell, memory);

    switch (cell->row->result) {
    case BENCH_FINDS_SQUARES:
        return array->squares;
    case BENCH_SUMS:
        return memory->sum[cell->level];
    default:
        return work_of(turn, memory, turn->place).count;
    }
}

/* The passes count on one another's results, or the compiler might take one for all. */
static uint64_t repeat(bench_pass *pass, const struct bench_work *work, size_t passes)
{
    uint64_t results = 0;

    for (size_t i = 0; i < passes; i++) {
        results += pass(work);
        __asm__ volatile("" ::: "memory");
    }
    return results;
}

static void check(struct bench_seat *seat, const struct turn *turn, size_t passes, uint64_t result)
{
    const uint64_t expected = passes * expected_of(turn, &seat->memory);

    if (result != expected && seat->code == 0)
        seat->code =
            csw_fail(&seat->err, CSW_EWRONG, "%s on %s in %s gave %" PRIu64 " instead of %" PRIu64,
                     turn->cell->row->name, bench_input_name(turn->cell->input),
                     bench_level_name(turn->cell->level), result, expected);
}

/* ---- tasks of a seat ------------------------------------------------------------------------ */

static void calibrate(struct bench_seat *seat, void *argument)
{
    (void)argument;
    bench_crew_meet(seat->crew);
    bench_quiet_calibrate(&seat->quiet);
    seat->calm = bench_quiet_is(&seat->quiet, seat->quiet.last_ns);
}

/*
 * Brings the data to where it shall be. The last cache takes more than one pass: it keeps what is
 * used again.
 */
static void lead_in(struct bench_seat *seat, void *argument)
{
    const struct turn *turn = argument;
    const enum bench_level level = turn->cell->level;
    const size_t leads = level == BENCH_L3 ? L3_LEADS : turn->leads;

    for (size_t i = leads; i > 0; i--) {
        const size_t place = (turn->place + turn->places - i % turn->places) % turn->places;
        const struct bench_work work = work_of(turn, &seat->memory, place);

        check(seat, turn, 1, turn->cell->row->pass(&work));
    }
}

static void time_passes(struct bench_seat *seat, void *argument)
{
    const struct turn *turn = argument;
    const struct bench_work work = work_of(turn, &seat->memory, turn->place);
    volatile char *shift = alloca(turn->stack_shift + 1);

    *shift = 0;
    const uint64_t cpu_ns = csw_clock_ns(CLOCK_THREAD_CPUTIME_ID);

    bench_crew_meet(seat->crew);
    seat->start_ns = csw_now_ns();
    const uint64_t result = repeat(turn->cell->row->pass, &work, turn->passes);

    seat->end_ns = csw_now_ns();
    seat->cpu_ns = csw_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_ns;
    check(seat, turn, turn->passes, result);
}

/* ---- a sample ------------------------------------------------------------------------------- */

static unsigned seats_of(const struct bench_visit *visit, const struct bench_cell *cell)
{
    return cell->all ? visit->crew.cores : 1;
}

/* Whether all seats were quiet just now; *slowest_ns gets the slowest calibration if it is more. */
static bool are_quiet(struct bench_visit *visit, const struct bench_cell *cell, double *slowest_ns)
{
    bool calm = true;

    bench_crew_run(&visit->crew, cell->all, calibrate, NULL);
    for (unsigned i = 0; i < seats_of(visit, cell); i++) {
        const struct bench_seat *seat = &visit->crew.seats[i];

        calm = calm && seat->calm;
        if (seat->quiet.last_ns > *slowest_ns)
            *slowest_ns = seat->quiet.last_ns;
    }
    return calm;
}

static void wait_for_quiet(struct bench_visit *visit, const struct bench_cell *cell,
                           double *ret_slowest_ns)
{
    unsigned tried = 0;

    do
        *ret_slowest_ns = 0;
    while (!are_quiet(visit, cell, ret_slowest_ns) && ++tried < PATIENCE);
}

static bool was_preempted(const struct bench_seat *seat)
{
    const double wall_ns = (double)(seat->end_ns - seat->start_ns);

    return wall_ns - (double)seat->cpu_ns > PREEMPTED * wall_ns;
}

static bool is_any_preempted(const struct bench_visit *visit, const struct bench_cell *cell)
{
    for (unsigned i = 0; i < seats_of(visit, cell); i++)
        if (was_preempted(&visit->crew.seats[i]))
            return true;
    return false;
}

/* From the first start to the last end. */
static double span_ns(const struct bench_visit *visit, const struct bench_cell *cell)
{
    const struct bench_seat *seats = visit->crew.seats;
    uint64_t start_ns = seats[0].start_ns, end_ns = seats[0].end_ns;

    for (unsigned i = 1; i < seats_of(visit, cell); i++) {
        start_ns = seats[i].start_ns < start_ns ? seats[i].start_ns : start_ns;
        end_ns = seats[i].end_ns > end_ns ? seats[i].end_ns : end_ns;
    }
    return (double)(end_ns - start_ns);
}

static double mean_ns(const struct bench_visit *visit, const struct bench_cell *cell)
{
    const struct bench_seat *seats = visit->crew.seats;
    const unsigned count = seats_of(visit, cell);
    double sum_ns = 0;

    for (unsigned i = 0; i < count; i++)
        sum_ns += (double)(seats[i].end_ns - seats[i].start_ns);
    return sum_ns / count;
}

/*
 * What cores share, one that is done leaves to the others, so that all of them count as one. In
 * caches of their own they are as many measurements, and the mean is what another core adds.
 */
static double wall_ns(const struct bench_visit *visit, const struct bench_cell *cell)
{
    const bool own = cell->level == BENCH_L1 || cell->level == BENCH_L2;

    return own ? mean_ns(visit, cell) : span_ns(visit, cell);
}

/* Units of time of all seats together. */
static double units(const struct bench_visit *visit, const struct turn *turn)
{
    const struct bench_row *row = turn->cell->row;
    const struct bench_work work = work_of(turn, &visit->crew.seats[0].memory, turn->place);
    const unsigned values = row->values_per_unit > 0 ? row->values_per_unit : 1;

    return (double)(work.count / values) * (double)turn->passes * seats_of(visit, turn->cell);
}

int bench_crew_code(const struct bench_crew *crew, struct csw_err *err)
{
    for (unsigned i = 0; i < crew->cores; i++)
        if (crew->seats[i].code < 0) {
            *err = crew->seats[i].err;
            return crew->seats[i].code;
        }
    return 0;
}

/* Where a turn takes place: after the stretches that the last one has used, and leads of its own.
 */
static void find_place(struct bench_visit *visit, struct turn *turn)
{
    const size_t parts = parts_of(turn->cell);

    turn->places = turn->leads = 1;
    if (turn->cell->level != BENCH_DRAM)
        return;
    turn->places = visit->sizes.dram_bytes / visit->sizes.pass_bytes[BENCH_DRAM] / parts;
    turn->leads = (visit->sizes.lead_parts + parts - 1) / parts;
    visit->part += (turn->leads + 1) * parts;
    turn->place = visit->part / parts % turn->places;
}

int bench_sample_take(struct bench_visit *visit, const struct bench_cell *cell,
                      struct bench_sample *ret_sample, struct csw_err *err)
{
    struct turn turn = {.visit = visit,
                        .cell = cell,
                        .passes = cell->passes,
                        .stack_shift = draw_stack_shift(visit)};
    struct bench_sample sample = {.round = visit->round};

    csw_isa_use(bench_row_isa(cell->row));
    find_place(visit, &turn);
    bench_crew_run(&visit->crew, cell->all, lead_in, &turn);
    wait_for_quiet(visit, cell, &sample.calibration_ns);
    bench_crew_run(&visit->crew, cell->all, time_passes, &turn);
    are_quiet(visit, cell, &sample.calibration_ns);
    sample.ns = wall_ns(visit, cell) / units(visit, &turn);
    sample.quiet = !is_any_preempted(visit, cell) &&
                   bench_quiet_is(&visit->crew.seats[0].quiet, sample.calibration_ns);
    *ret_sample = sample;
    return bench_crew_code(&visit->crew, err);
}

/* As many passes as make a sample long enough; over memory one stretch is. */
int bench_sample_size(struct bench_visit *visit, struct bench_cell *cell, struct csw_err *err)
{
    const struct bench_seat *seat = &visit->crew.seats[0];
    struct turn turn = {.visit = visit, .cell = cell, .passes = 1};
    double least_ns = SAMPLE_NS;

    cell->passes = 1;
    if (cell->level == BENCH_DRAM)
        return 0;
    csw_isa_use(bench_row_isa(cell->row));
    for (unsigned i = 0; i < PROBES; i++) {
        bench_crew_run(&visit->crew, cell->all, time_passes, &turn);
        const double pass_ns = (double)(seat->end_ns - seat->start_ns);

        least_ns = pass_ns < least_ns ? pass_ns : least_ns;
    }
    cell->passes = (size_t)(SAMPLE_NS / least_ns) + 1;
    return bench_crew_code(&visit->crew, err);
}
