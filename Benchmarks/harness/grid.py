"""Plain tables: aligned for the terminal, Markdown for the documentation. The first column is text, the others are figures."""

from __future__ import annotations

from collections.abc import Sequence


def text(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in [titles, *rows]) for column in range(len(titles))]
    return "\n".join("  " + "  ".join(
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in [titles, *rows])


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(line) + " |" for line in [titles, *rows]]
    return "\n".join([lines[0], "|" + "|".join(["---"] + ["--:"] * (len(titles) - 1)) + "|", *lines[1:]])
