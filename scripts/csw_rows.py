"""Pictures whose lines have names: dots and intervals on one axis, names left and values right.

Everything is placed in inches, so that no text covers another however many lines there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator, Optional

from csw_figure import (
    DOTS_PER_INCH, GREY, GRID, LIGHT, LINE, SMALL, Axes, Figure, FixedLocator, FuncFormatter,
    Line2D, NullFormatter, make_legend, text_inches, wrap,
)

WIDTH = 7.6
SIZE = 9.0  # points; the names
BOLD = 1.12  # times as wide as normal letters
ROW, HEAD, PART = 0.235, 0.33, 0.08  # inches; a line with marks, a heading, more before a group
ABOVE, BELOW = 0.46, 0.52  # inches; title; numbers and name of the axis
EDGE = 0.12
FLAG = "#D55E00"


@dataclass(frozen=True)
class Look:
    """How one kind of mark is drawn, and what the legend calls it."""

    name: str
    colour: str
    shape: str
    hollow: bool = False

    def marker(self) -> dict:
        """Arguments of one marker without a line."""
        return {"marker": self.shape, "markersize": 5.5, "linestyle": "none", "color": self.colour,
                "markerfacecolor": "white" if self.hollow else self.colour,
                "markeredgecolor": self.colour, "markeredgewidth": 1.2}


@dataclass(frozen=True)
class Mark:
    """A value, and from where to where it may lie."""

    look: Look
    value: float
    low: Optional[float] = None
    high: Optional[float] = None

    @property
    def values(self) -> list[float]:
        """All that must lie within the axis."""
        return [value for value in (self.value, self.low, self.high) if value is not None]


@dataclass(frozen=True)
class Line:
    """One line of a picture; a heading has no marks."""

    name: str
    marks: tuple[Mark, ...] = ()
    group: str = ""  # of it and those below, until there is another; at the left
    group_colour: str = "black"
    text: str = ""  # the value in words, at the right
    limit: Optional[float] = None  # a bound of the value
    joined: bool = False  # the marks are one thing in several states
    flagged: bool = False

    @property
    def inches(self) -> float:
        """Height of the line."""
        return HEAD if not self.marks else ROW + PART if self.group else ROW

    @property
    def width(self) -> float:
        """Inches of what stands left of its marks."""
        group = text_inches(self.group, SIZE) * BOLD + 0.2 if self.group else 0.0
        return group + (text_inches(self.name, SIZE) if self.marks else 0.0)


@dataclass(frozen=True)
class Scale:
    """The axis that all lines share."""

    name: str
    logarithmic: bool = False
    ticks: tuple[tuple[float, str], ...] = ()  # of a logarithmic one: where, and what they say
    levels: tuple[tuple[float, str], ...] = ()  # lines through all of it, named over it


@dataclass(frozen=True)
class Picture:
    """What is drawn."""

    name: str  # of the file
    title: str
    summary: str  # one sentence for who cannot see it
    scale: Scale
    lines: tuple[Line, ...]
    values_name: str  # heading of the texts at the right
    limit_name: str = ""
    notes: tuple[str, ...] = ()


# ---- where things stand --------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """Inches of a picture."""

    names: float
    values: float
    lines: float

    @property
    def panel(self) -> float:
        """Width of what the marks stand in."""
        return WIDTH - self.names - self.values

    def centres(self, lines: Iterable[Line]) -> Iterator[float]:
        """From the top of the panel to the middle of each line's text."""
        down = 0.0
        for line in lines:
            down += line.inches
            yield down - ROW / 2


def layout_of(picture: Picture) -> Layout:
    """As wide as the longest texts need, in any sans-serif font."""
    slack = 1.06
    names = max(line.width for line in picture.lines)
    texts = [line.text for line in picture.lines] + [picture.values_name]
    values = max(text_inches(text, SIZE) for text in texts)
    return Layout(slack * names + EDGE + 0.2, slack * values + EDGE + 0.1,
                  sum(line.inches for line in picture.lines))


# ---- the panel -----------------------------------------------------------------------------------


def limits_of(picture: Picture) -> tuple[float, float]:
    """From the least to the largest of everything drawn, with some room."""
    values = [value for line in picture.lines for mark in line.marks for value in mark.values]
    values += [line.limit for line in picture.lines if line.limit is not None]
    values += [value for value, _ in picture.scale.levels]
    if picture.scale.logarithmic:
        return min(values) / 1.4, max(values) * 1.4
    return 0.0, max(values) * 1.05


def set_scale(axes: Axes, picture: Picture, layout: Layout) -> None:
    """Ticks below; the lines count downwards in inches."""
    axes.set_ylim(layout.lines, 0)
    if picture.scale.logarithmic:
        axes.set_xscale("log")
    low, high = limits_of(picture)
    axes.set_xlim(low, high)
    if picture.scale.ticks:
        names = {at: text for at, text in picture.scale.ticks if low <= at <= high}
        axes.xaxis.set_major_locator(FixedLocator(list(names)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: names.get(at, "")))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.set_yticks([])
    axes.set_xlabel(picture.scale.name, fontsize=SIZE, labelpad=2)
    axes.grid(True, axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(width=0.6, color=GREY, labelsize=SIZE)


def draw_levels(axes: Axes, picture: Picture) -> None:
    """Lines through all of the panel, with their names over it."""
    for value, name in picture.scale.levels:
        axes.axvline(value, zorder=1, color=GREY, linewidth=0.8)
        axes.annotate(name, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 2),
                      textcoords="offset points", ha="center", fontsize=SMALL, color=GREY)


def draw_limit(axes: Axes, line: Line, middle: float) -> None:
    """As high as the line: one bound of lines below each other is one stroke."""
    ends = [middle - ROW / 2, middle + ROW / 2]
    axes.plot([line.limit, line.limit], ends, color="black", linewidth=1.3, zorder=3,
              solid_capstyle="butt")


def draw_marks(axes: Axes, line: Line, middle: float) -> None:
    """Intervals, then markers over them."""
    if line.joined and len(line.marks) > 1:
        values = [mark.value for mark in line.marks]
        ends = [min(values), max(values)]
        axes.plot(ends, [middle, middle], color=LIGHT, linewidth=1.0, zorder=2)
    for mark in line.marks:
        if mark.low is not None and mark.high is not None:
            axes.plot([mark.low, mark.high], [middle, middle], color=mark.look.colour,
                      linewidth=2.0, alpha=0.6, zorder=4, solid_capstyle="butt")
        axes.plot([mark.value], [middle], zorder=5, **mark.look.marker())


def draw_texts(axes: Axes, line: Line, middle: float, left: float) -> None:
    """Heading or group at the page's left edge, the name left of the panel, the value right."""
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center",
             "fontsize": SIZE}
    edge = (72 * (EDGE - left), 0)
    if not line.marks:
        axes.annotate(line.name, (0, middle), xytext=edge, fontweight="bold",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1}, **place)
        return
    axes.annotate(line.group, (0, middle), xytext=edge, fontweight="bold",
                  color=line.group_colour, **place)
    axes.annotate(line.name, (0, middle), xytext=(-8, 0), ha="right", **place)
    axes.annotate(line.text, (1, middle), xytext=(7, 0), color=FLAG if line.flagged else "black",
                  **place)


def draw_panel(figure: Figure, picture: Picture, layout: Layout) -> None:
    """All lines."""
    width, height = figure.get_size_inches()
    bottom = height - ABOVE - layout.lines
    axes = figure.add_axes((layout.names / width, bottom / height, layout.panel / width,
                            layout.lines / height))
    set_scale(axes, picture, layout)
    draw_levels(axes, picture)
    for line, middle in zip(picture.lines, layout.centres(picture.lines)):
        if line.limit is not None:
            draw_limit(axes, line, middle)
        draw_marks(axes, line, middle)
        draw_texts(axes, line, middle, layout.names)
    axes.annotate(picture.values_name, (1, 1), xycoords="axes fraction", xytext=(7, 2),
                  textcoords="offset points", fontsize=SMALL, color=GREY)


# ---- the picture ---------------------------------------------------------------------------------


def legend_handles(picture: Picture) -> list[Line2D]:
    """Each look that its group does not name, grey where it has many colours; and the strokes."""
    looks: dict[str, set[Look]] = {}
    for look in dict.fromkeys(mark.look for line in picture.lines for mark in line.marks):
        looks.setdefault(look.name, set()).add(look)
    handles = []
    for name, same in looks.items():
        look = min(same, key=lambda one: one.shape)
        if len(same) > 1:
            look = Look(name, GREY, look.shape, look.hollow)
        if name:
            handles.append(Line2D([], [], label=name, **look.marker()))
    if any(line.limit is not None for line in picture.lines):
        handles.append(Line2D([], [], label=picture.limit_name, color="black", linestyle="none",
                              marker="|", markersize=10, markeredgewidth=1.3))
    return handles


def draw(picture: Picture) -> Figure:
    """The legend is made first, since the figure's height follows from it."""
    layout, room = layout_of(picture), WIDTH - 2 * EDGE
    figure = Figure(dpi=DOTS_PER_INCH, facecolor="white", figsize=(WIDTH, 1))
    legend = make_legend(figure, legend_handles(picture), room)
    notes = [line for note in picture.notes for line in wrap(note, room)]
    top = ABOVE + layout.lines + BELOW
    height = top + legend.inches[1] + 0.04 + len(notes) * LINE + EDGE
    figure.set_size_inches(WIDTH, height)
    draw_panel(figure, picture, layout)
    figure.text(EDGE / WIDTH, 1 - 0.22 / height, picture.title, fontsize=11, fontweight="bold")
    legend.set_bbox_to_anchor((EDGE / WIDTH, 1 - top / height), transform=figure.transFigure)
    down = top + legend.inches[1] + 0.04
    for note in notes:
        down += LINE
        figure.text(EDGE / WIDTH, 1 - down / height, note, fontsize=SMALL, color=GREY)
    return figure
