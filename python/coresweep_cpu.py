"""CPU time of this process and all that it started, those too that are not its own children.

Children that were waited for are in RUSAGE_CHILDREN, to the microsecond. Workers that a fork server
started are its children: what they took is in its /proc/PID/stat, in ticks of 10 ms.
"""

import os
import resource
import time


def stat_of(pid):
    """(parent, ticks of children that it waited for): fields 4, 16 and 17 of its stat (proc(5))."""
    with open("/proc/%d/stat" % pid, "rb") as file:
        fields = file.read().rsplit(b")", 1)[1].split()
    return int(fields[1]), int(fields[13]) + int(fields[14])


def others():
    """pid: (parent, ticks) of all processes."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found[int(name)] = stat_of(int(name))
            except OSError:
                pass  # it has ended
    return found


def is_below(pid, ancestor, processes):
    while pid in processes and pid != ancestor:
        pid = processes[pid][0]
    return pid == ancestor


def live_ns():
    """Of the descendants that live: their own, and of those that they waited for."""
    processes, here, total_ns = others(), os.getpid(), 0
    tick_ns = 10**9 // os.sysconf("SC_CLK_TCK")
    for pid, (_, ticks) in processes.items():
        if pid != here and is_below(pid, here, processes):
            try:
                # the clock of another process: CPUCLOCK_SCHED (posix-timers_types.h of Linux)
                total_ns += time.clock_gettime_ns(~pid << 3 | 2) + ticks * tick_ns
            except OSError:
                pass  # it has ended
    return total_ns


def cpu_ns(context):
    """So far. `context`: of multiprocessing, whose helpers stay: with fork there are none."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own_ns = int(sum(usage.ru_utime + usage.ru_stime for usage in usages) * 1e9)
    stays = context is not None and context.get_start_method() != "fork"
    return own_ns + (live_ns() if stays else 0)
