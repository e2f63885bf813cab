#!/usr/bin/python3
"""Draws the speedup over serial against workers, from `coresweep report --format json RESULTS`.

The interpreter is the distribution's, since that is the one that finds its matplotlib.
"""

import sys

from csw_plot import View, main

SPEEDUP = View(
    name="speedup",
    title="Speedup over serial",
    value_label="S_abs = serial time / time",
    scale=lambda s_abs, workers: s_abs,
    logarithmic=True,
    twin=lambda point: None,
    twin_label="",
    with_waits=True,
)

if __name__ == "__main__":
    sys.exit(main(SPEEDUP))
