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
LARGEST_NS = 1.9e5  # tbb does not keep 90 % with 64 workers


def near(value: float, spread: float) -> dict:
    """An estimate with an interval of so many parts to both sides."""
    return {"value": value, "low": value * (1 - spread), "high": value * (1 + spread), "n": 20}


def metg(points: list[dict], value: float) -> dict:
    """Within the grains measured, or on which side of them it lies; far ends of the interval have
    none, as where draws did not cross.
    """
    least, most = (limit(point["grain_ns"]["value"] for point in points) for limit in (min, max))
    side = "below" if value < least else "above" if value > most else "crossed"
    found = near(value, 0.1) if side == "crossed" else {"value": None, "low": None, "high": None,
                                                        "n": 20}
    if found["high"] and found["high"] > most:
        found["high"] = None
    return found | {"side": side, "least": least, "most": most}


def curve(kernel: str, driver: str, workers: int, dice: random.Random) -> dict:
    """From 100 ns to 10 ms, halved again and again."""
    overhead, points = OVERHEADS_NS[driver] * workers**0.5, []
    for step in range(17):
        grain = LARGEST_NS / 2**step
        efficiency = grain / (grain + overhead) * (1 + dice.gauss(0, 0.01))
        points.append({"task_ns": grain, "grain_ns": near(grain + overhead, 0.01),
                       "efficiency": near(efficiency, 0.02)})
    return {"kernel": kernel, "driver": driver, "settings": "", "label": driver, "schedule": "dynamic:1",
            "workers": workers, "points": points,
            "metg50_ns": metg(points, 2 * overhead), "metg90_ns": metg(points, 10 * overhead)}


def main() -> None:
    """Prints it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    options, dice = parser.parse_args(), random.Random(1)
    host = {"date": "2026-01-02T03:04:05Z", "cpu_model": "Synthetic CPU 9000"}
    print(json.dumps({"confidence": 0.95, "complete": True, "plan": {"pin": "cores"}, "host": host,
                      "grain": [curve(kernel, driver, workers, dice)
                                for kernel in ("spin", "trial") for workers in options.workers
                                for driver in OVERHEADS_NS]}, indent=1))


if __name__ == "__main__":
    main()
