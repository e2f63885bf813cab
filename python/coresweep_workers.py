"""What workers of the drivers cpython-* do, in whatever thread, process or interpreter they are.

Kept small: processes that are spawned, and sub-interpreters, read it anew each time they start.
"""

import marshal
import os
import resource
import sys
import time
from _thread import get_native_id

from coresweep_kernels import TWINS

RUSAGE_THREAD = getattr(resource, "RUSAGE_THREAD", 1)


class Job:
    """What is to be done: the kernel, and its units in input order as (n, lo, hi).

    `calls`: "python" runs the kernel's twin; "cdll" and "pydll" run the C kernel itself, through
    the module coresweep, and drop the GIL meanwhile or keep it. `lists`: C kernels tell what they
    found instead of their tally. `options`: of the kernel, by name. `cpus`: per worker the CPU that
    it is bound to, -1: none.
    """

    def __init__(self, kernel, options, calls, lists, units, cpus):
        self.kernel, self.options, self.calls, self.lists = kernel, options, calls, lists
        self.units, self.cpus = units, cpus

    def find(self, unit):
        """The list of what was found, or a tally as a tuple."""
        if self.calls == "python":
            return TWINS[self.kernel].find(*self.units[unit], **self.options)
        return call_kernel(self, *self.units[unit])

    def pack(self):
        """As what marshal can take to another interpreter."""
        return [self.kernel, self.options, self.calls, self.lists, self.units, self.cpus]


def call_kernel(job, n, lo, hi):
    import coresweep

    keep_gil = job.calls == "pydll"
    if job.lists:
        return list(coresweep.hits(job.kernel, n, lo, hi, keep_gil))
    return tuple(coresweep.scan(job.kernel, n, lo, hi, keep_gil))


class Share:
    """What one worker did in one run: `found` has (unit, what it found), then its stamps.

    The times are CLOCK_MONOTONIC, which processes share. `cpu`: where it was seen last, -1: the
    worker took no part.
    """

    __slots__ = ("found", "start_ns", "end_ns", "cpu_ns", "preempted", "switched", "cpu", "pid")

    def __init__(self):
        self.found = []
        self.start_ns = self.end_ns = self.cpu_ns = self.preempted = self.switched = self.pid = 0
        self.cpu = -1

    def add(self, other):
        """Takes over what another worker did in this one's place."""
        self.start_ns = min(self.start_ns or other.start_ns, other.start_ns)
        self.end_ns = max(self.end_ns, other.end_ns)
        self.found += other.found
        self.cpu_ns += other.cpu_ns
        self.preempted += other.preempted
        self.switched += other.switched
        self.cpu, self.pid = other.cpu, other.pid


def bind(job, worker):
    """Binds the calling thread as the placement says."""
    bind_to(job.cpus[worker])


def bind_by_libc(cpu):
    """For PyPy, whose os cannot."""
    import ctypes  # 10 ms that CPython need not spend

    mask = (1 << cpu).to_bytes(cpu // 64 * 8 + 8, sys.byteorder)
    if ctypes.CDLL(None, use_errno=True).sched_setaffinity(0, len(mask), mask) != 0:
        raise OSError(ctypes.get_errno(), "cannot bind a worker to CPU %d" % cpu)


def bind_to(cpu):
    if cpu >= 0 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cpu})
    elif cpu >= 0:
        bind_by_libc(cpu)


def cpu_in(stat):
    """The CPU that a thread last ran on: field 39 of its stat (proc(5)); the name is field 2."""
    fields = stat[stat.rindex(b")") + 2:].split()
    return int(fields[36])


def read_proc(path):
    fd = os.open("/proc/" + path, os.O_RDONLY)
    try:
        return os.read(fd, 4096)
    finally:
        os.close(fd)


def begin():
    """A share with the calling thread's counts as they are; `end` makes them differences."""
    share = Share()
    usage = resource.getrusage(RUSAGE_THREAD)
    share.preempted, share.switched = usage.ru_nivcsw, usage.ru_nvcsw
    share.cpu_ns = time.thread_time_ns()
    share.start_ns = time.perf_counter_ns()
    return share


def end(share):
    share.end_ns = time.perf_counter_ns()
    share.cpu_ns = time.thread_time_ns() - share.cpu_ns
    usage = resource.getrusage(RUSAGE_THREAD)
    share.preempted = usage.ru_nivcsw - share.preempted
    share.switched = usage.ru_nvcsw - share.switched
    share.cpu = cpu_in(read_proc("thread-self/stat"))
    share.pid = os.getpid()
    return share


def work(job, units):
    """A worker's whole part of a run: `units` yields the units that it gets."""
    share = begin()
    for unit in units:
        share.found.append((unit, job.find(unit)))
    return end(share)


def work_in_process(job, worker, units, results):
    """What a process of its own does: sends its share, or what went wrong as text."""
    try:
        bind(job, worker)
        answer = work(job, units)
    except Exception as problem:
        answer = describe(problem)
    results.send(answer)
    results.close()


def describe(problem):
    return "%s: %s" % (type(problem).__name__, problem)


# ---- workers in an interpreter of their own, which shares nothing but file descriptors -----------

TOKEN_BYTES = 4  # a unit's number, in the pipe that all take units from
LENGTH_BYTES = 8  # before a share


def take_tokens(tokens):
    while True:
        token = os.read(tokens, TOKEN_BYTES)
        if not token:
            return
        yield int.from_bytes(token, "little", signed=True)


def work_apart(packed):
    """Does what `packed` says and writes the share: what such interpreters take is text alone."""
    fields, worker, own, tokens, results = marshal.loads(packed)
    job = Job(*fields)
    bind(job, worker)
    share = work(job, take_tokens(tokens) if own is None else own)
    answer = marshal.dumps([getattr(share, name) for name in Share.__slots__])
    answer = len(answer).to_bytes(LENGTH_BYTES, "little") + answer
    while answer:
        answer = answer[os.write(results, answer):]


# ---- workers of pools, which get unit after unit -------------------------------------------------

pool_job = None


def enter_pool(job, cpus):
    """What a pool calls in each of its workers first. `cpus` has a CPU for everyone who asks."""
    global pool_job
    pool_job = job
    if cpus:
        bind_to(cpus.get())


def enter_pool_apart(packed):
    """The same in an interpreter of its own, where the CPUs come by a pipe."""
    fields, tokens = marshal.loads(packed)
    enter_pool(Job(*fields), None)
    bind_to(next(take_tokens(tokens)))


def work_unit(unit):
    """What it found; and who did it when: the rest of the share is read once all is done."""
    start_ns = time.perf_counter_ns()
    found = pool_job.find(unit)
    return unit, found, os.getpid(), get_native_id(), start_ns, time.perf_counter_ns()
