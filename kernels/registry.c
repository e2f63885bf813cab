/* registry.c - the kernels of kernels.def, by index and by name. */
#include <string.h>

#include <coresweep/kernel.h>

#define KERNEL(name) extern const struct csw_kernel csw_kernel_##name;
#include "kernels.def"
#undef KERNEL

static const struct csw_kernel *const kernels[] = {
#define KERNEL(name) &csw_kernel_##name,
#include "kernels.def"
#undef KERNEL
    NULL,
};

const struct csw_kernel *csw_kernel_at(size_t index)
{
    return index < sizeof kernels / sizeof *kernels ? kernels[index] : NULL;
}

const struct csw_kernel *csw_kernel_find(const char *name)
{
    for (size_t i = 0; kernels[i]; i++)
        if (strcmp(kernels[i]->name, name) == 0)
            return kernels[i];
    return NULL;
}

const char *csw_kernel_missing(const struct csw_kernel *kernel)
{
    if (kernel->abi != CSW_KERNEL_ABI)
        return "made for another version of kernel.h";
    if (kernel->usable && !kernel->usable())
        return "this CPU lacks the instructions that it needs";
    return NULL;
}
