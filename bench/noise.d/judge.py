"""What was expected of each trial, what was seen, and the verdict."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from usage import MOST_OTHERS_CPUS

MET, MISSED, CANNOT = "met", "missed", "cannot"

LEAST_MARKED = 0.95  # of the samples under a quota or beside a load
MOST_MARKED = 0.1  # of those beside nothing
MOST_AVAILABLE = 0.9  # with one loop beside each worker
MOST_FALSE = 0.05
LEAST_COMPARISONS = 200
BLOCKS_OVER_PAIRED = 2  # false alarms of blocks one after the other, over those of pairs

QUOTA, LOAD, QUIET, AA = "quota", "load", "quiet", "aa"
TITLES = {
    QUOTA: "half a CPU",
    LOAD: "a loop on each CPU",
    QUIET: "nothing beside",
    AA: "against itself",
}


# ---- what the trials gave ------------------------------------------------------------------------


@dataclass(frozen=True)
class Sweep:
    """What a sweep said and stored."""

    text: str  # its tables and sentences, on one line
    samples: list[dict]  # the sample lines of its file


@dataclass(frozen=True)
class Doctor:
    """What doctor found, and its exit code."""

    exit_code: int
    findings: list[dict]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    trial: str
    what: str
    expected: str
    seen: str
    verdict: str
    reason: str = ""  # why it cannot be told


def one_line(text: str) -> str:
    """Without the line breaks and indents of what is made for people."""
    return " ".join(text.split())


def share_text(count: int, total: int) -> str:
    """12 of 200 (6.0 %)"""
    return f"{count} of {total} ({100 * count / total:.1f} %)" if total else "none"


def verdict(met: bool) -> str:
    """The word for it."""
    return MET if met else MISSED


def cannot(trial: str, reason: str) -> Row:
    """A trial that this machine does not permit."""
    return Row(trial, "all of it", "", "skipped", CANNOT, reason)


# ---- sweeps --------------------------------------------------------------------------------------


def count_marked(sweep: Sweep, reason: str = "") -> int:
    """Samples marked as disturbed, by this reason if one is named."""
    return sum(bool(sample["disturbed"]) and reason in sample["disturbed"]
               for sample in sweep.samples)


def marked_row(trial: str, sweep: Sweep, reason: str) -> Row:
    """All samples, or nearly all, are to be marked by the reason."""
    marked, total = count_marked(sweep, reason), len(sweep.samples)
    return Row(trial, f"samples marked '{reason}'", f">= {100 * LEAST_MARKED:.0f} %",
               share_text(marked, total), verdict(total > 0 and marked >= LEAST_MARKED * total))


def said_row(trial: str, what: str, said: bool) -> Row:
    """A sentence that is to stand below the sweep's table."""
    return Row(trial, f"the sweep names {what}", "yes", "yes" if said else "no", verdict(said))


def judge_quota(sweep: Sweep, doctor: Doctor, group: str) -> list[Row]:
    """Under a quota set by a file in the group."""
    named = f"were throttled by a CPU quota of 0.50 CPUs ({group}/"
    bad = any(finding["what"] == "CPU quota" and finding["grade"] == "bad"
              and group in finding["value"] for finding in doctor.findings)
    seen = f"exit {doctor.exit_code}, {'bad' if bad else 'not named'}"
    return [said_row(QUOTA, "the quota's file", named in sweep.text),
            marked_row(QUOTA, sweep, "throttled"),
            Row(QUOTA, "doctor on the quota", "exit 4, bad", seen,
                verdict(doctor.exit_code == 4 and bad))]


def availability_row(sweep: Sweep) -> Row:
    """Each worker shares its CPU with a loop."""
    known = [sample["availability"] for sample in sweep.samples
             if sample["availability"] is not None]
    expected = f"median <= {MOST_AVAILABLE:g}"
    if not known:
        return Row(LOAD, "availability", expected, "none", MISSED)
    median = statistics.median(known)
    seen = f"{median:.2f} ({min(known):.2f} to {max(known):.2f})"
    return Row(LOAD, "availability", expected, seen, verdict(median <= MOST_AVAILABLE))


def judge_load(sweep: Sweep) -> list[Row]:
    """Beside a loop on each CPU."""
    return [said_row(LOAD, "other programs", "other programs took the CPUs" in sweep.text),
            marked_row(LOAD, sweep, "availability"), availability_row(sweep)]


def why_not_quiet(sweep: Sweep, others_cpus: float) -> str:
    """Who marked so many samples, where it was not coresweep; empty: nobody was seen."""
    stolen, marked = count_marked(sweep, "steal"), count_marked(sweep)
    if others_cpus > MOST_OTHERS_CPUS:
        return f"it was not quiet: other programs kept {others_cpus:.2f} CPUs busy"
    if marked - stolen <= MOST_MARKED * len(sweep.samples):
        return f"it was not quiet: the hypervisor took CPU time from {stolen} samples"
    return ""


def judge_quiet(sweep: Sweep, others_cpus: float) -> list[Row]:
    """Beside nothing that was started here; others may compute all the same."""
    marked, total = count_marked(sweep), len(sweep.samples)
    what, expected = "samples marked anyway", f"<= {100 * MOST_MARKED:.0f} %"
    met = total > 0 and marked <= MOST_MARKED * total
    reason = "" if met or total == 0 else why_not_quiet(sweep, others_cpus)
    return [Row(QUIET, what, expected, share_text(marked, total),
                CANNOT if reason else verdict(met), reason)]


# ---- one program against itself ------------------------------------------------------------------


def judge_aa(selftest: dict, wanted: int) -> list[Row]:
    """What `selftest --aa --format json` printed for so many comparisons."""
    paired, blocks = selftest["paired"], selftest["blocks"]
    alarms, total = paired["excluding"], paired["comparisons"]
    share = alarms / total if total else 1
    blocks_share = blocks["excluding"] / blocks["comparisons"] if blocks["comparisons"] else 0
    return [Row(AA, "false alarms, paired", f"<= {100 * MOST_FALSE:.0f} % of >= {wanted}",
                share_text(alarms, total), verdict(total >= wanted and share <= MOST_FALSE)),
            Row(AA, "block after block", f"> {BLOCKS_OVER_PAIRED} x paired",
                share_text(blocks["excluding"], blocks["comparisons"]),
                verdict(blocks_share > BLOCKS_OVER_PAIRED * share))]
