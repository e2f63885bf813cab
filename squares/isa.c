/* isa.c - which instruction sets there are, and which one is in use. */
#include "isa.h"

#include <stdlib.h>
#include <string.h>

#define ISA(name) extern const struct csw_isa csw_isa_##name;
#include "isas.def"
#undef ISA

static const struct csw_isa *const isas[] = {
#define ISA(name) &csw_isa_##name,
#include "isas.def"
#undef ISA
};

#define ISAS (sizeof isas / sizeof *isas)

/* Written before main, and by csw_isa_use, which must not run beside readers. */
static const struct csw_isa *chosen = &csw_isa_scalar;

static bool is_usable(const struct csw_isa *isa)
{
    return isa->usable && isa->usable();
}

static const struct csw_isa *find(const char *name)
{
    for (size_t i = 0; i < ISAS; i++)
        if (strcmp(isas[i]->name, name) == 0)
            return isas[i];
    return NULL;
}

const struct csw_isa *csw_isa_at(size_t index)
{
    return index < ISAS ? isas[index] : NULL;
}

const struct csw_isa *csw_isa_find(const char *name)
{
    const struct csw_isa *isa = find(name);

    return isa && is_usable(isa) ? isa : NULL;
}

const struct csw_isa *csw_isa_chosen(void)
{
    return chosen;
}

const char *csw_isa_name(size_t index)
{
    return index < ISAS ? isas[index]->name : NULL;
}

const char *csw_isa_missing(const char *name)
{
    const struct csw_isa *isa = find(name);

    if (!isa)
        return "unknown";
    return is_usable(isa) ? NULL : isa->needs;
}

const char *csw_isa_in_use(void)
{
    return chosen->name;
}

bool csw_isa_use(const char *name)
{
    const struct csw_isa *isa = csw_isa_find(name);

    if (isa)
        chosen = isa;
    return isa != NULL;
}

__attribute__((constructor)) static void choose_at_start(void)
{
    const char *wanted = getenv("CORESWEEP_ISA");

    for (size_t i = 0; i < ISAS; i++)
        if (is_usable(isas[i]))
            chosen = isas[i];
    if (wanted)
        csw_isa_use(wanted);
}
