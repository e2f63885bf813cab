#!/usr/bin/python3
"""pool.py MEASURE [NAME=VALUE...]: Python's multiprocessing.Pool as a peer.

Takes the words that bench_drivers takes and prints figures of the same names, as far as Pool has
them: region, chunk and results.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from multiprocessing import Pool
from typing import Callable

CHUNKS = 5000
MIB = 1 << 20


def nothing(_: int) -> None:
    """The empty task."""


def filled(size: int) -> bytes:
    """The result that is sent back."""
    return b"\x55" * size


def timed_ns(call: Callable[[], object]) -> int:
    """How long one call takes."""
    start = time.monotonic_ns()
    call()
    return time.monotonic_ns() - start


def measure_region(pool: Pool, words: dict[str, int]) -> dict[str, float]:
    """One task per worker, back to back or after a sleep of the caller's."""
    end = time.monotonic() + words.get("budget-ms", 50) / 1e3
    times = []
    while time.monotonic() < end:
        time.sleep(words.get("sleep-us", 0) / 1e6)
        times.append(timed_ns(lambda: pool.map(nothing, range(words["workers"]), chunksize=1)))
    return {"mean_ns": statistics.mean(times), "median_ns": statistics.median(times)}


def measure_chunk(pool: Pool, _: dict[str, int]) -> dict[str, float]:
    """What a task costs that is sent alone."""
    tasks = range(CHUNKS)
    return {"median_ns": timed_ns(lambda: pool.map(nothing, tasks, chunksize=1)) / CHUNKS}


def measure_results(pool: Pool, words: dict[str, int]) -> dict[str, float]:
    """GB/s of bytes that a worker made and sent: the first call, and the best of those after it."""
    size = words["mib"] * MIB
    rates = [size / timed_ns(lambda: pool.apply(filled, (size,))) for _ in range(4)]
    return {"cold_gb_s": rates[0], "warm_gb_s": statistics.median(rates[1:])}


MEASURES = {"region": measure_region, "chunk": measure_chunk, "results": measure_results}


def main() -> None:
    """Opens the pool, warms it up, and prints the figures."""
    words = {name: int(value) for name, value in (word.split("=") for word in sys.argv[2:])}
    words.setdefault("workers", 2)
    with Pool(words["workers"]) as pool:
        pool.map(nothing, range(100), chunksize=1)
        print(json.dumps(MEASURES[sys.argv[1]](pool, words)))


if __name__ == "__main__":
    main()
