#!/usr/bin/python3
"""Fails where a text of a report's pictures is cut off or covers another: `REPORT.json SCRIPTS`,
and with a third argument those of that grain.
"""

from __future__ import annotations

import sys

from story_layout import faults  # makes SCRIPTS known

import plot_grain  # noqa: E402
from csw_figure import draw  # noqa: E402
from csw_report import BadReport, load  # noqa: E402
from report_page import PICTURES  # noqa: E402


def plots() -> list:
    """Those that the input has something for."""
    report, made = load(sys.argv[1]), []
    for make in PICTURES:
        try:
            made.append(make(report))
        except BadReport as reason:
            print(f"left out: {reason}")
    return made + [plot_grain.plot(plot_grain.load_grain(path)) for path in sys.argv[3:4]]


def main() -> None:
    """Exit code 1 where there are faults."""
    drawn = plots()
    found = [f"{plot.name}: {fault}" for plot in drawn for fault in faults(draw(plot))]
    print("\n".join(found) or f"{len(drawn)} pictures")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
