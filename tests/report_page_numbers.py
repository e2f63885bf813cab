#!/usr/bin/python3
"""Compares the numbers of a report's page, as a browser has them, with those of the report.

`REPORT.json DOM.html`: every number of the report that a table shows is there, with its value and
its interval in attributes and rounded in its text; no cell has another number. The sentences of the
report are all in the page.
"""

from __future__ import annotations

import json
import sys
from typing import Iterator

from story_page_numbers import check_numbers, numbers_of, read_page

COLUMNS = ("workers", "time_ns", "s_abs", "bound", "s_rel", "efficiency", "s_cpu",
           "weak_efficiency", "gustafson", "karp_flatt", "resolution", "disturbed", "s_abs_undisturbed", "rate_per_s", "pss_bytes")


def name_of(point: dict) -> str:
    """Driver and settings."""
    return f"{point['driver']} {point.get('settings', '')}".strip()


def base_of(point: dict) -> str:
    """Whose time the speedup is over."""
    return point.get("base") or "serial"


def work_of(point: dict) -> tuple[str, ...]:
    """What one worker does: tasks may grow with the workers."""
    return point["kernel"], point["options"], point.get("grown_from") or point["tasks"]


def blocks(points: list[dict]) -> Iterator[tuple[str, dict]]:
    """Every table, by work and schedule, with each of its rows."""
    bases = {base_of(point) for point in points}
    for schedule in dict.fromkeys((*work_of(p), p["schedule"]) for p in points
                                  if name_of(p) not in bases):
        for point in points:
            if work_of(point) == schedule[:-1] and (name_of(point) in bases or point["schedule"] == schedule[-1]):
                yield " | ".join(schedule), point


def wanted(report: dict) -> Iterator[tuple[tuple[str, ...], tuple]]:
    """Every number and its place; a column that is empty, or 0 in all rows, is none."""
    rows = list(blocks(report["points"]))
    known = {(block, key) for block, point in rows for key in COLUMNS
             if numbers_of(point.get(key))[0]}
    for block, point in rows:
        for key in COLUMNS:
            if (block, "disturbed" if key == "s_abs_undisturbed" else key) in known:
                place = (block, "", name_of(point), str(point["workers"]), key)
                yield place, numbers_of(point.get(key))


def check_sentences(report: dict, words: str) -> int:
    """Of the causes, the models, the checks, the stop and who disturbed."""
    told = [cell["sentence"] for key in ("why", "models") for cell in report.get(key) or ()]
    told += [sentence for point in report["points"] for sentence in point.get("checks") or ()]
    told += [report["stop"]["verdict"]] if report.get("stop") else []
    told += (report.get("noise") or {}).get("sentences") or []
    for sentence in told:
        assert sentence in words, f"not in the page: {sentence}"
    return len(told)


def main() -> None:
    """Fails with what is wrong."""
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    page = read_page(sys.argv[2])
    check_numbers(wanted(report), page)
    told = check_sentences(report, page.words)
    print(f"{len(page.cells)} numbers, {told} sentences")


if __name__ == "__main__":
    main()
