#!/usr/bin/python3
"""Draws the samples of a sweep in the order of the run, from `coresweep report --format json`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Callable, Optional

from csw_figure import (
    BASE_MARKER, GREY, LIGHT, Axes, Line2D, Panel, Plot, Spot, Style, plot_parser, round_ticks, run,
    set_log2, set_look, set_ticks, styles_of,
)
from csw_report import BadReport, Report, Sample, caption

WIDEST = 2.0  # times the median: what is further away stands at the frame
MANY = 600  # samples that have room side by side
BAND = "#f4f4f4"
ABOVE = 6  # lines that a thousand markers would hide


@dataclass(frozen=True)
class Strip:
    """Samples as they came."""

    report: Report
    samples: list[Sample]
    styles: dict[str, Style]  # of drivers; bases have none

    def seconds(self, sample: Sample) -> float:
        """Since the first one began."""
        return (sample.started_ns - self.samples[0].started_ns) / 1e9

    def relative(self, sample: Sample) -> float:
        """Over the median of its cell."""
        return sample.region_ns / 1e9 / self.report.points[sample.point].seconds

    def availability(self, sample: Sample) -> Optional[float]:
        """None also where it tells of no disturbance: who waits or takes turns has no CPU at times."""
        point = self.report.points[sample.point]
        return None if point.waits or point.oversubscribed else sample.availability

    def left_out(self) -> int:
        """Samples whose availability is known and tells of no disturbance."""
        return sum(sample.availability is not None and self.availability(sample) is None
                   for sample in self.samples)

    def clock_ghz(self, sample: Sample) -> Optional[float]:
        """Of the CPUs of its workers."""
        return None if sample.clock_hz is None else sample.clock_hz / 1e9

    def knows(self, value: Callable[[Sample], Optional[float]]) -> list[float]:
        """All that there is of a value."""
        return [known for known in map(value, self.samples) if known is not None]

    def threshold(self) -> Optional[float]:
        """The availability below which the plan's rule calls a sample disturbed."""
        rule = re.search(r"\bavailability<([\d.]+)", str(self.report.plan.get("exclude") or ""))
        return float(rule[1]) if rule else None


def look_of(strip: Strip, sample: Sample) -> tuple[str, bool]:
    """Driver (empty: a base) and whether the sample was disturbed: what is drawn alike."""
    name = strip.report.points[sample.point].name
    return (name if name in strip.styles else "", sample.disturbed)


def marker_of(strip: Strip, name: str, hollow: bool) -> dict:
    """A driver's, or that of the bases, which has no inside: a disturbed one is a ring."""
    many = len(strip.samples) > MANY
    size = 2.6 if many else 4.2
    if name:
        edge = size / 8 if hollow or not many else 0.0  # white edges would hide the neighbours
        return strip.styles[name].marker(hollow) | {"markersize": size, "markeredgewidth": edge}
    return BASE_MARKER | {"markersize": size + 1, "markeredgewidth": 0.9} | (
        {"marker": "o", "markerfacecolor": "white"} if hollow else {})


# ---- panels --------------------------------------------------------------------------------------


def draw_bands(axes: Axes, strip: Strip) -> None:
    """Every other round is shaded; all of them in the file's order."""
    begins: dict[int, float] = {}
    for sample in strip.samples:
        begins.setdefault(sample.round, strip.seconds(sample))
    edges = sorted(begins.values()) + [axes.get_xlim()[1]]
    for left, right in list(zip(edges, edges[1:]))[::2]:
        axes.axvspan(left, right, facecolor=BAND, linewidth=0, zorder=0)


def draw_marks(axes: Axes, strip: Strip, value) -> None:
    """One call for all samples that look alike; many are one picture in the SVG."""
    groups: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    for sample in strip.samples:
        at = value(sample)
        if at is not None:
            groups.setdefault(look_of(strip, sample), []).append((strip.seconds(sample), at))
    for (name, hollow), places in groups.items():
        axes.plot([x for x, _ in places], [y for _, y in places],
                  zorder=5 if hollow else 4, rasterized=len(strip.samples) > MANY,
                  **marker_of(strip, name, hollow))


def set_positions(axes: Axes, strip: Strip) -> None:
    """The same seconds in both panels."""
    last = max(strip.seconds(sample) for sample in strip.samples)
    axes.set_xlim(-0.01 * last, 1.01 * last if last > 0 else 1.0)
    set_ticks(axes.xaxis, round_ticks(0, last, 8), lambda seconds: f"{seconds:g}")
    set_look(axes)
    axes.grid(False, axis="x")
    draw_bands(axes, strip)


def draw_times(axes: Axes, _: Spot, strip: Strip) -> None:
    """Drift and bursts show here."""
    ratios = [strip.relative(sample) for sample in strip.samples]
    low, high = max(min(ratios) / 1.03, 1 / WIDEST), min(max(ratios) * 1.03, WIDEST)
    set_log2(axes.yaxis, (low, high), axes.set_yscale, axes.set_ylim)
    ticks = [tick for tick in (0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0) if low <= tick <= high]
    axes.set_yticks(ticks)
    set_positions(axes, strip)
    axes.axhline(1, color=GREY, linewidth=0.8, zorder=ABOVE)
    draw_marks(axes, strip, lambda sample: min(max(strip.relative(sample), low), high))


def draw_availability(axes: Axes, _: Spot, strip: Strip) -> None:
    """What of the CPUs the workers really had."""
    least = min(strip.knows(strip.availability))
    axes.set_ylim(min(0.9, least - 0.03), 1.02)
    axes.set_yticks(round_ticks(axes.get_ylim()[0], 1.0, 5))
    set_positions(axes, strip)
    if strip.threshold():
        axes.axhline(strip.threshold(), color=GREY, linewidth=0.8, linestyle=(0, (4, 2)),
                     zorder=ABOVE)
    draw_marks(axes, strip, strip.availability)


def draw_clock(axes: Axes, _: Spot, strip: Strip) -> None:
    """How fast the CPUs ticked: boost, heat and neighbours show here."""
    clocks = strip.knows(strip.clock_ghz)
    middle = median(clocks)
    axes.set_ylim(min(min(clocks), 0.95 * middle) * 0.99, max(max(clocks), 1.05 * middle) * 1.01)
    axes.set_yticks(round_ticks(*axes.get_ylim(), 5))
    set_positions(axes, strip)
    draw_marks(axes, strip, strip.clock_ghz)


# ---- the plot ------------------------------------------------------------------------------------


def legend(strip: Strip) -> list[Line2D]:
    """Drivers, bases, and what hollow means."""
    labels = {point.name: point.label for point in strip.report.points}
    looks = {look_of(strip, sample)[0] for sample in strip.samples}
    handles = [Line2D([], [], label=labels[name], **marker_of(strip, name, False))
               for name in strip.styles if name in looks]
    if "" in looks:
        bases = dict.fromkeys(labels[name] for name in sorted(strip.report.bases()))
        handles.append(Line2D([], [], label=f"{', '.join(bases)} (base)",
                              **marker_of(strip, "", False)))
    if any(sample.disturbed for sample in strip.samples):
        hollow = Style(GREY, "o", 0, 0).marker(hollow=True)
        handles.append(Line2D([], [], label="hollow: disturbed", **hollow))
    return handles


def notes_of(strip: Strip) -> str:
    """Rule, counts, and what is not in the file."""
    disturbed = sum(sample.disturbed for sample in strip.samples)
    rule = strip.report.plan.get("exclude")
    far = sum(not 1 / WIDEST <= strip.relative(sample) <= WIDEST for sample in strip.samples)
    text = (f"Each marker: one sample, over the median of its cell; n = {len(strip.samples)}. "
            "Shaded: every other round. ")
    if rule or disturbed:
        text += f"{disturbed} disturbed{f' by the rule {rule}' if rule else ''}; none is left out. "
    text += f"{far} beyond the frame stand at its edge. " if far else ""
    return text + availability_text(strip) + clock_text(strip)


def availability_text(strip: Strip) -> str:
    """What it is, and whose is not drawn."""
    text = ""
    if strip.knows(strip.availability):
        text = "Availability: least CPU time / busy time over the workers of a sample"
        text += f"; dashed: {strip.threshold():g}. " if strip.threshold() else ". "
    elif not strip.left_out():
        text = "The file does not hold the availability of the CPUs. "
    if strip.left_out():
        text += (f"{strip.left_out()} samples that wait or have more workers than CPUs are left out "
                 "of the availability, which tells nothing of them. ")
    return text


def clock_text(strip: Strip) -> str:
    """What it is, and how many have none."""
    clocks = len(strip.knows(strip.clock_ghz))
    if not clocks:
        return ""
    without = len(strip.samples) - clocks
    return ("Clock: mean over the CPUs of a sample's workers"
            + (f"; of {without} samples it is not known." if without else "."))


def panels_of(strip: Strip) -> list[Panel]:
    """Times, and below them what is known of the CPUs."""
    below = ((strip.availability, "Availability of the CPUs", draw_availability, "CPU / busy time"),
             (strip.clock_ghz, "Clock of the CPUs", draw_clock, "GHz"))
    return [Panel("Time", "", partial(draw_times, strip=strip), "time / median of cell")] + [
        Panel(title, "", partial(draw, strip=strip), label)
        for value, title, draw, label in below if strip.knows(value)]


def plot(report: Report) -> Plot:
    """The samples, panel below panel."""
    samples = sorted((s for s in report.samples if report.points[s.point].seconds),
                     key=lambda sample: sample.started_ns)
    if not samples:
        raise BadReport("the report has no samples (`samples`), so there is nothing to draw")
    strip = Strip(report, samples, styles_of(report.drivers(), [1]))
    return Plot(
        name="order", title="The samples in the order of the run",
        summary="Time of each sample over the median of its cell against the time of the run, "
        "disturbed samples hollow; below, what is known of the availability and clock of the CPUs.",
        panels=tuple(panels_of(strip)), value_label="", position_label="seconds since the first sample",
        legends=(legend(strip),), caption=caption(report, list(report.series), notes_of(strip)),
        panel_inches=1.9, columns=1, marks=False,
    )


if __name__ == "__main__":
    sys.exit(run(plot_parser("order", __doc__.splitlines()[0]).parse_args(), plot))
