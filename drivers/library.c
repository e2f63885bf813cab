/* library.c - see library.h */
#include "library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

/* By name, since the address that the program itself sees may be that of its own jump table. */
const char *csw_library_file(const char *symbol)
{
    static char path[PATH_MAX];
    void *address = dlsym(RTLD_DEFAULT, symbol);
    Dl_info info;

    if (!address || dladdr(address, &info) == 0 || !info.dli_fname)
        return "linked in";
    return realpath(info.dli_fname, path) ? path : info.dli_fname;
}
