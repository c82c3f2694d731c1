"""Whether a figure grows too fast with what is varied."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .dimensions import Dimension

#: Judged figures: how a report names them, and a growth that is too small to say anything.
JUDGED: dict[str, tuple[str, float]] = {
    "total_us": ("CPU", 0.5), "p50_us": ("p50", 150.0), "p99_us": ("p99", 500.0), "pss_kib": ("PSS", 512.0),
    "start_ms": ("start", 30.0)}
#: What the noise of a measurement may add.
NOISE = 1.2
#: What one more of the counted costs, for the figures that may be linear.
PER_ONE = {"pss_kib": ("KiB", 1.0), "start_ms": ("µs", 1e3)}

Values = Mapping[int, Mapping[str, float]]


@dataclass(frozen=True)
class Finding:
    """A growth that nobody promised."""

    series: str
    figure: str
    step: int
    grown: float
    allowed: float

    def __str__(self) -> str:
        return (f"{self.series}: {JUDGED[self.figure][0]} grows × {self.grown:.2f} on the way to {self.step:,}, "
                f"× {self.allowed:.2f} is allowed")


def findings(dimension: Dimension, series: str, values: Values) -> list[Finding]:
    """Every step whose figure grew faster than the logarithm, or than the step where that is explained."""
    found: list[Finding] = []
    for earlier, later in zip(dimension.steps, dimension.steps[1:]):
        for figure, (_, slack) in JUDGED.items():
            before, after = (values.get(step, {}).get(figure) for step in (earlier, later))
            if figure in dimension.explained or before is None or after is None or after - before <= slack:
                continue
            share = later / earlier if figure in dimension.linear else math.log2(1 + later) / math.log2(1 + earlier)
            allowed = share * NOISE
            if after / max(before, 1e-9) > allowed:
                found.append(Finding(series, figure, later, after / before, allowed))
    return found


def explanations(dimension: Dimension, series: str, values: Values) -> list[str]:
    """What one more costs, for the figures that may grow in proportion."""
    first, last = dimension.steps[0], dimension.steps[-1]
    lines: list[str] = []
    for figure, reason in dimension.linear.items():
        if figure in values.get(first, {}) and figure in values.get(last, {}):
            unit, scale = PER_ONE[figure]
            grown = values[last][figure] - values[first][figure]
            if grown > JUDGED[figure][1]:
                each = grown / (last - first) * scale
                lines.append(f"{series}: {JUDGED[figure][0]} {each:.2f} {unit} for each {dimension.counted}: {reason}")
    return lines
