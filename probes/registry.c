/* registry.c - the probes of probes.def, by index and by name. */
#include <string.h>

#include <coresweep/probe.h>

#define PROBE(name) extern const struct csw_probe csw_probe_##name;
#include "probes.def"
#undef PROBE

static const struct csw_probe *const probes[] = {
#define PROBE(name) &csw_probe_##name,
#include "probes.def"
#undef PROBE
    NULL,
};

const struct csw_probe *csw_probe_at(size_t index)
{
    return index < sizeof probes / sizeof *probes ? probes[index] : NULL;
}

const struct csw_probe *csw_probe_find(const char *name)
{
    for (size_t i = 0; probes[i]; i++)
        if (strcmp(probes[i]->name, name) == 0)
            return probes[i];
    return NULL;
}
