"""What the plots share: panels of one view (speedup, efficiency) over a report, legend and caption."""

from __future__ import annotations

import argparse
import io
import math
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Optional

from csw_report import (
    CEILING_KERNEL, HOST_NUMBERS, NBSP, BadReport, Point, Report, Series, caption, load, shorten,
)

try:
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
except ImportError:
    sys.exit("matplotlib is missing: install the package python3-matplotlib")

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

BASE_MARKER = {"marker": "+", "markersize": 7, "markeredgewidth": 1.2, "color": "black",
               "linestyle": "none"}

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
if "text.parse_math" in matplotlib.rcParams:
    matplotlib.rcParams["text.parse_math"] = False  # a $ in a name is a $


@dataclass(frozen=True)
class Style:
    """How one driver is drawn, in every panel alike."""

    colour: str
    shape: str
    offset: float  # in octaves of workers
    step: float  # to the next driver

    def x(self, workers: int, aside: float = 0.0) -> float:
        """Where a point stands; `aside` in parts of the way to the next driver."""
        return workers * 2 ** (self.offset + aside * self.step)

    def marker(self, hollow: bool = False) -> dict:
        """Arguments of one marker without a line."""
        face = "white" if hollow else self.colour
        edge = self.colour if hollow else "white"  # white parts markers that overlap
        return {"marker": self.shape, "markersize": 5.2, "linestyle": "none", "color": self.colour,
                "markeredgewidth": 0.9 if hollow else 0.5, "markerfacecolor": face,
                "markeredgecolor": edge}


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
    levels: tuple[tuple[float, str], ...] = ()  # lines across the panels, named beside them
    twin_note: str = ""  # what the caption says of the twins

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
    step = min(max(0.05, 0.018 * (span + 0.6)), min(0.36, 0.7 * min(gaps)) / max(len(drivers), 1))
    middle = (len(drivers) - 1) / 2
    return {
        name: Style(COLOURS[i % len(COLOURS)], SHAPES[i % len(SHAPES)], (i - middle) * step, step)
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


def draw_rounds(axes: Axes, drawing: Drawing, series: Series, name: str) -> None:
    """The single rounds behind the medians; many are one picture in the SVG, not many elements."""
    style = drawing.styles[name]
    dots = [
        (style.x(point.workers, 0.4), drawing.view.scale(ratio, point.workers))
        for point in series.of(name)
        for ratio in series.ratios(point)
    ]
    axes.plot(
        [x for x, _ in dots], [y for _, y in dots], ".", markersize=3, markeredgewidth=0,
        color=style.colour, alpha=0.4, zorder=3, rasterized=len(dots) > 100,
    )


def draw_point(axes: Axes, drawing: Drawing, point: Point) -> None:
    """Median, interval, twin."""
    style, scale = drawing.styles[point.name], drawing.view.scale
    x, y = style.x(point.workers), scale(point.s_abs.value, point.workers)
    low, high = point.s_abs.low, point.s_abs.high
    if low is not None and high is not None:
        ends = [scale(low, point.workers), scale(high, point.workers)]
        axes.plot([x, x], ends, color=style.colour, linewidth=1.0, zorder=4)
    axes.plot([x], [y], zorder=6, **style.marker(point.oversubscribed and not point.waits))
    twin = drawing.view.twin(point)
    if twin is not None:
        axes.plot([x], [twin], alpha=0.55, zorder=5, **style.marker(hollow=True))


def draw_driver(axes: Axes, drawing: Drawing, series: Series, name: str) -> None:
    """One curve: measured where there is a marker, the line only guides the eye."""
    points, style = series.of(name), drawing.styles[name]
    xs = [style.x(point.workers) for point in points]
    ys = [drawing.view.scale(point.s_abs.value, point.workers) for point in points]
    axes.plot(xs, ys, color=style.colour, linewidth=0.8, alpha=0.8, zorder=4)
    draw_rounds(axes, drawing, series, name)
    for point in points:
        draw_point(axes, drawing, point)


def draw_base(axes: Axes, series: Series) -> None:
    """The bases themselves: 1 by definition, so without rounds and without interval."""
    if any(base.s_abs.value for base in series.bases):
        axes.plot([1], [1], zorder=7, **BASE_MARKER)


# ---- axes ----------------------------------------------------------------------------------------


def drawn_values(drawing: Drawing) -> list[float]:
    """Everything that must lie inside the value axis."""
    scale, values = drawing.view.scale, [1.0]
    for series in drawing.series:
        for point in (p for p in series.points if p.s_abs.value is not None):
            ratios = [point.s_abs.value, point.s_abs.low, point.s_abs.high]
            if drawing.view.logarithmic:  # on a linear axis a few far rounds would flatten the rest
                ratios += series.ratios(point)
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


def set_workers(axes: Axes, drawing: Drawing) -> None:
    """The worker axis, with room for the outermost drivers' offsets; small ticks: measured."""
    most = drawing.counts[-1]
    edge = 2 ** (0.06 * octaves(most) + 0.15)
    set_log2(axes.xaxis, (1 / edge, most * edge), axes.set_xscale, axes.set_xlim)
    powers = powers_of_two(1, most)
    if octaves(most / powers[-1]) > 0.08 * octaves(most):
        axes.xaxis.set_major_locator(FixedLocator(powers + [most]))
    axes.xaxis.set_minor_locator(FixedLocator(drawing.counts))


def set_axes(axes: Axes, drawing: Drawing) -> None:
    """Scales, ticks and grid of a panel."""
    set_workers(axes, drawing)
    set_values(axes, drawing)
    axes.grid(True, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(which="both", width=0.6, color=GREY, labelsize=8)


# ---- marks of the machine ------------------------------------------------------------------------


def machine_marks(report: Report) -> dict[float, str]:
    """Worker counts at which the machine changes its behaviour, and their names."""
    host, marks = report.host, {}
    cores, pus, quota = (host[key] for key in HOST_NUMBERS)
    if cores:
        marks[cores] = f"{cores:g} core{'s' if cores > 1 else ''}"
    if cores and pus and pus > cores:
        marks[pus] = f"SMT {pus:g}"
    if quota:
        marks[quota] = f"{marks[quota]}, quota {quota:g}" if quota in marks else f"quota {quota:g}"
    return marks


def text_inches(text: str, size: float) -> float:
    """How wide a text is printed."""
    renderer = RendererAgg(1, 1, DOTS_PER_INCH)
    width, _, _ = renderer.get_text_width_height_descent(text, FontProperties(size=size), False)
    return width / DOTS_PER_INCH


@dataclass(frozen=True)
class Name:
    """A text over the panel, in inches from the panel's left edge."""

    text: str
    middle: float

    @property
    def ends(self) -> tuple[float, float]:
        """From where to where it is printed, with room to the next."""
        half = text_inches(self.text, SMALL) / 2 + 0.05
        return self.middle - half, self.middle + half


def joined(names: list[Name]) -> Iterator[Name]:
    """Names that would overlap become one, in the order of their lines."""
    left = names[0]
    for right in names[1:]:
        if left.ends[1] > right.ends[0]:
            left = Name(f"{left.text}, {right.text}", (left.middle + right.middle) / 2)
        else:
            yield left
            left = right
    yield left


def place_names(marks: dict[float, str], limits: tuple[float, float], width: float) -> list[Name]:
    """One line of names over a panel: each over its mark, or as near as the panel allows."""
    across = width / octaves(limits[1] / limits[0])
    names = [Name(text, across * octaves(at / limits[0])) for at, text in sorted(marks.items())]
    while names:
        names = [Name(name.text, min(name.middle, width + name.middle - name.ends[1] + 0.1))
                 for name in names]
        fewer = list(joined(names))
        if len(fewer) == len(names):
            break
        names = fewer
    return names


def draw_marks(axes: Axes, report: Report, width: float) -> None:
    """Lines in the panel, names over it, so that no name covers a point."""
    low, high = axes.get_xlim()
    marks = {at: text for at, text in machine_marks(report).items() if low < at < high}
    for workers in marks:
        axes.axvline(workers, zorder=1, **REFERENCES["mark"])
    for name in place_names(marks, (low, high), width):
        axes.annotate(
            name.text, (name.middle / width, 1), xycoords="axes fraction", fontsize=SMALL,
            xytext=(0, 2), textcoords="offset points", ha="center", va="bottom", color=GREY,
        )


# ---- the page: everything in inches, so that nothing can overlap ---------------------------------

LEFT, RIGHT, GAP = 0.62, 0.45, 0.2
LINE = 0.135  # one line of small text
TITLE, HEADER, TICKS = 0.42, 0.36, 0.26  # HEADER: the panel's title and the names of the marks
DOTS_PER_INCH = 140


@dataclass(frozen=True)
class Page:
    """Where the panels stand."""

    width: float
    columns: int
    rows: int
    panel: tuple[float, float]
    options: bool  # a line between the panels' titles and marks

    @property
    def header(self) -> float:
        """Height of what stands over a panel."""
        return HEADER + (LINE if self.options else 0)

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


def page_for(series: list[Series]) -> Page:
    """Up to three panels side by side."""
    panels = len(series)
    columns = panels if panels <= 3 else 2 if panels == 4 else 3
    width = 10.0 if columns > 1 else 7.0
    panel = (width - LEFT - RIGHT - (columns - 1) * GAP) / columns
    options = any(one.options for one in series)
    return Page(width, columns, math.ceil(panels / columns), (panel, 2.6), options)


def driver_handles(drawing: Drawing) -> list[Line2D]:
    """Legend of the curves."""
    handles = []
    labels = {point.name: point.label for series in drawing.series for point in series.points}
    bases = dict.fromkeys(base.label for series in drawing.series for base in series.bases)
    if bases:
        handles.append(Line2D([], [], label=f"{', '.join(bases)} (base)", **BASE_MARKER))
    for name, style in drawing.styles.items():
        look = style.marker() | {"linestyle": "-", "linewidth": 0.8}
        handles.append(Line2D([], [], label=labels[name], **look))
    return handles


def any_twin(drawing: Drawing) -> bool:
    """Whether there is a second marker anywhere."""
    points = (point for series in drawing.series for point in series.points)
    return any(drawing.view.twin(point) is not None for point in points)


def hollow_handles(drawing: Drawing) -> Iterator[Line2D]:
    """Legend of the markers that are not simply medians."""
    points = [point for series in drawing.series for point in series.points]
    hollow = Style(GREY, "o", 0, 0).marker(hollow=True)
    if any(point.oversubscribed and not point.waits for point in points):
        yield Line2D([], [], label="hollow: more workers than usable CPUs", **hollow)
    if any_twin(drawing):
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


def draw_levels(axes: Axes, drawing: Drawing, named: bool) -> None:
    """Lines across the panel; their names stand right of the last panel of a row."""
    for value, name in drawing.view.levels:
        axes.axhline(value, zorder=1, color=LIGHT, linewidth=0.8)
        if named:
            axes.annotate(
                name, (1, value), xycoords=("axes fraction", "data"), xytext=(3, 0),
                textcoords="offset points", va="center", fontsize=SMALL, color=GREY,
            )


def draw_labels(axes: Axes, drawing: Drawing, page: Page, index: int) -> None:
    """Title of the panel; names of the axes once per row and column."""
    series = drawing.series[index]
    pad = (page.header - HEADER + LINE) * 72 + 4
    axes.set_title(series.title, fontsize=9.5, loc="left", fontweight="bold", pad=pad)
    if series.options:
        axes.annotate(
            shorten(series.options, 54), (0, 1), xycoords="axes fraction", fontsize=SMALL,
            xytext=(0, LINE * 72 + 3), textcoords="offset points", va="bottom", color=GREY,
        )
    if index % page.columns:
        axes.tick_params(labelleft=False)
    else:
        axes.set_ylabel(drawing.view.value_label)
    if index + page.columns >= len(drawing.series):
        axes.set_xlabel("workers", labelpad=2)


def draw_panel(figure: Figure, drawing: Drawing, page: Page, index: int) -> None:
    """One series in its place."""
    series = drawing.series[index]
    axes = figure.add_axes(page.place(index, figure.get_figheight()))
    last = index % page.columns == page.columns - 1 or index == len(drawing.series) - 1
    set_axes(axes, drawing)
    draw_marks(axes, drawing.report, page.panel[0])
    draw_levels(axes, drawing, last)
    draw_references(axes, drawing, series)
    for name in drawing.styles:
        draw_driver(axes, drawing, series, name)
    draw_base(axes, series)
    draw_labels(axes, drawing, page, index)


def make_drawing(report: Report, view: View) -> Drawing:
    """Chooses what is drawn, and with which styles."""
    series = view.drawn(report)
    points = [p for one in series for p in one.points if p.s_abs.value is not None]
    counts = sorted({point.workers for point in points} | {1})
    here = {point.name for point in points}
    drivers = [name for name in report.drivers() if name in here]
    return Drawing(view, report, series, styles_of(drivers, counts), counts)


def wrap(text: str, inches: float) -> list[str]:
    """Breaks a paragraph of the caption into lines."""
    letters = 0.96 * inches * len(text) / text_inches(text, SMALL)
    lines = textwrap.wrap(text, int(letters), break_on_hyphens=False)
    return [line.replace(NBSP, " ") for line in lines]


def draw_below(figure: Figure, page: Page, legends: list[Legend], lines: list[str]) -> None:
    """Title, legends and caption, from the top down."""
    height, left = figure.get_figheight(), LEFT / page.width
    down = page.top
    for legend in legends:
        legend.set_bbox_to_anchor((left, 1 - down / height), transform=figure.transFigure)
        down += legend.inches[1] + 0.06
    for line in lines:
        down += LINE
        figure.text(left, 1 - down / height, line, fontsize=SMALL, color=GREY, va="baseline")


def draw(report: Report, view: View) -> Figure:
    """The whole plot. Legends are made first, since the figure's height follows from theirs."""
    drawing = make_drawing(report, view)
    page = page_for(drawing.series)
    notes = view.twin_note if any_twin(drawing) else ""
    figure = Figure(dpi=DOTS_PER_INCH, facecolor="white", figsize=(page.width, page.top))
    room = page.width - LEFT - 0.15
    handles = [driver_handles(drawing), reference_handles(drawing)]
    legends = [make_legend(figure, some, room) for some in handles if some]
    lines = [line for text in caption(report, drawing.series, notes) for line in wrap(text, room)]
    below = sum(legend.inches[1] + 0.06 for legend in legends) + len(lines) * LINE + 0.12
    figure.set_size_inches(page.width, page.top + below)
    for index in range(len(drawing.series)):
        draw_panel(figure, drawing, page, index)
    height = figure.get_figheight()
    figure.text(LEFT / page.width, 1 - 0.25 / height, view.title, fontsize=12, fontweight="bold")
    draw_below(figure, page, legends, lines)
    return figure


# ---- the program ---------------------------------------------------------------------------------


def rendered(figure: Figure, kind: str) -> bytes:
    """The file's bytes: the same for the same report, so without a date."""
    buffer = io.BytesIO()
    if kind == "svg":
        figure.savefig(buffer, format=kind, metadata={"Date": None})
    else:
        figure.savefig(buffer, format=kind, pil_kwargs={"optimize": True})
    return buffer.getvalue()


def save(figure: Figure, stem: str) -> Iterator[str]:
    """Writes both formats and yields their names."""
    for kind in ("png", "svg"):
        path = Path(f"{stem}.{kind}")
        path.write_bytes(rendered(figure, kind))
        yield str(path)


def parse_arguments(view: View) -> argparse.Namespace:
    """The same command line for every plot."""
    parser = argparse.ArgumentParser(
        description=f"Draws {view.name} against workers from a report of coresweep.",
        epilog="The report is what `coresweep report --format json RESULTS` prints.",
    )
    parser.add_argument("report", nargs="?", default="-", metavar="REPORT.json",
                        help="the report; standard input without it or with -")
    parser.add_argument("-o", "--output", default=view.name, metavar="STEM",
                        help="write STEM.png and STEM.svg (default: %(default)s)")
    return parser.parse_args()


def complain(sentence: object) -> None:
    """One sentence on standard error."""
    print(f"{Path(sys.argv[0]).name}: {sentence}", file=sys.stderr)


def main(view: View) -> int:
    """Reads, draws, writes. 0: done, 1: not written, 2: bad input."""
    arguments = parse_arguments(view)
    stem = arguments.output
    stem = stem[:-4] if stem.endswith((".png", ".svg")) else stem
    try:
        for name in save(draw(load(arguments.report), view), stem):
            print(name)
    except BadReport as error:
        complain(error)
        return 2
    except OSError as error:
        complain(f"cannot write {error.filename or stem}: {error.strerror}")
        return 1
    return 0
