#!/bin/bash
# What bench/drivers says about samples follows from the samples: placements, medians, ratios and
# verdicts of made-up ones are what they must be, and each goal and column names what is measured.
. "$(dirname "$0")/check.bash"

[ -x /usr/bin/python3 ] || {
    echo "skipped: there is no /usr/bin/python3"
    exit 77
}
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$SOURCE/bench/drivers.d:$SOURCE/bench/common
cat >figures_test.py <<'END'
import unittest

from figures import Figures, estimate, median_rank, verdict
from measures import GOALS, MEASURES, TABLES, Figure, Goal
from visits import Probe, Sample, choose

OURS, PEER = Figure("hot", "pthread", "median_ns"), Figure("hot", "libgomp", "median_ns")


def sample(number, peer, value, before=50.0, after=None, others=0, counted=True):
    """With the CPUs near and no other programs, unless it is said otherwise."""
    probes = Probe(before, 0), Probe(after or before, others)
    return Sample(number, "hot", peer, *probes, {"median_ns": value}, counted)


class FiguresTest(unittest.TestCase):
    def test_ranks_are_those_of_the_sign_test(self):
        self.assertEqual([median_rank(n) for n in (1, 5, 6, 8, 9, 12, 20, 100)],
                         [0, 0, 1, 1, 2, 3, 6, 40])

    def test_an_estimate_is_a_median_between_order_statistics(self):
        found = estimate([6, 5, 4, 3, 2, 1])
        self.assertEqual((found.value, found.low, found.high, found.n), (3.5, 1, 6, 6))
        self.assertIsNone(estimate([1, 2]).low)
        self.assertIsNone(estimate([]))

    def test_ratios_are_made_within_a_round_and_a_placement(self):
        figures = Figures([sample(0, "pthread", 1), sample(0, "libgomp", 4),
                           sample(1, "pthread", 30, 330), sample(1, "libgomp", 4),
                           sample(2, "pthread", 6, 330), sample(2, "libgomp", 8, 330)])
        found = figures.ratio(OURS, PEER)
        self.assertEqual((found.value, found.n), (0.5, 2))
        self.assertEqual(figures.value(OURS, "near").value, 1)
        self.assertEqual(figures.value(OURS, "far").value, 18)

    def test_cpus_that_are_all_alike_are_near(self):
        figures = Figures([sample(n, "pthread", 1, 330 + n) for n in range(9)])
        self.assertEqual(figures.placements, {"near": 9})

    def test_only_what_counts_makes_figures(self):
        figures = Figures([sample(0, "pthread", 9, counted=False), sample(0, "pthread", 1)])
        self.assertEqual(figures.of_all(OURS).value, 1)

    def test_of_several_others_the_best_counts(self):
        fork = OURS.of("fork")
        goal = Goal("", OURS, 0.99, (OURS, fork, PEER), at_least=True)
        figures = Figures([sample(0, "pthread", 1), sample(0, "fork", 2), sample(0, "libgomp", 1)])
        self.assertEqual(figures.of_goal(goal).value, 0.5)

    def test_it_is_told_why_there_is_no_ratio(self):
        goal = Goal("", OURS, 1, (PEER,))
        alone = Figures([sample(0, "pthread", 1)])
        apart = Figures([sample(0, "pthread", 1), sample(0, "libgomp", 1, 330)])
        self.assertIsNone(apart.of_goal(goal))
        self.assertIn("libgomp", alone.why_not(goal))
        self.assertIn("same place", apart.why_not(goal))

    def test_verdicts_keep_to_the_bound(self):
        most, least = Goal("", OURS, 2), Goal("", OURS, 2, at_least=True)
        self.assertEqual([verdict(most, estimate([v])) for v in (1, 2, 3)],
                         ["met", "met", "not met"])
        self.assertEqual([verdict(least, estimate([v])) for v in (1, 2, 3)],
                         ["not met", "met", "met"])
        self.assertEqual(verdict(most, None), "cannot be measured here")


class AttemptsTest(unittest.TestCase):
    moved = sample(0, "fork", 1, 50, 330)
    loud = sample(0, "fork", 2, others=1)
    clean = sample(0, "fork", 3)

    def chosen(self, attempts, placed=True):
        """The values that count."""
        return [s.figures["median_ns"] for s in choose(attempts, placed) if s.counted]

    def test_the_undisturbed_one_counts(self):
        self.assertEqual(self.chosen([self.moved, self.loud, self.clean]), [3])
        self.assertEqual(self.chosen([self.clean, self.loud]), [3])

    def test_one_beside_other_programs_counts_where_there_is_no_better(self):
        self.assertEqual(self.chosen([self.loud, self.moved]), [2])

    def test_none_counts_whose_cpus_moved(self):
        self.assertEqual(self.chosen([self.moved, self.moved]), [])

    def test_one_does_where_the_placement_does_not_matter(self):
        self.assertEqual(self.chosen([self.moved], placed=False), [1])


class MeasuresTest(unittest.TestCase):
    def test_goals_and_columns_name_what_is_measured(self):
        peers = {measure.name: measure.peers for measure in MEASURES}
        self.assertEqual(len(peers), len(MEASURES))
        for goal in GOALS:
            for figure in (goal.figure, *goal.over):
                self.assertIn(figure.peer, peers[figure.measure], goal.text)
        for column in (column for table in TABLES for column in table.columns):
            self.assertIn(column.measure, peers)

    def test_every_measure_is_in_the_first_round(self):
        self.assertTrue(all(measure.is_in(0) for measure in MEASURES))

    def test_a_share_of_half_is_every_second_round(self):
        half = next(measure for measure in MEASURES if measure.share == 0.5)
        self.assertEqual([half.is_in(n) for n in range(4)], [True, False, True, False])


unittest.main()
END
/usr/bin/python3 figures_test.py 2>said || fail "$(cat said)"

campaign() {
    /usr/bin/python3 "$SOURCE/bench/drivers.d/campaign.py" "$@" >out 2>said
}
campaign --help || fail "--help: $(cat said)"
for wrong in --rounds=0 --rounds=x --only=nothing --json=/nowhere/file; do
    code=0
    campaign $wrong || code=$?
    [ $code -eq 2 ] && [ -s said ] || fail "$wrong: exit code $code: $(cat said)"
done
