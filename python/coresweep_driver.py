"""The Python side of the drivers cpython-*: runs one job again and again, as coresweep asks.

    coresweep_driver.py FD

FD is a socket. A line of JSON comes, and one goes back: first the greeting, then the job, then a
line for every run; the end of the socket is the end of the program. Numbers are 64-bit words, those
above 2**63 - 1 as negative ones. `drivers/python.c` is the other side.

What an interpreter prints goes elsewhere, so that nothing that a site adds can disturb the talk.
Processes that are spawned import this file, too: all that costs time to import is imported later.
"""

import json
import os
import sys


def word(number):
    """As 64 bits with a sign: JSON readers in C have no larger integers."""
    number %= 1 << 64
    return number - (1 << 64) if number >= 1 << 63 else number


# ---- the job -------------------------------------------------------------------------------------

def units_of(tasks):
    """The units of tasks [n, pieces], as harness/job.c cuts them: (n, lo, hi)."""
    units = []
    for n, pieces in tasks:
        quotient, remainder = divmod(n, pieces)
        edges = [piece * quotient + min(piece, remainder) for piece in range(pieces + 1)]
        units += [(n, lo, hi) for lo, hi in zip(edges, edges[1:])]
    return units


def team_of(request):
    from coresweep_modes import Team, check_version
    from coresweep_workers import Job

    check_version(request["mode"])
    job = Job(*(request[name] for name in ("kernel", "options", "calls", "lists")),
              units_of(request["tasks"]), request["cpus"])
    return Team(job, request["workers"], request["static"], request["start_method"])


def import_for(mode):
    """What the mode imports in its first run is imported before it."""
    import importlib

    needs = {
        "asyncio": ["asyncio"],
        "threads": ["threading"],
        "processes": ["multiprocessing.connection", "multiprocessing.context", "signal"],
        "pool": ["multiprocessing.pool", "multiprocessing.queues"],
        "futures-threads": ["concurrent.futures.thread", "queue"],
        "futures-processes": ["concurrent.futures.process", "multiprocessing.queues"],
        "interpreters": ["threading", "marshal"],
    }
    for name in needs.get(mode, []):
        importlib.import_module(name)


# ---- a run ---------------------------------------------------------------------------------------

def tally_of(team, share):
    """Items, steps, hits and their sum: of lists, after the work."""
    from coresweep_kernels import TWINS

    steps = TWINS[team.job.kernel].steps
    totals = [0, 0, 0, 0]
    for unit, found in share.found:
        n, lo, hi = team.job.units[unit]
        tally = found
        if not isinstance(found, tuple):
            tally = hi - lo, steps(n, hi - lo, found), len(found), sum(found)
        totals = [total + more for total, more in zip(totals, tally)]
    return [word(total) for total in totals]


def row_of(team, share):
    return tally_of(team, share) + [
        len(share.found), share.start_ns, share.end_ns, share.cpu_ns, share.preempted, share.cpu,
        share.pid,
    ]


def lists_of(team, shares):
    """What every unit found, in input order."""
    lists = [None] * len(team.units)
    for share in shares:
        for unit, found in share.found:
            lists[unit] = [word(hit) for hit in found]
    return lists


def run(mode, team):
    from coresweep_cpu import cpu_ns
    from coresweep_modes import MODES

    before_ns = cpu_ns(team.context)
    wall_ns, shares = MODES[mode](team)
    answer = {"wall_ns": wall_ns, "cpu_ns": max(0, cpu_ns(team.context) - before_ns)}
    answer["switched"] = sum(share.switched for share in shares)
    answer["gil"] = getattr(sys, "_is_gil_enabled", lambda: True)()
    answer["workers"] = [row_of(team, share) for share in shares]
    if team.job.lists:
        answer["lists"] = lists_of(team, shares)
    return answer


def leave():
    """Ends at once, as a pool that is broken may never; of what is tidied up then, this remains."""
    util = sys.modules.get("multiprocessing.util")
    if util:
        import shutil

        shutil.rmtree(util.get_temp_dir(), ignore_errors=True)  # the fork server's socket is in it
    os._exit(1)


# ---- the talk ------------------------------------------------------------------------------------

def main():
    fd = int(sys.argv[1])
    os.set_inheritable(fd, False)
    requests = os.fdopen(os.dup(fd), "rb")

    def say(answer):
        data = json.dumps(answer, separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[os.write(fd, data):]

    say({"pid": os.getpid(), "version": list(sys.version_info[:3])})
    mode = team = None
    for line in requests:
        request = json.loads(line)
        try:
            if team is None:
                mode, team = request["mode"], team_of(request)
                import_for(mode)
                say({})
            else:
                say(run(mode, team))
        except Exception as problem:
            say({"error": "%s" % problem if type(problem).__name__ == "WorkerError"
                 else "%s: %s" % (type(problem).__name__, problem)})
            leave()


if __name__ == "__main__":
    main()
