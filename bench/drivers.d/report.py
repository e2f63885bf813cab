"""What a campaign prints: tables of medians, the goals, and JSON."""

from __future__ import annotations

import json
import math
import os
import subprocess
from dataclasses import asdict, dataclass, field
from typing import Optional, TextIO

from figures import CONFIDENCE, Estimate, Figures, verdict
from measures import GOALS, TABLES, Column, Figure, Goal, Measure, Table
from rows import print_rows
from usage import MOST_OTHERS_CPUS
from visits import Sample, VisitFailed

PEER_PACKAGES = ("libgomp1", "libomp-dev", "libtbb-dev", "libpthreadpool-dev", "python3")


# ---- what is reported ----------------------------------------------------------------------------


@dataclass
class Outcome:
    """All that a campaign found."""

    rounds: int
    seed: int
    measures: list[Measure]
    samples: list[Sample] = field(default_factory=list)
    failures: dict[tuple[str, str], VisitFailed] = field(default_factory=dict)  # by measure, peer
    no_quota: str = ""  # why there was no control group with a quota
    seconds: float = 0.0
    others_cpus: float = 0.0  # that other programs kept busy meanwhile


@dataclass(frozen=True)
class Judged:
    """A goal, what was found, and the verdict."""

    goal: Goal
    found: Optional[Estimate]
    verdict: str


@dataclass(frozen=True)
class Results:
    """An outcome and what follows from it."""

    outcome: Outcome
    figures: Figures
    goals: list[Judged]


def judge(outcome: Outcome) -> Results:
    """Holds the figures against those goals that were measured for."""
    figures = Figures(outcome.samples)
    names = {measure.name for measure in outcome.measures}
    goals = []
    for goal in GOALS:
        if goal.figure.measure in names:
            found = figures.of_goal(goal)
            goals.append(Judged(goal, found, verdict(goal, found)))
    return Results(outcome, figures, goals)


# ---- numbers as text -----------------------------------------------------------------------------


def number_text(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}" if value else "0"


def estimate_text(found: Estimate) -> str:
    """A median with its interval, or the number of values where these are too few for one."""
    if found.low is None or found.high is None:
        return f"{number_text(found.value)} (n = {found.n})"
    return f"{number_text(found.value)} [{number_text(found.low)}, {number_text(found.high)}]"


# ---- tables --------------------------------------------------------------------------------------


def cell_text(figures: Figures, column: Column, peer: str) -> str:
    """The median of one peer, marked where it is of the rarer placement; empty: not measured."""
    figure = Figure(column.measure, peer, column.figure)
    shown = column.placement or figures.most_common()
    found = figures.value(figure, shown)
    if found is None and column.placement is None:
        found = figures.of_all(figure)
        return number_text(found.value * column.scale) + "*" if found else ""
    return number_text(found.value * column.scale) if found else ""


def show_table(figures: Figures, table: Table) -> bool:
    """One line per peer that was measured; true where a cell is marked."""
    taken = {sample.measure for sample in figures.samples}
    columns = [column for column in table.columns if column.measure in taken]
    peers = dict.fromkeys(peer for column in columns for peer in figures.peers(column.measure))
    rows = [["", *(column.title for column in columns)]]
    for peer in peers:
        cells = [cell_text(figures, column, peer) for column in columns]
        if any(cells):
            rows.append([peer, *cells])
    if len(rows) > 1:
        print(f"\n{table.title}")
        print_rows(rows, "l" + len(columns) * "r")
    return any(cell.endswith("*") for row in rows for cell in row)


def goal_row(judged: Judged) -> list[str]:
    """The goal, what is wanted, the verdict and the figure."""
    goal = judged.goal
    wanted = f"{'>=' if goal.at_least else '<='} {goal.bound:g}{goal.unit}"
    figure = f"  {estimate_text(judged.found)}" if judged.found else ""
    return [goal.text, wanted, f"{judged.verdict:7}{figure}"]


def show_goals(figures: Figures, goals: list[Judged]) -> None:
    """The goals with their figures and verdicts, and why some have none."""
    print()
    print_rows([["goal", "wanted", f"verdict  figure [{100 * CONFIDENCE:.0f} %]"],
                *map(goal_row, goals)], "lrl")
    unknown = [judged.goal for judged in goals if judged.found is None]
    if unknown:
        print("\nWhat cannot be measured here:")
    for goal in unknown:
        print(f"  {goal.text}: {figures.why_not(goal)}")


def show_notes(results: Results) -> None:
    """What a reader must know before believing any of it."""
    outcome, figures = results.outcome, results.figures
    places = ", ".join(f"{count} {place}" for place, count in figures.placements.most_common())
    moved = sum(not sample.steady for sample in outcome.samples if not sample.counted)
    repeated = len(outcome.samples) - len(figures.counted) - moved
    print(f"{outcome.rounds} rounds in {outcome.seconds:.0f} s, seed {outcome.seed}. "
          f"Visits that count, by where the CPUs were: {places}.\n"
          f"Rejected: {moved} since the CPUs moved, {repeated} since other programs ran.")
    if outcome.others_cpus > MOST_OTHERS_CPUS:
        loud = sum(not sample.quiet for sample in figures.counted)
        print(f"Warning: other programs kept {outcome.others_cpus:.2f} CPUs busy, and ran beside "
              f"{loud} of the visits that count.")
    if outcome.no_quota:
        print(f"The quota cannot be measured here: {outcome.no_quota}.")
    for (measure, peer), failure in outcome.failures.items():
        print(f"Failed: {measure} of {peer}: {failure}")


def show(results: Results) -> None:
    """All that is for people."""
    show_notes(results)
    if any([show_table(results.figures, table) for table in TABLES]):
        print(f"\n* measured only while the CPUs were not {results.figures.most_common()}, "
              "as they were for all others")
    show_goals(results.figures, results.goals)


# ---- JSON ----------------------------------------------------------------------------------------


def package_versions() -> dict[str, str]:
    """Of the peers, where the system has Debian's packages."""
    try:
        known = subprocess.run(["dpkg-query", "-W", *PEER_PACKAGES], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, check=False).stdout
    except FileNotFoundError:
        return {}
    return dict(line.split("\t") for line in known.splitlines())


def goal_json(judged: Judged) -> dict:
    """A goal with its outcome."""
    return {**asdict(judged.goal), "estimate": asdict(judged.found) if judged.found else None,
            "verdict": judged.verdict}


def sample_json(figures: Figures, sample: Sample) -> dict:
    """A sample, and where the CPUs were."""
    return {**asdict(sample), "placement": figures.placement(sample)}


def write_json(file: TextIO, results: Results) -> None:
    """Every sample, and the goals."""
    outcome, system = results.outcome, os.uname()
    json.dump({
        "host": {"system": system.sysname, "release": system.release, "machine": system.machine,
                 "usable_cpus": sorted(os.sched_getaffinity(0))},
        "rounds": outcome.rounds, "seed": outcome.seed, "seconds": outcome.seconds,
        "others_cpus": outcome.others_cpus, "packages": package_versions(),
        "confidence": CONFIDENCE,
        "far_from_ns": results.figures.border if results.figures.border < math.inf else None,
        "no_quota": outcome.no_quota,
        "failures": [{"measure": measure, "peer": peer, "text": str(failure)}
                     for (measure, peer), failure in outcome.failures.items()],
        "goals": [goal_json(judged) for judged in results.goals],
        "samples": [sample_json(results.figures, sample) for sample in outcome.samples],
    }, file, indent=1)
    file.write("\n")
    file.flush()
