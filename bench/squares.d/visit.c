/* visit.c - see visit.h */
#include "visit.h"

#include <stdio.h>
#include <string.h>

#include "sample.h"

#define ATTEMPTS 3 /* per cell and round */
#define FIRST_CALIBRATIONS 2000u

/* ---- tasks of a seat ------------------------------------------------------------------------ */

static uint64_t seed_of(const struct bench_visit *visit, const struct bench_seat *seat)
{
    return (uint64_t)visit->round << 32 | seat->number;
}

static void open_memory(struct bench_seat *seat, void *argument)
{
    const struct bench_visit *visit = argument;
    const unsigned inputs =
        seat->number == 0 ? bench_cells_big_inputs(&visit->cells) : BENCH_IN(BENCH_RANDOM);

    seat->code =
        bench_memory_open(&seat->memory, &visit->sizes, inputs, seed_of(visit, seat), &seat->err);
}

static void redraw(struct bench_seat *seat, void *argument)
{
    bench_memory_redraw(&seat->memory, seed_of(argument, seat));
}

static void get_to_know(struct bench_seat *seat, void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < FIRST_CALIBRATIONS; i++)
        bench_quiet_calibrate(&seat->quiet);
}

/* ---- rounds --------------------------------------------------------------------------------- */

static int visit_open(struct bench_visit *visit, const struct csw_topo *topo, struct csw_err *err)
{
    struct bench_crew *crew = &visit->crew;
    int code = bench_crew_open(crew, topo, err);

    if (code < 0)
        return code;
    bench_limits_open();
    bench_order_open();
    bench_pari_open();
    bench_sizes_read(&visit->sizes, crew->cores);
    code = bench_cells_open(&visit->cells, &visit->sizes, crew->cores, err);
    if (code < 0)
        return code;
    bench_crew_run(crew, true, open_memory, visit);
    bench_crew_run(crew, true, get_to_know, NULL);
    code = bench_crew_code(crew, err);
    for (size_t i = 0; code == 0 && i < visit->cells.count; i++)
        code = bench_sample_size(visit, &visit->cells.cell[i], err);
    return code;
}

static int measure_cell(struct bench_visit *visit, struct bench_cell *cell, struct csw_err *err)
{
    struct bench_sample sample = {0};
    int code = 0;

    for (unsigned attempt = 0; code == 0 && attempt < ATTEMPTS && !sample.quiet; attempt++) {
        code = bench_sample_take(visit, cell, &sample, err);
        if (code == 0)
            code = bench_cell_keep(cell, &sample, err);
    }
    return code;
}

static int measure_round(struct bench_visit *visit, FILE *to, struct csw_err *err)
{
    const struct bench_message message = {.event = BENCH_ROUND};
    int code = 0;

    bench_crew_run(&visit->crew, true, redraw, visit);
    for (size_t i = 0; code == 0 && i < visit->cells.count; i++)
        code = measure_cell(visit, &visit->cells.cell[i], err);
    visit->round++;
    fwrite(&message, sizeof message, 1, to);
    fflush(to);
    return code;
}

/* ---- messages ------------------------------------------------------------------------------- */

/* A core may have been known for quiet too early: it is seen again by the best of the visit. */
static void send_samples(const struct bench_visit *visit, FILE *to)
{
    for (size_t i = 0; i < visit->cells.count; i++) {
        const struct bench_cell *cell = &visit->cells.cell[i];

        for (size_t s = 0; s < cell->count; s++) {
            struct bench_message message = {
                .event = BENCH_SAMPLE, .cell = i, .sample = cell->samples[s]};

            message.sample.quiet =
                message.sample.quiet &&
                bench_quiet_is(&visit->crew.seats[0].quiet, message.sample.calibration_ns);
            fwrite(&message, sizeof message, 1, to);
        }
    }
}

static void send_end(const struct bench_visit *visit, int code, const struct csw_err *err, FILE *to)
{
    const struct bench_seat *first = &visit->crew.seats[0];
    struct bench_message message = {.event = BENCH_FAILED};

    if (code < 0) {
        message.err = *err;
    } else {
        message.event = BENCH_END;
        message.calibration_ns = first->quiet.best_ns;
        message.real_time = first->real_time;
        snprintf(message.unbound, sizeof message.unbound, "%s", visit->crew.unbound);
    }
    fwrite(&message, sizeof message, 1, to);
}

int bench_visit(unsigned first_round, unsigned rounds, int to)
{
    struct bench_visit visit = {.round = first_round, .shift = first_round};
    struct csw_topo *topo = NULL;
    struct csw_err err = {0};
    FILE *stream = fdopen(to, "w");

    if (!stream)
        return CSW_EXIT_FAILED;
    int code = csw_topo_open(&topo, NULL, &err);

    if (code == 0)
        code = visit_open(&visit, topo, &err);
    while (code == 0 && visit.round < first_round + rounds)
        code = measure_round(&visit, stream, &err);
    if (code == 0)
        send_samples(&visit, stream);
    send_end(&visit, code, &err, stream);
    fclose(stream); /* threads, arrays and lists go with the process */
    return code == 0 ? CSW_EXIT_DONE : CSW_EXIT_FAILED;
}
