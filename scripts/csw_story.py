"""What the story's pictures and page read: `coresweep story --report FILE --format json`.

Nothing is estimated here: medians, intervals, bounds and sentences are the program's.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Optional

from csw_report import (
    BadReport, Estimate, known, load_json, name_of, parse_estimate, parse_host, parse_numbers,
    parse_signed, positive,
)

MAKE_ONE = "make one with `coresweep story --report RESULTS --format json`"


@dataclass(frozen=True)
class Row:
    """One way of doing a block's work."""

    label: str
    language: str  # "C" or "CPython 3.11.2"
    driver: str  # and its settings
    workers: int
    waits: bool
    speedup: Estimate  # over the sequential run in the same language
    bound: Optional[float]  # the most that the speedup can be
    above_bound: bool
    numbers: dict  # all that the program gives, as estimates, by its names


@dataclass(frozen=True)
class Reading:
    """What a probe found out."""

    row: str
    language: str
    quantity: str
    unit: str  # ns, bytes, or 1 for a number of things
    estimate: Estimate


@dataclass(frozen=True)
class Probe:
    """A small experiment that is no kernel under a driver."""

    name: str
    summary: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Block:
    """What is compared in one table, or read by its probes."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]
    probes: tuple[Probe, ...]  # that read something
    notes: str  # lines below its tables: why rows are missing, what else there is to say

    @property
    def waits(self) -> bool:
        """Whether its workers wait rather than compute."""
        return all(row.waits for row in self.rows)

    def compared(self) -> list[Row]:
        """The rows whose workers share the work, with a speedup."""
        return [row for row in self.rows if row.workers > 1 and row.speedup.value]


@dataclass(frozen=True)
class Sentence:
    """A claim, and how the run stands to it."""

    claim: str
    standing: str  # "holds here"
    numbers: str  # lines
    rows: str  # that it rests on


@dataclass(frozen=True)
class Story:
    """All of a run."""

    confidence: float
    complete: bool
    pin: str
    host: dict
    runtimes: tuple[tuple[str, str], ...]  # what tables call an interpreter, and what it is
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]


# ---- reading -------------------------------------------------------------------------------------


def capitalised(text: str) -> str:
    """As a heading."""
    return text[:1].upper() + text[1:]


def parse_row(cell: dict) -> Row:
    """Reads one element of "rows"."""
    return Row(
        label=str(cell["label"]),
        language=str(cell["language"]),
        driver=f"{cell['driver']} {cell['settings']}".strip(),
        workers=int(cell["workers"]),
        waits=bool(cell["waits"]),
        speedup=parse_estimate(cell["speedup"]),
        bound=positive(cell["bound"]),
        above_bound=bool(cell["above_bound"]),
        numbers=parse_numbers(cell),
    )


def parse_reading(cell: dict) -> Reading:
    """Reads one element of "readings"; unlike a time or a ratio, one may be 0."""
    return Reading(str(cell["row"]), str(cell["language"]), str(cell["quantity"]),
                   str(cell["unit"]), parse_signed(cell))


def parse_probe(cell: dict, data: dict) -> Probe:
    """Reads one element of a block's "probes"."""
    name = str(cell["name"])
    readings = (parse_reading(one) for one in data["readings"] if one["probe"] == name)
    return Probe(name, capitalised(cell["summary"]), tuple(readings))


def parse_block(cell: dict, data: dict) -> Block:
    """Reads one element of "blocks"; a row may stand in several, whose letters it has."""
    name = str(cell["name"])
    probes = (parse_probe(probe, data) for probe in cell["probes"])
    return Block(
        name=name,
        title=capitalised(cell["title"]),
        about=str(cell["about"]),
        rows=tuple(parse_row(row) for row in data["rows"] if name in row["block"]),
        probes=tuple(probe for probe in probes if probe.readings),
        notes=str(cell["notes"]),
    )


def parse_sentence(cell: dict) -> Sentence:
    """Reads one element of "sentences"."""
    return Sentence(*(str(cell[key]) for key in ("claim", "standing", "numbers", "rows")))


def parse_story(data: dict) -> Story:
    """Reads the whole story; KeyError, TypeError or ValueError where it is none."""
    return Story(
        confidence=known(data["confidence"]),
        complete=bool(data["complete"]),
        pin=str(data["plan"].get("pin") or "not recorded"),
        host=parse_host(data["host"]),
        runtimes=tuple((str(r["language"]), str(r["text"])) for r in data["runtimes"]),
        blocks=tuple(parse_block(cell, data) for cell in data["blocks"]),
        sentences=tuple(parse_sentence(cell) for cell in data["sentences"]),
    )


def load_story(path: str) -> Story:
    """Reads a story that says something, or raises BadReport."""
    story = load_json(path, parse_story, MAKE_ONE)
    if not any(block.rows or block.probes for block in story.blocks):
        name = name_of(path)
        raise BadReport(f"{name} has neither rows nor readings, so there is nothing to show")
    return story


# ---- numbers with units --------------------------------------------------------------------------

SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
BYTES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))


def three_digits(value: float) -> str:
    """1230, 123, 12.3, 1.23, 0.123: never in powers of ten."""
    return f"{value:.0f}" if abs(value) >= 99.95 else f"{value:#.3g}".rstrip(".")


def in_units(value: float, units: tuple[tuple[float, str], ...]) -> str:
    """In the largest unit of which there is at least one."""
    size, name = next((unit for unit in units if value >= unit[0]), units[-1])
    return f"{three_digits(value / size)}\N{NO-BREAK SPACE}{name}"


def quantity_text(value: float, unit: str) -> str:
    """A reading for people."""
    if unit == "ns":
        return in_units(value / 1e9, SECONDS)
    return in_units(value, BYTES) if unit == "bytes" else f"{value:g}"


def ratio_text(value: float) -> str:
    """A speedup as in the program's tables: 0.98, 1.41, 15.2, 568."""
    return f"{value:.2f}" if value < 9.995 else three_digits(value)


def story_parser(description: str) -> argparse.ArgumentParser:
    """Of a program that reads a story; its options are the program's own."""
    parser = argparse.ArgumentParser(
        description=description,
        epilog="The story is what `coresweep story --report RESULTS --format json` prints.",
    )
    parser.add_argument("story", nargs="?", default="-", metavar="STORY.json",
                        help="the story; standard input without it or with -")
    return parser
