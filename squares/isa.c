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

uint16_t csw_octets[256][8], csw_paired_octets[256][8], csw_in_order[512];

static void fill_octets(uint16_t ret_octets[256][8], const uint8_t place_of_bit[8])
{
    for (unsigned mask = 0; mask < 256; mask++)
        for (unsigned place = 0, k = 0; place < 8; place++)
            if (mask >> place_of_bit[place] & 1)
                ret_octets[mask][k++] = (uint16_t)place;
}

static void fill_tables(void)
{
    static const uint8_t ascending[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const uint8_t paired[8] = {0, 1, 4, 5, 2, 3, 6, 7}; /* its own inverse */

    fill_octets(csw_octets, ascending);
    fill_octets(csw_paired_octets, paired);
    for (unsigned i = 0; i < sizeof csw_in_order / sizeof *csw_in_order; i++)
        csw_in_order[i] = (uint16_t)i;
}

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

const char *const csw_isa_choices[] = {
    "auto",
#define ISA(name) #name,
#include "isas.def"
#undef ISA
    NULL,
};

const struct csw_isa *csw_isa_of_choice(unsigned choice)
{
    return choice > 0 && choice <= ISAS && is_usable(isas[choice - 1]) ? isas[choice - 1] : chosen;
}

const char *csw_isa_choice_missing(const char *choice)
{
    return strcmp(choice, csw_isa_choices[0]) == 0 ? NULL : csw_isa_missing(choice);
}

const char *csw_isa_name(size_t index)
{
    const struct csw_isa *isa = csw_isa_at(index);

    return isa ? isa->name : NULL;
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

/* Before the constructors of the program, which may call the library already. */
__attribute__((constructor(101))) static void prepare(void)
{
    const char *wanted = getenv("CORESWEEP_ISA");

#if defined __x86_64__
    __builtin_cpu_init();
#endif
    fill_tables();
    for (size_t i = 0; i < ISAS; i++)
        if (is_usable(isas[i]))
            chosen = isas[i];
    if (wanted)
        csw_isa_use(wanted);
}
