"""Tables: aligned in the terminal (coloured only there), Markdown for the documentation."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .results import Row, Spread, Table

BOLD, DIM, GREEN, RED, RESET = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"
#: With more foreign work on the cores than this, the table says so.
DISTURBED = 0.05
RATIO_TITLES = {"user_us": "user ×best", "total_us": "total ×best", "rate": "rate ×best", "p99_us": "p99 ×best",
                "unit_kib": "memory ×best"}


def _microseconds(value: float) -> str:
    return f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def _milliseconds(value: float) -> str:
    return f"{value / 1e3:.2f}"


#: figure, title, how it is written
COLUMNS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("user_us", "user µs", _microseconds),
    ("system_us", "sys µs", _microseconds),
    ("total_us", "total µs", _microseconds),
    ("rate", "units/s", lambda value: f"{value:,.0f}"),
    ("busy", "core", lambda value: f"{value:.0%}"),
    ("p50_us", "p50 ms", _milliseconds),
    ("p99_us", "p99 ms", _milliseconds),
    ("p999_us", "p99.9 ms", _milliseconds),
    ("unit_kib", "KiB/unit", lambda value: f"{value:.1f}"),
    ("rss_kib", "RSS MiB", lambda value: f"{value / 1024:.1f}"),
    ("pss_kib", "PSS MiB", lambda value: f"{value / 1024:.1f}"),
    ("d1_misses", "D1 misses", lambda value: f"{value:,.0f}"),
    ("ll_misses", "LL misses", lambda value: f"{value:,.0f}"),
)


def _spread(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.minimum:.2f}–{spread.maximum:.2f})"


def cells(table: Table) -> tuple[list[str], list[list[str]]]:
    """Titles, and one list of cells for each program; a void run has its name and nothing else."""
    columns = [column for column in COLUMNS if any(column[0] in row.medians for row in table.rows)]
    ratios = [name for name in table.scenario.ratios if any(name in row.ratios for row in table.rows)]
    titles = ["", *(title for _, title, _ in columns), *(RATIO_TITLES[name] for name in ratios)]
    lines = [[row.program] if row.error else
             [row.program, *(write(row.medians[figure]) if figure in row.medians else "–" for figure, _, write in columns),
              *(_spread(row.ratios[name]) if name in row.ratios else "–" for name in ratios)]
             for row in table.rows]
    return titles, lines


def _colour(row: Row, colours: bool) -> str:
    if not colours:
        return ""
    if row.error:
        return RED
    if row.program == "gatehouse":
        return BOLD + (GREEN if all(spread.median <= 1 for name, spread in row.ratios.items() if name != "rate") else RED)
    return DIM if row.program == "floor" else ""


def text(table: Table, colours: bool | None = None) -> str:
    """For the terminal."""
    if colours is None:
        colours = sys.stdout.isatty()
    titles, lines = cells(table)
    widths = [max(len(line[column]) for line in [titles, *lines] if column < len(line)) for column in range(len(titles))]
    heading = f"{table.scenario.name}: {table.scenario.summary}; unit: {table.scenario.unit}"
    out = [f"{BOLD}{heading}{RESET}" if colours else heading, "  " + _line(titles, widths)]
    for row, line in zip(table.rows, lines):
        written = _line(line, widths) if not row.error else f"{row.program:<{widths[0]}}  VOID: {row.error.splitlines()[0]}"
        colour = _colour(row, colours)
        out.append(f"  {colour}{written}{RESET if colour else ''}")
        out += [f"      {more}" for more in row.error.splitlines()[1:]]
    out += [f"  {note}" for note in notes(table)]
    return "\n".join(out)


def _line(line: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                     for column, (cell, width) in enumerate(zip(line, widths)))


def notes(table: Table) -> list[str]:
    """What a reader must know to judge the table."""
    if table.foreign <= DISTURBED:
        return []
    return [f"Disturbed: other programs took up to {table.foreign:.0%} of the run's cores; do not trust rates and latencies."]


def markdown(table: Table) -> str:
    """For the documentation."""
    titles, lines = cells(table)
    out = [f"### {table.scenario.name}", "", f"{table.scenario.summary}; unit: one {table.scenario.unit}.", "",
           "| " + " | ".join(titles) + " |", "|" + "|".join(["---"] + ["--:"] * (len(titles) - 1)) + "|"]
    for row, line in zip(table.rows, lines):
        out.append("| " + " | ".join(line) + " |" if not row.error else f"| {row.program} | void: {row.error.splitlines()[0]} |")
    out += [f"\n{note}" for note in notes(table)]
    return "\n".join(out)
