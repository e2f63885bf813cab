#!/usr/bin/python3
"""Writes a report as one HTML page: tables, sentences and pictures, in a single file.

The page loads nothing, and its policy forbids that it does. Every number in a table has its value
in an attribute, as the program gave it. The interpreter is the distribution's, since that is the
one that finds its matplotlib.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from html import escape
from typing import Callable, Iterator

import plot_loss
import plot_order
import plot_timeline
from csw_figure import Plot, draw
from csw_html import (
    Show, attributes, byte_count, document, facts, figure, head, nanoseconds,
    navigation, number_cell, table, up_to_four_digits, whole, write_page,
)
from csw_plot import plot as plot_of_view
from csw_report import BadReport, Point, Report, Series, load
from csw_story import in_units, ratio_text
from plot_efficiency import EFFICIENCY
from plot_karp_flatt import KARP_FLATT
from plot_speedup import SPEEDUP
from plot_time import TIME


def three_figures(value: float) -> str:
    """0.0123, -4.5e-05, 1.23e+09"""
    return f"{value:.3g}"


RATES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def rate(value: float) -> str:
    """1.23 G"""
    return in_units(value, RATES).rstrip()


# key of a point, heading, what the heading means, how a value is shown
COLUMNS: tuple[tuple[str, str, str, Show], ...] = (
    ("workers", "Workers", "", whole),
    ("time_ns", "Time", "parked workers released until the last one is done, of one run",
     nanoseconds),
    ("s_abs", "S_abs", "speedup over the serial base on the same work, paired by round",
     ratio_text),
    ("bound", "At most", "bound of S_abs, computed from the work, the schedule and the CPUs",
     up_to_four_digits),
    ("s_rel", "S_rel", "speedup over the same driver with one worker", ratio_text),
    ("efficiency", "Efficiency", "S_abs / workers", ratio_text),
    ("s_cpu", "S_cpu", "S_abs by CPU time, as if nobody else used the CPUs", ratio_text),
    ("weak_efficiency", "T_1 / T_p", "of p times the work with p workers", ratio_text),
    ("gustafson", "Gustafson", "the serial fraction of the time with p workers", three_figures),
    ("karp_flatt", "Karp-Flatt", "the serial fraction that this worker count shows",
     three_figures),
    ("resolution", "Resolves", "a serial fraction below it cannot be told from 0", three_figures),
    ("disturbed", "Disturbed", "samples that the plan's rule marks; none is left out", whole),
    ("s_abs_undisturbed", "Undisturbed S_abs", "the same speedup, of undisturbed samples only",
     ratio_text),
    ("rate_per_s", "Rate", "work per second", rate),
    ("pss_bytes", "Memory", "of all processes, shared pages counted once", byte_count),
)

# In the order of the page.
PICTURES: tuple[Callable[[Report], Plot], ...] = (
    *(partial(plot_of_view, view=view) for view in (SPEEDUP, EFFICIENCY, TIME, KARP_FLATT)),
    plot_loss.plot, plot_order.plot, plot_timeline.plot,
)

# ---- tables --------------------------------------------------------------------------------------


def rows_of(series: Series) -> list[Point]:
    """The bases, then the drivers as they were planned."""
    return [*series.bases, *(point for point in series.points if point not in series.bases)]


def point_row(point: Point, columns: list) -> str:
    """One cell of the sweep."""
    cells = [number_cell(point.name, key, point.numbers.get(key), show,
                         " above" if key == "bound" and point.above_bound else "")
             for key, _, _, show in columns]
    place = attributes(data_workers=point.workers)
    return f'<tr{place}><th scope="row">{escape(point.label)}</th>{"".join(cells)}</tr>'


def is_known(series: Series, key: str) -> bool:
    """Whether any row has something in that column; nobody needs one of zeros, nor the speedups
    without disturbed samples where there are none.
    """
    key = "disturbed" if key == "s_abs_undisturbed" else key
    found = (point.numbers.get(key) for point in rows_of(series))
    return any(estimate and estimate.value for estimate in found)


def point_table(series: Series) -> str:
    """Columns in which no row has anything are left out."""
    columns = [column for column in COLUMNS if is_known(series, column[0])]
    heads = [head("Driver", words=True)] + [head(text, title) for _, text, title, _ in columns]
    rows = [point_row(point, columns) for point in rows_of(series)]
    return table(series.title, heads, rows, hidden=True)


# ---- sentences -----------------------------------------------------------------------------------


def whys(report: Report, series: Series) -> Iterator[str]:
    """Why each driver loses what it loses."""
    for why in report.whys:
        if series.holds(why):
            yield f"{why.name}: {why.sentence}"


def checks(series: Series) -> Iterator[str]:
    """What the rounds do not fulfil that intervals assume; each sentence names its point."""
    for point in series.everything():
        yield from point.checks


def sentences(title: str, kind: str, texts: list[str]) -> str:
    """A list under its title; nothing where it is empty."""
    items = "\n".join(f"<li{attributes(data_kind=kind)}>{escape(text)}</li>" for text in texts)
    return f"<h3>{escape(title)}</h3>\n<ul>\n{items}\n</ul>\n" if texts else ""


def series_section(report: Report, index: int, series: Series) -> str:
    """A table, and what it means."""
    place = attributes(id=f"series-{index}", data_block=" | ".join(series.place))
    about = f'<p class="about">{escape(series.options)}</p>\n' if series.options else ""
    models = [f"{model.name}: {model.sentence}" for model in report.models_of(series)]
    return (f"<section{place}>\n<h2>{escape(series.title)}</h2>\n{about}{point_table(series)}\n"
            + sentences("Why the speedup is lost", "why", list(whys(report, series)))
            + sentences("Models", "model", models)
            + sentences("Checks", "check", list(checks(series))) + "</section>")


# ---- the page ------------------------------------------------------------------------------------


def shown(make: Callable[[Report], Plot], report: Report) -> str:
    """A picture, or the sentence that says why there is none."""
    try:
        plot = make(report)
    except BadReport as reason:
        return f'<p class="about">A picture is left out: {escape(str(reason))}.</p>'
    return figure(plot, draw(plot))


def machine(report: Report) -> str:
    """What it was measured on, and how."""
    host, plan = report.host, report.plan
    quota = host["quota_cpus"] and f"{host['quota_cpus']:g} CPUs"
    known = [("Machine", host.get("cpu_model")), ("Topology", host.get("topology")),
             ("Hypervisor", host.get("hypervisor")), ("CPU quota", quota),
             ("Placement", report.pin), ("Not bound", host.get("placement")),
             ("Date", host.get("date")), ("Rounds", report.rounds and f"{report.rounds:g}"),
             ("Stopped", report.stop),
             ("Seed", plan.get("seed")), ("Command", plan.get("command")),
             ("coresweep", plan.get("version")), ("Revision", host.get("revision")),
             ("Compiler", host.get("compiler")), ("Libraries", host.get("libraries"))]
    return facts(known, report.complete)


def troubles(report: Report) -> str:
    """Who took the CPUs from the sweep, and what else happened."""
    listed = (sentences("Disturbances", "noise", list(report.noise))
              + sentences("Events", "event", list(report.events)))
    return f'<section id="troubles">{listed}</section>' if listed else ""


def title_of(report: Report) -> str:
    """Of the page."""
    name = report.host.get("hostname")
    return f"How work scales on {name}" if name else "How work scales"


def parts(report: Report) -> Iterator[str]:
    """From the top of the body to its end."""
    links = [(f"series-{index}", series.title) for index, series in enumerate(report.series)]
    yield (f"<header><h1>{escape(title_of(report))}</h1>\n{machine(report)}\n"
           f"{navigation('Series', links)}</header>\n<main>")
    yield (f"<p>Numbers are medians of the rounds; below them their {report.confidence * 100:g} % "
           "intervals, where there are rounds enough. Speedups are paired: base and driver of the "
           "same round.</p>")
    yield troubles(report)
    yield from (series_section(report, *numbered) for numbered in enumerate(report.series))
    yield from (shown(make, report) for make in PICTURES)
    yield "</main>"


def page(path: str) -> str:
    """All of it."""
    report = load(path)
    return document(title_of(report), parts(report))


def main() -> int:
    """Reads and writes; returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Writes a report as one HTML page.",
        epilog="The report is what `coresweep report --format json RESULTS` prints.")
    parser.add_argument("report", nargs="?", default="-", metavar="REPORT.json",
                        help="the report; standard input without it or with -")
    parser.add_argument("-o", "--output", default="report.html", metavar="FILE",
                        help="write the page there; - is standard output (default: %(default)s)")
    arguments = parser.parse_args()
    return write_page(arguments.output, partial(page, arguments.report))


if __name__ == "__main__":
    sys.exit(main())
