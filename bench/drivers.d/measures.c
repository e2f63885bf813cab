/* measures.c - the registry of measure.h. */
#include <stdio.h>

#include "measure.h"

#define MEASURE(name) extern const struct bench_measure bench_measure_##name;
#include "measures.def"
#undef MEASURE

static const struct bench_measure *const measures[] = {
#define MEASURE(name) &bench_measure_##name,
#include "measures.def"
#undef MEASURE
};

const struct bench_measure *bench_measure_at(size_t index)
{
    return index < sizeof measures / sizeof *measures ? measures[index] : NULL;
}

void bench_figure(struct bench_figures *figures, const char *name, double value)
{
    if (figures->count == BENCH_MAX_FIGURES)
        return;
    snprintf(figures->figure[figures->count].name, sizeof figures->figure->name, "%s", name);
    figures->figure[figures->count++].value = value;
}
