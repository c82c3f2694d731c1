"""The verdict of scripts/bench --check: is Gatehouse within its bounds (Benchmarks/bounds.txt)?

A machine that others use makes ratios waver, and a verdict that wavers is soon not looked at. So a bound is broken only if the
median of the rounds is beyond it and so many rounds are that chance alone would bring them in one of twenty runs of a program
that is just within it: a sign test, which asks nothing of how the ratios are spread."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median

from . import scenarios
from .measure import Measurement
from .results import FIGURES, MORE_IS_BETTER

FILE = Path(__file__).resolve().parent.parent / "bounds.txt"
#: How often chance may break a bound.
RISK = 0.05
#: With fewer rounds no number of them says anything: 0.5 ** 5 is below RISK.
FEWEST_ROUNDS = 5
#: The best peer of the run.
BEST = "best"


@dataclass(frozen=True)
class Bound:
    """One line of the file."""

    scenario: str
    figure: str
    #: "best", "floor", or a peer's name without its version.
    against: str
    most: float
    source: str

    @property
    def words(self) -> str:
        return f"{self.scenario}: {self.figure} of {self.against}"


@dataclass(frozen=True)
class Verdict:
    bound: Bound
    #: What it was held against; empty if it was not in the run.
    reference: str
    ratios: tuple[float, ...]

    @property
    def is_broken(self) -> bool:
        beyond = sum(ratio > self.bound.most for ratio in self.ratios)
        return bool(self.ratios) and median(self.ratios) > self.bound.most and chance(beyond, len(self.ratios)) <= RISK

    def line(self) -> str:
        if not self.reference:
            return f"not judged  {self.bound.words}: not in this run"
        word = "BROKEN" if self.is_broken else "kept"
        beyond = sum(ratio > self.bound.most for ratio in self.ratios)
        return (f"{word:10}  {self.bound.words} ({self.reference}): {median(self.ratios):.2f} of at most {self.bound.most:.2f}, "
                f"{beyond} of {len(self.ratios)} rounds beyond it")


def chance(beyond: int, rounds: int) -> float:
    """How likely at least so many of the rounds are beyond a bound that is the true median."""
    return sum(comb(rounds, number) for number in range(beyond, rounds + 1)) / 2 ** rounds


def parse(text: str, name: str = FILE.name) -> list[Bound]:
    """The bounds of a file; a line that is none raises ValueError, with its number."""
    bounds: list[Bound] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=4)
        place = f"{name}:{number}"
        if len(words) < 5:
            raise ValueError(f"{place}: scenario, figure, against, at most and source are wanted")
        scenario, figure, against, most, source = words
        if scenario not in {each.name for each in scenarios.SCENARIOS}:
            raise ValueError(f"{place}: no scenario {scenario}")
        if figure not in FIGURES or figure in MORE_IS_BETTER:
            raise ValueError(f"{place}: no figure of which less is better: {figure}")
        try:
            bound = Bound(scenario, figure, against, float(most), source)
        except ValueError:
            raise ValueError(f"{place}: {most} is no number") from None
        if any((bound.scenario, bound.figure, bound.against) == (each.scenario, each.figure, each.against) for each in bounds):
            raise ValueError(f"{place}: said already: {bound.words}")
        bounds.append(bound)
    return bounds


def judge(bounds: list[Bound], runs: list[Measurement], peers: set[str], measured: set[str]) -> list[Verdict]:
    """A verdict for each bound of the scenarios that were measured.

    `peers` are the names of the programs that Gatehouse is to beat."""
    return [_judge(bound, runs, peers) for bound in bounds if bound.scenario in measured]


def _judge(bound: Bound, runs: list[Measurement], peers: set[str]) -> Verdict:
    figures: dict[str, dict[int, float]] = {}
    void = {run.program for run in runs if run.scenario == bound.scenario and run.error}
    for run in runs:
        value = getattr(run, bound.figure)
        if run.scenario == bound.scenario and run.program not in void and value:
            figures.setdefault(run.program, {})[run.round] = value
    own = figures.get("gatehouse", {})
    candidates = [name for name in figures if _is_meant(bound.against, name, peers)]
    if not own or not candidates:
        return Verdict(bound, "", ())
    reference = min(candidates, key=lambda name: median(figures[name].values()))
    ratios = tuple(value / figures[reference][number] for number, value in own.items() if number in figures[reference])
    return Verdict(bound, reference if ratios else "", ratios)


def _is_meant(against: str, name: str, peers: set[str]) -> bool:
    if against == BEST:
        return name in peers
    return name == against or (name in peers and name.startswith(f"{against}-"))
