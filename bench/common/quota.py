"""A control group of the bench's own in which processes get a quota of CPU time."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Union

PERIOD_US = 100_000
REMOVAL_S = 2.0
NAME = "coresweep-bench-"  # and the number of the process that made it


@dataclass(frozen=True)
class Version:
    """The files of a control group, and the largest weight: others on the machine are not to be
    measured."""

    quota_file: str
    quota_text: str  # what is written for a quota of so many us
    weight_file: str
    weight: str


V1 = Version("cpu.cfs_quota_us", "{}", "cpu.shares", "262144")
V2 = Version("cpu.max", f"{{}} {PERIOD_US}", "cpu.weight", "10000")


def own_path(controller: str) -> str:
    """This process's group below the hierarchy's mount point."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.strip("/")
    return ""


def parents() -> Iterator[tuple[Path, Version]]:
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


def make(parent: Path, version: Version, cpus: float) -> Path:
    """The group; OSError where the system does not permit it."""
    group = parent / f"{NAME}{os.getpid()}"
    remove_stale(parent)
    group.mkdir()
    try:
        if not (group / version.quota_file).exists():
            raise OSError(f"{parent} hands no CPU controller down")
        quota_us = round(cpus * PERIOD_US)
        (group / version.quota_file).write_text(version.quota_text.format(quota_us))
        (group / version.weight_file).write_text(version.weight)
    except OSError:
        group.rmdir()
        raise
    return group


@contextmanager
def limited(cpus: float) -> Iterator[Union[Path, str]]:
    """A group with a quota of so many CPUs, removed at the end; or the reason why there is none."""
    reason = "no control group for CPUs is mounted"
    for parent, version in parents():
        try:
            group = make(parent, version, cpus)
        except OSError as error:
            reason = f"no control group with a quota can be made: {error}"
            continue
        try:
            yield group
        finally:
            remove(group)
        return
    yield reason
