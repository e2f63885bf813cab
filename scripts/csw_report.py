"""What the plots share: reading a report (`coresweep report --format json FILE`) and drawing panels.

Nothing is estimated here. Medians and intervals come from the report; this module only divides one
round's time by another's to show the single rounds, and divides by workers to show efficiency.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional

try:
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.textpath import TextPath
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
except ImportError:
    sys.exit("matplotlib is missing: install the package python3-matplotlib")

BASE_DRIVER = "serial"
CEILING_KERNEL = "spin"  # touches no memory and splits evenly: what the machine gives at best


# ---- the report ----------------------------------------------------------------------------------


class BadReport(Exception):
    """The input cannot be drawn; the text is the sentence that the user reads."""


@dataclass(frozen=True)
class Estimate:
    """A median and its interval; None: unknown, or too few rounds for an interval."""

    value: Optional[float]
    low: Optional[float]
    high: Optional[float]


@dataclass(frozen=True)
class Point:
    """One cell of the sweep, with the times of its rounds (None: round not measured)."""

    kernel: str
    tasks: str
    schedule: str
    driver: str
    workers: int
    oversubscribed: bool
    waits: bool
    seconds: Optional[float]
    s_abs: Estimate
    s_cpu: Estimate
    round_ns: tuple[Optional[float], ...]

    def same_work(self, other: Point) -> bool:
        """Whether times of the two may be divided by each other."""
        return (self.kernel, self.tasks) == (other.kernel, other.tasks)

    def rounds_measured(self) -> int:
        """Less than the plan's rounds where a visit failed or the sweep was interrupted."""
        return sum(ns is not None for ns in self.round_ns)


@dataclass(frozen=True)
class Series:
    """One panel: all drivers on one workload under one schedule, and the serial base of both."""

    title: str
    base: Optional[Point]
    points: tuple[Point, ...]

    @property
    def waits(self) -> bool:
        """Whether workers wait rather than compute, so that they may exceed the CPUs."""
        return any(point.waits for point in self.everything())

    def everything(self) -> tuple[Point, ...]:
        """The points and the base, if there is one."""
        return self.points + ((self.base,) if self.base else ())

    def of(self, driver: str) -> list[Point]:
        """The points of one driver that have a speedup, by workers."""
        mine = (p for p in self.points if p.driver == driver and p.s_abs.value is not None)
        return sorted(mine, key=lambda point: point.workers)

    def ratios(self, point: Point) -> list[float]:
        """Speedups of the single rounds: base and point of the same round, as the median is."""
        if self.base is None:
            return []
        pairs = zip(self.base.round_ns, point.round_ns)
        return [base / mine for base, mine in pairs if base is not None and mine is not None]


@dataclass(frozen=True)
class Report:
    """What is drawn of a report."""

    confidence: float
    complete: bool
    plan: dict
    host: dict
    series: tuple[Series, ...]

    def drivers(self) -> list[str]:
        """In the plan's order, the base left out."""
        names = (point.driver for series in self.series for point in series.points)
        return [name for name in dict.fromkeys(names) if name != BASE_DRIVER]

    def best(self, wanted: Callable[[Point], bool]) -> dict[int, float]:
        """By workers, the largest S_abs of the wanted points.

        The largest and not the middle one: a driver that shares one interpreter lock says nothing
        about what the machine could give.
        """
        best: dict[int, float] = {}
        for point in (p for series in self.series for p in series.points if wanted(p)):
            if point.s_abs.value is not None and point.driver != BASE_DRIVER:
                best[point.workers] = max(best.get(point.workers, 0), point.s_abs.value)
        return dict(sorted(best.items()))


def positive(value: object) -> Optional[float]:
    """A time or a ratio as a number; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is not a number")
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{value!r} is not a positive number")
    return float(value)


def parse_estimate(cell: dict) -> Estimate:
    """Reads {"value", "low", "high"}."""
    return Estimate(positive(cell["value"]), positive(cell["low"]), positive(cell["high"]))


def parse_point(cell: dict) -> Point:
    """Reads one element of "points"."""
    workers, nanoseconds = positive(cell["workers"]), positive(cell["time_ns"]["value"])
    if workers is None or workers != int(workers):
        raise ValueError("'workers' is not a whole number")
    return Point(
        kernel=str(cell["kernel"]),
        tasks=str(cell["tasks"]),
        schedule=str(cell["schedule"]),
        driver=str(cell["driver"]),
        workers=int(workers),
        oversubscribed=bool(cell["oversubscribed"]),
        waits=bool(cell["waits"]),
        seconds=nanoseconds / 1e9 if nanoseconds else None,
        s_abs=parse_estimate(cell["s_abs"]),
        s_cpu=parse_estimate(cell["s_cpu"]),
        round_ns=tuple(positive(ns) for ns in cell["round_ns"]),
    )


def shorten(text: str, most: int) -> str:
    """Cuts a list of task sizes that would not fit over a panel."""
    return text if len(text) <= most else text[: most - 3] + "..."


def series_title(point: Point, points: list[Point]) -> str:
    """Kernel and schedule; the workload only where it tells two panels apart."""
    title = f"{point.kernel}, {point.schedule}"
    tasks = {p.tasks for p in points if p.kernel == point.kernel}
    return f"{title}, {shorten(point.tasks, 18)}" if len(tasks) > 1 else title


def split_series(points: list[Point]) -> Iterator[Series]:
    """A base belongs to every series of its work and leads its own only where there is no other."""
    bases = [point for point in points if point.driver == BASE_DRIVER]
    groups: dict[tuple[str, str, str], list[Point]] = {}
    for point in points:
        alone = not any(p.same_work(point) for p in points if p.driver != BASE_DRIVER)
        if point.driver != BASE_DRIVER or alone:
            groups.setdefault((point.kernel, point.tasks, point.schedule), []).append(point)
    for group in groups.values():
        base = next((base for base in bases if base.same_work(group[0])), None)
        yield Series(series_title(group[0], points), base, tuple(group))


def parse_report(text: str) -> Report:
    """Reads the whole report; KeyError, TypeError or ValueError where it is none."""
    data = json.loads(text)
    points = [parse_point(cell) for cell in data["points"]]
    return Report(
        confidence=float(data["confidence"]),
        complete=bool(data["complete"]),
        plan=dict(data["plan"]),
        host=dict(data["host"]),
        series=tuple(split_series(points)),
    )


def read_text(path: str) -> str:
    """The whole input; `-` is standard input."""
    try:
        if path == "-":
            return sys.stdin.buffer.read().decode()
        return Path(path).read_bytes().decode()
    except OSError as error:
        raise BadReport(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadReport(f"{path} is not text") from error


def load(path: str) -> Report:
    """Reads a report that has something to draw, or raises BadReport."""
    name = "standard input" if path == "-" else path
    make = "make a report with `coresweep report --format json RESULTS`"
    text = read_text(path)
    if not text.strip():
        raise BadReport(f"{name} is empty; {make}")
    try:
        report = parse_report(text)
    except json.JSONDecodeError as error:
        raise BadReport(f"{name} is not one JSON document ({error.msg}, line {error.lineno}); {make}")
    except KeyError as error:
        raise BadReport(f"{name} is JSON but not a report: {error} is missing; {make}")
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadReport(f"{name} is JSON but not a report: {error}; {make}")
    if not any(point.s_abs.value for series in report.series for point in series.points):
        raise BadReport(f"{name} has no points with a speedup, so there is nothing to draw")
    return report


# ---- the caption ---------------------------------------------------------------------------------

NBSP = "\N{NO-BREAK SPACE}"  # keeps a number and its unit on one line while wrapping


def seconds_text(seconds: float) -> str:
    """Three significant digits: 0.100 s, 12.3 s."""
    return f"{seconds:#.3g}".rstrip(".") + NBSP + "s"


def base_text(report: Report) -> str:
    """What every speedup was divided by, in seconds."""
    bases = dict.fromkeys(series.base for series in report.series if series.base)
    kernels = [base.kernel for base in bases]
    parts = []
    for base in bases:
        name = base.kernel
        if kernels.count(base.kernel) > 1:
            name += f" {shorten(base.tasks, 18)}"
        parts.append(f"{name} {seconds_text(base.seconds)}" if base.seconds else f"{name} unknown")
    return f"Base: serial, {', '.join(parts)} (median)." if parts else "Base: not measured."


def rounds_text(report: Report) -> str:
    """How many rounds, and where fewer were measured."""
    counts = [p.rounds_measured() for series in report.series for p in series.everything()]
    planned = int(report.plan.get("rounds") or max(counts))
    text = f"{planned} round{'s' if planned != 1 else ''}"
    if min(counts) == max(counts) == planned:
        return text + "."
    few = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    return f"{few} of {text} measured."


def interval_text(report: Report) -> str:
    """What the bars mean, and where there are none."""
    points = [p for series in report.series for p in series.points if p.s_abs.value is not None]
    without = [p for p in points if p.driver != BASE_DRIVER and p.s_abs.low is None]
    level = f"{report.confidence * 100:g}{NBSP}%"
    bars = f"Bars: {level} interval of the median of the per-round ratios (paired). "
    none = "n < 6 rounds: no interval. ".replace(" ", NBSP).replace(f".{NBSP}", ". ")
    return (bars if len(without) < len(points) else "") + (none if without else "")


def host_text(report: Report) -> str:
    """Which machine, when, and where the workers were bound."""
    host, plan = report.host, report.plan
    parts = [host.get("cpu_model"), host.get("topology"), host.get("hypervisor")]
    if host.get("quota_cpus") is not None:
        parts.append(f"CPU quota {host['quota_cpus']:g}")
    machine = "; ".join(str(part) for part in parts if part) or "machine unknown"
    placement = f"Placement: {plan.get('pin') or 'not recorded'}"
    if host.get("placement"):
        placement += f" (not bound: {host['placement']})"
    return f"{machine}. {placement}. {str(host.get('date', '')).replace('T', ' ')}."


def caption(report: Report, notes: Iterable[str]) -> list[str]:
    """The paragraphs below the panels."""
    first = f"{base_text(report)} {rounds_text(report)}"
    if not report.complete:
        first += " INCOMPLETE: the sweep was interrupted or is still running."
    marks = "Markers: median. Drivers stand side by side at each worker count. "
    second = marks + interval_text(report) + "Faint dots: single rounds. " + " ".join(notes)
    return [first, second.strip(), host_text(report)]


# ---- how things look -----------------------------------------------------------------------------

# Okabe-Ito without its yellow, which is lost on white; shapes repeat what the colours say.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
SHAPES = "os^DvPX<>p*"

GREY, LIGHT, GRID = "#555555", "#9a9a9a", "#e8e8e8"
SMALL = 7.5  # points; the caption and the marks
REFERENCES = {
    "ideal": {"color": GREY, "linewidth": 0.8, "linestyle": "-"},
    "ceiling": {"color": "#000000", "linewidth": 1.1, "linestyle": (0, (5, 3))},
    "waits": {"color": LIGHT, "linewidth": 1.0, "linestyle": (0, (1, 1.5))},
    "mark": {"color": LIGHT, "linewidth": 0.7, "linestyle": (0, (2, 3))},
}

matplotlib.rcParams.update(
    {
        "font.family": "sans-serif",
        "font.size": 8.5,
        "axes.linewidth": 0.7,
        "axes.edgecolor": GREY,
        "svg.fonttype": "none",  # text stays text: searchable, and readable by a screen reader
        "svg.hashsalt": "coresweep",  # the same report gives the same file
    }
)


@dataclass(frozen=True)
class Style:
    """How one driver is drawn, in every panel alike."""

    colour: str
    shape: str
    offset: float  # in octaves of workers

    def marker(self, hollow: bool = False) -> dict:
        """Arguments of one marker without a line."""
        face = "white" if hollow else self.colour
        return {"marker": self.shape, "markersize": 4.6, "linestyle": "none", "markeredgewidth": 0.9,
                "color": self.colour, "markerfacecolor": face}


@dataclass(frozen=True)
class View:
    """How one plot differs from the other."""

    name: str
    title: str
    value_label: str
    scale: Callable[[float, int], float]  # what is drawn for an S_abs at so many workers
    logarithmic: bool
    twin: Callable[[Point], Optional[float]]  # a second marker of the same point, or None
    twin_label: str
    with_waits: bool  # draw what waits even where there is something that computes

    def drawn(self, report: Report) -> list[Series]:
        """The panels, in the plan's order."""
        computing = [series for series in report.series if not series.waits]
        return list(report.series) if self.with_waits or not computing else computing


def octaves(value: float) -> float:
    """Distance to 1 on a log2 axis."""
    return math.log2(value)


def styles_of(drivers: list[str], counts: list[int]) -> dict[str, Style]:
    """Colours in order; offsets that keep neighbouring worker counts apart."""
    span = octaves(counts[-1]) if counts[-1] > 1 else 1.0
    gaps = [octaves(b / a) for a, b in zip(counts, counts[1:])] or [span]
    step = min(0.02 * (span + 0.6), 0.6 * min(gaps) / max(len(drivers), 1))
    middle = (len(drivers) - 1) / 2
    return {
        name: Style(COLOURS[i % len(COLOURS)], SHAPES[i % len(SHAPES)], (i - middle) * step)
        for i, name in enumerate(drivers)
    }


# ---- one panel -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawing:
    """What all panels of one plot have in common."""

    view: View
    report: Report
    series: list[Series]
    styles: dict[str, Style]
    counts: list[int]

    def ceiling(self) -> dict[int, float]:
        """S_abs of the kernel that shows what the machine gives; empty: not in the report."""
        return self.report.best(lambda p: p.kernel == CEILING_KERNEL and not p.oversubscribed)

    def waiting(self) -> dict[int, float]:
        """S_abs of what waits; empty where it says nothing beside the panels."""
        if not self.view.with_waits:
            return {}
        return self.report.best(lambda p: p.waits)


def line_of(drawing: Drawing, best: dict[int, float]) -> tuple[list[int], list[float]]:
    """A reference that was measured, as x and y."""
    return list(best), [drawing.view.scale(value, workers) for workers, value in best.items()]


def draw_references(axes: Axes, drawing: Drawing, series: Series) -> None:
    """What the drivers are judged against."""
    left, right = axes.get_xlim()
    scale = drawing.view.scale
    ends = [1.0, right] if drawing.view.logarithmic else [left, right]
    axes.plot(ends, [scale(x, x) for x in ends], zorder=1, **REFERENCES["ideal"])
    if series.waits:
        return
    axes.plot(*line_of(drawing, drawing.ceiling()), zorder=2, **REFERENCES["ceiling"])
    axes.plot(*line_of(drawing, drawing.waiting()), zorder=1, **REFERENCES["waits"])


def draw_rounds(axes: Axes, drawing: Drawing, series: Series, driver: str) -> None:
    """The single rounds behind the medians; many are one picture in the SVG, not many elements."""
    style = drawing.styles[driver]
    dots = [
        (point.workers * 2**style.offset, drawing.view.scale(ratio, point.workers))
        for point in series.of(driver)
        for ratio in series.ratios(point)
    ]
    axes.plot(
        [x for x, _ in dots], [y for _, y in dots], ".", markersize=2.4, markeredgewidth=0,
        color=style.colour, alpha=0.35, zorder=3, rasterized=len(dots) > 100,
    )


def draw_point(axes: Axes, drawing: Drawing, point: Point) -> None:
    """Median, interval, twin."""
    style, scale = drawing.styles[point.driver], drawing.view.scale
    x, y = point.workers * 2**style.offset, scale(point.s_abs.value, point.workers)
    low, high = point.s_abs.low, point.s_abs.high
    if low is not None and high is not None:
        ends = [scale(low, point.workers), scale(high, point.workers)]
        axes.plot([x, x], ends, color=style.colour, linewidth=1.0, zorder=4)
    axes.plot([x], [y], zorder=6, **style.marker(point.oversubscribed and not point.waits))
    twin = drawing.view.twin(point)
    if twin is not None:
        axes.plot([x], [twin], alpha=0.55, zorder=5, **style.marker(hollow=True))


def draw_driver(axes: Axes, drawing: Drawing, series: Series, driver: str) -> None:
    """One curve: measured where there is a marker, the line only guides the eye."""
    points, style = series.of(driver), drawing.styles[driver]
    xs = [point.workers * 2**style.offset for point in points]
    ys = [drawing.view.scale(point.s_abs.value, point.workers) for point in points]
    axes.plot(xs, ys, color=style.colour, linewidth=0.8, alpha=0.8, zorder=4)
    draw_rounds(axes, drawing, series, driver)
    for point in points:
        draw_point(axes, drawing, point)


def draw_base(axes: Axes, series: Series) -> None:
    """The base itself: 1 by definition, so without rounds and without interval."""
    if series.base and series.base.s_abs.value:
        axes.plot([1], [1], zorder=7, **BASE_MARKER)


BASE_MARKER = {"marker": "+", "markersize": 7, "markeredgewidth": 1.2, "color": "black",
               "linestyle": "none"}


# ---- axes ----------------------------------------------------------------------------------------


def drawn_values(drawing: Drawing) -> list[float]:
    """Everything that must lie inside the value axis."""
    scale, values = drawing.view.scale, [1.0]
    for series in drawing.series:
        for point in (p for p in series.points if p.s_abs.value is not None):
            ratios = [point.s_abs.value, point.s_abs.low, point.s_abs.high, *series.ratios(point)]
            values += [scale(ratio, point.workers) for ratio in ratios if ratio is not None]
            values.append(drawing.view.twin(point) or 1.0)
    return values


def powers_of_two(low: float, high: float) -> list[float]:
    """At most nine ticks within an axis."""
    first, last = math.ceil(octaves(low)), math.floor(octaves(high))
    step = 1 + (last - first) // 9
    exponents = [e for e in range(first, last + 1) if e % step == 0]
    return [2.0**e for e in exponents]


def set_log2(axis, limits: tuple[float, float], set_scale: Callable, set_limits: Callable) -> None:
    """Plain numbers at powers of two."""
    set_scale("log", base=2)
    set_limits(*limits)
    axis.set_major_locator(FixedLocator(powers_of_two(*limits)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(FixedLocator([]))
    axis.set_minor_formatter(NullFormatter())


def set_values(axes: Axes, drawing: Drawing) -> None:
    """The value axis: the same in every panel."""
    values = drawn_values(drawing)
    if drawing.view.logarithmic:
        limits = (min(values) / 1.15, max(max(values), drawing.counts[-1]) * 1.25)
        set_log2(axes.yaxis, limits, axes.set_yscale, axes.set_ylim)
    else:
        axes.set_ylim(0, max(1.05, max(values) * 1.04))


def set_axes(axes: Axes, drawing: Drawing) -> None:
    """Scales, ticks and grid of a panel; measured worker counts are small ticks."""
    edge = 2 ** (0.06 * octaves(drawing.counts[-1]) + 0.15)
    limits = (1 / edge, drawing.counts[-1] * edge)
    set_log2(axes.xaxis, limits, axes.set_xscale, axes.set_xlim)
    axes.xaxis.set_minor_locator(FixedLocator(drawing.counts))
    set_values(axes, drawing)
    axes.grid(True, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(which="both", width=0.6, color=GREY, labelsize=8)


# ---- marks of the machine ------------------------------------------------------------------------


def machine_marks(report: Report) -> dict[float, str]:
    """Worker counts at which the machine changes its behaviour, and their names."""
    host, marks = report.host, {}
    cores, pus, quota = (host.get(k) for k in ("usable_cores", "usable_pus", "quota_cpus"))
    if cores:
        marks[float(cores)] = f"{cores} core{'s' if cores > 1 else ''}"
    if cores and pus and pus > cores:
        marks[float(pus)] = f"SMT {pus}"
    if quota is not None:
        name = f"quota {quota:g}"
        marks[float(quota)] = f"{marks[quota]}, {name}" if quota in marks else name
    return marks


def text_inches(text: str, size: float) -> float:
    """How wide a text is printed."""
    return TextPath((0, 0), text, size=size).get_extents().width / 72


@dataclass(frozen=True)
class Mark:
    """A vertical line and where over the panel its name stands."""

    workers: float
    text: str
    middle: float  # inches from the panel's left edge
    level: int  # lines over the panel


def place_marks(report: Report, limits: tuple[float, float], width: float) -> list[Mark]:
    """Puts each name as low as it fits beside the names already there."""
    taken: list[tuple[int, float, float]] = []
    marks = []
    for workers, text in sorted(machine_marks(report).items()):
        if not limits[0] < workers < limits[1]:
            continue
        half = text_inches(text, SMALL) / 2
        share = octaves(workers / limits[0]) / octaves(limits[1] / limits[0])
        middle = min(max(share * width, half), width + 0.1 - half)
        level = 0
        while any(level == at and middle - half < r + 0.08 and middle + half > l - 0.08
                  for at, l, r in taken):
            level += 1
        taken.append((level, middle - half, middle + half))
        marks.append(Mark(workers, text, middle, level))
    return marks


def draw_marks(axes: Axes, marks: list[Mark], width: float) -> None:
    """Lines in the panel, names over it, so that no name covers a point."""
    for mark in marks:
        axes.axvline(mark.workers, zorder=1, **REFERENCES["mark"])
        axes.annotate(
            mark.text, (mark.middle / width, 1), xycoords="axes fraction", fontsize=SMALL,
            xytext=(0, 2 + LINE * 72 * mark.level), textcoords="offset points",
            ha="center", va="bottom", color=GREY,
        )


# ---- the page: everything in inches, so that nothing can overlap ---------------------------------

LEFT, RIGHT, GAP = 0.62, 0.45, 0.2
LINE = 0.135  # one line of small text
TITLE, PANEL_TITLE, TICKS = 0.42, 0.22, 0.26
DOTS_PER_INCH = 160


@dataclass(frozen=True)
class Page:
    """Where the panels stand."""

    width: float
    columns: int
    rows: int
    panel: tuple[float, float]
    header: float  # over each panel: its title and the marks

    @property
    def pitch(self) -> float:
        """From one row of panels to the next."""
        return self.header + self.panel[1] + TICKS

    @property
    def top(self) -> float:
        """Height of the title and all panels."""
        return TITLE + self.rows * self.pitch + 0.2

    def place(self, index: int, height: float) -> tuple[float, float, float, float]:
        """A panel's rectangle as parts of the figure."""
        row, column = divmod(index, self.columns)
        left = LEFT + column * (self.panel[0] + GAP)
        bottom = height - TITLE - row * self.pitch - self.header - self.panel[1]
        return (left / self.width, bottom / height, self.panel[0] / self.width,
                self.panel[1] / height)


def page_for(panels: int) -> tuple[float, int, float]:
    """Figure width, columns and panel width."""
    columns = panels if panels <= 3 else 2 if panels == 4 else 3
    width = 10.0 if columns > 1 else 7.0
    return width, columns, (width - LEFT - RIGHT - (columns - 1) * GAP) / columns


def driver_handles(drawing: Drawing) -> list[Line2D]:
    """Legend of the curves."""
    handles = []
    if any(series.base for series in drawing.series):
        handles.append(Line2D([], [], label="serial (base)", **BASE_MARKER))
    for name, style in drawing.styles.items():
        look = style.marker() | {"linestyle": "-", "linewidth": 0.8}
        handles.append(Line2D([], [], label=name, **look))
    return handles


def hollow_handles(drawing: Drawing) -> Iterator[Line2D]:
    """Legend of the markers that are not simply medians."""
    points = [point for series in drawing.series for point in series.points]
    hollow = Style(GREY, "o", 0).marker(hollow=True)
    if any(point.oversubscribed and not point.waits for point in points):
        yield Line2D([], [], label="hollow: more workers than usable CPUs", **hollow)
    if any(drawing.view.twin(point) is not None for point in points):
        yield Line2D([], [], label=drawing.view.twin_label, alpha=0.55, **hollow)


def reference_handles(drawing: Drawing) -> list[Line2D]:
    """Legend of what the curves are judged against."""
    handles = [Line2D([], [], label="ideal", **REFERENCES["ideal"])]
    computing = any(not series.waits for series in drawing.series)
    if computing and drawing.ceiling():
        label = f"ceiling: {CEILING_KERNEL}, best driver"
        handles.append(Line2D([], [], label=label, **REFERENCES["ceiling"]))
    if computing and drawing.waiting():
        names = dict.fromkeys(p.kernel for s in drawing.series for p in s.points if p.waits)
        label = f"{', '.join(names)}: waits, needs no CPU"
        handles.append(Line2D([], [], label=label, **REFERENCES["waits"]))
    return handles + list(hollow_handles(drawing))


def make_legend(figure: Figure, handles: list[Line2D], inches: float) -> Legend:
    """The widest legend that fits, top left corner still to be set."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles=handles, ncol=columns, loc="upper left", frameon=False, fontsize=8.5,
            borderpad=0, borderaxespad=0, handlelength=2.2, columnspacing=1.6,
        )
        size = legend.get_window_extent(renderer)
        legend.inches = (size.width / figure.dpi, size.height / figure.dpi)
        if legend.inches[0] <= inches or columns == 1:
            return legend
        legend.remove()
    raise ValueError("a legend without entries")


def draw_panel(figure: Figure, drawing: Drawing, page: Page, index: int) -> Axes:
    """One series in its place."""
    series = drawing.series[index]
    axes = figure.add_axes(page.place(index, figure.get_figheight()))
    set_axes(axes, drawing)
    draw_marks(axes, place_marks(drawing.report, axes.get_xlim(), page.panel[0]), page.panel[0])
    draw_references(axes, drawing, series)
    for driver in drawing.styles:
        draw_driver(axes, drawing, series, driver)
    draw_base(axes, series)
    axes.set_title(series.title, fontsize=9.5, loc="left", fontweight="bold",
                   pad=(page.header - PANEL_TITLE) * 72 + 4)
    if index % page.columns:
        axes.tick_params(labelleft=False)
    else:
        axes.set_ylabel(drawing.view.value_label)
    if index + page.columns >= len(drawing.series):
        axes.set_xlabel("workers", labelpad=2)
    return axes


def make_drawing(report: Report, view: View) -> Drawing:
    """Chooses what is drawn, and with which styles."""
    series = view.drawn(report)
    points = [p for one in series for p in one.points if p.s_abs.value is not None]
    counts = sorted({point.workers for point in points} | {1})
    here = {point.driver for point in points}
    drivers = [name for name in report.drivers() if name in here]
    return Drawing(view, report, series, styles_of(drivers, counts), counts)


def draw(report: Report, view: View, finish: Callable[[Axes, Drawing, bool], None],
         notes: Iterable[str] = ()) -> Figure:
    """The whole plot; `finish(axes, drawing, last_column)` adds what only one plot has."""
    drawing = make_drawing(report, view)
    width, columns, panel_width = page_for(len(drawing.series))
    figure = Figure(dpi=DOTS_PER_INCH, facecolor="white", figsize=(width, 1))
    return figure
