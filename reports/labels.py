"""Places for the labels of points in a chart, so that they do not lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CHARACTER = 7.0
HEIGHT = 13.0


@dataclass(frozen=True)
class Place:
    """Offset of a label from its point, in pixels."""

    dx: float
    dy: float
    align: Literal["left", "right", "center"]


Box = tuple[float, float, float, float]

_SHIFTS = (0.0, -13.0, 13.0, -26.0, 26.0, -39.0, 39.0)
_PLACES = (
    *(place for dy in _SHIFTS for place in (Place(10.0, dy, "left"), Place(-10.0, dy, "right"))),
    *(Place(0.0, dy, "center") for dy in (-17.0, 17.0, -30.0, 30.0)),
)


def _box(x: float, y: float, text: str, place: Place) -> Box:
    width = len(text) * CHARACTER
    left = x + place.dx - {"left": 0.0, "center": width / 2, "right": width}[place.align]
    return (left, y + place.dy - HEIGHT / 2, left + width, y + place.dy + HEIGHT / 2)


def _overlap(a: Box, b: Box) -> float:
    wide, tall = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide * tall if wide > 0 and tall > 0 else 0.0


def place_labels(
    points: Sequence[tuple[float, float, str]], obstacles: Sequence[Box], width: float, height: float
) -> list[Place]:
    """A place for each label, in the order given; earlier ones get the better places.

    Args:
        points: Pixel position and label of each point.
        obstacles: Boxes that labels should keep off.
        width: Width of the drawing area; labels stay inside.
        height: Height of the drawing area.
    """
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y, _ in points]
    placed: list[Place] = []
    for x, y, text in points:

        def badness(indexed: tuple[int, Place], x: float = x, y: float = y, text: str = text) -> float:
            side, place = indexed
            box = _box(x, y, text, place)
            outside = (
                max(0.0, -box[0]) + max(0.0, box[2] - width) + max(0.0, -box[1]) + max(0.0, box[3] - height)
            )
            over = sum(_overlap(box, other) for other in taken) * 4 + sum(_overlap(box, o) for o in obstacles)
            return side * 0.1 + abs(place.dy) * 1.2 + over + outside * 100

        best = min(enumerate(_PLACES), key=badness)[1]
        taken.append(_box(x, y, text, best))
        placed.append(best)
    return placed
