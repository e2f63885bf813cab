"""The experiments of coresweep_probe.py, twins of those in C: each is a function of `tell`, which
takes a row, a quantity, a unit and a value, and of the scale of the times that are waited. Rows have
the name of the row in C where both languages have the thing."""

import math
import multiprocessing
import multiprocessing.pool
import os
import statistics
import subprocess
import sys
import threading
import time

import coresweep_tutorial

# ---- unjoined: what is printed, and when the work is done


def _run_tutorial(ending, scale):
    """The times that the program noted, by name, and when it ended."""
    ours, theirs = os.pipe()
    try:
        program = subprocess.Popen(
            [sys.executable, coresweep_tutorial.__file__, ending, repr(scale), str(theirs)],
            pass_fds=(theirs,), stdout=subprocess.DEVNULL)
    finally:
        os.close(theirs)
    with os.fdopen(ours) as notes:
        lines = [line.split() for line in notes]
    status = program.wait()
    ended = time.monotonic_ns()
    if status != 0:
        sys.exit("the program of 'thread, %s' ended with status %d" % (ending, status))
    times = {}
    for what, when in lines:
        times.setdefault(what, []).append(int(when))
    return times, ended


def unjoined(tell, scale):
    for ending in coresweep_tutorial.ENDINGS:
        row = "thread, " + ending
        times, ended = _run_tutorial(ending, scale)
        start, done = times["start"][0], times.get("done", [])
        tell(row, "printed_ns", "ns", times["printed"][0] - start)
        if done:
            tell(row, "done_ns", "ns", max(done) - start)
        tell(row, "ended_ns", "ns", ended - start)
        tell(row, "done", "1", len(done))


# ---- ticker: how late a thread that wakes every millisecond does wake beside one that computes

PERIOD_NS = 1000000
TICKS_MAX = 600
SWITCH_INTERVALS_MS = (0.5, 5, 50)


def _compute(computing, enough):
    number = 1
    computing.set()
    while not enough:
        number = (number * 3 + 1) % 1000003


def _tick():
    """How late every tick came; one that comes too late costs those that were due in between."""
    start = now = time.monotonic_ns()
    late = []
    while now < start + TICKS_MAX * PERIOD_NS and len(late) < TICKS_MAX:
        due = start + ((now - start) // PERIOD_NS + 1) * PERIOD_NS
        time.sleep((due - now) / 1e9)
        now = time.monotonic_ns()
        late.append(max(0, now - due))
    return late


def _tick_beside():
    computing, enough = threading.Event(), []
    rival = threading.Thread(target=_compute, args=(computing, enough))
    rival.start()
    computing.wait()
    late = _tick()
    enough.append(True)
    rival.join()
    return late


def _tell_late(tell, row, late):
    late.sort()
    tell(row, "ticks", "1", len(late))
    for quantity, part in (("late_p10_ns", 0.1), ("late_p50_ns", 0.5), ("late_p90_ns", 0.9),
                           ("late_p99_ns", 0.99), ("late_max_ns", 1)):
        tell(row, quantity, "ns", late[math.ceil(part * len(late)) - 1])


def ticker(tell, _scale):
    _tell_late(tell, "alone", _tick())
    _tell_late(tell, "beside one computing thread", _tick_beside())
    before = sys.getswitchinterval()
    for interval_ms in SWITCH_INTERVALS_MS:
        sys.setswitchinterval(interval_ms / 1e3)
        _tell_late(tell, "beside one computing thread, switch interval %g ms" % interval_ms,
                   _tick_beside())
    sys.setswitchinterval(before)


# ---- prices: what starting a worker costs, a round trip to one, and carrying results back

BUDGET_NS = 50000000
LEAST, MOST = 5, 1000
TASKS = 1000
POOL = 2
LISTS = (100, 10000, 1000000)


def _price(tell, row, quantity, once):
    """Tells the median of as many attempts as there is time for; the first is not timed."""
    once()
    took, begin = [], time.monotonic_ns()
    while len(took) < MOST and (len(took) < LEAST or time.monotonic_ns() - begin < BUDGET_NS):
        start = time.monotonic_ns()
        once()
        took.append(time.monotonic_ns() - start)
    tell(row, quantity, "ns", statistics.median(took))


def nothing(*_):
    """What a worker does whose start or round trip is timed."""


def make_list(numbers):
    return list(range(1, numbers + 1))


def _start_thread():
    thread = threading.Thread(target=nothing)
    thread.start()
    thread.join()


def _start_fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        sys.exit("a forked process ended with status %d" % status)


def _start_process(context):
    process = context.Process(target=nothing)
    process.start()
    process.join()
    if process.exitcode != 0:
        sys.exit("a Process started by %s ended with exit code %s"
                 % (context.get_start_method(), process.exitcode))
    process.close()


def _tell_starts(tell):
    _price(tell, "thread", "start_ns", _start_thread)
    _price(tell, "process, fork", "start_ns", _start_fork)
    methods = multiprocessing.get_all_start_methods()
    if "forkserver" in methods:
        context = multiprocessing.get_context("forkserver")
        start = time.monotonic_ns()
        _start_process(context)
        tell("Process, forkserver, first", "start_ns", "ns", time.monotonic_ns() - start)
        _price(tell, "Process, forkserver, next", "start_ns", lambda: _start_process(context))
    for method in ("fork", "spawn"):
        if method in methods:
            of_method = multiprocessing.get_context(method)
            _price(tell, "Process, " + method, "start_ns", lambda: _start_process(of_method))


def _round_trip(pool):
    if pool.map(make_list, [1]) != [[1]]:
        sys.exit("a round trip of a pool gave a wrong result")


def _tell_lists(tell, row, carry):
    for numbers in LISTS:
        def once():
            got = carry(make_list, (numbers,))
            if len(got) != numbers or got[-1] != numbers:
                sys.exit("the list of '%s' has wrong numbers" % row)

        _price(tell, row, "list_%d_ns" % numbers, once)


def _tell_pools(tell):
    processes = multiprocessing.get_context("fork").Pool(POOL)  # first: it forks
    threads = multiprocessing.pool.ThreadPool(POOL)
    with processes, threads:
        _price(tell, "pool of threads", "round_trip_ns", lambda: _round_trip(threads))
        _price(tell, "pool of processes", "round_trip_ns", lambda: _round_trip(processes))
        _tell_lists(tell, "result list, no worker", lambda make, arguments: make(*arguments))
        _tell_lists(tell, "result list, thread", threads.apply)
        _tell_lists(tell, "result list, Pool", processes.apply)


def _tell_task(tell):
    import asyncio  # takes as long as several of the things that are priced

    async def wait():
        return None

    async def run_tasks():
        for _ in range(TASKS):
            await asyncio.get_running_loop().create_task(wait())

    took = []
    for _ in range(LEAST):
        start = time.monotonic_ns()
        asyncio.run(run_tasks())
        took.append((time.monotonic_ns() - start) / TASKS)
    tell("asyncio task", "start_ns", "ns", statistics.median(took))


def _subinterpreters():
    """create, run and destroy of the module that this interpreter has; None: it has none."""
    try:
        import _interpreters as module
        return module.create, module.run_string, module.destroy
    except ImportError:
        pass
    try:
        import _xxsubinterpreters as module
        return module.create, module.run_string, module.destroy
    except ImportError:
        return None


def _tell_subinterpreter(tell):
    """Last, since a process that forks while there is one is not safe in every version."""
    found = _subinterpreters()
    if not found:
        return
    create, run, destroy = found

    def once():
        interpreter = create()
        run(interpreter, "pass")
        destroy(interpreter)

    has_own_lock = sys.version_info >= (3, 12)
    _price(tell, "sub-interpreter" if has_own_lock else "sub-interpreter, shared GIL", "start_ns",
           once)


def prices(tell, _scale):
    _tell_starts(tell)
    _tell_pools(tell)
    _tell_task(tell)
    _tell_subinterpreter(tell)


PROBES = {"unjoined": unjoined, "ticker": ticker, "prices": prices}
