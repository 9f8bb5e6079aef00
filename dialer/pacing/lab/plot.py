"""Line plots as inline SVG."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e6c1f", "#6c3483", "#555555", "#d35400", "#117a65")
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 900, 300, 60, 30, 34


def line_plot(title: str, series: Mapping[str, Sequence[float]]) -> str:
    """One line for each series, one point a minute; the legend names them."""
    longest = max((len(points) for points in series.values()), default=0)
    highest = max((max(points, default=0.0) for points in series.values()), default=0.0) or 1.0
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">',
        f'<text x="{LEFT}" y="14" font-size="14">{html.escape(title)}</text>',
    ]
    for tick in range(5):
        value = highest * tick / 4
        y = _y(value, highest)
        parts.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end">'
            f"{value:.3g}</text>"
        )
    for hour in range(longest // 60 + 1):
        x = _x(60 * hour, longest)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" font-size="11">{hour} h</text>')
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{_x(m, longest):.1f},{_y(v, highest):.1f}" for m, v in enumerate(points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
        parts.append(
            f'<text x="{LEFT + 115 * i}" y="28" font-size="11" fill="{colour}">'
            f"{html.escape(name)}</text>"
        )
    return "".join(parts) + "</svg>"


def _x(minute: int, longest: int) -> float:
    return LEFT + (WIDTH - LEFT) * minute / max(1, longest)


def _y(value: float, highest: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / highest
