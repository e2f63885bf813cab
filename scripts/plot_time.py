#!/usr/bin/python3
"""Draws absolute times against workers, from `coresweep report --format json RESULTS`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import math
import sys
from typing import Optional

from csw_figure import Axes, set_ticks
from csw_plot import Drawing, View, drawn_values, main
from csw_report import Point, Series
from csw_story import SECONDS


def round_seconds(series: Series, point: Point) -> list[float]:
    """Of the single rounds."""
    return [ns / 1e9 for ns in point.round_ns if ns is not None]


def ideal_seconds(series: Series, workers: float) -> Optional[float]:
    """The first base's time, shared without loss."""
    base = series.bases[0].seconds if series.bases else None
    return base and base / workers


def tick_name(seconds: float) -> str:
    """10 ms"""
    size, name = next(unit for unit in SECONDS if seconds >= unit[0] * (1 - 1e-9))
    return f"{seconds / size:g} {name}"


def set_seconds(axes: Axes, drawing: Drawing) -> None:
    """Powers of ten, with 2 and 5 between them where there are few."""
    values = drawn_values(drawing, with_rounds=True)
    low, high = min(values) / 1.15, max(values) * 1.15
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 200 else (1,)
    ticks = [step * 10.0**power for power in powers for step in steps]
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    set_ticks(axes.yaxis, [tick for tick in ticks if low <= tick <= high], tick_name)


TIME = View(
    name="time",
    title="Time of one run",
    summary="Median time of one run against workers, with intervals, on logarithmic axes.",
    value_label="",  # the ticks have units
    estimate=lambda point: point.time,
    rounds=round_seconds,
    ideal=ideal_seconds,
    set_values=set_seconds,
    with_waits=True,
    base=lambda base: base.seconds,
    bars="of the median",
    note="Ideal: the base's time / workers. ",
    missing="a time",
    weak={"title": "Time of one run: p workers have p times the work",
          "ideal": lambda series, workers: ideal_seconds(series, 1),
          "note": "Ideal: the base's time. "},
)

if __name__ == "__main__":
    sys.exit(main(TIME))
