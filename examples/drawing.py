"""A map of places as SVG: longitude to the right, latitude upward, a colour for each clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

#: Pixels for a degree.
_SCALE = 3
_WIDTH, _HEIGHT = 360 * _SCALE, 180 * _SCALE


@dataclass(frozen=True)
class Dot:
    """A place, and the minutes that its clock is ahead of UTC."""

    latitude: float
    longitude: float
    offset: int
    title: str


def world(dots: Iterable[Dot]) -> str:
    """Return the map."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT + 30}" '
        f'font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT + 30}" fill="#101820"/>',
        *(_meridian(hour) for hour in range(-12, 13)),
        f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT / 2}" y2="{_HEIGHT / 2}" stroke="#405060"/>',
        *(_circle(dot) for dot in dots),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def clock_name(offset: int) -> str:
    """Return `UTC+05:45`."""
    hours, minutes = divmod(abs(offset), 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def _meridian(hour: int) -> str:
    """Return the line where the sun is so many hours ahead, in the colour of that clock."""
    x = _x(hour * 15)
    colour = _colour(hour * 60)
    return (
        f'<line x1="{x}" x2="{x}" y1="0" y2="{_HEIGHT}" stroke="#26323e"/>'
        f'<text x="{x}" y="{_HEIGHT + 20}" fill="{colour}" text-anchor="middle">{hour:+}</text>'
    )


def _circle(dot: Dot) -> str:
    x, y = _x(dot.longitude), round(_HEIGHT / 2 - dot.latitude * _SCALE, 1)
    title = escape(f"{dot.title}: {clock_name(dot.offset)}")
    return (
        f'<circle cx="{x}" cy="{y}" r="4" fill="{_colour(dot.offset)}"><title>{title}</title>'
        "</circle>"
    )


def _x(longitude: float) -> float:
    return round(_WIDTH / 2 + longitude * _SCALE, 1)


def _colour(offset: int) -> str:
    """Return a hue that goes once around in eight hours, so that neighbours differ."""
    return f"hsl({offset * 360 // 480 % 360} 80% 62%)"
