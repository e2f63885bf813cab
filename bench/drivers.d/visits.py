"""Visits: fresh processes that take one measure each, between two looks at where the CPUs are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from measures import POOL_APPLY, POOL_MAP, Measure
from processes import die_with_parent, run_in_session, write_text

SOURCE = Path(__file__).resolve().parent.parent.parent
PROGRAM = "bench/drivers.d/bench_drivers"
RELEASE = SOURCE / "build/release" / PROGRAM  # of gcc, with libgomp
CLANG = SOURCE / "build/clang" / PROGRAM  # the same source with libomp
OTHER_BUILDS = {"libomp": CLANG}
POOL_PROGRAM = Path(__file__).with_name("pool.py")
POOL_PEERS = (POOL_MAP, POOL_APPLY)

SAME_PLACEMENT = 1.4  # two round trips farther apart are of two placements
ATTEMPTS = 3
PATIENCE_S = 0.2  # after this, a visit is not repeated because other programs ran
LIMIT_S = 120  # no visit takes longer, unless it hangs
RUNTIME_VARIABLES = ("OMP_", "GOMP_", "KMP_", "TBB_")


class VisitFailed(Exception):
    """A process ended with an error; the text is its own."""

    def __init__(self, text: str, exit_code: Optional[int] = None) -> None:
        super().__init__(text)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Probe:
    """The machine at one moment."""

    round_trip_ns: float  # of a cache line between the two CPUs
    others: int  # threads of other programs that ran or wanted to


@dataclass(frozen=True)
class Sample:
    """What one visit gave."""

    round: int
    measure: str
    peer: str
    before: Probe
    after: Probe
    figures: dict[str, float]
    counted: bool = False

    @property
    def round_trip_ns(self) -> float:
        """Of the slower probe."""
        return max(self.before.round_trip_ns, self.after.round_trip_ns)

    @property
    def steady(self) -> bool:
        """True where the CPUs stayed where they were."""
        faster = min(self.before.round_trip_ns, self.after.round_trip_ns)
        return self.round_trip_ns <= SAME_PLACEMENT * faster

    @property
    def quiet(self) -> bool:
        """True where no other program was seen running."""
        return self.before.others == self.after.others == 0


# ---- processes -----------------------------------------------------------------------------------


def prepare(cpus: set[int], group: Optional[Path]) -> None:
    """In the new process: dies with this one, goes before all other sessions, has its CPUs."""
    die_with_parent()
    write_text(Path("/proc/self/autogroup"), "-20")
    os.sched_setaffinity(0, cpus)
    if group is not None and not write_text(group / "cgroup.procs", str(os.getpid())):
        os._exit(1)


def command(measure: Measure, peer: str, quick: bool) -> list[str]:
    """The command that takes the measure of the peer."""
    words = [*measure.words, *(measure.quick if quick else ())]
    if peer in POOL_PEERS:
        return [sys.executable, str(POOL_PROGRAM), *words]
    return [str(OTHER_BUILDS.get(peer, RELEASE)), *words, f"{measure.subject}={peer}"]


def run(line: list[str], cpus: set[int], group: Optional[Path] = None) -> dict[str, float]:
    """Runs the command in a session of its own, which ends with it, and returns its figures."""
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(RUNTIME_VARIABLES)}
    try:
        ended = run_in_session(line, LIMIT_S, lambda: prepare(cpus, group), clean)
    except subprocess.TimeoutExpired:
        raise VisitFailed(f"did not end within {LIMIT_S} s: {' '.join(line)}") from None
    if ended.returncode != 0:
        code = ended.returncode
        raise VisitFailed(ended.stderr.strip() or f"ended with {code}: {' '.join(line)}", code)
    return json.loads(ended.stdout)


# ---- the machine ---------------------------------------------------------------------------------


def core_of(cpu: int) -> tuple[str, str]:
    """Which core of which package the CPU belongs to."""
    topology = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology")
    try:
        return ((topology / "physical_package_id").read_text(), (topology / "core_id").read_text())
    except OSError:
        return ("", str(cpu))


def two_cpus() -> Optional[set[int]]:
    """The first two usable CPUs of different cores; None: there are none."""
    usable = sorted(os.sched_getaffinity(0))
    for other in usable[1:]:
        if core_of(other) != core_of(usable[0]):
            return {usable[0], other}
    return None


def known_peers() -> set[str]:
    """All peers that can be measured here."""
    peers = set(POOL_PEERS)
    for program in (RELEASE, CLANG):
        if program.exists():
            peers.update(json.loads(subprocess.check_output([program, "list"])))
    return peers


# ---- visits --------------------------------------------------------------------------------------


def choose(samples: list[Sample], placed: bool) -> list[Sample]:
    """Of several attempts the last undisturbed one counts, or else the last one with the CPUs in
    one place, or none where the measure depends on that."""
    usable = [sample for sample in samples if sample.steady or not placed]
    best = ([sample for sample in usable if sample.quiet] or usable)[-1:]
    return [replace(sample, counted=sample in best) for sample in samples]


class Visitor:
    """Visits peer after peer; the probe after one visit is the probe before the next."""

    def __init__(self, cpus: set[int], group: Optional[Path], quick: bool) -> None:
        self.cpus = cpus
        self.group = group  # with a quota of one CPU
        self.quick = quick
        self.last: Optional[Probe] = None

    def probe(self) -> Probe:
        """A look at the machine."""
        running = int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])
        figures = run([str(RELEASE), "probe"], self.cpus)
        return Probe(figures["round_trip_ns"], max(0, running - 1))

    def visit(self, number: int, measure: Measure, peer: str) -> Sample:
        """One visit between two probes."""
        before = self.last or self.probe()
        self.last = None  # a visit that fails is followed by no probe
        cpus = os.sched_getaffinity(0) if measure.all_cpus else self.cpus
        figures = run(command(measure, peer, self.quick), cpus,
                      self.group if measure.quota else None)
        self.last = self.probe()
        return Sample(number, measure.name, peer, before, self.last, figures)

    def sample(self, number: int, measure: Measure, peer: str) -> list[Sample]:
        """Visits until one was not disturbed, or there were enough attempts."""
        samples: list[Sample] = []
        start = time.monotonic()
        while len(samples) < ATTEMPTS:
            samples.append(self.visit(number, measure, peer))
            in_place = samples[-1].steady or not measure.placed
            if in_place and (samples[-1].quiet or time.monotonic() > start + PATIENCE_S):
                break
        return choose(samples, measure.placed)
