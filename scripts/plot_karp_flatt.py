#!/usr/bin/python3
"""Draws Karp and Flatt's serial fraction against workers, from `coresweep report --format json`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import math
import sys

from csw_figure import Axes, set_ticks
from csw_plot import Drawing, View, drawn_values, main
from csw_report import Point, Series


def fractions(series: Series, point: Point) -> list[float]:
    """Of the single rounds: (1/S - 1/p) / (1 - 1/p)."""
    share = 1 / point.workers
    return [(1 / ratio - share) / (1 - share) for ratio in series.ratios_to_one(point)]


def scaled_fractions(series: Series, point: Point) -> list[float]:
    """Of the single rounds: (p - S) / (p - 1)."""
    return [(point.workers - ratio) / (point.workers - 1) for ratio in series.ratios_to_one(point)]


FRAME = "Rounds beyond the frame are left out. "


def tick_name(value: float) -> str:
    """0.01, but 1e-3: as wide as there is room for."""
    return f"{value:.0e}".replace("e-0", "e-") if 0 < abs(value) < 0.01 else f"{value:g}"


def set_fractions(axes: Axes, drawing: Drawing) -> None:
    """Powers of ten on both sides of a linear zone around 0, as wide as the best resolution."""
    view = drawing.view
    zones = [view.zone(point) for series in drawing.series for point in view.points(series)]
    finest = min((zone for zone in zones if zone is not None), default=0.01)
    least = 10 ** math.floor(math.log10(finest))
    values = [*drawn_values(drawing, with_rounds=False), *(zone for zone in zones if zone)]
    low, high = min(values), max(values)
    axes.set_yscale("symlog", linthresh=least, linscale=0.4)
    axes.set_ylim(min(-least, low * 1.6), max(least, high * 1.6))
    powers = [least * 10**e for e in range(round(-math.log10(least)) + 1)]
    ticks = [-power for power in powers if power <= -low * 1.6] + [0.0]
    set_ticks(axes.yaxis, ticks + [power for power in powers if power <= high * 1.6], tick_name)


KARP_FLATT = View(
    name="karp_flatt",
    title="Karp-Flatt: the serial fraction that each worker count shows",
    summary="Experimentally determined serial fraction against workers, with intervals and the "
    "zone in which it cannot be told from 0.",
    value_label="e = (1/S_rel - 1/p) / (1 - 1/p)",
    estimate=lambda point: point.karp_flatt,
    rounds=fractions,
    ideal=lambda series, workers: 0.0,
    set_values=set_fractions,
    with_waits=False,
    zone=lambda point: point.resolution,
    over="Base: the same driver with one worker (S_rel).",
    bars="of the median, that of S_rel (per-round ratios, paired) turned round",
    note=FRAME + "Flat: a serial part; rising: overhead that grows with the workers; falling: a "
    "price that more workers share, or more cache than one has. In the shaded zone even the "
    "surest driver cannot be told from 0. ",
    missing="a serial fraction (`karp_flatt`)",
    weak={"title": "Gustafson: the serial fraction of the time with p times the work",
          "value_label": "s = (p - S_rel) / (p - 1)",
          "estimate": lambda point: point.gustafson,
          "rounds": scaled_fractions,
          "note": FRAME,
          "over": "Base: the same driver with one worker on its part of the work (S_rel).",
          "missing": "a serial fraction (`gustafson`)"},
)

if __name__ == "__main__":
    sys.exit(main(KARP_FLATT))
