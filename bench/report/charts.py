"""Charts as SVG, written by hand: they need no package and lie in the report itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Point", "curve", "scatter"]

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 480, 280, 50, 16, 16, 44
_COLOURS = ("#4063d8", "#cb3c33", "#389826", "#9558b2")


@dataclass(frozen=True)
class Point:
    """A value with its interval."""

    x: float
    y: float
    low: float
    high: float


def _frame(inside: Sequence[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'width="{_WIDTH}" font-family="sans-serif" font-size="12">'
        f"<title>{escape(title)}</title>{''.join(inside)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = "#888") -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        'stroke-width="1.5"/>'
    )


def curve(points: Sequence[Point], title: str, across: str, up: str) -> str:
    """Draw values from 0 to 1 over whole numbers, with their intervals."""
    most = max([point.x for point in points], default=1) or 1
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return _LEFT + wide * x / most, _TOP + high * (1 - y)

    inside = [_line(*place(0, 0), *place(most, 0)), _line(*place(0, 0), *place(0, 1))]
    inside += [_text(_LEFT - 8, place(0, y)[1] + 4, f"{y:.1f}", "end") for y in (0, 0.5, 1)]
    inside += [_text(place(p.x, 0)[0], _HEIGHT - _BOTTOM + 18, f"{p.x:g}") for p in points]
    inside += [_text(_LEFT + wide / 2, _HEIGHT - 6, across), _text(_LEFT, 12, up, "start")]
    for before, after in zip(points, points[1:], strict=False):
        inside.append(_line(*place(before.x, before.y), *place(after.x, after.y), _COLOURS[0]))
    for point in points:
        x, y = place(point.x, point.y)
        inside.append(_line(x, place(0, point.low)[1], x, place(0, point.high)[1], _COLOURS[0]))
        inside.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_COLOURS[0]}"/>')
    return _frame(inside, title)


def scatter(groups: Mapping[str, Sequence[tuple[float, float]]], title: str) -> str:
    """Draw points of named groups, each in its colour."""
    every = [point for group in groups.values() for point in group] or [(0.0, 0.0)]
    bounds = [(min(axis), max(axis)) for axis in zip(*every, strict=True)]
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(point: tuple[float, float]) -> tuple[float, float]:
        shares = [
            (value - low) / ((high_ - low) or 1)
            for value, (low, high_) in zip(point, bounds, strict=True)
        ]
        return _LEFT + wide * shares[0], _TOP + high * (1 - shares[1])

    inside = []
    for number, (name, group) in enumerate(groups.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        for point in group:
            x, y = place(point)
            inside.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}" fill-opacity="0.6"/>'
            )
        at = _LEFT + 160 * number
        inside.append(f'<circle cx="{at}" cy="{_HEIGHT - 16}" r="5" fill="{colour}"/>')
        inside.append(_text(at + 10, _HEIGHT - 12, name, "start"))
    return _frame(inside, title)
