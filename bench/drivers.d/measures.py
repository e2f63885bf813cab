"""What bench/drivers measures, of whom, and which goals the figures are held against."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Optional

OURS = ("pthread", "pthread late", "fork", "fork late", "openmp")
RUNTIMES = ("libgomp", "libomp", "TBB", "pthreadpool")
BARE_LOOP = "libgomp + kernel"  # what the driver openmp is around
POOL_MAP, POOL_APPLY = "Pool.map", "Pool.apply"
ALL = (*OURS, *RUNTIMES, "condvar pool", "create, join", "fork, wait")
PERSISTENT = (*OURS, *RUNTIMES, "condvar pool")
LATE = ("pthread", "pthread late", "fork late", "openmp", *RUNTIMES, "condvar pool")
GAPS = ("20 us", "1 ms", "20 ms")
CROWDS = (1, 2, 4, 8, 16)
MIBS = (1, 8, 128)
FORK_MIBS = (100, 1024)
CPUS = len(os.sched_getaffinity(0))


# ---- measures ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """One thing to measure of several peers, each in a process of its own."""

    name: str
    group: str  # as --only takes it
    words: tuple[str, ...]  # of bench_drivers
    peers: tuple[str, ...]
    subject: str = "peer"  # what the peers are to bench_drivers
    share: float = 1.0  # of the rounds; 0: the first one alone
    placed: bool = True  # depends on where the CPUs are: compared within one placement only
    quota: bool = False  # runs with a quota of one CPU
    all_cpus: bool = False  # on every usable CPU instead of two
    quick: tuple[str, ...] = ()  # more words with --quick

    def is_in(self, number: int) -> bool:
        """Whether it is measured in this round."""
        if self.share == 0:
            return number == 0
        return math.ceil((number + 1) * self.share) > math.ceil(number * self.share)


def regions() -> list[Measure]:
    """An empty region after different gaps."""
    gaps = {"hot": ("budget-ms=30",),
            "gap 20 us": ("gap-us=20", "budget-ms=30"),
            "gap 1 ms": ("gap-us=1000", "budget-ms=80"),
            "gap 20 ms": ("gap-us=20000", "budget-ms=160"),
            "asleep": ("sleep-us=5000", "budget-ms=120")}
    pooled = ("hot", "asleep")
    return [Measure(name, "region", ("region", *words), ALL + (POOL_MAP,) * (name in pooled) + (BARE_LOOP,) * (name == "hot"))
            for name, words in gaps.items()]


def crowds() -> list[Measure]:
    """More workers than CPUs."""
    kinds = {"region": ("region",),
             "static": ("speedup", "work-us=200"),
             "dynamic": ("speedup", "work-us=2000", "tasks=128")}
    return [Measure(f"{kind} x{crowd}", "crowd", (*words, f"workers={crowd}", "budget-ms=20"),
                    LATE, share=0.5)
            for kind, words in kinds.items() for crowd in CROWDS if crowd > 1 or kind == "region"]


MEASURES = [
    *regions(),
    Measure("chunk", "chunk", ("chunk",), (*ALL, BARE_LOOP, POOL_MAP)),
    Measure("metg w1", "metg", ("metg",), ALL, share=0.5),
    Measure("metg d64", "metg", ("metg", "tasks=128"), ALL, share=0.5),
    *crowds(),
    Measure("hog static", "hog", ("speedup", "workers=2", "work-us=200", "hogs=1",
                                  "budget-ms=150"), LATE, share=0.5, placed=False),
    Measure("hog dynamic", "hog", ("speedup", "workers=2", "work-us=2000", "tasks=128", "hogs=1",
                                   "budget-ms=150"), LATE, share=0.5, placed=False),
    Measure("quota", "quota", ("speedup", "workers=2", "work-us=200", "lead-us=1000",
                               "budget-ms=400"), LATE, share=0.5, placed=False, quota=True),
    *(Measure(f"results {mib}", "results", ("results", f"mib={mib}"), ("fork", POOL_APPLY),
              share=0.5, placed=False) for mib in MIBS),
    *(Measure(f"fork {mib}", "fork", ("fork", f"mib={mib}"), ("private", "shared", "dontfork"),
              subject="memory", share=0.5, placed=False) for mib in FORK_MIBS),
    *(Measure(f"efficiency {kernel}", "efficiency",
              ("efficiency", f"kernel={kernel}", f"items={items}", f"workers={CPUS}"),
              ("pthread", "fork", "openmp"), share=0.5, placed=False, all_cpus=True)
      for kernel, items in {"spin": "40000", "trial": "1000,2000,5000,3000,100"}.items()),
    Measure("kill", "kill", ("kill", "seed=1", "count=500"), ("fork", "fork late"), share=0,
            placed=False, quick=("count=50",)),
]


# ---- figures and goals ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """A number of a visit, such as the median time of a region."""

    measure: str
    peer: str
    name: str  # as the program prints it

    def of(self, peer: str) -> "Figure":
        """The same of another peer."""
        return Figure(self.measure, peer, self.name)


@dataclass(frozen=True)
class Goal:
    """A figure, or its ratio to a peer's, and its bound."""

    text: str
    figure: Figure
    bound: float
    over: tuple[Figure, ...] = ()  # the ratio's other side: the largest of these
    at_least: bool = False
    unit: str = ""


def at_most(text: str, figure: Figure, bounds: dict[str, float]) -> list[Goal]:
    """At most so many times each peer's."""
    return [Goal(f"{text} / {peer}", figure, bound, (figure.of(peer),), unit="x")
            for peer, bound in bounds.items()]


def as_efficient(kernel: str) -> list[Goal]:
    """Each driver against the best of them."""
    drivers = ("pthread", "fork", "openmp")
    figures = tuple(Figure(f"efficiency {kernel}", driver, "efficiency") for driver in drivers)
    return [Goal(f"{figure.peer}: efficiency on all CPUs, {kernel} / best", figure, 0.99, figures,
                 at_least=True, unit="x") for figure in figures]


def told_of_death(peer: str) -> list[Goal]:
    """A killed worker is an error soon, and leaves nothing."""
    return [
        Goal(f"{peer}: error after a worker's death, ms, p99", Figure("kill", peer, "p99_ms"), 20),
        Goal(f"{peer}: calls that hung", Figure("kill", peer, "hung"), 0),
        Goal(f"{peer}: deaths never told", Figure("kill", peer, "unnoticed"), 0),
        Goal(f"{peer}: processes and shared memory left", Figure("kill", peer, "left_behind"), 0),
    ]


HOT = Figure("hot", "pthread", "median_ns")
CHUNK = Figure("chunk", "pthread", "median_ns")
ASLEEP = Figure("asleep", "pthread late", "median_ns")
W1 = Figure("metg w1", "pthread", "metg50_ns")
CROWD = Figure("region x16", "pthread late", "mean_ns")

GOALS = [
    *at_most("pthread: hot region", HOT, {"libgomp": 0.30, "pthreadpool": 0.45, "TBB": 0.9}),
    *at_most("pthread late: region after 5 ms asleep", ASLEEP, {"TBB": 1.2, "condvar pool": 0.4}),
    Goal("pthread: CPUs busy in gaps of 1 ms", Figure("gap 1 ms", "pthread", "cpus"), 1.15),
    Goal("pthread: CPUs busy while asleep", Figure("asleep", "pthread", "cpus"), 0.06),
    *at_most("pthread: chunk", CHUNK, {"libgomp": 0.4, "pthreadpool": 1.2, "TBB": 0.15}),
    *at_most("pthread: METG50 w1", W1, {"libgomp": 0.25, "pthreadpool": 0.5}),
    *at_most("pthread: METG90 w1", Figure("metg w1", "pthread", "metg90_ns"), {"libgomp": 0.4}),
    *at_most("pthread: METG50 d64", Figure("metg d64", "pthread", "metg50_ns"),
             {"libgomp": 0.3, "pthreadpool": 1}),
    *at_most("pthread late: region of 16 on 2 CPUs", CROWD, {"TBB": 1, "libgomp": 0.05}),
    Goal("pthread late: 200 us of work, 16 on 2 CPUs, speedup",
         Figure("static x16", "pthread late", "speedup"), 1.7, at_least=True),
    Goal("pthread late: 200 us of work beside a hog, speedup",
         Figure("hog static", "pthread late", "speedup"), 0.95, at_least=True),
    Goal("pthread late: with a quota of 1 CPU, time / one worker's",
         Figure("quota", "pthread late", "slowdown"), 1.15, unit="x"),
    *at_most("openmp: hot region", HOT.of("openmp"), {BARE_LOOP: 1.05}),
    *at_most("openmp: chunk", CHUNK.of("openmp"), {BARE_LOOP: 1.05}),
    *at_most("fork: hot region", HOT.of("fork"), {"pthread": 1.2, POOL_MAP: 0.001}),
    *at_most("fork: chunk", CHUNK.of("fork"), {"pthread": 1.2, POOL_MAP: 0.001}),
    *at_most("fork late: region after 5 ms asleep", ASLEEP.of("fork late"), {POOL_MAP: 0.25}),
    *(Goal(f"fork: {mib} MiB of results, rate / {POOL_APPLY}", warm, 4, (warm.of(POOL_APPLY),),
           at_least=True, unit="x")
      for mib in (8, 128) for warm in (Figure(f"results {mib}", "fork", "warm_gb_s"),)),
    *as_efficient("spin"),
    *told_of_death("fork"),
    *told_of_death("fork late"),
]


# ---- tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column of a table: a figure of every peer."""

    title: str
    measure: str
    figure: str
    scale: float = 1.0  # what is shown is the figure times this
    placement: Optional[str] = None  # None: the one that most samples were taken in


@dataclass(frozen=True)
class Table:
    """Peers down, figures across."""

    title: str
    columns: list[Column]


US, MS = 1e-3, 1e-6

TABLES = [
    Table("An empty region, us: back to back with the CPUs near and far, after gaps, after sleep", [
        Column("near", "hot", "median_ns", US, "near"),
        Column("far", "hot", "median_ns", US, "far"),
        *(Column(gap, f"gap {gap}", "median_ns", US) for gap in GAPS),
        Column("5 ms asleep", "asleep", "median_ns", US),
    ]),
    Table("CPUs kept busy meanwhile", [
        Column("back to back", "hot", "cpus"),
        *(Column(gap, f"gap {gap}", "cpus") for gap in GAPS),
        Column("5 ms asleep", "asleep", "cpus"),
    ]),
    Table("Small tasks: ns to hand one out; METG at 50 and 90 % efficiency, ns", [
        Column("chunk", "chunk", "median_ns"),
        Column("50 % w1", "metg w1", "metg50_ns"),
        Column("90 % w1", "metg w1", "metg90_ns"),
        Column("50 % d64", "metg d64", "metg50_ns"),
        Column("90 % d64", "metg d64", "metg90_ns"),
    ]),
    Table("1 to 16 workers on 2 CPUs: an empty region, us (mean)",
          [Column(f"{n}", f"region x{n}", "mean_ns", US) for n in CROWDS]),
    Table("2 to 16 workers on 2 CPUs: speedup over serial, of 200 us static and 2 ms dynamic work",
          [Column(f"static {n}", f"static x{n}", "speedup") for n in CROWDS[1:]]
          + [Column(f"dyn. {n}", f"dynamic x{n}", "speedup") for n in CROWDS[1:]]),
    Table("In trouble: speedup beside a hog; with a quota of 1 CPU, time / one worker's", [
        Column("hog, 200 us", "hog static", "speedup"),
        Column("hog, 2 ms", "hog dynamic", "speedup"),
        Column("quota", "quota", "slowdown"),
    ]),
    Table("Results back to the caller, GB/s", [
        Column(f"{mib} MiB {heat}", f"results {mib}", f"{heat}_gb_s")
        for mib in MIBS for heat in ("cold", "warm")]),
    Table("fork and wait beside touched memory, ms", [
        Column(f"{mib} MiB", f"fork {mib}", "median_ns", MS) for mib in FORK_MIBS]),
    Table(f"Efficiency on all {CPUS} CPUs", [
        Column(kernel, f"efficiency {kernel}", "efficiency") for kernel in ("spin", "trial")]),
    Table("A worker killed: ms until the caller is told, of all and p99 by what went on", [
        *(Column(name, "kill", f"{name}_ms") for name in ("p50", "p99", "max")),
        *(Column(name, "kill", f"{name} p99") for name in (
            "parked", "idle", "empty regions", "running", "long chunks")),
        Column("untold", "kill", "unnoticed"),
        Column("left", "kill", "left_behind"),
    ]),
]
