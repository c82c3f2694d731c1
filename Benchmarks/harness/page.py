"""The documentation page: what stands between two markers, and plots beside it."""

from __future__ import annotations

from pathlib import Path

from . import plot, table
from .results import Table


def write(target: Path, header: str, tables: list[Table]) -> None:
    """Puts the peers' comparison into `target` and writes its plot next to it (same name, .svg)."""
    image = target.with_suffix(".svg")
    image.write_text(plot.ratios(tables))
    parts = [quoted(header), f"![CPU time per unit, the best peer = 1]({image.name})", *(table.markdown(each) for each in tables)]
    put(target, "results", "scripts/bench", parts)


def quoted(header: str) -> str:
    """What the figures were measured on, as a quotation."""
    return "\n".join(f"> {line}  " for line in header.splitlines())


def put(target: Path, section: str, script: str, parts: list[str]) -> None:
    """Replaces what stands between the markers of the section; the page must have them."""
    begin, end = f"<!-- {section}: written by {script} --page -->", f"<!-- end of {section} -->"
    before, found, rest = target.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{script}: {target} lacks the line {begin!r} or {end!r}")
    target.write_text(f"{before}{begin}\n\n" + "\n\n".join(parts) + f"\n\n{end}{after}")


def plots_folder(target: Path) -> Path:
    """Where the plots of a page are."""
    folder = target.parent / "plots"
    folder.mkdir(exist_ok=True)
    return folder
