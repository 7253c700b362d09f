"""Contrast of colours as WCAG 2.2 defines it, so that a chosen accent stays readable.

Relative luminance and contrast ratio: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. Text needs 4.5:1
(success criterion 1.4.3, level AA).
"""

from __future__ import annotations

AA = 4.5
"""Least contrast ratio of text."""
TINT = 0.08
"""Share of the accent in the background of a highlighted row, on which accent text stands too."""

Colour = tuple[float, float, float]


def parse(colour: str) -> Colour:
    """``#rrggbb`` as shares of red, green and blue in [0, 1]."""
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def write(colour: Colour) -> str:
    """Shares of red, green and blue as ``#rrggbb``."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` of the first colour over the second, in sRGB as CSS mixes them."""
    red, green, blue = (a * share + b * (1 - share) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


def luminance(colour: Colour) -> float:
    """Relative luminance in [0, 1]."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(first: Colour, second: Colour) -> float:
    """Contrast ratio of two colours, from 1 to 21.

    >>> round(ratio(parse("#000000"), parse("#ffffff")))
    21
    """
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def on_page(accent: Colour, background: Colour) -> float:
    """The lowest contrast of accent text in the report: on the background and on a highlighted row."""
    return min(ratio(accent, background), ratio(accent, mix(accent, background, TINT)))


def readable(accent: Colour, background: Colour) -> Colour:
    """The colour nearest to ``accent``, moved towards black or white, that reaches :data:`AA`."""
    end = (0.0, 0.0, 0.0) if luminance(background) > 0.5 else (1.0, 1.0, 1.0)
    for step in range(101):
        found = parse(write(mix(end, accent, step / 100)))
        if on_page(found, background) >= AA:
            return found
    return end
