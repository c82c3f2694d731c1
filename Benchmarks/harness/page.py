"""The documentation page: tables between two markers, and a plot beside it."""

from __future__ import annotations

from pathlib import Path

from . import plot, table
from .results import Table

BEGIN, END = "<!-- results: written by scripts/bench --page -->", "<!-- end of results -->"


def write(target: Path, header: str, tables: list[Table]) -> None:
    """Replaces what stands between the markers of `target` and writes the plot next to it (same name, .svg)."""
    text = target.read_text() if target.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise SystemExit(f"bench: {target} lacks the line {BEGIN!r} or {END!r}")
    image = target.with_suffix(".svg")
    image.write_text(plot.ratios(tables))
    quoted = "\n".join(f"> {line}  " for line in header.splitlines())
    parts = [quoted, f"![CPU time per unit, the best peer = 1]({image.name})", *(table.markdown(each) for each in tables)]
    target.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}")
