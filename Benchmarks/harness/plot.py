"""A bar chart as SVG: CPU time per unit, user and system stacked, the best peer = 1; memory likewise."""

from __future__ import annotations

from html import escape

from .results import Row, Table

LEFT, WIDTH, BAR, GAP, TITLE = 150, 560, 13, 4, 26
COLOURS = {"gatehouse": "#0b7a75", "nginx": "#5b8e3e", "haproxy": "#3f6fb0", "caddy": "#8a63a8", "h2o": "#b5793a",
           "floor": "#8c8c8c"}
#: The right edge; a longer bar is cut, with its figure.
LIMIT = 2.5
STYLE = "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600}.small{font-size:11px;fill:#666}"


def ratios(tables: list[Table]) -> str:
    """The chart of all scenarios that have a CPU or memory ratio."""
    body: list[str] = []
    y = 24
    for table in tables:
        figure = "unit_kib" if "unit_kib" in table.best_peer else "total_us"
        if figure not in table.best_peer:
            continue
        body.append(f'<text class="title" x="8" y="{y + 14}">{escape(table.scenario.name)}</text>')
        body.append(f'<text class="small" x="{LEFT}" y="{y + 14}">{escape(table.scenario.summary)}</text>')
        y += TITLE
        for row in table.rows:
            if figure in row.ratios:
                body += _bar(row, figure, y)
                y += BAR + GAP
        y += 10
    one = LEFT + WIDTH / LIMIT
    body.append(f'<line x1="{one:.1f}" x2="{one:.1f}" y1="20" y2="{y}" stroke="#999" stroke-dasharray="3 3"/>')
    body.append(f'<text class="small" x="{one - 30:.1f}" y="14">best peer = 1</text>')
    body.append(f'<text class="small" x="8" y="{y + 16}">Dark: user time (or memory); light: system time. Thin line: '
                "the spread over the rounds.</text>")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 90} {y + 30}" role="img" '
            f'aria-label="CPU time and memory per unit beside the peers"><style>{STYLE}</style>'
            f'<rect width="100%" height="100%" fill="#fff"/>' + "".join(body) + "</svg>\n")


def _bar(row: Row, figure: str, y: int) -> list[str]:
    spread = row.ratios[figure]
    colour = COLOURS.get(row.program, "#555")
    user_share = 1.0 if figure == "unit_kib" else row.medians["user_us"] / max(row.medians["total_us"], 1e-9)
    scale = WIDTH / LIMIT
    length = min(spread.median, LIMIT) * scale
    dark = length * user_share
    low, high = (LEFT + min(value, LIMIT) * scale for value in (spread.minimum, spread.maximum))
    middle = y + BAR / 2
    return [
        f'<text x="{LEFT - 8}" y="{y + 11}" text-anchor="end">{row.program}</text>',
        f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}" opacity="0.45"/>',
        f'<rect x="{LEFT}" y="{y}" width="{dark:.1f}" height="{BAR}" fill="{colour}"/>',
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}" stroke="#222"/>',
        f'<text class="small" x="{max(LEFT + length, high) + 6:.1f}" y="{y + 11}">{spread.median:.2f}</text>',
    ]
