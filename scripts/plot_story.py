#!/usr/bin/python3
"""Draws a story: speedups of C and CPython, waiting against computing, and the ticker.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional, Sequence, Union

from csw_figure import COLOURS, finish, save
from csw_report import Estimate, host_text
from csw_rows import Line, Look, Mark, Picture, Scale, draw
from csw_story import Block, Row, Story, load_story, quantity_text, ratio_text, story_parser

SHAPES = "osD^v"


def looks_of(story: Story) -> dict[str, Look]:
    """A colour and a shape for each language and interpreter, in every picture alike."""
    shown = [*(row for block in story.blocks for row in block.rows),
             *(r for block in story.blocks for probe in block.probes for r in probe.readings)]
    languages = dict.fromkeys(one.language for one in shown)
    return {name: Look("", COLOURS[i % len(COLOURS)], SHAPES[i % len(SHAPES)])
            for i, name in enumerate(languages)}


def groups(shown: Sequence[Union[Row, Ticker]]) -> list[str]:
    """The language where it changes, else nothing."""
    languages = [one.language for one in shown]
    return [new if new != old else "" for old, new in zip([""] + languages, languages)]


def with_intervals(story: Story) -> bool:
    """Whether there were rounds enough, at least of some rows."""
    return any(row.speedup.low for block in story.blocks for row in block.rows)


def notes_of(story: Story) -> tuple[str, ...]:
    """What the bars are, and which machine it was."""
    bars = "Sequential: in the same language and interpreter. In brackets: workers. "
    percent = f"{story.confidence * 100:g} %"
    bars += (f"Bars: {percent} intervals of the median; without one, there were too few rounds."
             if with_intervals(story) else f"Too few rounds for {percent} intervals.")
    runtimes = "; ".join(text for _, text in story.runtimes)
    unfinished = "" if story.complete else " INCOMPLETE: the run was interrupted or still goes on."
    return (bars + unfinished, f"{host_text(story.host, story.pin)} {runtimes}".strip())


# ---- speedups ------------------------------------------------------------------------------------


def interval_text(estimate: Estimate) -> str:
    """1.36 [1.34, 1.38], or only the median."""
    if estimate.low is None or estimate.high is None:
        return ratio_text(estimate.value)
    return (f"{ratio_text(estimate.value)} "
            f"[{ratio_text(estimate.low)}, {ratio_text(estimate.high)}]")


def speedup_text(row: Row) -> str:
    """The median, its interval and its bound."""
    if row.bound is None:
        return interval_text(row.speedup)
    more = ", above it" if row.above_bound else ""
    return f"{interval_text(row.speedup)} of {row.bound:.4g}{more}"


def speedup_line(row: Row, look: Look, group: str) -> Line:
    """One way to run the block's work."""
    mark = Mark(look, row.speedup.value, row.speedup.low, row.speedup.high)
    return Line(f"{row.label} ({row.workers})", (mark,), group, look.colour, speedup_text(row),
                row.bound, flagged=row.above_bound)


def speedup_lines(story: Story) -> Iterator[Line]:
    """Every block that computes under its title."""
    looks = looks_of(story)
    for block in story.blocks:
        rows = [] if block.waits else block.compared()
        if rows:
            yield Line(block.title)
        for row, group in zip(rows, groups(rows)):
            yield speedup_line(row, looks[row.language], group)


def draw_speedup(story: Story) -> Optional[Picture]:
    """C and CPython on one axis."""
    lines = tuple(speedup_lines(story))
    return lines and Picture(
        name="speedup",
        title="Computing: how much faster than one after another",
        summary="Speedups over the sequential run of the same language, with intervals and bounds.",
        scale=Scale("times as fast as sequential",
                    levels=((1.0, "sequential"),)),
        lines=lines,
        values_name=f"median{' [interval]' if with_intervals(story) else ''} of at most",
        limit_name="the most that is possible",
        notes=notes_of(story),
    )


# ---- waiting against computing -------------------------------------------------------------------

def relative_time(row: Row, colour: str) -> Mark:
    """Time over sequential time: a speedup's inverse, ends exchanged."""
    waiting, computing = Look("waiting", colour, "o", hollow=True), Look("computing", colour, "s")
    look = waiting if row.waits else computing
    low, high = row.speedup.high, row.speedup.low
    return Mark(look, 1 / row.speedup.value, low and 1 / low, high and 1 / high)


def pairs(waiting: Block, computing: Block) -> list[tuple[Row, Row]]:
    """Rows of both that ran the same driver with as many workers."""
    others = {(row.driver, row.workers): row for row in computing.compared()}
    return [(row, others[row.driver, row.workers]) for row in waiting.compared()
            if (row.driver, row.workers) in others]


def most_pairs(story: Story) -> list[tuple[Row, Row]]:
    """Of the two blocks that have the most ways in common."""
    with_rows = [block for block in story.blocks if block.rows]
    found = [pairs(a, b) for a in with_rows for b in with_rows if a.waits and not b.waits]
    return max(found, key=len, default=[])


def waiting_lines(story: Story) -> Iterator[Line]:
    """Language after language."""
    found, looks = most_pairs(story), looks_of(story)
    for pair, group in zip(found, groups([row for row, _ in found])):
        waiting, colour = pair[0], looks[pair[0].language].colour
        marks = tuple(relative_time(row, colour) for row in pair)
        text = ", ".join(ratio_text(mark.value) for mark in marks)
        yield Line(f"{waiting.label} ({waiting.workers})", marks, group, colour, text, joined=True)


def draw_waiting(story: Story) -> Optional[Picture]:
    """The same ways of running, by what they run."""
    lines = tuple(waiting_lines(story))
    return lines and Picture(
        name="waiting",
        title="The same workers, waiting and computing",
        summary="Time over sequential time of each way to run five tasks that wait or compute.",
        scale=Scale("time / sequential time",
                    levels=((1.0, "sequential"),)),
        lines=lines,
        values_name="waiting, computing",
        notes=notes_of(story),
    )


# ---- the ticker ----------------------------------------------------------------------------------

TICKS = ((1e3, "1 us"), (1e4, "10 us"), (1e5, "100 us"), (1e6, "1 ms"), (1e7, "10 ms"),
         (1e8, "100 ms"), (1e9, "1 s"))
QUANTILES = {
    "late_p50_ns": ("median, with a bar from 10 % to 90 % of the ticks", "o"),
    "late_p99_ns": ("99 % are at most so late", "|"),
    "late_max_ns": ("the latest", "x"),
}


@dataclass(frozen=True)
class Ticker:
    """What was read of one ticker."""

    language: str
    row: str
    late_ns: dict[str, float]  # by quantity


def tickers(story: Story) -> list[Ticker]:
    """Those of which all is known."""
    found: dict[tuple[str, str], Ticker] = {}
    probes = (probe for block in story.blocks for probe in block.probes if probe.name == "ticker")
    for reading in (reading for probe in probes for reading in probe.readings):
        ticker = Ticker(reading.language, reading.row, {})
        ticker = found.setdefault((reading.language, reading.row), ticker)
        if reading.estimate.value:
            ticker.late_ns[reading.quantity] = reading.estimate.value
    return [one for one in found.values() if all(name in one.late_ns for name in QUANTILES)]


def ticker_line(ticker: Ticker, look: Look, group: str) -> Line:
    """The median with the middle ticks around it, and the late ones."""
    late, looks = ticker.late_ns, {
        key: Look(text, look.colour, shape) for key, (text, shape) in QUANTILES.items()}
    marks = [Mark(looks[key], late[key]) for key in ("late_p99_ns", "late_max_ns")]
    middle = Mark(looks["late_p50_ns"], late["late_p50_ns"], late.get("late_p10_ns"),
                  late.get("late_p90_ns"))
    text = ", ".join(quantity_text(late[key], "ns") for key in ("late_p50_ns", "late_p99_ns"))
    return Line(ticker.row, (middle, *marks), group, look.colour, text, joined=True)


def ticker_lines(story: Story) -> Iterator[Line]:
    """Language after language."""
    found, looks = tickers(story), looks_of(story)
    for ticker, group in zip(found, groups(found)):
        yield ticker_line(ticker, looks[ticker.language], group)


def draw_ticker(story: Story) -> Optional[Picture]:
    """Who waits for whom, without arithmetic."""
    lines = tuple(ticker_lines(story))
    return lines and Picture(
        name="ticker",
        title="A 1 ms ticker beside a computing thread: how late its ticks come",
        summary="Lateness of the ticks of a thread that wakes every millisecond.",
        scale=Scale("late by", logarithmic=True, ticks=TICKS, levels=((1e6, "one tick"),)),
        lines=lines,
        values_name="median, 99 %",
        notes=notes_of(story)[1:],
    )


# ---- the program ---------------------------------------------------------------------------------


def pictures(story: Story) -> list[Picture]:
    """Those that the story has something for."""
    drawn = (draw_speedup(story), draw_waiting(story), draw_ticker(story))
    return [picture for picture in drawn if picture]


def parse_arguments() -> argparse.Namespace:
    """As of the other plots."""
    parser = story_parser("Draws the pictures of a story.")
    parser.add_argument("-o", "--output-dir", default=".", metavar="DIR",
                        help="write story-*.png and story-*.svg there (default: here)")
    return parser.parse_args()


def draw_files(arguments: argparse.Namespace) -> Iterator[str]:
    """Reads, draws, writes, and yields the names of the files."""
    for picture in pictures(load_story(arguments.story)):
        yield from save(draw(picture), str(Path(arguments.output_dir, "story-" + picture.name)))


if __name__ == "__main__":
    sys.exit(finish(draw_files(parse_arguments())))
