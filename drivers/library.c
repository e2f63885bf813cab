/* library.c - see library.h */
#include "library.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coresweep/err.h>

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

void csw_library_forget(pid_t pid)
{
    char name[64];

    snprintf(name, sizeof name, "/__KMP_REGISTERED_LIB_%d_%d", (int)pid, (int)getuid());
    shm_unlink(name); /* mostly there is none */
}

/* Stays until the caller lets go of the mutex. */
static void *stay(void *argument)
{
    pthread_mutex_t *mutex = argument;

    pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    return NULL;
}

int csw_library_rehearse(unsigned workers, struct csw_err *err)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *thread = calloc(workers, sizeof *thread);
    unsigned made = 0;
    int code = thread ? 0 : ENOMEM;

    pthread_mutex_lock(&mutex);
    while (code == 0 && made + 1 < workers) {
        code = pthread_create(&thread[made], NULL, stay, &mutex);
        made += code == 0;
    }
    pthread_mutex_unlock(&mutex);
    for (unsigned t = 0; t < made; t++)
        pthread_join(thread[t], NULL);
    free(thread);
    return code == 0 ? 0
                     : csw_fail(err, -code, "pthread_create failed for worker %u of %u: %s",
                                made + 1, workers, strerror(code));
}
