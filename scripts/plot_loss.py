#!/usr/bin/python3
"""Draws why efficiency is lost, from `coresweep report --format json RESULTS`.

Efficiency is the product of its factors (csw_report.LOSSES), so that a bar shows each as its share
of the logarithm, scaled to what is lost. The interpreter is the distribution's, since that is the
one that finds its matplotlib.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import partial
from typing import Optional

from csw_figure import GREY, SMALL, Axes, Panel, Patch, Plot, Spot, plot_parser, run, set_look
from csw_report import (
    INFLATION, LOSSES, RATIOS, BadReport, Point, Report, Series, caption, interval_text,
)

# Dark, middle and light in grey print, too.
LOOKS = {
    "load_balance": ("imbalance", {"facecolor": "#0072B2", "hatch": ""}),
    "serialisation": ("serial part and dispatch", {"facecolor": "#E69F00", "hatch": "////"}),
    "work_inflation": ("work inflation", {"facecolor": "#F4D9E8", "hatch": "...."}),
    "clock": ("lower clock", {"facecolor": "#009E73", "hatch": "xxxx"}),
    "cycles": ("more cycles for the same work", {"facecolor": "#F4D9E8", "hatch": "...."}),
}
COMPLETE = (set(LOSSES), set(LOSSES[:-1] + INFLATION))  # what multiplies to the efficiency
NARROW = 18  # bars that have room in a panel of a third of the page
BAR = 0.82  # of the way to the next bar


@dataclass(frozen=True)
class Bar:
    """One worker count of one driver."""

    place: float  # the panel's positions are those of bars
    point: Point
    shares: dict[str, float]  # parts of 1 - efficiency; negative: a gain


def efficiency_of(point: Point) -> float:
    """The product of the factors: what the bar is about."""
    return math.prod(factor.value for factor in point.loss.values())


def shares(point: Point) -> dict[str, float]:
    """Each factor's part of the loss: ln f / ln E of 1 - E."""
    product = efficiency_of(point)
    scale = (1 - product) / math.log(product) if abs(product - 1) > 1e-9 else -1.0  # its limit
    return {name: math.log(factor.value) * scale for name, factor in point.loss.items()}


def explained(series: Series) -> list[Point]:
    """Points whose factors are all known, of teams."""
    return [point for point in series.points
            if point.workers > 1 and point.loss.keys() in COMPLETE]


def bars_of(series: Series, drivers: list[str]) -> list[Bar]:
    """Driver after driver, with a gap between them."""
    bars, place = [], 0.0
    for name in drivers:
        points = sorted((p for p in explained(series) if p.name == name), key=lambda p: p.workers)
        for point in points:
            bars.append(Bar(place, point, shares(point)))
            place += 1.0
        place += 0.6 if points else 0.0
    return bars


def measured_losses(bar: Bar) -> list[float]:
    """Median and interval of 1 - efficiency, as far as they are known."""
    s_abs = bar.point.s_abs
    known = (one for one in (s_abs.value, s_abs.high, s_abs.low) if one is not None)
    return [1 - one / bar.point.workers for one in known]


# ---- one panel -----------------------------------------------------------------------------------


def draw_bar(axes: Axes, bar: Bar) -> None:
    """Losses upwards from 0, gains downwards."""
    up, down = 0.0, 0.0
    for name, share in bar.shares.items():
        bottom = up if share >= 0 else down
        axes.bar(bar.place, share, BAR, bottom, edgecolor="black", linewidth=0.4, zorder=3,
                 **LOOKS[name][1])
        up, down = up + max(share, 0.0), down + min(share, 0.0)


def draw_measured(axes: Axes, bar: Bar) -> None:
    """1 - efficiency as it was measured, with its interval."""
    losses = measured_losses(bar)
    axes.plot([bar.place] * len(losses), losses, color="black", linewidth=1.0, zorder=5)
    axes.plot([bar.place] * len(losses[:1]), losses[:1], "D", markersize=3.2, color="white",
              markeredgecolor="black", markeredgewidth=0.8, zorder=6)


def draw_names(axes: Axes, bars: list[Bar], width: float) -> None:
    """Workers under each bar, the driver over its own; long names are cut to their room."""
    left, right = axes.get_xlim()
    for name in dict.fromkeys(bar.point.name for bar in bars):
        mine = [bar for bar in bars if bar.point.name == name]
        room = (len(mine) + 0.4) * width / (right - left)
        label = mine[0].point.label
        most = max(3, int(room / 0.062))
        axes.annotate(label if len(label) <= most else label[: most - 1] + "…",
                      ((mine[0].place + mine[-1].place) / 2, 1),
                      xycoords=("data", "axes fraction"), xytext=(0, 2),
                      textcoords="offset points", ha="center", fontsize=SMALL, color=GREY)
    axes.set_xticks([bar.place for bar in bars], [f"{bar.point.workers}" for bar in bars])


def draw_panel(axes: Axes, spot: Spot, bars: list[Bar], limits: tuple[float, float]) -> None:
    """One series."""
    axes.set_xlim(-0.7, max(bar.place for bar in bars) + 0.7)
    axes.set_ylim(*limits)
    set_look(axes)
    axes.grid(False, axis="x")
    axes.axhline(0, color=GREY, linewidth=0.7, zorder=4)
    for bar in bars:
        draw_bar(axes, bar)
        draw_measured(axes, bar)
    draw_names(axes, bars, spot.width)
    axes.tick_params(axis="x", length=0, labelsize=SMALL if len(bars) <= NARROW else SMALL - 1)


# ---- the plot ------------------------------------------------------------------------------------


def limits_of(panels: list[list[Bar]]) -> tuple[float, float]:
    """The same in all panels."""
    values = [0.1]
    for bar in (bar for bars in panels for bar in bars):
        values += measured_losses(bar)
        values.append(sum(max(share, 0.0) for share in bar.shares.values()))
        values.append(sum(min(share, 0.0) for share in bar.shares.values()))
    return min(-0.02, min(values) * 1.08), max(values) * 1.08


def columns_for(panels: list[list[Bar]]) -> Optional[int]:
    """Bars must stay wide enough for a number below them."""
    return None if all(len(bars) <= NARROW for bars in panels) else 1


def legend(panels: list[list[Bar]]) -> list[object]:
    """The factors that are drawn, in the order of the stack."""
    drawn = {name for bars in panels for bar in bars for name in bar.shares}
    return [Patch(label=text, edgecolor="black", linewidth=0.4, **look)
            for name, (text, look) in LOOKS.items() if name in drawn]


def plot(report: Report) -> Plot:
    """A panel for each series."""
    drawn = [series for series in report.series if explained(series)]
    if not drawn:
        raise BadReport("the report does not say why efficiency is lost (`loss`), so there is "
                        "nothing to draw")
    panels = [bars_of(series, report.drivers()) for series in drawn]
    drawing = partial(draw_panel, limits=limits_of(panels))
    notes = ("Bars: efficiency E is the product of a factor for each part; each factor f is drawn "
             "as its share ln f / ln E of 1 - E; below 0: a gain. Numbers under the bars: workers. "
             "Diamonds: 1 - S_abs / workers as measured, medians of the per-round ratios. "
             + interval_text([bar.point.s_abs for bars in panels for bar in bars],
                             report.confidence, RATIOS, "Lines"))
    return Plot(
        name="loss", title="Where the efficiency goes",
        summary="For each driver and worker count, the parts of the lost efficiency: imbalance, "
        "serial part and dispatch, work inflation.",
        panels=tuple(Panel(series.title, series.options, partial(drawing, bars=bars))
                     for series, bars in zip(drawn, panels)),
        value_label="lost: 1 - efficiency", position_label="workers, by driver",
        legends=(legend(panels),), caption=caption(report, drawn, notes),
        panel_inches=1.9, columns=columns_for(panels),
    )


if __name__ == "__main__":
    sys.exit(run(plot_parser("loss", __doc__.splitlines()[0]).parse_args(), plot))
