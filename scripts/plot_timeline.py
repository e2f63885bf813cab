#!/usr/bin/python3
"""Draws what each worker did in the median run of a point, from `coresweep report --format json`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import Optional

from csw_figure import (
    Axes, Panel, Patch, Plot, PolyCollection, Spot, plot_parser, round_ticks, run, set_look,
)
from csw_report import BadReport, Point, Report, Sample, caption, shorten
from csw_story import SECONDS, in_units

BUSY = {"facecolor": "#0072B2", "linewidth": 0}
LOST = {"facecolor": "#F5C96B", "edgecolor": "#8a5a00", "linewidth": 0, "hatch": "////"}
HALF = 0.4  # of a row: what its bar is high
MOST = 15  # panels that one page has room for
IDLE = {"facecolor": "#eeeeee", "linewidth": 0}


@dataclass(frozen=True)
class Row:
    """One worker, in ns since the first one began."""

    start: float
    busy: float  # until then, as if all its CPU time came first
    end: float


@dataclass(frozen=True)
class Run:
    """The last run of a sample."""

    point: Point
    sample: Sample

    def rows(self) -> list[Row]:
        """By worker."""
        begin = min(start for start, _, _ in self.sample.workers)
        return [Row(start - begin, min(start + cpu, end) - begin, end - begin)
                for start, end, cpu in self.sample.workers]


    def unused(self) -> float:
        """The part of the workers' time in which they had nothing or no CPU."""
        rows = self.rows()
        last = max(row.end for row in rows)
        return 1 - sum(row.busy - row.start for row in rows) / (len(rows) * last or 1)


def median_run(report: Report, index: int) -> Optional[Run]:
    """The sample that took nearest to the median; None: no sample tells of its workers."""
    point = report.points[index]
    told = [sample for sample in report.samples if sample.point == index and sample.workers]
    if not told or point.seconds is None:
        return None
    wanted = point.seconds * 1e9
    return Run(point, min(told, key=lambda sample: (abs(sample.region_ns - wanted), sample.round)))


def largest(report: Report) -> list[int]:
    """Of each series and driver the point with the most workers that have CPUs of their own."""
    best: dict[tuple, int] = {}
    bases = report.bases()
    for index, point in enumerate(report.points):
        if point.name in bases or point.waits or point.oversubscribed:
            continue
        key = (*point.work, point.schedule, point.name)
        if key not in best or point.workers > report.points[best[key]].workers:
            best[key] = index
    return list(best.values())


def runs_of(report: Report, wanted: Optional[list[int]]) -> list[Run]:
    """Those that were asked for, or the largest; BadReport where there are none."""
    for index in wanted or ():
        if not 0 <= index < len(report.points):
            raise BadReport(f"there is no point {index}: the report has the points 0 to "
                            f"{len(report.points) - 1}")
    runs = [median_run(report, index) for index in (wanted or largest(report))]
    found = [one for one in runs if one]
    if not found:
        raise BadReport("the report has no samples that tell of workers (`samples`), so there is "
                        "nothing to draw")
    return found


def most_unused(runs: list[Run]) -> list[Run]:
    """The MOST in which the least of the workers' time was used, in the plan's order."""
    least = sorted(range(len(runs)), key=lambda index: -runs[index].unused())[:MOST]
    return [runs[index] for index in sorted(least)]


# ---- one panel -----------------------------------------------------------------------------------


def draw_rows(axes: Axes, rows: list[Row], unit: float) -> None:
    """Parts of one look are one collection, however many workers there are."""
    last = max(row.end for row in rows)
    parts = ((IDLE, [0.0] * len(rows), [last] * len(rows)),
             (LOST, [row.busy for row in rows], [row.end for row in rows]),
             (BUSY, [row.start for row in rows], [row.busy for row in rows]))
    for look, lefts, rights in parts:
        corners = [[(x / unit, row + y) for x, y in ((left, -HALF), (right, -HALF), (right, HALF),
                                                     (left, HALF))]
                   for row, (left, right) in enumerate(zip(lefts, rights)) if right > left]
        axes.add_collection(PolyCollection(corners, zorder=3, rasterized=len(rows) > 16, **look))


def draw_panel(axes: Axes, _: Spot, run_: Run) -> None:
    """One run; worker 0 on top."""
    rows = run_.rows()
    last = max(row.end for row in rows)
    unit, name = next(((size * 1e9, name) for size, name in SECONDS if last >= size * 1e9),
                      (1.0, "ns"))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1.01 * last / unit or 1.0)
    set_look(axes)
    axes.grid(False, axis="y")
    draw_rows(axes, rows, unit)
    step = max(1, (len(rows) + 7) // 8)
    axes.set_yticks(range(0, len(rows), step))
    ticks = round_ticks(0, last / unit, 4)
    names = [f"{tick:g}" for tick in ticks]
    axes.set_xticks(ticks, names[:-1] + [f"{names[-1]} {name}"])


def numbers_of(run_: Run) -> str:
    """Start and end skew: how far apart the workers began and ended."""
    rows = run_.rows()
    starts, ends = [row.start for row in rows], [row.end for row in rows]
    skews = (max(starts) - min(starts), max(ends) - min(ends))
    texts = [in_units(skew / 1e9, SECONDS).replace("\N{NO-BREAK SPACE}", " ") for skew in skews]
    return f"began within {texts[0]}, ended within {texts[1]}"


# ---- the plot ------------------------------------------------------------------------------------


def legend() -> list[Patch]:
    """The parts of a row."""
    return [Patch(label="on its CPU", **BUSY), Patch(label="not on a CPU, or waiting", **LOST),
            Patch(label="not begun yet, or nothing left", **IDLE)]


def title_of(report: Report, point: Point) -> str:
    """As of the other plots, and who ran it."""
    here = next(one for one in report.series if point in one.everything())
    return shorten(f"{here.title}: {point.label}, {point.workers}", 44)


def plot(report: Report, wanted: Optional[list[int]] = None) -> Plot:
    """A panel for each run."""
    found = runs_of(report, wanted)
    runs = found if wanted else most_unused(found)
    drawn = [one for one in report.series if any(r.point in one.everything() for r in runs)]
    notes = ("Each row: a worker in the last run of the sample nearest to its cell's median. Its "
             "CPU time is drawn from its beginning on: how much is known, not when. ")
    if len(runs) < len(found):
        notes += (f"Of {len(found)} points, {len(runs)} are shown: those whose workers used least "
                  "of their time.")
    most = max(len(r.sample.workers) for r in runs)
    return Plot(
        name="timeline", title="What the workers did in the median run",
        summary="For each driver a row per worker: when it began and ended, its CPU time, and when "
        "it had nothing to do.",
        panels=tuple(Panel(title_of(report, r.point), numbers_of(r), partial(draw_panel, run_=r))
                     for r in runs),
        value_label="worker", position_label="", legends=(legend(),),
        caption=caption(report, drawn, notes), panel_inches=0.9 if most <= 8 else 1.5, alike=False,
        marks=False,
    )


def main() -> int:
    """As of the other plots, for the points that are asked for."""
    parser = plot_parser("timeline", __doc__.splitlines()[0])
    parser.add_argument("-p", "--point", type=int, action="append", metavar="N",
                        help="a point of the plan, from 0; several times: several panels (default: "
                        "the largest worker count of each driver)")
    arguments = parser.parse_args()
    return run(arguments, partial(plot, wanted=arguments.point))


if __name__ == "__main__":
    sys.exit(main())
