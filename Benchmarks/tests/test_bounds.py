"""The verdict of scripts/bench --check."""

import unittest

from harness import bounds
from harness.bounds import Bound, chance, judge, parse
from harness.measure import Measurement

PEERS = {"nginx", "nginx-1.31.5", "h2o"}


def runs(program: str, totals: list[float], scenario: str = "small-32") -> list[Measurement]:
    return [Measurement(scenario, program, number, total_us=total) for number, total in enumerate(totals, 1)]


def bound(against: str = "best", most: float = 1.0) -> Bound:
    return Bound("small-32", "total_us", against, most, "measured")


class BoundsFile(unittest.TestCase):
    def test_the_file_of_the_project_is_right(self) -> None:
        self.assertGreater(len(parse(bounds.FILE.read_text())), 10)

    def test_a_line_is_five_words_and_its_source_may_be_several(self) -> None:
        text = "# a remark\n\nsmall-32 total_us best 0.90 measured 0.8, twice\n"
        self.assertEqual(parse(text), [Bound("small-32", "total_us", "best", 0.9, "measured 0.8, twice")])

    def test_what_is_no_bound_is_told_with_its_line(self) -> None:
        for line, words in [
            ("small-32 total_us best 0.9", "file:2: scenario, figure"),
            ("small-33 total_us best 0.9 why", "no scenario small-33"),
            ("small-32 rate best 0.9 why", "no figure"),
            ("small-32 totals best 0.9 why", "no figure"),
            ("small-32 total_us best most why", "most is no number"),
            ("small-32 total_us best 1.0 why\nsmall-32 total_us best 0.9 why", "file:3: said already"),
        ]:
            with self.assertRaisesRegex(ValueError, words):
                parse(f"#\n{line}\n", "file")


class Verdicts(unittest.TestCase):
    def verdict(self, own: list[float], *others: list[Measurement], wanted: Bound | None = None) -> bounds.Verdict:
        measured = runs("gatehouse", own) + [run for each in others for run in each]
        [verdict] = judge([wanted or bound()], measured, PEERS, {"small-32"})
        return verdict

    def test_chance_is_that_of_a_coin(self) -> None:
        self.assertEqual(chance(0, 9), 1)
        self.assertAlmostEqual(chance(8, 9), 10 / 512)
        self.assertLessEqual(chance(bounds.FEWEST_ROUNDS, bounds.FEWEST_ROUNDS), bounds.RISK)
        self.assertGreater(chance(bounds.FEWEST_ROUNDS - 1, bounds.FEWEST_ROUNDS - 1), bounds.RISK)

    def test_a_bound_is_broken_where_most_rounds_are_beyond_it(self) -> None:
        peer = runs("nginx", [10] * 9)
        self.assertTrue(self.verdict([11] * 9, peer).is_broken)
        self.assertTrue(self.verdict([11] * 8 + [9], peer).is_broken)
        # It may well be within it, and only have had no luck.
        self.assertFalse(self.verdict([11] * 7 + [9] * 2, peer).is_broken)
        self.assertFalse(self.verdict([10] * 9, peer).is_broken)

    def test_one_wild_round_breaks_nothing(self) -> None:
        self.assertFalse(self.verdict([9] * 8 + [500], runs("nginx", [10] * 9)).is_broken)

    def test_ratios_are_of_the_same_round(self) -> None:
        verdict = self.verdict([5, 50, 500, 5, 50], runs("nginx", [10, 100, 1000, 10, 100]))
        self.assertEqual(verdict.ratios, (0.5,) * 5)

    def test_the_best_peer_is_held_against_and_no_other_program(self) -> None:
        verdict = self.verdict([10] * 5, runs("nginx", [30] * 5), runs("h2o", [20] * 5), runs("floor", [1] * 5))
        self.assertEqual((verdict.reference, verdict.ratios[0]), ("h2o", 0.5))

    def test_a_name_stands_for_all_its_versions(self) -> None:
        others = runs("nginx", [30] * 5), runs("nginx-1.31.5", [25] * 5), runs("h2o", [20] * 5)
        self.assertEqual(self.verdict([10] * 5, *others, wanted=bound("nginx")).reference, "nginx-1.31.5")
        self.assertEqual(self.verdict([10] * 5, *others, runs("floor", [5] * 5), wanted=bound("floor")).reference, "floor")

    def test_who_is_missing_or_void_is_not_judged_by(self) -> None:
        void = runs("h2o", [1] * 4) + [Measurement("small-32", "h2o", 5, error="a wrong answer")]
        verdict = self.verdict([10] * 5, void, wanted=bound("h2o"))
        self.assertFalse(verdict.is_broken)
        self.assertIn("not judged", verdict.line())
        self.assertEqual(judge([bound()], [], PEERS, {"ws-64"}), [])

    def test_a_line_says_what_against_whom_and_how_often(self) -> None:
        line = self.verdict([11] * 9, runs("nginx", [10] * 9)).line()
        self.assertEqual(line.split(maxsplit=1)[0], "BROKEN")
        self.assertIn("small-32: total_us of best (nginx): 1.10 of at most 1.00, 9 of 9 rounds beyond it", line)


if __name__ == "__main__":
    unittest.main()
