"""Kernels of coresweep in Python: what a unit of work is for the drivers cpython-*.

A twin does what the C kernel of its name does (kernels/*.c), the way Python does it, and returns
the list of what it found, as the C kernel's `list` would. Its steps are computed from the list, not
counted: counting would be the larger part of the work.
"""

import math
import time


class Twin:
    """`find`(n, lo, hi, **options) returns the hits among the items [lo, hi) of a task of size n.

    `steps`(n, items, hits) is the work that this took, in the C kernel's unit; what finds nothing
    that could be listed returns its tally instead, as a tuple. `begin` is `find` without the wait
    at its end: it returns the same, and the seconds; None: nothing in it waits.
    """

    def __init__(self, find, steps=None, begin=None):
        self.find, self.steps, self.begin = find, steps, begin


def waiting(begin, steps=None):
    """A twin that begins, and then waits by itself."""

    def find(n, lo, hi, **options):
        found, wait_s = begin(n, lo, hi, **options)
        time.sleep(wait_s)
        return found

    return Twin(find, steps, begin)


# ---- trial: the textbook's loop ------------------------------------------------------------------

def find_trial(n, lo, hi):
    """A float is no int, so `in` looks through the range, number by number."""
    return [i for i in range(lo + 1, hi + 1) if math.sqrt(i) in range(1, n + 1)]


def steps_trial(n, items, hits):
    """n comparisons where nothing is found, r where r is."""
    return (items - len(hits)) * n + sum(math.isqrt(square) for square in hits)


# ---- sqrt, roots: the better algorithms ----------------------------------------------------------

def find_sqrt(n, lo, hi):
    return [i for i in range(lo + 1, hi + 1) if int(math.sqrt(i) + 0.5) ** 2 == i]


def find_roots(n, lo, hi):
    return [root * root for root in range(math.isqrt(lo) + 1, math.isqrt(hi) + 1)]


# ---- sleep: a task of n waits n milliseconds -----------------------------------------------------

def begin_sleep(n, lo, hi):
    return [], (hi - lo) / 1000


def steps_items(n, items, hits):
    return items


# ---- mixed: computes for a part of each nominal ms, waits for the rest ---------------------------

def begin_mixed(n, lo, hi, io_fraction):
    """The same steps as in C, which take Python many times as long; the wait is the same, too."""
    percent = int(io_fraction)
    digest = 0
    for x in range(lo, hi):
        for _ in range(7500 * (100 - percent)):
            x = (6364136223846793005 * x + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        digest += x
    return (hi - lo, hi - lo, 0, digest), (hi - lo) * percent / 100000


TWINS = {
    "trial": Twin(find_trial, steps_trial),
    "sqrt": Twin(find_sqrt, steps_items),
    "roots": Twin(find_roots, lambda n, items, hits: len(hits)),
    "sleep": waiting(begin_sleep, steps_items),
    "mixed": waiting(begin_mixed),
}
