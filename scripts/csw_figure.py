"""What all plots share: how things look, the page that panels, legends and captions stand on, and
the program around them. It knows nothing of what the panels show.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional

from csw_report import NBSP, BadReport, Report, load, shorten

try:
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter
except ImportError:
    sys.exit("matplotlib is missing: install the package python3-matplotlib")

# ---- how things look -----------------------------------------------------------------------------

# Okabe-Ito without its yellow, which is lost on white; shapes repeat what the colours say.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
SHAPES = "os^DvPX<>p*"

GREY, LIGHT, GRID = "#555555", "#9a9a9a", "#e8e8e8"
SMALL = 7.5  # points; the caption and the marks

BASE_MARKER = {"marker": "+", "markersize": 7, "markeredgewidth": 1.2, "color": "black",
               "linestyle": "none"}

matplotlib.rcParams.update(
    {
        "font.family": "sans-serif",
        "font.size": 8.5,
        "axes.linewidth": 0.7,
        "axes.edgecolor": GREY,
        "hatch.linewidth": 0.6,
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


def text_inches(text: str, size: float) -> float:
    """How wide a text is printed."""
    renderer = RendererAgg(1, 1, DOTS_PER_INCH)
    width, _, _ = renderer.get_text_width_height_descent(text, FontProperties(size=size), False)
    return width / DOTS_PER_INCH


# ---- axes ----------------------------------------------------------------------------------------


def powers_of_two(low: float, high: float) -> list[float]:
    """At most nine ticks within an axis."""
    first, last = math.ceil(octaves(low)), math.floor(octaves(high))
    step = 1 + (last - first) // 9
    exponents = [e for e in range(first, last + 1) if e % step == 0]
    return [2.0**e for e in exponents]


def set_ticks(axis, places: list[float], name: Callable[[float], str]) -> None:
    """Major ticks at these places only."""
    axis.set_major_locator(FixedLocator(places))
    axis.set_major_formatter(FuncFormatter(lambda value, _: name(value)))
    axis.set_minor_locator(FixedLocator([]))
    axis.set_minor_formatter(NullFormatter())


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many steps between round numbers, none outside."""
    locator = MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
    return [tick for tick in locator.tick_values(low, high) if low <= tick <= high]


def set_log2(axis, limits: tuple[float, float], set_scale: Callable, set_limits: Callable) -> None:
    """Plain numbers at powers of two."""
    set_scale("log", base=2)
    set_limits(*limits)
    set_ticks(axis, powers_of_two(*limits), lambda value: f"{value:g}")


def set_look(axes: Axes) -> None:
    """Grid, spines and ticks of a panel."""
    axes.grid(True, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(which="both", width=0.6, color=GREY, labelsize=8)


# ---- the page: everything in inches, so that nothing can overlap ---------------------------------

LEFT, RIGHT, GAP = 0.62, 0.45, 0.2
LINE = 0.135  # one line of small text
TITLE, HEADER, TICKS = 0.42, 0.225, 0.26  # HEADER: the panel's title
DOTS_PER_INCH = 140


@dataclass(frozen=True)
class Spot:
    """Where a panel stands among the others."""

    width: float  # inches
    last: bool  # of its row


@dataclass(frozen=True)
class Panel:
    """One pair of axes, drawn by a function of them."""

    title: str
    options: str  # a second, quiet line of the title; empty: none
    draw: Callable[[Axes, Spot], None]
    value_label: str = ""  # of its own, in place of the plot's


@dataclass(frozen=True)
class Plot:
    """What is drawn."""

    name: str  # of the file
    title: str
    summary: str  # one sentence for who cannot see it
    panels: tuple[Panel, ...]
    value_label: str
    position_label: str
    legends: tuple[list, ...]  # handles, a legend each
    caption: tuple[str, ...]  # paragraphs
    panel_inches: float = 2.6  # height
    columns: Optional[int] = None  # None: by the number of panels
    alike: bool = True  # the panels have one value axis
    marks: bool = True  # there are names over the panels


@dataclass(frozen=True)
class Page:
    """Where the panels stand."""

    width: float
    columns: int
    rows: int
    panel: tuple[float, float]
    gap: float
    marks: float  # height of the names over a panel
    options: float  # and of the line between them and its title

    @property
    def header(self) -> float:
        """Height of what stands over a panel."""
        return HEADER + self.marks + self.options

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
        left = LEFT + column * (self.panel[0] + self.gap)
        bottom = height - TITLE - row * self.pitch - self.header - self.panel[1]
        return (left / self.width, bottom / height, self.panel[0] / self.width,
                self.panel[1] / height)


def page_for(plot: Plot) -> Page:
    """Up to three panels side by side, unless the plot asks for a number of columns."""
    panels = len(plot.panels)
    columns = plot.columns or (panels if panels <= 3 else 2 if panels == 4 else 3)
    width = 7.0 if columns == 1 and not plot.columns else 10.0
    gap = GAP if plot.alike else LEFT
    panel = (width - LEFT - RIGHT - (columns - 1) * gap) / columns
    options = LINE if any(one.options for one in plot.panels) else 0.0
    return Page(width, columns, math.ceil(panels / columns), (panel, plot.panel_inches), gap,
                LINE if plot.marks else 0.0, options)


def make_legend(figure: Figure, handles: list, inches: float) -> Legend:
    """The widest legend that fits, top left corner still to be set."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    for columns in dict.fromkeys(math.ceil(len(handles) / rows)
                                 for rows in range(1, len(handles) + 1)):
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


def draw_labels(axes: Axes, plot: Plot, page: Page, index: int) -> None:
    """Title of the panel; names of the axes once per row and column."""
    panel = plot.panels[index]
    pad = (page.header - HEADER) * 72 + 4
    axes.set_title(panel.title, fontsize=9.5, loc="left", fontweight="bold", pad=pad)
    if panel.options:
        axes.annotate(
            shorten(panel.options, 54), (0, 1), xycoords="axes fraction", fontsize=SMALL,
            xytext=(0, page.marks * 72 + 3), textcoords="offset points", va="bottom", color=GREY,
        )
    if index % page.columns and plot.alike:
        axes.tick_params(labelleft=False)
    elif index % page.columns == 0:
        axes.set_ylabel(panel.value_label or plot.value_label)
    if index + page.columns >= len(plot.panels):
        axes.set_xlabel(plot.position_label, labelpad=2)


def draw_panel(figure: Figure, plot: Plot, page: Page, index: int) -> None:
    """One panel in its place."""
    axes = figure.add_axes(page.place(index, figure.get_figheight()))
    last = index % page.columns == page.columns - 1 or index == len(plot.panels) - 1
    plot.panels[index].draw(axes, Spot(page.panel[0], last))
    draw_labels(axes, plot, page, index)


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


def draw(plot: Plot) -> Figure:
    """The whole plot. Legends are made first, since the figure's height follows from theirs."""
    page = page_for(plot)
    figure = Figure(dpi=DOTS_PER_INCH, facecolor="white", figsize=(page.width, page.top))
    room = page.width - LEFT - 0.15
    legends = [make_legend(figure, handles, room) for handles in plot.legends if handles]
    lines = [line for text in plot.caption for line in wrap(text, room)]
    below = sum(legend.inches[1] + 0.06 for legend in legends) + len(lines) * LINE + 0.12
    figure.set_size_inches(page.width, page.top + below)
    for index in range(len(plot.panels)):
        draw_panel(figure, plot, page, index)
    height = figure.get_figheight()
    figure.text(LEFT / page.width, 1 - 0.25 / height, plot.title, fontsize=12, fontweight="bold")
    draw_below(figure, page, legends, lines)
    return figure


# ---- the program ---------------------------------------------------------------------------------


class NotWritten(Exception):
    """The output cannot be written; the text is the sentence that the user reads."""


def write_file(path: str, content: bytes) -> str:
    """Writes it and returns its name, or raises NotWritten."""
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise NotWritten(f"cannot write {path}: {error.strerror}") from error
    return path


def write_output(content: bytes) -> None:
    """To standard output, or raises NotWritten; nothing is left for the interpreter's end."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise NotWritten(f"cannot write to standard output: {error.strerror}") from error


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
        yield write_file(f"{stem}.{kind}", rendered(figure, kind))


def plot_parser(name: str, description: str, source: str = "report") -> argparse.ArgumentParser:
    """The same command line for every plot; `source` is the command whose JSON is read."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog=f"The {source} is what `coresweep {source} --format json` prints.",
    )
    parser.add_argument("report", nargs="?", default="-", metavar=f"{source.upper()}.json",
                        help=f"the {source}; standard input without it or with -")
    parser.add_argument("-o", "--output", default=name, metavar="STEM",
                        help="write STEM.png and STEM.svg (default: %(default)s)")
    return parser


def finish(files: Iterable[str]) -> int:
    """Prints the names of the files that are written on the way; whatever goes wrong there is one
    sentence on standard error. Returns the exit code: 0: done, 1: not written, 2: bad input.
    """
    try:
        for name in files:
            write_output(f"{name}\n".encode())
    except (BadReport, NotWritten) as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 2 if isinstance(error, BadReport) else 1
    return 0


def draw_files(arguments: argparse.Namespace, make: Callable[[Report], Plot],
               read: Callable[[str], object]) -> Iterator[str]:
    """Reads, draws, writes, and yields the names of the files."""
    stem = arguments.output
    stem = stem[:-4] if stem.endswith((".png", ".svg")) else stem
    yield from save(draw(make(read(arguments.report))), stem)


def run(arguments: argparse.Namespace, make: Callable[[Report], Plot],
        read: Callable[[str], object] = load) -> int:
    """The program of a plot; returns its exit code."""
    return finish(draw_files(arguments, make, read))
