#!/bin/bash
# What bench/noise says about trials follows from them: made-up sweeps, findings and self-tests get
# the verdicts that they must get, and its loops end with what they are beside.
. "$(dirname "$0")/check.bash"

[ -x /usr/bin/python3 ] || {
    echo "skipped: there is no /usr/bin/python3"
    exit 77
}
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$SOURCE/bench/noise.d:$SOURCE/bench/common
cat >judge_test.py <<'END'
import os
import unittest

from judge import (CANNOT, MET, MISSED, TITLES, Doctor, Sweep, cannot, judge_aa, judge_load,
                   judge_quiet, judge_quota, one_line)
from trials import Trials, loops

GROUP = "/sys/fs/cgroup/cpu/coresweep-bench-7"
SAID = one_line(f"""20 of 20 samples were throttled by a CPU quota of 0.50 CPUs
      ({GROUP}/cpu.cfs_quota_us).""")
UNFIT = [{"what": "load", "grade": "ok", "value": "0.00"},
         {"what": "CPU quota", "grade": "bad", "value": f"0.50 CPUs by {GROUP}/cpu.cfs_quota_us"}]
OTHERS = "20 of 20 samples: availability 0.50 (median; least 0.40): other programs took the CPUs."


def sweep(text, *reasons, availability=0.5):
    """Twenty samples, the first of which are marked."""
    marks = [*reasons, *[""] * (20 - len(reasons))]
    return Sweep(text, [{"disturbed": mark, "availability": availability} for mark in marks])


def verdicts(rows):
    return [row.verdict for row in rows]


class QuotaTest(unittest.TestCase):
    def test_all_that_is_expected_is_met(self):
        found = judge_quota(sweep(SAID, *["throttled 3 times"] * 20), Doctor(4, UNFIT), GROUP)
        self.assertEqual(verdicts(found), [MET, MET, MET])

    def test_nearly_all_samples_are_enough_and_fewer_are_not(self):
        for marked, expected in ((19, MET), (18, MISSED)):
            found = judge_quota(sweep(SAID, *["throttled 1 time"] * marked), Doctor(4, UNFIT), GROUP)
            self.assertEqual(found[1].verdict, expected)

    def test_a_mark_for_another_reason_does_not_count(self):
        found = judge_quota(sweep(SAID, *["availability 0.50"] * 20), Doctor(4, UNFIT), GROUP)
        self.assertEqual(found[1].verdict, MISSED)

    def test_the_file_of_another_group_is_not_the_quotas(self):
        other = SAID.replace("bench-7", "bench-71")
        self.assertEqual(judge_quota(sweep(other), Doctor(4, UNFIT), GROUP)[0].verdict, MISSED)
        self.assertEqual(judge_quota(sweep(""), Doctor(4, UNFIT), GROUP)[0].verdict, MISSED)

    def test_doctor_must_find_it_bad_and_exit_so(self):
        for doctor in (Doctor(0, UNFIT), Doctor(4, UNFIT[:1]), Doctor(4, [])):
            self.assertEqual(judge_quota(sweep(SAID), doctor, GROUP)[2].verdict, MISSED)


class LoadTest(unittest.TestCase):
    def test_all_that_is_expected_is_met(self):
        found = judge_load(sweep(OTHERS, *["availability 0.50"] * 20))
        self.assertEqual(verdicts(found), [MET, MET, MET])

    def test_samples_that_had_their_cpus_are_not_beside_a_load(self):
        found = judge_load(sweep("", availability=0.99))
        self.assertEqual(verdicts(found), [MISSED, MISSED, MISSED])

    def test_a_sweep_that_tells_no_availability_misses_it(self):
        self.assertEqual(judge_load(sweep("", availability=None))[2].verdict, MISSED)
        self.assertEqual(verdicts(judge_load(Sweep("", []))), [MISSED, MISSED, MISSED])


class QuietTest(unittest.TestCase):
    def judge(self, reasons, others_cpus=0.0):
        return judge_quiet(sweep("", *reasons), others_cpus)[0]

    def test_a_tenth_may_be_marked(self):
        self.assertEqual(self.judge(["availability 0.90"] * 2).verdict, MET)
        self.assertEqual(self.judge(["availability 0.90"] * 3).verdict, MISSED)

    def test_marks_beside_others_that_were_seen_tell_nothing(self):
        found = self.judge(["availability 0.90"] * 20, others_cpus=0.4)
        self.assertEqual((found.verdict, "0.40 CPUs" in found.reason), (CANNOT, True))
        found = self.judge(["steal 3.0 %"] * 20)
        self.assertEqual((found.verdict, "hypervisor" in found.reason), (CANNOT, True))

    def test_few_marks_are_told_beside_others_too(self):
        self.assertEqual(self.judge([], others_cpus=0.4).verdict, MET)

    def test_no_sample_tells_nothing(self):
        self.assertEqual(judge_quiet(Sweep("", []), 0.0)[0].verdict, MISSED)


class AgainstItselfTest(unittest.TestCase):
    def judge(self, paired, blocks, total=200):
        sides = [{"comparisons": total, "excluding": count} for count in (paired, blocks)]
        return verdicts(judge_aa({"paired": sides[0], "blocks": sides[1]}, 200))

    def test_pairs_raise_one_alarm_in_twenty_at_most(self):
        self.assertEqual(self.judge(10, 100), [MET, MET])
        self.assertEqual(self.judge(11, 100), [MISSED, MET])

    def test_blocks_must_raise_more_than_twice_as_many(self):
        self.assertEqual(self.judge(4, 8), [MET, MISSED])
        self.assertEqual(self.judge(0, 0), [MET, MISSED])

    def test_fewer_comparisons_than_asked_for_do_not_do(self):
        self.assertEqual(self.judge(0, 100, total=190)[0], MISSED)
        self.assertEqual(self.judge(0, 0, total=0), [MISSED, MISSED])


class TrialsTest(unittest.TestCase):
    def test_every_trial_has_a_title(self):
        self.assertEqual(set(Trials(None, 1, 1).all()), set(TITLES))

    def test_what_cannot_be_tried_says_why(self):
        found = cannot("quota", "no control group")
        self.assertEqual((found.verdict, found.seen, found.reason),
                         (CANNOT, "skipped", "no control group"))

    def test_loops_run_where_they_are_told_to_and_end_with_their_block(self):
        cpu = min(os.sched_getaffinity(0))
        with self.assertRaises(KeyboardInterrupt):
            with loops({cpu}) as pids:
                self.assertEqual(os.sched_getaffinity(pids[0]), {cpu})
                raise KeyboardInterrupt
        with self.assertRaises(ProcessLookupError):
            os.kill(pids[0], 0)


unittest.main()
END
/usr/bin/python3 judge_test.py 2>said || fail "$(cat said)"

campaign() {
    /usr/bin/python3 "$SOURCE/bench/noise.d/campaign.py" --program "$CORESWEEP" "$@" >out 2>said
}
campaign --help || fail "--help: $(cat said)"
for wrong in --only=nothing --json=/nowhere/file; do
    code=0
    campaign $wrong || code=$?
    [ $code -eq 2 ] && [ -s said ] || fail "$wrong: exit code $code: $(cat said)"
done
