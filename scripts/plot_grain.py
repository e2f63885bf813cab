#!/usr/bin/python3
"""Draws efficiency against the grain of the work, from `coresweep grain --format json`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import partial
from typing import Optional

from csw_figure import (
    GREY, LIGHT, SMALL, Axes, Line2D, Panel, Plot, Spot, Style, plot_parser, run, set_look,
    set_ticks, styles_of,
)
from csw_report import (
    INCOMPLETE, BadReport, Estimate, host_text, interval_text, known, load_json, name_of,
    parse_estimate, parse_host, positive,
)
from csw_story import SECONDS, in_units

MAKE_ONE = "make one with `coresweep grain --format json`"
LEVELS = (0.5, 0.9)


@dataclass(frozen=True)
class Metg:
    """The least grain that keeps a level, or on which side of all that was measured it lies."""

    ns: Estimate  # an end of None lies beyond what was measured
    side: str  # crossed, below, above or unknown
    least: Optional[float]  # ns; the grains measured
    most: Optional[float]


@dataclass(frozen=True)
class Curve:
    """One driver on one kernel with one number of workers."""

    panel: tuple[str, str, int]  # kernel, schedule, workers
    label: str  # the driver, with what of its settings tells it apart
    points: tuple[tuple[Estimate, Estimate], ...]  # grain in ns, efficiency; by the work of a task
    metg: tuple[Metg, ...]  # of each of LEVELS


@dataclass(frozen=True)
class Grain:
    """What is drawn."""

    confidence: float
    complete: bool
    rounds: int  # of the point that has most
    machine: str
    curves: tuple[Curve, ...]


# ---- reading -------------------------------------------------------------------------------------


def parse_metg(cell: dict) -> Metg:
    """Reads one of the program's METG."""
    return Metg(parse_estimate(cell), str(cell["side"]), positive(cell["least"]),
                positive(cell["most"]))


def parse_curve(cell: dict) -> Curve:
    """Reads one element of "grain"."""
    sizes = sorted(cell["points"], key=lambda size: known(size["task_ns"]))
    points = ((parse_estimate(one["grain_ns"]), parse_estimate(one["efficiency"]))
              for one in sizes)
    return Curve(
        panel=(str(cell["kernel"]), str(cell["schedule"]), int(cell["workers"])),
        label=str(cell["label"]),
        points=tuple(pair for pair in points if pair[0].value and pair[1].value),
        metg=tuple(parse_metg(cell[f"metg{level * 100:g}_ns"]) for level in LEVELS),
    )


def parse_grain(data: dict) -> Grain:
    """Reads all of it."""
    curves = (parse_curve(cell) for cell in data["grain"])
    return Grain(
        confidence=known(data["confidence"]),
        complete=bool(data["complete"]),
        rounds=max((int(size["efficiency"]["n"]) for cell in data["grain"]
                    for size in cell["points"]), default=0),
        machine=host_text(parse_host(data["host"]), str(data["plan"].get("pin") or "not recorded")),
        curves=tuple(curve for curve in curves if curve.points),
    )


def load_grain(path: str) -> Grain:
    """Reads what has something to draw, or raises BadReport."""
    grain = load_json(path, parse_grain, MAKE_ONE)
    if not grain.curves:
        raise BadReport(f"{name_of(path)} has no efficiencies, so there is nothing to draw")
    return grain


# ---- one panel -----------------------------------------------------------------------------------


def draw_bar(axes: Axes, xs: list, ys: list, style: Style, width: float) -> None:
    """An interval along one axis; nothing where there is none."""
    if None not in xs and None not in ys:
        axes.plot(xs, ys, color=style.colour, linewidth=width, alpha=0.7, zorder=4)


def draw_curve(axes: Axes, curve: Curve, style: Style) -> None:
    """Medians with their intervals."""
    xs = [grain.value for grain, _ in curve.points]
    ys = [efficiency.value for _, efficiency in curve.points]
    axes.plot(xs, ys, color=style.colour, linewidth=0.8, alpha=0.8, zorder=3)
    axes.plot(xs, ys, zorder=5, **style.marker() | {"markersize": 4.0})
    for grain, efficiency in curve.points:
        draw_bar(axes, [grain.value] * 2, [efficiency.low, efficiency.high], style, 0.8)


def draw_metg(axes: Axes, curve: Curve, style: Style) -> None:
    """Where the curve crosses a level: larger and hollow, with its interval along the level, to the
    frame where an end was not reached.
    """
    for level, metg in zip(LEVELS, curve.metg):
        if metg.ns.value is not None:
            ends = [metg.ns.low or axes.get_xlim()[0], metg.ns.high or axes.get_xlim()[1]]
            draw_bar(axes, ends, [level] * 2, style, 2.2)
            axes.plot([metg.ns.value], [level], zorder=6,
                      **style.marker(hollow=True) | {"markersize": 7.5, "markeredgewidth": 1.3})


def tick_name(nanoseconds: float) -> str:
    """10 us"""
    size, name = next(unit for unit in SECONDS if nanoseconds / 1e9 >= unit[0] * (1 - 1e-9))
    return f"{nanoseconds / 1e9 / size:g} {name}"


def set_axes(axes: Axes, curves: tuple[Curve, ...]) -> None:
    """The same in every panel."""
    grains = [grain.value for curve in curves for grain, _ in curve.points]
    most = max(efficiency.high or efficiency.value
               for curve in curves for _, efficiency in curve.points)
    low, high = min(grains) / 1.3, max(grains) * 1.3
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(0, max(1.05, most * 1.03))
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    set_ticks(axes.xaxis, [10.0**power for power in powers], tick_name)
    set_look(axes)


def draw_panel(axes: Axes, spot: Spot, grain: Grain, panel: tuple, styles: dict[str, Style]) -> None:
    """All drivers of one kernel and worker count."""
    set_axes(axes, grain.curves)
    for level in (1.0, *LEVELS):
        axes.axhline(level, color=GREY if level == 1.0 else LIGHT, linewidth=0.8, zorder=1)
        if spot.last:
            axes.annotate(f"{level * 100:g} %", (1, level), xycoords=("axes fraction", "data"),
                          xytext=(3, 0), textcoords="offset points", va="center", fontsize=SMALL,
                          color=GREY)
    for curve in (one for one in grain.curves if one.panel == panel):
        draw_curve(axes, curve, styles[curve.label])
        draw_metg(axes, curve, styles[curve.label])


# ---- the plot ------------------------------------------------------------------------------------


def grain_text(nanoseconds: Optional[float]) -> str:
    """12.3 us"""
    return in_units(nanoseconds / 1e9, SECONDS) if nanoseconds else "?"


def metg_text(metg: Metg) -> str:
    """12.3 us [11.9 us, > 256 us], or on which side of all grains it lies."""
    if metg.side in ("below", "above"):
        return f"{metg.side} {grain_text(metg.least if metg.side == 'below' else metg.most)}"
    if metg.ns.value is None:
        return "not known"
    low = grain_text(metg.ns.low) if metg.ns.low else f"< {grain_text(metg.least)}"
    high = grain_text(metg.ns.high) if metg.ns.high else f"> {grain_text(metg.most)}"
    return f"{grain_text(metg.ns.value)} [{low}, {high}]"


def level_text(level: float, curves: list[Curve]) -> str:
    """Of each driver in a panel."""
    texts = (f"{curve.label} {metg_text(curve.metg[LEVELS.index(level)])}" for curve in curves)
    return f"METG({level * 100:g} %): {', '.join(texts)}"


def notes_of(grain: Grain) -> str:
    """What is drawn."""
    estimates = [efficiency for curve in grain.curves for _, efficiency in curve.points]
    return ("Grain: wall time x workers / tasks. Efficiency: rate / (workers x rate of serial code in "
            f"the same round). Markers: median; {grain.rounds} rounds. "
            + interval_text(estimates, grain.confidence, "of the median")
            + "METG: the least grain that keeps the efficiency; bars along the levels: its "
            f"{grain.confidence * 100:g} % interval, rounds resampled. "
            + ("" if grain.complete else INCOMPLETE)).strip()


def legend(styles: dict[str, Style]) -> list[Line2D]:
    """Drivers, and what the hollow markers are."""
    look = {"linestyle": "-", "linewidth": 0.8}
    handles = [Line2D([], [], label=name, **style.marker() | look)
               for name, style in styles.items()]
    hollow = Style(GREY, "o", 0, 0).marker(hollow=True) | {"markersize": 7.5}
    return handles + [Line2D([], [], label="hollow: METG(50 %) and METG(90 %)", **hollow)]


def title_of(kernel: str, schedule: str, workers: int) -> str:
    """Of a panel."""
    return f"{kernel}, {schedule}, {workers} worker{'s' if workers > 1 else ''}"


def plot(grain: Grain) -> Plot:
    """A panel for each kernel, schedule and worker count."""
    styles = styles_of(list(dict.fromkeys(curve.label for curve in grain.curves)), [1])
    groups: dict[tuple, list[Curve]] = {}
    for curve in grain.curves:
        groups.setdefault(curve.panel, []).append(curve)
    titles = {panel: title_of(*panel) for panel in groups}
    panels = (Panel(title, "", partial(draw_panel, grain=grain, panel=panel, styles=styles))
              for panel, title in titles.items())
    values = [f"{titles[panel]}: {'; '.join(level_text(level, curves) for level in LEVELS)}."
              for panel, curves in groups.items()]
    return Plot(
        name="grain", title="How small tasks may be: efficiency against their grain",
        summary="Efficiency against the time of one task for each driver, and the least grain that "
        "keeps half and nine tenths of it.",
        panels=tuple(panels), value_label="efficiency", position_label="grain: time of one task",
        legends=(legend(styles),), caption=(notes_of(grain), *values, grain.machine),
        marks=False,
    )


if __name__ == "__main__":
    sys.exit(run(plot_parser("grain", __doc__.splitlines()[0], "grain").parse_args(), plot,
                 load_grain))
