#!/usr/bin/python3
"""Draws the speedup over serial against workers, from `coresweep report --format json RESULTS`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

import sys

from csw_plot import View, main, of_speedup, set_octaves

SPEEDUP = View(
    name="speedup",
    title="Speedup over serial",
    summary="Speedup over the serial run against workers, with intervals, bounds of the machine "
    "and fitted models.",
    value_label="S_abs = serial time / time",
    set_values=set_octaves,
    with_waits=True,
    weak={"title": "Scaled speedup over serial: p workers have p times the work",
          "value_label": "S_abs = p x serial time / time"},
    **of_speedup(lambda s_abs, workers: s_abs),
)

if __name__ == "__main__":
    sys.exit(main(SPEEDUP))
