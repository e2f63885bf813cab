"""How many CPUs other programs kept busy meanwhile."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

MOST_OTHERS_CPUS = 0.05  # without a warning


def busy_seconds() -> float:
    """CPU time of the whole machine so far."""
    user, nice, system, _, _, irq, softirq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """CPU time of this process and those that it started and that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class OthersCpus:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self.busy, self.own, self.start = busy_seconds(), own_seconds(), time.monotonic()

    def mean(self) -> float:
        """CPUs that were busy with others, so far."""
        others = busy_seconds() - self.busy - (own_seconds() - self.own)
        return max(0.0, others / (time.monotonic() - self.start))
