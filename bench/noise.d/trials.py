"""The trials: sweeps under a quota, beside a load and beside nothing, and selftest --aa."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Optional

from judge import (AA, LOAD, QUIET, QUOTA, Doctor, Row, Sweep, cannot, judge_aa, judge_load,
                   judge_quiet, judge_quota, one_line)
from processes import die_with_parent, end_session, run_in_session, write_text
from quota import limited
from usage import OthersCpus

QUOTA_CPUS = 0.5
LIMIT_S = 600  # no command takes longer, unless it hangs
LOOP = "while True: pass"
# A sample is longer than two periods of a quota, so that it meets the end of one; the size is
# fixed, since a time that is measured under a quota or a load scales no work.
WORK = ("--kernel", "spin", "--n", "50000", "--driver", "pthread", "--workers", "1,2",
        "--min-ms", "200")


class TrialFailed(Exception):
    """A command of a trial ended with an error; the text is its own."""


class Trials:
    """Runs them with a program, and as thoroughly as asked for."""

    def __init__(self, program: Path, rounds: int, comparisons: int) -> None:
        self.program = program
        self.rounds = rounds
        self.comparisons = comparisons

    def run(self, *words: str, group: Optional[Path] = None,
            allowed: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess:
        """The program with these words, in the group if there is one."""

        def prepare() -> None:
            die_with_parent()
            if group is not None and not write_text(group / "cgroup.procs", str(os.getpid())):
                os._exit(1)

        try:
            ended = run_in_session([str(self.program), *words], LIMIT_S, prepare)
        except subprocess.TimeoutExpired:
            raise TrialFailed(f"did not end within {LIMIT_S} s: {' '.join(words)}") from None
        if ended.returncode not in allowed:
            raise TrialFailed(ended.stderr.strip() or f"exit {ended.returncode}: {' '.join(words)}")
        return ended

    def sweep(self, group: Optional[Path] = None) -> Sweep:
        """A sweep whose file is read and thrown away."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "sweep.jsonl")
            text = self.run("sweep", *WORK, "--rounds", str(self.rounds), "--output", str(file),
                            group=group).stdout
            lines = map(json.loads, file.read_text().splitlines())
            return Sweep(one_line(text), [line for line in lines if line["type"] == "sample"])

    def doctor(self, group: Path) -> Doctor:
        """Doctor in the group."""
        ended = self.run("doctor", "--json", group=group, allowed=(0, 4))
        return Doctor(ended.returncode, json.loads(ended.stdout)["findings"])

    def quota(self) -> list[Row]:
        """In a control group with half a CPU."""
        with limited(QUOTA_CPUS) as group:
            if isinstance(group, str):
                return [cannot(QUOTA, group)]
            return judge_quota(self.sweep(group), self.doctor(group), str(group))

    def load(self) -> list[Row]:
        """Beside a loop on each CPU that may be used."""
        with loops(os.sched_getaffinity(0)):
            return judge_load(self.sweep())

    def quiet(self) -> list[Row]:
        """Beside nothing."""
        others = OthersCpus()
        sweep = self.sweep()
        return judge_quiet(sweep, others.mean())

    def aa(self) -> list[Row]:
        """The program against itself."""
        ended = self.run("selftest", "--aa", "--comparisons", str(self.comparisons), "--format",
                         "json")
        return judge_aa(json.loads(ended.stdout), self.comparisons)

    def all(self) -> dict[str, Callable[[], list[Row]]]:
        """By name, in the order in which they run: the load's echo must not reach the quiet one."""
        return {QUIET: self.quiet, AA: self.aa, LOAD: self.load, QUOTA: self.quota}


@contextmanager
def loops(cpus: set[int]) -> Iterator[list[int]]:
    """A process that computes without end on each of the CPUs, and their numbers; they end with the
    block, or with this process, however that ends."""
    started: list[subprocess.Popen] = []

    def prepare(cpu: int) -> None:
        die_with_parent()
        os.sched_setaffinity(0, {cpu})

    try:
        for cpu in sorted(cpus):
            started.append(subprocess.Popen([sys.executable, "-c", LOOP], start_new_session=True,
                                            preexec_fn=lambda cpu=cpu: prepare(cpu)))
        yield [process.pid for process in started]
    finally:
        for process in started:
            end_session(process)
