"""Whether a soak was flat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression, median

from .watch import Sample

#: Pools, buffers and the allocator find their size in this part of the time; it is not judged.
WARM_UP = 0.25


@dataclass(frozen=True)
class Line:
    """One thing that is judged."""

    what: str
    begin: str
    end: str
    change: str
    allowed: str
    is_flat: bool

    @property
    def cells(self) -> list[str]:
        return [self.what, self.begin, self.end, self.change, self.allowed, "flat" if self.is_flat else "NOT FLAT"]


TITLES = ("", "at first", "at last", "change", "allowed", "")


def judged(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The samples after the warm-up."""
    return [sample for sample in samples if sample.at >= samples[-1].at * WARM_UP]


def lines(samples: Sequence[Sample]) -> list[Line]:
    after = judged(samples)
    return [
        _trend("memory MiB", after, lambda sample: sample.memory_kib / 1024, share=0.02, least=1.0),
        _trend("descriptors", after, lambda sample: sample.descriptors, share=0.05, least=5.0),
        _trend("threads", after, lambda sample: sample.threads, share=0.0, least=0.5),
        _thirds("p50 ms", after, lambda sample: sample.p50_us / 1e3, factor=1.3, least=0.2),
        _thirds("p99 ms", after, lambda sample: sample.p99_us / 1e3, factor=1.5, least=2.0),
        _thirds("CPU % of a core", after, lambda sample: sample.core * 100, factor=1.2, least=2.0),
    ]


def _trend(what: str, samples: Sequence[Sample], value: Callable[[Sample], float], share: float, least: float) -> Line:
    """What only leaks: the straight line through all samples may rise by a share of their mean, or by what is too little."""
    times, values = [sample.at for sample in samples], [value(sample) for sample in samples]
    slope, start = linear_regression(times, values)
    grown = slope * (times[-1] - times[0])
    allowed = max(share * fmean(values), least)
    first, last = (start + slope * at for at in (times[0], times[-1]))
    return Line(what, f"{first:,.1f}", f"{last:,.1f}", f"{grown:+.2f}", f"+{allowed:.2f}", grown <= allowed)


def _thirds(what: str, samples: Sequence[Sample], value: Callable[[Sample], float], factor: float, least: float) -> Line:
    """What jumps about: the median of the last third beside that of the first."""
    third = max(1, len(samples) // 3)
    first, last = (median(map(value, part)) for part in (samples[:third], samples[-third:]))
    allowed = max(first * (factor - 1), least)
    return Line(what, f"{first:,.2f}", f"{last:,.2f}", f"{last - first:+.2f}", f"+{allowed:.2f}", last - first <= allowed)
