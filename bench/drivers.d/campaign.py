#!/usr/bin/python3
"""coresweep's drivers beside the runtimes that a user would pick instead."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from contextlib import nullcontext
from typing import Iterator

import report
from measures import MEASURES, Measure
from processes import EXIT_INTERRUPTED, adopt_orphans, interrupt_on_signals
from quota import limited
from report import Outcome
from usage import OthersCpus
from visits import VisitFailed, Visitor, known_peers, two_cpus

ROUNDS = 12
QUICK_ROUNDS = 2
EXIT_FAILED = 1
EXIT_WRONG = 3  # of bench_drivers as well: a task was not done, or done twice


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    groups = list(dict.fromkeys(measure.group for measure in MEASURES))
    parser = argparse.ArgumentParser(
        prog="drivers", description=__doc__,
        epilog="Exits with 0 where all goals that can be measured here are met, with 1 where one is"
        " not or something failed, with 3 where a peer gave a wrong result.")
    parser.add_argument("--rounds", type=int, default=ROUNDS,
                        help="how often everything is measured (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a first look")
    parser.add_argument("--only", action="append", metavar="MEASURE", choices=groups,
                        help=f"only this, may be given more than once: {', '.join(groups)}")
    parser.add_argument("--seed", type=int, default=1, help="of the order (default: %(default)s)")
    parser.add_argument("--json", type=argparse.FileType("w"), metavar="FILE",
                        help="write all figures and samples to FILE")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"--rounds takes a number from 1 on, not {arguments.rounds}")
    if arguments.quick:
        arguments.rounds = QUICK_ROUNDS
    return arguments


# ---- rounds --------------------------------------------------------------------------------------


def plan_round(number: int, measures: list[Measure], peers: set[str],
               draw: random.Random) -> Iterator[tuple[Measure, str]]:
    """Measures in random order; all peers of one, in random order, one after the other, so that
    they mostly meet the same placement."""
    for measure in draw.sample(measures, len(measures)):
        if measure.is_in(number):
            known = [peer for peer in measure.peers
                     if peer in peers or measure.subject != "peer"]
            yield from ((measure, peer) for peer in draw.sample(known, len(known)))


class Progress:
    """What is told while it runs, to a terminal only."""

    def __init__(self, rounds: int, visits: int) -> None:
        self.start = time.monotonic()
        self.rounds = rounds
        self.visits = visits
        self.done = 0

    def step(self, number: int, measure: Measure, peer: str) -> None:
        """One more visit begins."""
        if sys.stderr.isatty():
            spent = time.monotonic() - self.start
            left = spent / max(self.done, 1) * (self.visits - self.done)
            left_text = f", {left:.0f} s left" if self.done else ""
            print(f"\rround {number + 1} of {self.rounds}{left_text}: {measure.name}, {peer}\033[K",
                  end="", file=sys.stderr, flush=True)
        self.done += 1

    @staticmethod
    def end() -> None:
        """Clears the line."""
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def run_plan(plan: list[tuple[int, Measure, str]], visitor: Visitor, outcome: Outcome) -> None:
    """All visits. One that failed is not tried again in later rounds."""
    progress = Progress(outcome.rounds, len(plan))
    others, start = OthersCpus(), time.monotonic()
    try:
        for number, measure, peer in plan:
            progress.step(number, measure, peer)
            if (measure.name, peer) in outcome.failures:
                continue
            try:
                outcome.samples += visitor.sample(number, measure, peer)
            except VisitFailed as failed:
                outcome.failures[measure.name, peer] = failed
    finally:
        progress.end()
    outcome.seconds = time.monotonic() - start
    outcome.others_cpus = others.mean()


def measure_all(arguments: argparse.Namespace, cpus: set[int]) -> Outcome:
    """All rounds."""
    measures = [measure for measure in MEASURES
                if not arguments.only or measure.group in arguments.only]
    draw = random.Random(arguments.seed)
    peers = known_peers()
    outcome = Outcome(arguments.rounds, arguments.seed, measures)
    wants_quota = any(measure.quota for measure in measures)
    with limited(cpus=1) if wants_quota else nullcontext() as group:
        if isinstance(group, str):
            outcome.no_quota = group
            measures = [measure for measure in measures if not measure.quota]
        plan = [(number, measure, peer) for number in range(arguments.rounds)
                for measure, peer in plan_round(number, measures, peers, draw)]
        run_plan(plan, Visitor(cpus, group, arguments.quick), outcome)
    return outcome


# ---- all of it -----------------------------------------------------------------------------------


def main() -> int:
    """Measures, shows, and judges."""
    arguments = parse_arguments()
    interrupt_on_signals()
    adopt_orphans()
    cpus = two_cpus()
    if cpus is None:
        print("drivers: needs two CPUs of different cores", file=sys.stderr)
        return EXIT_FAILED
    try:
        outcome = measure_all(arguments, cpus)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    results = report.judge(outcome)
    if arguments.json:
        report.write_json(arguments.json, results)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a reader such as head may have enough
    report.show(results)
    if any(failure.exit_code == EXIT_WRONG for failure in outcome.failures.values()):
        return EXIT_WRONG
    failed = outcome.failures or any(judged.verdict == "not met" for judged in results.goals)
    return EXIT_FAILED if failed else 0


if __name__ == "__main__":
    sys.exit(main())
