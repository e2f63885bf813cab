"""How the drivers cpython-* make their workers: one function per mode, which runs the job once.

It returns the time from before the first worker was made until all results were in this process,
and one share per worker. What comes after that, ending the workers, is not in this time. Each is
written as the textbook would: what else has to be known about a run is asked before or after it.
"""

import itertools
import os
import sys
import time

import coresweep_workers
from coresweep_workers import Share, bind, describe, work

now_ns = time.perf_counter_ns


class WorkerError(Exception):
    """A worker did not do its part; the sentence says which, and how it ended."""


class Team:
    """What a mode runs: `static` means that worker w does units w, w + workers ... itself."""

    def __init__(self, job, workers, static, start_method):
        self.job, self.workers, self.static = job, workers, static
        self.units = range(len(job.units))
        self.context = None
        if start_method:
            import multiprocessing

            self.context = multiprocessing.get_context(start_method)

    def own_units(self, worker):
        return self.units[worker::self.workers]


# ---- this thread alone ---------------------------------------------------------------------------

def run_serial(team):
    bind(team.job, 0)
    start_ns = now_ns()
    share = work(team.job, team.units)
    return now_ns() - start_ns, [share]


async def work_as_coroutine(job, units, share, sleep):
    """As `work`; while one waits the thread is the others', so that only computing is charged."""
    begin = coresweep_workers.TWINS[job.kernel].begin if job.calls == "python" else None
    share.start_ns = now_ns()
    for unit in units:
        cpu_ns, wait_s = time.thread_time_ns(), 0
        if begin:
            found, wait_s = begin(*job.units[unit], **job.options)
        else:
            found = job.find(unit)
        share.cpu_ns += time.thread_time_ns() - cpu_ns
        if begin:
            await sleep(wait_s)
        share.found.append((unit, found))
    share.end_ns = now_ns()
    share.pid = os.getpid()


def run_asyncio(team):
    import asyncio

    async def main():
        await asyncio.gather(*(
            work_as_coroutine(team.job, units, share, asyncio.sleep)
            for units, share in zip(takers(team), shares)
        ))
        return now_ns()

    bind(team.job, 0)
    shares = [Share() for _ in range(team.workers)]
    thread = coresweep_workers.begin()
    start_ns = now_ns()
    end_ns = asyncio.run(main())
    coresweep_workers.end(thread)
    for share in shares:
        share.cpu = thread.cpu
    shares[0].preempted, shares[0].switched = thread.preempted, thread.switched
    return end_ns - start_ns, shares


# ---- threads -------------------------------------------------------------------------------------

def take(counter, lock, count):
    """The next unit to whoever asks."""
    while True:
        with lock:
            unit = next(counter)
        if unit >= count:
            return
        yield unit


def takers(team):
    """Per worker, where its units come from."""
    import threading

    if team.static:
        return [team.own_units(worker) for worker in range(team.workers)]
    counter, lock = itertools.count(), threading.Lock()
    return [take(counter, lock, len(team.units)) for _ in range(team.workers)]


def run_threads(team):
    import threading

    def target(worker, units):
        try:
            bind(team.job, worker)
            shares[worker] = work(team.job, units)
        except Exception as problem:
            shares[worker] = describe(problem)

    shares = [None] * team.workers
    start_ns = now_ns()
    threads = [
        threading.Thread(target=target, args=(worker, units))
        for worker, units in enumerate(takers(team))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return now_ns() - start_ns, [check(worker, share) for worker, share in enumerate(shares)]


def check(worker, share):
    if isinstance(share, Share):
        return share
    raise WorkerError("worker %d failed: %s" % (worker, share))


# ---- processes -----------------------------------------------------------------------------------

def ended(process, what):
    """How a process ended that should not have, or not so."""
    import signal

    code = process.exitcode
    if code is not None and code < 0:
        how = "was killed by signal %d (%s)" % (-code, signal.strsignal(-code))
    else:
        how = "exited with status %s" % code
    return WorkerError("%s (pid %d) %s" % (what, process.pid, how))


def start_process(team, worker, units):
    """Returns where its share comes from, and the process."""
    reader, writer = team.context.Pipe(duplex=False)
    process = team.context.Process(
        target=coresweep_workers.work_in_process, args=(team.job, worker, units, writer)
    )
    process.start()
    writer.close()
    return reader, process


def collect(worker, reader, process):
    """Its share, once it has sent it and has ended."""
    what = "the process of worker %d" % worker
    try:
        share = reader.recv()
    except EOFError:
        process.join()
        raise ended(process, what) from None
    process.join()
    reader.close()
    if process.exitcode != 0:
        raise ended(process, what)
    return check(worker, share)


def run_processes(team):
    """A process for every unit, `workers` of them at a time; static: one for each worker."""
    from multiprocessing.connection import wait

    shares = [Share() for _ in range(team.workers)]
    free, alive = list(range(team.workers)), {}
    start_ns = now_ns()
    if team.static:
        parts = iter([team.own_units(worker) for worker in range(team.workers)])
    else:
        parts = ([unit] for unit in team.units)
    while True:
        for units in itertools.islice(parts, len(free)):
            worker = free.pop(0)
            reader, process = start_process(team, worker, units)
            alive[reader] = worker, process
        if not alive:
            return now_ns() - start_ns, shares
        for reader in wait(alive):
            worker, process = alive.pop(reader)
            shares[worker].add(collect(worker, reader, process))
            free.append(worker)


# ---- pools ---------------------------------------------------------------------------------------

def cpus_for(team, queue):
    """The queue with a CPU for each worker; None where they are not bound."""
    if max(team.job.cpus) < 0:
        return None
    for cpu in team.job.cpus:
        queue.put(cpu)
    return queue


def observe(share, tid):
    """Fills in what is known of a worker of a pool, which waits for more: its life so far."""
    here = share.pid == os.getpid()
    # CPU-time clocks of others: CPUCLOCK_SCHED of a process, with CPUCLOCK_PERTHREAD of a thread
    # (include/linux/posix-timers_types.h)
    share.cpu_ns = time.clock_gettime_ns(~tid << 3 | 6 if here else ~share.pid << 3 | 2)
    folder = "%d/task/%d/" % (share.pid, tid)
    share.cpu = coresweep_workers.cpu_in(coresweep_workers.read_proc(folder + "stat"))
    for line in coresweep_workers.read_proc(folder + "status").splitlines():
        if line.startswith(b"voluntary_ctxt_switches:"):
            share.switched = int(line.split()[1])
        elif line.startswith(b"nonvoluntary_ctxt_switches:"):
            share.preempted = int(line.split()[1])


def shares_of(team, results):
    """Sorts what work_unit returned by worker, in the order in which they began."""
    shares = {}
    for unit, found, pid, tid, start_ns, end_ns in sorted(results, key=lambda result: result[4]):
        share = shares.setdefault((pid, tid), Share())
        share.found.append((unit, found))
        share.start_ns = share.start_ns or start_ns
        share.end_ns = end_ns
        share.pid = pid
    for (_, tid), share in shares.items():
        observe(share, tid)
    return seated(team, list(shares.values()))


def seated(team, shares):
    """Each on the place of its CPU, or as they come; an empty share where nobody is."""
    places = []
    for cpu in team.job.cpus:
        found = next((share for share in shares if cpu in (share.cpu, -1)), None)
        if found:
            shares.remove(found)
        places.append(found or Share())
    if shares:
        raise WorkerError("a worker of the pool ran on CPU %d, where none is bound" % shares[0].cpu)
    return places


def check_children(children, still_running):
    for child in children:
        if child.exitcode is not None if still_running else child.exitcode != 0:
            raise ended(child, "a worker of the pool")


SETTLE_S = 1  # how long workers of a broken pool may take to end
LOOK_S = 0.2  # how often workers of Pool are looked at: it replaces a dead one and waits for ever


def run_pool(team):
    import multiprocessing

    cpus = cpus_for(team, team.context.SimpleQueue())
    start_ns = now_ns()
    pool = team.context.Pool(team.workers, coresweep_workers.enter_pool, (team.job, cpus))
    children = multiprocessing.active_children()
    if len(children) < team.workers:
        raise WorkerError("a worker of the pool ended before it got any work")
    pending = pool.map_async(coresweep_workers.work_unit, team.units, chunksize=1)
    while not pending.ready():
        pending.wait(LOOK_S)
        check_children(children, still_running=True)
    results = pending.get()
    wall_ns = now_ns() - start_ns
    shares = shares_of(team, results)
    pool.close()
    pool.join()
    check_children(children, still_running=False)
    return wall_ns, shares


def run_executor(team, make):
    """`make` returns a new executor, whose workers have entered the pool."""
    start_ns = now_ns()
    executor = make()
    results = list(executor.map(coresweep_workers.work_unit, team.units))
    wall_ns = now_ns() - start_ns
    shares = shares_of(team, results)
    executor.shutdown()
    return wall_ns, shares


def run_futures_threads(team):
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue

    cpus = cpus_for(team, SimpleQueue())
    return run_executor(team, lambda: ThreadPoolExecutor(
        team.workers, initializer=coresweep_workers.enter_pool, initargs=(team.job, cpus)
    ))


def run_futures_processes(team):
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    children = []

    class Watched(ProcessPoolExecutor):
        """Notes whom it started: it forgets them when one of them dies."""

        def map(self, *arguments):
            results = super().map(*arguments)
            children.extend(multiprocessing.active_children())
            return results

    cpus = cpus_for(team, team.context.SimpleQueue())
    try:
        wall_ns, shares = run_executor(team, lambda: Watched(
            team.workers, team.context, coresweep_workers.enter_pool, (team.job, cpus)
        ))
    except BrokenProcessPool as problem:
        raise first_dead(children) or WorkerError(str(problem)) from None
    check_children(children, still_running=False)
    return wall_ns, shares


def settled_exitcode(child):
    """Its exit code, which the executor's thread, having waited for it, may be about to note."""
    end_ns = now_ns() + SETTLE_S * 10**9
    while child.exitcode is None and now_ns() < end_ns:
        time.sleep(0.001)
    return child.exitcode


def first_dead(children):
    """The one that ended by itself: the executor ends the others by SIGTERM."""
    import signal

    for child in children:
        if settled_exitcode(child) not in (None, 0, -signal.SIGTERM):
            return ended(child, "a worker of the pool")
    return None


# ---- sub-interpreters ----------------------------------------------------------------------------

HERE = os.path.dirname(os.path.abspath(__file__))


def run_futures_interpreters(team):
    import marshal

    from concurrent.futures import InterpreterPoolExecutor

    reader, writer = os.pipe()
    feed(team.job.cpus, writer)
    packed = marshal.dumps((team.job.pack(), reader))
    wall_ns, shares = run_executor(team, lambda: InterpreterPoolExecutor(
        team.workers, initializer=exec, initargs=(entry("enter_pool_apart", packed),)
    ))
    os.close(reader)
    return wall_ns, shares


def entry(function, packed):
    """What an interpreter executes to get into a function of coresweep_workers."""
    return (
        "import sys\nsys.path.insert(0, %r)\nimport coresweep_workers\n"
        "coresweep_workers.%s(%r)" % (HERE, function, packed)
    )


def feed(numbers, tokens):
    """Each number goes to one of those who read from the pipe, in this order; then it ends."""
    data = b"".join(
        number.to_bytes(coresweep_workers.TOKEN_BYTES, "little", signed=True) for number in numbers
    )
    while data:
        data = data[os.write(tokens, data):]
    os.close(tokens)


def open_interpreter():
    """A new interpreter with a GIL of its own: what runs text in it, and what ends it."""
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        interpreter = interpreters.create()
        return interpreter.exec, interpreter.close
    if sys.version_info >= (3, 13):
        import _interpreters

        number = _interpreters.create()

        def execute(text):
            problem = _interpreters.exec(number, text)
            if problem:
                raise WorkerError(problem.formatted)

        return execute, lambda: _interpreters.destroy(number)
    import _xxsubinterpreters

    number = _xxsubinterpreters.create()
    return (
        lambda text: _xxsubinterpreters.run_string(number, text),
        lambda: _xxsubinterpreters.destroy(number),
    )


class Apart:
    """A worker: a thread with an interpreter of its own, and the pipe that its share comes by."""

    def __init__(self, team, worker, tokens):
        import threading

        self.reader, self.writer = os.pipe()
        self.problem = None
        self.thread = threading.Thread(target=self.run, args=(team, worker, tokens))
        self.thread.start()

    def run(self, team, worker, tokens):
        import marshal

        own = list(team.own_units(worker)) if team.static else None
        packed = marshal.dumps((team.job.pack(), worker, own, tokens, self.writer))
        try:
            execute, close = open_interpreter()
            execute(entry("work_apart", packed))
            close()
        except Exception as problem:
            self.problem = describe(problem)
        os.close(self.writer)

    def read(self, count):
        data = b""
        while len(data) < count:
            more = os.read(self.reader, count - len(data))
            if not more:
                break
            data += more
        return data

    def share(self):
        """Its share as soon as it has written it; what went wrong is known when it has ended."""
        import marshal

        length = int.from_bytes(self.read(coresweep_workers.LENGTH_BYTES), "little")
        data = self.read(length)
        if not data or len(data) < length:
            self.thread.join()
            return self.problem
        share = Share()
        for name, value in zip(Share.__slots__, marshal.loads(data)):
            setattr(share, name, value)
        return share

    def end(self):
        self.thread.join()
        os.close(self.reader)


def run_interpreters(team):
    import threading

    start_ns = now_ns()
    reader, writer = os.pipe()
    feeder = threading.Thread(target=feed, args=(team.units, writer))
    feeder.start()
    workers = [Apart(team, worker, reader) for worker in range(team.workers)]
    shares = [worker.share() for worker in workers]
    wall_ns = now_ns() - start_ns
    for worker in workers:
        worker.end()
    os.close(reader)
    feeder.join()
    return wall_ns, [check(number, share) for number, share in enumerate(shares)]


# What came later than 3.8: sub-interpreters had to share one GIL until 3.12.
NEEDS = {
    "interpreters": ((3, 12), "an interpreter with a GIL of its own"),
    "futures-interpreters": ((3, 14), "InterpreterPoolExecutor"),
}


def check_version(mode):
    version, what = NEEDS.get(mode, ((3, 8), "coresweep"))
    if sys.version_info < version:
        found = sys.version_info[:3]
        raise WorkerError("%s needs Python %d.%d or newer; this is %d.%d.%d" % (
            (what,) + version + found
        ))


MODES = {
    "serial": run_serial,
    "asyncio": run_asyncio,
    "threads": run_threads,
    "processes": run_processes,
    "pool": run_pool,
    "futures-threads": run_futures_threads,
    "futures-processes": run_futures_processes,
    "futures-interpreters": run_futures_interpreters,
    "interpreters": run_interpreters,
}
