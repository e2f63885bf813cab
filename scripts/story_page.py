#!/usr/bin/python3
"""Writes a story as one HTML page: what it says, its pictures and its tables, in a single file.

The page loads nothing, and its policy forbids that it does. Every number in a table has its value
in an attribute, as the program gave it. The interpreter is the distribution's, since that is the
one that finds its matplotlib.
"""

from __future__ import annotations

import argparse
import re
import sys
from functools import partial
from html import escape
from typing import Iterator, Optional

from csw_html import (
    Show, attributes, byte_count, document, facts, figure, head, lines, nanoseconds,
    navigation, number_cell, table, up_to_four_digits, whole, write_page,
)
from csw_report import UNKNOWN
from csw_rows import draw
from csw_story import (
    Block, Probe, Reading, Row, Sentence, Story, load_story, quantity_text, ratio_text,
    story_parser, three_digits,
)
from plot_story import pictures

TITLE = "Threads, processes and the GIL, measured"

# ---- cells ---------------------------------------------------------------------------------------

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


# ---- tables --------------------------------------------------------------------------------------


def leading_cells(name: str, language: str) -> str:
    """What the row is."""
    return f'<th scope="row">{escape(name)}</th><td class="text">{escape(language)}</td>'


def point_row(row: Row, columns: tuple) -> str:
    """One way of doing the block's work."""
    cells = [
        number_cell(row.label, key, row.numbers.get(key), show,
                    " above" if key == "bound" and row.above_bound else "")
        for key, _, _, show in columns
    ]
    place = attributes(data_language=row.language, data_workers=row.workers)
    return f"<tr{place}>{leading_cells(row.label, row.language)}{''.join(cells)}</tr>"


def point_table(block: Block) -> str:
    """Columns in which no row has anything are left out."""
    known = [column for column in COLUMNS
             if any(row.numbers.get(column[0], UNKNOWN).value is not None for row in block.rows)]
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


def block_section(block: Block) -> str:
    """One experiment."""
    parts = [point_table(block)] if block.rows else []
    parts += [reading_table(probe) for probe in block.probes]
    body = "\n".join(parts) or "<p>Nothing was measured.</p>"
    place = attributes(id=f"block-{block.name}", data_block=block.name)
    return (f'<section{place}>\n<h2>{escape(f"{block.name}. {block.title}")}</h2>\n'
            f'<p class="about">{escape(block.about)}</p>\n{body}\n{lines(block.notes)}</section>')


def machine(story: Story) -> str:
    """What it was measured on."""
    names = {"Machine": "cpu_model", "Topology": "topology", "Date": "date"}
    known = [(name, story.host.get(key)) for name, key in names.items()]
    return facts([*known, *story.runtimes], story.complete)


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


def parts(story: Story) -> Iterator[str]:
    """From the top of the body to its end."""
    percent = f"{story.confidence * 100:g}"
    links = ((f"block-{block.name}", block.title) for block in story.blocks)
    yield (f"<header><h1>{TITLE}</h1>\n{machine(story)}\n{navigation('Experiments', links)}"
           "</header>\n<main>")
    yield (f"<p>Numbers are medians of the rounds; below them their {percent} % intervals, where "
           "there are rounds enough. Speedups are over the sequential run in the same language and "
           "interpreter.</p>")
    if story.sentences:
        yield conclusions(story)
    yield from (figure(picture, draw(picture)) for picture in pictures(story))
    yield from (block_section(block) for block in story.blocks)
    yield "</main>"


# ---- the program ---------------------------------------------------------------------------------


def parse_arguments() -> argparse.Namespace:
    """As of the plots."""
    parser = story_parser("Writes a story as one HTML page.")
    parser.add_argument("-o", "--output", default="story.html", metavar="FILE",
                        help="write the page there (default: %(default)s)")
    return parser.parse_args()


def page(path: str) -> str:
    """All of it."""
    return document(TITLE, parts(load_story(path)))


def main() -> int:
    """Reads and writes; returns the exit code."""
    arguments = parse_arguments()
    return write_page(arguments.output, partial(page, arguments.story))


if __name__ == "__main__":
    sys.exit(main())
