"""The strokes pictures are made of: boxes, words and tips, by presentation attributes alone."""

import unicodedata
from html import escape


def width_of(text: str, size: float) -> float:
    """Pixels a text takes, about: East Asian wide letters an em, others 0.58 of it."""
    return size * sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.58 for c in text)


def rectangle(kind: str, x: float, y: float, width: float, height: float, stroke: float) -> str:
    """A rectangle with rounded corners, of the class `kind`."""
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="8" '
        f'stroke-width="{stroke:g}"/>'
    )


def text(words: str, x: float, y: float, size: float, anchor: str, kind: str = "flow-name") -> str:
    """One line of words, escaped."""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="currentColor" stroke="none">{escape(words)}</text>'
    )


def triangle(path: str) -> str:
    """The tip of an arrow."""
    return f'<path class="flow-tip" d="{path}" fill="currentColor" stroke="none"/>'


def down(x: float, y: float) -> str:
    """A tip that points down to a place."""
    return triangle(f"M{x:.1f} {y:.1f}l-3.5 -8h7z")


def up(x: float, y: float) -> str:
    """A tip that points up to a place."""
    return triangle(f"M{x:.1f} {y:.1f}l-3.5 8h7z")
