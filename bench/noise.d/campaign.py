#!/usr/bin/python3
"""Does coresweep notice by itself what disturbs it, and is what it says of nothing nothing?"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from judge import CANNOT, LEAST_COMPARISONS, MISSED, TITLES, Row
from processes import EXIT_INTERRUPTED, adopt_orphans, interrupt_on_signals
from rows import print_rows
from trials import TrialFailed, Trials
from usage import MOST_OTHERS_CPUS, OthersCpus

ROUNDS = 6
QUICK_ROUNDS = 2
QUICK_COMPARISONS = 40
EXIT_FAILED = 1


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="noise", description=__doc__,
        epilog="Exits with 0 where all that can be tried here is as expected, with 1 where"
        " something is not or a trial failed.")
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="a first look: half a minute")
    parser.add_argument("--only", action="append", metavar="TRIAL", choices=list(TITLES),
                        help=f"only this, may be given more than once: {', '.join(TITLES)}")
    parser.add_argument("--json", type=argparse.FileType("w"), metavar="FILE",
                        help="write the table to FILE")
    return parser.parse_args()


def run_all(trials: Trials, only: list[str]) -> list[Row]:
    """All rows, in the order of the trials."""
    rows: list[Row] = []
    for name, trial in trials.all().items():
        if only and name not in only:
            continue
        if sys.stderr.isatty():
            print(f"\r{TITLES[name]} ...\033[K", end="", file=sys.stderr, flush=True)
        rows += trial()
    return rows


def show(rows: list[Row], seconds: float, others_cpus: float) -> None:
    """The table, and what a reader must know before believing it."""
    cells = [[TITLES[row.trial], row.what, row.expected, row.seen, row.verdict] for row in rows]
    print_rows([["beside or under", "what", "expected", "seen", "verdict"], *cells], "lllll")
    for row in rows:
        if row.verdict == CANNOT:
            print(f"\n{TITLES[row.trial]}: cannot be told here: {row.reason}.")
    system = os.uname()
    print(f"\n{seconds:.0f} s on {len(os.sched_getaffinity(0))} CPUs, {system.sysname} "
          f"{system.release} {system.machine}, {time.strftime('%Y-%m-%d')}.")
    if others_cpus > MOST_OTHERS_CPUS:
        print(f"Warning: other programs kept {others_cpus:.2f} CPUs busy.")


def main() -> int:
    """Tries, shows, and judges."""
    arguments = parse_arguments()
    interrupt_on_signals()
    adopt_orphans()
    trials = Trials(arguments.program, QUICK_ROUNDS if arguments.quick else ROUNDS,
                    QUICK_COMPARISONS if arguments.quick else LEAST_COMPARISONS)
    others, start = OthersCpus(), time.monotonic()
    try:
        rows = run_all(trials, arguments.only or [])
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except TrialFailed as failed:
        print(f"noise: {failed}", file=sys.stderr)
        return EXIT_FAILED
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
    seconds, others_cpus = time.monotonic() - start, others.mean()
    if arguments.json:
        json.dump({"seconds": seconds, "others_cpus": others_cpus,
                   "rows": [asdict(row) for row in rows]}, arguments.json, indent=1)
    show(rows, seconds, others_cpus)
    return EXIT_FAILED if any(row.verdict == MISSED for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
