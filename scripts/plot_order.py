#!/usr/bin/python3
"""Draws the samples of a sweep in the order of the run, from `coresweep report --format json`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial

from csw_figure import (
    BASE_MARKER, GREY, LIGHT, Axes, Line2D, Panel, Plot, Spot, Style, plot_parser, round_ticks, run,
    set_log2, set_look, set_ticks, styles_of,
)
from csw_report import BadReport, Report, Sample, caption

WIDEST = 2.0  # times the median: what is further away stands at the frame
MANY = 600  # samples that have room side by side
BAND = "#f4f4f4"


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


def look_of(strip: Strip, sample: Sample) -> tuple[str, bool]:
    """Driver (empty: a base) and whether the sample was disturbed: what is drawn alike."""
    name = strip.report.points[sample.point].name
    return (name if name in strip.styles else "", sample.disturbed)


def marker_of(strip: Strip, name: str, hollow: bool) -> dict:
    """A driver's, or that of the bases, which has no inside: a disturbed one is a ring."""
    size = 4.2 if len(strip.samples) <= MANY else 2.6
    if name:
        return strip.styles[name].marker(hollow) | {"markersize": size, "markeredgewidth": size / 8}
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
    axes.axhline(1, color=GREY, linewidth=0.8, zorder=1)
    draw_marks(axes, strip, lambda sample: min(max(strip.relative(sample), low), high))


def draw_availability(axes: Axes, _: Spot, strip: Strip) -> None:
    """What of the CPUs the workers really had."""
    least = min(sample.availability for sample in strip.samples if sample.availability)
    axes.set_ylim(min(0.9, least * 0.97), 1.005)
    set_positions(axes, strip)
    axes.axhline(0.98, color=LIGHT, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    draw_marks(axes, strip, lambda sample: sample.availability)


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
    rule = strip.report.data["plan"].get("exclude")
    far = sum(not 1 / WIDEST <= strip.relative(sample) <= WIDEST for sample in strip.samples)
    text = (f"Each marker: one sample, over the median of its cell; n = {len(strip.samples)}. "
            "Shaded: every other round. ")
    if rule or disturbed:
        text += f"{disturbed} disturbed{f' by the rule {rule}' if rule else ''}; none is left out. "
    text += f"{far} beyond the frame stand at its edge. " if far else ""
    if not any(sample.availability for sample in strip.samples):
        return text + "The file does not hold the availability of the CPUs."
    return text + ("Availability: least CPU time / time over the workers of a sample; dashed: "
                   "0.98.")


def plot(report: Report) -> Plot:
    """Times, and below them the availability where it is known."""
    samples = sorted((s for s in report.samples if report.points[s.point].seconds),
                     key=lambda sample: sample.started_ns)
    if not samples:
        raise BadReport("the report has no samples (`samples`), so there is nothing to draw")
    strip = Strip(report, samples, styles_of(report.drivers(), [1]))
    panels = [Panel("Time", "", partial(draw_times, strip=strip), "time / median of cell")]
    if any(sample.availability for sample in samples):
        panels.append(Panel("Availability of the CPUs", "",
                            partial(draw_availability, strip=strip), "CPU time / time"))
    return Plot(
        name="order", title="The samples in the order of the run",
        summary="Time of each sample over the median of its cell against the time of day, disturbed "
        "samples hollow, and the availability of the CPUs below.",
        panels=tuple(panels), value_label="", position_label="seconds since the first sample",
        legends=(legend(strip),), caption=caption(report, list(report.series), notes_of(strip)),
        panel_inches=1.9, columns=1, marks=False,
    )


if __name__ == "__main__":
    sys.exit(run(plot_parser("order", __doc__.splitlines()[0]).parse_args(), plot))
