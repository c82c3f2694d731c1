"""From measurements to what is printed: medians, and ratios to the best peer with their spread over the rounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from .contestants import Contestant
from .measure import Measurement
from .scenarios import Scenario

FIGURES = ("rate", "user_us", "system_us", "total_us", "busy", "foreign", "p50_us", "p99_us", "p999_us", "pss_kib", "rss_kib",
           "unit_kib", "d1_misses", "ll_misses")
#: More is better; of every other figure less is.
MORE_IS_BETTER = frozenset({"rate"})


@dataclass(frozen=True)
class Spread:
    """A ratio over the rounds."""

    minimum: float
    median: float
    maximum: float

    @staticmethod
    def of(values: list[float]) -> Spread:
        return Spread(min(values), median(values), max(values))


@dataclass
class Row:
    """A program in a scenario."""

    program: str
    is_peer: bool
    medians: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, Spread] = field(default_factory=dict)
    error: str = ""


@dataclass
class Table:
    """A scenario's rows, and for each ratio the peer that is its 1.0."""

    scenario: Scenario
    rows: list[Row]
    best_peer: dict[str, str]

    @property
    def foreign(self) -> float:
        """The largest share of the run's cores that other programs took, of the rows' medians."""
        return max((row.medians.get("foreign", 0.0) for row in self.rows), default=0.0)


def tabulate(scenario: Scenario, programs: Iterable[Contestant], measurements: list[Measurement]) -> Table:
    """Medians and ratios of one scenario. A program with one void run has no figures: its row says why."""
    rows: list[Row] = []
    runs: dict[str, dict[int, Measurement]] = {}
    for program in programs:
        own = [run for run in measurements if run.scenario == scenario.name and run.program == program.name]
        if not own:
            continue
        row = Row(program.name, program.is_peer, error=next((run.error for run in own if run.error), ""))
        if not row.error:
            runs[program.name] = {run.round: run for run in own}
            row.medians = {figure: median(values) for figure in FIGURES if (values := _values(own, figure))}
        rows.append(row)
    table = Table(scenario, rows, {})
    for figure in scenario.ratios:
        _add_ratios(table, figure, runs)
    return table


def _values(runs: Iterable[Measurement], figure: str) -> list[float]:
    return [value for run in runs if (value := getattr(run, figure)) is not None]


def _add_ratios(table: Table, figure: str, runs: dict[str, dict[int, Measurement]]) -> None:
    """The best peer of the whole run is 1.0 in every round: a ratio compares two programs of the same round."""
    peers = [row for row in table.rows if row.is_peer and figure in row.medians]
    if not peers:
        return
    pick = max if figure in MORE_IS_BETTER else min
    best = pick(peers, key=lambda row: row.medians[figure]).program
    table.best_peer[figure] = best
    for row in table.rows:
        ratios = [
            getattr(run, figure) / reference
            for number, run in runs.get(row.program, {}).items()
            if number in runs[best] and (reference := getattr(runs[best][number], figure)) and getattr(run, figure) is not None
        ]
        if ratios:
            row.ratios[figure] = Spread.of(ratios)


def as_json(table: Table) -> dict[str, object]:
    return {
        "scenario": table.scenario.name,
        "summary": table.scenario.summary,
        "unit": table.scenario.unit,
        "best_peer": table.best_peer,
        "programs": [
            {"program": row.program, "error": row.error} if row.error else
            {"program": row.program, "medians": row.medians,
             "ratios": {name: [spread.minimum, spread.median, spread.maximum] for name, spread in row.ratios.items()}}
            for row in table.rows
        ],
    }
