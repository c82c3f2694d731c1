"""Small charts of curves as SVG, several in one picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from .plot import STYLE

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 250, 150, 52, 12, 30, 30
PALETTE = ("#0b7a75", "#b5793a", "#3f6fb0", "#8a63a8")
#: More points than a chart has pixels say nothing more.
MOST_POINTS = 240

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """One line. A point without a value is left out by whoever makes the curve."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Panel:
    """One chart: its curves share axes, which begin at 0."""

    title: str
    curves: Sequence[Curve]
    x_title: str
    #: Steps that multiply (1, 10, 100) stand at equal distances instead, each with a mark and a tick.
    is_logarithmic: bool = False


def picture(panels: Sequence[Panel], columns: int, label: str) -> str:
    """All panels, row by row, with a legend of each curve's name."""
    names = list(dict.fromkeys(curve.name for panel in panels for curve in panel.curves))
    colours = {name: PALETTE[index % len(PALETTE)] for index, name in enumerate(names)}
    rows = -(-len(panels) // columns)
    width, height = columns * WIDTH, rows * HEIGHT + 24
    body: list[str] = []
    for index, panel in enumerate(panels):
        x, y = index % columns * WIDTH, index // columns * HEIGHT
        body.append(f'<g transform="translate({x} {y})">{_panel(panel, colours)}</g>')
    for index, name in enumerate(names):
        x = LEFT + index * 150
        body.append(f'<rect x="{x}" y="{height - 15}" width="12" height="3" fill="{colours[name]}"/>'
                    f'<text class="small" x="{x + 17}" y="{height - 9}">{escape(name)}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>' + "\n".join(body) + "</svg>\n")


def short(value: float) -> str:
    """A tick's label."""
    if value >= 1000:
        return f"{value / 1000:g}k"
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"


def _panel(panel: Panel, colours: dict[str, str]) -> str:
    points = [point for curve in panel.curves for point in curve.points]
    out = [f'<text class="title" x="{LEFT}" y="16">{escape(panel.title)}</text>']
    if not points:
        return "".join(out)
    place = _scale_x(panel, [x for x, _ in points])
    top = _round_up(max(y for _, y in points))

    def level(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    for share in (0, 0.5, 1):
        y = level(top * share)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                   f'<text class="small" x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{short(top * share)}</text>')
    for x in _ticks(panel, sorted({x for x, _ in points})):
        out.append(f'<text class="small" x="{place(x):.1f}" y="{HEIGHT - BOTTOM + 13}" text-anchor="middle">{short(x)}</text>')
    out.append(f'<text class="small" x="{WIDTH - RIGHT}" y="{HEIGHT - 5}" text-anchor="end">{escape(panel.x_title)}</text>')
    for curve in panel.curves:
        shown = " ".join(f"{place(x):.1f},{level(y):.1f}" for x, y in _thinned(curve.points))
        out.append(f'<polyline points="{shown}" fill="none" stroke="{colours[curve.name]}" stroke-width="1.5"/>')
        if panel.is_logarithmic:
            out += [f'<circle cx="{place(x):.1f}" cy="{level(y):.1f}" r="2.5" fill="{colours[curve.name]}"/>'
                    for x, y in curve.points]
    return "".join(out)


def _scale_x(panel: Panel, values: Sequence[float]) -> Callable[[float], float]:
    position = math.log if panel.is_logarithmic else float
    low, high = position(min(values)) if panel.is_logarithmic else 0.0, position(max(values))
    width = WIDTH - LEFT - RIGHT - 16
    return lambda x: LEFT + 8 + (position(x) - low) / (high - low or 1) * width


def _ticks(panel: Panel, values: Sequence[float]) -> Sequence[float]:
    if panel.is_logarithmic:
        return values
    return [0.0, values[-1]]


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 × 10ⁿ, and some between."""
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if value <= step * power * 1.0001)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """The highest of each bunch: a peak must not get lost."""
    bunch = max(1, math.ceil(len(points) / MOST_POINTS))
    return [max(points[start:start + bunch], key=lambda point: point[1]) for start in range(0, len(points), bunch)]
