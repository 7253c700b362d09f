"""The value at which an answer changes, to three digits, by halving."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from decide.recommend.rule import Verdict

Probe = Callable[[float], Verdict]
Change = tuple[float, Verdict]
PRECISION = 1e-4
"""Relative width at which halving stops; of a margin, the width in score."""
DECADE = 3
"""Values tried a factor of ten apart, where a whole range is searched."""


def first_change(
    probe: Probe, now: Verdict, base: float, steps: Sequence[float], *, geometric: bool = True
) -> Change | None:
    """The value nearest to ``base`` from which on another arm is shipped, and that verdict.

    If none is within the steps, the value from which on the answer changes in any way, such as to "cannot
    tell"; ``None`` if it does not change.

    Args:
        probe: The verdict at a value.
        now: The verdict at ``base``.
        base: Where to start.
        steps: Values to try, nearest first; a change between two of them that is undone at the second
            goes unseen.
        geometric: Whether to halve in ratios; else in differences.
    """
    found = [(base, now)]
    for step in steps:
        found.append((step, probe(step)))
        if found[-1][1].other_than(now):
            return _halved(probe, now, found[-2][0], *found[-1], Verdict.other_than, geometric)
    for (same, _), (other, then) in pairwise(found):
        if _changed(then, now):
            return _halved(probe, now, same, other, then, _changed, geometric)
    return None


def _changed(then: Verdict, now: Verdict) -> bool:
    return then.answer != now.answer


def _halved(
    probe: Probe,
    now: Verdict,
    same: float,
    other: float,
    then: Verdict,
    changed: Callable[[Verdict, Verdict], bool],
    geometric: bool = True,
) -> Change:
    """The edge between a value at which nothing has changed and one at which it has."""
    for _ in range(60):
        if abs(other - same) <= PRECISION * (abs(same) if geometric else 1.0):
            break
        middle = math.sqrt(same * other) if geometric and same > 0 < other else (same + other) / 2
        found = probe(middle)
        if changed(found, now):
            other, then = middle, found
        else:
            same = middle
    return other, then


def implied(probe: Probe, now: Verdict, lowest: float, highest: float) -> tuple[Change | None, Change | None]:
    """The range of values in which the answer is the one of ``now``, and what it is below and above.

    Both are ``None`` if the answer is that nowhere between ``lowest`` and ``highest``; either is where the
    range has no end there.
    """
    steps = round(math.log10(highest / lowest) * DECADE)
    values = [lowest * (highest / lowest) ** (i / steps) for i in range(steps + 1)]
    found = [probe(v) for v in values]
    same = [i for i, verdict in enumerate(found) if verdict.answer == now.answer]
    if not same:
        return None, None
    first, last = same[0], same[-1]
    below = above = None
    if first > 0:
        below = _halved(probe, now, values[first], values[first - 1], found[first - 1], _changed)
    if last < len(values) - 1:
        above = _halved(probe, now, values[last], values[last + 1], found[last + 1], _changed)
    return below, above
