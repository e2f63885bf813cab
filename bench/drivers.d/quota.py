"""A control group of the bench's own in which processes get a quota of one CPU."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Union

PERIOD_US = 100_000
REMOVAL_S = 2.0
NAME = "coresweep-bench-"  # and the number of the process that made it
# The file of the quota, what is written for one CPU, and the file and value of the largest weight:
# others on the machine are not to be measured.
V1 = ("cpu.cfs_quota_us", str(PERIOD_US), "cpu.shares", "262144")
V2 = ("cpu.max", f"{PERIOD_US} {PERIOD_US}", "cpu.weight", "10000")


def own_path(controller: str) -> str:
    """This process's group below the hierarchy's mount point."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.strip("/")
    return ""


def parents() -> Iterator[tuple[Path, tuple[str, str, str, str]]]:
    """Groups in which a child may have a quota, nearest first, and the files of their version."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, point, kind, options = line.split()[:4]
        if kind == "cgroup" and "cpu" in options.split(","):
            yield Path(point) / own_path("cpu"), V1
        if kind == "cgroup2":
            yield Path(point) / own_path(""), V2
            yield Path(point), V2


def remove(group: Path) -> None:
    """Kills what may still be in it, and waits for its end."""
    end = time.monotonic() + REMOVAL_S
    while True:
        try:
            for process in (group / "cgroup.procs").read_text().split():
                os.kill(int(process), signal.SIGKILL)
            return group.rmdir()
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.01)


def remove_stale(parent: Path) -> None:
    """Groups of campaigns that were killed."""
    for group in parent.glob(f"{NAME}*"):
        if not Path("/proc", group.name.removeprefix(NAME)).exists():
            remove(group)


def make(parent: Path, files: tuple[str, str, str, str]) -> Path:
    """The group; OSError where the system does not permit it."""
    group = parent / f"{NAME}{os.getpid()}"
    quota_file, quota, weight_file, weight = files
    remove_stale(parent)
    group.mkdir()
    try:
        if not (group / quota_file).exists():
            raise OSError(f"{parent} hands no CPU controller down")
        (group / quota_file).write_text(quota)
        (group / weight_file).write_text(weight)
    except OSError:
        group.rmdir()
        raise
    return group


@contextmanager
def one_cpu() -> Iterator[Union[Path, str]]:
    """The group, removed at the end; or the reason why there is none."""
    reason = "no control group for CPUs is mounted"
    for parent, files in parents():
        try:
            group = make(parent, files)
        except OSError as error:
            reason = f"no control group with a quota can be made: {error}"
            continue
        try:
            yield group
        finally:
            remove(group)
        return
    yield reason
