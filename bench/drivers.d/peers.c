/* peers.c - the registry of peer.h, from peers.def. The build says which ones it has. */
#include <string.h>

#include "peer.h"

#define PEER(file, needs) extern const struct bench_peer bench_peer_##file __attribute__((weak));
#include "peers.def"
#undef PEER

static const struct bench_peer *const runtimes[] = {
#define PEER(file, needs) &bench_peer_##file,
#include "peers.def"
#undef PEER
};

#define RUNTIMES (sizeof runtimes / sizeof *runtimes)

/* The index-th of those that were linked. */
static const struct bench_peer *runtime_at(size_t index)
{
    for (size_t i = 0; i < RUNTIMES; i++)
        if (runtimes[i] && index-- == 0)
            return runtimes[i];
    return NULL;
}

const struct bench_peer *bench_peer_at(size_t index)
{
    size_t ours = 0;

    for (; bench_ours_at(ours); ours++)
        if (ours == index)
            return bench_ours_at(ours);
    return runtime_at(index - ours);
}

const struct bench_peer *bench_peer_find(const char *name)
{
    const struct bench_peer *peer;

    for (size_t i = 0; (peer = bench_peer_at(i)); i++)
        if (strcmp(peer->name, name) == 0)
            return peer;
    return NULL;
}
