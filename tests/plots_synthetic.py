#!/usr/bin/python3
"""Prints a report like that of `coresweep report --format json` of a machine that does not exist.

The plots are tested and looked at with it: sizes, drivers and laws of scaling that the machine at
hand may not have. The same arguments print the same report.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from typing import Optional

Rounds = list[Optional[float]]  # None: not measured

DRIVERS = ["serial", "openmp", "pthread", "fork", "mpi", "tbb", "cpython", "cpython-nogil"]

# kernel, options, schedule, tasks, serial seconds, serial fraction, cost per further worker, waits
SERIES = [
    ("spin", "", "dynamic", "316000", 0.100, 0.0, 0.0, False),
    ("trial", "", "whole", "2000,4000,10000,6000,200", 0.115, 0.30, 0.0, False),
    ("trial", "", "dynamic", "2000,4000,10000,6000,200", 0.115, 0.01, 1e-4, False),
    ("sqrt", "", "dynamic", "90000000", 0.250, 0.002, 2e-4, False),
    ("roots", "", "static", "400000000000", 0.0731, 0.05, 1e-3, False),
    ("array", "input=random isa=auto", "static", "3000000", 0.100, 0.01, 0.0, False),
    ("array", "input=squares isa=auto", "static", "3000000", 0.300, 0.3, 0.0, False),
    ("sleep", "", "whole", "1,2,3,4,5,1,2,3,4,5", 0.123, 0.004, 0.0, True),
]


def interval(values: list[float]) -> tuple[Optional[float], Optional[float]]:
    """Order statistics at 95 %; none below six rounds."""
    n, k, tail = len(values), 0, 0.0
    while tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    return (values[k - 1], values[n - k]) if k else (None, None)


def estimate(rounds: Rounds) -> dict:
    """As the program prints it; rounds that were not measured are left out."""
    values = sorted(value for value in rounds if value is not None)
    if not values:
        return {"value": None, "low": None, "high": None, "n": 0}
    low, high = interval(values)
    return {"value": statistics.median(values), "low": low, "high": high, "n": len(values)}


def ratios(base: Rounds, mine: Rounds) -> Rounds:
    """Paired by round."""
    return [b / m if b and m else None for b, m in zip(base, mine)]


def counts(most: int) -> list[int]:
    """1, 2, 4 ... and the largest."""
    powers = [2**e for e in range(most.bit_length()) if 2**e < most]
    return powers + [most]


class Machine:
    """Times as the laws of SERIES, the options' limits and a seeded noise give them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.random = random.Random(options.seed)

    def parallel(self, workers: int, waits: bool) -> float:
        """Workers that get something done: SMT gives a quarter of a core, a quota caps it."""
        if waits:
            return workers
        cores, pus = self.options.cores, self.options.workers
        useful = min(workers, cores) + 0.25 * max(0, min(workers, pus) - cores)
        return min(useful, self.options.quota or useful)

    def seconds(self, series: tuple, driver: str, workers: int) -> float:
        """Amdahl with a price per worker; a driver behind one lock does not scale."""
        _, _, _, _, serial, fraction, price, waits = series
        slow = 1 + 0.02 * DRIVERS.index(driver)
        if driver == "cpython" and not waits:
            return 8 * serial * slow
        share = fraction + (1 - fraction) / self.parallel(workers, waits)
        return serial * slow * (share + price * (workers - 1))

    def rounds(self, series: tuple, driver: str, workers: int) -> tuple[Rounds, Rounds]:
        """Wall and CPU time by round: other load only makes the wall slower."""
        ideal, walls, cpus = self.seconds(series, driver, workers), [], []
        for r in range(self.options.rounds):
            lost = self.options.incomplete and r >= self.options.rounds // 2
            load = self.random.expovariate(1 / self.options.noise)
            cpu = ideal * (1 + self.random.gauss(0, 0.005)) * 1e9
            cpus.append(None if lost else cpu)
            walls.append(None if lost else cpu * (1 + load))
        return walls, cpus


# ---- what is derived -----------------------------------------------------------------------------


def serial_fraction(speedup: Optional[float], workers: int) -> Optional[float]:
    """Karp and Flatt's."""
    return speedup and (1 / speedup - 1 / workers) / (1 - 1 / workers)


def losses(machine: Machine, series: tuple, workers: int, efficiency: float) -> dict:
    """SMT and quota inflate the work; of the rest, imbalance has the larger part."""
    inflation = machine.parallel(workers, False) / workers
    rest = min(1.0, efficiency / inflation)
    shares = {"load_balance": rest**0.75, "serialisation": rest**0.25, "work_inflation": inflation}
    return {name: {"value": value, "low": value * 0.99, "high": value * 1.01,
                   "n": machine.options.rounds} for name, value in shares.items()}


def derived(machine: Machine, series: tuple, workers: int, speedups: Rounds) -> dict:
    """What a report says of a cell beyond its times."""
    known = [ratio for ratio in speedups if ratio]
    if series[-1] or not known:
        return {"karp_flatt": estimate([]), "resolution": None, "loss": None}
    efficiency = statistics.median(known) / workers
    fractions = [serial_fraction(ratio, workers) for ratio in speedups] if workers > 1 else []
    return {
        "karp_flatt": estimate(fractions),
        "resolution": 0.01 / (efficiency * (workers - 1)) if workers > 1 else None,
        "loss": losses(machine, series, workers, efficiency),
        "checks": ["lag-1 autocorrelation 0.71: intervals by moving blocks"] if workers == 2 else [],
    }


def models(machine: Machine, cells: list[dict]) -> list[dict]:
    """Amdahl's law for each curve; of what the data cannot resolve, why there is none."""
    found = []
    for series in (one for one in SERIES if one[0] in machine.options.kernels and not one[-1]):
        for driver in DRIVERS[1 : machine.options.drivers]:
            place = dict(zip(("kernel", "options", "schedule", "tasks"), series))
            counts_here = [c["workers"] for c in cells if c["driver"] == driver and
                           all(c[key] == value for key, value in place.items())]
            most, fraction = max(counts_here), series[5]
            refused = driver == "cpython" or fraction == 0
            curve = [] if refused else [[p, 1 / (fraction + (1 - fraction) / p)]
                                        for p in counts(2 * most)]
            found.append(place | {
                "driver": driver, "settings": "", "segment": [1, most], "curve": curve,
                "model": "refused" if refused else "amdahl",
                "serial_fraction": estimate([] if refused else [fraction] * 8),
                "sentence": "no serial fraction: its interval covers 0" if refused else
                f"Amdahl, serial fraction {fraction:g}, at most {1 / fraction:.3g} times as fast",
            })
    return found


def whys(cells: list[dict]) -> list[dict]:
    """A sentence for each driver's largest worker count."""
    keys = ("kernel", "options", "tasks", "schedule", "driver", "workers")
    return [{key: cell[key] for key in keys} | {"settings": "", "sentence":
            f"at {cell['workers']} workers 61 % of the loss is imbalance: <the> largest task & more"}
            for cell in cells if cell["loss"] and cell["workers"] > 1]


# ---- samples -------------------------------------------------------------------------------------


def worker_times(machine: Machine, start: float, end: float, workers: int) -> list[list[int]]:
    """Late starts, early ends, and a little time lost to others."""
    draw, length = machine.random.random, end - start
    times = []
    for worker in range(workers):
        first, last = start + 0.02 * length * draw(), end - 0.15 * length * draw() * (worker > 0)
        times.append([round(first), round(last), round((last - first) * (1 - 0.05 * draw() ** 4))])
    return times


def sample_of(machine: Machine, cell: dict, round_number: int, started: float) -> dict:
    """One element of "samples"."""
    took = cell["round_ns"][round_number]
    return {"started_ns": round(started), "region_ns": took, "round": round_number,
            "availability": min(1.0, cell["round_cpu_ns"][round_number] / took),
            "disturbed": took > 1.06 * cell["time_ns"]["value"],
            "worker": worker_times(machine, started, started + took, cell["workers"])}


def samples(machine: Machine, cells: list[dict]) -> list[dict]:
    """Every round in an order of its own, one sample after the other."""
    taken, now = [], 1e12
    for r in range(machine.options.rounds):
        order = [i for i, cell in enumerate(cells) if cell["round_ns"][r] is not None]
        machine.random.shuffle(order)
        for position, index in enumerate(order):
            sample = sample_of(machine, cells[index], r, now)
            taken.append({"point": index, "position": position} | sample)
            now += sample["region_ns"] + 2e7
    return taken


# ---- the report ----------------------------------------------------------------------------------


def point(machine: Machine, series: tuple, driver: str, workers: int,
          base: Optional[tuple[Rounds, Rounds]]) -> tuple[dict, tuple[Rounds, Rounds]]:
    """One element of "points"; `base` holds the serial rounds, None: this is the base."""
    kernel, options, schedule, tasks, _, _, _, waits = series
    walls, cpus = machine.rounds(series, driver, workers)
    base_walls, base_cpus = base or (walls, cpus)
    speedups = ratios(base_walls, walls)
    cell = {
        "kernel": kernel, "options": options, "tasks": tasks, "schedule": schedule,
        "driver": driver, "workers": workers, "oversubscribed": workers > machine.options.workers,
        "unit": "steps", "waits": waits, "min_ns": 1.0, "preempted": 0.0,
        "time_ns": estimate(walls), "s_abs": estimate(speedups),
        "s_cpu": estimate([] if waits else ratios(base_cpus, cpus)),
        "round_ns": walls, "round_cpu_ns": cpus,
        **({} if machine.options.plain else derived(machine, series, workers, speedups)),
    }
    return cell, (walls, cpus)


def points(machine: Machine) -> list[dict]:
    """Each work's serial base once, then every driver and worker count of every series."""
    options, bases, cells = machine.options, {}, []
    for series in (one for one in SERIES if one[0] in options.kernels):
        work, waits = series[:2], series[-1]
        most = options.workers * (4 if waits else 2 if options.oversubscribe else 1)
        if work not in bases:
            cell, bases[work] = point(machine, series, "serial", 1, None)
            cells.append(cell)
        for driver in DRIVERS[1 : options.drivers]:
            for workers in counts(most):
                cells.append(point(machine, series, driver, workers, bases[work])[0])
    return cells


def host(options: argparse.Namespace) -> dict:
    """What the caption and the marks need."""
    return {
        "hostname": "synthetic", "date": "2026-01-02T03:04:05Z", "cpu_model": "Synthetic CPU 9000",
        "topology": f"2 packages, 2 NUMA nodes, {options.cores} cores, {options.workers} PUs",
        "usable_cores": options.cores, "usable_pus": options.workers,
        "quota_cpus": options.quota, "hypervisor": "", "placement": "",
    }


def parse_arguments() -> argparse.Namespace:
    """Defaults: a quiet laptop."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2, help="processing units")
    parser.add_argument("--cores", type=int, help="default: as many as processing units")
    parser.add_argument("--quota", type=float)
    parser.add_argument("--drivers", type=int, default=4, help="how many, serial included")
    parser.add_argument("--kernels", nargs="+", default=["spin", "trial", "sleep"])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--noise", type=float, default=0.03)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--incomplete", action="store_true")
    parser.add_argument("--oversubscribe", action="store_true")
    parser.add_argument("--plain", action="store_true", help="only what all reports have")
    options = parser.parse_args()
    options.cores = options.cores or options.workers
    return options


def main() -> None:
    """Prints the report."""
    options = parse_arguments()
    plan = {"schema": 1, "rounds": options.rounds, "pin": "cores", "seed": options.seed}
    machine = Machine(options)
    cells = points(machine)
    report = {
        "confidence": 0.95, "complete": not options.incomplete, "plan": plan,
        "host": host(options), "points": cells, "events": [],
    }
    if not options.plain:
        report |= {"models": models(machine, cells), "why": whys(cells),
                   "samples": samples(machine, cells)}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
