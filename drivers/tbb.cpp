/*
 * tbb.cpp - see tbb.h. No exception leaves this file, and no C11 atomic enters it: C++ cannot read
 * their headers. One thing cannot be caught: where one of TBB's own threads fails to make the next
 * one, the program ends or hangs there. Hence the rehearsal before (library.h).
 */
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <unistd.h>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>
#include <tbb/version.h>

extern "C" {
#include "tbb.h"
}

#ifdef __SANITIZE_ADDRESS__
/* What TBB keeps for its parked threads is its own. */
extern "C" __attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libtbb";
}
#endif

namespace
{

/* Making a thread takes 0.1 ms; a machine so busy that this does not suffice measures nothing. */
constexpr std::chrono::seconds muster_time(2);

/* TBB's books of its threads may be wrong then: to wait for them would be to wait for ever. */
std::atomic<bool> has_failed(false);

/* Tells of threads that come to the arena; the caller is no news. */
class door : public tbb::task_scheduler_observer
{
  public:
    door(tbb::task_arena &arena, const csw_tbb_calls &calls, void *context)
        : tbb::task_scheduler_observer(arena), calls_(calls), context_(context)
    {
        observe(true);
    }
    ~door() override
    {
        observe(false);
    }
    void on_scheduler_entry(bool is_worker) override
    {
        if (is_worker)
            calls_.enter(context_, (unsigned)tbb::this_task_arena::current_thread_index());
    }

  private:
    const csw_tbb_calls &calls_;
    void *context_;
};

/* Where all who come wait for the last one. */
class muster
{
  public:
    explicit muster(unsigned workers) : missing_(workers)
    {
    }
    void come()
    {
        std::unique_lock<std::mutex> lock(mutex_);

        if (given_up_)
            return;
        if (--missing_ == 0)
            all_are_here_.notify_all();
        given_up_ = !all_are_here_.wait_for(lock, muster_time, [this] { return missing_ == 0; });
    }
    unsigned missing() const
    {
        return missing_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable all_are_here_;
    unsigned missing_;
    bool given_up_ = false; /* one thread may do the parts of all, one after the other */
};

} // namespace

struct csw_tbb {
    csw_tbb(unsigned workers, const csw_tbb_calls &calls_, void *context_)
        : calls(calls_), context(context_),
          limit(tbb::global_control::max_allowed_parallelism, workers), arena((int)workers),
          entrance(arena, calls, context)
    {
    }

    const csw_tbb_calls calls;
    void *const context;
    tbb::global_control limit; /* TBB would stop at the number of CPUs */
    tbb::task_arena arena;
    door entrance;
};

namespace
{

/* Runs what may throw; returns 0, or the error that an exception became. */
template <typename Function> int guarded(csw_err *err, Function function) noexcept
{
    try {
        function();
        return 0;
    } catch (const std::bad_alloc &) {
        return csw_fail(err, -ENOMEM, "no memory for TBB");
    } catch (const std::exception &exception) {
        return csw_fail(err, -EAGAIN, "TBB failed: %s", exception.what());
    } catch (...) {
        return csw_fail(err, -EAGAIN, "TBB failed without saying why");
    }
}

template <typename Function> int tried(csw_err *err, Function function) noexcept
{
    const int code = guarded(err, function);

    if (code < 0)
        has_failed = true;
    return code;
}

template <typename Partitioner> void hand_out(csw_tbb &tbb, uint64_t units)
{
    tbb::parallel_for(
        tbb::blocked_range<uint64_t>(0, units),
        [&tbb](const tbb::blocked_range<uint64_t> &range) {
            const int worker = tbb::this_task_arena::current_thread_index();

            tbb.calls.chunk(tbb.context, (unsigned)worker, range.begin(), range.end());
        },
        Partitioner());
}

/* Each waits inside a task of its own, so that no thread can do the part of another one. */
int assemble(csw_tbb &tbb, unsigned workers, csw_err *err)
{
    muster all(workers);
    const int code = tried(err, [&] {
        tbb.arena.execute([&] {
            tbb::parallel_for(
                0u, workers, [&all](unsigned) { all.come(); }, tbb::simple_partitioner());
        });
    });

    if (code == 0 && all.missing() > 0) {
        has_failed = true;
        return csw_fail(err, -ETIMEDOUT, "TBB brought only %u of %u workers",
                        workers - all.missing(), workers);
    }
    return code;
}

} // namespace

int csw_tbb_open(csw_tbb **ret_tbb, unsigned workers, const csw_tbb_calls *calls, void *context,
                 csw_err *err)
{
    static const pid_t first_user = getpid();

    if (getpid() != first_user)
        return csw_fail(err, -EAGAIN,
                        "TBB was in use where this process was forked, and is not in a child");
    if (has_failed)
        return csw_fail(err, -EAGAIN,
                        "TBB has failed in this process before, and does not recover");
    csw_tbb *tbb = nullptr;
    int code = guarded(err, [&] { tbb = new csw_tbb(workers, *calls, context); });

    if (code == 0)
        code = assemble(*tbb, workers, err);
    if (code < 0) {
        csw_tbb_close(tbb);
        return code;
    }
    *ret_tbb = tbb;
    return 0;
}

int csw_tbb_run(csw_tbb *tbb, uint64_t units, bool one_by_one, csw_err *err)
{
    return tried(err, [=] {
        tbb->arena.execute([=] {
            if (one_by_one)
                hand_out<tbb::simple_partitioner>(*tbb, units);
            else
                hand_out<tbb::auto_partitioner>(*tbb, units);
        });
    });
}

/*
 * TBB's threads stay parked for the next team: its way to end them (finalize) was seen to wait for
 * ever where there were more of them than CPUs.
 */
void csw_tbb_close(csw_tbb *tbb)
{
    delete tbb;
}

const char *csw_tbb_version(void)
{
    return TBB_runtime_version();
}
