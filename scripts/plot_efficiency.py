#!/usr/bin/python3
"""Draws the efficiency against workers, from `coresweep report --format json RESULTS`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

from __future__ import annotations

import sys
from typing import Optional

from csw_plot import View, main, of_speedup, set_linear
from csw_report import Point


def contention_free(point: Point) -> Optional[float]:
    """Efficiency by CPU time: as if nobody else used the CPUs."""
    return None if point.s_cpu.value is None else point.s_cpu.value / point.workers


EFFICIENCY = View(
    name="efficiency",
    title="Efficiency: speedup over serial / workers",
    summary="Efficiency against workers, with intervals, and by CPU time alone.",
    value_label="S_abs / workers",
    set_values=set_linear,
    twin=contention_free,
    twin_label="faint: by CPU time, as if nobody else used the CPUs",
    with_waits=False,
    levels=((1.0, "ideal"), (0.5, "half")),
    twin_note="Faint twins count CPU time only: what is missing below them went to other load or "
    "to waiting. Rounds beyond the frame are left out.",
    **of_speedup(lambda s_abs, workers: s_abs / workers),
)

if __name__ == "__main__":
    sys.exit(main(EFFICIENCY))
