// tbb.cpp - oneTBB: a static partitioner where every worker gets one task, and otherwise the simple
// partitioner, which is the one that hands out single tasks.
#include <cerrno>
#include <new>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

extern "C" {
#include "peer.h"
extern const struct bench_peer bench_peer_tbb;
}

namespace
{

struct pool {
    explicit pool(const bench_region *of)
        : region(of), control(tbb::global_control::max_allowed_parallelism, of->workers),
          arena(static_cast<int>(of->workers))
    {
    }

    const bench_region *region;
    tbb::global_control control;
    tbb::task_arena arena;
};

int tbb_open(void **ret_pool, const bench_peer *, const bench_region *region, csw_err *err)
{
    *ret_pool = new (std::nothrow) pool(region);
    return *ret_pool ? 0 : csw_fail(err, -ENOMEM, "no memory for a TBB arena");
}

void run_region(const bench_region *region)
{
    const tbb::blocked_range<size_t> tasks(0, region->tasks, 1);
    const auto work = [region](const tbb::blocked_range<size_t> &range) {
        for (size_t task = range.begin(); task != range.end(); task++)
            bench_task(region->load, task);
    };

    if (region->dynamic)
        tbb::parallel_for(tasks, work, tbb::simple_partitioner());
    else
        tbb::parallel_for(tasks, work, tbb::static_partitioner());
}

// With as many workers as CPUs as most programs call it: straight, which is some 40 ns faster.
int tbb_run(void *opaque, csw_err *)
{
    auto *self = static_cast<pool *>(opaque);
    const bench_region *region = self->region;

    if (region->workers == static_cast<unsigned>(tbb::info::default_concurrency()))
        run_region(region);
    else
        self->arena.execute([region] { run_region(region); });
    return 0;
}

void tbb_close(void *opaque)
{
    delete static_cast<pool *>(opaque);
}

} // namespace

const struct bench_peer bench_peer_tbb = {"TBB", nullptr, false, tbb_open, tbb_run, tbb_close};
