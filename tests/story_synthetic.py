#!/usr/bin/python3
"""Prints a story like that of `coresweep story --report FILE --format json`, of a made-up run.

The pictures and the page are tested and looked at with it. The same arguments print the same story.
"""

from __future__ import annotations

import argparse
import json
import random
from typing import Iterator, Optional

from plots_synthetic import Rounds, estimate, ratios

TASKS = "1000,2000,5000,3000,100"
WAITS = "1,2,3,4,5"
PYTHON = "CPython 3.11.2"
FREE = "CPython 3.14.0t"
RUNTIMES = {PYTHON: "CPython 3.11.2, PGO+LTO, GIL on", FREE: "CPython 3.14.0t, no PGO, GIL off"}
BLOCKS = {
    "A": "Waiting: five tasks",
    "B": "Not joined: what is printed, and when the work is done",
    "C": "Computing: the tutorial's five tasks",
    "D": "Computing: the same work in even chunks",
    "G": "Who waits for whom: a 1 ms ticker beside one computing thread",
    "H": "What things cost",
}
NOTES = "left out: threads without the GIL: none here\nfailed: an <example> & more\n"
PROBES = {
    "B": ("unjoined", "five waiting threads: what is printed, and when the work is done"),
    "G": ("ticker", "a thread that wakes every 1 ms: how late it wakes"),
    "H": ("prices", "starting things"),
}

# label, driver, schedule, workers, seconds waiting, seconds computing, bound of the latter
C_ROWS = [
    ("one after another", "serial", "whole", 1, 1.5003, 0.0245, None),
    ("a thread per task", "pthread-each", "whole", 5, 0.5003, 0.0177, 1.416),
    ("a process per task", "fork-each", "whole", 5, 0.5021, 0.0181, 1.416),
    ("OpenMP, a thread per core", "openmp", "whole", 2, 0.9004, 0.0168, 1.498),
    ("OpenMP, a thread per task", "openmp", "whole", 5, 0.5004, 0.0176, 1.416),
    ("event loop", "event", "whole", 5, 0.5002, None, None),
]
PYTHON_ROWS = [
    ("one after another", "cpython-serial", "whole", 1, 1.5010, 0.731, None),
    ("threads", "cpython-threads", "whole", 5, 0.5050, 0.805, 1.416),
    ("a process per task", "cpython-processes", "whole", 5, 0.5130, 0.537, 1.416),
    ("pool of five", "cpython-pool", "whole", 5, 0.5310, 0.551, 1.416),
    ("asyncio", "cpython-asyncio", "whole", 5, 0.5020, 0.741, 1.416),
]
C_CHUNKS = [
    ("one after another", "serial", "whole", 1, None, 0.0245, None),
    ("threads", "pthread", "dynamic", 2, None, 0.0126, 2.0),
    ("OpenMP", "openmp", "dynamic", 2, None, 0.0125, 2.0),
    ("processes", "fork", "dynamic", 2, None, 0.0129, 2.0),
]
PYTHON_CHUNKS = [
    ("one after another", "cpython-serial", "whole", 1, None, 0.731, None),
    ("threads", "cpython-threads", "dynamic", 2, None, 0.779, 2.0),
    ("pool of two", "cpython-pool", "dynamic", 2, None, 0.401, 2.0),
]

# row, ticks, late by p10, p50, p90, p99, max in microseconds
C_TICKER = [
    ("alone", 500, 51, 58, 71, 120, 410),
    ("beside one computing thread", 500, 49, 57, 90, 310, 2900),
]
PYTHON_TICKER = [
    ("alone", 500, 58, 66, 88, 170, 520),
    ("beside one computing thread", 90, 5010, 5170, 5400, 6900, 10800),
    ("beside one computing thread, switch interval 0.5 ms", 340, 510, 590, 800, 1400, 3100),
]
FREE_TICKER = [("beside one computing thread", 490, 60, 82, 110, 240, 1900)]


class Run:
    """The rounds of a machine with a little other load."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.random = random.Random(options.seed)

    def rounds(self, seconds: float) -> Rounds:
        """Other load only makes it slower."""
        rate = 1 / self.options.noise
        return [seconds * 1e9 * (1 + self.random.expovariate(rate))
                for _ in range(self.options.rounds)]


def row_of(block: str, row: tuple, base: Rounds, mine: Rounds, language: str) -> dict:
    """One element of "rows"."""
    label, driver, schedule, workers, _, _, bound = row
    waits, foreign = block == "A", language != "C"
    settings = f"python=/opt/{language.replace(' ', '')}" if foreign else ""
    return {
        "block": block, "label": label, "language": language,
        "kernel": "sleep" if waits else "trial",
        "options": "", "tasks": WAITS if waits else TASKS, "schedule": schedule, "driver": driver,
        "settings": settings, "workers": workers, "oversubscribed": workers > 2, "waits": waits,
        "time_ns": estimate(mine), "process_ns": estimate([ns + 4e7 for ns in mine]),
        "speedup": estimate(ratios(base, mine)),
        "in_cpython": estimate([]) if waits else estimate([0.731e9 / ns for ns in mine]),
        "bound": None if waits else bound, "hard_bound": None if waits else bound,
        "above_bound": driver == "cpython-futures", "cpu_share": 0.01 if waits else 1.5,
        "start_ns": 4e7 if foreign else 1e4, "pss_bytes": workers * (9e6 if foreign else 4e5),
    }


def rows(run: Run, block: str, table: list[tuple], language: str = "C",
         slower: float = 1.0) -> Iterator[dict]:
    """The rows of one block in one language, its own serial run first."""
    base: Optional[Rounds] = None
    for row in table:
        seconds = row[4] if block == "A" else row[5]
        if seconds is not None:
            mine = run.rounds(seconds * slower)
            base = base or mine
            yield row_of(block, row, base, mine, language)


def free_rows() -> list[tuple]:
    """Without a lock, threads are what they are in C."""
    serial, threads = PYTHON_ROWS[:2]
    return [serial, (*threads[:5], 0.731 / 1.38, 1.416)]


def all_rows(run: Run) -> list[dict]:
    """Block after block."""
    cells = [*rows(run, "A", C_ROWS), *rows(run, "A", PYTHON_ROWS, PYTHON),
             *rows(run, "C", C_ROWS), *rows(run, "C", PYTHON_ROWS, PYTHON)]
    if run.options.free:
        cells += rows(run, "C", free_rows(), FREE, 1.5)
    return [*cells, *rows(run, "D", C_CHUNKS), *rows(run, "D", PYTHON_CHUNKS, PYTHON)]


def reading(run: Run, probe: str, row: str, quantity: str, value: float, language: str) -> dict:
    """One element of "readings": the median over the rounds."""
    values = [ns / 1e9 for ns in run.rounds(value)]
    return {"probe": probe, "row": row, "language": language,
            "quantity": quantity, "unit": "ns" if quantity.endswith("_ns") else "1",
            **estimate(values)}


def ticker(run: Run, table: list[tuple], language: str) -> Iterator[dict]:
    """How late the ticks came."""
    for row, ticks, *late in table:
        yield reading(run, "ticker", row, "ticks", ticks, language)
        for name, microseconds in zip(("p10", "p50", "p90", "p99", "max"), late):
            yield reading(run, "ticker", row, f"late_{name}_ns", microseconds * 1e3, language)


def readings(run: Run) -> list[dict]:
    """Probe after probe."""
    cells = []
    for language, printed in (("C", 0.00021), (PYTHON, 0.0027)):
        for row, shown in (("thread, joined", 0.5), ("thread, not joined", printed)):
            cells.append(reading(run, "unjoined", row, "printed_ns", shown * 1e9, language))
            cells.append(reading(run, "unjoined", row, "done_ns", 0.5e9, language))
    cells += [*ticker(run, C_TICKER, "C"), *ticker(run, PYTHON_TICKER, PYTHON)]
    if run.options.free:
        cells += ticker(run, FREE_TICKER, FREE)
    for language, prices in (("C", (12e3, 110e3)), (PYTHON, (106e3, 2e6))):
        for row, price in zip(("thread", "process by fork"), prices):
            cells.append(reading(run, "prices", row, "start_ns", price, language))
    return cells


def sentences() -> list[dict]:
    """When to use which."""
    return [
        {"claim": "Work that waits is faster with a thread for each task.",
         "standing": "holds here",
         "numbers": "  C a thread per task: 3.00 times.\n  3.11.2 threads: 2.97 times.\n",
         "rows": "A C a thread per task; A 3.11.2 threads"},
        {"claim": "A pool is faster than a process per task.", "standing": "not resolved here",
         "numbers": "  3.11.2 pool of five: 1.33 times, a process per task 1.34.\n",
         "rows": "C 3.11.2 pool of five; C 3.11.2 a process per task"},
        {"claim": "Nobody tried this.", "standing": "not measured here", "numbers": "", "rows": ""},
    ]


def block_of(name: str, options: argparse.Namespace) -> dict:
    """One element of "blocks"."""
    probe, summary = PROBES.get(name, ("", ""))
    return {"name": name, "title": BLOCKS[name], "about": f"What block {name} is about.",
            "probes": [{"name": probe, "summary": summary}] if probe else [],
            "notes": NOTES if name == "C" and not options.free else ""}


def parse_arguments() -> argparse.Namespace:
    """Defaults: a quiet laptop of two cores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--noise", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--free", action="store_true", help="a free-threaded interpreter, too")
    return parser.parse_args()


def main() -> None:
    """Prints the story."""
    run = Run(parse_arguments())
    host = {"hostname": "synthetic", "date": "2026-01-02T03:04:05Z",
            "cpu_model": "Synthetic CPU 9000", "topology": "1 package, 2 cores, 2 PUs",
            "usable_cores": 2, "usable_pus": 2, "quota_cpus": None, "hypervisor": ""}
    cells = all_rows(run)
    languages = {cell["language"] for cell in cells}
    print(json.dumps({
        "confidence": 0.95, "complete": True, "host": host,
        "plan": {"schema": 1, "rounds": run.options.rounds, "pin": "none", "seed": 1},
        "runtimes": [{"language": name, "text": text} for name, text in RUNTIMES.items()
                     if name in languages],
        "blocks": [block_of(name, run.options) for name in BLOCKS],
        "rows": cells, "readings": readings(run), "sentences": sentences(),
        "events": [],
    }, indent=1))


if __name__ == "__main__":
    main()
