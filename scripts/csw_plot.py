"""Plots of a value against workers (speedup, efficiency, time, Karp-Flatt): what each View shows of
a report, a panel for each series.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Callable, Iterator, Optional

from csw_figure import (
    BASE_MARKER, GREY, LIGHT, SMALL, Axes, FixedLocator, Line2D, Panel, Patch, Plot, Spot, Style, octaves,
    plot_parser, powers_of_two, run, set_log2, set_look, styles_of, text_inches,
)
from csw_report import (
    CEILING_KERNEL, HOST_NUMBERS, RATIOS, BadReport, Estimate, Model, Point, Report, Series,
    caption, interval_text, measured, scaled,
)

REFERENCES = {
    "ideal": {"color": GREY, "linewidth": 0.8, "linestyle": "-"},
    "ceiling": {"color": "#000000", "linewidth": 1.1, "linestyle": (0, (5, 3))},
    "waits": {"color": LIGHT, "linewidth": 1.0, "linestyle": (0, (1, 1.5))},
    "mark": {"color": LIGHT, "linewidth": 0.7, "linestyle": (0, (2, 3))},
    "model": {"linewidth": 1.0, "linestyle": (0, (1, 1.2))},
    "beyond": {"linewidth": 1.0, "linestyle": (0, (4, 2.5))},  # what the model extrapolates
}
ZONE = {"facecolor": "#dddddd", "edgecolor": "#aaaaaa", "linewidth": 0.0, "hatch": "////"}


# ---- views ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """How one plot differs from the others. Values are those of its axis."""

    name: str
    title: str
    summary: str
    value_label: str
    estimate: Callable[[Point], Estimate]
    rounds: Callable[[Series, Point], list[float]]  # the single rounds
    ideal: Callable[[Series, float], Optional[float]]  # at so many workers; None: there is none
    set_values: Callable[[Axes, "Drawing"], None]  # scale, limits and ticks
    with_waits: bool  # draw what waits even where there is something that computes
    scale: Optional[Callable[[float, float], float]] = None  # value of an S_abs; None: it has none
    twin: Callable[[Point], Optional[float]] = lambda point: None  # a second marker, or None
    twin_label: str = ""
    twin_note: str = ""  # what the caption says of the twins
    levels: tuple[tuple[float, str], ...] = ()  # lines across the panels, named beside them
    base: Callable[[Point], Optional[float]] = lambda point: None  # where a base is drawn
    zone: Callable[[Point], Optional[float]] = lambda point: None  # not to be told from 0 below it
    bars: str = RATIOS  # whose interval the bars are
    note: str = ""  # of the caption
    over: str = ""  # what the caption says of the base, where it is not the serial one
    weak: dict = field(default_factory=dict)  # what differs where the work grows with the workers
    missing: str = "a speedup"  # what a report without anything to draw does not have

    def points(self, series: Series, name: str = "") -> list[Point]:
        """Those of one driver, or of all, that have a value, by workers."""
        mine = (p for p in series.points if name in ("", p.name))
        return sorted((p for p in mine if self.estimate(p).value is not None),
                      key=lambda point: point.workers)

    def drawn(self, report: Report) -> list[Series]:
        """The panels, in the plan's order."""
        with_values = [series for series in report.series if self.points(series)]
        computing = [series for series in with_values if not series.waits]
        return with_values if self.with_waits or not computing else computing


def of_speedup(scale: Callable[[float, float], float]) -> dict:
    """The fields of a View that shows S_abs on a scale of its own."""
    return {
        "scale": scale,
        "estimate": lambda p: scaled(p.s_abs, lambda s_abs: scale(s_abs, p.workers)),
        "rounds": lambda series, p: [scale(ratio, p.workers) for ratio in series.ratios(p)],
        "ideal": lambda series, workers: scale(workers, workers),
        "base": lambda point: point.s_abs.value and 1.0,
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

    @property
    def most(self) -> float:
        """The largest worker count that is drawn: models go beyond what was measured."""
        curves = [model.curve[-1][0] for one in self.series for model in self.models(one)]
        return max([self.counts[-1], *curves])

    def models(self, series: Series) -> list[Model]:
        """Curves to be drawn in a panel."""
        if self.view.scale is None:
            return []
        return [m for m in self.report.models_of(series)
                if m.curve and m.name in self.styles and series.of(m.name)]

    def curve(self, series: Series, model: Model) -> list[tuple[float, float]]:
        """Workers and values: the law tells T_1 / T_p, and S_abs of its first count does the rest."""
        first = model.curve[0]
        measured_there = min(series.of(model.name),
                             key=lambda point: abs(octaves(point.workers / first[0])))
        own = measured_there.s_abs.value / first[1]
        return [(x, self.view.scale(own * ratio, x)) for x, ratio in model.curve]

    def ceiling(self) -> dict[int, float]:
        """S_abs of the kernel that shows what the machine gives; empty: not in the report."""
        if self.view.scale is None:
            return {}
        return self.report.best(lambda p: p.kernel == CEILING_KERNEL and not p.oversubscribed)

    def waiting(self) -> dict[int, float]:
        """S_abs of what waits; empty where it says nothing beside the panels."""
        if self.view.scale is None or not self.view.with_waits:
            return {}
        return self.report.best(lambda p: p.waits)


def line_of(drawing: Drawing, best: dict[int, float]) -> tuple[list[int], list[float]]:
    """A reference that was measured, as x and y."""
    scale = drawing.view.scale
    return list(best), [scale(value, workers) for workers, value in best.items() if scale]


def draw_references(axes: Axes, drawing: Drawing, series: Series) -> None:
    """What the drivers are judged against."""
    left, right = axes.get_xlim()
    ends = [left if axes.get_yscale() == "linear" else 1.0, right]
    ideal = [drawing.view.ideal(series, x) for x in ends]
    if None not in ideal:
        axes.plot(ends, ideal, zorder=1, **REFERENCES["ideal"])
    if series.waits:
        return
    axes.plot(*line_of(drawing, drawing.ceiling()), zorder=2, **REFERENCES["ceiling"])
    axes.plot(*line_of(drawing, drawing.waiting()), zorder=1, **REFERENCES["waits"])


def draw_models(axes: Axes, drawing: Drawing, series: Series) -> None:
    """Fitted laws: dotted where there are measurements, dashed beyond them."""
    for model in drawing.models(series):
        curve = drawing.curve(series, model)
        parts = {"model": [at for at in curve if at[0] <= model.measured_to],
                 "beyond": [at for at in curve if at[0] >= model.measured_to]}
        for look, part in parts.items():
            axes.plot([x for x, _ in part], [y for _, y in part], zorder=3,
                      color=drawing.styles[model.name].colour, **REFERENCES[look])


def draw_zone(axes: Axes, drawing: Drawing, series: Series) -> None:
    """Where a value cannot be told from 0, by the surest driver at each worker count."""
    zone: dict[int, float] = {}
    for point in drawing.view.points(series):
        reach = drawing.view.zone(point)
        if reach is not None:
            zone[point.workers] = min(zone.get(point.workers, reach), reach)
    if not zone:
        return
    xs = [axes.get_xlim()[0], *sorted(zone), axes.get_xlim()[1]]
    ys = [zone[min(zone, key=lambda workers: abs(octaves(workers / x)))] for x in xs]
    axes.fill_between(xs, [-y for y in ys], ys, zorder=0, **ZONE)


def draw_rounds(axes: Axes, drawing: Drawing, series: Series, name: str) -> None:
    """The single rounds behind the medians; many are one picture in the SVG, not many elements."""
    style = drawing.styles[name]
    dots = [
        (style.x(point.workers, 0.4), value)
        for point in drawing.view.points(series, name)
        for value in drawing.view.rounds(series, point)
    ]
    axes.plot(
        [x for x, _ in dots], [y for _, y in dots], ".", markersize=3, markeredgewidth=0,
        color=style.colour, alpha=0.4, zorder=3, rasterized=len(dots) > 100,
    )


def draw_point(axes: Axes, drawing: Drawing, point: Point) -> None:
    """Median, interval, twin."""
    style, estimate = drawing.styles[point.name], drawing.view.estimate(point)
    x = style.x(point.workers)
    if estimate.low is not None and estimate.high is not None:
        axes.plot([x, x], [estimate.low, estimate.high], color=style.colour, linewidth=1.0,
                  zorder=4)
    hollow = point.oversubscribed and not point.waits
    axes.plot([x], [estimate.value], zorder=6, **style.marker(hollow))
    twin = drawing.view.twin(point)
    if twin is not None:
        axes.plot([x], [twin], alpha=0.55, zorder=5, **style.marker(hollow=True))


def draw_driver(axes: Axes, drawing: Drawing, series: Series, name: str) -> None:
    """One curve: measured where there is a marker, the line only guides the eye."""
    points, style = drawing.view.points(series, name), drawing.styles[name]
    xs = [style.x(point.workers) for point in points]
    ys = [drawing.view.estimate(point).value for point in points]
    axes.plot(xs, ys, color=style.colour, linewidth=0.8, alpha=0.8, zorder=4)
    draw_rounds(axes, drawing, series, name)
    for point in points:
        draw_point(axes, drawing, point)


def draw_base(axes: Axes, drawing: Drawing, series: Series) -> None:
    """The bases themselves, without rounds and without interval; equal ones once."""
    values = {drawing.view.base(base) for base in series.bases} - {None}
    for value in sorted(values):
        axes.plot([1], [value], zorder=7, **BASE_MARKER)


# ---- axes ----------------------------------------------------------------------------------------


def drawn_values(drawing: Drawing, with_rounds: bool) -> list[float]:
    """Everything that must lie inside the value axis."""
    view, values = drawing.view, []
    for series in drawing.series:
        values += [value for value in map(view.base, series.bases) if value is not None]
        for point in view.points(series):
            estimate = view.estimate(point)
            values += [estimate.value, estimate.low, estimate.high, view.twin(point)]
            values += view.rounds(series, point) if with_rounds else []
    return [value for value in values if value is not None]


def set_octaves(axes: Axes, drawing: Drawing) -> None:
    """Values that are compared with the number of workers."""
    values = [1.0, *drawn_values(drawing, with_rounds=True)]
    limits = (min(values) / 1.15, max(max(values), drawing.most) * 1.25)
    set_log2(axes.yaxis, limits, axes.set_yscale, axes.set_ylim)


def set_linear(axes: Axes, drawing: Drawing) -> None:
    """From 0; a few far rounds would flatten the rest, and are left out."""
    axes.set_ylim(0, max(1.05, max(drawn_values(drawing, with_rounds=False)) * 1.04))


def set_workers(axes: Axes, drawing: Drawing) -> None:
    """The worker axis, with room for the outermost drivers' offsets; small ticks: measured."""
    most = drawing.most
    edge = 2 ** (0.06 * octaves(most) + 0.15)
    set_log2(axes.xaxis, (1 / edge, most * edge), axes.set_xscale, axes.set_xlim)
    powers = powers_of_two(1, most)
    if octaves(most / powers[-1]) > 0.08 * octaves(most):
        axes.xaxis.set_major_locator(FixedLocator(powers + [most]))
    axes.xaxis.set_minor_locator(FixedLocator(drawing.counts))


def set_axes(axes: Axes, drawing: Drawing) -> None:
    """Scales, ticks and grid of a panel."""
    set_workers(axes, drawing)
    drawing.view.set_values(axes, drawing)
    set_look(axes)


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


# ---- legends -------------------------------------------------------------------------------------


def driver_handles(drawing: Drawing) -> list[Line2D]:
    """Legend of the curves."""
    handles = []
    labels = {point.name: point.label for series in drawing.series for point in series.points}
    bases = dict.fromkeys(base.label for series in drawing.series for base in series.bases
                          if drawing.view.base(base) is not None)
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


def model_handles(drawing: Drawing) -> Iterator[object]:
    """Legend of what is computed and not measured."""
    if any(drawing.models(series) for series in drawing.series):
        yield Line2D([], [], label="fitted model", color=GREY, **REFERENCES["model"])
        yield Line2D([], [], label="beyond what was measured", color=GREY, **REFERENCES["beyond"])
    if any(drawing.view.zone(p) is not None for s in drawing.series for p in s.points):
        yield Patch(label="not to be told from 0", **ZONE)


def reference_handles(drawing: Drawing) -> list:
    """Legend of what the curves are judged against."""
    handles = []
    if any(drawing.view.ideal(series, 1.0) is not None for series in drawing.series):
        handles.append(Line2D([], [], label="ideal", **REFERENCES["ideal"]))
    computing = any(not series.waits for series in drawing.series)
    if computing and drawing.ceiling():
        label = f"ceiling: {CEILING_KERNEL}, best driver"
        handles.append(Line2D([], [], label=label, **REFERENCES["ceiling"]))
    if computing and drawing.waiting():
        names = dict.fromkeys(p.kernel for s in drawing.series for p in s.points if p.waits)
        label = f"{', '.join(names)}: waits, needs no CPU"
        handles.append(Line2D([], [], label=label, **REFERENCES["waits"]))
    return handles + list(model_handles(drawing)) + list(hollow_handles(drawing))


def draw_levels(axes: Axes, drawing: Drawing, named: bool) -> None:
    """Lines across the panel; their names stand right of the last panel of a row."""
    for value, name in drawing.view.levels:
        axes.axhline(value, zorder=1, color=LIGHT, linewidth=0.8)
        if named:
            axes.annotate(
                name, (1, value), xycoords=("axes fraction", "data"), xytext=(3, 0),
                textcoords="offset points", va="center", fontsize=SMALL, color=GREY,
            )


# ---- the plot ------------------------------------------------------------------------------------


def draw_panel(axes: Axes, spot: Spot, drawing: Drawing, series: Series) -> None:
    """One series."""
    set_axes(axes, drawing)
    draw_marks(axes, drawing.report, spot.width)
    draw_levels(axes, drawing, spot.last)
    draw_zone(axes, drawing, series)
    draw_references(axes, drawing, series)
    draw_models(axes, drawing, series)
    for name in drawing.styles:
        draw_driver(axes, drawing, series, name)
    draw_base(axes, drawing, series)


def make_drawing(report: Report, view: View) -> Drawing:
    """Chooses what is drawn, and with which styles."""
    series = view.drawn(report)
    if not series:
        raise BadReport(f"the report has no points with {view.missing}, so there is nothing to draw")
    points = [point for one in series for point in view.points(one)]
    counts = sorted({point.workers for point in points} | {1})
    here = {point.name for point in points}
    drivers = [name for name in report.drivers() if name in here]
    return Drawing(view, report, series, styles_of(drivers, counts), counts)


def notes_of(drawing: Drawing) -> str:
    """What the caption says of markers and bars."""
    view = drawing.view
    estimates = [view.estimate(p) for series in drawing.series for p in measured(series)]
    text = "Markers: median. Drivers stand side by side at each worker count. "
    text += interval_text(estimates, drawing.report.confidence, view.bars)
    text += f"Faint dots: single rounds. {view.note}"
    if any(drawing.models(series) for series in drawing.series):
        text += ("Models: fitted to the driver's times and drawn from its S_abs at their first "
                 "worker count on, at most to twice their last one. ")
    return text + (view.twin_note if any_twin(drawing) else "")


def plot(report: Report, view: View) -> Plot:
    """A panel for each series."""
    view = replace(view, **view.weak) if report.weak else view
    drawing = make_drawing(report, view)
    panels = (Panel(series.title, series.options,
                    partial(draw_panel, drawing=drawing, series=series))
              for series in drawing.series)
    return Plot(
        name=view.name, title=view.title, summary=view.summary, panels=tuple(panels),
        value_label=view.value_label, position_label="workers",
        legends=(driver_handles(drawing), reference_handles(drawing)),
        caption=caption(report, drawing.series, notes_of(drawing), view.over),
    )


def main(view: View) -> int:
    """The program of one view."""
    parser = plot_parser(view.name, f"Draws {view.name} against workers from a report of coresweep.")
    return run(parser.parse_args(), partial(plot, view=view))
