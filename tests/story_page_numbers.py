#!/usr/bin/python3
"""Compares the numbers of a story's page, as a browser has them, with those of the story.

`STORY.json DOM.html`: every number of the story that a table shows is there, with its value and its
interval in attributes and rounded in its text; no cell has another number. With `--sorted COLUMN`,
every table that has the column must be in its order.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Iterable, Iterator, Optional

POINT_COLUMNS = ("workers", "time_ns", "speedup", "bound", "cpu_share", "start_ns", "pss_bytes",
                 "in_cpython")
UNITS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0,
         "GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "B": 1.0,
         "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3}


@dataclass
class Cell:
    """A number and where it stands."""

    block: str
    language: str
    workers: str
    data: dict
    words: list[str] = field(default_factory=list)

    @property
    def place(self) -> tuple[str, ...]:
        """Which number it is."""
        return (self.block, self.language, self.data["row"], self.workers, self.data["column"])

    @property
    def numbers(self) -> tuple[Optional[float], ...]:
        """Value, low and high as the attributes have them."""
        texts = (self.data.get(name) for name in ("value", "low", "high"))
        return tuple(None if text is None else float(text) for text in texts)


class Page(HTMLParser):
    """Collects the number cells of a page and what would be loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[Cell] = []
        self.loads: list[str] = []
        self.buttons = 0
        self.words = ""  # all that is written
        self.block, self.row, self.inside = "", {}, False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        attributes = {name: value or "" for name, value in attrs}
        data = {name[5:]: value for name, value in attributes.items() if name.startswith("data-")}
        self.loads += [f"{tag} {name}={value}" for name, value in attributes.items()
                       if name in ("src", "href", "xlink:href") and not value.startswith("#")]
        self.buttons += tag == "button"
        if tag == "section":
            self.block = data.get("block", "")
        elif tag == "tr":
            self.row = data
        elif tag == "td":
            self.inside = "value" in data
            if self.inside:
                workers = self.row.get("workers", "")
                language = self.row.get("language", "")
                self.cells.append(Cell(self.block, language, workers, data))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "td"

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.inside:
            self.cells[-1].words.append(data)


# ---- what the story has --------------------------------------------------------------------------


def numbers_of(cell: object) -> tuple[Optional[float], ...]:
    """Value, low and high."""
    if isinstance(cell, dict):
        return (cell["value"], cell["low"], cell["high"])
    return (cell, None, None)


def wanted(story: dict) -> Iterator[tuple[tuple[str, ...], tuple]]:
    """Every number and its place."""
    for block in story["blocks"]:
        for row in (one for one in story["rows"] if block["name"] in one["block"]):
            place = (block["name"], row["language"], row["label"], str(row["workers"]))
            yield from (((*place, key), numbers_of(row[key])) for key in POINT_COLUMNS)
        probes = [probe["name"] for probe in block["probes"]]
        for one in (reading for reading in story["readings"] if reading["probe"] in probes):
            yield (block["name"], one["language"], one["row"], "", one["quantity"]), numbers_of(one)


# ---- checks --------------------------------------------------------------------------------------


def shown(text: str) -> float:
    """The number that "3.10 ms" stands for."""
    number, unit = re.match(r"([-+.\de]+)\s*([A-Za-z]*)", text).groups()
    return float(number) * UNITS.get(unit, 1.0)


def check_numbers(numbers: Iterable[tuple[tuple[str, ...], tuple]], page: Page) -> None:
    """The same places, the same values; texts are these values rounded."""
    there = {place: values for place, values in numbers if values[0] is not None}
    here = {cell.place: cell.numbers for cell in page.cells}
    assert len(here) == len(page.cells), "two cells have the same place"
    assert there.keys() == here.keys(), sorted(there.keys() ^ here.keys())
    for place, values in there.items():
        assert here[place] == values, f"{place}: {here[place]} in the page, {values} in the input"
    for cell in page.cells:
        value, text = cell.numbers[0], cell.words[0]
        assert abs(shown(text) - value) <= max(0.0051, 0.006 * abs(value)), f"{text} for {value}"


def read_page(path: str) -> Page:
    """What the browser printed; it must load nothing, and its own script have run."""
    with open(path, encoding="utf-8") as file:
        page = Page(file.read())
    assert not page.loads, page.loads
    assert page.buttons, "the page's script did not run"
    return page


def check_order(page: Page, column: str) -> None:
    """From the least to the largest within each table that has the column."""
    tables: dict[str, list[float]] = {}
    for cell in page.cells:
        if cell.data["column"] == column:
            tables.setdefault(cell.block, []).append(cell.numbers[0])
    assert any(values != values[:1] * len(values) for values in tables.values()), "nothing to sort"
    for block, values in tables.items():
        assert values == sorted(values), f"block {block} is not sorted by {column}: {values}"


def main() -> None:
    """Fails with what is wrong."""
    with open(sys.argv[1], encoding="utf-8") as file:
        story = json.load(file)
    page = read_page(sys.argv[2])
    check_numbers(wanted(story), page)
    if sys.argv[3:4] == ["--sorted"]:
        check_order(page, sys.argv[4])
    print(f"{len(page.cells)} numbers")


if __name__ == "__main__":
    main()
