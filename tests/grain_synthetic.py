#!/usr/bin/python3
"""Prints what `coresweep grain --format json` prints, of a machine that does not exist.

A task costs its grain and an overhead that grows with the workers, so that METG(50 %) is the
overhead and METG(90 %) nine times as much. The same arguments print the same text.
"""

from __future__ import annotations

import argparse
import json
import random

OVERHEADS_NS = {"openmp": 400.0, "pthread": 900.0, "fork": 1300.0, "tbb": 2500.0}


def near(value: float, spread: float) -> dict:
    """An estimate with an interval of so many parts to both sides."""
    return {"value": value, "low": value * (1 - spread), "high": value * (1 + spread), "n": 20}


def curve(kernel: str, driver: str, workers: int, dice: random.Random) -> dict:
    """From 100 ns to 10 ms, halved again and again."""
    overhead, points = OVERHEADS_NS[driver] * workers**0.5, []
    for step in range(17):
        grain = 1e7 / 2**step
        efficiency = grain / (grain + overhead) * (1 + dice.gauss(0, 0.01))
        points.append({"grain_ns": near(grain + overhead, 0.01),
                       "efficiency": near(efficiency, 0.02)})
    return {"kernel": kernel, "driver": driver, "settings": "", "schedule": "dynamic:1",
            "workers": workers, "points": points,
            "metg50_ns": near(2 * overhead, 0.1), "metg90_ns": near(10 * overhead, 0.1)}


def main() -> None:
    """Prints it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    options, dice = parser.parse_args(), random.Random(1)
    print(json.dumps({"grain": [curve(kernel, driver, workers, dice)
                                for kernel in ("spin", "trial") for workers in options.workers
                                for driver in OVERHEADS_NS]}, indent=1))


if __name__ == "__main__":
    main()
