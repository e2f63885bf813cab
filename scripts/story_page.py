#!/usr/bin/python3
"""Writes a story as one HTML page: what it says, its pictures and its tables, in a single file.

The page loads nothing, and its policy forbids that it does. Every number in a table has its value
in an attribute, as the program gave it. The interpreter is the distribution's, since that is the
one that finds its matplotlib.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import sys
from functools import partial
from html import escape
from pathlib import Path
from typing import Callable, Iterator, Optional

from csw_plot import complain, rendered
from csw_report import BadReport, Estimate
from csw_rows import Picture, draw
from csw_story import (
    Block, Probe, Reading, Row, Sentence, Story, load_story, quantity_text, ratio_text,
    story_parser, three_digits,
)
from plot_story import pictures

HERE = Path(__file__).resolve().parent
TITLE = "Threads, processes and the GIL, measured"

# ---- cells ---------------------------------------------------------------------------------------

Show = Callable[[float], str]


def nanoseconds(value: float) -> str:
    """3.10 ms"""
    return quantity_text(value, "ns")


def byte_count(value: float) -> str:
    """9.10 MiB"""
    return quantity_text(value, "bytes")


def whole(value: float) -> str:
    """A count."""
    return f"{value:g}"


def up_to_four_digits(value: float) -> str:
    """1.416"""
    return f"{value:.4g}"


# key of a row, heading, what the heading means, how a value is shown
COLUMNS: tuple[tuple[str, str, str, Show], ...] = (
    ("workers", "Workers", "", whole),
    ("time_ns", "Time", "from before the first worker is made until the results are there",
     nanoseconds),
    ("speedup", "Speedup", "over the sequential run in the same language, paired by round",
     ratio_text),
    ("bound", "At most", "bound of the speedup, computed from the work and the CPUs",
     up_to_four_digits),
    ("cpu_share", "CPUs used", "CPU time / time", ratio_text),
    ("start_ns", "Start", "before the timed part", nanoseconds),
    ("pss_bytes", "Memory", "of all processes, shared pages counted once", byte_count),
    ("in_cpython", "Times CPython", "times as fast as sequential CPython", three_digits),
)


def attributes(**values: object) -> str:
    """Of an element; None: it does not have that one. A trailing _ and _ are - in HTML."""
    pairs = ((name.replace("_", "-"), value) for name, value in values.items())
    return "".join(f' {name}="{escape(str(value))}"' for name, value in pairs if value is not None)


def number_cell(row: str, column: str, estimate: Estimate, show: Show, mark: str = "") -> str:
    """A number for people, and as the program gave it; empty: unknown."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None:
        return "<td></td>"
    data = attributes(data_row=row, data_column=column, data_value=repr(value),
                      data_low=low and repr(low), data_high=high and repr(high),
                      **({"class": "above"} if mark else {}))
    interval = "" if low is None or high is None else (
        f"<small>{escape(show(low))} to {escape(show(high))}</small>")
    return f"<td{data}>{escape(show(value))}{mark}{interval}</td>"


def estimate_of(cell: object) -> Estimate:
    """What the program gives with an interval, or without one."""
    if isinstance(cell, dict):
        return Estimate(cell["value"], cell["low"], cell["high"])
    return Estimate(cell, None, None)


# ---- tables --------------------------------------------------------------------------------------


def table(caption: str, heads: list[str], rows: list[str], hidden: bool = False) -> str:
    """Scrolls by itself where the page is narrow; the caption is hidden where a heading says it."""
    look = ' class="hidden"' if hidden else ""
    return (f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
            f"<caption{look}>{escape(caption)}</caption>\n"
            f"<thead><tr>{''.join(heads)}</tr></thead>\n"
            "<tbody>\n" + "\n".join(rows) + "\n</tbody></table></div>")


def head(text: str, title: str = "", words: bool = False) -> str:
    """Of a column."""
    more = attributes(title=title or None, **({"class": "text"} if words else {}))
    return f'<th scope="col"{more}>{escape(text)}</th>'


def leading_cells(name: str, language: str) -> str:
    """What the row is."""
    return f'<th scope="row">{escape(name)}</th><td class="text">{escape(language)}</td>'


def point_row(row: Row, columns: tuple) -> str:
    """One way of doing the block's work."""
    cells = [
        number_cell(row.label, key, estimate_of(row.cell[key]), show,
                    " above" if key == "bound" and row.above_bound else "")
        for key, _, _, show in columns
    ]
    place = attributes(data_language=row.language, data_workers=row.workers)
    return f"<tr{place}>{leading_cells(row.label, row.language)}{''.join(cells)}</tr>"


def point_table(block: Block) -> str:
    """Columns in which no row has anything are left out."""
    known = [column for column in COLUMNS
             if any(estimate_of(row.cell[column[0]]).value is not None for row in block.rows)]
    heads = [head("Way", words=True), head("In", words=True)]
    heads += [head(text, title) for _, text, title, _ in known]
    return table(block.title, heads, [point_row(row, tuple(known)) for row in block.rows],
                 hidden=True)


def quantity_name(reading: Reading) -> str:
    """late p99 of late_p99_ns: the cells tell the units."""
    name = re.sub("_(ns|bytes)$", "", reading.quantity).replace("_", " ")
    return f"{name} (count)" if reading.unit == "1" else name


def reading_cell(reading: Optional[Reading]) -> str:
    """One number that a probe found out, if it did."""
    if reading is None:
        return "<td></td>"
    show = partial(quantity_text, unit=reading.unit)
    return number_cell(reading.row, reading.quantity, reading.estimate, show)


def reading_row(language: str, row: str, readings: list[Optional[Reading]]) -> str:
    """All that was read of one thing."""
    cells = "".join(reading_cell(reading) for reading in readings)
    return f"<tr{attributes(data_language=language)}>{leading_cells(row, language)}{cells}</tr>"


def reading_table(probe: Probe) -> str:
    """A row for each thing tried, a column for each quantity."""
    quantities = {reading.quantity: quantity_name(reading) for reading in probe.readings}
    rows: dict[tuple[str, str], dict[str, Reading]] = {}
    for reading in probe.readings:
        rows.setdefault((reading.language, reading.row), {})[reading.quantity] = reading
    heads = [head("Tried", words=True), head("In", words=True)]
    heads += [head(name) for name in quantities.values()]
    body = [reading_row(*row, [read.get(quantity) for quantity in quantities])
             for row, read in rows.items()]
    return table(probe.summary, heads, body)


# ---- sections ------------------------------------------------------------------------------------


def lines(text: str) -> str:
    """A paragraph that keeps its lines; nothing where there are none."""
    kept = "\n".join(line.strip() for line in text.splitlines())
    return f'<p class="lines">{escape(kept)}</p>\n' if kept else ""


def block_section(block: Block) -> str:
    """One experiment."""
    parts = [point_table(block)] if block.rows else []
    parts += [reading_table(probe) for probe in block.probes]
    body = "\n".join(parts) or "<p>Nothing was measured.</p>"
    place = attributes(id=f"block-{block.name}", data_block=block.name)
    return (f'<section{place}>\n<h2>{escape(f"{block.name}. {block.title}")}</h2>\n'
            f'<p class="about">{escape(block.about)}</p>\n{body}\n{lines(block.notes)}</section>')


def inline_svg(picture: Picture) -> str:
    """Without what a file of its own needs, and with names that no other picture has."""
    svg = rendered(draw(picture), "svg").decode()
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg[svg.index("<svg"):], flags=re.S)
    svg = re.sub(r'\bid="', f'id="{picture.name}-', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{picture.name}-", svg)
    named = attributes(role="img", aria_label=f"{picture.title}. {picture.summary}")
    return re.sub(r'<svg [^>]*viewBox="([^"]*)"[^>]*>',
                  rf'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="\1"{named}>', svg, 1)


def figure(picture: Picture) -> str:
    """A picture and what it shows."""
    return (f'<figure id="{picture.name}"><div class="scroll">{inline_svg(picture)}</div>\n'
            f"<figcaption>{escape(picture.summary)}</figcaption></figure>")


def machine(story: Story) -> str:
    """What it was measured on."""
    host, names = story.host, {"Machine": "cpu_model", "Topology": "topology", "Date": "date"}
    facts = [(name, str(host[key])) for name, key in names.items() if host.get(key)]
    facts += [(name, text) for name, text in story.runtimes]
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    unfinished = "" if story.complete else "<p><strong>The run was not finished.</strong></p>"
    return f"<dl>{items}</dl>{unfinished}"


def conclusion(sentence: Sentence) -> str:
    """A claim, how it stands, and what that rests on."""
    rows = f"<small>Rows: {escape(sentence.rows)}</small>" if sentence.rows else ""
    return (f"<li><strong>{escape(sentence.claim)}</strong> <em>{escape(sentence.standing)}</em>\n"
            f"{lines(sentence.numbers)}{rows}</li>")


def conclusions(story: Story) -> str:
    """The sentences."""
    items = "\n".join(conclusion(sentence) for sentence in story.sentences)
    return f'<section id="conclusions"><h2>When to use which</h2>\n<ul>\n{items}\n</ul></section>'


# ---- the page ------------------------------------------------------------------------------------


def navigation(story: Story) -> str:
    """To the blocks."""
    links = "".join(f'<li><a href="#block-{block.name}">{escape(block.title)}</a></li>'
                    for block in story.blocks)
    return f'<nav aria-label="Experiments"><ul>{links}</ul></nav>'


def policy(script: str) -> str:
    """Nothing is loaded from anywhere; of scripts only this one runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def parts(story: Story) -> Iterator[str]:
    """From the top of the body to its end."""
    percent = f"{story.confidence * 100:g}"
    yield f"<header><h1>{TITLE}</h1>\n{machine(story)}\n{navigation(story)}</header>\n<main>"
    yield (f"<p>Numbers are medians of the rounds; below them their {percent} % intervals, where "
           "there are rounds enough. Speedups are over the sequential run in the same language and "
           "interpreter.</p>")
    if story.sentences:
        yield conclusions(story)
    yield from (figure(picture) for picture in pictures(story))
    yield from (block_section(block) for block in story.blocks)
    yield "</main>"


def page(story: Story) -> str:
    """All of it."""
    style, script = ((HERE / f"story.{kind}").read_text() for kind in ("css", "js"))
    return "\n".join([
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(script)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{TITLE}</title>\n<style>\n{style}</style>\n</head>\n<body>",
        *parts(story),
        f"<script>{script}</script>\n</body>\n</html>\n",
    ])


# ---- the program ---------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    """As of the plots."""
    parser = story_parser("Writes a story as one HTML page.")
    parser.add_argument("-o", "--output", default="story.html", metavar="FILE",
                        help="write the page there (default: %(default)s)")
    return parser.parse_args()


def main() -> int:
    """Reads and writes. 0: done, 1: not written, 2: bad input."""
    arguments = parse_arguments()
    try:
        text = page(load_story(arguments.story))
        Path(arguments.output).write_text(text, encoding="utf-8")
    except BadReport as error:
        complain(error)
        return 2
    except OSError as error:
        complain(f"cannot write {error.filename}: {error.strerror}")
        return 1
    print(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
