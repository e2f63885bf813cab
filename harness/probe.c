/* probe.c - running a probe of the registry in this process; see probe.h. */
#include <coresweep/probe.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct csw_probe_out {
    const struct csw_probe *probe;
    struct csw_readings readings;
    bool complete; /* nothing got lost for want of memory */
};

bool csw_unit_is_known(const char *unit)
{
    static const char *const units[] = {"ns", "bytes", "1"};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i]) == 0)
            return true;
    return false;
}

/* False where memory was lacking; what was copied until then is in the reading, to be released. */
static bool fill(struct csw_reading *reading, const char *probe, const char *row,
                 const char *quantity, const char *unit, double value)
{
    *reading = (struct csw_reading){.probe = strdup(probe),
                                    .row = strdup(row),
                                    .language = strdup("C"),
                                    .runtime = strdup(""),
                                    .python = strdup(""),
                                    .quantity = strdup(quantity),
                                    .unit = strdup(unit),
                                    .value = value};
    return reading->probe && reading->row && reading->language && reading->runtime &&
           reading->python && reading->quantity && reading->unit;
}

void csw_probe_tell(struct csw_probe_out *out, const char *row, const char *quantity,
                    const char *unit, double value)
{
    struct csw_readings *readings = &out->readings;
    struct csw_reading *grown = reallocarray(readings->reading, readings->count + 1, sizeof *grown);

    if (grown)
        readings->reading = grown;
    if (!grown || !fill(&grown[readings->count++], out->probe->name, row, quantity, unit, value))
        out->complete = false;
}

void csw_readings_release(struct csw_readings *readings)
{
    if (!readings)
        return;
    for (size_t i = 0; i < readings->count; i++)
        csw_reading_release(&readings->reading[i]);
    free(readings->reading);
    *readings = (struct csw_readings){0};
}

int csw_probe_run(struct csw_readings *ret_readings, const struct csw_probe *probe,
                  const struct csw_probe_options *options, struct csw_err *err)
{
    struct csw_probe_out out = {.probe = probe, .complete = true};
    int code = probe->run(&out, options, err);

    if (code == 0 && !out.complete)
        code = csw_fail(err, -ENOMEM, "no memory for the readings of probe '%s'", probe->name);
    if (code < 0) {
        csw_readings_release(&out.readings);
        return code;
    }
    *ret_readings = out.readings;
    return 0;
}
